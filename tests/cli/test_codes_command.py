"""``wellkept codes``, run as an operator runs it."""

import asyncio
import base64
import sys
from pathlib import Path

import pytest

from app.cli import main
from services.claims.scrubbing import icd_10_cm
from storage.embedded import RoleAddresses
from storage.filters import CodeFilter
from storage.identifiers import OPERATOR_ACTOR_ID, new_id
from storage.interface import Actor
from storage.postgres.transaction import PostgresStorage
from storage.tables.codes import Code
from tests.builders.companies import CompanyForTests, make_company
from tests.builders.keys import KEYRING, MASTER_KEY

DAYS = ("--effective-from", "2026-01-01")
CPT = ("--edition", "2026", "--source", "AMA", *DAYS)


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
        given = ["wellkept", "codes", *arguments, "--company", self._company.slug]
        self._monkeypatch.setattr(sys, "argv", given)
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        printed = self._capsys.readouterr()
        return code, printed.out + printed.err


def test_a_file_is_loaded_once_and_listed(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "cpt.csv"
    file.write_text("code,label\n99213,Visit\n")
    first = run("load", "procedures", str(file), *CPT)
    assert first == (0, "procedures 2026: 1 rows from 2026-01-01: loaded\n")
    code, again = run("load", "procedures", str(file), *CPT)
    assert (code, "nothing changed" in again) == (0, True)
    code, listed = run("list")
    assert code == 0
    assert listed.count("procedures") == 1


def test_a_bad_line_is_named_and_nothing_is_loaded(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "cpt.csv"
    file.write_text("code,label\n99213,Visit\nBAD,\n")
    code, said = run("load", "procedures", str(file), *CPT)
    assert code == 1
    assert "Line 3, column 1: code 'BAD' is not made like a code" in said
    assert "procedures" not in run("list")[1]


def test_what_is_missing_is_asked_for(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "cpt.csv"
    file.write_text("code,label\n99213,Visit\n")
    code, said = run("load", "procedures", str(file))
    assert (code, "--effective-from" in said) == (2, True)
    code, said = run("load", "procedures", *CPT)
    assert (code, "loaded from a file" in said) == (2, True)
    code, said = run("load", "authorizations", str(file), *CPT, "--payer", "nobody")
    assert (code, "no payer has the identifier 'nobody'" in said) == (2, True)


def test_diagnoses_come_with_the_program(
    run: Run, company: CompanyForTests, addresses: RoleAddresses
) -> None:
    code, said = run("load", "diagnoses", *DAYS)
    assert code == 0, said
    assert f"diagnoses {icd_10_cm.EDITION}: 98,186 rows" in said

    async def asked() -> list[Code]:
        storage = PostgresStorage(addresses.app, keyring=KEYRING)
        await storage.open()
        try:
            async with storage.transaction(company.id, Actor(OPERATOR_ACTOR_ID, new_id())) as store:
                return await store.codes.all(CodeFilter(codes=["U071", "E11", "E119"]))
        finally:
            await storage.close()

    found = {each.code: each for each in asyncio.run(asked())}
    assert [found[each].is_billable for each in ("U071", "E11", "E119")] == [True, False, True]
    assert found["U071"].label == "COVID-19"


def test_the_server_never_imports_the_library() -> None:
    """It takes seconds and memory; only the command that loads it does."""
    script = "import app.server, app.jobs.worker, sys; sys.exit('simple_icd_10_cm' in sys.modules)"
    asyncio.run(_succeeds(script))


async def _succeeds(script: str) -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", script)
    assert await process.wait() == 0
