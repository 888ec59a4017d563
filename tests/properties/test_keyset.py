"""A row that is there throughout is listed exactly once, whatever comes and goes meanwhile."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from storage.embedded import RoleAddresses
from storage.filters import PayerFilter
from storage.identifiers import new_id, new_ids
from storage.interface import Actor
from storage.postgres.transaction import PostgresStorage
from storage.tables.claims import PayerFields
from storage.vocabulary.claims import PayerType

PLACES = 30
"""Ids, in ascending order, that rows come and go under."""


@dataclass(frozen=True)
class Meanwhile:
    """What happens between one page and the next: places that get a row, and that lose it."""

    filled: frozenset[int]
    emptied: frozenset[int]


places = st.frozensets(st.integers(0, PLACES - 1), max_size=6)
changes = st.lists(st.builds(Meanwhile, filled=places, emptied=places), max_size=8)


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(
    staying=st.frozensets(st.integers(0, PLACES - 1), min_size=1, max_size=12),
    passing=places,
    meanwhile=changes,
    limit=st.integers(1, 5),
    is_filtered=st.booleans(),
)
def test_a_row_that_stays_is_listed_exactly_once(
    addresses: RoleAddresses,
    staying: frozenset[int],
    passing: frozenset[int],
    meanwhile: list[Meanwhile],
    limit: int,
    is_filtered: bool,
) -> None:
    ids = new_ids(PLACES)
    listed = asyncio.run(
        listing(
            addresses.app,
            ids,
            staying,
            passing - staying,
            meanwhile,
            limit=limit,
            conditions=PayerFilter(type=PayerType.OTHER) if is_filtered else PayerFilter(),
        )
    )
    assert listed == sorted(set(listed), reverse=True)
    assert {ids[place] for place in staying} <= set(listed)


async def listing(
    address: str,
    ids: Sequence[UUID],
    staying: frozenset[int],
    passing: frozenset[int],
    meanwhile: list[Meanwhile],
    *,
    limit: int,
    conditions: PayerFilter,
) -> list[UUID]:
    """The ids of all pages in turn, while between two pages rows come and go."""
    company, actor = new_id(), Actor(new_id(), new_id())
    storage = PostgresStorage(address)
    await storage.open()
    try:
        held = set(passing)
        async with storage.transaction(company, actor) as store:
            await store.payers.create_many(
                payers(len(staying | passing)), ids=[ids[place] for place in staying | passing]
            )
        listed: list[UUID] = []
        after: UUID | None = None
        coming = iter(meanwhile)
        while True:
            async with storage.transaction(company, actor) as store:
                page = await store.payers.list(conditions, limit=limit, after=after)
            assert len(page.rows) <= limit
            listed += [row.id for row in page.rows]
            after = page.next_after
            if after is None:
                return listed
            change = next(coming, Meanwhile(frozenset(), frozenset()))
            filled, emptied = change.filled - staying - held, change.emptied & held
            held = (held | filled) - emptied
            async with storage.transaction(company, actor) as store:
                await store.payers.create_many(
                    payers(len(filled)), ids=[ids[place] for place in filled]
                )
                for place in emptied:
                    await store.payers.delete(ids[place], expected_version=1)
    finally:
        await storage.close()


def payers(count: int) -> list[PayerFields]:
    return [
        PayerFields(name="any", payer_identifier=new_id().hex, type=PayerType.OTHER)
        for _ in range(count)
    ]
