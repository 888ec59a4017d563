"""Mailboxes: whose server, which folders, and how one signs in. Secrets go in and never out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

import asyncssh
from pydantic import Field, SecretStr

from services.inputs import ONE_LINE, Input, Name, left_out
from services.outbox.sftp import SftpServer
from services.refusals import Fault, InvalidInput
from storage.errors import VersionConflict
from storage.filters import MailboxFileFilter, MailboxFilter
from storage.identifiers import new_id
from storage.interface import Page, Store
from storage.tables.mailboxes import Mailbox, MailboxFields, MailboxFile

SEALED_PASSWORD = "mailboxes.sealed_password"  # noqa: S105 -- for what it is sealed
SEALED_PRIVATE_KEY = "mailboxes.sealed_private_key"
HOST = r"^[A-Za-z0-9_:][A-Za-z0-9_.:-]*$"

Host = Annotated[str, Field(min_length=1, max_length=253, pattern=HOST)]
Port = Annotated[int, Field(ge=1, le=65535)]
HostKey = Annotated[
    str,
    Field(
        min_length=1,
        max_length=4000,
        pattern=ONE_LINE,
        description="The server's public key as OpenSSH writes it, as ssh-keyscan shows it after"
        " the name of the host.",
    ),
]
UserName = Annotated[str, Field(min_length=1, max_length=100, pattern=ONE_LINE)]
Folder = Annotated[str, Field(min_length=1, max_length=500, pattern=ONE_LINE)]
Password = Annotated[SecretStr, Field(min_length=1, max_length=1000)]
PrivateKey = Annotated[
    SecretStr,
    Field(
        min_length=1,
        max_length=20_000,
        description="A private key in the form of OpenSSH or PEM, without a passphrase.",
    ),
]


class NewMailbox(Input):
    """A mailbox: one signs in by a password or by a private key, one of the two."""

    name: Name
    host: Host
    port: Port = 22
    host_key: HostKey
    user_name: UserName
    password: Password | None = None
    private_key: Annotated[PrivateKey | None, Field(examples=[None])] = None
    write_folder: Folder
    read_folder: Folder | None = None


class MailboxChanges(Input):
    """What to change; what is left out stays. Another host or port needs its key and the password
    or private key given again."""

    name: Name = left_out()
    host: Host = left_out()
    port: Port = left_out()
    host_key: HostKey = left_out()
    user_name: UserName = left_out()
    password: Password | None = None
    private_key: Annotated[PrivateKey | None, Field(examples=[None])] = None
    write_folder: Folder = left_out()
    read_folder: Folder | None = None


@dataclass(frozen=True)
class Opened:
    """A mailbox, and the server that it names with its secret."""

    mailbox: Mailbox
    server: SftpServer


async def create_mailbox(store: Store, new: NewMailbox) -> Mailbox:
    """Raises InvalidInput, DuplicateValue."""
    given = new.given()
    _check(given)
    if (new.password is None) == (new.private_key is None):
        raise InvalidInput([Fault("/password", "or a private key is given, one of the two")])
    columns = {name: getattr(new, name) for name in _PLAIN}
    columns |= _named_key(new.host_key)
    mailbox_id = new_id()
    columns |= await _sealed(store, mailbox_id, new.password, new.private_key)
    return await store.mailboxes.create(MailboxFields(**columns), row_id=mailbox_id)


async def get_mailbox(store: Store, mailbox_id: UUID) -> Mailbox:
    """Raises RowNotFound."""
    return await store.mailboxes.get(mailbox_id)


async def list_mailboxes(
    store: Store, conditions: MailboxFilter, *, limit: int, after: UUID | None
) -> Page[Mailbox]:
    """Mailboxes, newest first."""
    return await store.mailboxes.list(conditions, limit=limit, after=after)


async def list_mailbox_files(
    store: Store, mailbox_id: UUID, *, limit: int, after: UUID | None
) -> Page[MailboxFile]:
    """The files of a mailbox, newest first. Raises RowNotFound."""
    await store.mailboxes.get(mailbox_id)
    conditions = MailboxFileFilter(mailbox_id=mailbox_id)
    return await store.mailbox_files.list(conditions, limit=limit, after=after)


async def change_mailbox(
    store: Store, mailbox_id: UUID, changes: MailboxChanges, *, expected_version: int
) -> Mailbox:
    """What waits goes to the new address. Raises RowNotFound, VersionConflict, InvalidInput,
    DuplicateValue."""
    given = changes.given()
    _check(given)
    held = await _held(store, mailbox_id, expected_version)
    _require_proof_of_another_server(held, given)
    columns = {name: value for name, value in given.items() if name in _PLAIN}
    if "host_key" in given:
        columns |= _named_key(changes.host_key)
    if changes.password is not None or changes.private_key is not None:
        columns |= await _sealed(store, mailbox_id, changes.password, changes.private_key)
    if not columns:
        return held
    return await store.mailboxes.update(mailbox_id, columns, expected_version=expected_version)


async def disable_mailbox(store: Store, mailbox_id: UUID, *, expected_version: int) -> Mailbox:
    """Send nothing more to it. Disabled already, it stays so. Raises RowNotFound,
    VersionConflict."""
    mailbox = await _held(store, mailbox_id, expected_version)
    if mailbox.disabled_at is not None:
        return mailbox
    return await store.mailboxes.update(
        mailbox_id, {"disabled_at": store.now}, expected_version=expected_version
    )


async def enable_mailbox(store: Store, mailbox_id: UUID, *, expected_version: int) -> Mailbox:
    """Send to it again; what was given up meanwhile is replayed when somebody asks.

    Raises RowNotFound, VersionConflict.
    """
    mailbox = await _held(store, mailbox_id, expected_version)
    if mailbox.disabled_at is None:
        return mailbox
    return await store.mailboxes.update(
        mailbox_id, {"disabled_at": None}, expected_version=expected_version
    )


async def open_mailbox(store: Store, mailbox_id: UUID) -> Opened:
    """A mailbox to be spoken to once the transaction is over.

    Raises RowNotFound, SecretUnreadable.
    """
    mailbox = await store.mailboxes.get(mailbox_id)
    password = private_key = None
    if mailbox.sealed_password is not None:
        opened = await store.secrets.open(SEALED_PASSWORD, mailbox_id, mailbox.sealed_password)
        password = opened.decode()
    if mailbox.sealed_private_key is not None:
        opened = await store.secrets.open(
            SEALED_PRIVATE_KEY, mailbox_id, mailbox.sealed_private_key
        )
        private_key = asyncssh.import_private_key(opened)
    return Opened(
        mailbox,
        SftpServer(
            host=mailbox.host,
            port=mailbox.port,
            host_key=asyncssh.import_public_key(mailbox.host_key),
            user_name=mailbox.user_name,
            password=password,
            private_key=private_key,
        ),
    )


_PLAIN = frozenset({"name", "host", "port", "user_name", "write_folder", "read_folder"})
_PLACE = frozenset({"host", "port"})


def _check(given: Mapping[str, object]) -> None:
    """Raises InvalidInput with every fault."""
    faults = []
    host_key, private_key = given.get("host_key"), given.get("private_key")
    if host_key is not None and _public(str(host_key)) is None:
        faults.append(Fault("/host_key", "is no public key, as in: ssh-ed25519 AAAAC3..."))
    if isinstance(private_key, SecretStr) and _private(private_key.get_secret_value()) is None:
        faults.append(Fault("/private_key", "is no private key without a passphrase"))
    if given.get("password") is not None and private_key is not None:
        faults.append(Fault("/private_key", "stands beside a password: give one of the two"))
    if faults:
        raise InvalidInput(faults)


def _require_proof_of_another_server(held: Mailbox, given: Mapping[str, object]) -> None:
    """A secret goes to no server but the one that it was given for. Raises InvalidInput."""
    is_another = any(given.get(name, getattr(held, name)) != getattr(held, name) for name in _PLACE)
    if not is_another:
        return
    faults = []
    if "host_key" not in given:
        faults.append(Fault("/host_key", "has to be given with another host or port"))
    if all(given.get(name) is None for name in ("password", "private_key")):
        faults.append(
            Fault("/password", "or a private key has to be given with another host or port")
        )
    if faults:
        raise InvalidInput(faults)


def _named_key(host_key: str) -> dict[str, object]:
    """The columns of a server's key that has been checked."""
    key = asyncssh.import_public_key(host_key)
    key.set_comment(None)
    return {
        "host_key": key.export_public_key("openssh").decode().strip(),
        "host_key_fingerprint": key.get_fingerprint(),
    }


async def _sealed(
    store: Store,
    mailbox_id: UUID,
    password: SecretStr | None,
    private_key: SecretStr | None,
) -> dict[str, object]:
    """The columns of a secret; the other kind goes."""
    columns: dict[str, object] = {"sealed_password": None, "sealed_private_key": None}
    if password is not None:
        secret = password.get_secret_value().encode()
        columns["sealed_password"] = await store.secrets.seal(SEALED_PASSWORD, mailbox_id, secret)
    if private_key is not None:
        secret = private_key.get_secret_value().encode()
        columns["sealed_private_key"] = await store.secrets.seal(
            SEALED_PRIVATE_KEY, mailbox_id, secret
        )
    return columns


def _public(text: str) -> asyncssh.SSHKey | None:
    try:
        return asyncssh.import_public_key(text)
    except ValueError:
        return None


def _private(text: str) -> asyncssh.SSHKey | None:
    try:
        return asyncssh.import_private_key(text)
    except ValueError:
        return None


async def _held(store: Store, mailbox_id: UUID, expected_version: int) -> Mailbox:
    mailbox = await store.mailboxes.lock(mailbox_id)
    if mailbox.version != expected_version:
        raise VersionConflict("mailboxes")
    return mailbox
