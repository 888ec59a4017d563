"""The list of companies, for the worker and the operator; the program's role cannot read it."""

from dataclasses import dataclass
from uuid import UUID

from storage.postgres.transaction import PostgresStorage


@dataclass(frozen=True)
class ListedCompany:
    """A company by its id and its slug."""

    id: UUID
    slug: str


async def companies(storage: PostgresStorage) -> list[ListedCompany]:
    """Every company that is open, oldest first. Storage is open as the worker or the owner.

    Raises psycopg.errors.InsufficientPrivilege for the program's role.
    """
    async with storage.pool.connection() as connection:
        cursor = await connection.execute(
            "SELECT company_id, slug FROM company_directory WHERE closed_at IS NULL"
            " ORDER BY company_id"
        )
        return [ListedCompany(*row) for row in await cursor.fetchall()]
