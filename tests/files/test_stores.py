"""A folder and S3 keep the same promises."""

import threading
from collections.abc import Iterator

import pytest

from storage.files import FileStore
from storage.files.store import ObjectMissing

NAME = "company/ab/abcdef"
LARGE = bytes(range(256)) * 50_000  # 12.8 MB: several parts of a multipart upload


def pieces(content: bytes, length: int = 1 << 16) -> Iterator[bytes]:
    return (content[at : at + length] for at in range(0, len(content), length))


def read(store: FileStore, name: str = NAME) -> bytes:
    return b"".join(store.get(name))


def names(store: FileStore, folder: str = "company/") -> list[str]:
    return [each.name for each in store.list(folder)]


@pytest.mark.parametrize("content", [b"", b"x", LARGE], ids=["empty", "a byte", "12.8 MB"])
def test_what_was_put_comes_back(store: FileStore, content: bytes) -> None:
    store.put(NAME, pieces(content))
    assert read(store) == content


def test_a_second_object_of_a_name_takes_the_place_of_the_first(store: FileStore) -> None:
    store.put(NAME, pieces(b"first"))
    store.put(NAME, pieces(b"second"))
    assert read(store) == b"second"
    assert names(store) == [NAME]


def test_what_is_not_there_is_said_before_the_first_byte(store: FileStore) -> None:
    with pytest.raises(ObjectMissing):
        store.get(NAME)


def test_a_deleted_object_is_gone_and_may_be_deleted_again(store: FileStore) -> None:
    store.put(NAME, pieces(b"x"))
    store.delete(NAME)
    store.delete(NAME)
    with pytest.raises(ObjectMissing):
        store.get(NAME)
    assert names(store) == []


def test_a_list_shows_a_folder_and_nothing_beside_it(store: FileStore) -> None:
    for name, content in (("one/aa/aa1", b"1"), ("one/bb/bb22", b"22"), ("onetwo/aa/aa1", b"333")):
        store.put(name, pieces(content))
    found = sorted(store.list("one/"), key=lambda each: each.name)
    assert [(each.name, each.byte_count) for each in found] == [
        ("one/aa/aa1", 1),
        ("one/bb/bb22", 2),
    ]
    assert all(each.stored_at.tzinfo is not None for each in found)
    assert names(store, "nobody/") == []


def test_a_long_list_is_whole(store: FileStore) -> None:
    wanted = [f"company/{n % 7}/{n:04}" for n in range(1, 1_103)]
    for name in wanted:
        store.put(name, pieces(b"x"))
    assert sorted(names(store)) == sorted(wanted)


@pytest.mark.parametrize("size", [1_000, len(LARGE)], ids=["early", "after some parts"])
def test_a_source_that_breaks_off_leaves_nothing(store: FileStore, size: int) -> None:
    class Gone(Exception):
        pass

    def breaking() -> Iterator[bytes]:
        yield from pieces(LARGE[:size])
        raise Gone

    with pytest.raises(Gone):
        store.put(NAME, breaking())
    with pytest.raises(ObjectMissing):
        store.get(NAME)
    assert names(store) == []


def test_writers_of_one_name_leave_one_object_that_is_whole(store: FileStore) -> None:
    contents = [bytes([n]) * 6_000_000 for n in range(4)]
    barrier = threading.Barrier(len(contents))

    def write(content: bytes) -> None:
        barrier.wait()
        store.put(NAME, pieces(content))

    writers = [threading.Thread(target=write, args=[content]) for content in contents]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert read(store) in contents
    assert names(store) == [NAME]


def test_an_object_is_not_there_before_it_is_whole(store: FileStore) -> None:
    seen: list[str] = []

    def look() -> None:
        seen.extend(names(store))

    def watched() -> Iterator[bytes]:
        yield LARGE
        onlooker = threading.Thread(target=look)
        onlooker.start()
        onlooker.join()
        yield b"the end"

    store.put(NAME, watched())
    assert [name for name in seen if not name.endswith(".part")] == []
    assert read(store) == LARGE + b"the end"
