"""The main job: an 835 is received, kept and posted to claims.

Received means scanned to its end, kept with its hash and committed; only then is anything posted,
one database transaction a transaction (ST) of the file, so that a crash leaves all of one or none
of it and posting goes on where it stopped.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from uuid import UUID

from services.claims.books import Arrival, Source, Writing
from services.claims.matching import payer_of
from services.claims.posting import post_arrivals
from services.claims.remittance_scan import Scan, ScannedTransaction
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
from storage.errors import TransactionConflict
from storage.files import FileDamaged, FileVault
from storage.filters import (
    PayerFilter,
    RemittanceExceptionFilter,
    RemittanceFilter,
    RemittanceTransactionFilter,
)
from storage.identifiers import new_id
from storage.interface import Actor, IStorage, Store
from storage.tables.ledger import ProviderAdjustmentFields
from storage.tables.remittances import (
    Remittance,
    RemittanceAnomalyFields,
    RemittanceFields,
    RemittanceTransaction,
    RemittanceTransactionFields,
)
from storage.vocabulary.claims import (
    ExceptionStatus,
    LedgerKind,
    RemittanceStatus,
    TransactionStatus,
)

CHUNK_CLAIMS = 1000
REPORTED_EVERY_CLAIMS = 5000
ATTEMPTS = 8


@dataclass(frozen=True)
class ReceivedFile:
    """A file that was read to its end and is kept."""

    file_name: str
    file_key: str
    sha256: bytes
    byte_count: int
    scan: Scan


async def receive(store: Store, file: ReceivedFile) -> tuple[Remittance, bool]:
    """Put a file and its transactions on record; the same bytes a second time are the first.

    Returns the remittance and whether it is new.
    """
    await store.wait_for_lock(f"remittance-file/{file.sha256.hex()}")
    known = await store.remittances.all(RemittanceFilter(sha256=file.sha256))
    if known:
        return known[0], False
    payers = await store.payers.all(PayerFilter())
    remittance = await store.remittances.create(
        RemittanceFields(
            file_name=file.file_name,
            file_key=file.file_key,
            sha256=file.sha256,
            byte_count=file.byte_count,
            transaction_count=len(file.scan.transactions),
            claim_count=file.scan.claim_count,
            anomaly_count=file.scan.anomaly_count,
        )
    )
    await store.remittance_transactions.create_many(
        [
            _transaction_fields(
                remittance.id, each, getattr(payer_of(each.header, payers), "id", None)
            )
            for each in file.scan.transactions
        ]
    )
    await store.remittance_anomalies.create_many(
        [
            RemittanceAnomalyFields(
                remittance_id=remittance.id,
                kind=each.kind,
                position=each.position,
                transaction_ordinal=each.transaction,
                claim_ordinal=each.claim,
                detail=each.detail[:500],
            )
            for each in file.scan.anomalies
        ]
    )
    return remittance, True


async def enqueue_posting(store: Store, remittance_id: UUID) -> None:
    """A durable job that posts a remittance in the name of whoever asks for it now."""
    await store.enqueue(
        "post_remittance",
        {"remittance_id": str(remittance_id), "asked_by": str(store.actor.principal_id)},
    )


async def receive_and_enqueue(store: Store, file: ReceivedFile) -> tuple[Remittance, bool]:
    """``receive``, and a durable job that posts it should nobody do so before."""
    remittance, is_new = await receive(store, file)
    if remittance.status is not RemittanceStatus.PROCESSED:
        await enqueue_posting(store, remittance.id)
    return remittance, is_new


def _transaction_fields(
    remittance_id: UUID, scanned: ScannedTransaction, payer_id: UUID | None
) -> RemittanceTransactionFields:
    header, end = scanned.header, scanned.end
    return RemittanceTransactionFields(
        remittance_id=remittance_id,
        ordinal=header.ordinal,
        position=header.position,
        control_number=header.control_number[:20],
        status=(
            TransactionStatus.IN_REVIEW
            if scanned.has_unreadable_payment
            else TransactionStatus.RECEIVED
        ),
        status_reason=(
            "the amount of the payment cannot be read" if scanned.has_unreadable_payment else None
        ),
        payer_id=payer_id,
        payer_name=_cut(header.payer_name, 200),
        payer_identifier=_cut(header.payer_identifier),
        payer_additional_identifier=_cut(header.payer_additional_identifier),
        payer_trace_identifier=_cut(header.payer_trace_identifier),
        payee_identifier=_cut(header.payee_identifier),
        payee_tax_identifier=_cut(header.payee_tax_identifier),
        trace_number=_cut(header.trace_number),
        payment_method=_cut(header.payment_method, 3),
        payment_date=header.payment_date,
        payment_cents=header.payment_cents,
        charge_cents=end.charge_cents,
        paid_cents=end.paid_cents,
        provider_adjustment_cents=end.provider_adjustment_cents,
        difference_cents=scanned.difference_cents,
        claim_count=end.claim_count,
        transaction_key=scanned.key,
        content_sha256=end.content_sha256,
        has_reversals=end.has_reversals,
    )


def _cut(text: str | None, length: int = 80) -> str | None:
    """As much as the record holds; what recognises a payment hashes the whole."""
    return None if text is None else text[:length]


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
    Raises FileDamaged, RowNotFound.
    """
    async with storage.transaction(company_id, actor) as store:
        remittance = await store.remittances.get(remittance_id)
        todo = await _todo(store, remittance)
    kept = _KeptFile(vault, company_id, remittance.file_key)
    reporter = _Reporter(storage, company_id, actor, remittance.id, progress)
    while True:
        for ordinal in todo:
            await _post_with_retries(storage, actor, ordinal, kept, reporter)
        async with storage.transaction(company_id, actor) as store:
            remittance = await store.remittances.lock(remittance_id)
            if remittance.status is RemittanceStatus.PROCESSED:
                return remittance
            todo = await _todo(store, remittance)
            if not todo:
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

    async def advance(self, claims: int) -> None:
        """So many more claims were gone through."""
        self.tell(claims)
        self.done += claims
        if self.done - self.written < REPORTED_EVERY_CLAIMS:
            return
        self.written = self.done
        async with self.storage.transaction(self.company_id, self.actor, durable=False) as store:
            remittance = await store.remittances.lock(self.remittance_id)
            await store.remittances.update(
                self.remittance_id,
                {
                    "status": RemittanceStatus.POSTING,
                    "done_count": min(self.done, remittance.claim_count),
                },
                expected_version=remittance.version,
            )


