"""``wellkept backup`` and ``wellkept restore``, as an operator runs them."""

import asyncio
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from app.cli import main
from app.runtime import DATABASE, installation
from app.settings import Settings
from services.files.keeping import NewFile, keep
from storage.backup.folder import BackupFolder
from storage.embedded import EmbeddedServer
from storage.vocabulary.files import FilePurpose
from tests.builders.claims import make_payer
from tests.builders.companies import make_company
from tests.servers import copy_data, migrated_database, servers, template

Command = Callable[..., tuple[int, str]]


@pytest.fixture
def wellkept(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    monkeypatch.delenv("WELLKEPT_DATABASE_URL", raising=False)

    def run(data: Path, *arguments: str) -> tuple[int, str]:
        monkeypatch.setenv("WELLKEPT_DATA_DIRECTORY", str(data))
        monkeypatch.setattr(sys, "argv", ["wellkept", *arguments])
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The data directory of an installation with a company, a payer and a kept file."""
    data = tmp_path / "data"
    data.mkdir(mode=0o711)
    copy_data(template(servers()[0]), data / "postgresql")
    with EmbeddedServer(data / "postgresql") as server:
        migrated_database(server, DATABASE)

    async def fill() -> None:
        with installation(Settings(data_directory=data)) as place:
            async with place.storage() as storage:
                company = await make_company(place.owner, storage)
                await make_payer(storage, company)
                new = NewFile(purpose=FilePurpose.ATTACHMENT, name="n", media_type="text/plain")
                async with storage.transaction(company.id, company.actor) as store:
                    await keep(store, place.vault, new, b"content")

    asyncio.run(fill())
    return data


def test_an_installation_comes_back_with_its_rows_files_and_trail(
    wellkept: Command, data: Path, tmp_path: Path
) -> None:
    code, said = wellkept(data, "backup", str(tmp_path / "backups"))
    assert (code, "every row compared, the audit trail in order" in said) == (0, True), said
    (taken,) = (tmp_path / "backups").iterdir()
    assert BackupFolder(tmp_path / "backups").tried_timestamp() > 0

    again = tmp_path / "again"
    code, said = wellkept(again, "restore", str(taken))
    assert (code, "every row compared" in said) == (0, True), said
    shutil.copytree(data / "keys", again / "keys")
    code, said = wellkept(again, "files", "check", "--read")
    assert (code, "1 files, 1 objects" in said) == (0, True), said
    code, said = wellkept(again, "audit", "verify")
    assert (code, "in order" in said) == (0, True), said

    code, said = wellkept(again, "restore", str(taken))
    assert (code, "holds a database already" in said) == (1, True), said


def test_what_cannot_be_done_is_one_line(
    wellkept: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = tmp_path / "empty"
    code, said = wellkept(tmp_path / "data", "restore", str(empty))
    assert (code, "is not a whole backup" in said) == (1, True), said
    code, said = wellkept(tmp_path / "data", "restore", str(empty), "--until", "yesterday")
    assert (code, "a moment with its zone" in said) == (2, True), said
    code, said = wellkept(tmp_path / "data", "backup")
    assert (code, "WELLKEPT_BACKUPS_DIRECTORY" in said) == (2, True), said
    monkeypatch.setenv("WELLKEPT_BACKUPS_DIRECTORY", str(tmp_path / "not mounted"))
    code, said = wellkept(tmp_path / "data", "backup")
    assert (code, "there is no folder" in said) == (3, True), said
    monkeypatch.setenv("WELLKEPT_DATABASE_URL", "postgresql://somebody@db.example/wellkept")
    for command in ("backup", "restore"):
        code, said = wellkept(tmp_path / "data", command, str(empty))
        assert (code, "docs/backup.md" in said) == (3, True), said
