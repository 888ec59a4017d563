"""Imports that break off, meet another, or are not agreed to leave the books whole."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.importing.reporting import Verdict
from services.importing.running import Progress
from storage.embedded import EmbeddedServer, RoleAddresses
from storage.errors import StorageUnavailable
from storage.files import FileVault
from storage.files.local import LocalFileStore
from storage.filters import (
    ByClaim,
    ByImport,
    ClaimAppealFilter,
    ClaimFilter,
    LedgerFilter,
    PayerFilter,
)
from storage.postgres.transaction import PostgresStorage
from storage.rows import BOOKKEEPING
from storage.tables.importing import DataImport
from storage.vocabulary.importing import ImportStatus
from tests.builders.companies import CompanyForTests, make_company
from tests.builders.dumps import Importer, appeal, claim, keyed, line_row, of_map, payer
from tests.builders.keys import KEYRING
from tests.servers import chosen_server, migrated_database, start_test_server

pytestmark = pytest.mark.anyio

DUMP: dict[str, Any] = {
    "payers": keyed(payer()),
    "claims": keyed(claim("c1", claimNumber="CLM-1041"), claim("c2"), claim("c3")),
    "appeals": [appeal(), appeal("a2")],
}


@pytest.fixture
def importer(storage: PostgresStorage, vault: FileVault, company: CompanyForTests) -> Importer:
    return Importer(storage, vault, company)


async def counted(importer: Importer) -> tuple[int, int, int]:
    """Payers, claims and appeals."""
    company = importer.company
    async with importer.storage.transaction(company.id, company.actor) as store:
        return (
            await store.payers.count(PayerFilter()),
            await store.claims.count(ClaimFilter()),
            await store.claim_appeals.count(ClaimAppealFilter()),
        )


async def test_two_imports_of_one_dump_come_one_after_the_other(importer: Importer) -> None:
    first, second = [await importer.receive(DUMP) for _ in range(2)]
    is_checked, waits = asyncio.Event(), asyncio.Event()

    async def agree(_: DataImport) -> bool:
        is_checked.set()
        await waits.wait()
        return True

    def tell(progress: Progress) -> None:
        """Nothing of the second is gone through before it has waited."""
        if not waits.is_set():
            assert progress.map_name == "waiting for another import"
            waits.set()

    at_work = asyncio.create_task(importer.go_on(first, agree=agree))
    await is_checked.wait()
    again = await importer.go_on(second, tell=tell)
    done = await at_work
    assert (done.verdict, again.verdict) == (Verdict.AGREES, Verdict.AGREES)
    assert of_map(again, "claims").unchanged_count == 3
    assert await counted(importer) == (1, 3, 2)


async def test_what_nobody_agrees_to_is_not_written(importer: Importer) -> None:
    async def decline(_: DataImport) -> bool:
        return False

    found = await importer.go_on(await importer.receive(DUMP), agree=decline)
    assert (found.status, found.verdict) == (ImportStatus.REFUSED, Verdict.UNDECIDED)
    assert found.refusal is not None
    assert "nobody agreed" in found.refusal
    assert await counted(importer) == (0, 0, 0)
    assert (await importer.bring(DUMP)).verdict is Verdict.AGREES


class Crash(Exception):
    """The process is gone."""


async def crash(_: DataImport) -> bool:
    raise Crash


async def test_an_import_that_another_overtook_is_not_gone_on_with(importer: Importer) -> None:
    first = await importer.receive(DUMP)
    with pytest.raises(Crash):
        await importer.go_on(first, agree=crash)
    assert (await importer.bring(DUMP)).verdict is Verdict.AGREES
    found = await importer.go_on(first)
    assert found.status is ImportStatus.REFUSED
    assert found.refusal is not None
    assert "another import was written" in found.refusal
    assert await counted(importer) == (1, 3, 2)


async def test_an_import_that_broke_off_goes_on_where_it_stopped(importer: Importer) -> None:
    import_id = await importer.receive(DUMP)
    with pytest.raises(Crash):
        await importer.go_on(import_id, agree=crash)
    assert (await importer.go_on(import_id)).verdict is Verdict.AGREES
    assert await counted(importer) == (1, 3, 2)


LINES: dict[str, Any] = {
    "payers": keyed(payer()),
    "claims": [claim(lineItems=[], totalChargeAmount=14250)],
    "claim_line_items": [line_row()],
}


async def test_lines_of_a_table_are_gone_on_with_where_they_broke_off(importer: Importer) -> None:
    def fail(progress: Progress) -> None:
        if progress.map_name == "claimLineItems":
            raise Crash

    import_id = await importer.receive(LINES)
    with pytest.raises(Crash):
        await importer.go_on(import_id, tell=fail)
    assert (await importer.go_on(import_id)).verdict is Verdict.AGREES


async def test_lines_of_a_table_that_are_all_on_record_are_not_taken_twice(
    importer: Importer,
) -> None:
    import_id = await importer.receive(LINES)
    with pytest.raises(Crash):
        await importer.go_on(import_id, agree=crash)
    company = importer.company
    async with importer.storage.transaction(company.id, company.actor) as store:
        (lines,) = [
            each
            for each in await store.import_maps.all(ByImport(import_id=import_id))
            if each.name == "claimLineItems"
        ]
        await store.import_maps.update(
            lines.id, {"is_checked": False}, expected_version=lines.version
        )
    found = await importer.go_on(import_id)
    report = of_map(found, "claimLineItems")
    assert (report.record_count, report.row_count, found.verdict) == (1, 1, Verdict.AGREES)


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[EmbeddedServer]:
    """A server of the test's own, to be killed."""
    server = start_test_server(chosen_server(), tmp_path, unsafe_fast=True)
    yield server
    server.stop()


