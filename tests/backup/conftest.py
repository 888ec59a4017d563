"""A server that archives its log, a company on it, and backups of it."""

import asyncio
import datetime as dt
import functools
import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from storage.backup.description import Backup
from storage.backup.restoring import restored
from storage.backup.taking import take_backup
from storage.embedded import EmbeddedServer, RoleAddresses
from storage.postgres.transaction import PostgresStorage
from tests.backup.writing import DATABASE
from tests.builders.claims import make_payer
from tests.builders.companies import CompanyForTests, make_company
from tests.builders.keys import KEYRING
from tests.servers import ServerSpec, chosen_server, copy_data, migrated_database, template

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
_seconds = itertools.count()

Back = Callable[..., Backup]
Bring = Callable[..., AbstractContextManager[EmbeddedServer]]


@pytest.fixture(scope="module")
def spec() -> ServerSpec:
    """The installation that backs up and brings back."""
    return chosen_server()


@pytest.fixture(scope="module")
def archive(spec: ServerSpec, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for each server: a segment that another has archived is never written over."""
    return tmp_path_factory.mktemp(f"archive of {spec.name}") / "100% of the log's"


@pytest.fixture(scope="module")
def server(
    spec: ServerSpec, archive: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[EmbeddedServer]:
    """A server that archives its log."""
    data = tmp_path_factory.mktemp("archiving") / "data"
    copy_data(template(spec), data)
    server = EmbeddedServer(data, binaries=spec.binaries, unsafe_fast=True, wal_archive=archive)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def addresses(server: EmbeddedServer) -> RoleAddresses:
    return migrated_database(server, DATABASE)


@pytest.fixture(scope="module", autouse=True)
def company(addresses: RoleAddresses) -> CompanyForTests:
    """A company, whose payers are what the tests look for."""

    async def made() -> CompanyForTests:
        storage = PostgresStorage(addresses.app, keyring=KEYRING)
        await storage.open()
        try:
            company = await make_company(addresses.owner, storage)
            await make_payer(storage, company)
        finally:
            await storage.close()
        return company

    return asyncio.run(made())


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "backups"


@pytest.fixture
def back(server: EmbeddedServer, target: Path) -> Back:
    """Takes a backup."""

    def take(files: Path | None = None) -> Backup:
        now = NOW + dt.timedelta(seconds=next(_seconds))
        return take_backup(server, DATABASE, target, files=files, now=now)

    return take


@pytest.fixture
def bring(spec: ServerSpec) -> Bring:
    """Brings a backup back with the programs that it was taken by."""
    return functools.partial(restored, binaries=spec.binaries)


@pytest.fixture(scope="module")
def untouched(
    server: EmbeddedServer, company: CompanyForTests, tmp_path_factory: pytest.TempPathFactory
) -> Backup:
    """A backup with a kept file, that tests copy before they do something to it."""
    assert company.id
    files = tmp_path_factory.mktemp("files")
    (files / "kept").write_bytes(b"a kept file")
    target = tmp_path_factory.mktemp("untouched")
    return take_backup(server, DATABASE, target, files=files, now=NOW)


@pytest.fixture
def taken(untouched: Backup, tmp_path: Path) -> Backup:
    """A copy of a backup; its files are those of the first, so change none where it lies."""
    shutil.copytree(untouched.directory, tmp_path / "taken", copy_function=os.link)
    return Backup.read(tmp_path / "taken")
