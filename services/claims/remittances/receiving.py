"""An 835 is received: read to its end, kept with its hash, and put on record."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from services.claims.remittances.matching import payer_of
from services.claims.remittances.remittance_scan import Scan, ScannedTransaction
from services.files.keeping import NewFile, WrittenFile
from services.outbox.events import publish
from storage.filters import (
    PayerFilter,
    RemittanceFilter,
)
from storage.interface import Store
from storage.tables.remittances import (
    Remittance,
    RemittanceAnomalyFields,
    RemittanceFields,
    RemittanceTransactionFields,
)
from storage.vocabulary.claims import (
    RemittanceStatus,
    TransactionStatus,
)
from storage.vocabulary.files import FilePurpose
from storage.vocabulary.outbox import EventType


@dataclass(frozen=True)
class ReceivedFile:
    """A file that was read to its end, and whose content is kept."""

    content: WrittenFile
    scan: Scan


def new_file(name: str) -> NewFile:
    """What an 835 is kept as."""
    return NewFile(purpose=FilePurpose.REMITTANCE, name=name, media_type="application/edi-x12")


async def receive(
    store: Store, file: ReceivedFile, *, remittance_id: UUID | None = None
) -> tuple[Remittance, bool]:
    """Put a file and its transactions on record; the same bytes a second time are the first.

    Returns the remittance and whether it is new.
    """
    content = file.content
    await store.wait_for_lock(f"remittance-file/{content.sha256.hex()}")
    known = await store.remittances.all(RemittanceFilter(sha256=content.sha256))
    if known:
        return known[0], False
    kept = await content.record(store)
    payers = await store.payers.all(PayerFilter())
    remittance = await store.remittances.create(
        RemittanceFields(
            file_name=kept.name,
            file_id=kept.id,
            sha256=kept.sha256,
            byte_count=kept.byte_count,
            transaction_count=len(file.scan.transactions),
            claim_count=file.scan.claim_count,
            anomaly_count=file.scan.anomaly_count,
        ),
        row_id=remittance_id,
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
    await publish(store, EventType.REMITTANCE_RECEIVED, "remittances", remittance.id)
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
