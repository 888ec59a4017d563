"""Second factors of people, and the tokens that serve once."""

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
    key_column,
    moment_column,
    sealed_column,
    texts_column,
    unique,
)
from storage.vocabulary.identity import TokenPurpose


class SecondFactorFields(SQLModel):
    person_id: UUID = key_column()
    secret: bytes | None = sealed_column(default=None)
    last_step: int = Field(default=0, sa_type=sa.BigInteger)
    recovery_hashes: list[str] = texts_column(secret=True, default_factory=list)
    recovery_codes_left: int = Field(default=0, sa_type=sa.Integer)
    offered_secret: bytes | None = sealed_column(default=None)
    offer_expires_at: dt.datetime | None = moment_column(default=None)


class SecondFactor(SecondFactorFields, TenantRow, table=True):
    """A person's authenticator app: the secret that it has, and which of its codes have served."""

    __tablename__ = "second_factors"
    __table_args__ = (
        belongs_to("people", "person_id"),
        check("offer_expires", "(offered_secret IS NULL) = (offer_expires_at IS NULL)"),
        check("codes_left_are_counted", "recovery_codes_left = cardinality(recovery_hashes)"),
        unique("second_factors", "person_id"),
    )


class OneTimeTokenFields(SQLModel):
    person_id: UUID = key_column()
    purpose: TokenPurpose = choice_column(TokenPurpose)
    secret_sha256: bytes = bytes_column(secret=True)
    expires_at: dt.datetime = moment_column()
    ended_at: dt.datetime | None = moment_column(default=None)


class OneTimeToken(OneTimeTokenFields, TenantRow, table=True):
    """The newest token of a person for a purpose: it has taken the place of those before it."""

    __tablename__ = "one_time_tokens"
    __table_args__ = (
        belongs_to("people", "person_id"),
        unique("one_time_tokens", "person_id", "purpose"),
        unique("one_time_tokens", "secret_sha256"),
    )
