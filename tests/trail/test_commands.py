"""``wellkept audit``, ``seal`` and ``maintain``."""

import base64
import datetime as dt
import json
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from app.cli.exit_codes import ExitCode
from storage.embedded import EmbeddedServer
from storage.partitions import MONTHS_AHEAD, month_start, partition_name
from storage.postgres.transaction import PostgresStorage
from storage.trail.keys import Signer
from tests.builders.companies import CompanyForTests
from tests.servers import migrated_database
from tests.trail.conftest import Tamper, Wellkept
from tests.trail.logs import look

pytestmark = pytest.mark.anyio


async def test_a_clean_trail_ends_with_0_and_a_tampered_one_with_1(
    wellkept: Wellkept, worker: PostgresStorage, company: CompanyForTests, tamper: Tamper
) -> None:
    rows = await look(worker, company, 3)
    sealed = await wellkept("seal", "--company", company.slug)
    clean = await wellkept("audit", "verify", "--company", company.slug)
    tamper("UPDATE api_log SET outcome = 500 WHERE id = %s", rows[1])
    tampered = await wellkept("audit", "verify", "--company", company.slug)
    assert (sealed.exit_code, clean.exit_code, tampered.exit_code) == (0, 0, 1)
    assert f"{company.slug} api_log: 3 rows under 1 seals, in order" in clean.stdout
    (line,) = [each for each in tampered.stdout.splitlines() if "TAMPERED" in each]
    assert "altered" in line
    assert str(rows[1]) in line
    assert "seal 1" in line


async def test_exported_roots_find_a_chain_that_was_rewritten(
    wellkept: Wellkept,
    worker: PostgresStorage,
    company: CompanyForTests,
    tamper: Tamper,
    tmp_path: Path,
) -> None:
    rows = await look(worker, company, 3)
    await wellkept("seal", "--company", company.slug)
    exported = await wellkept("audit", "export", "--company", company.slug)
    logs = {json.loads(line)["log"] for line in exported.stdout.splitlines()}
    assert logs == {"audit_log", "api_log"}
    kept = tmp_path / "roots.jsonl"
    kept.write_text(exported.stdout)
    same = await wellkept("audit", "verify", "--company", company.slug, "--roots", str(kept))
    tamper("DELETE FROM api_log WHERE id = %s", rows[2])
    tamper("DELETE FROM seals WHERE company_id = %s", company.id)
    await wellkept("seal", "--company", company.slug)
    without = await wellkept("audit", "verify", "--company", company.slug)
    compared = await wellkept("audit", "verify", "--company", company.slug, "--roots", str(kept))
    assert (same.exit_code, without.exit_code, compared.exit_code) == (0, 0, 1)
    assert "chain rewritten" in compared.stdout


async def test_what_cannot_be_checked_ends_with_its_own_code_and_never_as_tampered(
    wellkept: Wellkept,
    worker: PostgresStorage,
    company: CompanyForTests,
    tamper: Tamper,
    tmp_path: Path,
) -> None:
    unknown = await wellkept("audit", "verify", "--company", "nobody")
    no_worker = await wellkept("audit", "verify", WELLKEPT_WORKER_URL=None)
    rubbish = tmp_path / "roots.jsonl"
    rubbish.write_text("{}\n")
    unreadable = await wellkept("audit", "verify", "--roots", str(rubbish))
    rows = await look(worker, company)
    old = UUID(int=rows[0].int - (2 * 3600 * 1000 << 80))
    tamper("UPDATE api_log SET id = %s WHERE id = %s", old, rows[0])
    overdue = await wellkept("audit", "verify", "--company", company.slug)
    codes = [each.exit_code for each in (unknown, no_worker, unreadable, overdue)]
    assert codes == [
        ExitCode.SETTINGS,
        ExitCode.SETTINGS,
        ExitCode.NOT_CHECKED,
        ExitCode.NOT_CHECKED,
    ]
    assert "line 1" in unreadable.stderr
    assert "NOT CHECKED" in overdue.stdout


async def test_a_replaced_key_is_believed_once_its_public_key_is_kept(
    wellkept: Wellkept, worker: PostgresStorage, company: CompanyForTests, tmp_path: Path
) -> None:
    await look(worker, company)
    await wellkept("seal", "--company", company.slug)
    former = await wellkept("audit", "public-key")
    other = {"WELLKEPT_SIGNING_KEY": base64.b64encode(bytes(32)).decode()}
    forgotten = await wellkept("audit", "verify", "--company", company.slug, **other)
    (tmp_path / "keys").mkdir(exist_ok=True)
    (tmp_path / "keys" / "former-signing-keys").write_text(f"# until 2026\n{former.stdout}")
    kept = await wellkept("audit", "verify", "--company", company.slug, **other)
    assert former.stdout.strip() == base64.b64encode(Signer(bytes(range(32))).public_key).decode()
    assert (forgotten.exit_code, kept.exit_code) == (1, 0)


async def test_maintenance_says_what_it_did_and_then_that_nothing_is_left(
    wellkept: Wellkept, server: EmbeddedServer
) -> None:
    own = migrated_database(server, "maintained")
    addresses = {
        "WELLKEPT_DATABASE_URL": own.app,
        "WELLKEPT_OWNER_URL": own.owner,
        "WELLKEPT_WORKER_URL": own.worker,
    }
    # what the tests' databases are copied of may be of the month before
    await wellkept("maintain", **addresses)
    month = month_start(dt.datetime.now(dt.UTC).date(), MONTHS_AHEAD)
    with psycopg.connect(own.owner) as connection:
        connection.execute(f"DROP TABLE {partition_name('audit_log', month)}".encode())
    made = await wellkept("maintain", **addresses)
    quiet = await wellkept("maintain", "--dry-run", **addresses)
    assert (made.exit_code, made.stdout) == (
        0,
        f"audit_log: partition for {month:%Y-%m} made\n",
    )
    assert (quiet.exit_code, quiet.stdout) == (0, "nothing to do\n")
