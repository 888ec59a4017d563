"""A database for one benchmark: the embedded server as the product runs it, fsync on."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from storage import migrations
from storage.embedded import EmbeddedServer, RoleAddresses, provision

DATABASE = "wellkept"


@dataclass(frozen=True)
class Place:
    """A migrated database, and a directory that is gone when the benchmark is over."""

    server: EmbeddedServer
    addresses: RoleAddresses
    directory: Path

    def as_superuser(self) -> psycopg.Connection:
        """For loading rows and reading plans; no row-level security binds it."""
        return self.server.connect_as_superuser(DATABASE)


@contextmanager
def temporary_database() -> Iterator[Place]:
    """A new server with a migrated database for as long as this lasts."""
    with tempfile.TemporaryDirectory(prefix="wellkept-benchmark-") as name:
        directory = Path(name)
        directory.chmod(0o711)  # passable for the account that runs the server
        with EmbeddedServer(directory / "postgresql") as server:
            addresses = provision(server, DATABASE)
            migrations.upgrade(addresses.owner)
            yield Place(server, addresses, directory)
