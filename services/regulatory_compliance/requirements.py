"""Requirements: what a program asks of the company, in versions that are never changed."""

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.company_calendar import company_today
from services.inputs import Identifier, Input, LongText, Name, Reason, left_out
from services.refusals import Fault, InvalidInput, Refusal
from storage.filters import ByRequirements
from storage.interface import Store
from storage.tables.compliance import (
    ComplianceRequirement,
    ComplianceRequirementFields,
    RequirementContent,
    RequirementVersion,
    RequirementVersionFields,
)
from storage.vocabulary.compliance import (
    BusinessDayRule,
    Frequency,
    LateRule,
    Program,
    Specification,
)

ENTITY = "compliance_requirements"

Code = Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^\x00-\x20]\S*$")]
HowOften = Annotated[Frequency, Field(examples=[Frequency.ANNUAL])]
DueDay = Annotated[dt.date, Field(ge=dt.date(2000, 1, 1), le=dt.date(2199, 12, 31))]
Quorum = Annotated[int, Field(ge=1, le=9)]

SCHEDULE = ("frequency", "first_due_on", "business_day_rule", "late_rule")
"""What the periods are counted by."""


class NewRequirement(Input):
    """Something that a program asks of the company.

    ``first_due_on`` is the anchor of what recurs: its day of the month is the day of every period.
    What is ongoing has none.
    """

    code: Code
    program: Program
    citation: Name | None = None
    name: Name
    description: LongText
    category: Identifier
    specification: Specification | None = None
    is_mandatory: bool = True
    frequency: HowOften
    first_due_on: DueDay | None = None
    business_day_rule: BusinessDayRule = BusinessDayRule.AS_IS
    late_rule: LateRule = LateRule.KEEP_SCHEDULE
    evidence_required: Annotated[list[Name], Field(max_length=50)] = []
    quorum: Quorum = 1
    responsible: Name | None = None
    responsible_person_id: UUID | None = None

    @model_validator(mode="after")
    def _is_due_or_ongoing(self) -> Self:
        if (self.frequency is Frequency.ONGOING) != (self.first_due_on is None):
            raise ValueError("first_due_on is needed, unless the frequency is ongoing")
        return self


class RequirementChanges(Input):
    """What to change; what is left out stays.

    A change of what is required is a new version, with its ``reason``. Where it is material,
    attestations of earlier versions no longer count.
    """

    citation: Name | None = None
    name: Name = left_out()
    description: LongText = left_out()
    category: Identifier = left_out()
    specification: Specification | None = None
    is_mandatory: bool = left_out()
    frequency: HowOften = left_out()
    first_due_on: DueDay | None = None
    business_day_rule: BusinessDayRule = left_out()
    late_rule: LateRule = left_out()
    evidence_required: Annotated[list[Name], Field(max_length=50)] = left_out()
    quorum: Quorum = left_out()
    responsible: Name | None = None
    responsible_person_id: UUID | None = None
    is_material: bool = False
    reason: Reason | None = None


@dataclass
class RequirementRetired(Refusal):
    """What is retired is kept as it was."""

    title: ClassVar[str] = "The requirement is retired"
    retired_on: dt.date


def content_hash(code: str, content: RequirementContent) -> bytes:
    """SHA-256 of what an attestation is bound to: the code and every field, in a fixed order."""
    parts = (code, content.model_dump_json())
    return hashlib.sha256(b"".join(_framed(each.encode()) for each in parts)).digest()


async def create_requirement(store: Store, new: NewRequirement) -> ComplianceRequirement:
    """Register a requirement, with its first version. Raises DuplicateValue, ReferenceNotFound."""
    content = RequirementContent.model_validate(
        {name: getattr(new, name) for name in RequirementContent.model_fields}
    )
    fields = ComplianceRequirementFields(
        code=new.code,
        program=new.program,
        content=content,
        content_number=1,
        responsible=new.responsible,
        responsible_person_id=new.responsible_person_id,
    )
    (requirement,) = await create_requirements(store, [fields])
    return requirement


