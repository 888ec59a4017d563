"""A company comes in from an archive, to the row, into this installation or another."""

import asyncio
from pathlib import Path

import psycopg
import pytest

from services.files.reading import ReadableFile, readable
from storage.archive import exporting
from storage.archive.errors import (
    ImportRefused,
)
from storage.archive.exporting import export_company
from storage.archive.importing import import_company
from storage.embedded import RoleAddresses
from storage.files import FileVault
from storage.filters import NoFilter, StoredFileFilter
from storage.interface import Store
from storage.postgres.transaction import PostgresStorage
from storage.trail.keys import KnownKeys
from storage.trail.sealer import seal_company
from storage.trail.verification import verify_company
from tests.archive.installations import (
    LETTER,
    PASSPHRASE,
    SIGNER,
    TAX_IDENTIFIER,
    THEIR_KEYRING,
    Bring,
    Export,
    arrived,
    asked,
    forget,
    rows,
    scalar,
)
from tests.builders.companies import CompanyForTests, found_company
from tests.builders.keys import KEYRING
from tests.builders.tenant_rows import bind, fill_every_table


def test_every_row_of_every_table_arrives_in_another_installation_as_it_was(
    addresses: RoleAddresses,
    elsewhere: RoleAddresses,
    crowded: CompanyForTests,
    export: Export,
    bring: Bring,
) -> None:
    before = rows(addresses, crowded.id)
    assert all(before.values()), "a row in every table"
    bring(export(crowded))
    assert arrived(elsewhere, crowded.id) == before


def test_a_table_that_comes_in_many_pieces_arrives_as_one(
    addresses: RoleAddresses,
    elsewhere: RoleAddresses,
    crowded: CompanyForTests,
    export: Export,
    bring: Bring,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exporting, "_PIECE_BYTES", 1)
    bring(export(crowded))
    assert arrived(elsewhere, crowded.id) == rows(addresses, crowded.id)


def test_a_tax_identifier_arrives_sealed_under_the_other_installations_key(
    elsewhere: RoleAddresses, crowded: CompanyForTests, export: Export, bring: Bring
) -> None:
    bring(export(crowded))

    with psycopg.connect(elsewhere.owner) as owner:
        bind(owner, crowded.id)
        provider, sealed = owner.execute(
            "SELECT id, sealed_tax_identifier FROM care_providers"
        ).fetchall()[0]

    async def opened(store: Store) -> bytes:
        purpose = "care_providers.sealed_tax_identifier"
        return await store.secrets.open(purpose, provider, sealed)

    assert asked(elsewhere, crowded, opened) == TAX_IDENTIFIER


def test_the_audit_trail_is_in_order_there_and_goes_on(
    elsewhere: RoleAddresses, company: CompanyForTests, export: Export, bring: Bring
) -> None:
    bring(export(company))

    async def verified() -> list[str]:
        worker = PostgresStorage(elsewhere.worker, keyring=THEIR_KEYRING)
        await worker.open()
        try:
            found = []
            for _ in range(2):
                reports = await verify_company(worker, company.id, KnownKeys([SIGNER.public_key]))
                found += [str(each) for report in reports for each in report.findings]
                assert any(report.sealed_rows for report in reports)
                await seal_company(worker, company.id, SIGNER)
        finally:
            await worker.close()
        return found

    assert asyncio.run(verified()) == []


def test_kept_files_arrive_whole_under_the_other_installations_keys(
    elsewhere: RoleAddresses,
    company: CompanyForTests,
    export: Export,
    bring: Bring,
    their_vault: FileVault,
) -> None:
    bring(export(company))

    async def found(store: Store) -> ReadableFile:
        (row,) = await store.stored_files.all(StoredFileFilter())
        return await readable(store, row.id)

    assert b"".join(their_vault.read(asked(elsewhere, company, found).key)) == LETTER


def test_secrets_that_were_left_out_open_and_are_nobodys(
    elsewhere: RoleAddresses, crowded: CompanyForTests, export: Export, bring: Bring
) -> None:
    bring(export(crowded))

    async def opened(store: Store) -> bytes:
        (endpoint,) = await store.webhook_endpoints.all(NoFilter())
        purpose = "webhook_endpoints.sealed_secret"
        return await store.secrets.open(purpose, endpoint.id, endpoint.sealed_secret)

    assert len(asked(elsewhere, crowded, opened)) == 32
    with psycopg.connect(elsewhere.owner) as owner:
        bind(owner, crowded.id)
        assert scalar(owner, "SELECT count(*) FROM people WHERE password_hash IS NOT NULL") == 0
        assert scalar(owner, "SELECT octet_length(secret_sha256) FROM api_keys LIMIT 1") == 32


def test_a_company_may_have_another_slug_there(
    elsewhere: RoleAddresses, company: CompanyForTests, export: Export, bring: Bring
) -> None:
    bring(export(company), slug="another-name")
    with psycopg.connect(elsewhere.owner) as owner:
        bind(owner, company.id)
        assert scalar(owner, "SELECT slug FROM companies") == "another-name"
        assert scalar(owner, "SELECT slug FROM company_directory") == "another-name"


def test_a_company_that_is_there_is_never_written_over(
    addresses: RoleAddresses, company: CompanyForTests, export: Export, their_vault: FileVault
) -> None:
    source = export(company)
    before = rows(addresses, company.id)
    for slug in (None, "another-name"):
        with pytest.raises(ImportRefused, match="is here already"):
            import_company(
                addresses.owner,
                source,
                PASSPHRASE,
                slug=slug,
                vault=their_vault,
                keyring=KEYRING,
            )
    assert rows(addresses, company.id) == before


def test_a_slug_that_another_company_has_is_refused(
    elsewhere: RoleAddresses,
    company: CompanyForTests,
    crowded: CompanyForTests,
    export: Export,
    bring: Bring,
) -> None:
    bring(export(company))
    with pytest.raises(ImportRefused, match="is here already"):
        bring(export(crowded), slug=company.slug)
    with psycopg.connect(elsewhere.owner) as owner:
        bind(owner, crowded.id)
        assert scalar(owner, "SELECT count(*) FROM payers") == 0


def test_a_company_comes_back_into_the_installation_that_it_left(
    addresses: RoleAddresses, our_vault: FileVault, tmp_path: Path
) -> None:
    leaving = found_company(addresses)
    fill_every_table(addresses.owner, leaving.id)
    with psycopg.connect(addresses.owner) as owner:
        bind(owner, leaving.id)
        owner.execute(
            "UPDATE care_providers SET sealed_tax_identifier = NULL, tax_identifier_kind = NULL,"
            " tax_identifier_end = NULL"
        )
        owner.execute("UPDATE stored_files SET deleted_at = now(), deletion = 'retention'")
    before = rows(addresses, leaving.id)
    source = tmp_path / "leaving.archive"
    export_company(
        addresses.owner, leaving.slug, source, PASSPHRASE, vault=our_vault, keyring=KEYRING
    )
    forget(addresses, leaving.id)
    assert not any(rows(addresses, leaving.id).values())
    import_company(addresses.owner, source, PASSPHRASE, vault=our_vault, keyring=KEYRING)
    assert arrived(addresses, leaving.id) == before
