"""The loops of a 999 to values. Source of the positions: X12C 005010X231A1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.claims.x12.acknowledgement_model import (
    AcknowledgementEvent,
    Context,
    ElementError,
    GroupAcknowledgement,
    SegmentError,
    SetAcknowledgement,
)
from services.claims.x12.elements import count_from
from services.claims.x12.envelopes import element
from services.claims.x12.file_model import AnomalyKind
from services.claims.x12.findings import Findings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.claims.x12.tokenizer import Segment

_IK5_CODES = range(2, 7)
_AK9_CODES = range(5, 10)


class FunctionalAcknowledgementLoops:
    """Reads the loops of one 999, in the order of the file."""

    starts = frozenset(("AK2", "AK9"))

    def __init__(self, transaction: int) -> None:
        self.findings = Findings(transaction)
        self._transaction = transaction
        self._start: Segment | None = None
        self._group: Segment | None = None
        self._sets = 0
        self._has_answered = False

    def read(self, loop: Sequence[Segment]) -> list[AcknowledgementEvent]:
        """What one loop says: ST with AK1, AK2 and its errors, or AK9."""
        name = loop[0].elements[0]
        if name == "ST":
            return self._open(loop)
        return [self._set(loop)] if name == "AK2" else self._close(loop)

    def end(self, trailer: Segment) -> list[AcknowledgementEvent]:
        """SE: the answer of a group whose AK9 is absent."""
        if self._group is None or self._has_answered:
            return []
        self.findings.report(AnomalyKind.MISSING_ELEMENT, trailer, "AK9 is absent")
        return [self._group_answer(trailer, None)]

    def _open(self, loop: Sequence[Segment]) -> list[AcknowledgementEvent]:
        self._start = loop[0]
        for segment in loop[1:]:
            if segment.elements[0] == "AK1" and self._group is None:
                self._group = segment
                self.findings.required(element(segment, 2), segment, "AK102")
            else:
                self.findings.unexpected(segment, "before the first AK2")
        if self._group is None:
            self.findings.report(AnomalyKind.MISSING_ELEMENT, loop[0], "AK1 is absent")
        return []

    def _close(self, loop: Sequence[Segment]) -> list[AcknowledgementEvent]:
        for segment in loop[1:]:
            self.findings.unexpected(segment, "after AK9")
        if self._has_answered:
            self.findings.unexpected(loop[0], "a second time")
            return []
        self._has_answered = True
        self.findings.required(element(loop[0], 1), loop[0], "AK901")
        return [self._group_answer(loop[0], loop[0])]

    def _group_answer(self, at: Segment, trailer: Segment | None) -> GroupAcknowledgement:
        group = self._group
        return GroupAcknowledgement(
            position=at.position,
            transaction=self._transaction,
            functional_identifier=element(group, 1) if group else "",
            group_control_number=element(group, 2) if group else "",
            implementation=(element(group, 3) or None) if group else None,
            decision_code=element(trailer, 1) if trailer else "",
            included=self._count(trailer, 2),
            received=self._count(trailer, 3),
            accepted=self._count(trailer, 4),
            error_codes=_codes(trailer, _AK9_CODES) if trailer else (),
            listed_sets=self._sets,
        )

    def _count(self, trailer: Segment | None, place: int) -> int | None:
        text = element(trailer, place) if trailer else ""
        count = count_from(text)
        if trailer is not None and count is None:
            detail = f"AK9{place:02} is not a number"
            self.findings.report(AnomalyKind.WRONG_COUNT, trailer, detail)
        return count

    def _set(self, loop: Sequence[Segment]) -> SetAcknowledgement:
        start, findings = loop[0], self.findings
        self._sets += 1
        answer: Segment | None = None
        errors: list[SegmentError] = []
        at = 1
        while at < len(loop):
            segment = loop[at]
            name = segment.elements[0]
            end = at + 1
            if name == "IK3":
                while end < len(loop) and loop[end].elements[0] in ("CTX", "IK4"):
                    end += 1
                errors.append(self._segment_error(loop[at:end]))
            elif name == "IK5" and answer is None:
                answer = segment
                findings.required(element(segment, 1), segment, "IK501")
            else:
                findings.unexpected(segment, "in an AK2 loop")
            at = end
        if answer is None:
            findings.report(AnomalyKind.MISSING_ELEMENT, start, "IK5 is absent")
        return SetAcknowledgement(
            position=start.position,
            transaction=self._transaction,
            group_control_number=element(self._group, 2) if self._group else "",
            set_identifier=findings.required(element(start, 1), start, "AK201"),
            set_control_number=findings.required(element(start, 2), start, "AK202"),
            implementation=element(start, 3) or None,
            decision_code=element(answer, 1) if answer else "",
            error_codes=_codes(answer, _IK5_CODES) if answer else (),
            segment_errors=tuple(errors),
        )

    def _segment_error(self, loop: Sequence[Segment]) -> SegmentError:
        start = loop[0]
        elements_at = [at for at, each in enumerate(loop) if each.elements[0] == "IK4"]
        ends = [*elements_at[1:], len(loop)]
        first = elements_at[0] if elements_at else len(loop)
        return SegmentError(
            position=start.position,
            segment_identifier=self.findings.required(element(start, 1), start, "IK301"),
            segment_position=count_from(element(start, 2)),
            loop_identifier=element(start, 3) or None,
            error_code=element(start, 4) or None,
            contexts=_contexts(loop[1:first]),
            element_errors=tuple(
                [
                    self._element_error(loop[at:end])
                    for at, end in zip(elements_at, ends, strict=bool(elements_at))
                ]
            ),
        )

    def _element_error(self, loop: Sequence[Segment]) -> ElementError:
        start = loop[0]
        places = [*element(start, 1).split(start.delimiters.component), "", ""]
        return ElementError(
            position=start.position,
            element_position=count_from(places[0]),
            component_position=count_from(places[1]),
            repetition=count_from(places[2]),
            reference_number=element(start, 2) or None,
            error_code=self.findings.required(element(start, 3), start, "IK403"),
            bad_data=element(start, 4) or None,
            contexts=_contexts(loop[1:]),
        )


def _contexts(segments: Sequence[Segment]) -> tuple[Context, ...]:
    contexts = []
    for segment in segments:
        name, _, reference = element(segment, 1).partition(segment.delimiters.component)
        contexts.append(
            Context(
                name=name,
                reference=reference or None,
                segment_identifier=element(segment, 2) or None,
                segment_position=count_from(element(segment, 3)),
                loop_identifier=element(segment, 4) or None,
            )
        )
    return tuple(contexts)


def _codes(segment: Segment, places: range) -> tuple[str, ...]:
    return tuple([element(segment, at) for at in places if element(segment, at)])
