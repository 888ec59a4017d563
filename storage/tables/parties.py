"""Who stands on a claim beside its patient and payers: providers, facilities and coverages."""

import datetime as dt
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from storage.rows import (
    TenantRow,
    belongs_to,
    check,
    choice_column,
    date_column,
    document_column,
    index,
    key_column,
    sealed_column,
    text_column,
    unique,
)
from storage.tables.addresses import ContactWays, PostalAddress, SubscriberDetails
from storage.vocabulary.parties import (
    FilingIndicator,
    InsuranceType,
    PartyKind,
    Relationship,
    TaxIdentifierKind,
)


class CareProviderFields(SQLModel):
    identifier: str = text_column(80)
    """What claims name it by."""
    kind: PartyKind = choice_column(PartyKind)
    name: str = text_column(60)
    """A person's last name, or an organisation's."""
    first_name: str | None = text_column(35, default=None)
    middle_name: str | None = text_column(25, default=None)
    suffix: str | None = text_column(10, default=None)
    npi: str | None = text_column(10, default=None)
    taxonomy: str | None = text_column(10, default=None)
    tax_identifier_kind: TaxIdentifierKind | None = choice_column(TaxIdentifierKind, default=None)
    sealed_tax_identifier: bytes | None = sealed_column(default=None)
    tax_identifier_end: str | None = text_column(4, default=None)
    """Its last four digits, so that people can tell which it is."""
    address: PostalAddress | None = document_column(PostalAddress, default=None)
    pay_to: PostalAddress | None = document_column(PostalAddress, default=None)
    contact: ContactWays | None = document_column(ContactWays, default=None)
    is_active: bool = Field(default=True, sa_type=sa.Boolean)


class CareProvider(CareProviderFields, TenantRow, table=True):
    """A person or organisation that gives services or bills them.

    Its tax identifier is sealed, for a person's is a social security number.
    """

    __tablename__ = "care_providers"
    __table_args__ = (
        unique("care_providers", "identifier"),
        check(
            "only_persons_have_first_names",
            "kind = 'person' OR num_nonnulls(first_name, middle_name, suffix) = 0",
        ),
        check(
            "tax_identifier_is_whole",
            "num_nonnulls(tax_identifier_kind, sealed_tax_identifier, tax_identifier_end)"
            " IN (0, 3)",
        ),
        index("care_providers", "npi", where="npi IS NOT NULL"),
    )


class FacilityFields(SQLModel):
    identifier: str = text_column(80)
    """What claims name it by."""
    name: str = text_column(60)
    npi: str | None = text_column(10, default=None)
    address: PostalAddress = document_column(PostalAddress)
    is_active: bool = Field(default=True, sa_type=sa.Boolean)


class Facility(FacilityFields, TenantRow, table=True):
    """A place where services are given."""

    __tablename__ = "facilities"
    __table_args__ = (unique("facilities", "identifier"),)


class CoverageFields(SQLModel):
    patient_id: UUID = key_column()
    payer_id: UUID = key_column()
    member_id: str = text_column(80)
    relationship: Relationship = choice_column(Relationship)
    subscriber: SubscriberDetails | None = document_column(SubscriberDetails, default=None)
    group_number: str | None = text_column(50, default=None)
    group_name: str | None = text_column(60, default=None)
    filing_indicator: FilingIndicator = choice_column(FilingIndicator)
    insurance_type: InsuranceType | None = choice_column(InsuranceType, default=None)
    effective_from: dt.date = date_column()
    effective_until: dt.date | None = date_column(default=None)


class Coverage(CoverageFields, TenantRow, table=True):
    """A patient's insurance with one payer, from a day on and until another, both included.

    ``subscriber`` is who has the policy where that is not the patient.
    """

    __tablename__ = "coverages"
    __table_args__ = (
        belongs_to("patients", "patient_id"),
        belongs_to("payers", "payer_id"),
        check("names_who_has_the_policy", "(relationship = '18') = (subscriber IS NULL)"),
        check("ends_after_it_begins", "effective_until >= effective_from"),
        index("coverages", "patient_id", "payer_id", "effective_from"),
    )
