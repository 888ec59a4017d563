"""What was checked is written at once, beside the checking of the rest, in one transaction that is
committed when all is checked: until then nobody sees a row of it.

It is a shortcut and no record. Whatever becomes of the transaction, the import is not lost with it:
it is rolled back, and the maps are written from the records, each in its turn.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from services.ending import end_all
from services.importing.declaration import Placed, workplace
from services.importing.import_maps import maps_of
from services.importing.maps import DECLARED
from services.importing.writing import finish_new
from storage.errors import StorageError
from storage.files import FileVault
from storage.interface import Actor, IStorage
from storage.tables.importing import DataImport

Batch = Mapping[str, Sequence[Placed]]
"""Rows by map, in the order in which they refer to each other: what they refer to besides is there,
or was in a batch before."""

Tell = Callable[[str], None]
"""Is told of each map when all of it is written."""


class EarlyWriting:
    """The transaction, from the first rows that it is given to its end."""

    def __init__(
        self,
        storage: IStorage,
        vault: FileVault,
        company_id: UUID,
        actor: Actor,
        held_in: DataImport,
    ) -> None:
        self._storage, self._vault = storage, vault
        self._company_id, self._actor, self._held_in = company_id, actor, held_in
        self._handed: asyncio.Queue[Batch | Tell] = asyncio.Queue(maxsize=1)
        self._work: asyncio.Task[list[UUID]] | None = None

    async def add(self, batch: Batch) -> None:
        """Have rows written while the caller goes on. Waits until those before are at work, and
        takes what comes after a failure for nothing: ``commit`` tells of it."""
        if not any(batch.values()):
            return
        if self._work is None:
            self._work = asyncio.create_task(self._through())
        await self._hand_over(self._work, batch)

    async def commit(self, tell: Tell) -> list[UUID]:
        """Finish every map of the import and commit; returns the remittances to be posted.

        Where storage refused any of it, nothing is written, and no map is marked as written.
        """
        if self._work is None:
            return []
        await self._hand_over(self._work, tell)
        try:
            return await self._work
        except StorageError:
            return []

    async def give_up(self) -> None:
        """Roll back what was not committed."""
        if self._work is not None:
            await end_all(self._work)

    async def _hand_over(self, work: asyncio.Task[list[UUID]], handed: Batch | Tell) -> None:
        """Nobody takes anything any more once the work is over."""
        taken = asyncio.create_task(self._handed.put(handed))
        try:
            await asyncio.wait({taken, work}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await end_all(taken)

    async def _through(self) -> list[UUID]:
        async with self._storage.transaction(self._company_id, self._actor) as store:
            place = await workplace(store, self._vault)
            async with store.sending_ahead():
                while not callable(handed := await self._handed.get()):
                    for name, rows in handed.items():
                        if rows:
                            await DECLARED[name].write(store, rows, place)
                    # whose records were read is of no request, and grows with the dump
                    store.patients_read.clear()
            for each in await maps_of(store, self._held_in.id):
                await finish_new(store, self._held_in, each)
                handed(each.name)
            return place.remittance_ids
