"""Posting one ST: its claims, its PLB, its deposit, or the reason why it has to wait."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from services.claims.deposits.expecting import expect
from services.claims.ledger.books import Arrival, Source, Writing
from services.claims.refunds.takebacks import recognise
from services.claims.remittances.kept_claims import Chunks
from services.claims.remittances.posting import post_arrivals
from services.claims.x12.remittance_model import (
    ProviderAdjustment,
)
from services.company_calendar import company_calendar
from storage.filters import (
    RemittanceExceptionFilter,
    RemittanceTransactionFilter,
)
from storage.identifiers import new_id
from storage.interface import Store
from storage.tables.ledger import ProviderAdjustmentFields
from storage.tables.remittances import (
    RemittanceTransaction,
)
from storage.vocabulary.claims import (
    ExceptionStatus,
    LedgerKind,
    TransactionStatus,
)
from storage.vocabulary.money import CashKind


async def post_transaction(
    store: Store,
    remittance_id: UUID,
    ordinal: int,
    chunks: Chunks,
    tell: Callable[[int], None],
) -> None:
    """All of one ST, unless it was gone through or has to wait; ``tell`` is told how many more
    claims were.
    """
    transaction = await _lock_transaction(store, remittance_id, ordinal)
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
    source = Source(transaction, payers[0] if payers else None, await company_calendar(store))
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
            tell(len(chunk.claims))
    await _post_deposit(store, source, provider_adjustments)
    await _dismiss_replaced(store, transaction)
    await recognise(store, transaction)
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
    """What waited because it did not balance was sent anew, in a later file: by this.

    The same payment only (payer, trace, amount, date and payee): another transaction under the
    trace still waits for a person.
    """
    if posted.trace_number is None:
        return
    waiting = [
        each
        for each in await store.remittance_transactions.lock_all(
            RemittanceTransactionFilter(
                trace_number=posted.trace_number, status=TransactionStatus.UNBALANCED
            )
        )
        if each.transaction_key == posted.transaction_key
        and each.remittance_id != posted.remittance_id
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
    await expect(
        store,
        CashKind.REMITTANCE,
        transaction.id,
        transaction.payment_cents,
        expected_on=source.effective_on,
        trace=transaction.trace_number,
        payer_id=transaction.payer_id,
    )
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
