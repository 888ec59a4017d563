"""Who stands on the claims of a demonstration company, and through whom they go out."""

import datetime as dt
from collections.abc import Mapping, Sequence
from uuid import UUID

from app.demo.practices import Practice
from services.claims.clearing.partners import (
    NewTradingPartner,
    PartnerPayers,
    create_partner,
    set_partner_payers,
)
from services.claims.directory.care_providers import (
    NewCareProvider,
    TaxIdentifier,
    create_care_provider,
)
from services.claims.directory.facilities import NewFacility, create_facility
from storage.interface import Store
from storage.tables.addresses import PostalAddress
from storage.tables.claims import Patient, Payer
from storage.tables.parties import CoverageFields
from storage.vocabulary.claims import PayerType
from storage.vocabulary.clearing import Delivery
from storage.vocabulary.identity import Role
from storage.vocabulary.parties import (
    FilingIndicator,
    PartyKind,
    Relationship,
    Sex,
    TaxIdentifierKind,
)

_INDICATORS = {
    PayerType.MEDICARE: FilingIndicator.MEDICARE_PART_B,
    PayerType.MEDICAID: FilingIndicator.MEDICAID,
}
_YEARS_OF_COVERAGE = dt.timedelta(days=3 * 365)


def home_of(practice: Practice, number: int) -> PostalAddress:
    """Where a patient lives."""
    town = practice.address
    return PostalAddress(
        line_1=f"{100 + number} Meadow Lane",
        city=town.city,
        state=town.state,
        postal_code=str(town.postal_code)[:5],
    )


def sex_of(number: int) -> Sex:
    return Sex.FEMALE if number % 2 else Sex.MALE


def member_id_of(patient: Patient) -> str:
    """What the payers call a patient; the same number for all."""
    return f"W{patient.medical_record_number[-5:]}01"


async def register_providers(store: Store, practice: Practice) -> None:
    """The clinic, who sees its patients, and where else they are seen."""
    digits = practice.tax_identifier
    await create_care_provider(
        store,
        NewCareProvider(
            identifier=practice.npi,
            kind=PartyKind.ORGANIZATION,
            name=practice.name,
            npi=practice.npi,
            tax_identifier=TaxIdentifier.model_validate(
                {"kind": TaxIdentifierKind.EIN, "digits": digits}
            ),
            address=practice.address,
        ),
    )
    first_name, _, last_name = practice.physician.partition(" ")
    await create_care_provider(
        store,
        NewCareProvider(
            identifier=practice.rendering_npi,
            kind=PartyKind.PERSON,
            name=last_name,
            first_name=first_name,
            npi=practice.rendering_npi,
            taxonomy=practice.taxonomy,
        ),
    )
    await create_facility(
        store,
        NewFacility(
            identifier="HOSPITAL",
            name=practice.hospital,
            address=practice.address.model_copy(update={"line_1": "400 Hospital Drive"}),
        ),
    )


async def insure(
    store: Store, patients: Sequence[Patient], payers: Mapping[str, Payer], today: dt.date
) -> None:
    """Every payer insures every patient: the demonstration's claims choose among them."""
    await store.coverages.create_many(
        [
            CoverageFields(
                patient_id=patient.id,
                payer_id=payer.id,
                member_id=member_id_of(patient),
                relationship=Relationship.SELF,
                filing_indicator=_INDICATORS.get(payer.type, FilingIndicator.COMMERCIAL),
                effective_from=today - _YEARS_OF_COVERAGE,
            )
            for patient in patients
            for payer in payers.values()
        ]
    )


async def open_clearinghouse(store: Store, practice: Practice, payer_ids: Sequence[UUID]) -> None:
    """A partner that takes files from a folder; nothing is sent to it yet."""
    name = practice.slug.upper()
    partner = await create_partner(
        store,
        NewTradingPartner(
            name="Lakes Clearinghouse",
            delivery=Delivery.DROP_FOLDER,
            sender_identifier=name,
            receiver_identifier="LAKESCLEAR",
            application_sender=name,
            application_receiver="LAKESCLEAR",
            submitter_name=practice.name,
            submitter_identifier=name,
            contact_name=practice.people[Role.RCM_STAFF],
            contact_telephone="2185550134",
            receiver_name="Lakes Clearinghouse",
            receiver_identifier_code="LAKESCLEAR",
        ),
    )
    await set_partner_payers(
        store,
        partner.id,
        PartnerPayers(payer_ids=list(payer_ids)),
        expected_version=partner.version,
    )
