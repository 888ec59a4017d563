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
class Tally:
    """How many records of one map have one outcome, and their money.

    ``mended_count`` counts those of the quarantined that a later record under the same key has
    placed, ``noted_count`` those of which something was rounded or differs from before.
    """

    map_name: str
    outcome: ImportOutcome
    count: int
    amount_cents: int
    mended_count: int
    noted_count: int


@dataclass(frozen=True, slots=True)
class Standing:
    """The rows that stand for records now, and the money that they hold."""

    count: int
    amount_cents: int
