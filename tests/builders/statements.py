"""Counting the statements of a piece of work."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from psycopg import AsyncConnection

from storage.interface import Store
from storage.postgres.transaction import PostgresStore


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