class _KeptFile:
    """The events of a kept file, transaction after transaction."""

    def __init__(self, vault: FileVault, company_id: UUID, file_key: str) -> None:
        self.company_id = company_id
        self._vault = vault
        self._file_key = file_key
        self._passes: dict[bool, _Pass] = {}

    def events(self, ordinal: int, *, reversals: bool) -> Iterator[RemittanceEvent]:
        """The events of one transaction.

        Asked for in rising order, the whole file is read once for reversals and once for the
        rest; what is asked for again is read from the start. Raises FileDamaged.
        """
        found = self._passes.get(reversals)
        if found is None or not found.can_reach(ordinal):
            content = self._vault.read(self.company_id, self._file_key)
            found = self._passes[reversals] = _Pass(read_remittances(content))
        return found.events(ordinal)


class _Pass:
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


async def _post_with_retries(
    storage: IStorage,
    actor: Actor,
    ordinal: int,
    kept: _KeptFile,
    reporter: _Reporter,
) -> None:
    """One ST in one database transaction, again where another one was in its way."""
    for attempt in range(1, ATTEMPTS + 1):
        chunks = _Chunks(kept, ordinal)
        try:
            async with storage.transaction(kept.company_id, actor) as store:
                await _post_transaction(store, ordinal, chunks, reporter)
        except TransactionConflict:
            if attempt == ATTEMPTS:
                raise
        else:
            return
        finally:
            await chunks.close()


@dataclass(frozen=True)
class Chunk:
    """Some claims of a transaction as they were read, or its provider adjustments at the end."""

    claims: list[RemittanceClaim]
    unreadable: frozenset[int]
    provider_adjustments: list[ProviderAdjustment]


class _Chunks:
    """The claims of one transaction of a kept file, read ahead off the event loop."""

    def __init__(self, kept: _KeptFile, ordinal: int) -> None:
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


async def _post_transaction(
    store: Store, ordinal: int, chunks: _Chunks, reporter: _Reporter
) -> None:
    """All of one ST: its claims, its PLB, its deposit."""
    transaction = await _lock_transaction(store, reporter.remittance_id, ordinal)
    if transaction.status is not TransactionStatus.RECEIVED:
        return
    refusal = await _reason_not_to_post(store, transaction)
    if refusal is not None:
        await store.remittance_transactions.update(
            transaction.id, refusal, expected_version=transaction.version
        )
        return
    payers = await store.payers.get_many(
        [transaction.payer_id] if transaction.payer_id is not None else []
    )
    source = Source(transaction, payers[0] if payers else None)
    provider_adjustments: list[ProviderAdjustment] = []
    for reversals in (True, False) if transaction.has_reversals else (None,):
        async for chunk in chunks.read(reversals=reversals):
            provider_adjustments += chunk.provider_adjustments
            await post_arrivals(
                store,
                [
                    Arrival(source, claim, is_unreadable=claim.ordinal in chunk.unreadable)
                    for claim in chunk.claims
                ],
            )
            await reporter.advance(len(chunk.claims))
    await _post_deposit(store, source, provider_adjustments)
    await _dismiss_replaced(store, transaction)
    waiting = await store.remittance_exceptions.count(
        RemittanceExceptionFilter(transaction_id=transaction.id, status=ExceptionStatus.OPEN)
    )
    await store.remittance_transactions.update(
        transaction.id,
        {
            "status": TransactionStatus.POSTED,
            "posted_at": store.now,
            "posted_count": transaction.claim_count - waiting,
            "exception_count": waiting,
        },
        expected_version=transaction.version,
    )


