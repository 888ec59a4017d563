"""A payer is registered after its remittances came: they are its own from then on."""

from __future__ import annotations

from services.claims.remittances.matching import payer_of
from services.claims.remittances.posting import Tally, arrivals_of, post_arrivals
from storage.filters import RemittanceExceptionFilter, RemittanceTransactionFilter
from storage.interface import Store
from storage.tables.claims import Payer
from storage.vocabulary.claims import ExceptionKind, ExceptionStatus

_CHUNK = 1000
_WAITING_FOR_A_PAYER = [ExceptionKind.PAYER_MISMATCH, ExceptionKind.UNMATCHED]


async def recognise_payer(store: Store, payer: Payer) -> Tally:
    """Give a payer the transactions that name it, and post what waited for that."""
    unclaimed = await store.remittance_transactions.lock_all(
        RemittanceTransactionFilter(has_no_payer=True)
    )
    its_own = [each for each in unclaimed if payer_of(each, [payer]) is not None]
    if not its_own:
        return Tally()
    await store.remittance_transactions.update_many(
        {each.id: each.version for each in its_own}, {"payer_id": [payer.id] * len(its_own)}
    )
    waiting = await store.remittance_exceptions.lock_all(
        RemittanceExceptionFilter(
            transaction_ids=[each.id for each in its_own],
            kinds=_WAITING_FOR_A_PAYER,
            status=ExceptionStatus.OPEN,
        )
    )
    tally = Tally()
    for at in range(0, len(waiting), _CHUNK):
        done = await post_arrivals(store, await arrivals_of(store, waiting[at : at + _CHUNK]))
        tally.posted += done.posted
        tally.still_blocked += done.still_blocked
    return tally
