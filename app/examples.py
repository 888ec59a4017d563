"""An example for every body of the API, made from its schema."""

from collections.abc import Mapping
from typing import Any

WORDS: Mapping[str, object] = {
    "address": "12 Harbor Drive, Duluth MN 55802",
    "application_receiver": "LAKESCLEAR",
    "application_sender": "RIVERBEND",
    "authorization_number": "AUTH-5521",
    "billing_provider_id": "1234567893",
    "birth_date": "1961-07-14",
    "charge_cents": 18000,
    "city": "Duluth",
    "code": "492039",
    "continuation": "wc_AaH9hzTucc24UBC88L_HmQVzlD1yS3bZk8mN0qR5tU7wX9aBcDeFgHiJkLmNoPqRs",
    "contact_email": "edi@riverbend.example",
    "contact_name": "Ada Okafor",
    "control_number": "0001",
    "current_password": "correct-horse-battery-staple",
    "company": "riverbend",
    "description": "Office visit, established patient",
    "diagnosis_codes": ["E11.9", "I10"],
    "diagnosis_pointers": [1],
    "effective_from": "2026-01-01",
    "email": "ana.reyes@riverbend.example",
    "disclosed_on": "2026-02-11",
    "recipient_name": "Minnesota Department of Health",
    "recipient_address": "625 Robert Street North, Saint Paul MN 55155",
    "requested_by": "Ada Okafor",
    "requested_on": "2026-05-28",
    "first": "2024-01-01",
    "last": "2026-05-27",
    "detail": "is not a code that this payer takes",
    "event_types": ["remittance.processed", "claim.*"],
    "extension": "14",
    "expires_at": "2027-06-30T23:59:59Z",
    "first_month": "2026-03",
    "month": "2026-03-01",
    "fax": "+12185550135",
    "failed_since": "2026-03-01T00:00:00Z",
    "facility_id": "1234567893",
    "file_name": "march-02.835",
    "first_name": "Ada",
    "host": "sftp.lakeshealth.example",
    "host_key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIApFJTeiaJ3VUxBgG+2ZAqUBjzEyoRjpvrBpUqwVt4M0",
    "host_key_fingerprint": "SHA256:NMqaT+JQPmQhgS7A+Zg7VJxfnm4SsKTibNpmbnd7KC0",
    "holiday_calendar": "US",
    "last_name": "Okafor",
    "line_1": "12 Harbor Drive",
    "line_2": "Suite 4",
    "member_id": "W123456789",
    "medical_record_number": "MRN-20481",
    "middle_name": "Grace",
    "modifiers": ["25"],
    "name": "Lakes Health Plan",
    "notes": "Referred by Dr. Lind",
    "new_password": "a-meadow-of-seven-lanterns",
    "next_cursor": "AaH9hzTucc24UBC88L_HmQ",
    "npi": "1234567893",
    "password": "correct-horse-battery-staple",
    "patient_control_number": "RB-2026-0001",
    "payer_claim_control_number": "94060555410000",
    "payer_claim_number": "94060555410000",
    "payer_identifier": "87726",
    "phone": "+12185550134",
    "place_of_service": "11",
    "postal_code": "55802",
    "port": 22,
    "procedure_code": "99213",
    "rendering_provider_id": "1234567893",
    "receiver_identifier": "LAKESCLEAR",
    "receiver_identifier_code": "LAKESCLEAR",
    "receiver_name": "Lakes Clearinghouse",
    "read_folder": "/outbound",
    "reason": "Confirmed with the payer by telephone",
    "reference": "portal-88213",
    "remittance_identifier": "1411289245",
    "recovery_codes": ["k7fm-2xqp-9rtw-hd4c-vn3e"],
    "revenue_code": "0510",
    "roots_email": "archive@riverbend.example",
    "scopes": ["claims:read", "claims:write"],
    "sender_identifier": "RIVERBEND",
    "setup_address": "otpauth://totp/Wellkept:ana?secret=JBSWY3DPEHPK3PXP&issuer=Wellkept",
    "slug": "riverbend",
    "state": "MN",
    "submitter_identifier": "RIVERBEND",
    "submitter_name": "Riverbend Clinic",
    "subscriber_id": "W123456789",
    "suffix": "Jr",
    "tax_identifier": "411289245",
    "telephone": "2185550134",
    "time_zone": "America/Chicago",
    "timings": {"endpoint_disabled": "at_once"},
    "timely_filing_limit_days": 180,
    "token": "wr_AaH9hzTucc24UBC88L_HmQVzlD1yS3bZk8mN0qR5tU7wX9aBcDeFgHiJkLmNoPqRs",
    "trace_number": "71700666555",
    "units": 1,
    "url": "https://hooks.riverbend.example/wellkept",
    "user_name": "riverbend",
    "version": 1,
    "write_folder": "/inbound",
}
"""What the fields of the API are likely to hold, by their names."""


