"""``claims`` with their lines and patients.

What went out is in the books: its charge is an entry of the day it was submitted. What payers
decided and paid is not the claim's to say: it comes with the remittances (``eras``), and what a
claim says of it beside them stays in the record as it came. No proof of transmission is made up:
the original transmitted nothing, and its reference stays in the record as well.
"""

import datetime as dt
import re
from collections.abc import Sequence

from services.claims.drafts import (
    DIAGNOSIS_CODE,
    EARLIEST_SERVICE,
    MOST_DIAGNOSES,
    MOST_LINES,
    MOST_MODIFIERS,
)
from services.claims.ledger.charges import charge_of
from services.claims.numbers import line_control_number, patient_control_number
from services.claims.patients import name_key
from services.importing.conversions import (
    HIGHEST_CENTS,
    Unusable,
    cents,
    choice,
    coded,
    day,
    moment,
    quantity,
    remembered,
    text,
    texts,
    whole,
)
from services.importing.declaration import (
    Draft,
    FieldRule,
    OriginalMap,
    Placed,
    Reference,
    Renumbering,
    Values,
    Wanted,
    Workplace,
    converted,
    note_unknown,
)
from services.importing.maps.following import follows
from services.importing.maps.patients import NAME, PATIENTS, split_name
from storage.interface import Store
from storage.rows import CheckedRows
from storage.tables.claims import Claim, ClaimFields, ClaimLine, ClaimLineFields, Patient, Payer
from storage.tables.ledger import LedgerFields
from storage.vocabulary.claims import ClaimStatus, ClaimType

PAYER = Reference("payers", Payer, ("payer_identifier", "name"))
_PATIENT = Reference(PATIENTS.name, Patient, ())
_IDENTIFIER = text(80)

_STATUS = {
    "pending": ClaimStatus.ACCEPTED,
    "partially_paid": ClaimStatus.ACCEPTED,
    "paid": ClaimStatus.ACCEPTED,
    "denied": ClaimStatus.ACCEPTED,
    "appealed": ClaimStatus.ACCEPTED,
}
"""A payer that pends, pays or denies a claim has taken it in."""

_ON_ITS_WAY = frozenset({ClaimStatus.SUBMITTED, ClaimStatus.ACCEPTED})

_PLACES = {
    "office": "11",
    "hospital_outpatient": "22",
    "hospital_inpatient": "21",
    "emergency": "23",
    "telehealth": "02",
    "home": "12",
    "nursing_facility": "32",
    "assisted_living": "13",
}
"""CMS place of service codes."""
_PLACE = re.compile(r"[0-9]{2}")

_LONGEST_STEM = 24
_LONGEST_CONTROL_NUMBER = 38


@remembered
def _place_of_service(value: object) -> str:
    if not isinstance(value, str):
        raise Unusable("is no place of service", "write it as a text")
    code = _PLACES.get(value, value)
    if _PLACE.fullmatch(code) is None:
        raise Unusable("is no place of service", f"use {', '.join(_PLACES)}, or a CMS code")
    return code


@remembered
def _service_day(value: object) -> dt.date:
    found = day(value)
    if found < EARLIEST_SERVICE:
        raise Unusable("lies too far away", f"services lie after {EARLIEST_SERVICE}")
    return found


_CODES = texts(8, MOST_DIAGNOSES, pattern=DIAGNOSIS_CODE)


def _diagnoses(value: object) -> object:
    if isinstance(value, list):
        value = [each.upper() if isinstance(each, str) else each for each in value]
    return _CODES(value)


LINE = (
    FieldRule("serviceDate", "service_date", _service_day),
    FieldRule("procedureCode", "procedure_code", coded(r"^[A-Z0-9]{1,20}$", 20), is_required=True),
    FieldRule("modifiers", "modifiers", texts(2, MOST_MODIFIERS, pattern=r"^[A-Z0-9]{2}$")),
    FieldRule("diagnosisCodes", "diagnosis_codes", _diagnoses),
    FieldRule("units", "units", quantity),
    FieldRule("chargeAmount", "charge_cents", cents(), is_required=True),
    FieldRule("placeOfService", "place_of_service", _place_of_service, is_required=True),
    FieldRule("renderingProviderId", "rendering_provider_id", _IDENTIFIER),
    FieldRule("description", "description", text(500)),
)


