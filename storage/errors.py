"""What can go wrong between an operation and its rows. Each carries data, never prose."""

from dataclasses import dataclass
from uuid import UUID


class StorageError(Exception):
    """The root of what storage raises on purpose."""


@dataclass
class RowNotFound(StorageError):
    """No such row in this company; another company's row answers alike."""

    entity: str


@dataclass
class VersionConflict(StorageError):
    """The row has changed since the caller read it."""

    entity: str


@dataclass
class DuplicateValue(StorageError):
    """A unique constraint refused the row."""

    entity: str
    constraint: str
    columns: tuple[str, ...]


@dataclass
class SlugTaken(StorageError):
    """Another company of the installation has this slug."""

    slug: str


@dataclass
class ReferenceNotFound(StorageError):
    """A foreign key names a row that this company does not have, or that is still needed."""

    entity: str
    constraint: str
    columns: tuple[str, ...]


@dataclass
class ConstraintRefused(StorageError):
    """A CHECK or NOT NULL refused the row: the operation's own checks have a gap."""

    entity: str
    constraint: str


@dataclass
class StorageUnavailable(StorageError):
    """The database cannot be reached, or gave up before it answered."""

    reason: str


@dataclass
class TransactionConflict(StorageError):
    """Two transactions got in each other's way; the same work may simply be done again."""


@dataclass
class CompanyNotBound(StorageError):
    """A transaction was opened without a company."""

    given: UUID | None = None


@dataclass
class CompanyClosed(StorageError):
    """The company is being deleted, or was: nobody enters it any more."""


@dataclass
class NothingCommitted(StorageError):
    """The work went on after a statement that failed, so PostgreSQL undid all of it: a defect."""


@dataclass
class SecretUnreadable(StorageError):
    """A sealed secret was altered, or was sealed for another company or purpose."""

    purpose: str


@dataclass
class MasterKeyUnknown(StorageError):
    """A data key is sealed under a master key that this program was not given."""

    master_key_id: str


@dataclass
class FileStoreFull(StorageError):
    """The store of kept files says that it takes no more; nothing of the file was kept."""


@dataclass
class FileStoreUnavailable(StorageError):
    """The store of kept files does not answer as it should: it is away, or full and does not say
    so. ``reason`` is for operators."""

    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass
class MalwareFound(StorageError):
    """The scanner knows what is in the file; nothing of it was kept."""

    signature: str


@dataclass
class MalwareScannerUnavailable(StorageError):
    """The scanner could not look, so nothing of the file was kept."""

    reason: str
