"""A real SFTP server on this machine: it keeps files in a folder, and fails when it is told to."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast

import asyncssh

from services.guarded_http import Guard
from services.outbox.sftp import SftpServer
from tests.builders.certificates import Authority

USER_NAME = "riverbend"
PASSWORD = "a-meadow-of-seven-lanterns"

POSIX_RENAME, FSYNC = b"posix-rename@openssh.com", b"fsync@openssh.com"
_SPOKEN = list(asyncssh.sftp.SFTPServerHandler._extensions)

Meddle = Callable[[str, bool], bool]
"""Told of every step of a client, before it is done and after it; True has it cut off there."""


def _never(*_: object) -> bool:
    return False


@dataclass
class ServerForTests:
    """What the server is like, and what it has seen."""

    folder: Path
    host_key: asyncssh.SSHKey = field(
        default_factory=partial(asyncssh.generate_private_key, "ssh-ed25519")
    )
    client_key: asyncssh.SSHKey | None = None
    meddle: Meddle = _never
    refusal: tuple[str, asyncssh.SFTPError] | None = None
    """A step, and what it is answered with."""
    hangs_at: str | None = None
    lacks: frozenset[bytes] = frozenset()
    """Extensions of OpenSSH that it does not speak."""
    port: int = 0
    connections: int = 0
    steps: list[str] = field(default_factory=list)
    opened: list[BinaryIO] = field(default_factory=list)

    @property
    def public_key(self) -> str:
        return self.host_key.export_public_key("openssh").decode().strip()

    def files(self, folder: str = "in") -> dict[str, bytes]:
        """What lies in a folder."""
        return {each.name: each.read_bytes() for each in (self.folder / folder).iterdir()}

    def seen(self, **changes: object) -> SftpServer:
        """The server as a client knows it."""
        known = {
            "host": "localhost",
            "port": self.port,
            "host_key": asyncssh.import_public_key(self.public_key),
            "user_name": USER_NAME,
            "password": PASSWORD,
        }
        return SftpServer(**known | changes)  # type: ignore[arg-type]

    def guard(self, authority: Authority) -> Guard:
        """Admits this server although it is on this machine."""
        return Guard(tls=authority.client, private_hosts=frozenset({("localhost", self.port)}))


class _Login(asyncssh.SSHServer):
    def __init__(self, server: ServerForTests) -> None:
        self._server = server

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:  # noqa: ARG002 -- the library's
        self._server.connections += 1

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == (USER_NAME, PASSWORD)

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        known = self._server.client_key
        is_known = known is not None and key.public_data == known.public_data
        return is_known and username == USER_NAME


class _Files(asyncssh.SFTPServer):
    """Steps are seen, refused, cut off or left hanging."""

    def __init__(self, server: ServerForTests, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        super().__init__(chan, chroot=bytes(server.folder))
        self._told = server

    async def _step(self, name: str, work: Callable[[], object]) -> object:
        told = self._told
        told.steps.append(name)
        if told.hangs_at == name:
            await asyncio.Event().wait()
        if told.refusal is not None and told.refusal[0] == name:
            raise told.refusal[1]
        if told.meddle(name, False):
            self._cut()
        done = work()
        if told.meddle(name, True):
            self._cut()
        return done

    def _cut(self) -> None:
        self.channel.get_connection().abort()
        raise asyncssh.SFTPConnectionLost("cut")

    async def stat(self, path: bytes) -> object:  # type: ignore[override]
        return await self._step("stat", lambda: super(_Files, self).stat(path))

    async def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        def opened() -> object:
            file = super(_Files, self).open(path, pflags, attrs)
            self._told.opened.append(cast("BinaryIO", file))
            return file

        return await self._step("open", opened)

    async def write(self, file_obj: object, offset: int, data: bytes) -> int:  # type: ignore[override]
        return await self._step(  # type: ignore[return-value]
            "write", lambda: super(_Files, self).write(file_obj, offset, data)
        )

    async def fsync(self, file_obj: object) -> None:  # type: ignore[override]
        await self._step("fsync", lambda: super(_Files, self).fsync(file_obj))

    async def close(self, file_obj: object) -> None:  # type: ignore[override]
        await self._step("close", lambda: super(_Files, self).close(file_obj))

    async def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:  # type: ignore[override]
        await self._step("rename", lambda: super(_Files, self).posix_rename(oldpath, newpath))

    async def rename(self, oldpath: bytes, newpath: bytes) -> None:  # type: ignore[override]
        await self._step("plain rename", lambda: super(_Files, self).rename(oldpath, newpath))

    async def remove(self, path: bytes) -> None:  # type: ignore[override]
        await self._step("remove", lambda: super(_Files, self).remove(path))


@asynccontextmanager
async def serving(server: ServerForTests) -> AsyncIterator[ServerForTests]:
    """Serve on a free port of this machine, with the folders ``in`` and ``out``."""
    for name in ("in", "out"):
        (server.folder / name).mkdir(parents=True, exist_ok=True)
    spoken = [each for each in _SPOKEN if each[0] not in server.lacks]
    asyncssh.sftp.SFTPServerHandler._extensions = spoken
    acceptor = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_host_keys=[server.host_key],
        server_factory=lambda: _Login(server),
        sftp_factory=lambda chan: _Files(server, chan),
        config=None,
    )
    server.port = acceptor.get_port()
    try:
        yield server
    finally:
        asyncssh.sftp.SFTPServerHandler._extensions = _SPOKEN
        acceptor.close()
        await acceptor.wait_closed()
        for file in server.opened:
            file.close()
