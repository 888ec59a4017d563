"""What is handed in about patients' payments."""

import datetime as dt
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.claims.drafts import HIGHEST_CHARGE_CENTS, CalendarDay
from services.inputs import Identifier, Input, Reason
from storage.vocabulary.money import PaymentMethod

MOST_CLAIMS = 100

Cents = Annotated[int, Field(ge=1, le=HIGHEST_CHARGE_CENTS)]


class Application(Input):
    """What of a payment is applied to a claim."""

    claim_id: UUID
    amount_cents: Annotated[Cents, Field(examples=[2500])]


class NewPatientPayment(Input):
    """Money that a patient gave. ``reference`` is the number of the check or what the card's
    processor called it: never the card's own number. What is not applied stays unapplied."""

    patient_id: UUID
    method: PaymentMethod
    reference: Identifier | None = None
    received_on: Annotated[CalendarDay, Field(examples=["2026-03-02"])]
    amount_cents: Annotated[Cents, Field(examples=[2500])]
    applications: Annotated[list[Application], Field(max_length=MOST_CLAIMS)] = []


class Applications(Input):
    """All that a payment is to be applied to; what is not among it is taken off its claim."""

    applications: Annotated[list[Application], Field(max_length=MOST_CLAIMS)]


class PaymentReversal(Input):
    """When and why the money went back: a bounced check, a disputed card."""

    reversed_on: Annotated[CalendarDay, Field(examples=["2026-03-09"])]
    reason: Reason


def is_a_card_number(text: str) -> bool:
    """Whether a reference looks like the number of a card: 13 to 19 digits under Luhn's check.

    Such a number must not be kept (PCI DSS 3.5); spaces and hyphens do not hide it.
    """
    digits = [int(each) for each in text if each.isascii() and each.isdigit()]
    others = {each for each in text if not each.isdigit()}
    if not _SHORTEST <= len(digits) <= _LONGEST or others - {" ", "-"}:
        return False
    doubled = [
        each if at % 2 == 0 else each * 2 - 9 * (each > _HALF)
        for at, each in enumerate(reversed(digits))
    ]
    return sum(doubled) % 10 == 0


_SHORTEST, _LONGEST = 13, 19
_HALF = 4


def is_in_future(day: dt.date, today: dt.date) -> bool:
    """Whether nobody can have received or paid anything on that day yet."""
    return day > today
