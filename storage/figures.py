"""What the database computes instead of rows: sums with the keys that they are of."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import SQLModel

from storage.vocabulary.claims import AdjudicationStatus, ClaimStatus, LedgerAccount
from storage.vocabulary.figures import Measure


@dataclass(frozen=True)
class AccountBalance:
    """Debits less credits of one account over a window, in cents."""

    account: LedgerAccount
    balance_cents: int


@dataclass(frozen=True)
class OpenItem:
    """Provider adjustments of one payer, payee and reference that do not sum to zero."""

    payer_key: str
    payee_key: str
    reference: str
    balance_cents: int
    item_count: int
    first_on: dt.date
    last_on: dt.date
    reasons: list[str]


@dataclass(frozen=True)
class LastUse:
    """When a person last signed in and last asked for anything, as far as sessions are kept: the
    last one is, however long ago it was."""

    person_id: UUID
    last_signed_in_at: dt.datetime
    last_used_at: dt.datetime


@dataclass(frozen=True, kw_only=True)
class ClaimTotals:
    """Counts and sums of the claims of one status and adjudication status, in cents."""

    status: ClaimStatus
    adjudication_status: AdjudicationStatus
    claims: int
    charge_cents: int
    submitted: int
    submitted_charge_cents: int
    payment_cents: int
    write_off_cents: int
    insurance_balance_cents: int
    patient_balance_cents: int
    appealed: int
    initially_denied: int
    initially_denied_charge_cents: int
    settled: int
    settled_charge_cents: int
    settled_payment_cents: int
    settled_write_off_cents: int


@dataclass(frozen=True, kw_only=True)
class DenialTotals:
    """Counts and sums of the denials that share a category, a reason or a payer (all None: all)."""

    category: str | None
    reason_code: str | None
    payer_id: UUID | None
    denials: int
    amount_cents: int
    claims: int
    recoverable: int
    recoverable_cents: int


@dataclass(frozen=True, kw_only=True)
class OutcomeTotals:
    """How a payer decided a second time about the denials of a category.

    ``recovered_basis_points`` is a sum: 10,000 for each amount that came back as a whole.
    """

    payer_id: UUID
    category: str
    decided: int
    recovered_basis_points: int


@dataclass(frozen=True, kw_only=True)
class DenialWorth:
    """What the expected value of a denial is worked out from.

    ``amount x basis points / 10,000``, rounded half up, less the cost of the work: that of a
    correction where the claim can be corrected, else that of an appeal.
    """

    basis_points: dict[tuple[UUID, str], int]
    """By payer and category."""
    other_basis_points: int
    """Of a payer and category of which nothing is known."""
    correction_cost_cents: int
    appeal_cost_cents: int


@dataclass(frozen=True, kw_only=True)
class FigureScope:
    """Of which claims: of a primary payer, a rendering provider, a location (an empty text: of
    none). What is None does not narrow."""

    payer_id: UUID | None = None
    provider_id: str | None = None
    location: str | None = None


@dataclass(frozen=True, kw_only=True)
class Ask:
    """What a measure comes to from the first to the last day."""

    measure: Measure
    first: dt.date
    last: dt.date


@dataclass(frozen=True, kw_only=True)
class Total:
    """How many rows a measure counts, and the sum of their amounts."""

    items: int = 0
    amount: int = 0

    def __bool__(self) -> bool:
        return bool(self.items or self.amount)


@dataclass(frozen=True, kw_only=True)
class FactsChecked:
    """How many claims were looked at, which of them have facts that differ, and after which claim
    to go on; None: these were the last."""

    claim_count: int
    differing: list[UUID]
    next_after: UUID | None


class FigureRow(SQLModel):
    """One row that a measure counts. ``claim_id`` is None where no claim is part of it."""

    id: UUID
    claim_id: UUID | None
    claim_number: str | None
    day: dt.date
    amount: int


@dataclass(frozen=True)
class UnansweredFile:
    """A file of claims, and those of its claims about which nothing was answered."""

    claim_file_id: UUID
    partner_id: UUID
    sent_at: dt.datetime
    is_acknowledged: bool
    claim_count: int
    charge_cents: int


@dataclass(frozen=True)
class PayerPace:
    """By how many days after submission a payer had decided first about nine in ten claims."""

    payer_id: UUID
    decision_count: int
    usual_days: int


@dataclass(frozen=True)
class UnansweredClaims:
    """The claims of a payer that it has not decided about in time, and when the first went out."""

    payer_id: UUID
    claim_count: int
    since: dt.datetime
    charge_cents: int
