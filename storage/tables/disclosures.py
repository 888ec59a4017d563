"""Disclosures of patients' data and the accountings that patients asked for (45 CFR 164.528)."""

import datetime as dt
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from storage.rows import (
    SealedRow,
    belongs_to,
    check,
    choice_column,
    date_column,
    index,
    key_column,
    keys_column,
    text_column,
    unique,
)
from storage.vocabulary.disclosures import DisclosureAuthority


class DisclosureFields(SQLModel):
    patient_id: UUID = key_column()
    disclosed_on: dt.date = date_column()
    recipient_name: str = text_column(200)
    recipient_address: str | None = text_column(500, default=None)
    description: str = text_column(1000)
    authority: DisclosureAuthority = choice_column(DisclosureAuthority)
    purpose: str = text_column(1000)
    is_accountable: bool = Field(sa_type=sa.Boolean)
    suspended_from: dt.date | None = date_column(default=None)
    suspended_until: dt.date | None = date_column(default=None)
    suspended_for: str | None = text_column(200, default=None)
    suspension_is_oral: bool = Field(default=False, sa_type=sa.Boolean)
    supersedes_id: UUID | None = key_column(default=None)
    correction_reason: str | None = text_column(500, default=None)
    is_withdrawn: bool = Field(default=False, sa_type=sa.Boolean)


class Disclosure(DisclosureFields, SealedRow, table=True):
    """What was disclosed of a patient, to whom and why; or a later version of that.

    A version is superseded by one other at most. The right to an accounting of it is suspended
    from ``suspended_from`` to ``suspended_until`` for the agency or official ``suspended_for``.
    """

    __tablename__ = "disclosures"
    __table_args__ = (
        belongs_to("patients", "patient_id"),
        belongs_to("disclosures", "supersedes_id"),
        unique("disclosures", "supersedes_id"),
        index("disclosures", "patient_id", "id"),
        index("disclosures", "recorded_by", "id"),
        index("disclosures", "xid"),
        check(
            "suspension_is_whole",
            "(suspended_from IS NULL) = (suspended_until IS NULL)"
            " AND (suspended_from IS NULL) = (suspended_for IS NULL)"
            " AND (suspended_from IS NOT NULL OR NOT suspension_is_oral)",
        ),
        check("suspension_ends_after_it_begins", "suspended_from <= suspended_until"),
        check(
            "oral_suspension_is_short",
            "NOT suspension_is_oral OR suspended_until - suspended_from <= 30",
        ),
        check("correction_has_a_reason", "(supersedes_id IS NULL) = (correction_reason IS NULL)"),
        check("withdrawal_is_a_correction", "NOT is_withdrawn OR supersedes_id IS NOT NULL"),
    )


class AccountingFields(SQLModel):
    patient_id: UUID = key_column()
    requested_by: str = text_column(200)
    requested_on: dt.date = date_column()
    due_on: dt.date = date_column()
    first: dt.date = date_column()
    last: dt.date = date_column()
    is_free: bool = Field(sa_type=sa.Boolean)
    disclosure_ids: list[UUID] = keys_column()


class Accounting(AccountingFields, SealedRow, table=True):
    """An accounting of a patient's disclosures from ``first`` to ``last`` as it was given."""

    __tablename__ = "accountings"
    __table_args__ = (
        belongs_to("patients", "patient_id"),
        index("accountings", "patient_id", "id"),
        index("accountings", "recorded_by", "id"),
        index("accountings", "xid"),
        check("period_ends_after_it_begins", "first <= last"),
        check("is_asked_for_after_the_period", "last <= requested_on"),
    )
