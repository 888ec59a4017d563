"""What keeps a company from being deleted, with what the operator can do."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from storage.errors import StorageError


class DeletionError(StorageError):
    """The root of what this package raises on purpose."""


@dataclass(eq=False)
class DeletionRefused(DeletionError):
    """The company cannot be deleted as it is; nothing was changed."""

    reason: str

    def __str__(self) -> str:
        return f"not deleted: {self.reason}"


@dataclass(eq=False)
class LegalHoldsStand(DeletionError):
    """Legal holds keep all of it; nothing was removed."""

    holds: Sequence[UUID]

    def __str__(self) -> str:
        named = ", ".join(map(str, self.holds))
        return f"nothing was removed: legal holds stand ({named})"


@dataclass(eq=False)
class CompanyBusy(DeletionError):
    """Work that had begun before the company was closed is still not over."""

    waited: dt.timedelta

    def __str__(self) -> str:
        return (
            f"the company is closed, and transactions from before went on for over"
            f" {self.waited.seconds} seconds: run it again later"
        )


class DeletionBrokenOff(DeletionError):
    """The program stops; what is gone is gone, and the rest stays until the next run."""

    def __str__(self) -> str:
        return "the program was stopped meanwhile: the next run goes on with it"


class AnotherAtWork(DeletionError):
    """Maintenance or another deletion is at work, and nobody wants to wait for it."""

    def __str__(self) -> str:
        return "maintenance or another deletion is at work: run it again later"


@dataclass(eq=False)
class CertificateUnusable(DeletionError):
    """The file is no certificate of ours, or not the one that was signed."""

    reason: str

    def __str__(self) -> str:
        return f"the certificate does not hold: {self.reason}"
