"""The loops of an 835 to values: the header, a claim with its lines, provider adjustments.

A loop is the list of its segments, its opening one first. Source of the positions: ASC X12N
005010X221A1.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from services.claims.x12.findings import Findings
from services.claims.x12.remittance_model import (
    Adjustment,
    Anomaly,
    AnomalyKind,
    ProviderAdjustment,
    RemittanceClaim,
    RemittanceLine,
    TransactionHeader,
)

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from services.claims.x12.tokenizer import Segment

# Segments of which there are many kinds, told apart by their first element.
_QUALIFIED = frozenset(("AMT", "DTM", "LQ", "N1", "NM1", "REF"))
_OF_THE_HEADER = frozenset(
    ("BPR", "CUR", "DTM", "N1", "N3", "N4", "NTE", "PER", "RDM", "REF", "TRN")
)
_BETWEEN_CLAIMS = frozenset(("TS2", "TS3"))
_OF_A_CLAIM = frozenset(("AMT", "CAS", "DTM", "MIA", "MOA", "NM1", "PER", "QTY", "REF"))
_OF_A_LINE = frozenset(("AMT", "CAS", "DTM", "LQ", "QTY", "REF"))
_MIA_REMARKS = (5, 20, 21, 22, 23)
_MOA_REMARKS = (3, 4, 5, 6, 7)
_CAS_PLACES = range(2, 18, 3)  # of its reasons, each followed by amount and quantity
_PLB_PLACES = range(3, 14, 2)  # of its reasons, each followed by an amount
_PADDING = [""] * 17  # BPR is the longest segment that is read by place: 16 elements

_Found = dict[str, list["Segment"]]  # by identifier, with qualifier where it has one: "REF*6R"


class LoopReader:
    """Reads the loops of one transaction, in the order of the file."""

    def __init__(self, transaction: int) -> None:
        self._transaction = transaction
        self._findings = Findings(transaction)

    def take_anomalies(self) -> list[Anomaly]:
        """What was odd since the last call."""
        taken, self._findings.anomalies = self._findings.anomalies, []
        return taken

    def header(self, loop: Sequence[Segment]) -> TransactionHeader:
        """ST and what follows it, up to the first LX, CLP, PLB or SE."""
        start = loop[0]
        findings = self._findings
        found = self._found(loop[1:], _OF_THE_HEADER, "before the first claim")
        for name in ("BPR", "TRN"):
            for repeated in found.get(name, ())[1:]:
                findings.unexpected(repeated, "a second time")
        at, bpr = self._bpr(found, start)
        _, _, trace_number, payer_trace_identifier, *_ = _padded(found, "TRN")
        _, _, payer_name, _, payer_identifier, *_ = _padded(found, "N1*PR")
        _, _, payee_name, payee_qualifier, payee_identifier, *_ = _padded(found, "N1*PE")
        production_date, _ = self._period(found, "DTM*405")
        payment_cents = findings.amount(bpr[2], at, "BPR02") if at is not start else 0
        return TransactionHeader(
            position=start.position,
            ordinal=self._transaction,
            control_number=(start.elements + _PADDING)[2],
            handling_code=bpr[1] or None,
            payment_cents=-payment_cents if bpr[3] == "D" else payment_cents,
            payment_method=bpr[4] or None,
            payment_date=findings.date(bpr[16], at, "BPR16"),
            trace_number=findings.required(trace_number, start, "TRN02") or None,
            payer_trace_identifier=payer_trace_identifier or None,
            production_date=production_date,
            payer_name=payer_name or None,
            payer_identifier=payer_identifier or None,
            payer_additional_identifier=_second_element(found, "REF*2U"),
            payee_name=payee_name or None,
            payee_qualifier=payee_qualifier or None,
            payee_identifier=payee_identifier or None,
            payee_tax_identifier=_second_element(found, "REF*TJ"),
        )

    def between_claims(self, loop: Sequence[Segment]) -> None:
        """LX with its summaries, of which nothing is kept."""
        self._found(loop[1:], _BETWEEN_CLAIMS, "between LX and CLP")

    def claim(self, loop: Sequence[Segment], ordinal: int) -> RemittanceClaim:
        """CLP and what follows it, lines included."""
        start = loop[0]
        findings = self._findings
        findings.claim = ordinal
        lines_at = [at for at, segment in enumerate(loop) if segment.elements[0] == "SVC"]
        lines_at.append(len(loop))
        found = self._found(loop[1 : lines_at[0]], _OF_A_CLAIM, "in a claim")
        (
            _,
            number,
            status,
            charge,
            paid,
            responsibility,
            filing,
            payer_number,
            facility,
            kind,
            *_,
        ) = start.elements + _PADDING
        patient = _padded(found, "NM1*QC")
        service_from, service_to = self._period(found, "DTM*232")
        service_end, _ = self._period(found, "DTM*233")
        received_on, _ = self._period(found, "DTM*050")
        claim = RemittanceClaim(
            position=start.position,
            ordinal=ordinal,
            patient_control_number=findings.required(number, start, "CLP01"),
            status_code=findings.required(status, start, "CLP02"),
            charge_cents=findings.amount(charge, start, "CLP03"),
            paid_cents=findings.amount(paid, start, "CLP04"),
            patient_responsibility_cents=findings.optional_amount(responsibility, start, "CLP05"),
            filing_indicator=filing or None,
            payer_claim_number=payer_number or None,
            facility_code=facility or None,
            frequency_code=kind or None,
            original_reference=_second_element(found, "REF*F8"),
            patient_last_name=patient[3] or None,
            patient_first_name=patient[4] or None,
            member_id=patient[9] or _padded(found, "NM1*IL")[9] or None,
            service_from=service_from,
            service_to=service_end or service_to,
            received_on=received_on,
            remark_codes=_codes(found, "MIA", _MIA_REMARKS) + _codes(found, "MOA", _MOA_REMARKS),
            adjustments=self._adjustments(found),
            lines=tuple([self._line(loop[at:end]) for at, end in pairwise(lines_at)]),
        )
        findings.claim = None
        return claim

    def provider_adjustments(self, loop: Sequence[Segment]) -> list[ProviderAdjustment]:
        """One PLB, up to six of them; nothing may follow it in its loop."""
        segment = loop[0]
        findings = self._findings
        elements = segment.elements + _PADDING
        provider = findings.required(elements[1], segment, "PLB01")
        period_end = findings.date(elements[2], segment, "PLB02")
        adjustments = []
        for at in _PLB_PLACES:
            composite, amount = elements[at : at + 2]
            if not composite and not amount:
                continue
            reason, *rest = findings.components(composite, segment)
            adjustments.append(
                ProviderAdjustment(
                    position=segment.position,
                    provider_identifier=provider,
                    fiscal_period_end=period_end,
                    reason=findings.required(reason, segment, f"PLB{at:02}-1"),
                    reference=(rest[0] or None) if rest else None,
                    amount_cents=findings.amount(amount, segment, f"PLB{at + 1:02}"),
                )
            )
        if len(segment.elements) > _PLB_PLACES.stop + 1:
            findings.unexpected(segment, "to hold more than six adjustments")
        self._found(loop[1:], frozenset(), "after PLB")
        return adjustments

    def _line(self, loop: Sequence[Segment]) -> RemittanceLine:
        start = loop[0]
        findings = self._findings
        found = self._found(loop[1:], _OF_A_LINE, "in a service line")
        _, procedure, charge, paid, revenue_code, units, submitted, submitted_units, *_ = (
            start.elements + _PADDING
        )
        qualifier, code, *modifiers = [*findings.components(procedure, start), ""]
        submitted_code = findings.components(submitted, start)[1:2] if submitted else []
        service_from, service_to = self._period(found, "DTM*472")
        service_start, _ = self._period(found, "DTM*150")
        service_end, _ = self._period(found, "DTM*151")
        allowed_cents = None
        for allowed in found.get("AMT*B6", ())[:1]:
            text = (allowed.elements + _PADDING)[2]
            allowed_cents = findings.optional_amount(text, allowed, "AMT02")
        return RemittanceLine(
            position=start.position,
            procedure_code=code,
            modifiers=tuple([modifier for modifier in modifiers[:4] if modifier]),
            charge_cents=findings.amount(charge, start, "SVC02"),
            paid_cents=findings.amount(paid, start, "SVC03"),
            procedure_qualifier=qualifier or None,
            revenue_code=revenue_code or None,
            paid_units=units or None,
            submitted_procedure_code=(submitted_code[0] or None) if submitted_code else None,
            submitted_units=submitted_units or None,
            service_from=service_start or service_from,
            service_to=service_end or service_to or service_from,
            line_control_number=_second_element(found, "REF*6R"),
            allowed_cents=allowed_cents,
            remark_codes=_codes(found, "LQ*HE", (2,)),
            adjustments=self._adjustments(found),
        )

    def _found(self, segments: Iterable[Segment], expected: frozenset[str], where: str) -> _Found:
        """The segments by name; those that are not ``expected`` there are told and left out."""
        found: _Found = {}
        for segment in segments:
            elements = segment.elements
            name = elements[0]
            if name not in expected:
                self._findings.unexpected(segment, where)
                continue
            if name in _QUALIFIED and len(elements) > 1:
                name = f"{name}*{elements[1]}"
            if name in found:
                found[name].append(segment)
            else:
                found[name] = [segment]
        return found

    def _bpr(self, found: _Found, start: Segment) -> tuple[Segment, list[str]]:
        """BPR and its elements; the ST stands in where there is none."""
        if "BPR" not in found:
            self._findings.report(AnomalyKind.MISSING_ELEMENT, start, "BPR is absent")
            return start, _PADDING
        segment = found["BPR"][0]
        elements = segment.elements + _PADDING
        if elements[3] not in ("C", "D"):
            detail = "BPR03 is neither C nor D"
            self._findings.report(AnomalyKind.MISSING_ELEMENT, segment, detail)
        return segment, elements

    def _adjustments(self, found: _Found) -> tuple[Adjustment, ...]:
        """The triples of every CAS; a triple without reason and amount is a gap."""
        findings = self._findings
        adjustments = []
        for segment in found.get("CAS", ()):
            elements = [*segment.elements, "", ""]
            group = findings.required(elements[1], segment, "CAS01")
            for at in _CAS_PLACES:
                if at >= len(segment.elements):
                    break
                reason, amount, quantity = elements[at : at + 3]
                if not reason and not amount:
                    continue
                if not reason:
                    findings.required(reason, segment, f"CAS{at:02}")
                cents = findings.amount(amount, segment, f"CAS{at + 1:02}")
                adjustments.append(Adjustment(group, reason, cents, quantity or None))
            if len(segment.elements) > _CAS_PLACES.stop + 2:
                findings.unexpected(segment, "to hold more than six adjustments")
        return tuple(adjustments)

    def _period(self, found: _Found, name: str) -> tuple[dt.date | None, dt.date | None]:
        """The dates of a DTM: DTM02, or DTM06 in the format that DTM05 names (D8, RD8)."""
        if name not in found:
            return None, None
        segment = found[name][0]
        _, _, text, _, _, form, period, *_ = segment.elements + _PADDING
        if text or form not in ("D8", "RD8"):
            return self._findings.date(text, segment, "DTM02"), None
        first, _, last = period.partition("-")
        return (
            self._findings.date(first, segment, "DTM06"),
            self._findings.date(last, segment, "DTM06"),
        )


def _padded(found: _Found, name: str) -> list[str]:
    """The elements of the first segment of that name, so many that each place may be read."""
    return found[name][0].elements + _PADDING if name in found else _PADDING


def _second_element(found: _Found, name: str) -> str | None:
    return (_padded(found, name)[2] or None) if name in found else None


def _codes(found: _Found, name: str, places: Sequence[int]) -> tuple[str, ...]:
    if name not in found:
        return ()
    return tuple(
        [
            segment.elements[at]
            for segment in found[name]
            for at in places
            if at < len(segment.elements) and segment.elements[at]
        ]
    )
