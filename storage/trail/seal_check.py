"""Whether seals are what was signed, follow one another, and are those that were exported."""

import datetime as dt
from collections.abc import Collection, Mapping
from uuid import UUID

from storage.tables.trail import Retirement, Seal
from storage.trail.chain import (
    FIRST_PREVIOUS_HASH,
    MEMBER_BYTES,
    made_at,
    members_of,
    retirement_message,
    seal_hash,
    seal_message,
)
from storage.trail.findings import FindingKind
from storage.trail.keys import KnownKeys, SignatureCheck
from storage.trail.tally import Tally

LONGEST_TRANSACTION = dt.timedelta(hours=24)
"""No row is older than this when its transaction ends; one that is was given an old id."""


class SealCheck:
    """Takes the seals of one chain in order."""

    def __init__(
        self, keys: KnownKeys, roots: Mapping[int, Collection[bytes]], tally: Tally
    ) -> None:
        """``roots`` are exported hashes by sequence."""
        self._keys = keys
        self._roots = roots
        self._tally = tally
        self.last: Seal | None = None

    def take(self, seal: Seal) -> None:
        """Check a seal on its own and against the one before it."""
        self._check_itself(seal)
        self._check_link(seal)
        exported = self._roots.get(seal.sequence, ())
        if any(each != seal.hash for each in exported):
            self._note(FindingKind.CHAIN_REWRITTEN, seal)
        self._check_age(seal)
        self.last = seal

    def end(self) -> None:
        """Check that the chain is as long as it was when it was exported."""
        last = 0 if self.last is None else self.last.sequence
        gone = sorted(sequence for sequence in self._roots if sequence > last)
        if gone:
            self._tally.note(FindingKind.CHAIN_TRUNCATED, sequence=last + 1, count=gone[-1] - last)

    def _check_itself(self, seal: Seal) -> None:
        told = seal_hash(seal.company_id, seal.id, seal.recorded_at, seal)
        if told != seal.hash or len(seal.members) != seal.member_count * MEMBER_BYTES:
            self._note(FindingKind.SEAL_ALTERED, seal)
        signed = self._keys.check(
            key_id=seal.key_id, signature=seal.signature, message=seal_message(seal.hash)
        )
        if signed is SignatureCheck.BAD:
            self._note(FindingKind.SEAL_FORGED, seal)
        if signed is SignatureCheck.UNKNOWN_KEY:
            self._note(FindingKind.KEY_UNKNOWN, seal)

    def _check_link(self, seal: Seal) -> None:
        expected = 1 if self.last is None else self.last.sequence + 1
        if seal.sequence != expected:
            missing = seal.sequence - expected
            self._tally.note(FindingKind.SEAL_MISSING, sequence=expected, count=missing)
            return
        previous_hash = FIRST_PREVIOUS_HASH if self.last is None else self.last.hash
        is_same_era = self.last is not None and self.last.after_id == seal.after_id
        from_xid = self.last.until_xid if is_same_era and self.last is not None else 0
        if seal.previous_hash != previous_hash or seal.from_xid != from_xid:
            self._note(FindingKind.SEAL_ALTERED, seal)

    def _check_age(self, seal: Seal) -> None:
        """A row whose id is far older than the seal before it was slipped in with an old id."""
        if self.last is None or not seal.members or self.last.id > seal.id:
            return
        oldest = UUID(bytes=min(row_id for row_id, _ in members_of(seal.members)))
        if is_backdated(oldest, self.last):
            self._tally.note_row(FindingKind.INSERTED, oldest.bytes, seal.sequence)

    def _note(self, kind: FindingKind, seal: Seal) -> None:
        self._tally.note(kind, sequence=seal.sequence, at=made_at(seal.id))


def is_backdated(row_id: UUID, before: Seal) -> bool:
    """Whether a row that came after a seal claims to be much older than it."""
    return made_at(row_id) < made_at(before.id) - LONGEST_TRANSACTION


def is_signed(retirement: Retirement, keys: KnownKeys) -> bool:
    """Whether a known key signed the record."""
    message = retirement_message(
        retirement.company_id, retirement.id, retirement.recorded_at, retirement
    )
    found = keys.check(key_id=retirement.key_id, signature=retirement.signature, message=message)
    return found is SignatureCheck.GOOD
