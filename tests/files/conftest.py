"""The stores that every promise is tested on: a folder, and a real server that speaks S3."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from storage.files import FileStore
from storage.files.local import LocalFileStore
from storage.files.s3 import Bucket, S3FileStore
from tests.files.seaweed import ACCESS_KEY, BUCKET, SECRET_KEY, Seaweed


@pytest.fixture(scope="session")
def seaweed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seaweed]:
    """One SeaweedFS for all tests; each works below a prefix of its own."""
    server = Seaweed(tmp_path_factory.mktemp("seaweed") / "data")
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the environment gives to a program that uses S3."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
    monkeypatch.setenv("AWS_REGION", "us-east-1")


@pytest.fixture(params=["local", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> FileStore:
    """An empty store of each kind."""
    if request.param == "local":
        return LocalFileStore(tmp_path / "store")
    server: Seaweed = request.getfixturevalue("seaweed")
    request.getfixturevalue("credentials")
    return S3FileStore(Bucket(BUCKET, uuid4().hex, server.endpoint))
