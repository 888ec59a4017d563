"""What a transaction has written of claims: of these facts are computed anew before it commits."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlmodel import SQLModel

from storage.tables.claims import Claim, ClaimAcknowledgement, ClaimTransmission
from storage.tables.ledger import Adjudication, Denial, LedgerEntry
from storage.tables.scrubbing import ScrubRun

CLAIM_COLUMNS: Mapping[type[SQLModel], str] = {
    Claim: "id",
    ClaimTransmission: "claim_id",
    ClaimAcknowledgement: "claim_id",
    Adjudication: "claim_id",
    Denial: "claim_id",
    LedgerEntry: "claim_id",
    ScrubRun: "claim_id",
}
"""The rows that facts are computed of, and the column that names the claim."""


@dataclass
class ClaimChanges:
    """Since facts were last computed. What a claim replaces is told by its own row."""

    changed: set[UUID | None] = field(default_factory=set)
    """Claims of which something was written."""
    begun: set[UUID] = field(default_factory=set)
    """Of those, the ones that were made and replace none."""
    kinds: set[type[SQLModel]] = field(default_factory=set)
    """The kinds of rows that were written."""
    entries: list[tuple[Sequence[UUID | None], Sequence[UUID]]] = field(default_factory=list)
    """The claims of entries that were appended to the ledger, and the entries."""

    def note_changed(self, claim_ids: Collection[UUID]) -> None:
        """Claims themselves were changed, or are gone."""
        self.changed.update(claim_ids)
        self.kinds.add(Claim)
        self.begun.difference_update(claim_ids)

    def note_made(
        self, kind: type[SQLModel], ids: Sequence[UUID], columns: Mapping[str, Sequence[Any]]
    ) -> None:
        """Rows were made of a kind that facts are computed of."""
        claim_ids = columns[CLAIM_COLUMNS[kind]]
        self.changed.update(claim_ids)
        self.kinds.add(kind)
        if kind is Claim:
            made = zip(ids, columns["replaces_id"], strict=True)
            self.begun.update(claim_id for claim_id, replaced_id in made if replaced_id is None)
        elif kind is LedgerEntry:
            self.entries.append((claim_ids, ids))

    def entries_by_claim(self) -> Mapping[UUID | None, list[UUID]]:
        """The entries that are in no sum yet."""
        found: dict[UUID | None, list[UUID]] = {}
        for claim_ids, entry_ids in self.entries:
            for claim_id, entry_id in zip(claim_ids, entry_ids, strict=True):
                found.setdefault(claim_id, []).append(entry_id)
        return found
