"""Rows of the logs in one line."""

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from storage.filters import ByLog
from storage.identifiers import lowest_id_at, new_ids
from storage.interface import IStorage
from storage.postgres.transaction import PostgresStorage
from storage.tables.trail import AccessFields, Seal
from storage.trail.findings import Finding, FindingKind, LogReport
from storage.trail.keys import KnownKeys
from storage.trail.verification import Roots, verify_company
from tests.builders.companies import CompanyForTests


async def look(storage: IStorage, company: CompanyForTests, count: int = 1) -> list[UUID]:
    """``count`` rows of the access log, of one transaction, oldest first."""
    ids = new_ids(count)
    async with storage.transaction(company.id, company.actor) as store:
        await store.api_log.create_many([access(company) for _ in ids], ids=ids)
    return ids


async def look_in(
    storage: IStorage, company: CompanyForTests, month: dt.date, count: int = 1
) -> list[UUID]:
    """Rows of the access log with ids of another month."""
    first = lowest_id_at(dt.datetime(month.year, month.month, 15, tzinfo=dt.UTC))
    ids = [UUID(int=first.int + at + 1) for at in range(count)]
    async with storage.transaction(company.id, company.actor) as store:
        await store.api_log.create_many([access(company) for _ in ids], ids=ids)
    return ids


def access(company: CompanyForTests, patients: Sequence[UUID] = ()) -> AccessFields:
    """An entry of the access log."""
    return AccessFields(
        request_id=company.actor.request_id,
        operation="get_claim",
        outcome=200,
        patient_ids=list(patients),
    )


async def seals_of(storage: IStorage, company: CompanyForTests, log: str = "api_log") -> list[Seal]:
    """A log's chain, oldest first."""
    async with storage.transaction(company.id, company.actor) as store:
        return await store.seals.all(ByLog(log=log))


async def report(
    storage: PostgresStorage,
    company: CompanyForTests,
    keys: KnownKeys,
    *,
    log: str = "api_log",
    roots: Roots | None = None,
) -> LogReport:
    """What verification says of one log."""
    reports = await verify_company(storage, company.id, keys, roots)
    return next(each for each in reports if each.log == log)


def only(found: LogReport) -> Finding:
    """The one finding of a report."""
    (finding,) = found.findings
    return finding


def kinds(found: LogReport) -> list[FindingKind]:
    """The kinds of finding, in the order of the chain."""
    return [finding.kind for finding in found.findings]
