"""Speaking SFTP with a server that a company names: only the one that it means, never inward,
never without an end.

The address is checked like that of every host that a company names, and the connection goes to
the checked address. The server proves itself by the one key that the mailbox pins. Nothing of the
machine takes part: no agent, no configuration, no known hosts and no keys of its own.
"""

import asyncio
import datetime as dt
import posixpath
import stat
from collections.abc import AsyncIterator, Awaitable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TypeVar

import asyncssh

from services.guarded_http import Address, Guard, HostRefused
from services.outbox.delivering import Outcome
from storage.vocabulary.outbox import DeliveryFailure

STEP_SECONDS = 20.0
"""How long the server may take over one step, a piece of a file among them."""

LONGEST_TRIAL_SECONDS = 30.0
"""How long it may take to try a mailbox."""

LONGEST_SECONDS = 540.0
"""How long one file may take in all: a server that keeps just alive is cut as well."""

_READ_BYTES = 1 << 18
_TRIAL_NAME = ".wellkept-trial.part"

Result = TypeVar("Result")


@dataclass(frozen=True)
class SftpServer:
    """A server, what it proves itself by, and how one signs in."""

    host: str
    port: int
    host_key: asyncssh.SSHKey = field(repr=False)
    user_name: str
    password: str | None = field(default=None, repr=False)
    private_key: asyncssh.SSHKey | None = field(default=None, repr=False)


class FolderMissing(Exception):
    """A folder of the mailbox is none."""


class NameTaken(Exception):
    """There is another file under the name."""


class Incomplete(Exception):
    """The server holds less than it was sent."""


async def outcome_of(work: Awaitable[None], *, longest_seconds: float) -> Outcome:
    """How an exchange with a server ends: whatever the server does is an outcome.

    What our own side raises goes through.
    """
    try:
        async with asyncio.timeout(longest_seconds):
            await work
    except HostRefused:
        return Outcome(DeliveryFailure.HOST_REFUSED)
    except TimeoutError:
        return Outcome(DeliveryFailure.TIMEOUT)
    except NameTaken:
        return Outcome(DeliveryFailure.REFUSED)
    except (FolderMissing, Incomplete):
        return Outcome(DeliveryFailure.REFUSED_FOR_NOW)
    except (asyncssh.HostKeyNotVerifiable, asyncssh.KeyExchangeFailed):
        return Outcome(DeliveryFailure.UNVERIFIED)
    except asyncssh.PermissionDenied:
        return Outcome(DeliveryFailure.LOGIN_REFUSED)
    except (asyncssh.SFTPNoConnection, asyncssh.SFTPConnectionLost):
        return Outcome(DeliveryFailure.UNREACHABLE)
    except asyncssh.SFTPError as error:
        return Outcome(DeliveryFailure.REFUSED_FOR_NOW, error.code)
    except (asyncssh.Error, OSError):
        return Outcome(DeliveryFailure.UNREACHABLE)
    return Outcome()


async def upload(
    guard: Guard,
    server: SftpServer,
    folder: str,
    name: str,
    content: Iterator[bytes],
    *,
    byte_count: int,
) -> None:
    """Put a file into a folder, whole under its name or not at all.

    It is written beside its name first. A file of that name and size is this one, brought by a try
    of which nobody was told; what an earlier try has begun is written over.
    """
    place = posixpath.join(folder, name)
    part = posixpath.join(folder, f".{name}.part")
    async with _signed_in(guard, server) as sftp:
        held = await _size_of(sftp, place)
        if held is not None:
            if held != byte_count:
                raise NameTaken
            return
        await _write(sftp, part, content)
        if await _size_of(sftp, part) != byte_count:
            raise Incomplete
        await _rename(sftp, part, place)


@dataclass(frozen=True)
class RemoteFile:
    """A file as the list of a folder shows it."""

    name: str
    byte_count: int
    modified_at: dt.datetime | None


