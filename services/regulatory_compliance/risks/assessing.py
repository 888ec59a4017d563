"""Assessments: begun from nothing, from a template or from the one before; changed as drafts."""

import datetime as dt
from typing import Annotated, Self
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue, model_validator

from services.approvals.involvement import worked
from services.inputs import Input, LongText, Name, left_out
from services.refusals import Fault, IllegalTransition, InvalidInput
from services.regulatory_compliance.evidence import Day
from services.regulatory_compliance.recurrence import after_months
from services.regulatory_compliance.risks.templates import Template, hipaa_risk_analysis
from storage.errors import VersionConflict
from storage.filters import RiskAssessmentFilter
from storage.interface import Page, Store
from storage.tables.risks import (
    AssessmentPartFields,
    RiskAssessment,
    RiskAssessmentFields,
)
from storage.vocabulary.risks import AssessmentKind, AssessmentStatus, PartKind

ENTITY = "risk_assessments"

LEGAL: dict[AssessmentStatus, list[str]] = {
    AssessmentStatus.DRAFT: [AssessmentStatus.SUBMITTED],
    AssessmentStatus.SUBMITTED: [AssessmentStatus.APPROVED, AssessmentStatus.DRAFT],
    AssessmentStatus.APPROVED: [AssessmentStatus.SUPERSEDED],
    AssessmentStatus.SUPERSEDED: [],
}
"""What an assessment can become."""

_EXAMPLE: JsonValue = {
    "kind": "security",
    "title": "Our networks, 2026",
    "scope": "Both offices and what is reached from them.",
    "assessed_on": "2026-03-02",
    "next_due_on": "2027-03-02",
}


class NewRiskAssessment(Input):
    """An assessment to fill. The next one is due on ``next_due_on``."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    kind: AssessmentKind
    title: Name
    scope: LongText
    assessed_on: Day
    next_due_on: Day

    @model_validator(mode="after")
    def _next_is_later(self) -> Self:
        if self.next_due_on <= self.assessed_on:
            raise ValueError("next_due_on lies not after assessed_on")
        return self


class NewHipaaRiskAnalysis(Input):
    """A risk analysis with the elements that HIPAA wants, and assets and threats to begin with. The
    next one is due after a year, unless it says otherwise."""

    assessed_on: Day
    next_due_on: Annotated[Day | None, Field(examples=["2027-03-02"])] = None


class RiskAssessmentChanges(Input):
    """What to change about a draft; what is left out stays."""

    title: Name = left_out()
    scope: LongText = left_out()
    assessed_on: Day = left_out()
    next_due_on: Day = left_out()


async def create_assessment(store: Store, new: NewRiskAssessment) -> RiskAssessment:
    """Begin an assessment."""
    return await store.risk_assessments.create(
        RiskAssessmentFields(number=await next_number(store), **dict(new))
    )


async def begin_from_template(store: Store, new: NewHipaaRiskAnalysis) -> RiskAssessment:
    """Begin a HIPAA risk analysis. Raises InvalidInput."""
    template: Template = hipaa_risk_analysis()
    due = new.next_due_on or after_months(new.assessed_on, template.months_to_next)
    require_later(new.assessed_on, due)
    assessment = await store.risk_assessments.create(
        RiskAssessmentFields(
            number=await next_number(store),
            kind=template.kind,
            title=template.title,
            scope=template.scope,
            assessed_on=new.assessed_on,
            next_due_on=due,
        )
    )
    await store.assessment_parts.create_many(
        [
            *(
                AssessmentPartFields(
                    assessment_id=assessment.id,
                    kind=PartKind.ELEMENT,
                    element=each.element,
                    name=each.name,
                )
                for each in template.elements
            ),
            *(
                AssessmentPartFields(assessment_id=assessment.id, kind=kind, name=each.name)
                for kind, parts in (
                    (PartKind.ASSET, template.assets),
                    (PartKind.THREAT, template.threats),
                )
                for each in parts
            ),
        ]
    )
    return assessment


async def update_assessment(
    store: Store, assessment_id: UUID, changes: RiskAssessmentChanges, *, expected_version: int
) -> RiskAssessment:
    """Change a draft.

    Raises RowNotFound, VersionConflict, IllegalTransition, DecidedBefore, InvalidInput.
    """
    assessment = await held_draft(store, assessment_id)
    given = changes.given()
    require_later(
        changes.assessed_on if "assessed_on" in given else assessment.assessed_on,
        changes.next_due_on if "next_due_on" in given else assessment.next_due_on,
    )
    return await store.risk_assessments.update(
        assessment_id, given, expected_version=expected_version
    )


async def get_assessment(store: Store, assessment_id: UUID) -> RiskAssessment:
    """Raises RowNotFound."""
    return await store.risk_assessments.get(assessment_id)


async def list_assessments(
    store: Store, conditions: RiskAssessmentFilter, *, limit: int, after: UUID | None
) -> Page[RiskAssessment]:
    """Assessments, newest first."""
    return await store.risk_assessments.list(conditions, limit=limit, after=after)


async def held_draft(
    store: Store,
    assessment_id: UUID,
    wanted: AssessmentStatus = AssessmentStatus.DRAFT,
    *,
    expected_version: int | None = None,
) -> RiskAssessment:
    """A draft that somebody works on, held until the transaction ends.

    Raises RowNotFound, VersionConflict, IllegalTransition, DecidedBefore.
    """
    assessment = await store.risk_assessments.lock(assessment_id)
    if assessment.status is not AssessmentStatus.DRAFT:
        status = assessment.status
        raise IllegalTransition("risk assessment", status, wanted, LEGAL[status])
    if expected_version is not None and assessment.version != expected_version:
        raise VersionConflict(ENTITY)
    await worked(store, ENTITY, assessment_id)
    return assessment


async def next_number(store: Store) -> str:
    """The next assessment's number."""
    (number,) = await next_numbers(store, 1)
    return number


async def next_numbers(store: Store, count: int) -> list[str]:
    """Those of so many next assessments."""
    first = await store.numbers.take("risk_assessment", count)
    return [f"RA-{number:04}" for number in range(first, first + count)]


def require_later(assessed_on: dt.date, next_due_on: dt.date) -> None:
    """Raises InvalidInput where the next assessment would be due before this one is made."""
    if next_due_on <= assessed_on:
        raise InvalidInput([Fault("/next_due_on", f"lies not after {assessed_on}")])
