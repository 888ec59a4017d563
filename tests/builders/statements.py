"""Counting the statements of a piece of work."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, cast

from psycopg import AsyncConnection

from storage.interface import Store
from storage.postgres.transaction import PostgresStorage, PostgresStore


class CountingConnection:
    """The connection of a transaction, counting what is run on it."""

    def __init__(self, connection: AsyncConnection[Any]) -> None:
        self.connection = connection
        self.statements = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connection, name)

    async def execute(self, *arguments: Any, **options: Any) -> Any:
        self.statements += 1
        return await self.connection.execute(*arguments, **options)


@contextmanager
def counted(store: Store) -> Iterator[CountingConnection]:
    """Counts the statements of the transaction while it lasts."""
    assert isinstance(store, PostgresStore)
    counting = CountingConnection(store.connection)
    store.connection = cast("AsyncConnection[Any]", counting)
    try:
        yield counting
    finally:
        store.connection = counting.connection


class CountingStorage:
    """A storage that counts the statements of every transaction, its own ones at the end too."""

    def __init__(self, storage: PostgresStorage) -> None:
        self.storage = storage
        self.statements = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.storage, name)

    @asynccontextmanager
    async def transaction(self, *arguments: Any, **options: Any) -> AsyncIterator[Store]:
        counting: CountingConnection | None = None
        try:
            async with self.storage.transaction(*arguments, **options) as store:
                counting = CountingConnection(store.connection)
                store.connection = cast("AsyncConnection[Any]", counting)
                yield store
        finally:
            if counting is not None:
                self.statements += counting.statements
