"""``wellkept company delete`` and what belongs to it, as an operator uses them."""

import asyncio
import base64
from pathlib import Path

import psycopg
import pytest

from storage.deletion.removing import go_on
from storage.embedded import EmbeddedServer, RoleAddresses
from storage.files import FileVault
from storage.files.local import LocalFileStore
from storage.postgres.transaction import PostgresStorage
from storage.trail.keys import Signer, key_id_of
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests
from tests.builders.keys import KEYRING
from tests.builders.tenant_rows import bind, fill_every_table
from tests.cli.conftest import Run
from tests.cli.killing import killed_at
from tests.deletion.conftest import LATER
from tests.servers import migrated_database

SEED = bytes(range(32))


@pytest.fixture(scope="module")
def addresses(server: EmbeddedServer) -> RoleAddresses:
    """A database of its own: what is deleted in it is deleted for all of a run."""
    return migrated_database(server, "deletion_commands")


@pytest.fixture(autouse=True)
def _as_operator(addresses: RoleAddresses, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WELLKEPT_OWNER_URL", addresses.owner)
    monkeypatch.setenv("WELLKEPT_WORKER_URL", addresses.worker)
    monkeypatch.setenv("WELLKEPT_SIGNING_KEY", base64.b64encode(SEED).decode())
    monkeypatch.setenv("WELLKEPT_BACKUP_DAYS", "35")


def test_an_operator_deletes_a_company_and_hands_out_the_certificate(
    wellkept: Run, company: CompanyForTests, tmp_path: Path
) -> None:
    code, shown = wellkept("company", "delete", company.slug, "--dry-run")
    assert code == 0
    assert "rows would go" in shown

    path = tmp_path / "riverbend.certificate.json"
    given = ("--asked-by", "Ada Park, by letter", "--certificate", str(path))
    code, shown = wellkept("company", "delete", company.slug, "--name", "Another", *given)
    assert code == 1
    assert "is another one than 'Another'" in shown
    assert not path.exists()

    code, shown = wellkept("company", "delete", company.slug, "--name", company.slug, *given)
    assert code == 0, shown
    assert "Ada Park, by letter" in shown
    assert "keeps each of them for 35 days" in " ".join(shown.split())

    code, shown = wellkept("company", "verify-certificate", str(path))
    assert code == 0
    assert "compare it with the fingerprint" in shown
    key = key_id_of(Signer(SEED).public_key)
    assert wellkept("company", "verify-certificate", str(path), "--key", key)[0] == 0
    code, shown = wellkept("company", "verify-certificate", str(path), "--key", "ab" * 32)
    assert code == 1
    assert "signed with another key" in shown
    changed = tmp_path / "changed.json"
    changed.write_text(path.read_text().replace("Ada Park", "Bob Park"))
    code, shown = wellkept("company", "verify-certificate", str(changed))
    assert code == 1
    assert "was changed" in shown

    code, shown = wellkept("company", "certificate", company.slug)
    assert (code, shown) == (0, path.read_text())
    code, shown = wellkept("company", "deletions")
    assert code == 0
    assert company.slug in shown
    _, shown = wellkept("status")
    assert f"closed company  {company.slug} since " in shown
    assert "last got on 2" in shown
    code, shown = wellkept("key", "list", "--company", company.slug)
    assert code == 1
    assert "No company has this slug" in shown
    code, shown = wellkept("maintain")
    assert code == 0


def test_the_trail_that_is_held_is_verified_and_a_company_that_was_deleted_is_not_missed(
    wellkept: Run, company: CompanyForTests, addresses: RoleAddresses, tmp_path: Path
) -> None:
    assert wellkept("seal", "--company", company.slug)[0] == 0
    roots = tmp_path / "roots.jsonl"
    code, shown = wellkept("audit", "export", "--company", company.slug)
    roots.write_text(shown)
    given = ("--name", company.slug, "--asked-by", "Ada")
    assert wellkept("company", "delete", company.slug, "--records-handed-over", *given)[0] == 0
    code, shown = wellkept("audit", "verify", "--company", company.slug, "--roots", str(roots))
    assert code == 0, shown
    assert f"{company.slug} audit_log: " in shown
    assert "in order" in shown

    with psycopg.connect(addresses.owner, autocommit=True) as owner:
        go_on(
            addresses.owner,
            vault=FileVault(LocalFileStore(tmp_path / "files")),
            signer=Signer(SEED),
            clock=FixedClock(LATER),
        )
        code, shown = wellkept("audit", "verify", "--company", company.slug, "--roots", str(roots))
        assert code == 0, shown
        assert "deleted, as its certificate says" in shown
        owner.execute(
            "UPDATE company_deletions SET certificate = NULL WHERE company_id = %s", [company.id]
        )
    code, shown = wellkept("audit", "verify", "--company", company.slug, "--roots", str(roots))
    assert code == 1
    assert "TAMPERED company gone: there is no certificate" in shown


def test_what_is_held_is_shown_and_handed_out_with_a_reason(
    wellkept: Run, company: CompanyForTests, addresses: RoleAddresses, tmp_path: Path
) -> None:
    code, shown = wellkept("company", "held", company.slug)
    assert code == 1
    assert f"no company of the slug '{company.slug}' was deleted" in shown
    given = ("--name", company.slug, "--asked-by", "Ada")
    assert wellkept("company", "delete", company.slug, *given)[0] == 0
    code, shown = wellkept("company", "held", company.slug)
    assert code == 0
    assert "45 CFR 164.312(b)" in shown
    assert "rows are held" in shown

    phrase, archive = tmp_path / "phrase", tmp_path / "held.archive"
    phrase.write_text("correct horse battery staple\n")
    asked = ("company", "held", company.slug, "--export", str(archive))
    for reason in ((), ("--reason", "  "), ("--reason", "x" * 501)):
        code, shown = wellkept(*asked, "--passphrase-file", str(phrase), *reason)
        assert code == 2
        assert "who demands it and why" in shown
        assert not archive.exists()
    code, shown = wellkept(
        *asked, "--passphrase-file", str(phrase), "--reason", "Subpoena 26-cv-17"
    )
    assert code == 0, shown
    assert archive.read_bytes().startswith(b"WELLKEPT ARCHIVE 1")
    with psycopg.connect(addresses.owner) as owner:
        bind(owner, company.id)
        found = owner.execute(
            "SELECT after -> 'opening' ->> 'reason' FROM audit_log"
            " WHERE entity = 'company_deletions'"
        ).fetchall()
    assert found == [("Subpoena 26-cv-17",)]


def test_a_company_that_its_people_have_closed_is_deleted_by_the_round_of_maintenance(
    wellkept: Run, company: CompanyForTests, addresses: RoleAddresses
) -> None:
    with psycopg.connect(addresses.owner) as owner:
        owner.execute(f"SET LOCAL app.company_id = '{company.id}'".encode())
        owner.execute(
            "INSERT INTO company_deletions (id, company_id, slug, name, retention_years, asked_by,"
            " asked_at, approved_by, approved_at, is_handed_over, closed_at)"
            " SELECT gen_random_uuid(), company_id, slug, name, retention_years, 'Ada', now(),"
            " 'Grace', now(), true, now() FROM companies"
        )
        owner.execute(
            "UPDATE company_directory SET closed_at = now() WHERE company_id = %s", [company.id]
        )
    code, shown = wellkept("maintain")
    assert code == 0
    assert f"{company.slug}: " in shown

    async def known() -> object:
        storage = PostgresStorage(addresses.app, keyring=KEYRING)
        await storage.open()
        try:
            return await storage.company_of_slug(company.slug)
        finally:
            await storage.close()

    assert asyncio.run(known()) is None


def test_a_deletion_is_seen_while_it_is_at_work_and_goes_on_after_it_was_killed(
    wellkept: Run, company: CompanyForTests, addresses: RoleAddresses
) -> None:
    fill_every_table(addresses.owner, company.id)
    given = ("--name", company.slug, "--asked-by", "Ada", "--records-handed-over")
    arguments = ("company", "delete", company.slug, *given)
    with (
        psycopg.connect(addresses.owner) as holding,
        killed_at(holding, "payers", *arguments),
    ):
        code, shown = wellkept("company", "deletions")
        assert code == 0
        assert f"{company.slug} " in shown
        assert "so far" in shown
    with psycopg.connect(addresses.owner) as owner:
        bind(owner, company.id)
        for table, rows in (("claims", 0), ("payers", 3)):
            found = owner.execute(f"SELECT count(*) FROM {table}".encode()).fetchall()  # noqa: S608
            assert found == [(rows,)], table
    code, shown = wellkept(*arguments)
    assert code == 0, shown
    assert "asked for by Ada" in shown
    with psycopg.connect(addresses.owner) as owner:
        bind(owner, company.id)
        assert owner.execute("SELECT count(*) FROM payers").fetchall() == [(0,)]
