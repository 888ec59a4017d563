"""Open denials by their expected value: worked out in the statement, never stored.

What a denial is worth changes with every outcome that is recorded, and its bucket with the day; so
neither is a column. A statement reads the denials of one bucket, a range of ``due_on`` in an index
that begins with the status, and sorts those.
"""

import datetime as dt
from functools import cache
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlmodel import SQLModel

from storage.figures import DenialWorth, OutcomeTotals
from storage.filters import DenialFilter
from storage.postgres.bound import BoundTransaction
from storage.postgres.repository import shape_of
from storage.postgres.selecting import conditions_given, predicates
from storage.postgres.sql import compiled
from storage.tables.denial_work import DenialOutcome
from storage.tables.ledger import Denial


def _table(row: type[SQLModel]) -> sa.Table:
    table = row.__table__  # type: ignore[attr-defined]
    assert isinstance(table, sa.Table)
    return table


_denials, _outcomes = _table(Denial), _table(DenialOutcome)
_COMPANY = sa.bindparam("company_id", type_=sa.Uuid)
_ZERO: sa.ColumnElement[int] = sa.literal_column("0")


@cache
def _outcome_totals() -> str:
    counted = sa.case(
        (_outcomes.c.is_retraction, sa.literal_column("-1")), else_=sa.literal_column("1")
    )
    keys = (_outcomes.c.payer_id, _outcomes.c.category)
    return compiled(
        sa.select(
            *keys,
            sa.cast(sa.func.sum(counted), sa.BigInteger),
            sa.cast(sa.func.sum(counted * _outcomes.c.recovered_basis_points), sa.BigInteger),
        )
        .where(
            _outcomes.c.company_id == _COMPANY,
            _outcomes.c.recorded_on < sa.bindparam("before", type_=sa.Date),
        )
        .group_by(*keys)
    )


_odds = (
    sa.func.unnest(
        sa.bindparam("payer_ids", type_=pg.ARRAY(sa.Uuid)),
        sa.bindparam("categories", type_=pg.ARRAY(sa.Text)),
        sa.bindparam("basis_points", type_=pg.ARRAY(sa.Integer)),
    )
    .table_valued(
        sa.column("payer_id", sa.Uuid),
        sa.column("category", sa.Text),
        sa.column("basis_points", sa.Integer),
    )
    .render_derived(name="odds")
)


def _number(name: str) -> sa.BindParameter[int]:
    return sa.bindparam(name, type_=sa.BigInteger)


_AMOUNT = sa.func.greatest(_denials.c.amount_cents, _ZERO, type_=sa.BigInteger)
_CHANCE = sa.func.coalesce(_odds.c.basis_points, _number("other_basis_points"), type_=sa.BigInteger)
_COST = sa.case(
    (_denials.c.is_correctable, _number("correction_cost_cents")),
    else_=_number("appeal_cost_cents"),
)
_value = (_AMOUNT * _CHANCE + sa.literal_column("5000", sa.BigInteger)) // sa.literal_column(
    "10000", sa.BigInteger
) - _COST


@cache
def page_statement(names: tuple[str, ...], *, continued: bool) -> str:
    """The statement of a page under the conditions that are on."""
    statement = (
        sa.select(*_denials.columns, _value)
        .select_from(
            _denials.outerjoin(
                _odds,
                sa.and_(
                    _odds.c.payer_id == _denials.c.payer_id,
                    _odds.c.category == _denials.c.category,
                ),
            )
        )
        .where(_denials.c.company_id == _COMPANY, *predicates(_denials, DenialFilter, names))
    )
    if continued:
        after_value = _number("after_value")
        after_id = sa.bindparam("after_id", type_=sa.Uuid)
        statement = statement.where(
            sa.or_(_value < after_value, sa.and_(_value == after_value, _denials.c.id > after_id))
        )
    return compiled(
        statement.order_by(_value.desc(), _denials.c.id).limit(
            sa.bindparam("row_limit", type_=sa.Integer)
        )
    )


class PostgresDenialQueue:
    """See ``storage.interface.DenialQueue``."""

    def __init__(self, store: BoundTransaction) -> None:
        self._store = store

    async def outcome_totals(self, *, before: dt.date) -> list[OutcomeTotals]:
        cursor = await self._store.execute(
            _outcome_totals(), {"company_id": self._store.company_id, "before": before}
        )
        return [
            OutcomeTotals(
                payer_id=payer_id,
                category=category,
                decided=decided,
                recovered_basis_points=recovered,
            )
            for payer_id, category, decided, recovered in await cursor.fetchall()
        ]

    async def page(
        self,
        conditions: DenialFilter,
        worth: DenialWorth,
        *,
        limit: int,
        after: tuple[int, UUID] | None = None,
    ) -> list[tuple[Denial, int]]:
        names = conditions_given(conditions)
        parameters = {f"where_{name}": getattr(conditions, name) for name in names}
        known = worth.basis_points
        parameters |= {
            "company_id": self._store.company_id,
            "payer_ids": [payer_id for payer_id, _ in known],
            "categories": [category for _, category in known],
            "basis_points": list(known.values()),
            "other_basis_points": worth.other_basis_points,
            "correction_cost_cents": worth.correction_cost_cents,
            "appeal_cost_cents": worth.appeal_cost_cents,
            "row_limit": limit,
        }
        if after is not None:
            parameters["after_value"], parameters["after_id"] = after
        cursor = await self._store.execute(
            page_statement(names, continued=after is not None), parameters
        )
        shape = shape_of(Denial)
        found = [(shape.load(values[:-1]), int(values[-1])) for values in await cursor.fetchall()]
        self._store.patients_read.update(denial.patient_id for denial, _ in found)
        return found