async def create_requirements(
    store: Store,
    new: Sequence[ComplianceRequirementFields],
    *,
    ids: Sequence[UUID] | None = None,
) -> list[ComplianceRequirement]:
    """Register requirements with their first versions, in a constant number of statements.

    Returns them in the order of their ids. Raises DuplicateValue, ReferenceNotFound.
    """
    made = await store.compliance_requirements.create_many(new, ids=ids)
    await store.requirement_versions.create_many(
        [
            RequirementVersionFields(
                requirement_id=requirement_id,
                number=1,
                content=fields.content,
                content_hash=content_hash(fields.code, fields.content),
                material_number=1,
                schedule_number=1,
            )
            for requirement_id, fields in zip(made, new, strict=True)
        ]
    )
    return await store.compliance_requirements.get_many(made)


async def update_requirement(
    store: Store, requirement_id: UUID, changes: RequirementChanges, *, expected_version: int
) -> ComplianceRequirement:
    """Change a requirement; what is required becomes its next version where it differs.

    Raises RowNotFound, VersionConflict, RequirementRetired, InvalidInput, ReferenceNotFound.
    """
    requirement = await held_in_use(store, requirement_id)
    given = changes.given()
    asked = {name: given.pop(name) for name in RequirementContent.model_fields if name in given}
    is_material = bool(given.pop("is_material", False))
    given.pop("reason", None)
    content = requirement.content.model_copy(update=asked)
    if (content.frequency is Frequency.ONGOING) != (content.first_due_on is None):
        raise InvalidInput([Fault("/first_due_on", "is needed, unless the frequency is ongoing")])
    if content != requirement.content:
        if changes.reason is None:
            raise InvalidInput([Fault("/reason", "is needed where what is required changes")])
        number = requirement.content_number + 1
        await _add_version(
            store, requirement, content, number, changes.reason, is_material=is_material
        )
        given |= {"content": content, "content_number": number}
    return await store.compliance_requirements.update(
        requirement_id, given, expected_version=expected_version
    )


async def retire_requirement(
    store: Store, requirement_id: UUID, on: dt.date, *, expected_version: int
) -> ComplianceRequirement:
    """Take a requirement out of use from a day on that is not over: it counted until then, and goes
    on counting in what is said of those days.

    Raises RowNotFound, VersionConflict, RequirementRetired, InvalidInput.
    """
    await held_in_use(store, requirement_id)
    if on < await company_today(store):
        raise InvalidInput([Fault("/on", "is over")])
    return await store.compliance_requirements.update(
        requirement_id, {"retired_on": on}, expected_version=expected_version
    )


async def held_in_use(store: Store, requirement_id: UUID) -> ComplianceRequirement:
    """A requirement, held until the transaction ends. Raises RowNotFound, RequirementRetired."""
    requirement = await store.compliance_requirements.lock(requirement_id)
    retired_on = requirement.retired_on
    if retired_on is not None and retired_on <= await company_today(store):
        raise RequirementRetired(retired_on)
    return requirement


async def versions_of(store: Store, requirement_id: UUID) -> list[RequirementVersion]:
    """Every version, oldest first. Raises RowNotFound."""
    await store.compliance_requirements.get(requirement_id)
    found = await store.requirement_versions.all(ByRequirements(requirement_ids=[requirement_id]))
    return sorted(found, key=lambda each: each.number)


async def _add_version(
    store: Store,
    requirement: ComplianceRequirement,
    content: RequirementContent,
    number: int,
    reason: str,
    *,
    is_material: bool,
) -> None:
    last = (await versions_of(store, requirement.id))[-1]
    has_new_schedule = any(
        getattr(content, name) != getattr(requirement.content, name) for name in SCHEDULE
    )
    await store.requirement_versions.create(
        RequirementVersionFields(
            requirement_id=requirement.id,
            number=number,
            content=content,
            content_hash=content_hash(requirement.code, content),
            material_number=number if is_material else last.material_number,
            schedule_number=number if has_new_schedule else last.schedule_number,
            reason=reason,
        )
    )


def _framed(part: bytes) -> bytes:
    return len(part).to_bytes(8) + part
