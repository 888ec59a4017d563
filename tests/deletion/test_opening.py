"""What is held of a deleted company is handed out once its reason is on record, and in no other
way."""

import asyncio
import json
from pathlib import Path

import psycopg
import pytest

from storage.archive.errors import ExportFailed
from storage.archive.importing import import_company
from storage.deletion.closing import as_owner
from storage.deletion.errors import DeletionRefused
from storage.deletion.opening import hand_out, held_tables
from storage.embedded import EmbeddedServer
from storage.files import FileVault
from storage.files.local import LocalFileStore
from storage.identifiers import OPERATOR_ACTOR_ID
from storage.postgres.transaction import PostgresStorage
from storage.trail.keys import KnownKeys
from storage.trail.verification import verify_company
from tests.archive.installations import arrived, rows
from tests.builders.companies import CompanyForTests
from tests.builders.keys import KEYRING
from tests.builders.tenant_rows import bind
from tests.deletion.conftest import LATER, SIGNER, Crowd, Place
from tests.servers import migrated_database

PASSPHRASE = "correct horse battery staple"
REASON = "Subpoena 26-cv-17 of the district court"


def handed_out(place: Place, company: CompanyForTests, target: Path) -> None:
    hand_out(
        place.addresses.owner,
        company.slug,
        target,
        PASSPHRASE,
        reason=REASON,
        vault=place.vault,
        keyring=KEYRING,
    )


def openings(place: Place, company: CompanyForTests) -> list[tuple[object, object]]:
    """Who handed something out, and why, as the trail has it."""
    with psycopg.connect(place.addresses.owner) as owner:
        bind(owner, company.id)
        return owner.execute(
            "SELECT recorded_by, after -> 'opening' ->> 'reason' FROM audit_log"
            " WHERE entity = 'company_deletions' ORDER BY id"
        ).fetchall()


def test_what_is_held_comes_out_as_an_archive_that_another_installation_takes(
    server: EmbeddedServer, place: Place, crowded: Crowd, tmp_path: Path
) -> None:
    leaving = crowded()
    with psycopg.connect(place.addresses.owner) as owner:
        bind(owner, leaving.id)  # made-up rows name no file and no secret that could be opened
        owner.execute(
            "UPDATE care_providers SET sealed_tax_identifier = NULL, tax_identifier_kind = NULL,"
            " tax_identifier_end = NULL"
        )
        owner.execute(
            "UPDATE stored_files SET deleted_at = now(), deletion = 'retention'"
            " WHERE name <> 'letter.txt'"
        )
    place.close(leaving)
    certificate = place.certificate()
    _, tables = held_tables(place.addresses.owner, leaving.slug)
    assert {each.name: each.held for each in tables} == {
        each.name: each.held for each in certificate.tables if each.held
    }
    assert openings(place, leaving) == [], "numbers are on the certificate, too"

    archive = tmp_path / "held.archive"
    handed_out(place, leaving, archive)
    held = rows(place.addresses, leaving.id)
    assert openings(place, leaving) == [(OPERATOR_ACTOR_ID, REASON)]
    elsewhere = migrated_database(server, "subpoenaed")
    theirs = FileVault(LocalFileStore(tmp_path / "theirs"))
    import_company(elsewhere.owner, archive, PASSPHRASE, vault=theirs, keyring=KEYRING)
    assert arrived(elsewhere, leaving.id) == held

    place.go_on()
    assert verified(place, leaving) == [], "and the record of it is sealed like every other"


def verified(place: Place, company: CompanyForTests) -> list[str]:
    """What is wrong with the log of changes since the company was closed."""

    async def found() -> list[str]:
        owner = PostgresStorage(place.addresses.owner)
        await owner.open()
        try:
            reports = await verify_company(owner, company.id, KnownKeys([SIGNER.public_key]))
        finally:
            await owner.close()
        (changes,) = [report for report in reports if report.log == "audit_log"]
        return [str(each) for each in changes.findings]

    return asyncio.run(found())


def test_the_reason_is_on_record_even_where_nothing_came_out(
    place: Place, crowded: Crowd, tmp_path: Path
) -> None:
    leaving = crowded()
    place.close(leaving, is_handed_over=True)
    place.go_on()
    taken = tmp_path / "taken.archive"
    taken.write_bytes(b"mine")
    with pytest.raises(ExportFailed, match="is there already"):
        handed_out(place, leaving, taken)
    assert taken.read_bytes() == b"mine"
    assert openings(place, leaving) == [(OPERATOR_ACTOR_ID, REASON)]
    with as_owner(place.addresses.owner) as owner:
        ((noted,),) = owner.execute(
            "SELECT openings::text FROM company_deletions WHERE company_id = %s", [leaving.id]
        ).fetchall()
    assert [each["reason"] for each in json.loads(str(noted))] == [REASON]


def test_a_company_that_is_open_or_on_its_way_out_or_gone_is_not_handed_out(
    place: Place, crowded: Crowd, tmp_path: Path
) -> None:
    leaving = crowded()
    target = tmp_path / "none.archive"
    with pytest.raises(DeletionRefused, match="was deleted"):
        handed_out(place, leaving, target)
    place.close(leaving)
    with pytest.raises(DeletionRefused, match="still on its way out"):
        handed_out(place, leaving, target)
    place.go_on(LATER)
    with pytest.raises(DeletionRefused, match="it is gone"):
        handed_out(place, leaving, target)
    assert not target.exists()


def test_the_program_s_roles_read_nothing_of_it(place: Place, crowded: Crowd) -> None:
    leaving = crowded()
    place.close(leaving)
    place.go_on()
    for url in (place.addresses.app, place.addresses.worker):
        with psycopg.connect(url) as connection, pytest.raises(psycopg.Error) as refused:
            connection.execute("SELECT openings FROM company_deletions")
        assert refused.value.sqlstate == "42501"
