"""Open underpayments in the order of their deadlines, which an index holds."""

import datetime as dt
from functools import cache
from uuid import UUID

import sqlalchemy as sa

from storage.filters import UnderpaymentFilter
from storage.postgres.bound import BoundTransaction
from storage.postgres.repository import shape_of
from storage.postgres.selecting import conditions_given, predicates
from storage.postgres.sql import compiled, table_of
from storage.tables.contracts import Underpayment

_underpayments = table_of(Underpayment)
_COMPANY = sa.bindparam("company_id", type_=sa.Uuid)


@cache
def _page_statement(names: tuple[str, ...], *, continued: bool) -> str:
    """The statement of a page under the conditions that are on."""
    due_on, row_id = _underpayments.c.due_on, _underpayments.c.id
    statement = sa.select(*_underpayments.columns).where(
        _underpayments.c.company_id == _COMPANY,
        *predicates(_underpayments, UnderpaymentFilter, names),
    )
    if continued:
        after = sa.tuple_(
            sa.bindparam("after_due_on", type_=sa.Date), sa.bindparam("after_id", type_=sa.Uuid)
        )
        statement = statement.where(sa.tuple_(due_on, row_id) > after)
    return compiled(
        statement.order_by(due_on, row_id).limit(sa.bindparam("row_limit", type_=sa.Integer))
    )


class PostgresUnderpaymentQueue:
    """See ``storage.interface.UnderpaymentQueue``."""

    def __init__(self, store: BoundTransaction) -> None:
        self._store = store

    async def page(
        self,
        conditions: UnderpaymentFilter,
        *,
        limit: int,
        after: tuple[dt.date, UUID] | None = None,
    ) -> list[Underpayment]:
        names = conditions_given(conditions)
        parameters = {f"where_{name}": getattr(conditions, name) for name in names}
        parameters |= {"company_id": self._store.company_id, "row_limit": limit}
        if after is not None:
            parameters["after_due_on"], parameters["after_id"] = after
        cursor = await self._store.execute(
            _page_statement(names, continued=after is not None), parameters
        )
        shape = shape_of(Underpayment)
        found = [shape.load(values) for values in await cursor.fetchall()]
        self._store.patients_read.update(each.patient_id for each in found)
        return found
