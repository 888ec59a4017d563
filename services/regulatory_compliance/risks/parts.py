"""What stands beside the risks of a draft: its elements, assets and threats."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from services.inputs import Input, LongText, Name, left_out
from services.refusals import Fault, InvalidInput, Refusal
from services.regulatory_compliance.risks.assessing import held_draft
from storage.errors import ReferenceNotFound
from storage.filters import AssessmentPartFilter
from storage.interface import Store
from storage.tables.risks import AssessmentPart, AssessmentPartFields
from storage.vocabulary.risks import PartKind


class NewAssessmentPart(Input):
    """An asset or a threat."""

    kind: Annotated[Literal[PartKind.ASSET, PartKind.THREAT], Field(examples=[PartKind.ASSET])]
    name: Name
    description: LongText | None = None


class AssessmentPartChanges(Input):
    """What to say of an element, an asset or a threat; what is left out stays."""

    name: Name = left_out()
    description: LongText | None = None


@dataclass
class PartStillNamed(Refusal):
    """What a risk names is not removed."""

    title: ClassVar[str] = "A risk names this asset or threat"


async def add_part(store: Store, assessment_id: UUID, new: NewAssessmentPart) -> AssessmentPart:
    """Add an asset or a threat.

    Raises RowNotFound, IllegalTransition, DecidedBefore, DuplicateValue.
    """
    await held_draft(store, assessment_id)
    fields = AssessmentPartFields(assessment_id=assessment_id, **dict(new))
    return await store.assessment_parts.create(fields)


async def change_part(
    store: Store, part_id: UUID, changes: AssessmentPartChanges, *, expected_version: int
) -> AssessmentPart:
    """Raises RowNotFound, VersionConflict, IllegalTransition, DecidedBefore, DuplicateValue."""
    part = await store.assessment_parts.get(part_id)
    await held_draft(store, part.assessment_id)
    return await store.assessment_parts.update(
        part_id, changes.given(), expected_version=expected_version
    )


async def remove_part(store: Store, part_id: UUID, *, expected_version: int) -> None:
    """Remove an asset or a threat that no risk names.

    Raises RowNotFound, VersionConflict, IllegalTransition, DecidedBefore, PartStillNamed,
    InvalidInput for an element, which every such analysis has.
    """
    part = await store.assessment_parts.get(part_id)
    await held_draft(store, part.assessment_id)
    if part.kind is PartKind.ELEMENT:
        raise InvalidInput([Fault("/part_id", "is an element that the analysis has to have")])
    try:
        await store.assessment_parts.delete(part_id, expected_version=expected_version)
    except ReferenceNotFound as error:
        raise PartStillNamed from error


async def parts_of(store: Store, assessment_id: UUID) -> list[AssessmentPart]:
    """Elements, assets and threats, oldest first. Raises RowNotFound."""
    await store.risk_assessments.get(assessment_id)
    return await store.assessment_parts.all(AssessmentPartFilter(assessment_id=assessment_id))
