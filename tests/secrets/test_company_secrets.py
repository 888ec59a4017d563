"""``store.secrets`` in transactions: made once, read by all, replaced while the program runs."""

import asyncio
import subprocess
from collections.abc import AsyncIterator

import psycopg
import pytest

from storage.embedded import EmbeddedServer, RoleAddresses
from storage.embedded.installation import Installation
from storage.errors import MasterKeyUnknown, SecretUnreadable
from storage.filters import AuditFilter, NoFilter
from storage.identifiers import new_id
from storage.interface import Store
from storage.postgres.transaction import PostgresStorage
from storage.secrets.company_secrets import CompanySecrets
from storage.secrets.keyring import Keyring
from storage.secrets.rotation import reseal_data_keys
from storage.secrets.usage import MasterKeyMissing, check_master_keys, master_keys_in_use
from tests.builders.companies import CompanyForTests
from tests.builders.keys import KEYRING
from tests.secrets.conftest import AFTER, NEW_KEY, StorageWith

pytestmark = pytest.mark.anyio

PURPOSE = "mailboxes.sealed_password"
ROW = new_id()


async def sealed_by(storage: PostgresStorage, company: CompanyForTests, secret: bytes) -> bytes:
    async with storage.transaction(company.id, company.actor) as store:
        return await store.secrets.seal(PURPOSE, ROW, secret)


async def opened_by(storage: PostgresStorage, company: CompanyForTests, sealed: bytes) -> bytes:
    async with storage.transaction(company.id, company.actor) as store:
        return await store.secrets.open(PURPOSE, ROW, sealed)


async def test_the_first_use_makes_a_key_and_later_ones_find_it(
    storage: PostgresStorage, company: CompanyForTests
) -> None:
    sealed = await sealed_by(storage, company, b"hunter2")
    assert await opened_by(storage, company, sealed) == b"hunter2"
    async with storage.transaction(company.id, company.actor) as store:
        assert [row.number for row in await store.data_keys.all(NoFilter())] == [1]


async def test_first_uses_at_once_make_one_key(
    storage: PostgresStorage, company: CompanyForTests
) -> None:
    sealed = await asyncio.gather(*(sealed_by(storage, company, bytes([n])) for n in range(8)))
    for number, each in enumerate(sealed):
        assert await opened_by(storage, company, each) == bytes([number])
    async with storage.transaction(company.id, company.actor) as store:
        assert await store.data_keys.count(NoFilter()) == 1


async def test_a_key_that_a_savepoint_takes_back_is_not_used_after_it(
    storage: PostgresStorage, company: CompanyForTests
) -> None:
    async def undone(store: Store) -> None:
        async with store.savepoint():
            await store.secrets.seal(PURPOSE, ROW, b"undone")
            raise ZeroDivisionError

    async with storage.transaction(company.id, company.actor) as store:
        with pytest.raises(ZeroDivisionError):
            await undone(store)
        sealed = await store.secrets.seal(PURPOSE, ROW, b"hunter2")
    assert await opened_by(storage, company, sealed) == b"hunter2"


async def test_another_company_cannot_open_it(
    storage: PostgresStorage, company: CompanyForTests, other_company: CompanyForTests
) -> None:
    sealed = await sealed_by(storage, company, b"hunter2")
    with pytest.raises(SecretUnreadable):
        await opened_by(storage, other_company, sealed)
    await sealed_by(storage, other_company, b"so that it has a key of that number")
    with pytest.raises(SecretUnreadable):
        await opened_by(storage, other_company, sealed)


async def test_a_data_key_that_was_carried_to_another_company_opens_nothing(
    storage: PostgresStorage,
    company: CompanyForTests,
    other_company: CompanyForTests,
    superuser: psycopg.AsyncConnection[tuple[object, ...]],
) -> None:
    sealed = await sealed_by(storage, company, b"hunter2")
    await sealed_by(storage, other_company, b"so that there is a row")
    await superuser.execute(
        "UPDATE data_keys SET sealed_key = (SELECT sealed_key FROM data_keys WHERE company_id = %s)"
        " WHERE company_id = %s",
        [company.id, other_company.id],
    )
    with pytest.raises(SecretUnreadable):
        await opened_by(storage, other_company, sealed)


@pytest.fixture
async def superuser(
    server: EmbeddedServer, addresses: RoleAddresses
) -> AsyncIterator[psycopg.AsyncConnection[tuple[object, ...]]]:
    """Somebody who can change every row."""
    url = server.url("postgres", addresses.database)
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        yield connection


async def test_pseudonyms_stay_the_same_under_new_data_keys(
    storage: PostgresStorage, company: CompanyForTests
) -> None:
    async def pseudonym(store: Store) -> bytes:
        return await store.secrets.pseudonym("patients.name_key", "Edith")

    async with storage.transaction(company.id, company.actor) as store:
        before = await pseudonym(store)
        await CompanySecrets(store, KEYRING).add_key()
        assert await pseudonym(store) == before
    async with storage.transaction(company.id, company.actor) as store:
        assert await pseudonym(store) == before


async def test_a_new_data_key_seals_and_the_earlier_one_opens(
    storage: PostgresStorage, company: CompanyForTests
) -> None:
    old = await sealed_by(storage, company, b"before")
    async with storage.transaction(company.id, company.actor) as reading:
        assert await reading.secrets.open(PURPOSE, ROW, old) == b"before"
        async with storage.transaction(company.id, company.actor) as store:
            await CompanySecrets(store, KEYRING).add_key()
        new = await sealed_by(storage, company, b"after")
        assert await reading.secrets.open(PURPOSE, ROW, new) == b"after"
    assert (old[4], new[4]) == (1, 2)
    assert await opened_by(storage, company, old) == b"before"


