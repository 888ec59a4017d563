"""Nothing falls off the worklist silently.

Whatever payers send and people do, every denial that was ever brought is open and in the queue, or
resolved by somebody, or superseded with a reason.
"""

import asyncio
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.claims.denial_work import queue, resolving
from services.claims.denial_work.resolving import NothingLeftToWork, Resolution
from storage.embedded import RoleAddresses
from storage.files import FileVault
from storage.files.local import LocalFileStore
from storage.filters import ByDenial, DenialFilter
from storage.interface import Store
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.claims import DenialStatus
from storage.vocabulary.denials import DECIDED_AGAIN, DenialResolution
from tests.builders.books import Books
from tests.builders.companies import make_company
from tests.builders.keys import KEYRING
from tests.builders.remittance_files import Cas, Claim, Line

REFUSED, PAID = Cas("CO", "197", 10_000), Cas("CO", "45", 2_000)
STEPS = ("deny", "pay", "reverse", "resolve", "reopen")


@given(steps=st.lists(st.sampled_from(STEPS), min_size=1, max_size=9), seed=st.integers(0, 2**32))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_denial_is_accounted_for(
    addresses: RoleAddresses, steps: Sequence[str], seed: int
) -> None:
    asyncio.run(_walk(addresses, steps, Random(seed)))


async def _walk(addresses: RoleAddresses, steps: Sequence[str], chance: Random) -> None:
    storage = PostgresStorage(addresses.app, keyring=KEYRING)
    await storage.open()
    try:
        with tempfile.TemporaryDirectory() as folder:
            company = await make_company(addresses.owner, storage)
            books = await Books.open(storage, FileVault(LocalFileStore(Path(folder))), company)
            await books.claim(charges=(10_000, 10_000))
            await _work(books, steps, chance)
            await books.assert_sound()
            async with storage.transaction(company.id, company.actor) as store:
                await _assert_counted(store)
    finally:
        await storage.close()


async def _work(books: Books, steps: Sequence[str], chance: Random) -> None:
    sent: list[Claim] = []
    for at, step in enumerate(steps):
        if step in ("deny", "pay"):
            first = REFUSED if step == "deny" else PAID
            second = chance.choice((REFUSED, PAID)) if step == "pay" else REFUSED
            clp = Claim(
                lines=(Line(adjustments=(first,)), Line(adjustments=(second,))),
                payer_claim_number=f"ICN{at}",
            )
            sent.append(clp)
            await books.pay(clp)
        elif step == "reverse" and sent:
            await books.pay(sent.pop(chance.randrange(len(sent))).reversed())
        else:
            await _decide(books, step, chance)


async def _decide(books: Books, step: str, chance: Random) -> None:
    status = DenialStatus.OPEN if step == "resolve" else DenialStatus.RESOLVED
    fitting = [each for each in await books.denials() if each.status is status]
    if not fitting:
        return
    denial = chance.choice(fitting)
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        if step == "resolve":
            how = chance.choice((DenialResolution.UPHELD, DenialResolution.GIVEN_UP))
            await resolving.resolve(
                store, denial.id, Resolution(resolution=how), expected_version=denial.version
            )
        else:
            try:
                await resolving.reopen(
                    store, denial.id, "once more", expected_version=denial.version
                )
            except NothingLeftToWork:
                return


async def _assert_counted(store: Store) -> None:
    denials = await store.denials.all(DenialFilter())
    page = await queue.list_queue(store, DenialFilter(), limit=200)
    queued = {each.denial.id for each in page.rows}
    for denial in denials:
        match denial.status:
            case DenialStatus.OPEN:
                assert denial.id in queued
            case DenialStatus.RESOLVED:
                assert denial.resolution is not None
            case DenialStatus.SUPERSEDED:
                assert denial.superseded_because is not None
        outcomes = await store.denial_outcomes.all(ByDenial(denial_id=denial.id))
        stands: Counter[DenialResolution] = Counter()
        for each in outcomes:
            stands[each.resolution] += -1 if each.is_retraction else 1
        learned = {denial.resolution} & DECIDED_AGAIN
        assert +stands == Counter(learned)
    assert len(queued) == sum(each.status is DenialStatus.OPEN for each in denials)


@pytest.mark.anyio
async def test_the_walk_meets_every_fate(addresses: RoleAddresses, tmp_path: Path) -> None:
    """Were all of its denials open, the count would prove nothing."""
    storage = PostgresStorage(addresses.app, keyring=KEYRING)
    await storage.open()
    try:
        company = await make_company(addresses.owner, storage)
        books = await Books.open(storage, FileVault(LocalFileStore(tmp_path)), company)
        await books.claim(charges=(10_000, 10_000))
        await _work(books, ("deny", "resolve", "deny", "pay"), Random(1))
        fates = {each.status for each in await books.denials()}
        assert fates >= {DenialStatus.RESOLVED, DenialStatus.SUPERSEDED}
    finally:
        await storage.close()
