"""Issued reports, listed without their contents: of these a page might hold gigabytes."""

from uuid import UUID

from storage.filters import ReportFilter
from storage.interface import Page
from storage.issued_reports import IssuedReport
from storage.postgres.bound import BoundTransaction
from storage.postgres.selecting import conditions_given, select_page
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
