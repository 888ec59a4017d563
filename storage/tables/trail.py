"""The trail: what changed, who looked, and the seals over both."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlmodel import Field, SQLModel

from storage.rows import (
    AppendOnlyRow,
    SealedRow,
    bytes_column,
    choice_column,
    index,
    key_column,
    keys_column,
    text_column,
    unique,
)
from storage.vocabulary.identity import AuditAction


class AuditFields(SQLModel):
    request_id: UUID = key_column()
    action: AuditAction = choice_column(AuditAction)
    entity: str = text_column(63)
    entity_id: UUID = key_column()
    before: dict[str, Any] | None = Field(default=None, sa_type=pg.JSONB)
    after: dict[str, Any] | None = Field(default=None, sa_type=pg.JSONB)
    patient_id: UUID | None = key_column(default=None)
    former_patient_id: UUID | None = key_column(default=None)


class AuditEntry(AuditFields, SealedRow, table=True):
    """One change of one mutable row, written by the statement that changed it.

    ``patient_id`` is whom the row is about after the change (whom it was about, if it is gone);
    ``former_patient_id`` whom it was about before a change that made it another's.
    """

    __tablename__ = "audit_log"
    __table_args__ = (
        index("audit_log", "entity_id", "id"),
        index("audit_log", "entity", "id"),
        index("audit_log", "recorded_by", "id"),
        index("audit_log", "patient_id", "id", where="patient_id IS NOT NULL"),
        index("audit_log", "former_patient_id", "id", where="former_patient_id IS NOT NULL"),
        index("audit_log", "xid"),
        {"postgresql_partition_by": "RANGE (id)"},
    )


class AccessFields(SQLModel):
    request_id: UUID = key_column()
    operation: str = text_column(100)
    outcome: int = Field(sa_type=sa.SmallInteger)  # the HTTP status that was answered
    patient_ids: list[UUID] = keys_column()
    record_id: UUID | None = key_column(default=None)
    emergency_access_id: UUID | None = key_column(default=None)


class AccessEntry(AccessFields, SealedRow, table=True):
    """One request that read patient data, or was refused: who, how, which patients.

    ``record_id`` is the record that the request named in its path: of a sign-in the person whom
    it was for, of a refused key the key. What somebody read with an emergency access names it.
    """

    __tablename__ = "api_log"
    __table_args__ = (
        index("api_log", "recorded_by", "id"),
        index("api_log", "record_id", "id", where="record_id IS NOT NULL"),
        index("api_log", "emergency_access_id", "id", where="emergency_access_id IS NOT NULL"),
        index("api_log", "xid"),
        {"postgresql_partition_by": "RANGE (id)"},
    )


class SealFields(SQLModel):
    """``from_xid`` up to and without ``until_xid``, of rows whose id is above ``after_id``.

    ``cluster_id`` names the database cluster whose transaction ids these are, ``form`` the version
    of the text that rows were hashed as. ``members`` holds 48 bytes a row, by transaction and id:
    16 of its id, 32 of its hash.
    """

    log: str = text_column(63)
    sequence: int = Field(sa_type=sa.BigInteger)
    from_xid: int = Field(sa_type=sa.BigInteger)
    until_xid: int = Field(sa_type=sa.BigInteger)
    after_id: UUID | None = key_column(default=None)
    member_count: int = Field(sa_type=sa.BigInteger)
    cluster_id: int = Field(sa_type=sa.BigInteger)
    form: int = Field(sa_type=sa.SmallInteger)
    members: bytes = bytes_column()
    previous_hash: bytes = bytes_column()
    hash: bytes = bytes_column()
    key_id: str = text_column(64)
    signature: bytes = bytes_column()


class Seal(SealFields, AppendOnlyRow, table=True):
    """What one log gained between two transaction ids: its members' hashes, chained and signed."""

    __tablename__ = "seals"
    __table_args__ = (unique("seals", "log", "sequence"),)


class RetirementFields(SQLModel):
    log: str = text_column(63)
    low_id: UUID = key_column()
    high_id: UUID = key_column()
    row_count: int = Field(sa_type=sa.BigInteger)
    policy: str = text_column(300)
    key_id: str = text_column(64)
    signature: bytes = bytes_column()


class Retirement(RetirementFields, AppendOnlyRow, table=True):
    """Rows of one log with ids from ``low_id`` and below ``high_id`` that retention removed.

    Signed, so that nobody who merely owns the database can pass a deletion off as one.
    """

    __tablename__ = "retirements"
    __table_args__ = (index("retirements", "log", "low_id"),)
