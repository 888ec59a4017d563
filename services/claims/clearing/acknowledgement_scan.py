"""Reading a file of acknowledgements to its end before anything is done with it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from services.claims.x12.acknowledgement_model import (
    ClaimAcknowledgement,
    GroupAcknowledgement,
    InterchangeAcknowledgement,
    PartyStatus,
    SetAcknowledgement,
)
from services.claims.x12.acknowledgement_reader import read_acknowledgements
from services.claims.x12.envelopes import element
from services.claims.x12.file_contents import FileKind
from services.claims.x12.file_model import FATAL_ANOMALIES, Anomaly
from services.claims.x12.tokenizer import Segment, tokenize
from services.refusals import Category, Refusal

MOST_ANSWERS = 50_000
"""In one file: it is gone through in one transaction."""


@dataclass
class UnreadableAcknowledgement(Refusal):
    """The file cannot be taken as acknowledgements; nothing of it was kept."""

    category: ClassVar[Category] = Category.INVALID
    title: ClassVar[str] = "The file cannot be read as acknowledgements"
    fault: str
    segment: int
    reason: str

    @property
    def detail(self) -> str:
        return f"At segment {self.segment}: {self.reason}. Nothing was recorded."


@dataclass
class TooManyAnswers(Refusal):
    """More than one transaction takes at once."""

    category: ClassVar[Category] = Category.TOO_LARGE
    title: ClassVar[str] = "The file holds too many answers"
    most: int


@dataclass(frozen=True)
class GroupAnswer:
    """A 999: the group that it answers, and the sets of it that it names."""

    group: GroupAcknowledgement
    sets: Sequence[SetAcknowledgement]


@dataclass
class AcknowledgementScan:
    """Everything that a file answers."""

    sender_identifier: str | None = None  # ISA06 of the first interchange
    interchanges: list[InterchangeAcknowledgement] = field(default_factory=list)
    groups: list[GroupAnswer] = field(default_factory=list)
    parties: list[PartyStatus] = field(default_factory=list)
    claims: list[ClaimAcknowledgement] = field(default_factory=list)
    anomaly_count: int = 0

    @property
    def kinds(self) -> list[FileKind]:
        """What it is made of."""
        held = {
            FileKind.INTERCHANGE_ACKNOWLEDGEMENT: self.interchanges,
            FileKind.FUNCTIONAL_ACKNOWLEDGEMENT: self.groups,
            FileKind.CLAIM_ACKNOWLEDGEMENT: self.parties or self.claims,
        }
        return [kind for kind, answers in held.items() if answers]

    @property
    def answer_count(self) -> int:
        """How many answers it holds."""
        return len(self.interchanges) + len(self.groups) + len(self.parties) + len(self.claims)


def scan_acknowledgements(chunks: Iterable[bytes]) -> AcknowledgementScan:
    """Read a file to its end.

    Raises UnreadableAcknowledgement at the first thing that keeps it out, TooManyAnswers.
    """
    found = AcknowledgementScan()
    sets: dict[int, list[SetAcknowledgement]] = {}
    for event in read_acknowledgements(chunks):
        match event:
            case Anomaly() if event.kind in FATAL_ANOMALIES:
                raise UnreadableAcknowledgement(event.kind, event.position, event.detail)
            case Anomaly():
                found.anomaly_count += 1
            case InterchangeAcknowledgement():
                found.interchanges.append(event)
            case SetAcknowledgement():
                sets.setdefault(event.transaction, []).append(event)
            case GroupAcknowledgement():
                found.groups.append(GroupAnswer(event, sets.pop(event.transaction, [])))
            case PartyStatus():
                found.parties.append(event)
            case ClaimAcknowledgement():
                found.claims.append(event)
            case _:
                pass
        if found.answer_count > MOST_ANSWERS:
            raise TooManyAnswers(MOST_ANSWERS)
    return found


def sender_of(chunks: Iterable[bytes]) -> str | None:
    """Who sends a file, as its first envelope says (ISA06); None without one."""
    for token in tokenize(chunks):
        if isinstance(token, Segment):
            is_envelope = token.elements[0] == "ISA"
            return (element(token, 6).strip() or None) if is_envelope else None
    return None
