"""The main job: an 835 is received, kept and posted to claims.

Received means scanned to its end, kept with its hash and committed; only then is anything posted,
one database transaction a transaction (ST) of the file, so that a crash leaves all of one or none
of it and posting goes on where it stopped.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from services.claims.deposits.bank_lines import match_exact
from services.claims.remittances.kept_claims import Chunks, KeptFile
from services.claims.remittances.transaction_posting import post_transaction
from services.files.reading import readable
from services.notifications.telling import notify
from services.outbox.events import publish
from storage.errors import StorageError, TransactionConflict
from storage.files import FileVault
from storage.filters import (
    RemittanceTransactionFilter,
)
from storage.interface import Actor, IStorage, Store
from storage.tables.remittances import (
    Remittance,
)
from storage.vocabulary.claims import (
    RemittanceStatus,
    TransactionStatus,
)
from storage.vocabulary.notifications import NotificationKind
from storage.vocabulary.outbox import EventType

REPORTED_EVERY_CLAIMS = 5000

ATTEMPTS = 8


async def post_remittance(
    storage: IStorage,
    vault: FileVault,
    company_id: UUID,
    actor: Actor,
    remittance_id: UUID,
    *,
    progress: Callable[[int], None] = lambda _: None,
) -> Remittance:
    """Post every transaction of a remittance that was not gone through yet.

    May be called any number of times, also at once: each transaction is posted by one of them.
    ``progress`` is told how many more claims were gone through.
    Raises FileDamaged, FileNotKept, RowNotFound.
    """
    async with storage.transaction(company_id, actor) as store:
        remittance = await store.remittances.get(remittance_id)
        if remittance.status is RemittanceStatus.PROCESSED:
            return remittance
        todo = await _todo(store, remittance)
        file = await readable(store, remittance.file_id)
    kept = KeptFile(vault, company_id, file.key)
    reporter = _Reporter(storage, company_id, actor, remittance.id, progress)
    while True:
        for ordinal in todo:
            await _post_with_retries(storage, actor, ordinal, kept, reporter)
        await reporter.close()
        async with storage.transaction(company_id, actor) as store:
            remittance = await store.remittances.lock(remittance_id)
            if remittance.status is RemittanceStatus.PROCESSED:
                return remittance
            todo = await _todo(store, remittance)
            if not todo:
                await match_exact(store)
                await publish(store, EventType.REMITTANCE_PROCESSED, "remittances", remittance_id)
                people = await store.people.get_many([remittance.created_by])
                await notify(
                    store,
                    [each.id for each in people],
                    NotificationKind.REMITTANCE_PROCESSED,
                    "remittances",
                    remittance_id,
                )
                return await store.remittances.update(
                    remittance_id,
                    {
                        "status": RemittanceStatus.PROCESSED,
                        "processed_at": store.now,
                        "done_count": remittance.claim_count,
                    },
                    expected_version=remittance.version,
                )


async def _todo(store: Store, remittance: Remittance) -> list[int]:
    """The ordinals of the transactions that were not gone through; a person's acceptance may add
    one at any time, but not while the remittance is held."""
    if remittance.status is RemittanceStatus.PROCESSED:
        return []
    received = await store.remittance_transactions.all(
        RemittanceTransactionFilter(remittance_id=remittance.id, status=TransactionStatus.RECEIVED)
    )
    return sorted(each.ordinal for each in received)


@dataclass
class _Reporter:
    """Tells how far a remittance is while its transactions are still open.

    The row is written in transactions of its own, so that others can follow a large one.
    """

    storage: IStorage
    company_id: UUID
    actor: Actor
    remittance_id: UUID
    tell: Callable[[int], None]
    done: int = 0
    written: int = 0

    _writing: asyncio.Task[None] | None = None

    def advance(self, claims: int) -> None:
        """So many more claims were gone through.

        The row is written beside the posting, which never waits for it: where no connection is
        free, or another report is still under way, this one is left out.
        """
        self.tell(claims)
        self.done += claims
        if self.done - self.written < REPORTED_EVERY_CLAIMS:
            return
        if self._writing is None or self._writing.done():
            self.written = self.done
            self._writing = asyncio.create_task(self._write(self.done))

    async def close(self) -> None:
        """Wait for the report that is under way."""
        if self._writing is not None:
            await asyncio.wait([self._writing])

    async def _write(self, done: int) -> None:
        with contextlib.suppress(StorageError):
            async with self.storage.transaction(
                self.company_id, self.actor, durable=False
            ) as store:
                remittance = await store.remittances.lock(self.remittance_id)
                await store.remittances.update(
                    self.remittance_id,
                    {
                        "status": RemittanceStatus.POSTING,
                        "done_count": min(done, remittance.claim_count),
                    },
                    expected_version=remittance.version,
                )


async def _post_with_retries(
    storage: IStorage,
    actor: Actor,
    ordinal: int,
    kept: KeptFile,
    reporter: _Reporter,
) -> None:
    """One ST in one database transaction, again where another one was in its way."""
    for attempt in range(1, ATTEMPTS + 1):
        chunks = Chunks(kept, ordinal)
        try:
            async with storage.transaction(kept.company_id, actor) as store:
                await post_transaction(
                    store, reporter.remittance_id, ordinal, chunks, reporter.advance
                )
        except TransactionConflict:
            if attempt == ATTEMPTS:
                raise
        else:
            return
        finally:
            await chunks.close()
