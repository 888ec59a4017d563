"""Runs of statements: asked for, carried out some patients at a time, and read.

A run does each patient once. What it has done is committed with the patient up to whom it has come,
so that one that was stopped goes on there, and one that is done does nothing more.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from services.claims.statements.billing import billable_lines, standing_of
from services.claims.statements.stating import denied_cents, write_statements
from services.company_calendar import company_today
from services.files.keeping import NewFile, written
from services.files.reading import ReadableFile, readable
from services.inputs import Input
from services.refusals import Category, Refusal
from storage.files import FileKey, FileVault
from storage.filters import (
    ClaimFilter,
    PatientStatementFilter,
    StatementRunFilter,
    StatementRunItemFilter,
)
from storage.interface import Actor, IStorage, Page, Store
from storage.tables.claims import Claim
from storage.tables.statement_runs import (
    StatementRun,
    StatementRunFields,
    StatementRunItem,
    StatementRunItemFields,
)
from storage.vocabulary.files import FilePurpose
from storage.vocabulary.money import StatementOutcome, StatementRunStatus

RUN = "run_statements"
"""The job's name; its arguments are ``run_id`` and ``asked_by``."""
AT_ONCE = 50
_BLOCK = 1 << 16


class NewStatementRun(Input):
    """Whether only to say whom it would bill, and how many days patients have to pay."""

    is_dry: bool = False
    due_in_days: Annotated[int, Field(ge=10, le=180)] = 30


@dataclass
class RunUnderWay(Refusal):
    """Two runs at once would bill the same patients."""

    title: ClassVar[str] = "A run of statements is under way"
    run_id: UUID


@dataclass
class NoDocuments(Refusal):
    """A dry run has none, one that is under way none yet, and one that billed nobody none."""

    category: ClassVar[Category] = Category.NOT_FOUND
    title: ClassVar[str] = "The run has no documents"
    status: StatementRunStatus
    is_dry: bool


async def ask_for_run(store: Store, new: NewStatementRun) -> StatementRun:
    """Have all patients billed who qualify by what the company has set now. Raises RunUnderWay."""
    await store.wait_for_lock("statement-runs")
    asked = StatementRunFilter(status=StatementRunStatus.ASKED)
    for other in await store.statement_runs.all(asked):
        raise RunUnderWay(other.id)
    company = await store.companies.get(store.company_id)
    run = await store.statement_runs.create(
        StatementRunFields(
            **dict(new),
            stated_on=await company_today(store),
            minimum_cents=company.statement_minimum_cents,
            quiet_days=company.statement_quiet_days,
        )
    )
    arguments = {"run_id": str(run.id), "asked_by": str(store.actor.principal_id)}
    await store.enqueue(RUN, arguments, lock=RUN)
    return run


async def get_run(store: Store, run_id: UUID) -> StatementRun:
    """Raises RowNotFound."""
    return await store.statement_runs.get(run_id)


async def list_runs(
    store: Store, conditions: StatementRunFilter, *, limit: int, after: UUID | None
) -> Page[StatementRun]:
    """Runs, newest first."""
    return await store.statement_runs.list(conditions, limit=limit, after=after)


async def list_items(
    store: Store,
    run_id: UUID,
    *,
    outcome: StatementOutcome | None,
    limit: int,
    after: UUID | None,
) -> Page[StatementRunItem]:
    """What a run made of patients, the last first. Raises RowNotFound."""
    await store.statement_runs.get(run_id)
    conditions = StatementRunItemFilter(run_id=run_id, outcome=outcome)
    return await store.statement_run_items.list(conditions, limit=limit, after=after)


async def run_file(store: Store, run_id: UUID) -> ReadableFile:
    """All documents of a run, as one file. Raises RowNotFound, NoDocuments, FileNotKept."""
    run = await store.statement_runs.get(run_id)
    if run.file_id is None:
        raise NoDocuments(run.status, run.is_dry)
    return await readable(store, run.file_id)


async def run_statements(
    storage: IStorage,
    vault: FileVault,
    company_id: UUID,
    actor: Actor,
    run_id: UUID,
    *,
    at_once: int = AT_ONCE,
) -> None:
    """Do what is left of a run, so many patients in a transaction; of one that is done, nothing.

    Raises FileStoreFull, FileStoreUnavailable: what was done until then stays done.
    """
    is_left = True
    while is_left:
        async with storage.transaction(company_id, actor) as store:
            is_left = await bill_next(store, vault, run_id, at_once=at_once)
    async with storage.transaction(company_id, actor) as store:
        run = await store.statement_runs.get(run_id)
        if run.status is StatementRunStatus.DONE:
            return
        documents = await _documents(store, run)
    if not documents:
        async with storage.transaction(company_id, actor) as store:
            await _done(store, run_id, file_id=None)
        return
    with tempfile.TemporaryFile() as spool:
        packed = await asyncio.to_thread(_packed, vault, documents, spool)
        new = NewFile(
            purpose=FilePurpose.STATEMENT_RUN,
            name=f"statements-{run.stated_on}.zip",
            media_type="application/zip",
        )
        async with (
            written(storage, vault, company_id, actor, new, packed) as file,
            storage.transaction(company_id, actor) as store,
        ):
            kept = await file.record(store)
            await _done(store, run_id, file_id=kept.id)


