"""Figures about claims and denials, each with what it is made of and the rows behind it.

A figure is counted by the database under a condition, and names that condition: listing the claims
under it shows the very claims that were counted.
"""

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from uuid import UUID

from services.claims.company_day import company_today
from services.claims.outcomes import AdjudicationStatus
from services.refusals import Fault, InvalidInput
from storage.figures import ClaimTotals, DenialTotals
from storage.filters import ClaimFilter, DenialFilter
from storage.interface import Store
from storage.vocabulary.claims import ClaimStatus, DenialStatus

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

    Raises InvalidInput for a window that ends before it begins.
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

    Raises InvalidInput for a window that ends before it begins.
    """
    _require_order(window.denied_from, window.denied_until, "/denied_until")
    today = await company_today(store)
    groups: dict[str, list[DenialGroup]] = {"total": [], "category": [], "reason": [], "payer": []}
    for totals in await store.claim_figures.denial_totals(window, today=today):
        if totals.category is not None:
            kind, key, rows = "category", totals.category, {"category": totals.category}
        elif totals.reason_code is not None:
            kind, key, rows = "reason", totals.reason_code, {"reason_code": totals.reason_code}
        elif totals.payer_id is not None:
            kind, key, rows = "payer", str(totals.payer_id), {"payer_id": totals.payer_id}
        else:
            kind, key, rows = "total", "all", {}
        groups[kind].append(_denial_group(key, totals, replace(window, **rows), today))
    (total,) = groups["total"]
    return DenialAnalysis(total, groups["category"], groups["reason"], groups["payer"])