async def list_files(guard: Guard, server: SftpServer, folder: str) -> list[RemoteFile]:
    """The files of a folder: no folders, links, or names that a dot begins."""
    async with _signed_in(guard, server) as sftp:
        found = await _step(sftp.readdir(folder))
    return [
        RemoteFile(str(each.filename), each.attrs.size or 0, _moment(each.attrs.mtime))
        for each in found
        if not str(each.filename).startswith(".")
        and each.attrs.permissions is not None
        and stat.S_ISREG(each.attrs.permissions)
    ]


async def download(guard: Guard, server: SftpServer, folder: str, name: str, *, most: int) -> bytes:
    """A file of a folder, whole. Raises Incomplete for one that is larger than ``most``."""
    content = bytearray()
    async with _signed_in(guard, server) as sftp:
        file = await _step(sftp.open(posixpath.join(folder, name), "rb", encoding=None))
        while piece := await _step(file.read(_READ_BYTES)):
            assert isinstance(piece, bytes)
            content += piece
            if len(content) > most:
                raise Incomplete
        await _step(file.close())
    return bytes(content)


def _moment(seconds: int | None) -> dt.datetime | None:
    return None if seconds is None else dt.datetime.fromtimestamp(seconds, dt.UTC)


async def try_out(guard: Guard, server: SftpServer, folders: Sequence[str]) -> None:
    """Sign in, look for the folders, and write to the first what is removed at once."""
    async with _signed_in(guard, server) as sftp:
        for folder in folders:
            attributes = await _step(sftp.stat(folder))
            if attributes.permissions is None or not stat.S_ISDIR(attributes.permissions):
                raise FolderMissing
        trial = posixpath.join(folders[0], _TRIAL_NAME)
        await _write(sftp, trial, iter([b"A trial.\n"]))
        await _step(sftp.remove(trial))


@asynccontextmanager
async def _signed_in(guard: Guard, server: SftpServer) -> AsyncIterator[asyncssh.SFTPClient]:
    addresses = await _step(guard.addresses(server.host, server.port))
    connection = await _connected(addresses, server)
    try:
        yield await _step(connection.start_sftp_client())
    finally:
        connection.abort()


async def _connected(
    addresses: Sequence[Address], server: SftpServer
) -> asyncssh.SSHClientConnection:
    *others, last = addresses
    for address in others:
        try:
            return await _step(_connect(address, server))
        except (OSError, TimeoutError):
            continue
    return await _step(_connect(last, server))


async def _connect(address: Address, server: SftpServer) -> asyncssh.SSHClientConnection:
    by_key = server.private_key is not None
    return await asyncssh.connect(
        str(address),
        server.port,
        config=None,
        known_hosts=([server.host_key], [], []),
        username=server.user_name,
        password=server.password,
        client_keys=[server.private_key] if by_key else None,
        preferred_auth="publickey" if by_key else "password",
        public_key_auth=by_key,
        password_auth=not by_key,
        kbdint_auth=False,
        host_based_auth=False,
        gss_kex=False,
        gss_auth=False,
        x509_trusted_certs=None,
        x509_trusted_cert_paths=None,
        agent_path=None,
        agent_forwarding=False,
        disable_trivial_auth=True,
        connect_timeout=STEP_SECONDS,
        login_timeout=STEP_SECONDS,
    )


async def _write(sftp: asyncssh.SFTPClient, place: str, content: Iterator[bytes]) -> None:
    """Write a file from its start, and have the server keep it where it can say that it does."""
    file = await _step(sftp.open(place, "wb", encoding=None))
    while (piece := await asyncio.to_thread(next, content, None)) is not None:
        await _step(file.write(piece))
    with suppress(asyncssh.SFTPOpUnsupported):
        await _step(file.fsync())
    await _step(file.close())


async def _rename(sftp: asyncssh.SFTPClient, part: str, place: str) -> None:
    try:
        await _step(sftp.posix_rename(part, place))
    except asyncssh.SFTPOpUnsupported:
        await _step(sftp.rename(part, place))


async def _size_of(sftp: asyncssh.SFTPClient, place: str) -> int | None:
    try:
        attributes = await _step(sftp.stat(place))
    except asyncssh.SFTPNoSuchFile:
        return None
    return attributes.size


async def _step(work: Awaitable[Result]) -> Result:
    """Raises TimeoutError."""
    async with asyncio.timeout(STEP_SECONDS):
        return await work
