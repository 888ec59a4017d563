"""A company leaves by an archive and comes back, to the row, into this installation or another."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.dialects import postgresql as pg

from services.files.keeping import NewFile, keep
from services.files.reading import readable
from storage.archive import exporting
from storage.archive.encryption import decrypted, encrypted
from storage.archive.errors import (
    ArchiveUnusable,
    ExportFailed,
    ImportRefused,
    RowsDiffer,
    SchemaUnfit,
)
from storage.archive.exporting import export_company
from storage.archive.importing import import_company
from storage.archive.manifest import MANIFEST, Manifest
from storage.archive.packing import member, packed, unpacked
from storage.archive.selection import TABLES_LEFT_OUT, archived_tables
from storage.embedded import EmbeddedServer, RoleAddresses
from storage.files import FileVault
from storage.files.local import LocalFileStore
from storage.filters import NoFilter, StoredFileFilter
from storage.identifiers import OPERATOR_ACTOR_ID, new_id
from storage.interface import Actor
from storage.postgres.transaction import PostgresStorage
from storage.secrets.keyring import Keyring
from storage.tables.identity import PrincipalFields
from storage.trail.keys import KnownKeys, Signer
from storage.trail.sealer import seal_company
from storage.trail.verification import verify_company
from storage.vocabulary.files import FilePurpose
from storage.vocabulary.identity import PrincipalKind
from tests.builders.companies import CompanyForTests, found_company, make_company
from tests.builders.keys import KEYRING
from tests.builders.tenant_rows import Connection, bind, fill_every_table, tables
from tests.servers import migrated_database

PASSPHRASE = "correct horse battery staple"
THEIR_KEYRING = Keyring(bytes(range(32)))
SIGNER = Signer(bytes(range(32)))
TAX_IDENTIFIER = b"123456789"
LETTER = b"A letter. " * 300_000


@pytest.fixture(scope="module")
def addresses(server: EmbeddedServer) -> RoleAddresses:
    """The installation that companies leave."""
    return migrated_database(server, "left")


@pytest.fixture(scope="module")
def elsewhere(server: EmbeddedServer) -> RoleAddresses:
    """Another installation, with a master key of its own."""
    return migrated_database(server, "reached")


@pytest.fixture(scope="module")
def our_vault(tmp_path_factory: pytest.TempPathFactory) -> FileVault:
    return FileVault(LocalFileStore(tmp_path_factory.mktemp("ours")))


@pytest.fixture
def their_files(tmp_path: Path) -> Path:
    return tmp_path / "theirs"


@pytest.fixture
def their_vault(their_files: Path) -> FileVault:
    return FileVault(LocalFileStore(their_files))


@pytest.fixture(scope="module")
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


@pytest.fixture(scope="module")
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


Export = Callable[[CompanyForTests], Path]


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


Bring = Callable[..., Manifest]


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


def forget(installation: RoleAddresses, company_id: UUID) -> None:
    """Take a company out of an installation, as its owner."""
    with psycopg.connect(installation.owner) as owner:
        bind(owner, company_id)
        carried = [each.name for each in archived_tables()]
        for table in [*TABLES_LEFT_OUT, *reversed(carried)]:
            owner.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
        owner.execute("DELETE FROM company_directory WHERE company_id = %s", [company_id])


def rows(installation: RoleAddresses, company_id: UUID) -> dict[str, list[object]]:
    """All of a company's rows by table, without what an archive leaves out by name."""
    found: dict[str, list[object]] = {}
    with psycopg.connect(installation.owner) as owner:
        bind(owner, company_id)
        for table in archived_tables():
            found[table.name] = [
                row
                for (row,) in owner.execute(
                    sql.SQL("SELECT to_jsonb(t) - %s::text[] FROM {} AS t ORDER BY id").format(
                        sql.Identifier(table.name)
                    ),
                    [list(table.treated)],
                )
            ]
    return found


def scalar(connection: Connection, query: str) -> object:
    return connection.execute(query.encode()).fetchall()[0][0]


