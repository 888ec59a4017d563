"""Remittances that came on paper, as somebody typed them."""

import datetime as dt
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import SQLModel

from storage.rows import (
    TenantRow,
    belongs_to,
    cents_column,
    check,
    choice_column,
    date_column,
    document_column,
    index,
    key_column,
    text_column,
    unique,
)
from storage.vocabulary.money import ManualRemittanceStatus

MOST_CENTS = 99_999_999_99
MOST_CLAIMS = 200
MOST_LINES = 999
_PLAIN = r"^[A-Za-z0-9][A-Za-z0-9 ./_#-]*$"
"""Letters, digits and what separates nothing in an 835."""

Cents = Annotated[int, Field(ge=-MOST_CENTS, le=MOST_CENTS)]
Number = Annotated[str, Field(min_length=1, max_length=38, pattern=_PLAIN)]
_Code = Annotated[str, Field(pattern=r"^[A-Z0-9]{1,20}$")]
_Modifier = Annotated[str, Field(pattern=r"^[A-Z0-9]{2}$")]
_Reason = Annotated[str, Field(pattern=r"^[A-Z]{0,2}[0-9]{1,3}$", examples=["45"])]
_Remark = Annotated[str, Field(pattern=r"^[A-Z]{1,2}[0-9]{1,4}$", examples=["N130"])]
_Day = Annotated[dt.date, Field(ge=dt.date(1990, 1, 1), le=dt.date(2100, 1, 1))]


class _Typed(BaseModel):
    """What was typed: nothing else in it, and never changed in place."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class TypedAdjustment(_Typed):
    """A group and reason of the paper, and the amount that it takes off the charge."""

    group_code: Literal["CO", "OA", "PI", "PR"]
    reason_code: _Reason
    amount_cents: Annotated[Cents, Field(examples=[2000])]


class TypedLine(_Typed):
    """One service of the paper."""

    procedure_code: _Code
    modifiers: Annotated[list[_Modifier], Field(max_length=4, examples=[["25"]])] = []
    service_date: Annotated[_Day | None, Field(examples=["2026-02-11"])] = None
    charge_cents: Annotated[Cents, Field(examples=[10000])]
    paid_cents: Annotated[Cents, Field(examples=[8000])]
    line_control_number: Annotated[Number | None, Field(examples=[None])] = None
    remark_codes: Annotated[list[_Remark], Field(max_length=20, examples=[[]])] = []
    adjustments: Annotated[list[TypedAdjustment], Field(max_length=50)] = []


class TypedClaim(_Typed):
    """One claim of the paper. ``status_code`` is that of an 835 (CLP02): 1 to 3 decided by the
    first, second or third payer, 4 not recognised, 19 to 21 decided and sent on, 22 taken back, 23
    not theirs and sent on."""

    patient_control_number: Number
    status_code: Literal["1", "2", "3", "4", "19", "20", "21", "22", "23"] = "1"
    payer_claim_number: Number | None = None
    charge_cents: Annotated[Cents, Field(examples=[10000])]
    paid_cents: Annotated[Cents, Field(examples=[8000])]
    adjustments: Annotated[list[TypedAdjustment], Field(max_length=50, examples=[[]])] = []
    lines: Annotated[list[TypedLine], Field(max_length=MOST_LINES)] = []


class TypedProviderAdjustment(_Typed):
    """What the paper takes off the whole payment, beside its claims (PLB)."""

    reason: Annotated[str, Field(pattern=r"^[A-Z0-9]{2}$", examples=["WO"])]
    reference: Annotated[Number, Field(examples=["94060555410000"])]
    amount_cents: Annotated[Cents, Field(examples=[0])]


class TypedContent(_Typed):
    """All that the paper says of claims and of the payment as a whole."""

    claims: Annotated[list[TypedClaim], Field(min_length=1, max_length=MOST_CLAIMS)]
    provider_adjustments: Annotated[
        list[TypedProviderAdjustment], Field(max_length=50, examples=[[]])
    ] = []


class ManualRemittanceFields(SQLModel):
    entry_number: str = text_column(40)
    payer_id: UUID = key_column()
    check_number: str = text_column(38)
    payment_date: dt.date = date_column()
    payment_cents: int = cents_column()
    content: TypedContent = document_column(TypedContent)
    status: ManualRemittanceStatus = choice_column(
        ManualRemittanceStatus, default=ManualRemittanceStatus.DRAFT
    )
    corrects_id: UUID | None = key_column(default=None)
    remittance_id: UUID | None = key_column(default=None)
    reversal_id: UUID | None = key_column(default=None)
    closing_note: str | None = text_column(500, default=None)


class ManualRemittance(ManualRemittanceFields, TenantRow, table=True):
    """A remittance on paper: typed, corrected, handed in as an 835 of the company's own making.

    ``corrects_id`` is the reversed one whose place it takes.
    """

    __tablename__ = "manual_remittances"
    __table_args__ = (
        belongs_to("payers", "payer_id"),
        belongs_to("manual_remittances", "corrects_id"),
        belongs_to("remittances", "remittance_id"),
        belongs_to("remittances", "reversal_id"),
        unique("manual_remittances", "entry_number"),
        unique("manual_remittances", "corrects_id", where="status <> 'discarded'"),
        index("manual_remittances", "status", "id"),
        check("payment_is_not_negative", "payment_cents >= 0"),
        check(
            "handed_in_as_a_remittance",
            "(status IN ('handed_in', 'reversed')) = (remittance_id IS NOT NULL)",
        ),
        check("reversed_by_a_remittance", "(status = 'reversed') = (reversal_id IS NOT NULL)"),
    )
