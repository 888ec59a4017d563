"""The files that are kept: what each is, where it lies, and until when it must stay."""

import datetime as dt
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from storage.rows import (
    TenantRow,
    belongs_to,
    bytes_column,
    check,
    choice_column,
    date_column,
    index,
    key_column,
    moment_column,
    text_column,
    unique,
)
from storage.vocabulary.files import FileDeletion, FilePurpose


class StoredFileFields(SQLModel):
    purpose: FilePurpose = choice_column(FilePurpose)
    name: str = text_column(255)
    media_type: str = text_column(100)
    byte_count: int = Field(sa_type=sa.BigInteger)
    sha256: bytes = bytes_column()
    object_key: str = text_column(64, searched=True)
    data_key_number: int = Field(sa_type=sa.Integer)
    patient_id: UUID | None = key_column(default=None)
    retain_until: dt.date | None = date_column(default=None)
    deleted_at: dt.datetime | None = moment_column(default=None)
    deletion: FileDeletion | None = choice_column(FileDeletion, default=None)


class StoredFile(StoredFileFields, TenantRow, table=True):
    """A kept file. Its row stays when its content goes.

    The content is sealed under the company's data key of that number; number 0 is the form of
    before there were data keys, sealed under the master key. Without ``retain_until`` it stays
    until somebody deletes it.
    """

    __tablename__ = "stored_files"
    __table_args__ = (
        belongs_to("patients", "patient_id"),
        check("deletion_has_a_reason", "(deleted_at IS NULL) = (deletion IS NULL)"),
        unique("stored_files", "object_key"),
        index("stored_files", "purpose", "id"),
        index("stored_files", "patient_id", "id", where="patient_id IS NOT NULL"),
        index("stored_files", "retain_until", where="deleted_at IS NULL"),
    )
