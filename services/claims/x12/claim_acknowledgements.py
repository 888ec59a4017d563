"""The loops of a 277CA to values. Source of the positions: X12N 005010X214."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from services.claims.x12.acknowledgement_model import (
    AcknowledgementEvent,
    ClaimAcknowledgement,
    LineStatus,
    PartyStatus,
    Status,
    StatusCode,
    StatusLevel,
    StatusReport,
)
from services.claims.x12.elements import count_from
from services.claims.x12.envelopes import element
from services.claims.x12.file_model import AnomalyKind
from services.claims.x12.findings import Findings

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from services.claims.x12.tokenizer import Segment

_CLAIM = "PT"  # HL03
_LEVELS = {"20": StatusLevel.SOURCE, "21": StatusLevel.RECEIVER, "19": StatusLevel.PROVIDER}
_ABOVE = {"21": ("20",), "19": ("21",), _CLAIM: ("19", "21")}
_QUALIFIED = frozenset(("AMT", "DTP", "QTY", "REF"))
_OF_A_PARTY = frozenset(("AMT", "DTP", "NM1", "QTY", "REF", "STC", "TRN"))
_OF_A_CLAIM = frozenset(("DTP", "NM1", "REF", "STC", "TRN"))
_OF_A_LINE = frozenset(("DTP", "REF", "STC"))
_STATUS_PLACES = (1, 10, 11)

_Found = dict[str, list["Segment"]]


class ClaimAcknowledgementLoops:
    """Reads the loops of one 277CA; keeps the parties above the claim being read, and no more."""

    starts = frozenset(("HL",))

    def __init__(self, transaction: int) -> None:
        self.findings = Findings(transaction)
        self._transaction = transaction
        self._claims = 0
        self._open: dict[str, str] = {}  # HL03 to HL01 of the levels that are open
        self._receiver: PartyStatus | None = None
        self._provider: PartyStatus | None = None

    def read(self, loop: Sequence[Segment]) -> list[AcknowledgementEvent]:
        """What one loop says: ST with BHT, or one HL level."""
        start = loop[0]
        if start.elements[0] == "ST":
            return [self._report(loop)]
        code = element(start, 3)
        if code != _CLAIM and code not in _LEVELS:
            detail = "HL03 names no level of a claim acknowledgement"
            self.findings.report(AnomalyKind.UNKNOWN_CODE, start, detail)
            return []
        self._descend(start, code)
        if code == _CLAIM:
            return [self._claim(loop)]
        party = self._party(loop, _LEVELS[code])
        match party.level:
            case StatusLevel.RECEIVER:
                self._receiver, self._provider = party, None
            case StatusLevel.PROVIDER:
                self._provider = party
            case _:
                self._receiver = self._provider = None
        return [party]

    def end(self, _trailer: Segment) -> list[AcknowledgementEvent]:
        """SE: every level was answered where it stood."""
        return []

    def _descend(self, start: Segment, code: str) -> None:
        """The level belongs under the last one that can hold it; where HL02 says another, tell."""
        parent = element(start, 2)
        expected = next(
            (self._open[each] for each in _ABOVE.get(code, ()) if each in self._open), ""
        )
        if parent != expected:
            detail = "HL02 does not name the level above"
            self.findings.report(AnomalyKind.BROKEN_HIERARCHY, start, detail)
        below = {"20": ("21", "19"), "21": ("19",)}
        for each in below.get(code, ()):
            self._open.pop(each, None)
        if code != _CLAIM:
            self._open[code] = element(start, 1)

    def _report(self, loop: Sequence[Segment]) -> StatusReport:
        start = loop[0]
        found = self._found(loop[1:], frozenset(("BHT",)), "before the first HL")
        header = found["BHT"][0] if "BHT" in found else None
        if header is None:
            self.findings.report(AnomalyKind.MISSING_ELEMENT, start, "BHT is absent")
        return StatusReport(
            position=start.position,
            transaction=self._transaction,
            control_number=element(start, 2),
            reference=(element(header, 3) or None) if header else None,
            created_on=self.findings.date(element(header, 4), header, "BHT04") if header else None,
        )

    def _party(self, loop: Sequence[Segment], level: StatusLevel) -> PartyStatus:
        found = self._found(loop[1:], _OF_A_PARTY, f"at the {level} level")
        received_on, _ = self._period(found, "DTP*050")
        processed_on, _ = self._period(found, "DTP*009")
        return PartyStatus(
            position=loop[0].position,
            transaction=self._transaction,
            level=level,
            name=_text(found, "NM1", 3),
            identifier_qualifier=_text(found, "NM1", 8),
            identifier=_text(found, "NM1", 9),
            trace_number=_text(found, "TRN", 2),
            received_on=received_on,
            processed_on=processed_on,
            statuses=self._statuses(found),
            accepted_count=self._count(found, "QTY*90", "QTY*QA"),
            rejected_count=self._count(found, "QTY*AA", "QTY*QC"),
            accepted_cents=self._cents(found, "AMT*YU"),
            rejected_cents=self._cents(found, "AMT*YY"),
        )

    def _claim(self, loop: Sequence[Segment]) -> ClaimAcknowledgement:
        start, findings = loop[0], self.findings
        self._claims += 1
        findings.claim = self._claims
        lines_at = [at for at, segment in enumerate(loop) if segment.elements[0] == "SVC"]
        lines_at.append(len(loop))
        found = self._found(loop[1 : lines_at[0]], _OF_A_CLAIM, "at the claim level")
        service_from, service_to = self._period(found, "DTP*472")
        number = _text(found, "TRN", 2) or ""
        claim = ClaimAcknowledgement(
            position=start.position,
            transaction=self._transaction,
            ordinal=self._claims,
            patient_control_number=findings.required(number, start, "TRN02"),
            payer_claim_number=_text(found, "REF*1K", 2),
            clearinghouse_trace_number=_text(found, "REF*D9", 2),
            bill_type=_text(found, "REF*BLT", 2),
            patient_last_name=_text(found, "NM1", 3),
            patient_first_name=_text(found, "NM1", 4),
            member_id=_text(found, "NM1", 9),
            service_from=service_from,
            service_to=service_to,
            statuses=self._statuses(found),
            lines=tuple([self._line(loop[at:end]) for at, end in pairwise(lines_at)]),
            receiver=self._receiver,
            provider=self._provider,
        )
        if not claim.statuses:
            findings.report(AnomalyKind.MISSING_ELEMENT, start, "STC is absent")
        findings.claim = None
        return claim

    def _line(self, loop: Sequence[Segment]) -> LineStatus:
        start = loop[0]
        found = self._found(loop[1:], _OF_A_LINE, "in a service line")
        service_from, service_to = self._period(found, "DTP*472")
        procedure = [*self.findings.components(element(start, 1), start), ""]
        return LineStatus(
            position=start.position,
            procedure_code=procedure[1],
            charge_cents=self.findings.optional_amount(element(start, 2), start, "SVC02"),
            revenue_code=element(start, 4) or None,
            line_control_number=_text(found, "REF*FJ", 2),
            service_from=service_from,
            service_to=service_to,
            statuses=self._statuses(found),
        )

    def _statuses(self, found: _Found) -> tuple[Status, ...]:
        return tuple([self._status(segment) for segment in found.get("STC", ())])

    def _status(self, segment: Segment) -> Status:
        findings = self.findings
        codes = []
        for place in _STATUS_PLACES:
            composite = element(segment, place)
            if not composite:
                if place == 1:
                    findings.required(composite, segment, "STC01")
                continue
            category, status, entity, *_ = [*findings.components(composite, segment), "", ""]
            codes.append(StatusCode(category.strip(), status.strip(), entity.strip() or None))
        return Status(
            codes=tuple(codes),
            effective_on=findings.date(element(segment, 2), segment, "STC02"),
            action=element(segment, 3) or None,
            amount_cents=findings.optional_amount(element(segment, 4), segment, "STC04"),
            text=element(segment, 12) or None,
        )

    def _period(self, found: _Found, name: str) -> tuple[dt.date | None, dt.date | None]:
        """First and last day of a DTP in the format D8 or RD8."""
        if name not in found:
            return None, None
        segment = found[name][0]
        text = element(segment, 3)
        first, has_last, last = text.partition("-")
        first_day = self.findings.date(first, segment, "DTP03")
        return first_day, self.findings.date(last, segment, "DTP03") if has_last else first_day

    def _count(self, found: _Found, *names: str) -> int | None:
        for name in names:
            for segment in found.get(name, ())[:1]:
                whole, _, fraction = element(segment, 2).partition(".")
                count = None if fraction.strip("0") else count_from(whole)
                if count is None:
                    detail = "QTY02 is not a number"
                    self.findings.report(AnomalyKind.WRONG_COUNT, segment, detail)
                return count
        return None

    def _cents(self, found: _Found, name: str) -> int | None:
        for segment in found.get(name, ())[:1]:
            return self.findings.optional_amount(element(segment, 2), segment, "AMT02")
        return None

    def _found(self, segments: Sequence[Segment], expected: frozenset[str], where: str) -> _Found:
        """The segments by name; those that are not ``expected`` there are told and left out."""
        found: _Found = {}
        for segment in segments:
            name = segment.elements[0]
            if name not in expected:
                self.findings.unexpected(segment, where)
                continue
            if name in _QUALIFIED:
                name = f"{name}*{element(segment, 1)}"
            found.setdefault(name, []).append(segment)
        return found


def _text(found: _Found, name: str, place: int) -> str | None:
    return (element(found[name][0], place) or None) if name in found else None
