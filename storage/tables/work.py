"""What the machinery itself keeps per company: numbers given out, answers to replay, keys."""

import datetime as dt
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from storage.rows import (
    AppendOnlyRow,
    TenantRow,
    bytes_column,
    check,
    index,
    key_column,
    keys_column,
    moment_column,
    text_column,
    unique,
)


class CounterFields(SQLModel):
    name: str = text_column(63)
    last_number: int = Field(default=0, sa_type=sa.BigInteger)


class Counter(CounterFields, TenantRow, table=True):
    """The last human number given out of one kind."""

    __tablename__ = "counters"
    __table_args__ = (unique("counters", "name"),)


class StoredAnswerFields(SQLModel):
    principal_id: UUID = key_column()
    operation: str = text_column(100)
    idempotency_key: str = text_column(255)
    request_sha256: bytes = bytes_column()
    status: int = Field(sa_type=sa.SmallInteger)
    body: bytes | None = bytes_column(default=None)
    headers: str = text_column(4000, default="{}")
    resource: str | None = text_column(500, default=None)
    patient_ids: list[UUID] = keys_column(default_factory=list)
    expires_at: dt.datetime = moment_column()


class StoredAnswer(StoredAnswerFields, AppendOnlyRow, table=True):
    """The final answer to a POST with an Idempotency-Key; without a body, it bore a secret."""

    __tablename__ = "stored_answers"
    __table_args__ = (index("stored_answers", "principal_id", "operation", "idempotency_key"),)


class CompanyDataKeyFields(SQLModel):
    number: int = Field(sa_type=sa.Integer)
    sealed_key: bytes = bytes_column(secret=True)
    master_key_id: str = text_column(16)


class CompanyDataKey(CompanyDataKeyFields, TenantRow, table=True):
    """A key of the company's own, sealed under a master key. The newest seals, all of them open."""

    __tablename__ = "data_keys"
    __table_args__ = (
        check("number_is_positive", "number > 0"),
        unique("data_keys", "number"),
    )
