"""``wellkept mips``, run as an operator runs it."""

import asyncio
import base64
import json
import sys
from pathlib import Path

import pytest

from app.cli import main
from storage.embedded import RoleAddresses
from storage.postgres.transaction import PostgresStorage
from tests.builders.companies import CompanyForTests, make_company
from tests.builders.keys import KEYRING, MASTER_KEY
from tests.builders.mips import BENCHMARKS, MEASURES
from tests.regulatory_compliance.mips.published import FOLDER, needs_published


@pytest.fixture
def company(
    addresses: RoleAddresses, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> CompanyForTests:
    monkeypatch.setenv("WELLKEPT_DATABASE_URL", addresses.app)
    monkeypatch.setenv("WELLKEPT_DATA_DIRECTORY", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("WELLKEPT_MASTER_KEY", base64.b64encode(MASTER_KEY).decode())

    async def made() -> CompanyForTests:
        storage = PostgresStorage(addresses.app, keyring=KEYRING)
        await storage.open()
        try:
            return await make_company(addresses.owner, storage)
        finally:
            await storage.close()

    return asyncio.run(made())


@pytest.fixture
def run(
    company: CompanyForTests, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> "Run":
    return Run(company, monkeypatch, capsys)


class Run:
    """The command, its exit code and what it printed."""

    def __init__(
        self,
        company: CompanyForTests,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        self._company = company
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *arguments: str) -> tuple[int, str]:
        given = ["wellkept", "mips", *arguments, "--company", self._company.slug]
        self._monkeypatch.setattr(sys, "argv", given)
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        printed = self._capsys.readouterr()
        return code, printed.out + printed.err


def written(folder: Path, content: object) -> str:
    file = folder / "list.json"
    file.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return str(file)


def test_a_list_is_loaded_once_and_listed(run: Run, tmp_path: Path) -> None:
    file = written(tmp_path, BENCHMARKS)
    code, said = run("load", file)
    assert (code, said.startswith("benchmarks of 2026: 4 rows, ")) == (0, True)
    assert said.endswith(": loaded\n")
    code, again = run("load", file)
    assert (code, again.endswith(": was loaded before, nothing changed\n")) == (0, True)
    code, listed = run("list")
    assert (code, listed.count("benchmarks")) == (0, 1)


def test_a_list_of_measures_is_told_its_year(run: Run, tmp_path: Path) -> None:
    file = written(tmp_path, MEASURES)
    code, said = run("load", file)
    assert (code, "does not say its year" in said) == (1, True)
    code, said = run("load", file, "--year", "2026")
    assert (code, said.startswith("measures of 2026: ")) == (0, True)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "no list in JSON"),
        (b"[]", "list is empty"),
        (json.dumps(BENCHMARKS).encode()[:-9], "no list in JSON"),
        ([{"code": "99213"}], "none of CMS's lists"),
        ([*BENCHMARKS, BENCHMARKS[0]], "entry 5: 236 by registry in 2026 stands there twice"),
    ],
)
def test_of_a_file_that_cannot_be_used_nothing_is_loaded(
    run: Run, tmp_path: Path, content: object, fault: str
) -> None:
    code, said = run("load", written(tmp_path, content))
    assert (code, fault in said) == (1, True)
    assert said.endswith("Nothing was loaded.\n")
    assert "benchmarks" not in run("list")[1]


@needs_published
def test_cms_own_files_are_loaded(run: Run) -> None:
    code, said = run("load", str(FOLDER / "benchmarks-2026.json"))
    assert (code, said.startswith("benchmarks of 2026: 293 rows")) == (0, True)
    code, said = run("load", str(FOLDER / "measures-data-2026.json"), "--year", "2026")
    assert (code, said.startswith("measures of 2026: 574 rows")) == (0, True)
