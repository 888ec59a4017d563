"""Histories of requirements as operations could have made them, and a second opinion of what they
come to: the events replayed one by one, and the day judged by what they left."""

import datetime as dt
from collections.abc import Mapping, Sequence
from uuid import UUID, uuid4

from hypothesis import strategies as st

from services.regulatory_compliance.attesting import LEGAL_MOVES
from services.regulatory_compliance.recurrence import Schedule
from services.regulatory_compliance.standing import (
    Attestation,
    Content,
    Decision,
    History,
    Signature,
    attestation_states,
)
from storage.vocabulary.compliance import (
    AttestationStatus,
    DecisionKind,
    Frequency,
    LateRule,
    RequirementStatus,
    SignatureKind,
)

DAY = dt.date(2026, 1, 1)
A_DAY = dt.timedelta(days=1)
START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
ANNUAL = Schedule(frequency=Frequency.ANNUAL, first_due_on=dt.date(2026, 6, 30))
COUNTED_ON = Schedule(
    frequency=Frequency.ANNUAL,
    first_due_on=dt.date(2026, 6, 30),
    late_rule=LateRule.COUNT_FROM_COMPLETION,
)
"""The same, but counted from a completion that comes late: what the replay leaves out."""
FEW = st.integers(1, 3)


def day(number: int) -> dt.date:
    return DAY + dt.timedelta(days=number)


def moment(number: int) -> dt.datetime:
    return START + dt.timedelta(days=number)


def content(number: int = 1, at: int = 0, **more: object) -> Content:
    settings: dict[str, object] = {
        "schedule": None,
        "quorum": 1,
        "material_number": 1,
        "schedule_number": 1,
    }
    return Content(number=number, recorded_at=moment(at), **(settings | more))


def attestation(at: int = 0, **more: object) -> Attestation:
    settings: dict[str, object] = {
        "id": uuid4(),
        "content_number": 1,
        "schedule_number": 1,
        "period_number": None,
        "signed_on": day(at),
        "valid_from": day(at),
        "valid_until": None,
        "evidence_until": None,
        "quorum": 1,
    }
    return Attestation(recorded_at=moment(at), **(settings | more))


def signed(
    given: Attestation, kind: SignatureKind = SignatureKind.ATTESTED, at: int = 0
) -> Signature:
    return Signature(given.id, kind, moment(at))


class Replay:
    """What is known after some events, kept by hand."""

    def __init__(self) -> None:
        self.content: Content | None = None
        self.decisions: list[Decision] = []
        self.known: dict[UUID, Attestation] = {}
        self.signers: dict[UUID, int] = {}
        self.marks: dict[UUID, str] = {}

    def take(self, event: Content | Decision | Attestation | Signature) -> None:
        if isinstance(event, Content):
            self.content = event
        elif isinstance(event, Decision):
            self.decisions.append(event)
        elif isinstance(event, Attestation):
            self.known[event.id] = event
            self.signers[event.id] = 0
            self.marks[event.id] = "waiting"
        else:
            self.sign(event)

    def sign(self, event: Signature) -> None:
        name = event.attestation_id
        if event.kind in {SignatureKind.ATTESTED, SignatureKind.COSIGNED}:
            self.signers[name] += 1
            if self.marks[name] == "waiting" and self.signers[name] >= self.known[name].quorum:
                self.marks[name] = "good"
                replaced = self.known[name].supersedes_id
                if replaced and self.marks[replaced] != "revoked":
                    self.marks[replaced] = "superseded"
        elif self.marks[name] == "superseded" and event.kind is not SignatureKind.REVOKED:
            return
        else:
            self.marks[name] = {
                SignatureKind.DISPUTED: "disputed",
                SignatureKind.UPHELD: "good",
                SignatureKind.REVOKED: "revoked",
            }[event.kind]

    @staticmethod
    def ends(good: list[Attestation], on: dt.date) -> list[dt.date]:
        """The last days of what has begun by a day."""
        return [
            min(each.valid_until or dt.date.max, each.evidence_until or dt.date.max)
            for each in good
            if each.valid_from <= on
        ]

    def is_covered(self, good: list[Attestation], on: dt.date) -> bool:
        return max(self.ends(good, on), default=dt.date.min) >= on

    def status(self, on: dt.date) -> RequirementStatus | None:
        if self.content is None:
            return None
        in_effect = [each for each in self.decisions if each.effective_on <= on]
        in_effect.sort(key=lambda each: each.effective_on)
        if in_effect and in_effect[-1].kind is DecisionKind.NOT_APPLICABLE:
            return RequirementStatus.NOT_APPLICABLE
        good = [
            each
            for name, each in self.known.items()
            if self.marks[name] == "good" and each.content_number >= self.content.material_number
        ]
        if self.content.schedule is not None:
            done = {
                each.period_number
                for each in good
                if each.period_number is not None
                and each.schedule_number == self.content.schedule_number
                and each.signed_on <= on
            }
            if self.is_covered(good, on):
                done |= set(range(1, max(done, default=0)))
            due, number = self.content.schedule.first_due_on, 1
            while number in done:
                number += 1
                due = due.replace(year=due.year + 1)
            if due < on:
                return RequirementStatus.NON_COMPLIANT
        ends = self.ends(good, on)
        if not ends:
            return RequirementStatus.IN_PROGRESS
        return RequirementStatus.COMPLIANT if max(ends) >= on else RequirementStatus.NON_COMPLIANT


