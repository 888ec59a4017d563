"""What a seal and a retirement say, byte for byte, and how seals hang together.

Every hash and signature is over length-prefixed parts, so no two different contents have the same
bytes, and begins with what it is, so none can pass for another.
"""

import datetime as dt
import hashlib
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from storage.tables.trail import RetirementFields, Seal, SealFields

FIRST_PREVIOUS_HASH = bytes(32)
"""What the first seal of a chain names as the hash before it."""

MEMBER_BYTES = 48
ID_BYTES = 16

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Horizon:
    """Where the database's transactions are: all below ``settled_xid`` are over. The ids are
    those of the cluster ``cluster_id``."""

    settled_xid: int
    cluster_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Rows of one log by transaction and id: from ``from_xid`` and below ``until_xid``, above
    ``after_id`` and up to ``last_id``; None is no bound."""

    log: str
    form: int
    from_xid: int
    until_xid: int | None
    after_id: UUID | None
    last_id: UUID | None = None


SealedText = tuple[int, bytes, bytes]
"""A row as it is sealed: its transaction, the 16 bytes of its id, its text in UTF-8."""


@dataclass(frozen=True, slots=True)
class SealRun:
    """Seals that follow one another in one era and one form."""

    after_id: UUID | None
    form: int
    first_sequence: int
    from_xid: int
    until_xid: int


@dataclass(frozen=True, slots=True)
class Pending:
    """Rows that no seal covers yet."""

    count: int
    oldest_id: UUID | None


class Sealing(Protocol):
    """The verbs of one transaction that sealing and verification need beside the repositories."""

    async def freeze(self) -> None:
        """See one state of the database until the transaction ends, and change nothing. Has to
        come first."""

    async def horizon(self) -> Horizon:
        """Where the database's transactions are now."""

    async def last_seal(self, log: str) -> Seal | None:
        """The end of a log's chain."""

    def seals(self, log: str, *, from_sequence: int = 1) -> AsyncGenerator[Seal, None]:
        """A log's chain in order, streamed."""

    async def runs(self, log: str) -> list[SealRun]:
        """The runs of a log's chain in order."""

    def texts(self, span: Span) -> AsyncGenerator[SealedText, None]:
        """The rows of a span in order of their transactions, then ids; streamed."""

    async def highest_foreign_id(self, log: str) -> UUID | None:
        """The highest id of the rows whose transaction this cluster has not begun yet: they were
        written in another one and restored here."""

    async def pending(self, span: Span) -> Pending:
        """How many rows a span holds, and the oldest."""


def seal_hash(company_id: UUID, seal_id: UUID, recorded_at: dt.datetime, seal: SealFields) -> bytes:
    """The SHA-256 of everything that a seal says."""
    return _digest(
        b"wellkept seal 1",
        company_id.bytes,
        seal_id.bytes,
        _microseconds(recorded_at),
        seal.log.encode(),
        _number(seal.sequence),
        _number(seal.cluster_id),
        _number(seal.form),
        _number(seal.from_xid),
        _number(seal.until_xid),
        b"" if seal.after_id is None else seal.after_id.bytes,
        _number(seal.member_count),
        hashlib.sha256(seal.members).digest(),
        seal.previous_hash,
        seal.key_id.encode(),
    )


def seal_message(hash_: bytes) -> bytes:
    """What the signature of a seal is over."""
    return b"wellkept seal 1 signed\0" + hash_


def retirement_message(
    company_id: UUID,
    retirement_id: UUID,
    recorded_at: dt.datetime,
    retirement: RetirementFields,
) -> bytes:
    """What the signature of a retirement is over."""
    return _digest(
        b"wellkept retirement 1",
        company_id.bytes,
        retirement_id.bytes,
        _microseconds(recorded_at),
        retirement.log.encode(),
        retirement.low_id.bytes,
        retirement.high_id.bytes,
        _number(retirement.row_count),
        retirement.policy.encode(),
        retirement.key_id.encode(),
    )


def member(row_id: bytes, text: bytes) -> bytes:
    """A row as a seal keeps it: its id and the SHA-256 of its text."""
    return row_id + hashlib.sha256(text).digest()


def members_of(members: bytes) -> Iterable[tuple[bytes, bytes]]:
    """The ids and hashes that a seal keeps, in its order."""
    for at in range(0, len(members), MEMBER_BYTES):
        yield members[at : at + ID_BYTES], members[at + ID_BYTES : at + MEMBER_BYTES]


def made_at(row_id: UUID) -> dt.datetime:
    """The time that a UUIDv7 carries."""
    return _EPOCH + dt.timedelta(milliseconds=row_id.int >> 80)


def _digest(*parts: bytes) -> bytes:
    whole = hashlib.sha256()
    for part in parts:
        whole.update(len(part).to_bytes(8, "big"))
        whole.update(part)
    return whole.digest()


def _number(value: int) -> bytes:
    return str(value).encode()


def _microseconds(moment: dt.datetime) -> bytes:
    return _number((moment - _EPOCH) // _MICROSECOND)
