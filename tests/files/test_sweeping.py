"""Rows and objects are held against each other, both ways; what is past its retention goes."""

import datetime as dt
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest

from services.files.keeping import NewFile, keep
from services.files.sweeping import (
    FEW_ORPHANS,
    TooManyOrphans,
    check_files,
    retire_files,
    sweep_files,
)
from services.trail.legal_holds import place_hold
from storage.embedded import RoleAddresses
from storage.files import FileVault
from storage.files.local import LocalFileStore
from storage.postgres.transaction import PostgresStorage
from storage.tables.files import StoredFile
from storage.vocabulary.files import FilePurpose
from tests.builders.books import Books
from tests.builders.claims import make_patient
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests
from tests.builders.keys import KEYRING
from tests.builders.remittance_files import RemittanceFile

pytestmark = pytest.mark.anyio

CONTENT = b"Dear payer,\n" * 9
TODAY = dt.datetime.now(dt.UTC)


@dataclass
class Shelf:
    """A company's files, with the folder that they lie in."""

    storage: PostgresStorage
    clock: FixedClock
    vault: FileVault
    folder: Path
    company: CompanyForTests

    async def keep(self, *, patient_id: UUID | None = None) -> StoredFile:
        new = NewFile(
            purpose=FilePurpose.ATTACHMENT,
            name="note.txt",
            media_type="text/plain",
            patient_id=patient_id,
        )
        async with self.storage.transaction(self.company.id, self.company.actor) as store:
            return await keep(store, self.vault, new, CONTENT)

    async def row(self, file_id: UUID) -> StoredFile:
        async with self.storage.transaction(self.company.id, self.company.actor) as store:
            return await store.stored_files.get(file_id)

    def wait_until(self, moment: dt.datetime) -> None:
        self.clock.move(moment - self.clock.now())

    def path(self, file: StoredFile) -> Path:
        return self.folder / self.company.id.hex / file.object_key[:2] / file.object_key

    def plant(self, name: str, *, age: dt.timedelta) -> Path:
        """An object that no row names."""
        path = self.folder / self.company.id.hex / name[:2] / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"left behind")
        then = (TODAY - age).timestamp()
        os.utime(path, (then, then))
        return path


@pytest.fixture
async def shelf(
    addresses: RoleAddresses, company: CompanyForTests, tmp_path: Path
) -> AsyncIterator[Shelf]:
    clock = FixedClock(TODAY)
    storage = PostgresStorage(addresses.worker, clock=clock, keyring=KEYRING)
    await storage.open()
    folder = tmp_path / "files"
    yield Shelf(storage, clock, FileVault(LocalFileStore(folder)), folder, company)
    await storage.close()


OLD, YOUNG = dt.timedelta(days=2), dt.timedelta(hours=23)


async def test_an_object_without_a_row_goes_once_it_is_a_day_old(shelf: Shelf) -> None:
    kept = await shelf.keep()
    planted = shelf.plant("ab" * 32, age=OLD)
    part = shelf.plant(f"{kept.object_key}.0000.part", age=OLD)
    young = shelf.plant("cd" * 32, age=YOUNG)
    found = await check_files(shelf.storage, shelf.vault, shelf.company.id)
    assert sorted(each.name.rpartition("/")[2] for each in found.orphans) == sorted(
        [planted.name, part.name]
    )
    assert planted.exists()
    swept = await sweep_files(shelf.storage, shelf.vault, shelf.company.id)
    assert (len(swept.orphans), swept.is_sound) == (2, True)
    assert [each.exists() for each in (planted, part, young)] == [False, False, True]
    assert shelf.path(kept).exists()


async def test_an_old_file_with_a_row_stays(shelf: Shelf) -> None:
    kept = await shelf.keep()
    then = (TODAY - OLD).timestamp()
    os.utime(shelf.path(kept), (then, then))
    swept = await sweep_files(shelf.storage, shelf.vault, shelf.company.id)
    assert (swept.orphans, swept.files, swept.objects) == ([], 1, 1)
    assert shelf.path(kept).exists()


async def test_a_row_without_its_object_is_told(shelf: Shelf) -> None:
    kept, lost = await shelf.keep(), await shelf.keep()
    shelf.path(lost).unlink()
    found = await check_files(shelf.storage, shelf.vault, shelf.company.id)
    assert (found.missing, found.is_sound) == ([lost.id], False)
    assert (await shelf.row(kept.id)).deleted_at is None


async def test_damage_inside_is_found_where_files_are_read(shelf: Shelf) -> None:
    kept = await shelf.keep()
    damaged = bytearray(shelf.path(kept).read_bytes())
    damaged[-1] ^= 1
    shelf.path(kept).write_bytes(damaged)
    shallow = await check_files(shelf.storage, shelf.vault, shelf.company.id)
    deep = await check_files(shelf.storage, shelf.vault, shelf.company.id, is_read=True)
    assert (shallow.missing, deep.missing) == ([], [kept.id])


async def test_more_orphans_than_uploads_leave_are_not_removed_unasked(shelf: Shelf) -> None:
    await shelf.keep()
    planted = [shelf.plant(f"{n:064x}", age=OLD) for n in range(FEW_ORPHANS + 1)]
    with pytest.raises(TooManyOrphans):
        await sweep_files(shelf.storage, shelf.vault, shelf.company.id)
    assert all(each.exists() for each in planted)
    await sweep_files(shelf.storage, shelf.vault, shelf.company.id, however_many=True)
    assert not any(each.exists() for each in planted)