async def _done(store: Store, run_id: UUID, *, file_id: UUID | None) -> None:
    run = await store.statement_runs.lock(run_id)
    await store.statement_runs.update(
        run_id,
        {
            "status": StatementRunStatus.DONE,
            "file_id": file_id,
            "finished_at": store.now,
        },
        expected_version=run.version,
    )


async def bill_next(
    store: Store, vault: FileVault, run_id: UUID, *, at_once: int = AT_ONCE
) -> bool:
    """The next patients; whether there may be more. A constant number of statements."""
    run = await store.statement_runs.lock(run_id)
    if run.status is StatementRunStatus.DONE:
        return False
    ids = await store.statement_figures.patients_owing(limit=at_once, after=run.patients_through)
    if not ids:
        return False
    patients = {each.id: each for each in await store.patients.get_many(ids)}
    claims: dict[UUID, list[Claim]] = defaultdict(list)
    for claim in await store.claims.lock_all(ClaimFilter(patient_ids=ids)):
        claims[claim.patient_id].append(claim)
    denied = await denied_cents(store, [each for of_one in claims.values() for each in of_one])
    lately = await _stated_lately(store, run, ids)
    lines = {each: billable_lines(claims[each], denied) for each in ids}
    outcomes = {
        each: standing_of(
            claims[each],
            lines[each],
            minimum_cents=run.minimum_cents,
            was_stated_lately=each in lately,
        )
        for each in ids
    }
    stated = [each for each in ids if outcomes[each] is StatementOutcome.STATED]
    statements: dict[UUID, UUID] = {}
    if not run.is_dry:
        made = await write_statements(
            store,
            vault,
            [(patients[each], lines[each]) for each in stated],
            stated_on=run.stated_on,
            due_on=run.stated_on + dt.timedelta(days=run.due_in_days),
        )
        statements = dict(zip(stated, made, strict=True))
    due = {each: sum(line.due_cents for line in lines[each]) for each in ids}
    await store.statement_run_items.create_many(
        [
            StatementRunItemFields(
                run_id=run.id,
                patient_id=each,
                outcome=outcomes[each],
                due_cents=due[each],
                statement_id=statements.get(each),
            )
            for each in ids
        ]
    )
    await store.statement_runs.update(
        run.id,
        {
            "patients_through": ids[-1],
            "stated_count": run.stated_count + len(stated),
            "left_out_count": run.left_out_count + len(ids) - len(stated),
            "amount_cents": run.amount_cents + sum(due[each] for each in stated),
        },
        expected_version=run.version,
    )
    return len(ids) == at_once


async def _stated_lately(store: Store, run: StatementRun, patient_ids: list[UUID]) -> set[UUID]:
    """Patients who were billed within the days in which the company leaves them in quiet."""
    if run.quiet_days == 0:
        return set()
    since = run.stated_on - dt.timedelta(days=run.quiet_days - 1)
    lately = PatientStatementFilter(patient_ids=patient_ids, stated_from=since)
    return {each.patient_id for each in await store.patient_statements.all(lately)}


async def _documents(store: Store, run: StatementRun) -> list[tuple[str, FileKey]]:
    """The names of a run's documents, and where they lie."""
    items = await store.statement_run_items.all(
        StatementRunItemFilter(run_id=run.id, outcome=StatementOutcome.STATED)
    )
    statements = await store.patient_statements.get_many(
        [each.statement_id for each in items if each.statement_id is not None]
    )
    rows = await store.stored_files.get_many([each.file_id for each in statements])
    return [
        (row.name, await store.secrets.file_key_of(row.object_key, row.data_key_number))
        for row in sorted(rows, key=lambda each: each.name)
        if row.deletion is None
    ]


@dataclass(frozen=True)
class _Spooled:
    """A content that lies in a file of this machine."""

    spool: IO[bytes]
    byte_count: int
    sha256: bytes

    def chunks(self) -> Iterator[bytes]:
        self.spool.seek(0)
        while block := self.spool.read(_BLOCK):
            yield block


def _packed(vault: FileVault, documents: list[tuple[str, FileKey]], spool: IO[bytes]) -> _Spooled:
    """All documents in one ZIP file, one after another: memory holds one block."""
    with zipfile.ZipFile(spool, "w", zipfile.ZIP_STORED) as archive:
        for name, key in documents:
            with archive.open(name, "w") as entry:
                for block in vault.read(key):
                    entry.write(block)
    digest, count = hashlib.sha256(), 0
    spool.seek(0)
    while block := spool.read(_BLOCK):
        digest.update(block)
        count += len(block)
    return _Spooled(spool, count, digest.digest())
