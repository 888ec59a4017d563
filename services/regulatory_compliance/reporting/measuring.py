"""Where a program stood at the end of a period: derived from what was recorded until then."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

import msgspec

from services.regulatory_compliance.standing import Standing
from services.regulatory_compliance.standings import standings
from storage.interface import Store
from storage.standings import StandingFound, StandingQuestion
from storage.vocabulary.compliance import Program, RequirementStatus, StatusReason

_HUNDREDTH = Decimal("0.01")


class Rate(msgspec.Struct, frozen=True):
    """How many of those that concern the company are complied with, and of how many."""

    numerator: int
    denominator: int

    @property
    def percent(self) -> Decimal | None:
        """To two places, half up; None where nothing concerns the company."""
        if self.denominator == 0:
            return None
        share = Decimal(100 * self.numerator) / Decimal(self.denominator)
        return share.quantize(_HUNDREDTH, ROUND_HALF_UP)


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """A requirement by what it asked then, and where it stood."""

    requirement: StandingFound
    standing: Standing

    @property
    def is_overdue(self) -> bool:
        return self.standing.reason is StatusReason.OVERDUE


async def measured(
    store: Store, program: Program | None, *, on: dt.date, known_at: dt.datetime
) -> list[Measured]:
    """Each requirement of a program, or of all, that was in use on a day, as known at a time, by
    its code; in a constant number of statements."""
    question = StandingQuestion(on=on, known_at=known_at, program=program)
    return [
        Measured(requirement=requirement, standing=standing)
        for requirement, standing in await standings(store, question)
    ]


def rate_of(rows: Iterable[Measured]) -> Rate:
    """What does not concern the company counts neither above nor below."""
    counted = Counter(each.standing.status for each in rows)
    applicable = counted.total() - counted[RequirementStatus.NOT_APPLICABLE]
    return Rate(counted[RequirementStatus.COMPLIANT], applicable)
