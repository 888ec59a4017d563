"""A kept file comes back as it was, or not at all."""

import random
from collections.abc import Iterator
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.files.sealing import BLOCK_BYTES, FileDamaged, FileKey, opened, sealed
from storage.identifiers import new_id
from storage.secrets.data_key import DataKey
from storage.secrets.keyring import Keyring

OURS, THEIRS = new_id(), new_id()
SECRET = bytes(range(32))
SEALED_BLOCK = BLOCK_BYTES + 16
HEAD = 20


def key_of(company_id: UUID = OURS, number: int = 1, secret: bytes = SECRET) -> FileKey:
    return DataKey(company_id, number, secret).file_key(UUID(int=7))


KEY = key_of()


def store(content: bytes, key: FileKey = KEY, *, piece: int = 1 << 16) -> bytes:
    pieces = (content[at : at + piece] for at in range(0, len(content), piece))
    return b"".join(sealed(key, pieces))


def read(stored: bytes, key: FileKey = KEY, *, piece: int = 1 << 16) -> bytes:
    return b"".join(opened(key, _pieces(stored, piece)))


def _pieces(stored: bytes, piece: int) -> Iterator[bytes]:
    return (stored[at : at + piece] for at in range(0, len(stored), piece))


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
def test_a_file_of_any_size_around_a_block_comes_back(size: int) -> None:
    content = random.Random(size).randbytes(size)
    assert read(store(content)) == content


@given(st.binary(max_size=300), st.integers(1, 400), st.integers(1, 400))
def test_any_bytes_come_back_however_they_are_cut(
    content: bytes, written_by: int, read_by: int
) -> None:
    assert read(store(content, piece=written_by), piece=read_by) == content


def test_the_length_of_the_pieces_leaves_no_mark() -> None:
    content = bytes(2 * BLOCK_BYTES + 5)
    assert len(store(content, piece=999_999)) == len(store(content, piece=BLOCK_BYTES))


def test_what_is_stored_is_not_what_was_kept() -> None:
    assert b"PATIENT" not in store(b"ISA*00*PATIENT SAMPLE~" * 100)
    assert store(b"same") != store(b"same")


@settings(max_examples=60)
@given(st.data())
def test_a_flipped_bit_anywhere_is_found(data: st.DataObject) -> None:
    damaged = bytearray(store(b"ISA*00*" * 50))
    damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(FileDamaged):
        read(bytes(damaged))


@settings(max_examples=60)
@given(st.data())
def test_a_file_cut_off_anywhere_is_found(data: st.DataObject) -> None:
    stored = store(b"ISA*00*" * 50)
    with pytest.raises(FileDamaged):
        read(stored[: data.draw(st.integers(0, len(stored) - 1))])


def test_a_missing_last_block_is_found() -> None:
    stored = store(bytes(2 * BLOCK_BYTES + 5))
    with pytest.raises(FileDamaged):
        read(stored[: HEAD + 2 * SEALED_BLOCK])


def test_swapped_blocks_are_found() -> None:
    stored = store(b"a" * BLOCK_BYTES + b"b" * BLOCK_BYTES + b"c")
    first, second = stored[HEAD : HEAD + SEALED_BLOCK], stored[HEAD + SEALED_BLOCK :][:SEALED_BLOCK]
    with pytest.raises(FileDamaged):
        read(stored[:HEAD] + second + first + stored[HEAD + 2 * SEALED_BLOCK :])


def test_a_file_that_is_longer_than_it_was_is_found() -> None:
    with pytest.raises(FileDamaged):
        read(store(b"ISA") + b"more")


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(key_of(company_id=THEIRS), id="another company's"),
        pytest.param(key_of(secret=bytes(32)), id="another data key's"),
        pytest.param(DataKey(OURS, 1, SECRET).file_key(UUID(int=8)), id="another file's"),
    ],
)
def test_one_file_cannot_stand_in_for_another(other: FileKey) -> None:
    stored = store(b"ours")
    assert other.name != KEY.name
    with pytest.raises(FileDamaged):
        read(stored, other)


def test_the_name_of_a_file_tells_its_company_and_nothing_else() -> None:
    folder, shelf, name = KEY.name.split("/")
    assert folder == OURS.hex
    assert (len(name), name[:2]) == (64, shelf)
    assert UUID(int=7).hex not in KEY.name


def test_a_file_of_before_there_were_data_keys_opens_under_a_former_master_key() -> None:
    before = Keyring(SECRET).file_key(OURS, "ab" * 32)
    stored = store(b"ISA*00*", before)
    after = Keyring(bytes(32), [SECRET]).file_key(OURS, "ab" * 32)
    assert read(stored, after) == b"ISA*00*"
    with pytest.raises(FileDamaged):
        read(stored, Keyring(bytes(32)).file_key(OURS, "ab" * 32))


def test_a_file_that_the_first_program_kept_still_opens() -> None:
    """Written by the program of before there were data keys, with a master key of zeros."""
    company_id = UUID("01a1fd87-34ee-71ca-b850-10bcf0bfc701")
    object_key = "84f79b75dc16119d04cbbf0490d60bb92179a55f045007d3075239661c1b7218"
    stored = bytes.fromhex(
        "574b4631d57d46ed591e05db57db43cf70a98a7e93613a3366183c60e3879ff34c0a79a045a426b97247a3d8bac2f0"
    )
    assert read(stored, Keyring(bytes(32)).file_key(company_id, object_key)) == b"ISA*00*kept"


def test_no_key_shows_itself() -> None:
    assert "lambda" not in repr(KEY)
