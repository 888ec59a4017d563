"""What the bank says, and what it is expected to say."""

import datetime as dt
from uuid import UUID

from sqlmodel import SQLModel

from storage.rows import (
    TenantRow,
    belongs_to,
    bytes_column,
    cents_column,
    check,
    choice_column,
    date_column,
    index,
    key_column,
    text_column,
    unique,
)
from storage.vocabulary.money import BankLineStatus, CashKind, CashStatus


class BankLineFields(SQLModel):
    account: str = text_column(80)
    booked_on: dt.date = date_column()
    amount_cents: int = cents_column()
    reference: str | None = text_column(200, default=None)
    description: str | None = text_column(500, default=None)
    line_key: bytes = bytes_column()
    status: BankLineStatus = choice_column(BankLineStatus, default=BankLineStatus.OPEN)
    closing_note: str | None = text_column(500, default=None)


class BankLine(BankLineFields, TenantRow, table=True):
    """One booking of the bank; below zero it went out.

    ``line_key`` is the hash of all that the bank says of it and of how many like it stood before
    it on the same statement: the same statement read twice adds nothing.
    """

    __tablename__ = "bank_lines"
    __table_args__ = (
        unique("bank_lines", "line_key"),
        index("bank_lines", "status", "booked_on"),
        check("moves_something", "amount_cents <> 0"),
        check("set_aside_for_a_reason", "status <> 'set_aside' OR closing_note IS NOT NULL"),
    )


class CashItemFields(SQLModel):
    kind: CashKind = choice_column(CashKind)
    source_id: UUID = key_column()
    patient_id: UUID | None = key_column(default=None)
    payer_id: UUID | None = key_column(default=None)
    amount_cents: int = cents_column()
    expected_on: dt.date = date_column()
    trace: str | None = text_column(80, default=None)
    status: CashStatus = choice_column(CashStatus, default=CashStatus.EXPECTED)
    bank_line_id: UUID | None = key_column(default=None)
    reverses_id: UUID | None = key_column(default=None)


class CashItem(CashItemFields, TenantRow, table=True):
    """An amount that the bank is to show once: what a payer or patient paid, what was refunded, and
    what went back of it. ``source_id`` is its remittance transaction, payment or refund."""

    __tablename__ = "cash_items"
    __table_args__ = (
        belongs_to("patients", "patient_id"),
        belongs_to("payers", "payer_id"),
        belongs_to("bank_lines", "bank_line_id"),
        belongs_to("cash_items", "reverses_id"),
        unique("cash_items", "source_id", "kind"),
        index("cash_items", "status", "expected_on"),
        index("cash_items", "bank_line_id", where="bank_line_id IS NOT NULL"),
        index("cash_items", "reverses_id", where="reverses_id IS NOT NULL"),
        check("moves_something", "amount_cents <> 0"),
        check("deposited_on_a_line", "(status = 'deposited') = (bank_line_id IS NOT NULL)"),
        check("a_reversal_names_its_original", "(kind = 'reversal') = (reverses_id IS NOT NULL)"),
    )
