"""The stores that every promise is tested on."""

from pathlib import Path

import pytest

from storage.files import FileStore
from storage.files.local import LocalFileStore


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    """An empty store."""
    return LocalFileStore(tmp_path / "store")