LINE_FIELDS = frozenset({rule.source for rule in LINE}) | {
    "id",
    "claimId",
    "companyId",
    "lineNumber",
    "allowedAmount",
    "paidAmount",
    "adjustmentAmount",
    "patientResponsibility",
    "status",
    "metadata",
    "createdAt",
    "updatedAt",
}
"""What is known of a line; what has no column stays in the record."""


def _complete(draft: Draft) -> None:
    values = draft.values
    _complete_patient(draft)
    _complete_lines(draft)
    status = values["status"]
    decided = (values.pop("adjudicated_at"), values.pop("eob_at"), values.pop("made_at"))
    if status not in _ON_ITS_WAY:
        values["submitted_at"] = None
    elif values["submitted_at"] is None:
        values["submitted_at"] = next((each for each in decided if each is not None), None)
        if values["submitted_at"] is None:
            raise Unusable("is missing", "say when the claim went out", "/submittedAt")
        draft.notes.append("/submittedAt: is missing; the next moment that is known stands for it")
    number = values["claim_number"]
    values["patient_control_number"] = number if len(number) <= _LONGEST_CONTROL_NUMBER else None
    if status in _ON_ITS_WAY:
        values["insurance_balance_cents"] = values["total_charge_cents"]
    if values["tertiary_payer_id"] is None and "tertiaryPayerId" in draft.source:
        _order_payers(draft)


def _order_payers(draft: Draft) -> None:
    named = {each.key for each in draft.wanted}
    if "tertiary_payer_id" in named and "secondary_payer_id" not in named:
        raise Unusable("is missing", "a third payer needs a second", "/secondaryPayerId")


def _complete_patient(draft: Draft) -> None:
    values, source = draft.values, draft.source
    name, born, key = values.pop("name"), values.pop("birth_date"), values.pop("patient_key")
    try:
        last, first = split_name(name)
    except Unusable as fault:
        fault.pointer = "/patientName"
        raise
    values["patient_name_key"] = name_key(last, first)
    patient = {"id": key, "patientName": name, "patientDOB": born.isoformat()}
    draft.derived = patient
    draft.wanted.append(Wanted(_PATIENT, (key,), "/patientId", values, "patient_id"))
    if not isinstance(source.get("lineItems", []), list):
        raise Unusable("is no list", "write the lines as a list", "/lineItems")


def _complete_lines(draft: Draft) -> None:
    values = draft.values
    given = draft.source.get("lineItems") or []
    if len(given) > MOST_LINES:
        raise Unusable(f"has more than {MOST_LINES} lines", "split the claim", "/lineItems")
    for place, item in enumerate(given):
        at = f"/lineItems/{place}"
        if not isinstance(item, dict):
            raise Unusable("is no line", "write it as an object with its fields", at)
        note_unknown(draft, item, LINE_FIELDS, "lineItems")
        line: Values = {}
        converted(LINE, item, draft, line, at)
        line["line_number"] = place + 1
        line["service_date"] = line["service_date"] or values["service_date"]
        line["modifiers"] = line["modifiers"] or []
        line["diagnosis_codes"] = line["diagnosis_codes"] or []
        if line["units"] is None:
            del line["units"]
        draft.parts.append(line)
    codes = [code for line in draft.parts for code in line["diagnosis_codes"]]
    values["diagnosis_codes"] = list(dict.fromkeys(codes))[:MOST_DIAGNOSES]
    sum_cents = sum(line["charge_cents"] for line in draft.parts)
    if values["total_charge_cents"] is None:
        if not draft.parts:
            raise Unusable("is missing", "give the charge", "/totalChargeAmount")
        values["total_charge_cents"] = sum_cents
        draft.amount_cents = sum_cents
        if sum_cents > HIGHEST_CENTS:
            raise Unusable(
                "come to an amount out of bounds", "split the claim, or correct them", "/lineItems"
            )
    elif draft.parts and values["total_charge_cents"] != sum_cents:
        raise Unusable(
            "is not what the lines add up to", "correct it or the lines", "/totalChargeAmount"
        )


def _judge(draft: Draft) -> None:
    values = draft.values
    payers = [values[name] for name in _PAYER_COLUMNS if values[name] is not None]
    if len(set(payers)) < len(payers):
        raise Unusable("names one payer twice", "name different payers", "/secondaryPayerId")


_PAYER_COLUMNS = ("primary_payer_id", "secondary_payer_id", "tertiary_payer_id")


def line_stem(control: str) -> str:
    """What the control numbers of a claim's lines begin with."""
    return control if len(control) <= _LONGEST_STEM else patient_control_number()


