"""What a payer decided, read from what an 835 says and never from a zero or a code alone.

Sources: X12 RFI 1423 and 1079 (CLP02 4 is narrower than "denied"), 1147 and 1429 (reversals);
a denied claim normally arrives under CLP02 1, 2 or 3, and a zero payment alone denies nothing.
"""

import datetime as dt
from collections.abc import Collection, Iterable
from enum import StrEnum

import msgspec

from services.claims.remittances.adjustment_reasons import REASONS, REFUSING_NATURES, ReasonNature
from services.claims.x12.remittance_model import Adjustment, RemittanceClaim, RemittanceLine
from storage.vocabulary.claims import AdjudicationOutcome, AdjudicationStatus

UNDECIDED_OUTCOMES = frozenset({AdjudicationOutcome.PREDETERMINATION, AdjudicationOutcome.NOT_OURS})
"""Outcomes that decide nothing: they are recorded, and no money moves."""


class ClaimStatusMeaning(StrEnum):
    """How a CLP is to be treated, by its CLP02."""

    ADJUDICATED = "adjudicated"
    ADJUDICATED_AND_FORWARDED = "adjudicated_and_forwarded"
    NOT_RECOGNISED = "not_recognised"
    REVERSAL = "reversal"
    NOT_OUR_CLAIM = "not_our_claim"
    PREDETERMINATION = "predetermination"
    NEEDS_REVIEW = "needs_review"


class ClaimStatusCode(msgspec.Struct, frozen=True, gc=False):
    """What a CLP02 code says."""

    meaning: ClaimStatusMeaning
    payer_sequence: int | None = None  # 1 primary, 2 secondary, 3 tertiary; None: not said

    @property
    def is_forwarded(self) -> bool:
        """Whether the payer sent the claim on: do not bill the next payer, await its 835."""
        return self.meaning in _FORWARDED


_FORWARDED = frozenset(
    {ClaimStatusMeaning.ADJUDICATED_AND_FORWARDED, ClaimStatusMeaning.NOT_OUR_CLAIM}
)
_STATUSES = {
    "1": ClaimStatusCode(ClaimStatusMeaning.ADJUDICATED, 1),
    "2": ClaimStatusCode(ClaimStatusMeaning.ADJUDICATED, 2),
    "3": ClaimStatusCode(ClaimStatusMeaning.ADJUDICATED, 3),
    "4": ClaimStatusCode(ClaimStatusMeaning.NOT_RECOGNISED),
    "19": ClaimStatusCode(ClaimStatusMeaning.ADJUDICATED_AND_FORWARDED, 1),
    "20": ClaimStatusCode(ClaimStatusMeaning.ADJUDICATED_AND_FORWARDED, 2),
    "21": ClaimStatusCode(ClaimStatusMeaning.ADJUDICATED_AND_FORWARDED, 3),
    "22": ClaimStatusCode(ClaimStatusMeaning.REVERSAL),
    "23": ClaimStatusCode(ClaimStatusMeaning.NOT_OUR_CLAIM),
    "25": ClaimStatusCode(ClaimStatusMeaning.PREDETERMINATION),
}
_NEEDS_REVIEW = ClaimStatusCode(ClaimStatusMeaning.NEEDS_REVIEW)
_OUTCOMES_BY_MEANING = {
    ClaimStatusMeaning.REVERSAL: AdjudicationOutcome.REVERSED,
    ClaimStatusMeaning.PREDETERMINATION: AdjudicationOutcome.PREDETERMINATION,
    ClaimStatusMeaning.NOT_OUR_CLAIM: AdjudicationOutcome.NOT_OURS,
}


def claim_status(status_code: str) -> ClaimStatusCode:
    """The meaning of a CLP02; a code that 005010X221A1 does not list needs review."""
    return _STATUSES.get(status_code, _NEEDS_REVIEW)


def is_refusal(adjustment: Adjustment, on: dt.date) -> bool:
    """Whether the reason refuses payment: a denial by the table, or a reason that it lacks.

    The group plays no part: PR-27 is a denial to work before it reaches a statement.
    """
    return REASONS.reason(adjustment.reason, on).nature in REFUSING_NATURES


