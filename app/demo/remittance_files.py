"""Writes 835 files: balanced unless told otherwise, with every delimiter and envelope in the field.

    RemittanceFile.of(claims=[Claim(lines=[Line(charge_cents=12_500)])]).render()

Every part has defaults and knows its own arithmetic: a line pays its charge less its adjustments,
a claim sums its lines, a transaction pays its claims less its provider adjustments (the balance
rules of ASC X12N 005010X221A1). State an amount to unbalance it. Amounts are cents.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

CHUNK_BYTES = 64 * 1024
_FULL_CAS = 2 + 6 * 3  # elements: identifier, group and six triples


@dataclass(frozen=True, kw_only=True)
class Separators:
    """The delimiters written, and what ISA16 declares where that differs."""

    element: str = "*"
    component: str = ":"
    repetition: str = "^"
    terminator: str = "~"
    line_break: str = "\n"  # written after each terminator; means nothing to a reader
    declared_component: str | None = None


@dataclass(frozen=True)
class Cas:
    """One reason of an adjustment; positive reduces the payment."""

    group: str
    reason: str
    cents: int
    quantity: str = ""

    def reversed(self) -> Cas:
        return replace(self, cents=-self.cents)


CONTRACTUAL = Cas("CO", "45", 2_000)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One service line. ``paid_cents`` is charge less adjustments unless stated."""

    charge_cents: int = 10_000
    adjustments: Sequence[Cas] = (CONTRACTUAL,)
    paid_cents: int | None = None
    procedure_code: str = "99213"
    qualifier: str = "HC"
    modifiers: Sequence[str] = ()
    revenue_code: str = ""
    units: str = "1"
    submitted_procedure_code: str = ""
    submitted_units: str = ""
    service_date: dt.date | None = dt.date(2025, 3, 3)
    control_number: str = ""
    allowed_cents: int | None = None
    remark_codes: Sequence[str] = ()

    @property
    def paid(self) -> int:
        if self.paid_cents is not None:
            return self.paid_cents
        return self.charge_cents - sum(cas.cents for cas in self.adjustments)

    def reversed(self) -> Line:
        return replace(
            self,
            charge_cents=-self.charge_cents,
            adjustments=[cas.reversed() for cas in self.adjustments],
            paid_cents=_negated(self.paid_cents),
        )


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One claim. Charge and payment follow from the lines unless stated.

    A claim without lines must state its charge. ``extra_segments`` are written as they are,
    elements joined, after the names.
    """

    patient_control_number: str = "PCN0001"
    status_code: str = "1"
    lines: Sequence[Line] = (Line(),)
    adjustments: Sequence[Cas] = ()
    charge_cents: int | None = None
    paid_cents: int | None = None
    patient_responsibility_cents: int | None = None
    filing_indicator: str = "12"
    payer_claim_number: str = "ICN0001"
    facility_code: str = "11"
    frequency_code: str = "1"
    original_reference: str = ""
    patient_last_name: str = "SAMPLE"
    patient_first_name: str = "PAT"
    member_id: str = "MEM0001"
    service_from: dt.date | None = None
    service_to: dt.date | None = None
    received_on: dt.date | None = None
    remark_codes: Sequence[str] = ()  # at most five, in an MOA
    extra_segments: Sequence[Sequence[str]] = ()

    @property
    def charge(self) -> int:
        if self.charge_cents is not None:
            return self.charge_cents
        return sum(line.charge_cents for line in self.lines)

    @property
    def paid(self) -> int:
        if self.paid_cents is not None:
            return self.paid_cents
        every = [*self.adjustments, *(cas for line in self.lines for cas in line.adjustments)]
        return self.charge - sum(cas.cents for cas in every)

    def reversed(self) -> Claim:
        """The same claim taken back: status 22, every amount negated (X12 RFI 1147, 1429)."""
        return replace(
            self,
            status_code="22",
            lines=[line.reversed() for line in self.lines],
            adjustments=[cas.reversed() for cas in self.adjustments],
            charge_cents=_negated(self.charge_cents),
            paid_cents=_negated(self.paid_cents),
            patient_responsibility_cents=None,
        )


@dataclass(frozen=True)
class Plb:
    """One reason of a provider adjustment; positive reduces the deposit."""

    reason: str
    cents: int
    reference: str = ""


@dataclass(frozen=True, kw_only=True)
class Transaction:
    """One ST. ``claims`` may come from an iterator in a streamed file: then state the payment.

    The payment is the claims' less the provider adjustments' unless stated; below zero it is
    written as a debit.
    """

    claims: Iterable[Claim] = (Claim(),)
    provider_adjustments: Sequence[Plb] = ()
    payment_cents: int | None = None
    control_number: str = "0001"
    trace_number: str = "EFT0001"
    payment_method: str = "ACH"
    payment_date: dt.date = dt.date(2025, 3, 31)
    payer_name: str = "EXAMPLE HEALTH PLAN"
    payer_identifier: str = "99999"
    payer_trace_identifier: str = "1999999999"
    payee_name: str = "EXAMPLE CLINIC"
    payee_npi: str = "1234567893"
    payee_tax_identifier: str = "123456789"
    fiscal_period_end: dt.date = dt.date(2025, 12, 31)
    segment_count: int | None = None  # SE01, as counted unless stated
    closing_control_number: str | None = None  # SE02, as ST02 unless stated
    has_trailer: bool = True

    @property
    def payment(self) -> int:
        if self.payment_cents is not None:
            return self.payment_cents
        taken = sum(plb.cents for plb in self.provider_adjustments)
        return sum(claim.paid for claim in self.claims) - taken

    def segments(self, component: str = ":") -> Iterator[list[str]]:
        """The segments from ST to SE, as elements; empty elements at the end may stand there."""
        count = 0
        for segment in self._inner_segments(component):
            count += 1
            yield segment
        if self.has_trailer:
            stated = count + 1 if self.segment_count is None else self.segment_count
            yield ["SE", str(stated), self.closing_control_number or self.control_number]

    def _inner_segments(self, component: str) -> Iterator[list[str]]:
        payment = self.payment
        yield ["ST", "835", self.control_number]
        bpr = ["BPR", "I", _amount(abs(payment)), "D" if payment < 0 else "C", self.payment_method]
        yield [*bpr, *[""] * 11, _date(self.payment_date)]
        yield ["TRN", "1", self.trace_number, self.payer_trace_identifier]
        yield ["DTM", "405", _date(self.payment_date)]
        yield ["N1", "PR", self.payer_name, "XV", self.payer_identifier]
        yield ["N3", "1 PLAN STREET"]
        yield ["N4", "SPRINGFIELD", "IL", "62701"]
        yield ["PER", "BL", "PROVIDER SERVICE", "TE", "8005550100"]
        yield ["N1", "PE", self.payee_name, "XX", self.payee_npi]
        yield ["REF", "TJ", self.payee_tax_identifier]
        is_first = True
        for claim in self.claims:
            if is_first:
                yield ["LX", "1"]
                is_first = False
            yield from _claim_segments(claim, component)
        for start in range(0, len(self.provider_adjustments), 6):
            plb = ["PLB", self.payee_npi, _date(self.fiscal_period_end)]
            for adjustment in self.provider_adjustments[start : start + 6]:
                composite = [adjustment.reason, adjustment.reference]
                plb += [_composite(composite, component), _amount(adjustment.cents)]
            yield plb


@dataclass(frozen=True, kw_only=True)
class RemittanceFile:
    """One interchange with one functional group. For several interchanges, join the renderings.

    ``encoding`` is one that writes no mark of its own, such as ``utf-16-le``.
    """

    transactions: Sequence[Transaction] = field(default_factory=lambda: (Transaction(),))
    separators: Separators = Separators()
    has_envelope: bool = True
    byte_order_mark: bool = False
    encoding: str = "utf-8"
    interchange_control_number: str = "000000001"
    closing_interchange_control_number: str | None = None  # IEA02, as ISA13 unless stated
    group_control_number: str = "1"
    transaction_count: int | None = None  # GE01, as counted unless stated
    group_count: int | None = None  # IEA01, as counted unless stated
    created_on: dt.date = dt.date(2025, 3, 31)
    usage: str = "P"

    @classmethod
    def of(
        cls,
        *,
        claims: Sequence[Claim] = (Claim(),),
        provider_adjustments: Sequence[Plb] = (),
        separators: Separators | None = None,
    ) -> RemittanceFile:
        """A file of one transaction."""
        transaction = Transaction(claims=claims, provider_adjustments=provider_adjustments)
        return cls(transactions=[transaction], separators=separators or Separators())

    def render(self) -> bytes:
        """The whole file."""
        return b"".join(self.iter_bytes())

    def iter_bytes(self) -> Iterator[bytes]:
        """The file in pieces of about ``CHUNK_BYTES``, in flat memory if its claims stream."""
        separators = self.separators
        end = separators.terminator + separators.line_break
        pieces = ["\ufeff"] if self.byte_order_mark else []
        size = 0
        for segment in self.segments():
            pieces.append(separators.element.join(_without_empty_end(segment)) + end)
            size += len(pieces[-1])
            if size >= CHUNK_BYTES:
                yield "".join(pieces).encode(self.encoding)
                pieces, size = [], 0
        yield "".join(pieces).encode(self.encoding)

    def segments(self) -> Iterator[list[str]]:
        """Every segment of the file as its elements."""
        if self.has_envelope:
            yield self._interchange_header()
            yield self._group_header()
        for transaction in self.transactions:
            yield from transaction.segments(self.separators.component)
        if self.has_envelope:
            transaction_count = _or(self.transaction_count, len(self.transactions))
            yield ["GE", str(transaction_count), self.group_control_number]
            closing = self.closing_interchange_control_number or self.interchange_control_number
            yield ["IEA", str(_or(self.group_count, 1)), closing]

    def _interchange_header(self) -> list[str]:
        separators = self.separators
        blank = " " * 10
        sender, receiver = "PAYER".ljust(15), "PROVIDER".ljust(15)
        date = self.created_on.strftime("%y%m%d")
        start = ["ISA", "00", blank, "00", blank, "ZZ", sender, "ZZ", receiver, date, "1200"]
        declared = separators.declared_component or separators.component
        number = self.interchange_control_number
        return [*start, separators.repetition, "00501", number, "0", self.usage, declared]

    def _group_header(self) -> list[str]:
        date = _date(self.created_on)
        start = ["GS", "HP", "PAYER", "PROVIDER", date, "1200", self.group_control_number]
        return [*start, "X", "005010X221A1"]


def _claim_segments(claim: Claim, component: str) -> Iterator[list[str]]:
    responsibility = claim.patient_responsibility_cents
    yield [
        "CLP",
        claim.patient_control_number,
        claim.status_code,
        _amount(claim.charge),
        _amount(claim.paid),
        "" if responsibility is None else _amount(responsibility),
        claim.filing_indicator,
        claim.payer_claim_number,
        claim.facility_code,
        claim.frequency_code,
    ]
    yield from _cas_segments(claim.adjustments)
    name = ["NM1", "QC", "1", claim.patient_last_name, claim.patient_first_name]
    yield [*name, "", "", "", "MI", claim.member_id] if claim.member_id else name
    yield from (list(segment) for segment in claim.extra_segments)
    if claim.remark_codes:
        yield ["MOA", "", "", *claim.remark_codes]
    if claim.original_reference:
        yield ["REF", "F8", claim.original_reference]
    dates = (("232", claim.service_from), ("233", claim.service_to), ("050", claim.received_on))
    yield from (["DTM", kind, _date(date)] for kind, date in dates if date is not None)
    for line in claim.lines:
        yield from _line_segments(line, component)


def _line_segments(line: Line, component: str) -> Iterator[list[str]]:
    svc = [
        "SVC",
        _composite([line.qualifier, line.procedure_code, *line.modifiers], component),
        _amount(line.charge_cents),
        _amount(line.paid),
        line.revenue_code,
        line.units,
    ]
    if line.submitted_procedure_code or line.submitted_units:
        submitted = [line.qualifier, line.submitted_procedure_code]
        svc.append(_composite(submitted, component) if submitted[1] else "")
        svc.append(line.submitted_units)
    yield svc
    if line.service_date is not None:
        yield ["DTM", "472", _date(line.service_date)]
    yield from _cas_segments(line.adjustments)
    if line.control_number:
        yield ["REF", "6R", line.control_number]
    if line.allowed_cents is not None:
        yield ["AMT", "B6", _amount(line.allowed_cents)]
    yield from (["LQ", "HE", code] for code in line.remark_codes)


def _cas_segments(adjustments: Sequence[Cas]) -> Iterator[list[str]]:
    """One CAS for each run of a group, up to six reasons in it."""
    segment: list[str] = []
    for cas in adjustments:
        if segment and (segment[1] != cas.group or len(segment) >= _FULL_CAS):
            yield segment
            segment = []
        segment = segment or ["CAS", cas.group]
        segment += [cas.reason, _amount(cas.cents), cas.quantity]
    if segment:
        yield segment


def _negated(cents: int | None) -> int | None:
    return None if cents is None else -cents


def _amount(cents: int) -> str:
    """An amount as X12 writes it: no cents where there are none."""
    sign = "-" if cents < 0 else ""
    whole, rest = divmod(abs(cents), 100)
    return f"{sign}{whole}.{rest:02}" if rest else f"{sign}{whole}"


def _date(date: dt.date) -> str:
    return date.strftime("%Y%m%d")


def _composite(components: Sequence[str], separator: str) -> str:
    return separator.join(_without_empty_end(components))


def _without_empty_end(parts: Sequence[str]) -> list[str]:
    kept = list(parts)
    while kept and not kept[-1]:
        kept.pop()
    return kept


def _or(stated: int | None, counted: int) -> int:
    return counted if stated is None else stated
