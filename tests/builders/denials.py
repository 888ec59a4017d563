"""Denials to test with: claims that their payers refuse, with chosen amounts and deadlines."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from storage.filters import DenialFilter
from storage.interface import Store
from storage.tables.denial_work import DenialOutcomeFields
from storage.tables.ledger import Denial, DenialFields
from storage.vocabulary.denials import DenialResolution
from tests.builders.books import Books
from tests.builders.remittance_files import Cas, Claim, Line

DENIED = Claim(lines=(Line(adjustments=(Cas("CO", "197", 10_000),)),))
"""A CLP that refuses all of a claim over 100.00 for want of an authorization."""


async def denied(books: Books, claim: Claim = DENIED) -> Denial:
    """A claim of the books, refused by its payer; returns its (last) denial."""
    await books.claim(claim.patient_control_number)
    await books.pay(claim)
    return (await books.denials())[-1]


@dataclass(frozen=True)
class Drawn:
    """What matters of a denial to its place in the queue."""

    amount_cents: int
    due_in_days: int
    category: str = "authorization"
    is_correctable: bool = True


async def open_denials(
    store: Store, like: Denial, drawn: Sequence[Drawn], *, today: dt.date
) -> list[UUID]:
    """More open denials of the same decision."""
    content = {name: getattr(like, name) for name in DenialFields.model_fields}
    return await store.denials.create_many(
        [
            DenialFields(
                **content
                | {
                    "amount_cents": each.amount_cents,
                    "due_on": today + dt.timedelta(days=each.due_in_days),
                    "category": each.category,
                    "is_correctable": each.is_correctable,
                }
            )
            for each in drawn
        ]
    )


def learned(
    denial: Denial, *, decided: int, recovered: int, recorded_on: dt.date
) -> list[DenialOutcomeFields]:
    """Outcomes as if so many amounts like it had been decided again, and so many had come back."""
    return [
        DenialOutcomeFields(
            denial_id=denial.id,
            payer_id=denial.payer_id,
            category=denial.category,
            resolution=DenialResolution.OVERTURNED if at < recovered else DenialResolution.UPHELD,
            denied_cents=10_000,
            recovered_cents=10_000 if at < recovered else 0,
            recovered_basis_points=10_000 if at < recovered else 0,
            recorded_on=recorded_on,
        )
        for at in range(decided)
    ]


async def all_denials(store: Store) -> list[Denial]:
    """Every denial of the company."""
    return await store.denials.all(DenialFilter())
