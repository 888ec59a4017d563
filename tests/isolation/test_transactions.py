"""A transaction is bound to its company, and nothing of it stays behind on the connection."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from storage.embedded import EmbeddedServer, RoleAddresses
from storage.errors import (
    CompanyNotBound,
    ConstraintRefused,
    DuplicateValue,
    NothingCommitted,
    ReferenceNotFound,
    RowNotFound,
    VersionConflict,
)
from storage.filters import NoFilter, PayerFilter
from storage.identifiers import new_id
from storage.interface import Store
from storage.postgres.transaction import PostgresStorage
from storage.tables.claims import ClaimBatchFields, PayerFields
from storage.vocabulary.claims import BatchStatus, PayerType
from tests.builders.companies import make_company
from tests.isolation.conftest import Furnished
from tests.servers import migrated_database

pytestmark = pytest.mark.anyio

_ROUNDS, _ROWS = 20, 200


@pytest.fixture
async def narrow(addresses: RoleAddresses) -> AsyncIterator[PostgresStorage]:
    """Storage with one connection, which every transaction has after the last."""
    storage = PostgresStorage(addresses.app, maximum_connections=1)
    await storage.open()
    yield storage
    await storage.close()


def a_payer(name: str = "payer") -> PayerFields:
    return PayerFields(name=name, payer_identifier=new_id().hex, type=PayerType.OTHER)


async def left_behind(storage: PostgresStorage) -> tuple[str, int]:
    """The company that the idle connection is bound to, and how many payers it sees."""
    async with storage.pool.connection() as connection:
        cursor = await connection.execute(
            "SELECT coalesce(current_setting('app.company_id', true), ''),"
            " (SELECT count(*) FROM payers)"
        )
        company, count = await cursor.fetchone() or ("unknown", -1)
    return company, count


async def test_the_binding_ends_with_the_transaction(
    narrow: PostgresStorage, theirs: Furnished
) -> None:
    async with narrow.transaction(theirs.id, theirs.company.actor) as store:
        assert await store.payers.count(PayerFilter()) > 0
    assert await left_behind(narrow) == ("", 0)


async def test_the_binding_ends_with_a_failure(narrow: PostgresStorage, theirs: Furnished) -> None:
    with pytest.raises(RowNotFound):
        async with narrow.transaction(theirs.id, theirs.company.actor) as store:
            await store.payers.get(new_id())
    assert await left_behind(narrow) == ("", 0)


async def test_the_binding_ends_with_a_cancellation(
    narrow: PostgresStorage, theirs: Furnished
) -> None:
    begun = asyncio.Event()

    async def work() -> None:
        async with narrow.transaction(theirs.id, theirs.company.actor) as store:
            begun.set()
            await store.wait_for_lock("a lock that nobody else wants")
            await store.connection.execute("SELECT pg_sleep(60)")  # type: ignore[attr-defined]

    task = asyncio.create_task(work())
    await begun.wait()
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await left_behind(narrow) == ("", 0)


async def test_the_next_company_on_the_connection_sees_its_own_rows(
    narrow: PostgresStorage, ours: Furnished, theirs: Furnished
) -> None:
    for company in (ours, theirs, ours):
        async with narrow.transaction(company.id, company.company.actor) as store:
            found = await store.companies.all(NoFilter())
        assert [row.id for row in found] == [company.id]


@pytest.mark.parametrize(
    "company",
    [
        None,
        "",
        "01a1fd87-34ee-71ca-b850-10bcf0bfc799",
        "x'; SET LOCAL app.company_id = '01a1fd87-34ee-71ca-b850-10bcf0bfc799",
        b"0123456789abcdef",
        7,
    ],
)
async def test_only_a_uuid_binds_a_transaction(
    narrow: PostgresStorage, theirs: Furnished, company: UUID
) -> None:
    with pytest.raises(CompanyNotBound):
        async with narrow.transaction(company, theirs.company.actor):
            pass


async def test_what_looks_like_a_uuid_and_writes_something_else_binds_nothing_else(
    narrow: PostgresStorage, ours: Furnished, theirs: Furnished
) -> None:
    class Disguised(UUID):
        def __str__(self) -> str:
            return str(theirs.id)

    async with narrow.transaction(Disguised(ours.id.hex), ours.company.actor) as store:
        found = await store.companies.all(NoFilter())
    assert [row.id for row in found] == [ours.id]


async def test_an_unknown_company_is_empty(narrow: PostgresStorage, theirs: Furnished) -> None:
    async with narrow.transaction(new_id(), theirs.company.actor) as store:
        assert await store.payers.all(PayerFilter()) == []


async def test_another_companys_row_is_as_absent_as_none(
    narrow: PostgresStorage, ours: Furnished, theirs: Furnished
) -> None:
    (foreign, *_) = theirs.ids["payers"]
    async with narrow.transaction(ours.id, ours.company.actor) as store:
        for row_id in (foreign, new_id()):
            with pytest.raises(RowNotFound):
                await store.payers.get(row_id)
            with pytest.raises(RowNotFound):
                await store.payers.lock(row_id)
            with pytest.raises(RowNotFound):
                await store.payers.update(row_id, {"name": "ours"}, expected_version=1)
            with pytest.raises(RowNotFound):
                await store.payers.delete(row_id, expected_version=1)
            with pytest.raises(VersionConflict):
                await store.payers.delete_many({row_id: 1})
            assert await store.payers.get_many([row_id]) == []
            with pytest.raises(ReferenceNotFound) as refused:
                async with store.savepoint():
                    await store.claim_batches.create(a_batch(row_id))
            assert refused.value.columns == ("payer_id",)


def a_batch(payer_id: UUID) -> ClaimBatchFields:
    return ClaimBatchFields(
        batch_number=new_id().hex,
        payer_id=payer_id,
        status=BatchStatus.COMPLETED,
        claim_count=0,
        refused_count=0,
        total_charge_cents=0,
    )


async def test_a_cursor_of_another_company_opens_nothing(
    narrow: PostgresStorage, ours: Furnished, theirs: Furnished
) -> None:
    last = max(theirs.ids["payers"])
    async with narrow.transaction(ours.id, ours.company.actor) as store:
        page = await store.payers.list(PayerFilter(), after=last)
    assert {row.company_id for row in page.rows} <= {ours.id}


async def test_numbers_and_locks_are_each_companys_own(
    storage: PostgresStorage, ours: Furnished, theirs: Furnished
) -> None:
    async with (
        storage.transaction(ours.id, ours.company.actor) as mine,
        storage.transaction(theirs.id, theirs.company.actor) as yours,
    ):
        assert await mine.try_lock("one name")
        assert await yours.try_lock("one name")
        name = new_id().hex
        assert [await mine.numbers.take(name, 5), await yours.numbers.take(name)] == [1, 1]


async def test_work_that_passed_over_a_failed_statement_is_not_acknowledged(
    narrow: PostgresStorage, ours: Furnished
) -> None:
    made = a_payer()

    async def work() -> None:
        async with narrow.transaction(ours.id, ours.company.actor) as store:
            await store.payers.create(made)
            with contextlib.suppress(ReferenceNotFound):
                await store.claim_batches.create(a_batch(new_id()))

    with pytest.raises(NothingCommitted):
        await work()
    async with narrow.transaction(ours.id, ours.company.actor) as store:
        kept = {row.payer_identifier for row in await store.payers.all(PayerFilter())}
    assert made.payer_identifier not in kept


async def test_savepoints_within_savepoints_undo_exactly_their_own(
    narrow: PostgresStorage, ours: Furnished
) -> None:
    async with narrow.transaction(ours.id, ours.company.actor) as store:
        before = await store.payers.count(PayerFilter())
        with contextlib.suppress(Undone):
            async with store.savepoint():
                await store.payers.create(a_payer())
                with contextlib.suppress(Undone):
                    async with store.savepoint():
                        await store.payers.create(a_payer())
                        raise Undone
                assert await store.payers.count(PayerFilter()) == before + 1
                raise Undone
        assert await store.payers.count(PayerFilter()) == before


class Undone(Exception):
    pass


async def test_a_value_that_no_column_can_hold_is_refused_by_name(
    narrow: PostgresStorage, ours: Furnished
) -> None:
    async with narrow.transaction(ours.id, ours.company.actor) as store:
        with pytest.raises(ConstraintRefused, match="value_can_be_kept"):
            async with store.savepoint():
                await store.payers.create(a_payer("nul \0 byte"))
        with pytest.raises(ConstraintRefused, match="value_can_be_kept"):
            async with store.savepoint():
                await store.claim_batches.create(
                    ClaimBatchFields(
                        batch_number="too much",
                        payer_id=ours.ids["payers"][0],
                        status=BatchStatus.COMPLETED,
                        claim_count=0,
                        refused_count=0,
                        total_charge_cents=2**63,
                    )
                )


async def test_what_is_sent_ahead_is_there_once_it_is_asked_for(
    narrow: PostgresStorage, theirs: Furnished
) -> None:
    async with narrow.transaction(theirs.id, theirs.company.actor) as store:
        before = await store.payers.count(PayerFilter())
        async with store.sending_ahead():
            await store.payers.create_many([a_payer("first")])
            await store.payers.create_many([a_payer("second")])
            assert await store.payers.count(PayerFilter()) == before + 2
    assert await left_behind(narrow) == ("", 0)


async def test_what_was_sent_ahead_and_is_refused_leaves_nothing(
    narrow: PostgresStorage, theirs: Furnished
) -> None:
    payer = a_payer()

    async def written_twice() -> None:
        async with (
            narrow.transaction(theirs.id, theirs.company.actor) as store,
            store.sending_ahead(),
        ):
            await store.payers.create_many([payer])
            await store.payers.create_many([payer])

    with pytest.raises(DuplicateValue):
        await written_twice()
    async with narrow.transaction(theirs.id, theirs.company.actor) as store:
        assert not await store.payers.count(PayerFilter(payer_identifier=payer.payer_identifier))
    assert await left_behind(narrow) == ("", 0)


async def test_what_is_sent_ahead_is_checked_row_by_row_however_small_its_tables_were(
    server: EmbeddedServer,
) -> None:
    """Of tables that were all but empty when a transaction began there are no statistics, and every
    index that begins with the company looks as good as the key."""

    async def payers_read(store: Store) -> int:
        cursor = await store.connection.execute(  # type: ignore[attr-defined]
            "SELECT idx_tup_fetch + seq_tup_read FROM pg_stat_xact_user_tables"
            " WHERE relname = 'payers'"
        )
        (count,) = await cursor.fetchone()
        return int(count)

    addresses = migrated_database(server, "never_analysed")
    storage = PostgresStorage(addresses.app)
    await storage.open()
    company = await make_company(addresses.owner, storage)
    async with storage.transaction(company.id, company.actor) as store, store.sending_ahead():
        before = after = 0
        for _ in range(_ROUNDS):
            payers = await store.payers.create_many([a_payer() for _ in range(_ROWS)])
            before = await payers_read(store)
            await store.claim_batches.create_many([a_batch(each) for each in payers])
            after = await payers_read(store)
    await storage.close()
    assert after - before <= _ROWS
