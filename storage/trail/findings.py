"""What verification reports: what was tampered with, and what it could not say."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID


class FindingKind(StrEnum):
    """What somebody did to a log or to its chain of seals."""

    ALTERED = "altered"
    """A row is not what was sealed."""
    INSERTED = "inserted"
    """A row stands where everything had been sealed, and no seal knows it."""
    REMOVED = "removed"
    """A sealed row is gone, and later ones are there."""
    TRUNCATED = "truncated"
    """Sealed rows are gone up to the end of the log."""
    SEAL_ALTERED = "seal altered"
    """A seal does not have its own hash, or does not follow the one before it."""
    SEAL_MISSING = "seal missing"
    """A number of the chain is not there."""
    SEAL_FORGED = "seal forged"
    """The signature of a seal is not the key's."""
    KEY_UNKNOWN = "key unknown"
    """A seal names a key that is not among the known ones."""
    CHAIN_REWRITTEN = "chain rewritten"
    """A seal is not the one that was exported."""
    CHAIN_TRUNCATED = "chain truncated"
    """An exported seal is not there any more."""
    RETIREMENT_FORGED = "retirement forged"
    """A record of retired rows is not signed by a known key; it excuses nothing."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The first thing of one kind in one log, and how many of the kind there are."""

    kind: FindingKind
    log: str
    sequence: int | None = None
    """The seal that proves it."""
    row_id: UUID | None = None
    at: dt.datetime | None = None
    """When the row was made, or the seal."""
    count: int = 1


@dataclass(frozen=True, kw_only=True)
class LogReport:
    """What verifying one log of one company found, in the order of the chain."""

    company_id: UUID
    log: str
    seals: int = 0
    sealed_rows: int = 0
    retired_rows: int = 0
    pending_rows: int = 0
    pending_since: dt.datetime | None = None
    """When the oldest row that no seal covers yet was made."""
    is_overdue: bool = False
    """Rows wait for a seal for so long that no sealer can have run, or seals are gone."""
    findings: Sequence[Finding] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether nothing was tampered with."""
        return not self.findings
