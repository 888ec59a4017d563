"""What storage says of records that came from another installation."""

from dataclasses import dataclass
from uuid import UUID

from storage.vocabulary.importing import ImportOutcome


@dataclass(frozen=True, slots=True)
class KnownRecord:
    """A record as it last came, and the row that stands for it."""

    import_id: UUID
    outcome: ImportOutcome
    content: str
    sha256: bytes
    target_id: UUID
    patient_id: UUID | None


@dataclass(frozen=True, slots=True)
class GatheredRecord:
    """A record beside others of the same owner: its place among them as it says, its ordinal in
    the file, the key under which it came, and its text."""

    owner_id: UUID | None
    place: int
    ordinal: int
    key: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Tally:
    """How many records of one map have one outcome, and their money.

    ``mended_count`` counts those of the quarantined that a record under the same key of a later
    import has placed, ``noted_count`` those of which something was rounded or differs from before,
    ``part_count`` the rows that they make beside their own.
    """

    map_name: str
    outcome: ImportOutcome
    count: int
    amount_cents: int
    mended_count: int
    noted_count: int
    part_count: int


@dataclass(frozen=True, slots=True)
class Standing:
    """The rows that stand for records now, and the money that they hold."""

    count: int
    amount_cents: int


@dataclass(frozen=True, slots=True)
class Settlement:
    """What has become of remittances, by the books as they stand.

    Posted: its deposit is booked to the cent, and each of its claims is decided. Waiting: not
    posted for a reason that is on record, or with a claim in the queue of exceptions. Lost:
    neither.
    """

    posted_count: int
    posted_cents: int
    waiting_count: int
    waiting_cents: int
    lost_count: int


@dataclass(frozen=True, slots=True)
class FaultCount:
    """How many records of a map wait for one reason; of a list's entries the place is ``*``."""

    map_name: str
    field: str | None
    reason: str
    remedy: str
    count: int
