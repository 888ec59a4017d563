"""A statement as PDF. Everything in it is data; the template is the product's."""

import datetime as dt
from dataclasses import dataclass
from importlib.resources import files

import msgspec
import typst

from storage.tables.money import StatementContent

_TEMPLATE = files("services.claims").joinpath("data/patient_statement.typ").read_bytes()


@dataclass(frozen=True)
class Bill:
    """What stands on a statement."""

    statement_number: str
    stated_on: dt.date
    due_on: dt.date
    content: StatementContent

    @property
    def amount_cents(self) -> int:
        """What is to be paid."""
        return sum(line.due_cents for line in self.content.lines)


def dollars(cents: int) -> str:
    """Cents as people in the United States read them."""
    sign = "-" if cents < 0 else ""
    return f"{sign}${abs(cents) // 100:,}.{abs(cents) % 100:02}"


def statement_pdf(bill: Bill) -> bytes:
    """The document. It takes a while: keep it off the event loop."""
    content = bill.content
    waiting_cents = sum(line.not_yet_due_cents for line in content.lines)
    said = {
        "statement_number": bill.statement_number,
        "stated_on": _day(bill.stated_on),
        "due_on": _day(bill.due_on),
        "amount": dollars(bill.amount_cents),
        "not_yet_due": dollars(waiting_cents) if waiting_cents else None,
        "company_name": content.company_name,
        "patient_name": content.patient_name,
        "patient_address": content.patient_address,
        "lines": [
            {
                "service_date": _day(line.service_date),
                "claim_number": line.claim_number,
                "charge": dollars(line.charge_cents),
                "insurance_paid": dollars(line.insurance_paid_cents),
                "adjusted": dollars(line.adjusted_cents),
                "patient_paid": dollars(line.patient_paid_cents),
                "due": dollars(line.due_cents),
            }
            for line in content.lines
        ],
    }
    pdf = typst.compile(
        _TEMPLATE,
        format="pdf",
        ignore_system_fonts=True,
        sys_inputs={"statement": msgspec.json.encode(said).decode()},
    )
    assert isinstance(pdf, bytes)
    return pdf


def _day(day: dt.date) -> str:
    return f"{day:%m/%d/%Y}"
