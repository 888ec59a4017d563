"""Adopting a library pack, and moving on to its next version with the differences in sight."""

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar

from services.company_calendar import company_today
from services.refusals import Refusal
from services.regulatory_compliance.pack_shelf import shelve
from services.regulatory_compliance.packs import Pack, PackRequirement
from services.regulatory_compliance.requirements import create_requirements
from storage.filters import RequirementFilter
from storage.interface import Store
from storage.tables.compliance import (
    ComplianceRequirement,
    ComplianceRequirementFields,
    RequirementContent,
)
from storage.vocabulary.compliance import BusinessDayRule, Frequency, LateRule


@dataclass
class AdoptedBefore(Refusal):
    """The company has another version of the pack: it upgrades, with the differences in sight."""

    title: ClassVar[str] = "Another version of the pack is adopted"
    pack: str
    version: str


async def adopt_pack(store: Store, pack: Pack, text: str) -> list[ComplianceRequirement]:
    """Take over the requirements of a pack that the company does not have yet, by their codes.

    What is there already stays as it is, so that adopting twice changes nothing. Due dates begin
    with the first one that still lies ahead. Raises AdoptedBefore, and DuplicateValue when two
    adopt at once.
    """
    today = await company_today(store)
    rows = await store.compliance_requirements.all(RequirementFilter())
    for each in rows:
        if each.pack_id == pack.id and each.pack_version not in (None, pack.version):
            raise AdoptedBefore(pack.id, str(each.pack_version))
    known = {each.code for each in rows}
    fresh = [each for each in pack.requirements if each.code not in known]
    await shelve(store, pack, text)
    if not fresh:
        return []
    return await create_requirements(store, [adopted_fields(pack, each, today) for each in fresh])


def first_due_on(requirement: PackRequirement, today: dt.date) -> dt.date | None:
    """The first due date from today on: the day that the rule sets, else the end of the year."""
    if requirement.frequency is Frequency.ONGOING:
        return None
    this_year = due_in(requirement, today.year)
    return this_year if this_year >= today else due_in(requirement, today.year + 1)


def due_in(requirement: PackRequirement, year: int) -> dt.date:
    """The day of a year that the rule sets, else its last; 28 February for the 29th."""
    month, day = (int(each) for each in (requirement.due_day or "12-31").split("-"))
    try:
        return dt.date(year, month, day)
    except ValueError:
        return dt.date(year, month, day - 1)


def adopted_fields(
    pack: Pack, requirement: PackRequirement, today: dt.date
) -> ComplianceRequirementFields:
    """A requirement of a pack as a company takes it over."""
    return ComplianceRequirementFields(
        code=requirement.code,
        program=pack.program,
        content=RequirementContent(
            citation=requirement.citation,
            name=requirement.name,
            description=requirement.description,
            category=requirement.category,
            specification=requirement.specification,
            is_mandatory=requirement.is_mandatory,
            frequency=requirement.frequency,
            first_due_on=first_due_on(requirement, today),
            business_day_rule=BusinessDayRule.AS_IS,
            late_rule=LateRule.KEEP_SCHEDULE,
            evidence_required=list(requirement.evidence),
            quorum=1,
        ),
        content_number=1,
        pack_id=pack.id,
        pack_version=pack.version,
    )
