"""Mailboxes: where a company's files are handed over by SFTP, and which were."""

import datetime as dt
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from storage.rows import (
    AppendOnlyRow,
    TenantRow,
    belongs_to,
    check,
    index,
    key_column,
    moment_column,
    sealed_column,
    text_column,
    unique,
)


class MailboxFields(SQLModel):
    name: str = text_column(200)
    host: str = text_column(253)
    port: int = Field(sa_type=sa.Integer)
    host_key: str = text_column(4000)
    """The public key that the server proves itself by, as OpenSSH writes it, without a comment."""
    host_key_fingerprint: str = text_column(100)
    """What people compare it by, as in SHA256:..."""
    user_name: str = text_column(100)
    sealed_password: bytes | None = sealed_column(default=None)
    sealed_private_key: bytes | None = sealed_column(default=None)
    write_folder: str = text_column(500)
    read_folder: str | None = text_column(500, default=None)
    disabled_at: dt.datetime | None = moment_column(default=None)


class Mailbox(MailboxFields, TenantRow, table=True):
    """A folder on somebody's SFTP server, and how the company signs in there."""

    __tablename__ = "mailboxes"
    __table_args__ = (
        check("signs_in_by_one_secret", "num_nonnulls(sealed_password, sealed_private_key) = 1"),
        check("port_is_one", "port BETWEEN 1 AND 65535"),
        unique("mailboxes", "name"),
    )


class MailboxFileFields(SQLModel):
    mailbox_id: UUID = key_column()
    message_id: UUID = key_column()
    file_id: UUID = key_column()
    name: str = text_column(100)
    """What the file is called in the mailbox: this one, for ever."""


class MailboxFile(MailboxFileFields, AppendOnlyRow, table=True):
    """A file for a mailbox; the message says how far it is."""

    __tablename__ = "mailbox_files"
    __table_args__ = (
        belongs_to("mailboxes", "mailbox_id"),
        belongs_to("outbox_messages", "message_id"),
        belongs_to("stored_files", "file_id"),
        unique("mailbox_files", "mailbox_id", "name"),
        index("mailbox_files", "message_id"),
        index("mailbox_files", "file_id"),
    )
