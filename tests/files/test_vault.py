"""The vault: written whole or not at all, readable by its company's key alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import pytest

from services.files.keeping import Bytes
from storage.files import FileDamaged, FileKey, FileStore, FileVault
from storage.files.store import ObjectMissing
from storage.identifiers import new_id
from storage.secrets.data_key import DataKey

OURS, THEIRS = new_id(), new_id()


@pytest.fixture
def vault(store: FileStore) -> FileVault:
    return FileVault(store)


def a_key(company_id: UUID = OURS) -> FileKey:
    return DataKey(company_id, 1, bytes(32)).file_key(new_id())


def test_a_file_comes_back(vault: FileVault) -> None:
    key, content = a_key(), Bytes(b"0123456789abcdef" * 200_000)
    vault.write(key, content)
    assert b"".join(vault.read(key)) == content.content


def test_the_same_content_twice_is_two_objects(vault: FileVault) -> None:
    first, second = a_key(), a_key()
    vault.write(first, Bytes(b"same"))
    vault.write(second, Bytes(b"same"))
    vault.delete(first)
    assert b"".join(vault.read(second)) == b"same"
    assert [each.name for each in vault.objects(OURS)] == [second.name]


def test_a_company_lists_its_own_objects_only(vault: FileVault) -> None:
    ours, theirs = a_key(), a_key(THEIRS)
    vault.write(ours, Bytes(b"ours"))
    vault.write(theirs, Bytes(b"theirs"))
    assert [each.name for each in vault.objects(OURS)] == [ours.name]


def test_a_file_that_is_not_there_is_damaged(vault: FileVault) -> None:
    with pytest.raises(FileDamaged):
        vault.read(a_key())


def test_damage_at_the_start_is_said_before_anything_is_read(
    vault: FileVault, store: FileStore
) -> None:
    key = a_key()
    store.put(key.name, iter([b"WKF1" + bytes(40)]))
    with pytest.raises(FileDamaged):
        vault.read(key)


@dataclass(frozen=True)
class Changed:
    """A content that is not what it was hashed as."""

    before: Bytes
    now: bytes

    @property
    def byte_count(self) -> int:
        return self.before.byte_count

    @property
    def sha256(self) -> bytes:
        return self.before.sha256

    def chunks(self) -> Iterator[bytes]:
        yield self.now


def test_a_source_that_changed_since_it_was_hashed_is_not_kept(
    vault: FileVault, store: FileStore
) -> None:
    key = a_key()
    with pytest.raises(FileDamaged):
        vault.write(key, Changed(Bytes(b"before"), b"after"))
    with pytest.raises(ObjectMissing):
        store.get(key.name)
