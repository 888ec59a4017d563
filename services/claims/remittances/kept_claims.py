"""The claims of one transaction of a kept file, read ahead off the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from uuid import UUID

from services.claims.x12.remittance_model import (
    Anomaly,
    AnomalyKind,
    ProviderAdjustment,
    RemittanceClaim,
    RemittanceEvent,
    TransactionEnd,
    TransactionHeader,
)
from services.claims.x12.remittance_reader import read_remittances
from storage.files import FileDamaged, FileKey, FileVault

CHUNK_CLAIMS = 1000


class KeptFile:
    """The events of a kept file, transaction after transaction."""

    def __init__(self, vault: FileVault, company_id: UUID, key: FileKey) -> None:
        self.company_id = company_id
        self._vault = vault
        self._key = key
        self._passes: dict[bool, Pass] = {}

    def events(self, ordinal: int, *, reversals: bool) -> Iterator[RemittanceEvent]:
        """The events of one transaction.

        Asked for in rising order, the whole file is read once for reversals and once for the
        rest; what is asked for again is read from the start. Raises FileDamaged.
        """
        found = self._passes.get(reversals)
        if found is None or not found.can_reach(ordinal):
            content = self._vault.read(self._key)
            found = self._passes[reversals] = Pass(read_remittances(content))
        return found.events(ordinal)


class Pass:
    """One reading of a file from its start to its end."""

    def __init__(self, events: Iterator[RemittanceEvent]) -> None:
        self._events = events
        self._reached = 0
        self._is_between_transactions = True

    def can_reach(self, ordinal: int) -> bool:
        """Whether the transaction still lies ahead, and the one before was read to its end."""
        return self._is_between_transactions and ordinal > self._reached

    def events(self, ordinal: int) -> Iterator[RemittanceEvent]:
        """The events of the wanted transaction only. Raises FileDamaged where it has no end."""
        self._reached, self._is_between_transactions = ordinal, False
        is_wanted = False
        for event in self._events:
            match event:
                case TransactionHeader():
                    is_wanted = event.ordinal == ordinal
                case TransactionEnd() if is_wanted:
                    self._is_between_transactions = True
                    return
                case Anomaly() if event.transaction == ordinal:
                    yield event
                case _ if is_wanted:
                    yield event
        raise FileDamaged


@dataclass(frozen=True)
class Chunk:
    """Some claims of a transaction as they were read, or its provider adjustments at the end."""

    claims: list[RemittanceClaim]
    unreadable: frozenset[int]
    provider_adjustments: list[ProviderAdjustment]


class Chunks:
    """The claims of one transaction of a kept file, read ahead off the event loop."""

    def __init__(self, kept: KeptFile, ordinal: int) -> None:
        self._kept = kept
        self._ordinal = ordinal
        self._ahead: asyncio.Task[Chunk | None] | None = None

    async def read(self, *, reversals: bool | None) -> AsyncIterator[Chunk]:
        """All chunks; with ``reversals`` only those claims that are, or are not, reversals."""
        await self.close()
        source = self._read(reversals)
        self._ahead = self._fetch(source)
        while self._ahead is not None:
            chunk = await self._ahead
            self._ahead = None
            if chunk is None:
                return
            self._ahead = self._fetch(source)
            yield chunk

    async def close(self) -> None:
        """Wait for what is being read ahead; it is of no use any more."""
        if self._ahead is not None:
            await asyncio.wait([self._ahead])
            self._ahead = None

    @staticmethod
    def _fetch(source: Iterator[Chunk]) -> asyncio.Task[Chunk | None]:
        return asyncio.create_task(asyncio.to_thread(next, source, None))

    def _read(self, reversals: bool | None) -> Iterator[Chunk]:
        claims: list[RemittanceClaim] = []
        unreadable: set[int] = set()
        adjustments: list[ProviderAdjustment] = []
        for event in self._kept.events(self._ordinal, reversals=reversals is True):
            match event:
                case RemittanceClaim():
                    if reversals is None or (event.status_code == "22") is reversals:
                        claims.append(event)
                    if len(claims) == CHUNK_CLAIMS:
                        yield Chunk(claims, frozenset(unreadable), [])
                        claims, unreadable = [], set()
                case ProviderAdjustment():
                    adjustments.append(event)
                case Anomaly() if event.kind is AnomalyKind.MALFORMED_AMOUNT and event.claim:
                    unreadable.add(event.claim)
                case _:
                    pass
        yield Chunk(claims, frozenset(unreadable), [] if reversals else adjustments)