async def test_master_keys_are_replaced_while_others_read_and_write(
    storage_with: StorageWith, company: CompanyForTests
) -> None:
    under_way, done = asyncio.Event(), asyncio.Event()
    written: list[tuple[bytes, bytes]] = []

    async def write(storage: PostgresStorage) -> None:
        number = 0
        while not done.is_set() or number < 5:
            secret = number.to_bytes(4, "big")
            written.append((secret, await sealed_by(storage, company, secret)))
            number += 1
            if number == 5:
                under_way.set()

    async def read(storage: PostgresStorage) -> None:
        rounds = 0
        while not done.is_set() or rounds < 5:
            for secret, sealed in written[-3:]:
                assert await opened_by(storage, company, sealed) == secret
            rounds += 1
            await asyncio.sleep(0)

    async def rotate(storage: PostgresStorage) -> None:
        await under_way.wait()
        assert await reseal_data_keys(storage, company.id, AFTER) == 1
        assert await reseal_data_keys(storage, company.id, AFTER) == 0
        done.set()

    prepared = Keyring(bytes(32), [NEW_KEY])
    async with storage_with(prepared) as not_yet_restarted, storage_with(AFTER) as restarted:
        await sealed_by(not_yet_restarted, company, b"makes the data key, under the former key")
        async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
            for storage in (not_yet_restarted, restarted):
                tasks.create_task(write(storage))
                tasks.create_task(read(storage))
            tasks.create_task(rotate(restarted))

    async with storage_with(Keyring(NEW_KEY)) as new_key_alone:
        for secret, sealed in written:
            assert await opened_by(new_key_alone, company, sealed) == secret


async def test_a_program_without_the_key_is_told_which_one_it_lacks(
    storage: PostgresStorage, storage_with: StorageWith, company: CompanyForTests
) -> None:
    sealed = await sealed_by(storage, company, b"hunter2")
    async with storage_with(Keyring(NEW_KEY)) as wrong:
        with pytest.raises(MasterKeyUnknown) as unknown:
            await opened_by(wrong, company, sealed)
    assert unknown.value.master_key_id == KEYRING.current.id


async def test_a_program_whose_keys_do_not_fit_does_not_start(
    storage: PostgresStorage, company: CompanyForTests, addresses: RoleAddresses
) -> None:
    await sealed_by(storage, company, b"hunter2")
    check_master_keys(addresses.app, Keyring(NEW_KEY, [NEW_KEY, bytes(32)]))
    with pytest.raises(MasterKeyMissing) as refused:
        check_master_keys(addresses.app, Keyring(NEW_KEY))
    assert KEYRING.current.id in str(refused.value)
    assert master_keys_in_use(addresses.worker)[KEYRING.current.id] >= 1


async def test_counting_master_keys_leaves_the_transaction_bound_as_it_was(
    addresses: RoleAddresses, company: CompanyForTests
) -> None:
    with psycopg.connect(addresses.app) as connection:
        bound = "SELECT nullif(current_setting('app.company_id', true), '')"
        connection.execute("SELECT * FROM master_keys_in_use()")
        assert connection.execute(bound).fetchone() == (None,)
        connection.execute(f"SET LOCAL app.company_id = '{company.id}'".encode())
        connection.execute("SELECT * FROM master_keys_in_use()")
        assert connection.execute(bound).fetchone() == (str(company.id),)


async def test_replacing_a_key_leaves_a_trail_without_the_key(
    storage_with: StorageWith, storage: PostgresStorage, company: CompanyForTests
) -> None:
    await sealed_by(storage, company, b"hunter2")
    async with storage_with(AFTER) as restarted:
        await reseal_data_keys(restarted, company.id, AFTER)
        async with restarted.transaction(company.id, company.actor) as store:
            trail = await store.audit_log.all(AuditFilter(entity="data_keys"))
    assert [each.after for each in trail] == [
        {"number": 1, "master_key_id": KEYRING.current.id},
        {"master_key_id": AFTER.current.id},
    ]


async def test_neither_the_dump_nor_the_list_of_statements_shows_a_secret(
    storage: PostgresStorage,
    company: CompanyForTests,
    server: EmbeddedServer,
    addresses: RoleAddresses,
) -> None:
    secret = b"correct-horse-battery-staple"
    async with storage.transaction(company.id, company.actor) as store:
        sealed = await store.secrets.seal(PURPOSE, ROW, secret)
        data_key = await CompanySecrets(store, KEYRING).newest_key()
        with server.connect_as_superuser(addresses.database) as connection:
            shown = connection.execute("SELECT query FROM pg_stat_activity").fetchall()
    url = server.url("postgres", addresses.database)
    process = await asyncio.create_subprocess_exec(
        Installation.of_wheel().program("pg_dump"), url, stdout=subprocess.PIPE
    )
    dump, _ = await process.communicate()
    assert process.returncode == 0
    assert str(company.id).encode() in dump
    for text in (repr(shown).encode(), dump):
        assert secret not in text
        assert secret.hex().encode() not in text
        assert data_key._key.hex().encode() not in text
        assert sealed.hex().encode() not in repr(shown).encode()
