"""What tests of secrets share: companies of one test alone, and storages with other keys."""

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from uuid import UUID

import pytest

from storage.embedded import RoleAddresses
from storage.postgres.transaction import PostgresStorage
from storage.secrets.data_key import DataKey
from storage.secrets.keyring import NONCE_BYTES, Keyring
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


def sealed_before(key: DataKey, company_id: UUID, purpose: str, plaintext: bytes) -> bytes:
    """A secret as the first version of the program sealed it: bound to no row."""
    head = b"\x01" + key.number.to_bytes(4, "big")
    nonce = secrets.token_bytes(NONCE_BYTES)
    bound = head + company_id.bytes + purpose.encode()
    return head + nonce + key._cipher.encrypt(nonce, plaintext, bound)