def nothing_is_there(installation: RoleAddresses, company_id: UUID, files: Path) -> bool:
    """Whether an installation has no row and no file of a company."""
    with psycopg.connect(installation.owner) as owner:
        bind(owner, company_id)
        tables = [*TABLES_LEFT_OUT, *(table.name for table in archived_tables())]
        counts = [scalar(owner, f"SELECT count(*) FROM {table}") for table in tables]  # noqa: S608
        listed = owner.execute(
            "SELECT 1 FROM company_directory WHERE company_id = %s", [company_id]
        ).fetchall()
    return not any(counts) and not listed and not [f for f in files.rglob("*") if f.is_file()]


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
    assert rows(elsewhere, crowded.id) == before


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
    assert rows(elsewhere, crowded.id) == rows(addresses, crowded.id)


def test_a_tax_identifier_arrives_sealed_under_the_other_installations_key(
    elsewhere: RoleAddresses, crowded: CompanyForTests, export: Export, bring: Bring
) -> None:
    bring(export(crowded))

    async def opened() -> bytes:
        storage = PostgresStorage(elsewhere.app, keyring=THEIR_KEYRING)
        await storage.open()
        try:
            async with storage.transaction(crowded.id, crowded.actor) as store:
                with psycopg.connect(elsewhere.owner) as owner:
                    bind(owner, crowded.id)
                    provider, sealed = owner.execute(
                        "SELECT id, sealed_tax_identifier FROM care_providers"
                    ).fetchall()[0]
                return await store.secrets.open(
                    "care_providers.sealed_tax_identifier", provider, sealed
                )
        finally:
            await storage.close()

    assert asyncio.run(opened()) == TAX_IDENTIFIER


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

    async def read() -> bytes:
        storage = PostgresStorage(elsewhere.app, keyring=THEIR_KEYRING)
        await storage.open()
        try:
            async with storage.transaction(company.id, company.actor) as store:
                (row,) = await store.stored_files.all(StoredFileFilter())
                found = await readable(store, row.id)
        finally:
            await storage.close()
        return b"".join(their_vault.read(found.key))

    assert asyncio.run(read()) == LETTER


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


def test_secrets_that_were_left_out_open_and_are_nobodys(
    elsewhere: RoleAddresses, crowded: CompanyForTests, export: Export, bring: Bring
) -> None:
    bring(export(crowded))

    async def opened() -> bytes:
        storage = PostgresStorage(elsewhere.app, keyring=THEIR_KEYRING)
        await storage.open()
        try:
            async with storage.transaction(crowded.id, crowded.actor) as store:
                (endpoint,) = await store.webhook_endpoints.all(NoFilter())
                purpose = "webhook_endpoints.sealed_secret"
                return await store.secrets.open(purpose, endpoint.id, endpoint.sealed_secret)
        finally:
            await storage.close()

    assert len(asyncio.run(opened())) == 32
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


def test_another_passphrase_opens_nothing(
    elsewhere: RoleAddresses,
    company: CompanyForTests,
    export: Export,
    bring: Bring,
    their_files: Path,
) -> None:
    with pytest.raises(ArchiveUnusable, match="the passphrase is another one"):
        bring(export(company), passphrase="correct horse battery stable")
    assert nothing_is_there(elsewhere, company.id, their_files)


