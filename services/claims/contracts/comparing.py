"""The jobs that hold payments against contracts: after each posting, and when somebody asks."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from services.claims.contracts.valuing import value_adjudications
from storage.filters import AdjudicationFilter, PayerContractFilter
from storage.interface import Actor, IStorage, Store

COMPARE = "compare_payments"
"""The job's name; its arguments are ``transaction_ids`` or ``payer_id``."""
AT_ONCE = 500


async def ask_for_comparison(store: Store, transaction_ids: Collection[UUID]) -> None:
    """Have what was just posted from these transactions compared, if there is any contract."""
    if transaction_ids and await store.payer_contracts.count(PayerContractFilter()):
        ids = ",".join(str(each) for each in sorted(transaction_ids))
        await store.enqueue(
            COMPARE, {"transaction_ids": ids}, lock=COMPARE, once=f"{COMPARE}/{ids}"
        )


async def ask_for_comparison_anew(store: Store, contract_id: UUID) -> None:
    """Have all that the payer of a contract ever decided compared again, because the contract, or
    a fee schedule, is another now. Raises RowNotFound."""
    contract = await store.payer_contracts.get(contract_id)
    payer = str(contract.payer_id)
    await store.enqueue(COMPARE, {"payer_id": payer}, lock=COMPARE, once=f"{COMPARE}/{payer}")


async def compare(
    storage: IStorage, company_id: UUID, actor: Actor, conditions: AdjudicationFilter
) -> int:
    """Value the adjudications under the conditions, some hundred in a transaction; again whenever
    it is asked. Returns how many variances are new."""
    made, after = 0, None
    while True:
        async with storage.transaction(company_id, actor) as store:
            page = await store.adjudications.list(conditions, limit=AT_ONCE, after=after)
            made += await value_adjudications(store, page.rows)
        if page.next_after is None:
            return made
        after = page.next_after
