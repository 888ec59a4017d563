"""Figures about claims and denials, each with what it is made of and the rows behind it.

A figure is counted by the database under a condition, and names that condition: listing the claims
under it shows the very claims that were counted.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum

from services.company_calendar import company_today
from services.refusals import Fault, InvalidParameter
from storage.figures import ClaimTotals, DenialTotals
from storage.filters import ClaimFilter, DenialFilter
from storage.interface import Store
from storage.vocabulary.claims import AdjudicationStatus, ClaimStatus, DenialStatus

PERCENT_PLACES = Decimal("0.01")


class Unit(StrEnum):
    """What a figure's value is."""

    CLAIMS = "claims"
    DENIALS = "denials"
    CENTS = "cents"
    PERCENT = "percent"


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One number with its derivation.

    ``value`` is the numerator for counts and sums, cents rounded half to even for means, a percent
    of two places for rates; None where the denominator is zero. ``rows`` is the condition under
    which the rows of the numerator are listed.
    """

    name: str
    definition: str
    unit: Unit
    value: Decimal | int | None
    numerator: int
    denominator: int | None
    exclusions: list[str]
    rows: ClaimFilter | DenialFilter


@dataclass(frozen=True)
class DenialGroup:
    """The denials that share a category, a reason or a payer (``key``)."""

    key: str
    denials: Figure
    amount: Figure
    recoverable: Figure


@dataclass(frozen=True)
class DenialAnalysis:
    """What was denied in a window: as a whole and by what it has in common."""

    total: DenialGroup
    by_category: list[DenialGroup]
    by_reason: list[DenialGroup]
    by_payer: list[DenialGroup]


async def claim_statistics(store: Store, window: ClaimFilter) -> list[Figure]:
    """Figures about the claims in ``window`` (service dates, payer), in one statement.

    Raises InvalidParameter for a window that ends before it begins.
    """
    _require_order(window.service_from, window.service_until, "/service_until")
    totals = await store.claim_figures.claim_totals(window)
    return [
        *_counts(totals, window),
        *_sums(totals, window),
        *_rates(totals, window),
    ]


async def denial_analysis(store: Store, window: DenialFilter) -> DenialAnalysis:
    """The denials in ``window`` (days of the decision, payer), in one statement.

    Raises InvalidParameter for a window that ends before it begins.
    """
    _require_order(window.denied_from, window.denied_until, "/denied_until")
    today = await company_today(store)
    totals = await store.claim_figures.denial_totals(window, today=today)
    (everything,) = (each for each in totals if _key_of(each) is None)
    groups: dict[str, list[DenialGroup]] = {name: [] for name in _DENIAL_KEYS}
    for each in totals:
        if (key := _key_of(each)) is not None:
            name, value = key
            rows = _under(window, each)
            groups[name].append(_denial_group(value, each, everything, rows, today))
    return DenialAnalysis(
        total=_denial_group("all", everything, everything, window, today),
        by_category=groups["category"],
        by_reason=groups["reason_code"],
        by_payer=groups["payer_id"],
    )


def _counts(totals: Sequence[ClaimTotals], window: ClaimFilter) -> list[Figure]:
    everything = sum(each.claims for each in totals)

    def count(name: str, definition: str, numerator: int, rows: ClaimFilter) -> Figure:
        return Figure(
            name=name,
            definition=definition,
            unit=Unit.CLAIMS,
            value=numerator,
            numerator=numerator,
            denominator=everything,
            exclusions=[],
            rows=rows,
        )

    return [
        count("claims", "Claims of any state", everything, window),
        *(
            count(
                f"claims_{status}",
                f"Claims that are {status}",
                sum(each.claims for each in totals if each.status is status),
                replace(window, status=status),
            )
            for status in ClaimStatus
        ),
        *(
            count(
                f"claims_adjudicated_{status}",
                f"Claims whose adjudication status is {status}",
                sum(each.claims for each in totals if each.adjudication_status is status),
                replace(window, adjudication_status=status),
            )
            for status in AdjudicationStatus
        ),
    ]


def _sums(totals: Sequence[ClaimTotals], window: ClaimFilter) -> list[Figure]:
    rows = replace(window, is_submitted=True)
    submitted = sum(each.submitted for each in totals)
    charges = sum(each.submitted_charge_cents for each in totals)

    def total(name: str, definition: str, cents: int) -> Figure:
        return Figure(
            name=name,
            definition=definition,
            unit=Unit.CENTS,
            value=cents,
            numerator=cents,
            denominator=None,
            exclusions=[_NOT_SUBMITTED],
            rows=rows,
        )

    insurance = sum(each.insurance_balance_cents for each in totals)
    patient = sum(each.patient_balance_cents for each in totals)
    return [
        total("charges", "Charges of submitted claims", charges),
        total("payments", "Payers' payments", sum(each.payment_cents for each in totals)),
        total("write_offs", "Amounts written off", sum(each.write_off_cents for each in totals)),
        total("insurance_balance", "What payers still owe or dispute", insurance),
        total("patient_balance", "What patients owe", patient),
        total("outstanding", "Insurance and patient balance together", insurance + patient),
        Figure(
            name="average_charge",
            definition="Charges of submitted claims by their number",
            unit=Unit.CENTS,
            value=_mean_cents(charges, submitted),
            numerator=charges,
            denominator=submitted,
            exclusions=[_NOT_SUBMITTED],
            rows=rows,
        ),
    ]


def _rates(totals: Sequence[ClaimTotals], window: ClaimFilter) -> list[Figure]:
    submitted = sum(each.submitted for each in totals)
    settled = replace(window, is_settled=True)
    initially_denied = replace(window, was_initially_denied=True)

    def rate(
        name: str,
        definition: str,
        *,
        numerator: int,
        denominator: int,
        exclusions: list[str],
        rows: ClaimFilter,
    ) -> Figure:
        return Figure(
            name=name,
            definition=definition,
            unit=Unit.PERCENT,
            value=_percent(numerator, denominator),
            numerator=numerator,
            denominator=denominator,
            exclusions=exclusions,
            rows=rows,
        )

    return [
        rate(
            "initial_denial_rate",
            "Claims whose first decision held a denial, by submitted claims",
            numerator=sum(each.initially_denied for each in totals),
            denominator=submitted,
            exclusions=[_NOT_SUBMITTED, _REJECTED],
            rows=initially_denied,
        ),
        rate(
            "initial_denial_rate_of_charges",
            "Charges of claims whose first decision held a denial, by charges of submitted claims",
            numerator=sum(each.initially_denied_charge_cents for each in totals),
            denominator=sum(each.submitted_charge_cents for each in totals),
            exclusions=[_NOT_SUBMITTED, _REJECTED],
            rows=initially_denied,
        ),
        rate(
            "appeal_rate",
            "Submitted claims with an appeal, by submitted claims",
            numerator=sum(each.appealed for each in totals),
            denominator=submitted,
            exclusions=[_NOT_SUBMITTED],
            rows=replace(window, is_submitted=True, is_appealed=True),
        ),
        rate(
            "net_collection_rate",
            "Payments by charges less write-offs, of claims on which nothing is open",
            numerator=sum(each.settled_payment_cents for each in totals),
            denominator=sum(
                each.settled_charge_cents - each.settled_write_off_cents for each in totals
            ),
            exclusions=[_NOT_SUBMITTED, "claims with an open balance"],
            rows=settled,
        ),
    ]


_NOT_SUBMITTED = "drafts, ready, rejected and voided claims"
_REJECTED = "rejections before adjudication, which are no denials"
_DENIAL_KEYS = ("category", "reason_code", "payer_id")


def _key_of(totals: DenialTotals) -> tuple[str, str] | None:
    """By what the denials of a group belong together; None for all of them."""
    for name in _DENIAL_KEYS:
        if (value := getattr(totals, name)) is not None:
            return name, str(value)
    return None


def _under(window: DenialFilter, totals: DenialTotals) -> DenialFilter:
    """The window narrowed to the denials of a group."""
    return replace(
        window,
        category=totals.category,
        reason_code=totals.reason_code,
        payer_id=totals.payer_id or window.payer_id,
    )


def _denial_group(
    key: str, group: DenialTotals, everything: DenialTotals, rows: DenialFilter, today: dt.date
) -> DenialGroup:
    recoverable = replace(rows, status=DenialStatus.OPEN, due_from=today)
    return DenialGroup(
        key=key,
        denials=Figure(
            name="denials",
            definition="Denied lines and claims, whatever became of them",
            unit=Unit.DENIALS,
            value=group.denials,
            numerator=group.denials,
            denominator=everything.denials,
            exclusions=[],
            rows=rows,
        ),
        amount=Figure(
            name="denied_amount",
            definition="What was refused",
            unit=Unit.CENTS,
            value=group.amount_cents,
            numerator=group.amount_cents,
            denominator=everything.amount_cents,
            exclusions=[],
            rows=rows,
        ),
        recoverable=Figure(
            name="recoverable_amount",
            definition="What was refused and can still be worked: open, and not past its last day",
            unit=Unit.CENTS,
            value=group.recoverable_cents,
            numerator=group.recoverable_cents,
            denominator=group.amount_cents,
            exclusions=["resolved and superseded denials", "denials past their last day"],
            rows=recoverable,
        ),
    )


def _percent(numerator: int, denominator: int) -> Decimal | None:
    if denominator == 0:
        return None
    return (Decimal(100 * numerator) / denominator).quantize(PERCENT_PLACES, ROUND_HALF_EVEN)


def _mean_cents(cents: int, count: int) -> int | None:
    if count == 0:
        return None
    return int((Decimal(cents) / count).quantize(Decimal(1), ROUND_HALF_EVEN))


def _require_order(first: dt.date | None, last: dt.date | None, pointer: str) -> None:
    if first is not None and last is not None and last < first:
        raise InvalidParameter([Fault(pointer, "lies before the beginning of the window")])
