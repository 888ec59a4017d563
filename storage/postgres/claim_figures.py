"""Counts and sums of claims and denials: one statement each, the company in every predicate."""

import datetime as dt
from functools import cache
from typing import Any

import sqlalchemy as sa

from storage.figures import ClaimTotals, DenialTotals
from storage.filters import ClaimFilter, DenialFilter
from storage.postgres.bound import BoundTransaction
from storage.postgres.claim_rules import CLAIM_RULES, claims, denials
from storage.postgres.selecting import conditions_given, predicates
from storage.postgres.sql import compiled
from storage.vocabulary.claims import AdjudicationStatus, ClaimStatus, DenialStatus

_IS_SUBMITTED = CLAIM_RULES["is_submitted"]
_IS_SETTLED = CLAIM_RULES["is_settled"]
_WAS_DENIED = CLAIM_RULES["was_initially_denied"]


def _count(condition: "sa.ColumnElement[bool] | None" = None) -> sa.ColumnElement[int]:
    counted = sa.func.count()
    return counted if condition is None else counted.filter(condition)


def _sum(
    column: "sa.ColumnElement[int]", condition: "sa.ColumnElement[bool] | None" = None
) -> sa.ColumnElement[int]:
    summed = sa.func.sum(column)
    chosen = summed if condition is None else summed.filter(condition)
    return sa.cast(sa.func.coalesce(chosen, sa.literal_column("0")), sa.BigInteger)


_CLAIM_FIGURES: dict[str, sa.ColumnElement[Any]] = {
    "claims": _count(),
    "charge_cents": _sum(claims.c.total_charge_cents),
    "submitted": _count(_IS_SUBMITTED),
    "submitted_charge_cents": _sum(claims.c.total_charge_cents, _IS_SUBMITTED),
    "payment_cents": _sum(claims.c.payment_cents),
    "write_off_cents": _sum(claims.c.write_off_cents),
    "insurance_balance_cents": _sum(claims.c.insurance_balance_cents),
    "patient_balance_cents": _sum(claims.c.patient_balance_cents),
    "appealed": _count(sa.and_(_IS_SUBMITTED, CLAIM_RULES["is_appealed"])),
    "initially_denied": _count(_WAS_DENIED),
    "initially_denied_charge_cents": _sum(claims.c.total_charge_cents, _WAS_DENIED),
    "settled": _count(_IS_SETTLED),
    "settled_charge_cents": _sum(claims.c.total_charge_cents, _IS_SETTLED),
    "settled_payment_cents": _sum(claims.c.payment_cents, _IS_SETTLED),
    "settled_write_off_cents": _sum(claims.c.write_off_cents, _IS_SETTLED),
}

_IS_RECOVERABLE = sa.and_(
    denials.c.status == sa.literal_column(f"'{DenialStatus.OPEN.value}'"),
    denials.c.due_on >= sa.bindparam("today", type_=sa.Date),
)
_DENIAL_FIGURES: dict[str, sa.ColumnElement[Any]] = {
    "denials": _count(),
    "amount_cents": _sum(denials.c.amount_cents),
    "claims": sa.func.count(sa.distinct(denials.c.claim_id)),
    "recoverable": _count(_IS_RECOVERABLE),
    "recoverable_cents": _sum(denials.c.amount_cents, _IS_RECOVERABLE),
}


@cache
def _claim_totals(names: tuple[str, ...]) -> str:
    grouped = (claims.c.status, claims.c.adjudication_status)
    return compiled(
        sa.select(*grouped, *_CLAIM_FIGURES.values())
        .where(
            claims.c.company_id == sa.bindparam("company_id", type_=sa.Uuid),
            *predicates(claims, ClaimFilter, names),
        )
        .group_by(*grouped)
        .order_by(*grouped)
    )


@cache
def _denial_totals(names: tuple[str, ...]) -> str:
    grouped = (denials.c.category, denials.c.reason_code, denials.c.payer_id)
    return compiled(
        sa.select(*grouped, *_DENIAL_FIGURES.values())
        .where(
            denials.c.company_id == sa.bindparam("company_id", type_=sa.Uuid),
            *predicates(denials, DenialFilter, names),
        )
        .group_by(sa.func.grouping_sets(sa.tuple_(), *(sa.tuple_(column) for column in grouped)))
        .order_by(*grouped)
    )


class PostgresClaimFigures:
    """See ``storage.interface.ClaimFigures``."""

    def __init__(self, store: BoundTransaction) -> None:
        self._store = store

    async def claim_totals(self, conditions: ClaimFilter) -> list[ClaimTotals]:
        names = conditions_given(conditions)
        parameters = {f"where_{name}": getattr(conditions, name) for name in names}
        cursor = await self._store.execute(
            _claim_totals(names), parameters | {"company_id": self._store.company_id}
        )
        return [
            ClaimTotals(
                status=ClaimStatus(status),
                adjudication_status=AdjudicationStatus(adjudication_status),
                **dict(zip(_CLAIM_FIGURES, figures, strict=True)),
            )
            for status, adjudication_status, *figures in await cursor.fetchall()
        ]

    async def denial_totals(
        self, conditions: DenialFilter, *, today: dt.date
    ) -> list[DenialTotals]:
        names = conditions_given(conditions)
        parameters = {f"where_{name}": getattr(conditions, name) for name in names}
        cursor = await self._store.execute(
            _denial_totals(names),
            parameters | {"company_id": self._store.company_id, "today": today},
        )
        return [
            DenialTotals(
                category=category,
                reason_code=reason_code,
                payer_id=payer_id,
                **dict(zip(_DENIAL_FIGURES, figures, strict=True)),
            )
            for category, reason_code, payer_id, *figures in await cursor.fetchall()
        ]