async def _write(store: Store, drafts: Sequence[Placed], place: Workplace) -> None:
    ids = [draft.row_id for draft in drafts]
    for draft in drafts:
        if draft.values["patient_control_number"] is None:
            draft.values["patient_control_number"] = patient_control_number()
    claims = CheckedRows(ClaimFields, [draft.values for draft in drafts])
    await store.claims.create_many(claims, ids=ids)
    lines = []
    for claim_id, draft in zip(ids, drafts, strict=True):
        stem = line_stem(draft.values["patient_control_number"])
        for line in draft.parts:
            line["claim_id"] = claim_id
            line["line_control_number"] = line_control_number(stem, line["line_number"])
            lines.append(line)
    await store.claim_lines.create_many(CheckedRows(ClaimLineFields, lines))
    charges = [
        charge_of(
            claim_id,
            draft.values["primary_payer_id"],
            draft.values["total_charge_cents"],
            place.calendar.day_of(draft.values["submitted_at"]),
        )
        for claim_id, draft in zip(ids, drafts, strict=True)
        if draft.values["submitted_at"] is not None and draft.values["total_charge_cents"]
    ]
    await store.ledger_entries.create_many(CheckedRows(LedgerFields, charges))
    await store.refresh_facts()


CLAIMS = OriginalMap(
    name="claims",
    row=Claim,
    after=("payers",),
    fields=(
        FieldRule("claimNumber", "claim_number", text(40), is_required=True),
        FieldRule("type", "type", choice(ClaimType), is_required=True),
        FieldRule("status", "status", choice(ClaimStatus, _STATUS), default=ClaimStatus.DRAFT),
        FieldRule("patientId", "patient_key", _IDENTIFIER, is_required=True),
        FieldRule("patientName", "name", NAME, is_required=True),
        FieldRule("patientDOB", "birth_date", day, is_required=True),
        FieldRule("subscriberId", "subscriber_id", _IDENTIFIER, is_required=True),
        FieldRule("renderingProviderId", "rendering_provider_id", _IDENTIFIER, is_required=True),
        FieldRule("billingProviderId", "billing_provider_id", _IDENTIFIER, is_required=True),
        FieldRule("facilityId", "facility_id", _IDENTIFIER),
        FieldRule("primaryPayerId", "primary_payer_id", PAYER, is_required=True),
        FieldRule("secondaryPayerId", "secondary_payer_id", PAYER),
        FieldRule("tertiaryPayerId", "tertiary_payer_id", PAYER),
        FieldRule("serviceDate", "service_date", _service_day, is_required=True),
        FieldRule("admissionDate", "admission_date", _service_day),
        FieldRule("dischargeDate", "discharge_date", _service_day),
        FieldRule("totalChargeAmount", "total_charge_cents", cents()),
        FieldRule("submittedAt", "submitted_at", moment),
        FieldRule("adjudicatedAt", "adjudicated_at", moment),
        FieldRule("eobDate", "eob_at", moment),
        FieldRule("createdAt", "made_at", moment),
        FieldRule("appealCount", "appeal_count", whole(0, 999), default=0),
        FieldRule("notes", "notes", text(4000, lines=True)),
    ),
    natural_key="claim_number",
    twin_columns=("patient_id", "service_date", "total_charge_cents"),
    complete=_complete,
    judge=_judge,
    changeable=frozenset(
        {
            "subscriber_id",
            "rendering_provider_id",
            "billing_provider_id",
            "facility_id",
            "admission_date",
            "discharge_date",
            "notes",
            "appeal_count",
        }
    ),
    known=frozenset(
        {
            "lineItems",
            "totalAllowedAmount",
            "totalPaidAmount",
            "patientResponsibility",
            "totalAdjustmentAmount",
            "submittedBy",
            "submissionMethod",
            "clearinghouseId",
            "electronicClaimId",
            "paymentDate",
            "checkNumber",
            "eobReceived",
            "denialCode",
            "denialReason",
            "denialDate",
            "lastAppealDate",
            "appealStatus",
            "createdBy",
            "updatedAt",
            "updatedBy",
            "companyId",
        }
    ),
    write=_write,
    update=follows(Claim),
    amount="totalChargeAmount",
    amount_column="total_charge_cents",
    parts=((ClaimLine, "claim_id"),),
    parts_apart="claimLineItems",
    renumbering=Renumbering(_LONGEST_CONTROL_NUMBER, also=("patient_control_number",)),
    derives=PATIENTS.name,
)
