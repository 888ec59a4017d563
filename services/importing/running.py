"""An import from its files to the rows: every file is read to its end, every record is checked and
gets its outcome, and only then is there what can be placed: in one transaction that was at work
beside the checking, or else in one for each map.

Each step is on record, so that an import that was broken off goes on where it stopped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

from services.claims.remittances.remittances import post_remittance
from services.files.reading import readable
from services.importing.ahead import made_ahead
from services.importing.alone import alone
from services.importing.checking import check_chunk, hold_chunk
from services.importing.chunks import declared_as, drafts_of, grouped, records_of
from services.importing.conversions import shown
from services.importing.declaration import (
    Draft,
    Placed,
    Workplace,
    workplace,
)
from services.importing.early_writing import Batch, EarlyWriting
from services.importing.gathering import gathered, to_gather
from services.importing.import_maps import checkable, maps_of, note_map
from services.importing.json_stream import DumpUnreadable, Lengths, SourceRecord
from services.importing.maps import DECLARED, DERIVED, GATHERED
from services.importing.writing import write_map
from storage.errors import ConstraintRefused, DuplicateValue, ReferenceNotFound
from storage.files import FileKey, FileVault
from storage.filters import ByImport, ImportRecordFilter
from storage.interface import Actor, IStorage, Store
from storage.tables.importing import DataImport, ImportMap
from storage.vocabulary.importing import ImportOutcome, ImportStatus

_COUNTED_AT_ONCE = 10_000
_MOST_UNKNOWN = 200
_LONGEST_NAME = 80


@dataclass(frozen=True)
class Progress:
    """How far an import is: the phase, the map, and how many records of all it has gone through;
    of 0 where nobody has counted them yet."""

    status: ImportStatus
    map_name: str
    done: int
    total: int


Tell = Callable[[Progress], None]

Agree = Callable[[DataImport], Awaitable[bool]]
"""Says whether what was checked shall be written."""

_NOT_AGREED = "nobody agreed to what it changes; nothing of it was written"
_OVERTAKEN = (
    "another import was written after this one was checked, so that what it found may no longer be"
    " so; what it has written stays: import the file again"
)


_NO_RECORDS = (
    "there is no record in it: JavaScript writes a Map as {}, so that its entries have to be asked"
    " for when the dump is made, as by Object.fromEntries"
)
_STOOD_AGAINST = (
    "what was made or changed here since it was checked stands against a row of {}; what it has"
    " written stays: import the file again"
)


async def _agreed(_: DataImport) -> bool:
    return True


async def run_import(
    storage: IStorage,
    vault: FileVault,
    company_id: UUID,
    actor: Actor,
    import_id: UUID,
    *,
    tell: Tell = lambda _: None,
    agree: Agree = _agreed,
) -> DataImport:
    """Do what is left of an import, once no other of the company is at work. May be called any
    number of times. ``agree`` is asked once all is checked, before anything is written.

    Raises RowNotFound, FileNotKept, FileDamaged, StorageUnavailable.
    """
    run = _Run(storage, vault, company_id, actor, import_id, tell, agree)
    waiting = Progress(ImportStatus.RECEIVED, "waiting for another import", 0, 0)
    return await alone(storage, company_id, actor, run.through, waiting=lambda: tell(waiting))


async def check_records(
    store: Store, held_in: DataImport, map_name: str, records: Sequence[SourceRecord]
) -> None:
    """Check records of one map that are at hand, in the transaction that puts them on record."""
    await note_map(store, held_in.id, map_name)
    await _check_all(store, held_in, map_name, drafts_of(map_name, 1, records))


class _Run:
    def __init__(
        self,
        storage: IStorage,
        vault: FileVault,
        company_id: UUID,
        actor: Actor,
        import_id: UUID,
        tell: Tell,
        agree: Agree,
    ) -> None:
        self._storage, self._vault, self._company_id = storage, vault, company_id
        self._actor, self._import_id, self._tell = actor, import_id, tell
        self._agree = agree
        self._early: EarlyWriting | None = None
        """Rows of what this run has checked; nothing where another began."""
        self._lengths: Lengths | None = None
        """Of the records of all files, where this run has read them first."""

    async def through(self) -> DataImport:
        try:
            return await self._through()
        finally:
            await self._give_up_early()

    async def _through(self) -> DataImport:
        async with self._storage.transaction(self._company_id, self._actor) as store:
            held_in = await store.data_imports.get(self._import_id)
            is_resumed = held_in.status in (ImportStatus.CHECKING, ImportStatus.WRITING)
            is_overtaken = is_resumed and await store.import_lookups.is_overtaken(held_in.id)
        if is_overtaken:
            return await self._refuse(_OVERTAKEN)
        if held_in.status is ImportStatus.RECEIVED:
            try:
                held_in = await self._scout(held_in)
            except DumpUnreadable as problem:
                return await self._refuse((problem.detail or "")[:500])
            if not held_in.record_count:
                return await self._refuse(_NO_RECORDS)
            if not held_in.is_trial:
                self._early = EarlyWriting(
                    self._storage, self._vault, self._company_id, self._actor, held_in
                )
        if held_in.status is ImportStatus.CHECKING:
            await self._check(held_in)
            is_over = held_in.is_trial
            if not is_over and not await self._agreed_to(held_in):
                return await self._refuse(_NOT_AGREED)
            held_in = await self._update(
                {
                    "status": ImportStatus.DONE if is_over else ImportStatus.WRITING,
                    "done_count": held_in.record_count if is_over else 0,
                    "finished_at": self._storage.clock.now() if is_over else None,
                }
            )
        if held_in.status is ImportStatus.WRITING:
            try:
                await self._write(held_in)
            except (ConstraintRefused, DuplicateValue, ReferenceNotFound) as problem:
                return await self._refuse(_STOOD_AGAINST.format(problem.entity))
            held_in = await self._update(
                {
                    "status": ImportStatus.DONE,
                    "done_count": held_in.record_count,
                    "finished_at": self._storage.clock.now(),
                }
            )
        return held_in

    async def _agreed_to(self, held_in: DataImport) -> bool:
        """What rows of earlier imports become is shown before any of it is written, and no
        transaction waits for a person."""
        changed = ImportRecordFilter(import_id=held_in.id, outcome=ImportOutcome.CHANGED)
        async with self._storage.transaction(self._company_id, self._actor) as store:
            changes = await store.import_records.count(changed)
        if changes:
            await self._give_up_early()
        return await self._agree(held_in)

    async def _refuse(self, reason: str) -> DataImport:
        return await self._update({"status": ImportStatus.REFUSED, "refusal": reason})

    async def _update(self, changes: dict[str, object]) -> DataImport:
        async with self._storage.transaction(self._company_id, self._actor) as store:
            return await self._change(store, changes)

    async def _change(self, store: Store, changes: dict[str, object]) -> DataImport:
        row = await store.data_imports.lock(self._import_id)
        return await store.data_imports.update(row.id, changes, expected_version=row.version)

    async def _files(self) -> list[tuple[str, FileKey]]:
        async with self._storage.transaction(self._company_id, self._actor) as store:
            files = await store.import_files.all(ByImport(import_id=self._import_id))
            ordered = sorted(files, key=lambda each: each.ordinal)
            return [(each.name, (await readable(store, each.file_id)).key) for each in ordered]

    def _records(
        self, files: Sequence[tuple[str, FileKey]], *, noted: Lengths | None = None
    ) -> Iterator[SourceRecord]:
        lengths = None if self._lengths is None else iter(self._lengths)
        for name, key in files:
            yield from records_of(name, self._vault.read(key), noted=noted, lengths=lengths)

    async def _scout(self, held_in: DataImport) -> DataImport:
        """Read every file to its end, and note its maps. Raises DumpUnreadable."""
        files, noted = await self._files(), Lengths()
        records = self._records(files, noted=noted)
        counts = await asyncio.to_thread(_counted, records, self._tell)
        self._lengths = noted
        async with self._storage.transaction(self._company_id, self._actor) as store:
            for name in counts:
                await note_map(store, held_in.id, name)
            return await self._change(
                store, {"status": ImportStatus.CHECKING, "record_count": sum(counts.values())}
            )

    async def _check(self, held_in: DataImport) -> None:
        """Go through the files as often as the order of their maps demands: once, where each map
        comes after those that it refers to."""
        files = await self._files()
        done = 0
        while left := await self._unchecked():
            ready = checkable(left)
            for name in sorted(ready & GATHERED):
                done = await self._check_gathered(held_in, files, name, done)
            ready -= GATHERED
            source = self._records(files)
            current: str | None = None
            reached = 0
            async for name, drafts in made_ahead(grouped(source, ready)):
                if name != current:
                    current = name
                    async with self._storage.transaction(self._company_id, self._actor) as store:
                        reached = await store.import_lookups.reached(
                            import_id=held_in.id, map_name=name
                        )
                left_over = [draft for draft in drafts if draft.ordinal > reached]
                done += len(drafts)
                if left_over:
                    await self._write_early(await self._checked(held_in, name, left_over, done))
                self._tell(Progress(ImportStatus.CHECKING, name, done, held_in.record_count))
            await self._mark_checked(ready)

    async def _checked(
        self, held_in: DataImport, name: str, drafts: Sequence[Draft], done: int
    ) -> Batch:
        """Check records and put them on record, and that ``done`` are so far. What of it is lost
        with the server is checked anew by whoever goes on."""
        async with self._storage.transaction(self._company_id, self._actor, durable=False) as store:
            placed = await _check_all(store, held_in, name, drafts)
            await self._change(store, {"done_count": done})
        return placed

    async def _check_gathered(
        self, held_in: DataImport, files: Sequence[tuple[str, FileKey]], name: str, done: int
    ) -> int:
        """The records of a map that are judged by what they belong to, in one transaction; returns
        how many records are ``done`` then."""
        declared = DECLARED[name]
        async with self._storage.transaction(self._company_id, self._actor) as store:
            reached = await store.import_lookups.reached(import_id=held_in.id, map_name=name)
            # broken off once all of them were on record: none is to be read again
            source = islice(self._records(files), 0 if reached else None)
            gathering = await store.gathering()
            async for _, drafts in made_ahead(grouped(source, frozenset({name}))):
                await gathering.add(await to_gather(store, held_in, declared, drafts))
            async for drafts in gathered(declared, gathering):
                await self._write_early(await _check_all(store, held_in, name, drafts))
                store.patients_read.clear()
                done += len(drafts)
                self._tell(Progress(ImportStatus.CHECKING, name, done, held_in.record_count))
        await self._mark_checked(frozenset({name}))
        return done

    async def _write_early(self, placed: Batch) -> None:
        if self._early is not None:
            await self._early.add(placed)

    async def _give_up_early(self) -> None:
        if self._early is not None:
            await self._early.give_up()
            self._early = None

    async def _maps(self) -> list[ImportMap]:
        async with self._storage.transaction(self._company_id, self._actor) as store:
            return await maps_of(store, self._import_id)

    async def _unchecked(self) -> list[str]:
        return [
            each.name
            for each in await self._maps()
            if not each.is_checked and each.name not in DERIVED
        ]

    async def _mark_checked(self, names: frozenset[str]) -> None:
        async with self._storage.transaction(self._company_id, self._actor) as store:
            found = await store.import_maps.all(ByImport(import_id=self._import_id))
            now = [each for each in found if each.name in names]
            await store.import_maps.update_many(
                {each.id: each.version for each in now}, {"is_checked": [True] * len(now)}
            )

    async def _write_one(
        self, held_in: DataImport, of: ImportMap, place: Workplace, tell: Callable[[str, int], None]
    ) -> None:
        async with self._storage.transaction(self._company_id, self._actor) as store:

            def tell_and_forget(name: str, count: int) -> None:
                """Whose records were read is of no request, and grows with the dump."""
                tell(name, count)
                store.patients_read.clear()

            await write_map(store, held_in, of, place, tell_and_forget)

    async def _write(self, held_in: DataImport) -> None:
        """Commit what was written early; what was not, a map after another."""
        remittance_ids = await self._commit_early(held_in)
        async with self._storage.transaction(self._company_id, self._actor) as store:
            place = await workplace(store, self._vault)
        done = 0

        def tell(name: str, count: int) -> None:
            nonlocal done
            done += 0 if name in DERIVED else count
            self._tell(Progress(ImportStatus.WRITING, name, done, held_in.record_count))

        for each in await self._maps():
            if each.written_at is None:
                await self._write_one(held_in, each, place, tell)
                await self._update({"done_count": min(done, held_in.record_count)})
        for remittance_id in (*remittance_ids, *place.remittance_ids):
            await post_remittance(
                self._storage, self._vault, self._company_id, self._actor, remittance_id
            )

    async def _commit_early(self, held_in: DataImport) -> list[UUID]:
        count = held_in.record_count

        def tell(name: str) -> None:
            self._tell(Progress(ImportStatus.WRITING, name, count, count))

        return [] if self._early is None else await self._early.commit(tell)


async def _check_all(
    store: Store, held_in: DataImport, name: str, drafts: Sequence[Draft]
) -> dict[str, list[Placed]]:
    """Put records of one map on record; returns what is to be written, by map."""
    declared = declared_as(name)
    if declared is None:
        await hold_chunk(store, held_in, name, drafts)
        return {}
    placed = await check_chunk(store, held_in, declared, drafts)
    unknown = {field for draft in drafts for field in draft.unknown}
    if unknown:
        (found,) = [
            each
            for each in await store.import_maps.all(ByImport(import_id=held_in.id))
            if each.name == name
        ]
        names = {shown(each, _LONGEST_NAME) for each in unknown}
        fields = sorted(names.union(found.unknown_fields))[:_MOST_UNKNOWN]
        if fields != found.unknown_fields:
            await store.import_maps.update(
                found.id, {"unknown_fields": fields}, expected_version=found.version
            )
    return placed


def _counted(records: Iterable[SourceRecord], tell: Tell) -> dict[str, int]:
    counts: dict[str, int] = {}
    for done, record in enumerate(records):
        name = record.map_name
        if done and not done % _COUNTED_AT_ONCE:
            tell(Progress(ImportStatus.RECEIVED, name, done, 0))
        counts[name] = counts.get(name, 0) + 1
    return counts
