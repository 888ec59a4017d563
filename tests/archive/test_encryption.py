"""An archive opens whole, with its own passphrase, or not at all."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.archive.encryption import decrypted, encrypted
from storage.archive.errors import ArchiveUnusable
from storage.archive.packing import Member, member, packed, unpacked

PASSPHRASE = "correct horse battery staple"
CHEAP = 10
CONTENT = bytes(range(256)) * 10_000
"""More than two blocks."""
WRITTEN = b"".join(encrypted(PASSPHRASE, iter([CONTENT]), cost_bits=CHEAP))


def opened(stored: bytes, passphrase: str = PASSPHRASE, *, at_once: int = 1 << 16) -> bytes:
    pieces = (stored[at : at + at_once] for at in range(0, len(stored), at_once))
    return b"".join(decrypted(passphrase, pieces))


@given(st.integers(min_value=5_000, max_value=1 << 22))
def test_it_opens_in_pieces_of_any_length(at_once: int) -> None:
    assert opened(WRITTEN, at_once=at_once) == CONTENT


@given(st.integers(min_value=0, max_value=len(WRITTEN) - 1), st.integers(1, 255))
def test_any_changed_byte_is_found_out(at: int, change: int) -> None:
    changed = bytearray(WRITTEN)
    changed[at] ^= change
    with pytest.raises(ArchiveUnusable):
        opened(bytes(changed))


@given(st.integers(min_value=0, max_value=100), st.integers(1, 255))
def test_any_changed_byte_of_its_head_is_found_out(at: int, change: int) -> None:
    changed = bytearray(WRITTEN)
    changed[at] ^= change
    with pytest.raises(ArchiveUnusable):
        opened(bytes(changed))


@given(st.integers(min_value=0, max_value=len(WRITTEN) - 1))
def test_wherever_it_is_cut_off_it_is_found_out(length: int) -> None:
    with pytest.raises(ArchiveUnusable):
        opened(WRITTEN[:length])


@given(st.binary(min_size=1, max_size=2_000_000))
def test_whatever_is_added_is_found_out(more: bytes) -> None:
    with pytest.raises(ArchiveUnusable):
        opened(WRITTEN + more)


@given(st.text(max_size=40).filter(lambda given: given != PASSPHRASE))
def test_no_other_passphrase_opens_it(passphrase: str) -> None:
    with pytest.raises(ArchiveUnusable, match="the passphrase is another one"):
        opened(WRITTEN, passphrase)


def test_two_archives_of_one_content_have_nothing_in_common() -> None:
    again = b"".join(encrypted(PASSPHRASE, iter([CONTENT]), cost_bits=CHEAP))
    assert len(again) == len(WRITTEN)
    assert again[40:200] != WRITTEN[40:200]


def test_an_archive_of_any_size_takes_flat_memory() -> None:
    size = 64 << 20
    content = (bytes(1 << 18) for _ in range(size >> 18))
    tracemalloc.start()
    try:
        stored = encrypted(
            PASSPHRASE, packed(iter([Member("files/1", size, content)])), cost_bits=10
        )
        (found,) = (sum(map(len, each.content)) for each in unpacked(decrypted(PASSPHRASE, stored)))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found == size
    assert most < 16 << 20


@given(st.lists(st.binary(max_size=2_000), max_size=8))
def test_members_come_back_in_their_order(contents: list[bytes]) -> None:
    members = (member(f"files/{at}", each) for at, each in enumerate(contents))
    stored = b"".join(packed(members))
    pieces = (stored[at : at + 700] for at in range(0, len(stored), 700))
    assert [(each.name, each.whole()) for each in unpacked(pieces)] == [
        (f"files/{at}", each) for at, each in enumerate(contents)
    ]
