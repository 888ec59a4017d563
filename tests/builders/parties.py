"""What stands on a claim beside patient and payers, in one line each."""

import datetime as dt

from services.claims import patients
from services.claims.directory import care_providers, coverages, facilities
from services.claims.directory.care_providers import NewCareProvider, TaxIdentifier
from services.claims.directory.coverages import NewCoverage
from services.claims.directory.facilities import NewFacility
from services.claims.patients import NewPatient
from storage.identifiers import new_id
from storage.postgres.transaction import PostgresStorage
from storage.tables.addresses import PostalAddress, SubscriberDetails
from storage.tables.claims import Patient, Payer
from storage.tables.parties import CareProvider, Coverage, Facility
from storage.vocabulary.parties import (
    FilingIndicator,
    PartyKind,
    Relationship,
    Sex,
    TaxIdentifierKind,
)
from tests.builders.books import Books
from tests.builders.claims import BIRTH_DATE, VALID_NPI
from tests.builders.companies import CompanyForTests

HOME = PostalAddress(line_1="4 Pine Street", city="Duluth", state="MN", postal_code="55802")
CLINIC = PostalAddress(
    line_1="12 Harbor Drive", city="Duluth", state="MN", postal_code="55802-1234"
)
HOSPITAL = PostalAddress(
    line_1="400 East Third Street", city="Duluth", state="MN", postal_code="558051951"
)
PARENT = SubscriberDetails(
    last_name="Quill", first_name="Noor", birth_date=dt.date(1950, 1, 2), sex=Sex.MALE, address=HOME
)
MEMBER_ID = "SUB77"
"""The subscriber of the claims that the builders make."""


async def make_known_patient(
    storage: PostgresStorage,
    company: CompanyForTests,
    *,
    sex: Sex | None = Sex.FEMALE,
    address: PostalAddress | None = HOME,
) -> Patient:
    """A patient of whom a claim can go out."""
    async with storage.transaction(company.id, company.actor) as store:
        return await patients.create_patient(
            store,
            NewPatient(
                medical_record_number=new_id().hex,
                last_name="Quill",
                first_name="Ada",
                birth_date=BIRTH_DATE,
                sex=sex,
                address=address,
            ),
        )


async def make_care_provider(
    storage: PostgresStorage,
    company: CompanyForTests,
    *,
    identifier: str = VALID_NPI,
    npi: str | None = VALID_NPI,
    kind: PartyKind = PartyKind.ORGANIZATION,
    name: str = "Riverbend Clinic",
    tax_digits: str | None = "411289245",
    address: PostalAddress | None = CLINIC,
) -> CareProvider:
    """A provider that can bill."""
    async with storage.transaction(company.id, company.actor) as store:
        return await care_providers.create_care_provider(
            store,
            NewCareProvider(
                identifier=identifier,
                kind=kind,
                name=name,
                first_name="Jo" if kind is PartyKind.PERSON else None,
                npi=npi,
                tax_identifier=None
                if tax_digits is None
                else TaxIdentifier.model_validate(
                    {"kind": TaxIdentifierKind.EIN, "digits": tax_digits}
                ),
                address=address,
            ),
        )


async def make_facility(
    storage: PostgresStorage,
    company: CompanyForTests,
    *,
    identifier: str = "MAIN",
    address: PostalAddress = HOSPITAL,
) -> Facility:
    """A place with an address of its own."""
    async with storage.transaction(company.id, company.actor) as store:
        return await facilities.create_facility(
            store, NewFacility(identifier=identifier, name="Lakeside Hospital", address=address)
        )


async def make_coverage(
    storage: PostgresStorage,
    company: CompanyForTests,
    patient: Patient,
    payer: Payer,
    *,
    member_id: str = MEMBER_ID,
    relationship: Relationship = Relationship.SELF,
    subscriber: SubscriberDetails | None = None,
    filing_indicator: FilingIndicator = FilingIndicator.COMMERCIAL,
    effective_from: dt.date = dt.date(2020, 1, 1),
    effective_until: dt.date | None = None,
) -> Coverage:
    """The patient's insurance with a payer, for years."""
    async with storage.transaction(company.id, company.actor) as store:
        return await coverages.create_coverage(
            store,
            NewCoverage(
                patient_id=patient.id,
                payer_id=payer.id,
                member_id=member_id,
                relationship=relationship,
                subscriber=subscriber,
                filing_indicator=filing_indicator,
                effective_from=effective_from,
                effective_until=effective_until,
            ),
        )


async def make_known(books: Books) -> None:
    """All that the claims of some books need to go out."""
    storage, company = books.storage, books.company
    await make_care_provider(storage, company)
    for payer in books.payers:
        await make_coverage(storage, company, books.patient, payer, member_id="MEM0001")
    async with storage.transaction(company.id, company.actor) as store:
        await store.patients.update(
            books.patient.id,
            {"sex": Sex.FEMALE, "address": HOME},
            expected_version=books.patient.version,
        )
