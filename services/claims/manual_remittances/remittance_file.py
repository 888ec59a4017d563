"""A remittance on paper as the 835 that its payer might have sent. Pure.

So it passes the same reader, the same balances, the same recognition of duplicates, and stays as a
file with its hash. Source of the segments: ASC X12N 005010X221A1. The guide's characters cannot
separate anything in what was typed: the delimiters are none of those that it may hold.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.claims.x12.segment_list import amount_text
from storage.tables.claims import Payer
from storage.tables.manual_remittances import (
    ManualRemittance,
    TypedAdjustment,
    TypedClaim,
    TypedContent,
    TypedLine,
)

REVERSAL = "22"
_ELEMENT, _COMPONENT, _REPETITION, _TERMINATOR = "*", ":", "^", "~\n"
_SEPARATORS = str.maketrans(dict.fromkeys("*:^~", " "))
_SENDER, _RECEIVER = "ON PAPER", "WELLKEPT"
_CONTROL_NUMBERS = 10**9


@dataclass(frozen=True)
class PaperPayment:
    """Who paid what, when, under which number, and for which claims."""

    payer: Payer
    trace_number: str
    payment_date: dt.date
    payment_cents: int
    content: TypedContent
    interchange_number: int
    """Makes the file one of its own, however much another says the same."""


def payment_of(entered: ManualRemittance, payer: Payer, number: int) -> PaperPayment:
    """What was typed, as a payment. One that takes another's place has a trace of its own, because
    the other's was posted."""
    trace = entered.check_number
    if entered.corrects_id is not None:
        trace = f"{trace}/{entered.entry_number}"
    return PaperPayment(
        payer, trace, entered.payment_date, entered.payment_cents, entered.content, number
    )


def reversed_payment(paid: PaperPayment, on: dt.date, number: int) -> PaperPayment:
    """The same taken back: each claim under status 22 with every amount negated, as a payer does
    (X12 RFI 1147, 1429)."""
    content = TypedContent(
        claims=[_reversed_claim(each) for each in paid.content.claims],
        provider_adjustments=[
            each.model_copy(update={"amount_cents": -each.amount_cents})
            for each in paid.content.provider_adjustments
        ],
    )
    trace = f"{paid.trace_number}/REVERSED"
    return PaperPayment(paid.payer, trace, on, -paid.payment_cents, content, number)


def rendered(paid: PaperPayment, now: dt.datetime) -> bytes:
    """The bytes of the file."""
    inner = list(_transaction(paid))
    number = f"{paid.interchange_number % _CONTROL_NUMBERS:09}"
    blank = " " * 10
    day, clock = f"{now:%Y%m%d}", f"{now:%H%M}"
    parties = ["ZZ", _SENDER.ljust(15), "ZZ", _RECEIVER.ljust(15)]
    version = [_REPETITION, "00501", number, "0", "P", _COMPONENT]
    segments = [
        ["ISA", "00", blank, "00", blank, *parties, day[2:], clock, *version],
        ["GS", "HP", _SENDER, _RECEIVER, day, clock, "1", "X", "005010X221A1"],
        *inner,
        ["SE", str(len(inner) + 1), "0001"],
        ["GE", "1", "1"],
        ["IEA", "1", number],
    ]
    return "".join(_text(each) for each in segments).encode()


def _transaction(paid: PaperPayment) -> Iterator[list[str]]:
    payer, day = paid.payer, _date(paid.payment_date)
    direction = "D" if paid.payment_cents < 0 else "C"
    method = "CHK" if paid.payment_cents else "NON"
    amount = amount_text(abs(paid.payment_cents))
    yield ["ST", "835", "0001"]
    yield ["BPR", "I", amount, direction, method, *[""] * 11, day]
    yield ["TRN", "1", paid.trace_number, _plain(payer.remittance_identifier or "")]
    yield ["DTM", "405", day]
    yield ["N1", "PR", _plain(payer.name)[:60], "XV", _plain(payer.payer_identifier)]
    yield ["N1", "PE", "PAYEE ON PAPER"]
    yield ["LX", "1"]
    for claim in paid.content.claims:
        yield from _claim(claim)
    for each in paid.content.provider_adjustments:
        reason = _COMPONENT.join((each.reason, each.reference))
        year_end = f"{paid.payment_date.year}1231"
        yield ["PLB", "ON PAPER", year_end, reason, amount_text(each.amount_cents)]


def _claim(claim: TypedClaim) -> Iterator[list[str]]:
    every = [*claim.adjustments, *(each for line in claim.lines for each in line.adjustments)]
    responsibility = sum(each.amount_cents for each in every if each.group_code == "PR")
    yield [
        "CLP",
        claim.patient_control_number,
        claim.status_code,
        amount_text(claim.charge_cents),
        amount_text(claim.paid_cents),
        amount_text(responsibility),
        "",
        claim.payer_claim_number or "",
    ]
    yield from _adjustments(claim.adjustments)
    for line in claim.lines:
        yield from _line(line)


def _line(line: TypedLine) -> Iterator[list[str]]:
    procedure = _COMPONENT.join(("HC", line.procedure_code, *line.modifiers))
    yield ["SVC", procedure, amount_text(line.charge_cents), amount_text(line.paid_cents)]
    if line.service_date is not None:
        yield ["DTM", "472", _date(line.service_date)]
    yield from _adjustments(line.adjustments)
    if line.line_control_number is not None:
        yield ["REF", "6R", line.line_control_number]
    yield from (["LQ", "HE", code] for code in line.remark_codes)


def _adjustments(adjustments: Sequence[TypedAdjustment]) -> Iterator[list[str]]:
    for each in adjustments:
        yield ["CAS", each.group_code, each.reason_code, amount_text(each.amount_cents)]


def _reversed_claim(claim: TypedClaim) -> TypedClaim:
    return claim.model_copy(
        update={
            "status_code": REVERSAL,
            "charge_cents": -claim.charge_cents,
            "paid_cents": -claim.paid_cents,
            "adjustments": _reversed_adjustments(claim.adjustments),
            "lines": [
                line.model_copy(
                    update={
                        "charge_cents": -line.charge_cents,
                        "paid_cents": -line.paid_cents,
                        "adjustments": _reversed_adjustments(line.adjustments),
                    }
                )
                for line in claim.lines
            ],
        }
    )


def _reversed_adjustments(adjustments: Sequence[TypedAdjustment]) -> list[TypedAdjustment]:
    return [each.model_copy(update={"amount_cents": -each.amount_cents}) for each in adjustments]


def _plain(text: str) -> str:
    """A text of the registry without what would separate."""
    return text.translate(_SEPARATORS)


def _date(day: dt.date) -> str:
    return day.isoformat().replace("-", "")


def _text(segment: Sequence[str]) -> str:
    elements = list(segment)
    while not elements[-1]:
        elements.pop()
    return _ELEMENT.join(elements) + _TERMINATOR
