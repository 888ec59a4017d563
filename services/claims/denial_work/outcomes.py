"""What is learned from how payers decide a second time.

Outcomes are appended and taken back by others, so that the odds of a day never change: what is
recorded today counts from tomorrow on.
"""

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

import msgspec

from services.claims.denial_work.worth import WHOLE, divided
from storage.interface import Store
from storage.tables.denial_work import DenialOutcomeFields
from storage.tables.ledger import Denial
from storage.vocabulary.denials import DECIDED_AGAIN, DenialResolution


class Outcome(msgspec.Struct, frozen=True):
    """How the payer decided again: with what result, and how much came back by which decision."""

    resolution: DenialResolution
    recovered_cents: int
    adjudication_id: UUID | None = None


def retraction_of(denial: Denial) -> Outcome | None:
    """The outcome that a denial has on record, if it has one."""
    if denial.resolution is None or denial.resolution not in DECIDED_AGAIN:
        return None
    return Outcome(denial.resolution, denial.recovered_cents or 0)


async def record_outcomes(
    store: Store,
    outcomes: Sequence[tuple[Denial, Outcome]],
    today: dt.date,
    *,
    is_retraction: bool = False,
) -> None:
    """Put outcomes on record, or take them back. Nothing is learned where nothing was denied."""
    await store.denial_outcomes.create_many(
        [
            DenialOutcomeFields(
                denial_id=denial.id,
                payer_id=denial.payer_id,
                category=denial.category,
                resolution=outcome.resolution,
                denied_cents=denial.amount_cents,
                recovered_cents=outcome.recovered_cents,
                recovered_basis_points=divided(
                    outcome.recovered_cents * WHOLE, denial.amount_cents
                ),
                is_retraction=is_retraction,
                recorded_on=today,
                adjudication_id=outcome.adjudication_id,
            )
            for denial, outcome in outcomes
            if denial.amount_cents > 0
        ]
    )
