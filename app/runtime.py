"""From settings to a database that answers: an own server, or the embedded one."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from app.file_stores import vault_of
from app.keys import (
    FORMER_MASTER_KEYS,
    FORMER_SIGNING_KEYS,
    former_master_keys,
    former_signing_keys,
    installation_key,
)
from app.settings import Settings, SettingsError
from storage.embedded import EmbeddedServer, provision
from storage.files import FileVault
from storage.secrets.keyring import Keyring
from storage.signing import SigningKeys
from storage.trail.keys import Signer

if TYPE_CHECKING:
    from storage.postgres.transaction import PostgresStorage

DATABASE = "wellkept"


class DataDirectoryUnusable(Exception):
    """The data directory cannot be written."""


@dataclass(frozen=True, kw_only=True)
class Installation:
    """A database that is up, by the address of each role, and the installation's keys."""

    settings: Settings
    app_url: str = field(repr=False)
    owner_url: str | None = field(repr=False)
    worker_url: str | None = field(repr=False)
    master_key: bytes = field(repr=False)
    """Seals secrets and kept files."""
    former_master_keys: list[bytes] = field(default_factory=list, repr=False)
    """Open what they have sealed."""
    signing_key: bytes = field(repr=False)
    """Signs the seals of the audit trail, and documents that leave the house."""
    former_signing_keys: list[bytes] = field(default_factory=list)
    """Public keys of those before it: what they have signed goes on being believed."""
    embedded: EmbeddedServer | None
    """The embedded server, None where the settings name a server."""

    @property
    def is_embedded(self) -> bool:
        """Whether the database is the program's own."""
        return self.embedded is not None

    @property
    def keyring(self) -> Keyring:
        """The master keys."""
        return Keyring(self.master_key, self.former_master_keys)

    @property
    def signing(self) -> SigningKeys:
        """What the installation signs with, and what its signatures are believed by."""
        return SigningKeys(Signer(self.signing_key), self.former_signing_keys)

    @property
    def vault(self) -> FileVault:
        """The kept files."""
        return vault_of(self.settings)

    @property
    def owner(self) -> str:
        """The owner's address. Raises SettingsError where none is configured."""
        if self.owner_url is None:
            raise SettingsError("WELLKEPT_OWNER_URL is not set: this command works as the owner")
        return self.owner_url

    @property
    def worker(self) -> str:
        """The worker's address. Raises SettingsError where none is configured."""
        if self.worker_url is None:
            raise SettingsError("WELLKEPT_WORKER_URL is not set: the worker has a role of its own")
        return self.worker_url

    @asynccontextmanager
    async def storage(self) -> "AsyncIterator[PostgresStorage]":
        """Storage as the program's restricted role. Raises StorageUnavailable."""
        async with opened(self.app_url, self.settings, self.keyring) as storage:
            yield storage

    @asynccontextmanager
    async def owner_storage(self) -> "AsyncIterator[PostgresStorage]":
        """Storage as the owner, who founds companies. Raises StorageUnavailable, SettingsError."""
        async with opened(self.owner, self.settings, self.keyring) as storage:
            yield storage

    @asynccontextmanager
    async def worker_storage(self) -> "AsyncIterator[PostgresStorage]":
        """Storage as the worker's role. Raises StorageUnavailable, SettingsError."""
        async with opened(self.worker, self.settings, self.keyring) as storage:
            yield storage


def postgresql_directory(settings: Settings) -> Path:
    """Where the embedded server has its data directory."""
    return settings.data_directory / "postgresql"


def files_directory(settings: Settings) -> Path:
    """Where kept files lie."""
    return settings.data_directory / "files"


@asynccontextmanager
async def opened(
    url: str, settings: Settings, keyring: Keyring
) -> "AsyncIterator[PostgresStorage]":
    """Storage at an address, as the settings say. Raises StorageUnavailable.

    It is imported here: whoever only asks where the database is has no use for all of its rows.
    """
    from storage.postgres.transaction import PostgresStorage  # noqa: PLC0415

    storage = PostgresStorage(
        url,
        keyring=keyring,
        maximum_connections=settings.pool_size,
        prepares_statements=settings.prepares_statements,
    )
    try:
        await storage.open()
        yield storage
    finally:
        await storage.close()


@contextmanager
def installation(
    settings: Settings, *, progress: Callable[[str], None] | None = None
) -> Iterator[Installation]:
    """The installation that the settings describe, up for as long as this lasts.

    The embedded server is started, or joined where another program runs it already; the last
    program that leaves stops it. Raises DataDirectoryUnusable, KeyMissing, SettingsError,
    EmbeddedServerError.
    """
    _prepare(settings.data_directory)
    if settings.database_url is not None:
        yield _described(
            settings,
            app_url=settings.database_url,
            owner_url=settings.owner_url,
            worker_url=settings.worker_url,
            embedded=None,
        )
        return
    server = EmbeddedServer(
        postgresql_directory(settings),
        progress=progress,
        wal_archive=None if settings.wal_archive is None else Path(settings.wal_archive),
    )
    with server:
        addresses = provision(server, DATABASE)
        yield _described(
            settings,
            app_url=addresses.app,
            owner_url=addresses.owner,
            worker_url=addresses.worker,
            embedded=server,
        )


def _described(
    settings: Settings,
    *,
    app_url: str,
    owner_url: str | None,
    worker_url: str | None,
    embedded: EmbeddedServer | None,
) -> Installation:
    keys = settings.data_directory / "keys"
    return Installation(
        settings=settings,
        app_url=app_url,
        owner_url=owner_url,
        worker_url=worker_url,
        master_key=installation_key(
            settings.master_key,
            variable="WELLKEPT_MASTER_KEY",
            path=keys / "master.key",
            protects=files_directory(settings),
        ),
        former_master_keys=former_master_keys(
            settings.former_master_keys, keys / FORMER_MASTER_KEYS
        ),
        signing_key=installation_key(
            settings.signing_key,
            variable="WELLKEPT_SIGNING_KEY",
            path=keys / "signing.key",
            protects=None,
        ),
        former_signing_keys=former_signing_keys(
            settings.former_signing_keys, keys / FORMER_SIGNING_KEYS
        ),
        embedded=embedded,
    )


def _prepare(directory: Path) -> None:
    """Have the data directory, private, passable for the account that runs the server."""
    try:
        directory.mkdir(mode=0o711, parents=True, exist_ok=True)
        probe = directory / ".writable"
        probe.touch(mode=0o600)
        probe.unlink()
    except OSError as error:
        raise DataDirectoryUnusable(
            f"{directory.absolute()} cannot be written ({error.strerror}); name another with"
            " WELLKEPT_DATA_DIRECTORY"
        ) from error