Damage = Callable[[bytes], bytes]
DAMAGES: dict[str, Damage] = {
    "cut off within its files": lambda content: content[: len(content) // 2],
    "its last byte missing": lambda content: content[:-1],
    "a byte more": lambda content: content + b"\0",
    "a byte changed near its end": lambda content: (
        content[:-100] + bytes([content[-100] ^ 1]) + content[-99:]
    ),
    "empty": lambda _: b"",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_archive_leaves_nothing_behind(
    elsewhere: RoleAddresses,
    company: CompanyForTests,
    export: Export,
    bring: Bring,
    their_files: Path,
    damage: str,
) -> None:
    source = export(company)
    source.write_bytes(DAMAGES[damage](source.read_bytes()))
    with pytest.raises(ArchiveUnusable):
        bring(source)
    assert nothing_is_there(elsewhere, company.id, their_files)


def rewritten(source: Path, change: Callable[[str, bytes], bytes | None]) -> Path:
    """The same archive after somebody who knows the passphrase changed its members."""
    content = b"".join(decrypted(PASSPHRASE, iter([source.read_bytes()])))
    changed = ((each.name, change(each.name, each.whole())) for each in unpacked(iter([content])))
    kept = (member(name, new) for name, new in changed if new is not None)
    source.write_bytes(b"".join(encrypted(PASSPHRASE, packed(kept))))
    return source


def in_manifest(key: str, value: object) -> Callable[[str, bytes], bytes]:
    def change(name: str, content: bytes) -> bytes:
        if name != MANIFEST:
            return content
        return json.dumps({**json.loads(content), key: value}).encode()

    return change


def without_trail(name: str, content: bytes) -> bytes | None:
    return None if name.startswith("tables/audit_log") else content


def without_principals(name: str, content: bytes) -> bytes | None:
    return None if name.startswith("tables/principals") else content


def with_no_json(name: str, content: bytes) -> bytes:
    return b"{" if name.startswith("tables/audit_log") else content


def without_files(name: str, content: bytes) -> bytes | None:
    return None if name.startswith("files/") else content


def with_another_letter(name: str, content: bytes) -> bytes:
    return b"Another letter." if name.startswith("files/") else content


def with_another_name(name: str, content: bytes) -> bytes:
    if name.startswith("tables/principals"):
        return content.replace(b"test key", b"evil key")
    return content


CHANGES: dict[str, tuple[type[Exception], str, Callable[[str, bytes], bytes | None]]] = {
    "another revision": (ImportRefused, "at schema revision 0001", in_manifest("revision", "0001")),
    "another form": (ArchiveUnusable, "its form 2 is not known", in_manifest("form", 2)),
    "no manifest": (ArchiveUnusable, "cannot be read", in_manifest("tables", 7)),
    "rows missing": (RowsDiffer, "audit_log: ", without_trail),
    "rows that others name missing": (ImportRefused, "foreign key", without_principals),
    "no rows": (ArchiveUnusable, "none of this schema", with_no_json),
    "a changed cell": (RowsDiffer, "principals: ", with_another_name),
    "a file missing": (ArchiveUnusable, "as many files", without_files),
    "another file": (ArchiveUnusable, "not what its record says", with_another_letter),
}


@pytest.mark.parametrize("change", CHANGES)
def test_an_archive_that_was_rewritten_leaves_nothing_behind(
    elsewhere: RoleAddresses,
    company: CompanyForTests,
    export: Export,
    bring: Bring,
    their_files: Path,
    change: str,
) -> None:
    error, words, made = CHANGES[change]
    with pytest.raises(error, match=words):
        bring(rewritten(export(company), made))
    assert nothing_is_there(elsewhere, company.id, their_files)


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


def test_a_schema_that_the_program_does_not_know_is_neither_written_nor_read(
    server: EmbeddedServer, company: CompanyForTests, export: Export, their_vault: FileVault
) -> None:
    source = export(company)
    newer = migrated_database(server, "newer")
    with psycopg.connect(newer.owner) as owner:
        owner.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SchemaUnfit, match="at revision 9999"):
        import_company(newer.owner, source, PASSPHRASE, vault=their_vault, keyring=KEYRING)
    target = source.with_name("newer.archive")
    with pytest.raises(SchemaUnfit, match="at revision 9999"):
        export_company(
            newer.owner, company.slug, target, PASSPHRASE, vault=their_vault, keyring=KEYRING
        )
    assert not target.exists()
    with psycopg.connect(newer.owner) as owner:
        owner.execute("DROP TABLE alembic_version")
    with pytest.raises(SchemaUnfit, match="at revision none"):
        import_company(newer.owner, source, PASSPHRASE, vault=their_vault, keyring=KEYRING)


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
    assert rows(addresses, leaving.id) == before


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
