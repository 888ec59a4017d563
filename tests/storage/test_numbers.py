"""Human numbers: nobody waits for another's work to get one, and nobody gets another's."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from storage.embedded import RoleAddresses
from storage.identifiers import SYSTEM_ACTOR_ID, new_id
from storage.interface import Actor
from storage.postgres.transaction import PostgresStorage

ACTOR = Actor(SYSTEM_ACTOR_ID, new_id())


class Undone(Exception):
    """The work that the numbers were for came to nothing."""


@pytest.mark.anyio
async def test_two_long_transactions_of_a_company_take_numbers_at_the_same_time(
    storage: PostgresStorage,
) -> None:
    company_id = new_id()
    async with (
        asyncio.timeout(20),
        storage.transaction(company_id, ACTOR) as first,
        storage.transaction(company_id, ACTOR) as second,
    ):
        taken = [
            await first.numbers.take("claim"),
            await second.numbers.take("claim", 10),
            await first.numbers.take("claim"),
            await second.numbers.take("batch"),
        ]
    assert taken == [1, 2, 12, 1]


@pytest.mark.anyio
@pytest.mark.parametrize("connections", [1, 3])
async def test_transactions_that_have_all_connections_still_get_numbers(
    addresses: RoleAddresses, connections: int
) -> None:
    storage = PostgresStorage(addresses.app, maximum_connections=connections)
    await storage.open()
    company_id = new_id()
    begun = asyncio.Barrier(connections)

    async def work() -> int:
        async with storage.transaction(company_id, ACTOR) as store:
            await begun.wait()
            return await store.numbers.take("claim")

    try:
        async with asyncio.timeout(20):
            taken = await asyncio.gather(*(work() for _ in range(connections)))
    finally:
        await storage.close()
    assert sorted(taken) == list(range(1, connections + 1))


@pytest.mark.anyio
async def test_without_a_second_connection_numbers_are_taken_in_the_work_itself(
    storage: PostgresStorage,
) -> None:
    company_id = new_id()
    async with (
        asyncio.timeout(20),
        storage._short_pool.connections.connection(),
        storage.transaction(company_id, ACTOR) as store,
    ):
        assert [await store.numbers.take("claim", 5), await store.numbers.take("claim")] == [1, 6]


@dataclass(frozen=True)
class Work:
    """What one transaction takes, and whether it comes to anything."""

    counts: tuple[int, ...]
    is_undone: bool


works = st.builds(
    Work, counts=st.lists(st.integers(1, 50), max_size=4).map(tuple), is_undone=st.booleans()
)


@settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(together=st.lists(works, min_size=2, max_size=6), connections=st.integers(1, 4))
def test_no_number_is_given_out_twice_and_each_transactions_rise(
    addresses: RoleAddresses, together: list[Work], connections: int
) -> None:
    taken = asyncio.run(_taken(addresses.app, new_id(), together, connections))
    given = [number for of_one in taken for number in of_one]
    assert len(set(given)) == len(given) == sum(sum(work.counts) for work in together)
    assert all(of_one == sorted(of_one) for of_one in taken)


async def _taken(
    address: str, company_id: UUID, together: Sequence[Work], connections: int
) -> list[list[int]]:
    storage = PostgresStorage(address, maximum_connections=connections)
    await storage.open()

    async def numbers_of(work: Work) -> list[int]:
        found: list[int] = []
        try:
            async with storage.transaction(company_id, ACTOR) as store:
                for count in work.counts:
                    first = await store.numbers.take("claim", count)
                    found += range(first, first + count)
                _undo(work)
        except Undone:
            pass
        return found

    try:
        async with asyncio.timeout(60):
            return await asyncio.gather(*(numbers_of(work) for work in together))
    finally:
        await storage.close()


def _undo(work: Work) -> None:
    if work.is_undone:
        raise Undone
