"""Records that come in any order, read again by what they belong to.

They lie in a temporary table of the transaction and are sorted there, so that it is the database's
disk that grows with them and nobody's memory.
"""

from collections.abc import AsyncIterator, Sequence

import psycopg

from storage.imports import GatheredRecord
from storage.postgres.bound import BoundTransaction
from storage.postgres.errors import translate

_LONGEST_SORT = "15min"
"""Of how many records it is one statement, only the files say."""

_PLACE = """
CREATE TEMPORARY TABLE gathered_records (
    owner_id uuid, place bigint NOT NULL, ordinal bigint NOT NULL, key text, content text NOT NULL
) ON COMMIT DROP
"""

_BY_OWNER = """
DECLARE gathered_by_owner NO SCROLL CURSOR FOR
SELECT owner_id, place, ordinal, key, content FROM gathered_records
ORDER BY owner_id NULLS LAST, place, ordinal
"""


class PostgresGathering:
    """See ``storage.interface.Gathering``."""

    def __init__(self, store: BoundTransaction) -> None:
        self._store = store

    async def begin(self) -> None:
        """Make the place for the records; whoever reads them from a file may pause as long."""
        await self._store.execute(_PLACE)
        await self._store.execute(f"SET LOCAL statement_timeout = '{_LONGEST_SORT}'")
        await self._store.execute("SET LOCAL idle_in_transaction_session_timeout = 0")

    async def add(self, records: Sequence[GatheredRecord]) -> None:
        try:
            async with (
                self._store.connection.cursor() as cursor,
                cursor.copy(
                    "COPY gathered_records (owner_id, place, ordinal, key, content) FROM STDIN"
                ) as copy,
            ):
                for each in records:
                    await copy.write_row(
                        (each.owner_id, each.place, each.ordinal, each.key, each.text)
                    )
        except psycopg.Error as error:
            if (known := translate(error)) is not None:
                raise known from error
            raise

    async def by_owner(self, *, at_once: int) -> AsyncIterator[list[GatheredRecord]]:
        await self._store.execute(_BY_OWNER)
        while True:
            cursor = await self._store.execute(f"FETCH {at_once:d} FROM gathered_by_owner")
            found = [GatheredRecord(*row) for row in await cursor.fetchall()]
            if not found:
                break
            yield found
        await self._store.execute("CLOSE gathered_by_owner")
