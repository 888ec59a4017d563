"""Kept files come back as they were, or not at all."""

import hashlib
import io
import threading
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.files import BLOCK_BYTES, FileDamaged, FileVault

OURS = UUID("01a1fd87-34ee-71ca-b850-10bcf0bfc701")
THEIRS = UUID("01a1fd87-34ee-71ca-b850-10bcf0bfc702")
SEALED_BLOCK = BLOCK_BYTES + 16
HEAD = 20


@pytest.fixture
def vault(tmp_path: Path) -> FileVault:
    return FileVault(tmp_path / "files", b"k" * 32)


def keep(vault: FileVault, content: bytes, company_id: UUID = OURS) -> str:
    return vault.keep(company_id, hashlib.sha256(content).digest(), io.BytesIO(content))


def read(vault: FileVault, key: str, company_id: UUID = OURS) -> bytes:
    return b"".join(vault.read(company_id, key))


def path_of(tmp_path: Path, key: str, company_id: UUID = OURS) -> Path:
    (path,) = (tmp_path / "files" / company_id.hex).rglob(key)
    return path


@pytest.mark.parametrize(
    "size",
    [
        0,
        1,
        BLOCK_BYTES - 1,
        BLOCK_BYTES,
        BLOCK_BYTES + 1,
        2 * BLOCK_BYTES,
        2 * BLOCK_BYTES + 1,
        3 * BLOCK_BYTES + 17,
    ],
)
def test_a_file_of_any_size_around_a_block_comes_back(vault: FileVault, size: int) -> None:
    content = (b"0123456789abcdef" * (size // 16 + 1))[:size]
    assert read(vault, keep(vault, content)) == content


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.binary(max_size=300))
def test_any_bytes_come_back(vault: FileVault, content: bytes) -> None:
    assert read(vault, keep(vault, content)) == content


def test_what_lies_on_disk_is_not_what_was_kept(vault: FileVault, tmp_path: Path) -> None:
    key = keep(vault, b"ISA*00*PATIENT SAMPLE~" * 100)
    assert b"PATIENT" not in path_of(tmp_path, key).read_bytes()


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_a_flipped_bit_anywhere_is_found(
    vault: FileVault, tmp_path: Path, data: st.DataObject
) -> None:
    key = keep(vault, b"ISA*00*" * 50)
    path = path_of(tmp_path, key)
    kept = path.read_bytes()
    damaged = bytearray(kept)
    at = data.draw(st.integers(0, len(kept) - 1))
    damaged[at] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(damaged)
    try:
        with pytest.raises(FileDamaged):
            read(vault, key)
    finally:
        path.write_bytes(kept)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_a_file_cut_off_anywhere_is_found(
    vault: FileVault, tmp_path: Path, data: st.DataObject
) -> None:
    key = keep(vault, b"ISA*00*" * 50)
    path = path_of(tmp_path, key)
    kept = path.read_bytes()
    path.write_bytes(kept[: data.draw(st.integers(0, len(kept) - 1))])
    try:
        with pytest.raises(FileDamaged):
            read(vault, key)
    finally:
        path.write_bytes(kept)


def test_a_missing_last_block_is_found(vault: FileVault, tmp_path: Path) -> None:
    key = keep(vault, bytes(2 * BLOCK_BYTES + 5))
    path = path_of(tmp_path, key)
    path.write_bytes(path.read_bytes()[: HEAD + 2 * SEALED_BLOCK])
    with pytest.raises(FileDamaged):
        read(vault, key)


def test_swapped_blocks_are_found(vault: FileVault, tmp_path: Path) -> None:
    key = keep(vault, b"a" * BLOCK_BYTES + b"b" * BLOCK_BYTES + b"c")
    path = path_of(tmp_path, key)
    kept = path.read_bytes()
    first, second = kept[HEAD : HEAD + SEALED_BLOCK], kept[HEAD + SEALED_BLOCK :][:SEALED_BLOCK]
    path.write_bytes(kept[:HEAD] + second + first + kept[HEAD + 2 * SEALED_BLOCK :])
    with pytest.raises(FileDamaged):
        read(vault, key)


def test_a_file_that_is_longer_than_it_was_is_found(vault: FileVault, tmp_path: Path) -> None:
    key = keep(vault, b"ISA")
    path = path_of(tmp_path, key)
    path.write_bytes(path.read_bytes() + b"more")
    with pytest.raises(FileDamaged):
        read(vault, key)


def test_one_file_cannot_stand_in_for_another(vault: FileVault, tmp_path: Path) -> None:
    first, second = keep(vault, b"first"), keep(vault, b"second")
    path_of(tmp_path, first).write_bytes(path_of(tmp_path, second).read_bytes())
    with pytest.raises(FileDamaged):
        read(vault, first)


def test_a_file_that_is_not_there_is_damaged(vault: FileVault) -> None:
    with pytest.raises(FileDamaged):
        read(vault, vault.key_of(OURS, bytes(32)))


def test_equal_files_of_two_companies_have_unequal_names(vault: FileVault) -> None:
    assert keep(vault, b"same") != keep(vault, b"same", THEIRS)


def test_one_company_cannot_read_anothers_file_by_its_name(
    vault: FileVault, tmp_path: Path
) -> None:
    key = keep(vault, b"ours")
    with pytest.raises(FileDamaged):
        read(vault, key, THEIRS)
    theirs = tmp_path / "files" / THEIRS.hex / key[:2] / key
    theirs.parent.mkdir(parents=True)
    theirs.write_bytes(path_of(tmp_path, key).read_bytes())
    with pytest.raises(FileDamaged):
        read(vault, key, THEIRS)


def test_another_installations_key_opens_nothing(vault: FileVault, tmp_path: Path) -> None:
    key = keep(vault, b"ours")
    with pytest.raises(FileDamaged):
        read(FileVault(tmp_path / "files", b"x" * 32), key)


def test_two_writers_of_one_file_leave_one_that_is_whole(vault: FileVault, tmp_path: Path) -> None:
    content = bytes(range(256)) * 9_000
    barrier = threading.Barrier(4)
    keys: list[str] = []

    def write() -> None:
        barrier.wait()
        keys.append(keep(vault, content))

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(keys) == 4
    assert len(set(keys)) == 1
    assert read(vault, keys[0]) == content
    assert [path.name for path in files_below(tmp_path)] == [keys[0]]


class _Breaking(io.BytesIO):
    """A source that fails after its first block."""

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell():
            raise OSError("the disk is gone")
        return super().read(size)


def test_a_writer_that_breaks_off_leaves_nothing(vault: FileVault, tmp_path: Path) -> None:
    content = bytes(BLOCK_BYTES + 1)
    with pytest.raises(OSError, match="the disk is gone"):
        vault.keep(OURS, hashlib.sha256(content).digest(), _Breaking(content))
    assert files_below(tmp_path) == []


def test_a_source_that_changed_since_it_was_hashed_is_not_kept(
    vault: FileVault, tmp_path: Path
) -> None:
    with pytest.raises(FileDamaged):
        vault.keep(OURS, hashlib.sha256(b"before").digest(), io.BytesIO(b"after"))
    assert files_below(tmp_path) == []


def test_what_a_killed_writer_left_is_never_read(vault: FileVault, tmp_path: Path) -> None:
    key = vault.key_of(OURS, hashlib.sha256(b"content").digest())
    left = tmp_path / "files" / OURS.hex / key[:2] / f"{key}.00000000.part"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    with pytest.raises(FileDamaged):
        read(vault, key)
    assert read(vault, keep(vault, b"content")) == b"content"


def test_nobody_else_may_look_into_the_folders(vault: FileVault, tmp_path: Path) -> None:
    keep(vault, b"content")
    folders = [path for path in (tmp_path / "files").rglob("*") if path.is_dir()]
    assert folders
    assert {folder.stat().st_mode & 0o077 for folder in [*folders, tmp_path / "files"]} == {0}


def files_below(tmp_path: Path) -> list[Path]:
    return sorted(path for path in (tmp_path / "files").rglob("*") if path.is_file())
