"""A company leaves by an archive: of one moment, with nothing that opens anything, whole or not at
all."""

import asyncio
import threading
import time
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.dialects import postgresql as pg

from storage.archive.encryption import decrypted
from storage.archive.errors import (
    ExportFailed,
)
from storage.archive.exporting import export_company
from storage.embedded import RoleAddresses
from storage.files import FileVault
from storage.postgres.transaction import PostgresStorage
from storage.tables.identity import PrincipalFields
from storage.vocabulary.identity import PrincipalKind
from tests.archive.installations import (
    PASSPHRASE,
    TAX_IDENTIFIER,
    Bring,
    Export,
    scalar,
)
from tests.builders.companies import CompanyForTests
from tests.builders.keys import KEYRING
from tests.builders.tenant_rows import bind, tables


def test_nothing_that_signs_in_or_opens_anything_stands_in_an_archive(
    addresses: RoleAddresses, crowded: CompanyForTests, export: Export
) -> None:
    source = export(crowded)
    assert TAX_IDENTIFIER.hex().encode() not in source.read_bytes(), "it is encrypted"
    content = b"".join(decrypted(PASSPHRASE, iter([source.read_bytes()])))
    assert TAX_IDENTIFIER.hex().encode() in content
    secret = [
        (table.name, column.name)
        for table in tables()
        for column in table.columns
        if column.info.get("secret") and not isinstance(column.type, pg.ARRAY)
    ]
    assert ("people", "password_hash") in secret
    with psycopg.connect(addresses.owner) as owner:
        bind(owner, crowded.id)
        for table, column in secret:
            for (value,) in owner.execute(
                sql.SQL("SELECT {0} FROM {1} WHERE {0} IS NOT NULL").format(
                    sql.Identifier(column), sql.Identifier(table)
                )
            ):
                shown = value.hex() if isinstance(value, bytes) else value
                assert shown.encode() not in content, f"{table}.{column}"


def test_a_file_that_is_there_is_never_written_over(
    company: CompanyForTests, export: Export
) -> None:
    source = export(company)
    before = source.read_bytes()
    with pytest.raises(ExportFailed, match="is there already"):
        export(company)
    assert source.read_bytes() == before


def test_a_company_that_is_not_there_cannot_be_exported(
    addresses: RoleAddresses, our_vault: FileVault, tmp_path: Path
) -> None:
    target = tmp_path / "nobody.archive"
    with pytest.raises(ExportFailed, match="no company has the slug"):
        export_company(
            addresses.owner, "nobody", target, PASSPHRASE, vault=our_vault, keyring=KEYRING
        )
    assert list(tmp_path.iterdir()) == []


def test_a_missing_kept_file_is_told_and_leaves_no_archive(
    addresses: RoleAddresses, company: CompanyForTests, their_vault: FileVault, tmp_path: Path
) -> None:
    target = tmp_path / "half.archive"
    with pytest.raises(ExportFailed, match="is missing or damaged"):
        export_company(
            addresses.owner,
            company.slug,
            target,
            PASSPHRASE,
            vault=their_vault,
            keyring=KEYRING,
        )
    assert list(tmp_path.iterdir()) == []


def test_an_archive_that_is_written_while_others_write_is_of_one_moment(
    addresses: RoleAddresses,
    elsewhere: RoleAddresses,
    crowded: CompanyForTests,
    export: Export,
    bring: Bring,
) -> None:
    """Principals come in pairs, each pair in a transaction; no archive has half of one."""
    stop = threading.Event()
    written: list[int] = []

    async def write() -> None:
        storage = PostgresStorage(addresses.app, keyring=KEYRING)
        await storage.open()
        try:
            while not stop.is_set():
                async with storage.transaction(crowded.id, crowded.actor) as store:
                    for name in ("one of a pair", "the other of a pair"):
                        await store.principals.create(
                            PrincipalFields(kind=PrincipalKind.API_KEY, name=name)
                        )
                written.append(len(written))
        finally:
            await storage.close()

    writer = threading.Thread(target=lambda: asyncio.run(write()))
    writer.start()
    while not written:
        time.sleep(0.01)
    try:
        before = len(written)
        source = export(crowded)
        assert len(written) > before, "others wrote meanwhile"
    finally:
        stop.set()
        writer.join()
    bring(source)
    with psycopg.connect(elsewhere.owner) as owner:
        bind(owner, crowded.id)
        ones, others = (
            scalar(owner, f"SELECT count(*) FROM principals WHERE name = '{name}'")  # noqa: S608
            for name in ("one of a pair", "the other of a pair")
        )
        trail = scalar(
            owner, "SELECT count(*) FROM audit_log WHERE after ->> 'name' LIKE '%of a pair'"
        )
    assert ones == others
    assert 0 < int(str(ones)) <= len(written)
    assert trail == int(str(ones)) + int(str(others))