async def _lock_transaction(
    store: Store, remittance_id: UUID, ordinal: int
) -> RemittanceTransaction:
    found = await store.remittance_transactions.lock_all(
        RemittanceTransactionFilter(remittance_id=remittance_id, ordinal=ordinal)
    )
    return found[0]


async def _reason_not_to_post(
    store: Store, transaction: RemittanceTransaction
) -> dict[str, object] | None:
    """What becomes of a transaction that must not be posted by itself; None when it may.

    The same payment with the same content is a duplicate; with other content, or the same payer
    and trace with another amount, date or payee in a later file, it goes to a person.
    """
    if transaction.difference_cents:
        return {
            "status": TransactionStatus.UNBALANCED,
            "status_reason": (
                f"claims and provider adjustments differ from the payment by"
                f" {transaction.difference_cents} cents"
            ),
        }
    payer = _payer_key(transaction)
    await store.wait_for_lock(f"remittance-trace/{payer}/{transaction.trace_number}")
    conditions = (
        RemittanceTransactionFilter(
            transaction_key=transaction.transaction_key, status=TransactionStatus.POSTED
        )
        if transaction.trace_number is None
        else RemittanceTransactionFilter(
            trace_number=transaction.trace_number, status=TransactionStatus.POSTED
        )
    )
    for posted in await store.remittance_transactions.all(conditions):
        if posted.transaction_key == transaction.transaction_key:
            if posted.content_sha256 == transaction.content_sha256:
                return {"status": TransactionStatus.DUPLICATE, "duplicate_of_id": posted.id}
            return {
                "status": TransactionStatus.IN_REVIEW,
                "status_reason": "the same payment was posted with other content",
                "duplicate_of_id": posted.id,
            }
        is_other_file = posted.remittance_id != transaction.remittance_id
        if _payer_key(posted) == payer and is_other_file and not transaction.is_accepted:
            return {
                "status": TransactionStatus.IN_REVIEW,
                "status_reason": "an earlier file has this trace with other amount, date or payee",
                "duplicate_of_id": posted.id,
            }
    return None


async def _dismiss_replaced(store: Store, posted: RemittanceTransaction) -> None:
    """What waited under this payer and trace because it did not balance was sent anew: by this."""
    if posted.trace_number is None:
        return
    payer = _payer_key(posted)
    waiting = [
        each
        for each in await store.remittance_transactions.lock_all(
            RemittanceTransactionFilter(
                trace_number=posted.trace_number, status=TransactionStatus.UNBALANCED
            )
        )
        if _payer_key(each) == payer
    ]
    await store.remittance_transactions.update_many(
        {each.id: each.version for each in waiting},
        {
            "status": [TransactionStatus.DISMISSED] * len(waiting),
            "status_reason": ["replaced by a corrected transaction"] * len(waiting),
            "duplicate_of_id": [posted.id] * len(waiting),
        },
    )


def _payer_key(transaction: RemittanceTransaction) -> str:
    """Who sent it, as far as its trace number is concerned."""
    return transaction.payer_trace_identifier or transaction.payer_identifier or ""


async def _post_deposit(
    store: Store, source: Source, provider_adjustments: list[ProviderAdjustment]
) -> None:
    """The deposit and the PLB that it is made of, besides the claims."""
    transaction = source.transaction
    rows = {
        new_id(): ProviderAdjustmentFields(
            transaction_id=transaction.id,
            payer_key=_payer_key(transaction),
            payee_key=transaction.payee_identifier or "",
            provider_identifier=each.provider_identifier[:80],
            fiscal_period_end=each.fiscal_period_end,
            reason=each.reason[:3],
            reference=(each.reference or "")[:80],
            amount_cents=each.amount_cents,
            effective_on=source.effective_on,
        )
        for each in provider_adjustments
    }
    writing = Writing()
    writing.move(LedgerKind.DEPOSIT, transaction.payment_cents, source)
    for item_id, row in rows.items():
        writing.move(
            LedgerKind.PROVIDER_ADJUSTMENT,
            row.amount_cents,
            source,
            provider_adjustment_id=item_id,
        )
    await store.provider_adjustments.create_many(list(rows.values()), ids=list(rows))
    await store.ledger_entries.create_many(writing.ledger)
