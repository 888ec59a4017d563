"""Code tables of a company: loaded edition by edition, looked at, withdrawn."""

import asyncio
import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from services.claims.contracts.comparing import ask_about_schedule
from services.claims.drafts import EARLIEST_SERVICE, LATEST_SERVICE
from services.claims.scrubbing.code_files import (
    CodeRow,
    UnreadableCodeFile,
    rows_of,
    shape_of,
)
from services.inputs import Identifier, Input, Name
from services.refusals import Fault, InvalidInput, Refusal
from storage.errors import VersionConflict
from storage.filters import CodeFilter, CodeTableFilter
from storage.interface import Page, Store
from storage.tables.codes import Code, CodeTable, CodeTableFields
from storage.vocabulary.codes import CodeKind

ROWS_AT_ONCE = 20_000
"""How many rows go to the database in one statement: memory grows with this, not with the file."""

Chunks = Callable[[], Iterable[bytes]]
"""The bytes of a file, from its beginning each time."""


Told = Callable[[int], None]
"""Is told of so many rows."""


class NewCodeTable(Input):
    """What an edition is, beside its rows: of which table, by whom it is issued, and its days."""

    kind: CodeKind
    edition: Identifier
    source: Name
    effective_from: dt.date
    effective_to: dt.date | None = None
    schedule: Identifier | None = None
    payer_id: UUID | None = None
    file_name: Annotated[str, Field(min_length=1, max_length=255)]


@dataclass(frozen=True)
class CodeFile:
    """A file that was read to its end, and its hash."""

    chunks: Chunks
    sha256: bytes


@dataclass
class AlreadyWithdrawn(Refusal):
    """The edition is not in force any more."""

    title: ClassVar[str] = "The edition was withdrawn before"


def read_code_file(chunks: Chunks) -> CodeFile:
    """A file, read once to its end."""
    digest = hashlib.sha256()
    for _ in _hashed(chunks(), digest):
        pass
    return CodeFile(chunks, digest.digest())


async def load_code_table(
    store: Store, new: NewCodeTable, file: CodeFile, *, told: Told = lambda _: None
) -> tuple[CodeTable, bool]:
    """Load an edition, all of it or nothing; the same file for the same days is the first one.

    Memory does not grow with the file; ``told`` hears now and then how many rows have been read.
    Returns the edition and whether it is new. Raises InvalidInput, UnreadableCodeFile.
    """
    await _check(store, new)
    await store.wait_for_lock(f"code-tables/{new.kind}")
    if (known := await _same(store, new, file.sha256)) is not None:
        return known, False
    shape = shape_of(new.kind)
    staged = await store.staging(shape.row, columns=shape.columns)
    digest = hashlib.sha256()
    rows = rows_of(new.kind, _hashed(file.chunks(), digest))
    row_count = 0
    while some := await asyncio.to_thread(_some, rows):
        await staged.add(some)
        row_count += len(some)
        told(row_count)
    if digest.digest() != file.sha256:
        raise UnreadableCodeFile(1, "the file changed while it was read")
    if (repeated := await staged.first_repeated(shape.key)) is not None:
        line, first = repeated
        raise UnreadableCodeFile(line, f"repeats line {first}: the same {', '.join(shape.key)}")
    fields = CodeTableFields(**dict(new), sha256=file.sha256, row_count=row_count)
    table = await store.code_tables.create(fields)
    await staged.merge({"table_id": table.id})
    await _compare_anew(store, table)
    return table, True


async def get_code_table(store: Store, table_id: UUID) -> CodeTable:
    """Raises RowNotFound."""
    return await store.code_tables.get(table_id)


async def list_code_tables(
    store: Store, conditions: CodeTableFilter, *, limit: int, after: UUID | None
) -> Page[CodeTable]:
    """Editions, newest first."""
    return await store.code_tables.list(conditions, limit=limit, after=after)


async def list_codes(
    store: Store, table_id: UUID, *, code_prefix: str | None, limit: int, after: UUID | None
) -> Page[Code]:
    """The codes of an edition, the last of its file first. Raises RowNotFound."""
    await store.code_tables.get(table_id)
    conditions = CodeFilter(table_id=table_id, code_prefix=code_prefix)
    return await store.codes.list(conditions, limit=limit, after=after)


async def withdraw_code_table(
    store: Store, table_id: UUID, reason: str, *, expected_version: int
) -> CodeTable:
    """Take an edition out of force, as if it had not been loaded; the one before holds again.

    Raises RowNotFound, VersionConflict, AlreadyWithdrawn.
    """
    table = await store.code_tables.lock(table_id)
    if table.version != expected_version:
        raise VersionConflict("code_tables")
    if table.withdrawn_at is not None:
        raise AlreadyWithdrawn
    withdrawn = await store.code_tables.update(
        table_id,
        {"withdrawn_at": store.now, "withdrawal_reason": reason},
        expected_version=expected_version,
    )
    await _compare_anew(store, withdrawn)
    return withdrawn


async def _compare_anew(store: Store, table: CodeTable) -> None:
    """What a fee schedule prices is another from now on."""
    if table.schedule is not None:
        first, last = table.effective_from, table.effective_to
        await ask_about_schedule(store, table.schedule, first=first, last=last)


async def _check(store: Store, new: NewCodeTable) -> None:
    """Raises InvalidInput with every fault."""
    faults = []
    if (new.kind is CodeKind.FEES) != (new.schedule is not None):
        faults.append(Fault("/schedule", "names a fee schedule, and nothing but one"))
    if (new.kind is CodeKind.AUTHORIZATIONS) != (new.payer_id is not None):
        faults.append(Fault("/payer_id", "names whose authorizations they are, and nothing else"))
    elif new.payer_id is not None and not await store.payers.get_many([new.payer_id]):
        faults.append(Fault("/payer_id", "names nothing that exists"))
    for name in ("effective_from", "effective_to"):
        day = getattr(new, name)
        if day is not None and not EARLIEST_SERVICE <= day <= LATEST_SERVICE:
            faults.append(
                Fault(f"/{name}", f"is no day from {EARLIEST_SERVICE} to {LATEST_SERVICE}")
            )
    if new.effective_to is not None and new.effective_to < new.effective_from:
        faults.append(Fault("/effective_to", "lies before the first day"))
    if faults:
        raise InvalidInput(faults)


async def _same(store: Store, new: NewCodeTable, sha256: bytes) -> CodeTable | None:
    """The standing edition that this very file has been loaded as already, for these days."""
    conditions = CodeTableFilter(
        kind=new.kind, schedule=new.schedule, payer_id=new.payer_id, is_standing=True
    )
    days = (new.effective_from, new.effective_to)
    same = [
        each
        for each in await store.code_tables.all(conditions)
        if each.sha256 == sha256 and (each.effective_from, each.effective_to) == days
    ]
    return same[-1] if same else None


def _hashed(chunks: Iterable[bytes], digest: "hashlib._Hash") -> Iterator[bytes]:
    """The chunks, and the digest of those that were taken."""
    for chunk in chunks:
        digest.update(chunk)
        yield chunk


def _some(rows: Iterator[tuple[int, CodeRow]]) -> list[tuple[int, CodeRow]]:
    return list(islice(rows, ROWS_AT_ONCE))