def refused_cents(adjustments: Iterable[Adjustment], on: dt.date) -> int:
    """The sum of the adjustments that refuse payment, in cents."""
    return sum(adjustment.amount_cents for adjustment in adjustments if is_refusal(adjustment, on))


def line_outcome(line: RemittanceLine, on: dt.date) -> AdjudicationOutcome:
    """What was decided about one line, by the table in force ``on`` a day.

    Denied: SVC03 is 0, SVC02 is positive and the refusing adjustments sum to more than 0. Hence a
    line that only CO-45, PR-1, PR-2, PR-3, OA-23 or CO-24 reduced to 0 is not denied. Paid and
    refused in part: partially paid.
    """
    refused = refused_cents(line.adjustments, on)
    if line.paid_cents:
        return AdjudicationOutcome.PARTIALLY_PAID if refused > 0 else AdjudicationOutcome.PAID
    if line.charge_cents > 0 and refused > 0:
        return AdjudicationOutcome.DENIED
    return AdjudicationOutcome.ZERO_PAID


def claim_outcome(claim: RemittanceClaim, on: dt.date) -> AdjudicationOutcome:
    """What was decided about a claim, by the table in force ``on`` a day.

    CLP02 22, 25 and 23 speak for themselves. Otherwise, by content:

    - CLP04 is not 0: partially paid where a line or a claim-level adjustment refuses an amount,
      else paid. Patient share and write-off do not make a payment partial.
    - CLP04 is 0: denied where every line that was charged is denied, or a claim-level adjustment
      refuses payment, or CLP02 is 4; partially denied where some lines are; else zero-paid.

    Lines without a charge, and lines with nothing but informational adjustments (quality codes),
    decide nothing. A claim with no lines is judged by its claim-level adjustments.
    """
    meaning = claim_status(claim.status_code).meaning
    special = _OUTCOMES_BY_MEANING.get(meaning)
    if special is not None:
        return special
    refused_at_claim = refused_cents(claim.adjustments, on) > 0
    if claim.paid_cents:
        if refused_at_claim or any(refused_cents(line.adjustments, on) > 0 for line in claim.lines):
            return AdjudicationOutcome.PARTIALLY_PAID
        return AdjudicationOutcome.PAID
    if claim.charge_cents > 0 and (
        refused_at_claim or meaning is ClaimStatusMeaning.NOT_RECOGNISED
    ):
        return AdjudicationOutcome.DENIED
    return _outcome_of_unpaid_lines(claim.lines, on)


def _outcome_of_unpaid_lines(lines: Iterable[RemittanceLine], on: dt.date) -> AdjudicationOutcome:
    denied = others = 0
    for line in lines:
        if line_outcome(line, on) is AdjudicationOutcome.DENIED:
            denied += 1
        elif line.charge_cents > 0 and not _is_informational(line, on):
            others += 1
    if not denied:
        return AdjudicationOutcome.ZERO_PAID
    return AdjudicationOutcome.PARTIALLY_DENIED if others else AdjudicationOutcome.DENIED


def _is_informational(line: RemittanceLine, on: dt.date) -> bool:
    return bool(line.adjustments) and all(
        REASONS.reason(adjustment.reason, on).nature is ReasonNature.INFORMATIONAL
        for adjustment in line.adjustments
    )


def adjudication_status(
    current: Collection[AdjudicationOutcome],
    *,
    payments_cents: int,
    insurance_balance_cents: int,
    was_reversed: bool,
) -> AdjudicationStatus:
    """The status of a claim by the outcomes of its current decisions and its settled amounts."""
    if not current:
        return AdjudicationStatus.REVERSED if was_reversed else AdjudicationStatus.NOT_ADJUDICATED
    if payments_cents:
        if insurance_balance_cents > 0:
            return AdjudicationStatus.PARTIALLY_PAID
        return AdjudicationStatus.PAID
    outcomes = set(current)
    if outcomes == {AdjudicationOutcome.DENIED}:
        return AdjudicationStatus.DENIED
    if outcomes & {AdjudicationOutcome.DENIED, AdjudicationOutcome.PARTIALLY_DENIED}:
        return AdjudicationStatus.PARTIALLY_DENIED
    return AdjudicationStatus.ZERO_PAID
