"""The sealer: appends to each log's chain what has been committed since the last seal.

A seal covers the rows whose transactions lie between the last seal's ``until_xid`` and the oldest
transaction that still runs: everything below that is over, so nothing can appear there later, and
no writer ever waits. What is still open goes into a later seal.

Transaction ids belong to a cluster. After a logical restore into another one they begin again, and
the chain goes on in a new era: first what the old era left unsealed, then only rows whose id is
above every id that the old era had.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from uuid import UUID

from storage.identifiers import SYSTEM_ACTOR_ID, new_id
from storage.interface import Actor, IStorage, Store
from storage.tables.trail import Seal, SealFields
from storage.trail.chain import (
    FIRST_PREVIOUS_HASH,
    Horizon,
    SealedText,
    Span,
    member,
    members_of,
    seal_hash,
    seal_message,
)
from storage.trail.forms import CURRENT_FORM, SEALED_LOGS
from storage.trail.keys import Signer

MEMBERS_AT_MOST = 10_000
"""A seal of more members is only made for one transaction that wrote them all."""


@dataclass(frozen=True)
class SealReport:
    """What one round did for one company."""

    seals: int
    members: int
    busy_logs: tuple[str, ...]
    """Logs that another sealer was at."""


async def seal_company(
    storage: IStorage,
    company_id: UUID,
    signer: Signer,
    *,
    members_at_most: int = MEMBERS_AT_MOST,
) -> SealReport:
    """Seal what can be sealed in every log of a company; each log is a transaction of its own.

    Two at once do no harm: the second leaves a log to the first. Raises StorageUnavailable.
    """
    actor = Actor(SYSTEM_ACTOR_ID, new_id())
    seals, members, busy = 0, 0, []
    for log in SEALED_LOGS:
        async with storage.transaction(company_id, actor) as store:
            if not await store.try_lock(f"seal/{log}"):
                busy.append(log)
                continue
            chain = _Chain(store, log, signer, await store.sealing.last_seal(log), members_at_most)
            await chain.catch_up()
        seals += chain.seals
        members += chain.members
    return SealReport(seals, members, tuple(busy))


class _Chain:
    """One log's chain while it grows."""

    def __init__(
        self, store: Store, log: str, signer: Signer, last: Seal | None, members_at_most: int
    ) -> None:
        self._store = store
        self._log = log
        self._signer = signer
        self._members_at_most = members_at_most
        self._sequence = 0 if last is None else last.sequence
        self._hash = FIRST_PREVIOUS_HASH if last is None else last.hash
        self._until_xid = 0 if last is None else last.until_xid
        self._after_id = None if last is None else last.after_id
        self._cluster_id = None if last is None else last.cluster_id
        self.seals = 0
        self.members = 0

    async def catch_up(self) -> None:
        """Append the seals that are due."""
        horizon = await self._store.sealing.horizon()
        begins_again = await self._begins_again(horizon)
        if begins_again:
            await self._end_era(horizon)
        self._cluster_id = horizon.cluster_id
        if self._until_xid < horizon.settled_xid:
            span = self._span(self._until_xid, horizon.settled_xid)
            texts = self._store.sealing.texts(span)
            await self._append(texts, horizon.settled_xid, even_empty=begins_again)

    async def _begins_again(self, horizon: Horizon) -> bool:
        """Whether the rows come from another cluster, whose transaction ids mean nothing here."""
        if self._cluster_id is None:
            return await self._store.sealing.highest_foreign_id(self._log) is not None
        return self._cluster_id != horizon.cluster_id or horizon.settled_xid < self._until_xid

    async def _end_era(self, horizon: Horizon) -> None:
        """Seal what the old cluster's transactions left, and begin anew above their ids.

        A transaction id that this cluster has not given out yet is the old one's for certain. One
        that it has may be either's: up to the highest id that is certain it is the old one's,
        above it the new era counts it.
        """
        highest = await self._highest_of_era()
        self._cluster_id = self._cluster_id or horizon.cluster_id
        left = self._span(self._until_xid, None, last_id=highest)
        await self._append(self._store.sealing.texts(left), None)
        self._after_id = highest
        self._until_xid = 0

    async def _highest_of_era(self) -> UUID | None:
        foreign = await self._store.sealing.highest_foreign_id(self._log)
        known = [each for each in (foreign, self._after_id) if each is not None]
        async with aclosing(self._store.sealing.seals(self._log)) as seals:
            known.extend(
                [
                    UUID(bytes=max(row_id for row_id, _ in members_of(seal.members)))
                    async for seal in seals
                    if seal.member_count
                ]
            )
        return max(known, default=None)

    def _span(self, from_xid: int, until_xid: int | None, last_id: UUID | None = None) -> Span:
        return Span(
            log=self._log,
            form=CURRENT_FORM,
            from_xid=from_xid,
            until_xid=until_xid,
            after_id=self._after_id,
            last_id=last_id,
        )

    async def _append(
        self,
        texts: AsyncGenerator[SealedText, None],
        until_xid: int | None,
        *,
        even_empty: bool = False,
    ) -> None:
        """Append seals of bounded size over the rows, cut between transactions. The last reaches
        up to ``until_xid``, or just past its own last transaction."""
        members: list[bytes] = []
        last_xid = self._until_xid
        async with aclosing(texts):
            async for xid, row_id, text in texts:
                if xid != last_xid and len(members) >= self._members_at_most:
                    await self._append_one(members, last_xid + 1)
                    members = []
                members.append(member(row_id, text))
                last_xid = xid
        if members or even_empty:
            await self._append_one(members, last_xid + 1 if until_xid is None else until_xid)

    async def _append_one(self, members: list[bytes], until_xid: int) -> None:
        assert self._cluster_id is not None
        fields = SealFields(
            log=self._log,
            sequence=self._sequence + 1,
            from_xid=self._until_xid,
            until_xid=until_xid,
            after_id=self._after_id,
            member_count=len(members),
            cluster_id=self._cluster_id,
            form=CURRENT_FORM,
            members=b"".join(members),
            previous_hash=self._hash,
            hash=b"",
            key_id=self._signer.key_id,
            signature=b"",
        )
        seal_id = new_id()
        company_id, now = self._store.company_id, self._store.now
        fields.hash = seal_hash(company_id, seal_id, now, fields)
        fields.signature = self._signer.sign(seal_message(fields.hash))
        await self._store.seals.create_many([fields], ids=[seal_id])
        self._sequence += 1
        self._hash = fields.hash
        self._until_xid = until_xid
        self.seals += 1
        self.members += len(members)
