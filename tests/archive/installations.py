"""What companies leave and reach, as its owner sees it."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import psycopg
from psycopg import sql

from storage.archive.manifest import Manifest
from storage.archive.selection import TABLES_LEFT_OUT, archived_tables
from storage.embedded import RoleAddresses
from storage.interface import Store
from storage.postgres.transaction import PostgresStorage
from storage.secrets.keyring import Keyring
from storage.trail.keys import Signer
from tests.builders.companies import CompanyForTests
from tests.builders.tenant_rows import Connection, bind

PASSPHRASE = "correct horse battery staple"
THEIR_KEYRING = Keyring(bytes(range(32)))
SIGNER = Signer(bytes(range(32)))
TAX_IDENTIFIER = b"123456789"
LETTER = b"A letter. " * 300_000
Found = TypeVar("Found")
Export = Callable[[CompanyForTests], Path]
Bring = Callable[..., Manifest]


def forget(installation: RoleAddresses, company_id: UUID) -> None:
    """Take a company out of an installation, as its owner."""
    with psycopg.connect(installation.owner) as owner:
        bind(owner, company_id)
        carried = [each.name for each in archived_tables()]
        for table in [*TABLES_LEFT_OUT, *reversed(carried)]:
            owner.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
        owner.execute("DELETE FROM company_directory WHERE company_id = %s", [company_id])


def rows(installation: RoleAddresses, company_id: UUID) -> dict[str, list[object]]:
    """All of a company's rows by table, without what an archive leaves out by name."""
    found: dict[str, list[object]] = {}
    with psycopg.connect(installation.owner) as owner:
        bind(owner, company_id)
        for table in archived_tables():
            found[table.name] = [
                row
                for (row,) in owner.execute(
                    sql.SQL("SELECT to_jsonb(t) - %s::text[] FROM {} AS t ORDER BY id").format(
                        sql.Identifier(table.name)
                    ),
                    [list(table.treated)],
                )
            ]
    return found


def arrived(installation: RoleAddresses, company_id: UUID) -> dict[str, list[object]]:
    """All of a company's rows as it came, without the one that says that it did."""
    found = rows(installation, company_id)
    match found["api_log"].pop():
        case {"operation": "import_company", "record_id": record_id}:
            assert record_id == str(company_id)
        case other:
            raise AssertionError(f"{other} is the last of its log")
    return found


def asked(
    installation: RoleAddresses, company: CompanyForTests, ask: Callable[[Store], Awaitable[Found]]
) -> Found:
    """What the program of the other installation says of a company."""

    async def found() -> Found:
        storage = PostgresStorage(installation.app, keyring=THEIR_KEYRING)
        await storage.open()
        try:
            async with storage.transaction(company.id, company.actor) as store:
                return await ask(store)
        finally:
            await storage.close()

    return asyncio.run(found())


def scalar(connection: Connection, query: str) -> object:
    return connection.execute(query.encode()).fetchall()[0][0]


def nothing_is_there(installation: RoleAddresses, company_id: UUID, files: Path) -> bool:
    """Whether an installation has no row and no file of a company."""
    with psycopg.connect(installation.owner) as owner:
        bind(owner, company_id)
        tables = [*TABLES_LEFT_OUT, *(table.name for table in archived_tables())]
        counts = [scalar(owner, f"SELECT count(*) FROM {table}") for table in tables]  # noqa: S608
        listed = owner.execute(
            "SELECT 1 FROM company_directory WHERE company_id = %s", [company_id]
        ).fetchall()
    return not any(counts) and not listed and not [f for f in files.rglob("*") if f.is_file()]
