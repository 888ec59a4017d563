"""After a logical restore transaction ids begin again, and the chain goes on in a new era."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import psycopg
import pytest

from storage import migrations
from storage.embedded import EmbeddedServer, RoleAddresses, provision
from storage.postgres.transaction import PostgresStorage
from storage.trail.findings import FindingKind
from storage.trail.keys import KnownKeys, Signer
from storage.trail.sealer import seal_company
from tests.builders.companies import CompanyForTests
from tests.servers import chosen_server
from tests.trail.logs import look, only, report, seals_of

pytestmark = pytest.mark.anyio

Superuser = psycopg.Connection[tuple[object, ...]]

_COPIED = ("companies", "principals", "audit_log", "api_log", "ledger_entries", "seals")


@dataclass
class Elsewhere:
    """Another cluster of its own identifier: a way to restore a company into it, its storage."""

    addresses: RoleAddresses
    superuser: Superuser
    worker: PostgresStorage

    def restore(self, source: Superuser, company: CompanyForTests) -> None:
        """Copy a company's rows, transaction ids included, as a logical dump would."""
        for table in _COPIED:
            where = f"WHERE company_id = '{company.id}'"
            out = f"COPY (SELECT * FROM {table} {where}) TO STDOUT"  # noqa: S608
            into = f"COPY {table} FROM STDIN"
            with (
                source.cursor().copy(out.encode()) as rows,
                self.superuser.cursor().copy(into.encode()) as copy,
            ):
                for block in rows:
                    copy.write(block)


@pytest.fixture(scope="module")
def other_cluster(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[RoleAddresses, Superuser]]:
    directory = tmp_path_factory.mktemp("elsewhere")
    server = EmbeddedServer(directory / "data", binaries=chosen_server().binaries, unsafe_fast=True)
    server.start()
    addresses = provision(server, "wellkept")
    migrations.upgrade(addresses.owner)
    with server.connect_as_superuser(addresses.database) as superuser:
        yield addresses, superuser
    server.stop()


@pytest.fixture
async def elsewhere(other_cluster: tuple[RoleAddresses, Superuser]) -> AsyncIterator[Elsewhere]:
    addresses, superuser = other_cluster
    worker = PostgresStorage(addresses.worker)
    await worker.open()
    yield Elsewhere(addresses, superuser, worker)
    await worker.close()


def burn_transactions(superuser: Superuser, count: int) -> None:
    """Let a cluster's transaction ids run ahead."""
    superuser.execute(
        f"DO $$ BEGIN FOR i IN 1..{count} LOOP"
        " PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$".encode()
    )


@pytest.mark.parametrize("sealed_before", [True, False])
async def test_a_restored_company_goes_on_in_a_new_era(
    worker: PostgresStorage,
    company: CompanyForTests,
    as_superuser: Superuser,
    elsewhere: Elsewhere,
    signer: Signer,
    keys: KnownKeys,
    *,
    sealed_before: bool,
) -> None:
    burn_transactions(as_superuser, 3000)
    if sealed_before:
        await look(worker, company, 3)
        await seal_company(worker, company.id, signer)
    await look(worker, company, 2)
    elsewhere.restore(as_superuser, company)
    await look(elsewhere.worker, company, 4)
    for count in (0, 1, 0):
        await look(elsewhere.worker, company, count)
        await seal_company(elsewhere.worker, company.id, signer)
    seals = await seals_of(elsewhere.worker, company)
    found = await report(elsewhere.worker, company, keys)
    expected = [3] * sealed_before + [2, 4, 1]
    assert [seal.member_count for seal in seals] == expected
    assert [seal.after_id is None for seal in seals] == [True] * (len(expected) - 2) + [False] * 2
    assert (found.is_clean, found.sealed_rows, found.pending_rows) == (True, sum(expected), 0)


async def test_a_quiet_company_begins_its_new_era_once(
    worker: PostgresStorage,
    company: CompanyForTests,
    as_superuser: Superuser,
    elsewhere: Elsewhere,
    signer: Signer,
    keys: KnownKeys,
) -> None:
    burn_transactions(as_superuser, 3000)
    await look(worker, company, 3)
    await seal_company(worker, company.id, signer)
    elsewhere.restore(as_superuser, company)
    rounds = [await seal_company(elsewhere.worker, company.id, signer) for _ in range(3)]
    assert [each.members for each in rounds] == [0, 0, 0]
    assert [each.seals for each in rounds][1:] == [0, 0]
    assert (await report(elsewhere.worker, company, keys)).is_clean


async def test_where_the_new_cluster_is_ahead_of_the_old_one_nothing_is_lost_either(
    worker: PostgresStorage,
    company: CompanyForTests,
    as_superuser: Superuser,
    elsewhere: Elsewhere,
    signer: Signer,
    keys: KnownKeys,
) -> None:
    await look(worker, company, 3)
    await seal_company(worker, company.id, signer)
    await look(worker, company, 2)
    elsewhere.restore(as_superuser, company)
    burn_transactions(elsewhere.superuser, 60_000)
    await look(elsewhere.worker, company, 4)
    await seal_company(elsewhere.worker, company.id, signer)
    found = await report(elsewhere.worker, company, keys)
    seals = await seals_of(elsewhere.worker, company)
    assert len({seal.cluster_id for seal in seals}) == 2
    assert (found.is_clean, found.sealed_rows, found.pending_rows) == (True, 9, 0)


async def test_rows_of_the_old_era_stay_guarded_in_the_new_one(
    worker: PostgresStorage,
    company: CompanyForTests,
    as_superuser: Superuser,
    elsewhere: Elsewhere,
    signer: Signer,
    keys: KnownKeys,
) -> None:
    burn_transactions(as_superuser, 3000)
    old = await look(worker, company, 3)
    await seal_company(worker, company.id, signer)
    elsewhere.restore(as_superuser, company)
    new = await look(elsewhere.worker, company, 3)
    await seal_company(elsewhere.worker, company.id, signer)
    elsewhere.superuser.execute("UPDATE api_log SET outcome = 500 WHERE id = %s", [old[1]])
    altered = only(await report(elsewhere.worker, company, keys))
    elsewhere.superuser.execute("UPDATE api_log SET outcome = 200 WHERE id = %s", [old[1]])
    elsewhere.superuser.execute("DELETE FROM api_log WHERE id = %s", [new[0]])
    removed = only(await report(elsewhere.worker, company, keys))
    assert (altered.kind, altered.row_id) == (FindingKind.ALTERED, old[1])
    assert (removed.kind, removed.row_id) == (FindingKind.REMOVED, new[0])
