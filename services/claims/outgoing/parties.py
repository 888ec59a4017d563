"""Who stands on a claim: rows to the parties of the 837. Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from services.claims.outgoing.lacks import Lacks
from services.claims.outgoing.records import Records
from services.claims.x12 import party_model as model
from storage.tables.addresses import PostalAddress
from storage.tables.claims import Claim, Patient, Payer
from storage.tables.parties import CareProvider, Coverage
from storage.vocabulary.claims import PayerType
from storage.vocabulary.parties import FilingIndicator, PartyKind, Relationship, TaxIdentifierKind

PAYER_FIELDS = ("primary_payer_id", "secondary_payer_id", "tertiary_payer_id")
_IN_TURN = (
    model.Responsibility.PRIMARY,
    model.Responsibility.SECONDARY,
    model.Responsibility.TERTIARY,
)

_MEDICARE = frozenset({FilingIndicator.MEDICARE_PART_A, FilingIndicator.MEDICARE_PART_B})


@dataclass(frozen=True)
class Insured:
    """A payer in the claim's order, with the coverage by which it pays for the patient."""

    sequence: int
    payer: Payer
    coverage: Coverage

    @property
    def responsibility(self) -> model.Responsibility:
        """The place of the payer in the order of payers."""
        return _IN_TURN[self.sequence - 1]

    @property
    def identifier(self) -> str:
        """What claims name the payer by."""
        return self.payer.electronic_identifier or self.payer.payer_identifier


def insured_by(claim: Claim, records: Records, lacks: Lacks) -> list[Insured]:
    """The claim's payers in their order; what is not known of one is told, and it is left out."""
    found = []
    for sequence, field in enumerate(PAYER_FIELDS, start=1):
        payer_id = getattr(claim, field)
        if payer_id is None:
            continue
        payer = records.payers[payer_id]
        if payer.type is PayerType.SELF_PAY:
            lacks.add(
                f"/{field}",
                "stands for the patient's own payment, and gets no claims; name an insurer",
                "payer_takes_no_claims",
            )
            continue
        coverage = _in_force(
            records.coverages.get((claim.patient_id, payer_id), []), claim.service_date
        )
        if coverage is None:
            lacks.add(
                f"/{field}",
                "did not cover the patient on the date of service, as far as is known;"
                " enter the coverage, or correct the payer",
                "coverage_missing",
            )
            continue
        if sequence == 1 and coverage.member_id.strip() != claim.subscriber_id.strip():
            lacks.add(
                "/subscriber_id",
                "differs from the member id of the patient's coverage; correct one of them",
                "member_id_differs",
            )
        found.append(Insured(sequence, payer, coverage))
    return found


def subscriber(insured: Insured, patient: Patient, lacks: Lacks) -> model.Subscriber:
    """Who has the policy; where that is the patient, address, birth date and sex are needed."""
    coverage = insured.coverage
    details = coverage.subscriber
    if (
        insured.sequence > 1
        and coverage.filing_indicator in _MEDICARE
        and coverage.insurance_type is None
    ):
        message = "is Medicare and not the first to pay; say with the coverage why"
        lacks.add(f"/{PAYER_FIELDS[insured.sequence - 1]}", message, "insurance_type_missing")
    if details is None:
        _require_known(patient, lacks)
        return model.Subscriber(
            name=patient_name(patient),
            member_id=coverage.member_id,
            responsibility=insured.responsibility,
            filing_indicator=coverage.filing_indicator,
            address=address(patient.address),
            birth_date=patient.birth_date,
            sex=None if patient.sex is None else model.Sex(patient.sex),
            group_number=coverage.group_number,
            group_name=coverage.group_name,
            insurance_type=coverage.insurance_type,
        )
    is_whole = details.birth_date is not None and details.sex is not None
    return model.Subscriber(
        name=subscriber_name(insured, patient),
        member_id=coverage.member_id,
        responsibility=insured.responsibility,
        filing_indicator=coverage.filing_indicator,
        address=address(details.address),
        birth_date=details.birth_date if is_whole else None,
        sex=model.Sex(details.sex) if details.sex is not None and is_whole else None,
        group_number=coverage.group_number,
        group_name=coverage.group_name,
        insurance_type=coverage.insurance_type,
    )


def subscriber_name(insured: Insured, patient: Patient) -> model.PersonName:
    """The name of who has the policy."""
    details = insured.coverage.subscriber
    if details is None:
        return patient_name(patient)
    return model.PersonName(
        details.last_name, details.first_name, details.middle_name, details.suffix
    )