KINDS = [each for each in SignatureKind if each is not SignatureKind.ATTESTED]


@st.composite
def histories(
    draw: st.DrawFn,
    *,
    is_legal: bool = False,
    schedules: Sequence[Schedule | None] = (None, ANNUAL),
    periods: st.SearchStrategy[int] = FEW,
) -> History:
    """A history with one event a day: in any order that signatures could come in or, where it
    ``is_legal``, in one that the rules allow."""
    contents: list[Content] = []
    decisions: list[Decision] = []
    attestations: list[Attestation] = []
    signatures: list[Signature] = []
    schedule = draw(st.sampled_from(schedules))
    days = st.integers(0, 900).map(day)

    def states() -> Mapping[UUID, AttestationStatus]:
        known = History(contents=contents, attestations=attestations, signatures=signatures)
        return attestation_states(known, moment(999))

    for at in range(draw(st.integers(1, 14))):
        choice = draw(st.sampled_from(["attest", "sign", "sign", "sign", "decide", "change"]))
        if not contents or choice == "change":
            number = len(contents) + 1
            last = contents[-1] if contents else None
            contents.append(
                content(
                    number,
                    at=at,
                    schedule=schedule,
                    material_number=number
                    if last is None or draw(st.booleans())
                    else last.material_number,
                )
            )
        elif choice == "decide":
            kind = draw(st.sampled_from([DecisionKind.APPLICABLE, DecisionKind.NOT_APPLICABLE]))
            decisions.append(Decision(kind, draw(days), moment(at)))
        elif choice == "attest" or not attestations:
            begins = draw(days)
            length = draw(st.none() | st.integers(0, 900))
            replaceable = [
                each.id
                for each in attestations
                if not is_legal or states()[each.id] is AttestationStatus.ATTESTED
            ]
            made = attestation(
                at,
                content_number=contents[-1].number,
                period_number=draw(st.none() | periods),
                valid_from=begins,
                valid_until=None if length is None else begins + length * A_DAY,
                evidence_until=draw(st.none() | days),
                quorum=draw(st.integers(1, 2)),
                supersedes_id=draw(st.sampled_from([None, *replaceable])),
            )
            attestations.append(made)
            signatures.append(signed(made, at=at))
        else:
            about = draw(st.sampled_from(attestations))
            state = states()[about.id]
            kinds = [each for each in KINDS if not is_legal or state in LEGAL_MOVES[each]]
            if kinds and state is not AttestationStatus.REVOKED:
                signatures.append(signed(about, draw(st.sampled_from(kinds)), at=at))
    return History(
        contents=contents, decisions=decisions, attestations=attestations, signatures=signatures
    )


def replayed(history: History, known_at: dt.datetime) -> Replay:
    """What was left once everything had come that was known at a time."""
    replay = Replay()
    events = [*history.contents, *history.decisions, *history.attestations, *history.signatures]
    for event in sorted(events, key=lambda each: each.recorded_at):
        if event.recorded_at <= known_at:
            replay.take(event)
    return replay
