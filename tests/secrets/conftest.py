"""What tests of secrets share: companies of one test alone, and storages with other keys."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from storage.embedded import RoleAddresses
from storage.postgres.transaction import PostgresStorage
from storage.secrets.keyring import Keyring
from tests.builders.keys import MASTER_KEY

NEW_KEY = bytes(range(32))
AFTER = Keyring(NEW_KEY, [MASTER_KEY])
"""The keyring once the master key has been replaced."""

StorageWith = Callable[[Keyring], AbstractAsyncContextManager[PostgresStorage]]


@pytest.fixture
def storage_with(addresses: RoleAddresses) -> StorageWith:
    """Storage of a program that was given other keys."""

    @asynccontextmanager
    async def opened(keyring: Keyring) -> AsyncIterator[PostgresStorage]:
        storage = PostgresStorage(addresses.worker, keyring=keyring)
        await storage.open()
        yield storage
        await storage.close()

    return opened
