"""The jobs that hold payments against contracts: after each posting, after a contract or a fee
schedule has changed, and when somebody asks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from uuid import UUID

from services.claims.contracts.valuing import value_adjudications
from storage.filters import (
    AdjudicationFilter,
    ByContract,
    ClaimFilter,
    PayerContractFilter,
)
from storage.interface import Actor, IStorage, Store
from storage.tables.contracts import PayerContract

COMPARE = "compare_payments"
"""The job's name; its arguments are ``transaction_ids``, or ``payer_id`` or ``schedule`` with the
days of service that it concerns."""
AT_ONCE = 500


async def ask_for_comparison(store: Store, transaction_ids: Collection[UUID]) -> None:
    """Have what was just posted from these transactions compared, if there is any contract."""
    if transaction_ids and await store.payer_contracts.count(PayerContractFilter()):
        ids = ",".join(str(each) for each in sorted(transaction_ids))
        await store.enqueue(
            COMPARE, {"transaction_ids": ids}, lock=COMPARE, once=f"{COMPARE}/{ids}"
        )


async def ask_for_comparison_anew(store: Store, contract_id: UUID) -> None:
    """Have all that the contract is about compared again. Raises RowNotFound."""
    await ask_about_contract(store, await store.payer_contracts.get(contract_id))


async def ask_about_contract(
    store: Store, contract: PayerContract, *, before: PayerContract | None = None
) -> None:
    """Have what a contract is about compared again, also what it was about ``before``."""
    ends = [each.effective_to for each in (contract, before) if each is not None]
    await _ask(
        store,
        {"payer_id": str(contract.payer_id)},
        contract.effective_from,
        None if None in ends else max(each for each in ends if each is not None),
    )


async def ask_about_schedule(
    store: Store, schedule: str, *, first: dt.date, last: dt.date | None
) -> None:
    """Have what a fee schedule prices on some days of service compared again."""
    await _ask(store, {"schedule": schedule}, first, last)


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


async def compare_as_asked(
    storage: IStorage, company_id: UUID, actor: Actor, arguments: Mapping[str, str]
) -> int:
    """Do the job with the arguments that it was asked for with."""
    if "transaction_ids" in arguments:
        ids = [UUID(each) for each in arguments["transaction_ids"].split(",")]
        return await compare(storage, company_id, actor, AdjudicationFilter(transaction_ids=ids))
    if "schedule" in arguments:
        async with storage.transaction(company_id, actor) as store:
            payer_ids = await _payers_priced_by(store, arguments["schedule"])
    else:
        payer_ids = [UUID(arguments["payer_id"])]
    if not payer_ids:
        return 0
    concerned = ClaimFilter(
        any_payer_ids=payer_ids,
        service_from=_day(arguments, "service_from"),
        service_until=_day(arguments, "service_until"),
    )
    return await _compare_claims(storage, company_id, actor, concerned)


async def _compare_claims(
    storage: IStorage, company_id: UUID, actor: Actor, concerned: ClaimFilter
) -> int:
    made, after = 0, None
    while True:
        async with storage.transaction(company_id, actor) as store:
            page = await store.claims.list(concerned, limit=AT_ONCE, after=after)
            decided = AdjudicationFilter(claim_ids=[each.id for each in page.rows])
            if page.rows:
                made += await value_adjudications(store, await store.adjudications.all(decided))
        if page.next_after is None:
            return made
        after = page.next_after


async def _payers_priced_by(store: Store, schedule: str) -> list[UUID]:
    """The payers whose contracts name a fee schedule in the terms that hold."""
    terms = await store.contract_terms.all(ByContract(schedule=schedule))
    revisions = {(each.contract_id, each.revision) for each in terms}
    contracts = await store.payer_contracts.get_many(sorted({each for each, _ in revisions}))
    return sorted(
        {each.payer_id for each in contracts if (each.id, each.terms_revision) in revisions}
    )


async def _ask(
    store: Store, concerned: Mapping[str, str], first: dt.date, last: dt.date | None
) -> None:
    arguments = {**concerned, "service_from": first.isoformat()}
    if last is not None:
        arguments["service_until"] = last.isoformat()
    once = "/".join([COMPARE, *arguments.values()])
    await store.enqueue(COMPARE, arguments, lock=COMPARE, once=once)


def _day(arguments: Mapping[str, str], name: str) -> dt.date | None:
    return dt.date.fromisoformat(arguments[name]) if name in arguments else None
