"""Two installations with a master key each, and companies that go from one to the other."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from services.files.keeping import NewFile, keep
from storage.archive.exporting import export_company
from storage.archive.importing import import_company
from storage.archive.manifest import Manifest
from storage.embedded import EmbeddedServer, RoleAddresses
from storage.files import FileVault
from storage.files.local import LocalFileStore
from storage.identifiers import OPERATOR_ACTOR_ID, new_id
from storage.interface import Actor
from storage.postgres.transaction import PostgresStorage
from storage.trail.sealer import seal_company
from storage.vocabulary.files import FilePurpose
from tests.archive.installations import (
    LETTER,
    PASSPHRASE,
    SIGNER,
    TAX_IDENTIFIER,
    THEIR_KEYRING,
    Bring,
    Export,
    forget,
)
from tests.builders.companies import CompanyForTests, make_company
from tests.builders.keys import KEYRING
from tests.builders.tenant_rows import bind, fill_every_table
from tests.servers import migrated_database


@pytest.fixture(scope="package")
def addresses(server: EmbeddedServer) -> RoleAddresses:
    """The installation that companies leave."""
    return migrated_database(server, "left")


@pytest.fixture(scope="package")
def elsewhere(server: EmbeddedServer) -> RoleAddresses:
    """Another installation, with a master key of its own."""
    return migrated_database(server, "reached")


@pytest.fixture(scope="package")
def our_vault(tmp_path_factory: pytest.TempPathFactory) -> FileVault:
    return FileVault(LocalFileStore(tmp_path_factory.mktemp("ours")))


@pytest.fixture
def their_files(tmp_path: Path) -> Path:
    return tmp_path / "theirs"


@pytest.fixture
def their_vault(their_files: Path) -> FileVault:
    return FileVault(LocalFileStore(their_files))


@pytest.fixture(scope="package")
def company(addresses: RoleAddresses, our_vault: FileVault) -> CompanyForTests:
    """A company with rows in every table, a kept file, and a sealed trail."""

    async def made() -> CompanyForTests:
        storage = PostgresStorage(addresses.app, keyring=KEYRING)
        worker = PostgresStorage(addresses.worker, keyring=KEYRING)
        await storage.open()
        await worker.open()
        try:
            company = await make_company(addresses.owner, storage)
            actor = Actor(OPERATOR_ACTOR_ID, new_id())
            new = NewFile(purpose=FilePurpose.ROOTS, name="letter.txt", media_type="text/plain")
            async with storage.transaction(company.id, actor) as store:
                await keep(store, our_vault, new, LETTER)
            await seal_company(worker, company.id, SIGNER)
        finally:
            await storage.close()
            await worker.close()
        return company

    return asyncio.run(made())


@pytest.fixture(scope="package")
def crowded(addresses: RoleAddresses, company: CompanyForTests) -> CompanyForTests:
    """Another company with a row in every table."""

    async def made() -> CompanyForTests:
        storage = PostgresStorage(addresses.app, keyring=KEYRING)
        await storage.open()
        try:
            crowded = await make_company(addresses.owner, storage)
            ids = fill_every_table(addresses.owner, crowded.id)
            async with storage.transaction(crowded.id, company.actor) as store:
                provider = ids["care_providers"][0]
                purpose = "care_providers.sealed_tax_identifier"
                sealed = await store.secrets.seal(purpose, provider, TAX_IDENTIFIER)
        finally:
            await storage.close()
        with psycopg.connect(addresses.owner) as owner:
            bind(owner, crowded.id)
            owner.execute("UPDATE care_providers SET sealed_tax_identifier = %s", [sealed])
            owner.execute("UPDATE stored_files SET deleted_at = now(), deletion = 'retention'")
        return crowded

    return asyncio.run(made())


@pytest.fixture
def export(addresses: RoleAddresses, our_vault: FileVault, tmp_path: Path) -> Export:
    """Writes an archive of a company."""

    def write(company: CompanyForTests) -> Path:
        target = tmp_path / f"{company.slug}.archive"
        export_company(
            addresses.owner, company.slug, target, PASSPHRASE, vault=our_vault, keyring=KEYRING
        )
        return target

    return write


@pytest.fixture
def bring(elsewhere: RoleAddresses, their_vault: FileVault) -> Iterator[Bring]:
    """Brings an archive into the other installation, from which it is gone after the test."""
    came: list[UUID] = []

    def into(source: Path, *, passphrase: str = PASSPHRASE, slug: str | None = None) -> Manifest:
        found = import_company(
            elsewhere.owner,
            source,
            passphrase,
            slug=slug,
            vault=their_vault,
            keyring=THEIR_KEYRING,
        )
        came.append(found.company_id)
        return found

    yield into
    for company_id in came:
        forget(elsewhere, company_id)
