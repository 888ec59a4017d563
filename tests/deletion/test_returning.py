"""A company that was exported and deleted comes back from its archive, row by row as it was."""

import asyncio
from pathlib import Path

import psycopg
import pytest

from storage.archive.errors import ImportRefused
from storage.archive.exporting import export_company
from storage.archive.importing import import_company
from storage.archive.manifest import Manifest
from storage.embedded import EmbeddedServer, RoleAddresses
from storage.errors import CompanyClosed
from storage.files import FileVault
from storage.files.local import LocalFileStore
from storage.postgres.transaction import PostgresStorage
from tests.archive.installations import arrived, rows
from tests.builders.companies import CompanyForTests
from tests.builders.keys import KEYRING
from tests.builders.tenant_rows import bind
from tests.deletion.conftest import LATER, Crowd, Place
from tests.servers import migrated_database

PASSPHRASE = "correct horse battery staple"
WRITTEN_SINCE = {"api_log", "audit_log", "seals", "retirements"}


@pytest.fixture(scope="module")
def elsewhere(server: EmbeddedServer) -> RoleAddresses:
    """Another installation."""
    return migrated_database(server, "returned_to")


def exported(place: Place, company: CompanyForTests, target: Path) -> Manifest:
    """An archive of a company whose made-up rows name no file and no secret."""
    with psycopg.connect(place.addresses.owner) as owner:
        bind(owner, company.id)
        owner.execute(
            "UPDATE care_providers SET sealed_tax_identifier = NULL, tax_identifier_kind = NULL,"
            " tax_identifier_end = NULL"
        )
        owner.execute(
            "UPDATE stored_files SET deleted_at = now(), deletion = 'retention'"
            " WHERE name <> 'letter.txt'"
        )
    return export_company(
        place.addresses.owner,
        company.slug,
        target,
        PASSPHRASE,
        vault=place.vault,
        keyring=KEYRING,
    )


async def is_open(place: Place, company: CompanyForTests) -> bool:
    storage = PostgresStorage(place.addresses.app, keyring=KEYRING)
    await storage.open()
    try:
        async with storage.transaction(company.id, company.actor) as store:
            return (await store.companies.get(company.id)).slug == company.slug
    except CompanyClosed:
        return False
    finally:
        await storage.close()


def test_a_company_that_is_wholly_gone_comes_back_as_it_was_and_is_open_again(
    place: Place, crowded: Crowd, tmp_path: Path
) -> None:
    leaving = crowded()
    archive = tmp_path / "leaving.archive"
    manifest = exported(place, leaving, archive)
    before = rows(place.addresses, leaving.id)
    place.close(leaving)
    certificate = place.certificate(LATER)
    assert certificate.is_final
    assert not any(rows(place.addresses, leaving.id).values())
    known = {table.name: (table.rows, table.digest) for table in manifest.tables}
    deleted = {table.name: (table.deleted, table.digest) for table in certificate.tables}
    assert {name: deleted[name] for name in known if name not in WRITTEN_SINCE} == {
        name: said for name, said in known.items() if name not in WRITTEN_SINCE
    }, "the certificate and the archive speak of the same rows"

    import_company(place.addresses.owner, archive, PASSPHRASE, vault=place.vault, keyring=KEYRING)
    assert arrived(place.addresses, leaving.id) == before
    assert len(place.kept_files(leaving)) == 1
    assert asyncio.run(is_open(place, leaving))
    place.close(leaving)
    assert not asyncio.run(is_open(place, leaving)), "and it may leave a second time"


def test_while_something_is_held_a_company_comes_back_only_elsewhere(
    place: Place, crowded: Crowd, elsewhere: RoleAddresses, tmp_path: Path
) -> None:
    leaving = crowded()
    archive = tmp_path / "leaving.archive"
    exported(place, leaving, archive)
    before = rows(place.addresses, leaving.id)
    place.close(leaving, is_handed_over=True)
    place.go_on()
    held = rows(place.addresses, leaving.id)
    with pytest.raises(ImportRefused, match="what retention holds is here"):
        import_company(
            place.addresses.owner,
            archive,
            PASSPHRASE,
            slug="another-name",
            vault=place.vault,
            keyring=KEYRING,
        )
    assert rows(place.addresses, leaving.id) == held
    theirs = FileVault(LocalFileStore(tmp_path / "theirs"))
    import_company(elsewhere.owner, archive, PASSPHRASE, vault=theirs, keyring=KEYRING)
    assert arrived(elsewhere, leaving.id) == before