REMITTANCE = (
    "ISA*00*          *00*          *ZZ*LAKESHEALTH    *ZZ*RIVERBEN"
    "D      *260302*1200*^*00501*000000001*0*P*:~"
    "GS*HP*LAKESHEALTH*RIVERBEND*20260302*1200*1*X*005010X221A1~"
    "ST*835*0001~"
    "BPR*I*80*C*ACH*CCP*01*021000021*DA*1234567*1411289245**01*031000011*DA*7654321*20260302~"
    "TRN*1*71700666555*1411289245~"
    "DTM*405*20260302~"
    "N1*PR*LAKES HEALTH PLAN*XV*87726~"
    "N1*PE*RIVERBEND CLINIC*XX*1234567893~"
    "LX*1~"
    "CLP*RB-2026-0001*1*100*80*20*12*94060555410000*11*1~"
    "NM1*QC*1*OKAFOR*ADA****MI*W123456789~"
    "SVC*HC:99213*100*80**1~"
    "DTM*472*20260220~"
    "CAS*PR*2*20~"
    "SE*13*0001~"
    "GE*1*1~"
    "IEA*1*000000001~"
)
"""An 835 that pays one claim."""

_BY_FORMAT: Mapping[str, object] = {
    "date": "2026-03-02",
    "date-time": "2026-03-02T15:04:05Z",
    "uuid": "01a1fd87-34ee-71ca-b850-10bcf0bfc799",
    "decimal": "12.5",
}
_BY_TYPE: Mapping[str, object] = {
    "string": "text",
    "boolean": True,
    "null": None,
}


def example_of(schema: Mapping[str, Any], definitions: Mapping[str, Any], name: str = "") -> object:
    """A JSON value that fits a JSON schema.

    An example or a single choice that the schema gives comes first, then what a field of this
    name usually holds, then anything of its type. ``definitions`` are what ``$ref`` names.
    """
    if schema.get("examples"):
        example: object = schema["examples"][0]
        return example
    if "$ref" in schema:
        return example_of(definitions[schema["$ref"].rpartition("/")[2]], definitions, name)
    given = list(schema.get("enum", []))
    for keyword in ("example", "const"):
        given += [schema[keyword]] if keyword in schema else []
    if given:
        return given[0]
    for choices in (schema.get("anyOf"), schema.get("oneOf"), schema.get("allOf")):
        if choices:
            return example_of(choices[0], definitions, name)
    return _of_type(schema, definitions, name)


def _of_type(schema: Mapping[str, Any], definitions: Mapping[str, Any], name: str) -> object:
    kind = schema.get("type", "object")
    if kind == "object" and "properties" in schema:
        return {
            each: example_of(inner, definitions, each)
            for each, inner in schema["properties"].items()
        }
    if name in WORDS:
        return WORDS[name]
    if kind == "object":
        inner = schema.get("additionalProperties")
        return {"name": example_of(inner, definitions)} if isinstance(inner, dict) else {}
    if kind == "array":
        return [example_of(schema.get("items", {}), definitions, name.removesuffix("s"))]
    if kind in ("integer", "number"):
        return schema.get("minimum", 1)
    return _BY_FORMAT.get(schema.get("format", ""), _BY_TYPE[kind])
