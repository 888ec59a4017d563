"""What a bucket has to do besides what every store does: be away, be full, keep its secrets."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from storage.errors import FileStoreUnavailable
from storage.files.s3 import Bucket, S3FileStore, says_full
from tests.files.seaweed import BUCKET, SECRET_KEY, Seaweed

NAME = "company/ab/abcdef"
PART = bytes(9 << 20)

pytestmark = pytest.mark.usefixtures("credentials")


@pytest.fixture
def store(seaweed: Seaweed) -> S3FileStore:
    return S3FileStore(Bucket(BUCKET, uuid4().hex, seaweed.endpoint))


def unfinished(seaweed: Seaweed) -> list[object]:
    """The uploads in parts that were begun and neither finished nor taken back."""
    answer = httpx.get(
        f"http://127.0.0.1:{seaweed.ports[6]}/buckets/{BUCKET}/.uploads/",
        headers={"Accept": "application/json"},
    )
    return [] if answer.status_code == 404 else answer.json()["Entries"] or []


def test_parts_of_a_source_that_breaks_off_are_taken_back(
    store: S3FileStore, seaweed: Seaweed
) -> None:
    class Gone(Exception):
        pass

    def breaking() -> Iterator[bytes]:
        yield from (PART, PART, PART)
        raise Gone

    with pytest.raises(Gone):
        store.put(NAME, breaking())
    assert unfinished(seaweed) == []


def test_wrong_credentials_are_said_without_naming_them(
    seaweed: Seaweed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another secret")
    store = S3FileStore(Bucket(BUCKET, "x", seaweed.endpoint))
    with pytest.raises(FileStoreUnavailable) as refused:
        store.put(NAME, iter([b"x"]))
    assert refused.value.__cause__ is None
    assert "another secret" not in repr(refused.value)
    assert "another secret" not in repr(store.__dict__)


@pytest.mark.parametrize(
    ("answer", "is_full"),
    [
        ("Server returned non-2xx status code: 507 Insufficient Storage: ", True),
        ("<Error><Code>QuotaExceeded</Code></Error>", True),
        ("<Code>SignatureDoesNotMatch</Code><RequestId>1507f3</RequestId>", False),
        ("403 Forbidden: request 507 of signature ab507", False),
    ],
)
def test_a_full_store_is_told_by_its_words_not_by_digits_in_an_id(
    answer: str, is_full: bool
) -> None:
    assert says_full(answer) is is_full


def test_a_bucket_that_is_not_there_is_unavailable(seaweed: Seaweed) -> None:
    store = S3FileStore(Bucket("no-such-bucket", "", seaweed.endpoint))
    with pytest.raises(FileStoreUnavailable):
        list(store.list("company/"))


def test_a_server_that_goes_away_in_the_middle_is_unavailable_and_comes_back(
    tmp_path: Path,
) -> None:
    server = Seaweed(tmp_path / "seaweed")
    server.start()
    try:
        store = S3FileStore(Bucket(BUCKET, "", server.endpoint))
        store.put(NAME, iter([PART] * 4))
        reading = store.get(NAME)
        assert next(reading)
        server.stop()
        with pytest.raises(FileStoreUnavailable):
            list(reading)
        with pytest.raises(FileStoreUnavailable):
            store.put("company/ab/other", iter([b"x"]))
        server.start()
        assert sum(map(len, store.get(NAME))) == 4 * len(PART)
        assert [each.name for each in store.list("company/")] == [NAME]
    finally:
        server.stop()


def test_a_server_that_is_full_and_does_not_say_so_is_unavailable_and_named_for_operators(
    tmp_path: Path,
) -> None:
    """SeaweedFS answers what it would answer to any fault of its own, so nobody can tell."""
    server = Seaweed(tmp_path / "seaweed", volumes=1, volume_megabytes=1)
    server.start()
    try:
        store = S3FileStore(Bucket(BUCKET, "", server.endpoint))
        kept: list[str] = []

        def fill() -> None:
            for number in range(20):
                store.put(f"company/ab/{number}", iter([bytes(3 << 20)]))
                kept.append(f"company/ab/{number}")

        with pytest.raises(FileStoreUnavailable) as refused:
            fill()
        assert "500 InternalError" in str(refused.value)
        assert server.endpoint not in str(refused.value)
        assert kept
        assert sorted(each.name for each in store.list("company/")) == sorted(kept)
        assert sum(map(len, store.get(kept[0]))) == 3 << 20
    finally:
        server.stop()


def test_secrets_do_not_show(store: S3FileStore) -> None:
    assert SECRET_KEY not in repr((store, store.__dict__))