def dependent(insured: Insured, patient: Patient, lacks: Lacks) -> model.Dependent | None:
    """The patient, where somebody else has the policy; None where not, or where much lacks."""
    if insured.coverage.relationship is Relationship.SELF:
        return None
    _require_known(patient, lacks)
    lives_at = address(patient.address)
    if lives_at is None or patient.sex is None:
        return None
    return model.Dependent(
        name=patient_name(patient),
        relationship=insured.coverage.relationship,
        address=lives_at,
        birth_date=patient.birth_date,
        sex=model.Sex(patient.sex),
    )


def payer(insured: Insured) -> model.Payer:
    """Who is asked to pay."""
    return model.Payer(
        name=insured.payer.name,
        identifier=insured.identifier,
        address=address(insured.payer.address),
    )


def billing_provider(claim: Claim, records: Records, lacks: Lacks) -> model.BillingProvider | None:
    """Who bills; None where too little is known."""
    pointer = "/billing_provider_id"
    provider = _registered(claim.billing_provider_id, pointer, records, lacks)
    if provider is None:
        return None
    at = address(provider.address)
    if at is None:
        message = "names a provider without an address; enter it with the provider"
        lacks.add(pointer, message, "provider_address_missing")
    tax = records.tax_identifiers.get(provider.id)
    if tax is None:
        message = (
            "names a provider without a tax identifier; enter it with the provider"
            if provider.sealed_tax_identifier is None
            else "names a provider whose tax identifier cannot be read under the company's keys;"
            " enter it again"
        )
        lacks.add(pointer, message, "provider_tax_identifier_missing")
    if at is None or tax is None:
        return None
    return model.BillingProvider(
        name=_provider_name(provider),
        address=at,
        tax_identifier=tax,
        npi=provider.npi,
        tax_identifier_is_ssn=provider.tax_identifier_kind is TaxIdentifierKind.SSN,
        taxonomy=provider.taxonomy,
        contact=_contact(provider),
        pay_to=address(provider.pay_to),
    )


def provider(
    identifier: str | None, pointer: str, records: Records, lacks: Lacks
) -> model.Provider | None:
    """Somebody who had a part in the service, where one is named."""
    if identifier is None:
        return None
    found = _registered(identifier, pointer, records, lacks)
    if found is None:
        return None
    return model.Provider(_provider_name(found), npi=found.npi, taxonomy=found.taxonomy)


def facility(claim: Claim, records: Records, lacks: Lacks) -> model.Facility | None:
    """Where the service was given, if not at the billing provider's address."""
    if claim.facility_id is None:
        return None
    found = records.facilities.get(claim.facility_id)
    if found is None:
        message = "names no facility that is registered; register it under this identifier"
        lacks.add("/facility_id", message, "facility_unknown")
        return None
    billing = records.providers.get(claim.billing_provider_id)
    if billing is not None and billing.address == found.address:
        return None
    at = address(found.address)
    assert at is not None
    return model.Facility(found.name, at, found.npi)


def address(of: PostalAddress | None) -> model.Address | None:
    """An address as the 837 has it."""
    if of is None:
        return None
    return model.Address(
        line_1=of.line_1,
        city=of.city,
        state=of.state,
        postal_code=of.postal_code,
        line_2=of.line_2,
        country=of.country,
        country_subdivision=of.country_subdivision,
    )


def patient_name(patient: Patient) -> model.PersonName:
    """As registered."""
    return model.PersonName(patient.last_name, patient.first_name)


def _in_force(coverages: list[Coverage], on: dt.date) -> Coverage | None:
    """The coverage of a day: at most one is in force."""
    for coverage in coverages:
        if coverage.effective_from <= on <= (coverage.effective_until or dt.date.max):
            return coverage
    return None


def _require_known(patient: Patient, lacks: Lacks) -> None:
    if patient.sex is None:
        message = "is a patient whose sex is not known; enter it with the patient (U is an answer)"
        lacks.add("/patient_id", message, "patient_sex_missing")
    if patient.address is None:
        message = "is a patient without an address; enter it with the patient"
        lacks.add("/patient_id", message, "patient_address_missing")


def _registered(
    identifier: str, pointer: str, records: Records, lacks: Lacks
) -> CareProvider | None:
    found = records.providers.get(identifier)
    if found is None:
        message = "names no provider that is registered; register it under this identifier"
        lacks.add(pointer, message, "provider_unknown")
    return found


def _provider_name(provider: CareProvider) -> model.Name:
    if provider.kind is PartyKind.ORGANIZATION:
        return model.OrganizationName(provider.name)
    return model.PersonName(
        provider.name, provider.first_name, provider.middle_name, provider.suffix
    )


def _contact(provider: CareProvider) -> model.Contact | None:
    """Nobody is named who cannot be reached."""
    ways = provider.contact
    if ways is None or not (ways.telephone or ways.email or ways.fax):
        return None
    return model.Contact(ways.name, ways.telephone, ways.extension, ways.email, ways.fax)