async def test_what_another_company_left_is_not_looked_at(
    shelf: Shelf, other_company: CompanyForTests
) -> None:
    planted = shelf.plant("ab" * 32, age=OLD)
    found = await sweep_files(shelf.storage, shelf.vault, other_company.id)
    assert (found.objects, planted.exists()) == (0, True)


async def retired(shelf: Shelf) -> int:
    return await retire_files(shelf.storage, shelf.vault, shelf.company.id)


@pytest.mark.parametrize("hour", [2, 17])
async def test_a_record_goes_the_day_after_its_retention(
    shelf: Shelf, storage: PostgresStorage, hour: int
) -> None:
    """By the company's day, which at two in the morning UTC is still the one before."""
    shelf.clock.set(TODAY.replace(hour=hour))
    patient = await make_patient(storage, shelf.company)
    record, note = await shelf.keep(patient_id=patient.id), await shelf.keep()
    assert record.retain_until is not None
    shelf.wait_until(midday(record.retain_until))
    assert await retired(shelf) == 0
    shelf.wait_until(midday(record.retain_until + dt.timedelta(days=1)))
    assert await retired(shelf) == 1
    assert not shelf.path(record).exists()
    assert (await shelf.row(record.id)).deletion == "retention"
    assert shelf.path(note).exists()
    assert await retired(shelf) == 0


def midday(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(17), dt.UTC)


async def test_a_hold_keeps_what_is_past_its_retention(
    shelf: Shelf, storage: PostgresStorage
) -> None:
    patient = await make_patient(storage, shelf.company)
    record = await shelf.keep(patient_id=patient.id)
    async with shelf.storage.transaction(shelf.company.id, shelf.company.actor) as store:
        await place_hold(store, reason="litigation", starts_on=None)
    shelf.wait_until(TODAY + dt.timedelta(days=9 * 365))
    assert await retired(shelf) == 0
    assert shelf.path(record).exists()


async def test_a_hold_on_one_patient_or_file_keeps_no_other(
    shelf: Shelf, storage: PostgresStorage
) -> None:
    patients = [await make_patient(storage, shelf.company) for _ in range(3)]
    about_first, held, other = [await shelf.keep(patient_id=each.id) for each in patients]
    async with shelf.storage.transaction(shelf.company.id, shelf.company.actor) as store:
        await place_hold(store, reason="a", starts_on=None, patient_id=patients[0].id)
        await place_hold(store, reason="b", starts_on=None, record_id=held.id)
    shelf.wait_until(TODAY + dt.timedelta(days=9 * 365))
    assert await retired(shelf) == 1
    kept = [shelf.path(each).exists() for each in (about_first, held, other)]
    assert kept == [True, True, False]


async def test_a_hold_on_a_remittance_or_any_patient_keeps_its_file(
    shelf: Shelf, storage: PostgresStorage
) -> None:
    books = await Books.open(storage, shelf.vault, shelf.company)
    first, _ = await books.received(RemittanceFile(transactions=[books.transaction()]).render())
    second, _ = await books.received(RemittanceFile(transactions=[books.transaction()]).render())
    async with shelf.storage.transaction(shelf.company.id, shelf.company.actor) as store:
        await place_hold(store, reason="a", starts_on=None, record_id=first.id)
    shelf.wait_until(TODAY + dt.timedelta(days=9 * 365))
    assert await retired(shelf) == 1
    assert (await shelf.row(first.file_id)).deleted_at is None
    assert (await shelf.row(second.file_id)).deletion == "retention"
    third, _ = await books.received(RemittanceFile(transactions=[books.transaction()]).render())
    async with shelf.storage.transaction(shelf.company.id, shelf.company.actor) as store:
        await place_hold(store, reason="b", starts_on=None, patient_id=books.patient.id)
    shelf.wait_until(TODAY + dt.timedelta(days=18 * 365))
    assert await retired(shelf) == 0
    assert (await shelf.row(third.file_id)).deleted_at is None


async def test_a_company_that_keeps_records_longer_keeps_earlier_ones_longer(
    shelf: Shelf, storage: PostgresStorage
) -> None:
    patient = await make_patient(storage, shelf.company)
    await shelf.keep(patient_id=patient.id)
    async with storage.transaction(shelf.company.id, shelf.company.actor) as store:
        company = await store.companies.get(store.company_id)
        await store.companies.update(
            company.id, {"retention_years": 10}, expected_version=company.version
        )
    shelf.wait_until(TODAY + dt.timedelta(days=9 * 365))
    assert await retired(shelf) == 0
    shelf.wait_until(TODAY + dt.timedelta(days=11 * 365))
    assert await retired(shelf) == 1


async def test_pages_of_records_go_in_one_run(shelf: Shelf, storage: PostgresStorage) -> None:
    patient = await make_patient(storage, shelf.company)
    for _ in range(205):
        await shelf.keep(patient_id=patient.id)
    shelf.wait_until(TODAY + dt.timedelta(days=9 * 365))
    assert await retired(shelf) == 205
    assert [path for path in shelf.folder.rglob("*") if path.is_file()] == []
