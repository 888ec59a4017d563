"""Issued reports, listed without their contents: of these a page might hold gigabytes."""

from collections.abc import Mapping
from uuid import UUID

from storage.filters import ReportFilter
from storage.interface import Page
from storage.issued_reports import IssuedReport
from storage.postgres.bound import BoundTransaction
from storage.postgres.selecting import conditions_given, select_all, select_page
from storage.tables.compliance_reports import ComplianceReport

_NAMES = tuple(IssuedReport.model_fields)


def page_statement(names: tuple[str, ...], *, continued: bool) -> str:
    """The statement of a page under the conditions that are on."""
    return select_page(ComplianceReport, ReportFilter, names, continued=continued, columns=_NAMES)


class PostgresIssuedReportList:
    """See ``storage.interface.IssuedReportList``."""

    def __init__(self, store: BoundTransaction) -> None:
        self._store = store

    async def page(
        self, conditions: ReportFilter, *, limit: int, after: UUID | None = None
    ) -> Page[IssuedReport]:
        names = conditions_given(conditions)
        statement = page_statement(names, continued=after is not None)
        parameters = self._conditions(conditions, names) | {"row_limit": limit + 1, "after": after}
        found = await self._found(statement, parameters)
        return Page(found[:limit], found[limit - 1].id if len(found) > limit else None)

    async def all(self, conditions: ReportFilter) -> list[IssuedReport]:
        names = conditions_given(conditions)
        statement = select_all(ComplianceReport, ReportFilter, names, columns=_NAMES)
        return await self._found(statement, self._conditions(conditions, names))

    async def _found(self, statement: str, parameters: Mapping[str, object]) -> list[IssuedReport]:
        cursor = await self._store.execute(statement, parameters)
        return [
            IssuedReport.model_validate(dict(zip(_NAMES, values, strict=True)))
            for values in await cursor.fetchall()
        ]

    def _conditions(self, conditions: ReportFilter, names: tuple[str, ...]) -> dict[str, object]:
        given: dict[str, object] = {f"where_{name}": getattr(conditions, name) for name in names}
        return given | {"company_id": self._store.company_id}
