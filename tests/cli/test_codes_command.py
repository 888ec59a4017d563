"""``wellkept codes``, run as an operator runs it."""

import asyncio
import sys
from pathlib import Path

import pytest

from services.claims.scrubbing import icd_10_cm
from storage.embedded import RoleAddresses
from storage.filters import CodeFilter
from storage.identifiers import OPERATOR_ACTOR_ID, new_id
from storage.interface import Actor
from storage.postgres.transaction import PostgresStorage
from storage.tables.codes import Code
from tests.builders.companies import CompanyForTests
from tests.builders.keys import KEYRING
from tests.cli.conftest import Run

DAYS = ("--effective-from", "2026-01-01")
CPT = ("--edition", "2026", "--source", "AMA", *DAYS)


@pytest.fixture
def run(wellkept: Run, company: CompanyForTests) -> Run:
    """``wellkept codes`` for the company."""
    return lambda *arguments: wellkept("codes", *arguments, "--company", company.slug)


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
