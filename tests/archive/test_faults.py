"""An archive that is not what was written brings nothing in and leaves nothing behind."""

import json
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from storage.archive.encryption import decrypted, encrypted
from storage.archive.errors import (
    ArchiveUnusable,
    ImportRefused,
    RowsDiffer,
    SchemaUnfit,
)
from storage.archive.exporting import export_company
from storage.archive.importing import import_company
from storage.archive.manifest import MANIFEST
from storage.archive.packing import member, packed, unpacked
from storage.embedded import EmbeddedServer, RoleAddresses
from storage.files import FileVault
from tests.archive.installations import PASSPHRASE, Bring, Export, nothing_is_there
from tests.builders.companies import CompanyForTests
from tests.builders.keys import KEYRING
from tests.servers import migrated_database


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
