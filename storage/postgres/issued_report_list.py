"""Issued reports, listed without their contents: of these a page might hold gigabytes."""

from functools import cache
from uuid import UUID

import sqlalchemy as sa

from storage.filters import ReportFilter
from storage.interface import Page
from storage.issued_reports import IssuedReport
from storage.postgres.bound import BoundTransaction
from storage.postgres.selecting import conditions_given, predicates
from storage.postgres.sql import compiled, of_company, table_of
from storage.tables.compliance_reports import ComplianceReport

_reports = table_of(ComplianceReport)
_NAMES = tuple(IssuedReport.model_fields)


@cache
def page_statement(names: tuple[str, ...], *, continued: bool) -> str:
    """The statement of a page under the conditions that are on."""
    statement = sa.select(*(_reports.c[name] for name in _NAMES)).where(
        of_company(_reports), *predicates(_reports, ReportFilter, names)
    )
    if continued:
        statement = statement.where(_reports.c.id < sa.bindparam("after", type_=sa.Uuid))
    return compiled(
        statement.order_by(_reports.c.id.desc()).limit(sa.bindparam("row_limit", type_=sa.Integer))
    )


class PostgresIssuedReportList:
    """See ``storage.interface.IssuedReportList``."""

    def __init__(self, store: BoundTransaction) -> None:
        self._store = store

    async def page(
        self, conditions: ReportFilter, *, limit: int, after: UUID | None = None
    ) -> Page[IssuedReport]:
        names = conditions_given(conditions)
        parameters = {f"where_{name}": getattr(conditions, name) for name in names}
        parameters |= {
            "company_id": self._store.company_id,
            "row_limit": limit + 1,
            "after": after,
        }
        cursor = await self._store.execute(
            page_statement(names, continued=after is not None), parameters
        )
        found = [
            IssuedReport.model_validate(dict(zip(_NAMES, values, strict=True)))
            for values in await cursor.fetchall()
        ]
        return Page(found[:limit], found[limit - 1].id if len(found) > limit else None)
