"""What is done to many rows of a company that is new to the database's statistics goes by keys."""

import psycopg
import pytest

from services.importing.reporting import Verdict
from storage.embedded import EmbeddedServer, RoleAddresses
from storage.files import FileVault
from storage.filters import ClaimFilter
from storage.interface import Store
from storage.postgres.transaction import PostgresStorage
from storage.security import APP_ROLE
from tests.builders.companies import make_company
from tests.builders.dumps import Importer, claim, keyed, line, payer
from tests.builders.keys import KEYRING
from tests.servers import migrated_database

pytestmark = pytest.mark.anyio

_CLAIMS = 300
_MOST_OF_A_CLAIM = 100
"""Rows that are read for each: its own, its lines, what they name, all several times."""
_DUMP = {
    "payers": keyed(payer()),
    "claims": keyed(
        *(
            claim(
                f"c{at}",
                patientId=f"pt{at}",
                patientName=f"Ada Quill{at}",
                subscriberId=f"SUB{at}",
                lineItems=[line(), line(id="l2", lineNumber=2, procedureCode="92015")],
            )
            for at in range(_CLAIMS)
        )
    ),
}

_ENDED = """
SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
WHERE datname = current_database() AND usename = %s
"""
"""What a connection has read is counted at the latest when it ends."""
_READ = """
SELECT sum(coalesce(idx_tup_fetch, 0) + seq_tup_read)::bigint FROM pg_stat_user_tables
WHERE relname IN ('claims', 'claim_lines', 'claim_facts', 'import_records', 'patients')
"""


async def rows_read(server: EmbeddedServer, addresses: RoleAddresses, vault: FileVault) -> int:
    """How many rows a new company's import reads, its reconciliation included."""
    storage = PostgresStorage(addresses.app, keyring=KEYRING)
    await storage.open()
    company = await make_company(addresses.owner, storage)
    with server.connect_as_superuser(addresses.database) as connection:
        before = counted(connection)
        found = await Importer(storage, vault, company).bring(_DUMP)
        assert found.verdict is Verdict.AGREES, found
        await storage.close()
        connection.execute(_ENDED, [APP_ROLE])
        return counted(connection) - before


def counted(connection: psycopg.Connection[tuple[object, ...]]) -> int:
    row = connection.execute(_READ).fetchone()
    assert row is not None
    return int(str(row[0]))


async def read_so_far(store: Store) -> int:
    """How many rows the transaction has read."""
    cursor = await store.connection.execute(  # type: ignore[attr-defined]
        _READ.replace("pg_stat_user_tables", "pg_stat_xact_user_tables")
    )
    (count,) = await cursor.fetchone()
    return int(count)


async def test_an_import_reads_no_more_where_only_other_companies_are_known(
    server: EmbeddedServer, vault: FileVault
) -> None:
    """The planner takes a company that it has not heard of to have one row, and any index that
    begins with the company to be as good as the key: then each line reads every claim."""
    addresses = migrated_database(server, "unknown_companies")
    await rows_read(server, addresses, vault)
    with server.connect_as_superuser(addresses.database) as connection:
        connection.execute("VACUUM ANALYZE")
    assert await rows_read(server, addresses, vault) < _MOST_OF_A_CLAIM * _CLAIMS


async def test_facts_of_many_claims_are_reckoned_by_the_key_of_each(
    server: EmbeddedServer, vault: FileVault
) -> None:
    """Whoever changes them: they are computed before the transaction commits."""
    addresses = migrated_database(server, "unknown_facts")
    await rows_read(server, addresses, vault)
    with server.connect_as_superuser(addresses.database) as connection:
        connection.execute("VACUUM ANALYZE")
    storage = PostgresStorage(addresses.app, keyring=KEYRING)
    await storage.open()
    company = await make_company(addresses.owner, storage)
    await Importer(storage, vault, company).bring(_DUMP)
    async with storage.transaction(company.id, company.actor) as store:
        claims = await store.claims.all(ClaimFilter())
        versions = {each.id: each.version for each in claims}
        await store.claims.update_many(versions, {"notes": ["seen"] * len(claims)})
        before = await read_so_far(store)
        await store.refresh_facts()
        after = await read_so_far(store)
    await storage.close()
    assert after - before < _MOST_OF_A_CLAIM * _CLAIMS