@pytest.fixture
async def there(mortal: EmbeddedServer, tmp_path: Path) -> AsyncIterator[Importer]:
    addresses = migrated_database(mortal, "wellkept")
    storage = PostgresStorage(addresses.app, keyring=KEYRING)
    await storage.open()
    company = await make_company(addresses.owner, storage)
    yield Importer(storage, FileVault(LocalFileStore(tmp_path / "files")), company)
    await storage.close()


async def test_a_server_killed_in_the_middle_of_the_write_leaves_nothing_twice(
    mortal: EmbeddedServer, there: Importer
) -> None:
    import_id = await there.receive(DUMP)

    def kill(progress: Progress) -> None:
        """The claims are written, and their transaction is not at its end."""
        if progress.status is ImportStatus.WRITING and progress.map_name == "claims":
            mortal.kill()

    with pytest.raises(StorageUnavailable):
        await there.go_on(import_id, tell=kill)
    mortal.start()
    assert (await there.go_on(import_id)).verdict is Verdict.AGREES
    assert await counted(there) == (1, 3, 2)
    company = there.company
    async with there.storage.transaction(company.id, company.actor) as store:
        assert await store.numbers.take("claim") == 1042
    again = await there.bring(DUMP)
    assert of_map(again, "claims").unchanged_count == 3


class GoneAway(Exception):
    """The process that imports is gone once all is checked."""


async def rows_of(importer: Importer) -> list[dict[str, Any]]:
    """What stands in the tables of claims, under any ids."""
    company = importer.company
    found: list[dict[str, Any]] = []
    async with importer.storage.transaction(company.id, company.actor) as store:
        claims = await store.claims.all(ClaimFilter())
        for rows in (
            await store.payers.all(PayerFilter()),
            await store.patients.get_many([claim.patient_id for claim in claims]),
            claims,
            await store.claim_lines.all(ByClaim()),
            await store.ledger_entries.all(LedgerFilter()),
            await store.claim_appeals.all(ClaimAppealFilter()),
        ):
            kept = [row.model_dump(exclude=BOOKKEEPING) for row in rows]
            found += [
                {name: value for name, value in row.items() if not isinstance(value, UUID)}
                for row in kept
            ]
    return found


async def test_what_another_process_goes_on_with_becomes_the_same_rows(
    storage: PostgresStorage, vault: FileVault, addresses: RoleAddresses
) -> None:
    async def vanish(_: DataImport) -> bool:
        raise GoneAway

    whole, broken = [
        Importer(storage, vault, await make_company(addresses.owner, storage)) for _ in range(2)
    ]
    await whole.bring(DUMP)
    import_id = await broken.receive(DUMP)
    with pytest.raises(GoneAway):
        await broken.go_on(import_id, agree=vanish)
    assert (await broken.go_on(import_id)).verdict is Verdict.AGREES
    assert await rows_of(broken) == await rows_of(whole)


async def test_nothing_can_be_seen_before_all_is_checked_and_agreed_to(importer: Importer) -> None:
    seen = []

    async def agree(_: DataImport) -> bool:
        seen.append((await counted(importer), await writing_backends(importer)))
        return True

    assert (await importer.go_on(await importer.receive(DUMP), agree=agree)).verdict is (
        Verdict.AGREES
    )
    ((rows, backends),) = seen
    assert rows == (0, 0, 0)
    assert len(backends) == 1
    assert await counted(importer) == (1, 3, 2)


async def writing_backends(importer: Importer, *, end: bool = False) -> list[int]:
    """The server's processes that have written something which is not committed; ended, if so
    asked."""
    async with importer.storage.pool.connection() as connection:
        cursor = await connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
            " AND backend_xid IS NOT NULL AND pid <> pg_backend_pid()"
        )
        found = [pid for (pid,) in await cursor.fetchall()]
        if end:
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM unnest(%s) AS pid", [found]
            )
    return found


async def test_an_import_whose_early_rows_are_lost_becomes_whole(
    storage: PostgresStorage, vault: FileVault, addresses: RoleAddresses
) -> None:
    """Those that were written beside the checking: they are written from the records then."""
    whole, robbed = [
        Importer(storage, vault, await make_company(addresses.owner, storage)) for _ in range(2)
    ]

    async def rob(_: DataImport) -> bool:
        return bool(await writing_backends(robbed, end=True))

    await whole.bring(DUMP)
    found = await robbed.go_on(await robbed.receive(DUMP), agree=rob)
    assert found.verdict is Verdict.AGREES
    assert await rows_of(robbed) == await rows_of(whole)


async def test_where_rows_of_an_earlier_import_change_none_is_written_before_it_is_agreed_to(
    importer: Importer,
) -> None:
    await importer.bring(DUMP)
    newer = DUMP | {"payers": keyed(payer(name="Northlake Mutual")), "claims": [claim("c4")]}
    seen = []

    async def agree(_: DataImport) -> bool:
        seen.append(await writing_backends(importer))
        return True

    found = await importer.go_on(await importer.receive(newer), agree=agree)
    assert (seen, found.verdict) == ([[]], Verdict.AGREES)
    assert of_map(found, "payers").changed_count == 1
    assert await counted(importer) == (1, 4, 2)
