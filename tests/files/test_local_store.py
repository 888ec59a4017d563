"""What a folder of this machine has to do besides what every store does."""

import multiprocessing
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.errors import FileStoreFull, FileStoreUnavailable
from storage.files.local import LocalFileStore
from storage.files.store import ObjectMissing

NAME = "company/ab/abcdef"


@pytest.fixture
def store(tmp_path: Path) -> LocalFileStore:
    return LocalFileStore(tmp_path / "store")


def test_nobody_else_may_look_into_the_folders(store: LocalFileStore, tmp_path: Path) -> None:
    store.put(NAME, iter([b"content"]))
    folders = [tmp_path / "store", *(p for p in (tmp_path / "store").rglob("*") if p.is_dir())]
    assert len(folders) == 3
    assert {folder.stat().st_mode & 0o077 for folder in folders} == {0}


def test_what_a_killed_writer_left_is_never_read_and_can_be_found(
    store: LocalFileStore, tmp_path: Path
) -> None:
    left = tmp_path / "store" / f"{NAME}.00000000.part"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    with pytest.raises(ObjectMissing):
        store.get(NAME)
    assert [each.name for each in store.list("company/")] == [f"{NAME}.00000000.part"]
    store.put(NAME, iter([b"content"]))
    assert b"".join(store.get(NAME)) == b"content"


def _fill(folder: Path, said: "multiprocessing.Queue[tuple[str, int]]") -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
    try:
        LocalFileStore(folder).put(NAME, iter([bytes(64_000)] * 4))
    except FileStoreFull:
        said.put(("full", len([p for p in folder.rglob("*") if p.is_file()])))
    else:
        said.put(("kept", 0))


def test_a_disk_that_takes_no_more_is_said_and_nothing_is_left(tmp_path: Path) -> None:
    said: multiprocessing.Queue[tuple[str, int]] = multiprocessing.get_context("spawn").Queue()
    writer = multiprocessing.get_context("spawn").Process(
        target=_fill, args=(tmp_path / "store", said)
    )
    writer.start()
    assert said.get(timeout=60) == ("full", 0)
    writer.join()


def test_a_folder_that_cannot_be_had_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file, where the folder should be")
    with pytest.raises(FileStoreUnavailable):
        LocalFileStore(tmp_path / "store").put(NAME, iter([b"x"]))


def test_a_fault_names_no_path(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("")
    with pytest.raises(FileStoreUnavailable) as fault:
        LocalFileStore(tmp_path / "store").delete(NAME)
    assert str(tmp_path) not in str(fault.value)


def test_reading_takes_flat_memory(store: LocalFileStore) -> None:
    def many() -> Iterator[bytes]:
        yield from (bytes(1 << 20) for _ in range(20))

    store.put(NAME, many())
    assert max(map(len, store.get(NAME))) <= 1 << 20
