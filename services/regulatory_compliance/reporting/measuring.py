"""Where a program stood at the end of a period: derived from what was recorded until then."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

import msgspec

from services.company_calendar import CompanyCalendar, company_calendar
from services.regulatory_compliance.standing import History, Standing, standing
from services.regulatory_compliance.standings import histories_of
from storage.filters import ByRequirements, RequirementFilter
from storage.interface import Store
from storage.tables.compliance import (
    ComplianceRequirement,
    RequirementContent,
    RequirementVersion,
)
from storage.vocabulary.compliance import Program, RequirementStatus, StatusReason

_HUNDREDTH = Decimal("0.01")
_LAST_BUT_ONE = dt.date.max - dt.timedelta(days=1)
"""No day that has a next one is later."""


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
    """A requirement with what it asked then, and where it stood."""

    requirement: ComplianceRequirement
    version: RequirementVersion
    standing: Standing

    @property
    def content(self) -> RequirementContent:
        return self.version.content

    @property
    def is_overdue(self) -> bool:
        return self.standing.reason is StatusReason.OVERDUE


class Records(msgspec.Struct, frozen=True):
    """Everything that standings are derived from, of some requirements."""

    calendar: CompanyCalendar
    requirements: Sequence[ComplianceRequirement]
    versions: Mapping[UUID, Sequence[RequirementVersion]]
    histories: Mapping[UUID, History]


async def records_of(store: Store, program: Program | None) -> Records:
    """All requirements of a program, or of all, in a constant number of statements."""
    rows = await store.compliance_requirements.all(RequirementFilter(program=program))
    ids = [each.id for each in rows]
    versions: dict[UUID, list[RequirementVersion]] = {each: [] for each in ids}
    for each in await store.requirement_versions.all(ByRequirements(requirement_ids=ids)):
        versions[each.requirement_id].append(each)
    return Records(
        await company_calendar(store),
        sorted(rows, key=lambda row: row.code),
        versions,
        await histories_of(store, ids),
    )


def measured(records: Records, *, on: dt.date, known_at: dt.datetime) -> list[Measured]:
    """Each requirement that was in use on a day, as known at a time, by its code."""
    found = []
    for each in records.requirements:
        if each.retired_on is not None and each.retired_on <= on:
            continue
        stood = standing(
            records.histories[each.id],
            on=on,
            known_at=known_at,
            is_business_day=records.calendar.is_business_day,
        )
        if stood is None:
            continue
        known = [row for row in records.versions[each.id] if row.recorded_at <= known_at]
        version = max(known, key=lambda row: row.number)
        found.append(Measured(requirement=each, version=version, standing=stood))
    return found


def rate_of(rows: Iterable[Measured]) -> Rate:
    """What does not concern the company counts neither above nor below."""
    counted = Counter(each.standing.status for each in rows)
    applicable = counted.total() - counted[RequirementStatus.NOT_APPLICABLE]
    return Rate(counted[RequirementStatus.COMPLIANT], applicable)


def end_of(day: dt.date, calendar: CompanyCalendar) -> dt.datetime:
    """The last moment of a company's day: what was recorded until then was known by it."""
    after = calendar.midnight(min(day, _LAST_BUT_ONE) + dt.timedelta(days=1))
    return after.astimezone(dt.UTC) - dt.timedelta(microseconds=1)
