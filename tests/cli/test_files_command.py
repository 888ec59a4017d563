"""``wellkept files check``, as an operator runs it."""

import asyncio
import base64
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from app.cli import main
from services.files.keeping import NewFile, keep
from storage.embedded import EmbeddedServer, RoleAddresses
from storage.files import FileVault
from storage.files.local import LocalFileStore
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.files import FilePurpose
from tests.builders.companies import make_company
from tests.builders.keys import KEYRING, MASTER_KEY
from tests.servers import migrated_database

Command = Callable[..., tuple[int, str]]
LONG_AGO = 1_000_000_000


@pytest.fixture(scope="module")
def addresses(server: EmbeddedServer) -> RoleAddresses:
    """A database of this module's own: all files of all companies in it are looked at."""
    return migrated_database(server, "checked")


@pytest.fixture
def folder(addresses: RoleAddresses, tmp_path: Path) -> Path:
    """The folder of a company with one kept file."""

    async def kept() -> str:
        storage = PostgresStorage(addresses.app, keyring=KEYRING)
        await storage.open()
        try:
            company = await make_company(addresses.owner, storage)
            vault = FileVault(LocalFileStore(tmp_path / "data" / "files"))
            new = NewFile(purpose=FilePurpose.ATTACHMENT, name="n", media_type="text/plain")
            async with storage.transaction(company.id, company.actor) as store:
                await keep(store, vault, new, b"content")
        finally:
            await storage.close()
        return company.id.hex

    return tmp_path / "data" / "files" / asyncio.run(kept())


@pytest.fixture
def wellkept(
    addresses: RoleAddresses,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> Command:
    monkeypatch.setenv("WELLKEPT_DATABASE_URL", addresses.app)
    monkeypatch.setenv("WELLKEPT_WORKER_URL", addresses.worker)
    monkeypatch.setenv("WELLKEPT_DATA_DIRECTORY", str(tmp_path / "data"))
    monkeypatch.setenv("WELLKEPT_MASTER_KEY", base64.b64encode(MASTER_KEY).decode())

    def run(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["wellkept", *arguments])
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        return code, capsys.readouterr().out

    return run


def test_orphans_are_named_removed_when_asked_and_losses_fail(
    wellkept: Command, folder: Path
) -> None:
    code, said = wellkept("files", "check", "--read")
    assert (code, "1 files, 1 objects" in said) == (0, True)
    (kept,) = (path for path in folder.rglob("*") if path.is_file())

    orphan = folder / "ab" / ("ab" * 32)
    orphan.parent.mkdir(exist_ok=True)
    orphan.write_bytes(b"left")
    os.utime(orphan, (LONG_AGO, LONG_AGO))
    code, said = wellkept("files", "check")
    assert (code, f"object without a row, since 2001-09-09: {folder.name}" in said) == (0, True)
    code, said = wellkept("files", "check", "--remove-orphans")
    assert (code, "object without a row, removed" in said, orphan.exists()) == (0, True, False)

    kept.unlink()
    code, said = wellkept("files", "check")
    assert (code, "MISSING file " in said) == (1, True)
