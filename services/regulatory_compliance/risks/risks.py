"""The risks of an assessment and what lowers them, and where they stand on a day."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from services.company_calendar import company_today
from services.inputs import SEVERAL_LINES, Identifier, Input, LongText, left_out
from services.refusals import Fault, InvalidInput, Refusal
from services.regulatory_compliance.risks.assessing import held_draft
from services.regulatory_compliance.risks.matrix import (
    impact_points,
    level_of,
    likelihood_points,
    overall,
    score,
)
from storage.errors import ReferenceNotFound, RowNotFound
from storage.filters import (
    AssessmentPartFilter,
    ByAssessment,
    RiskAcceptanceFilter,
    RiskControlFilter,
)
from storage.interface import Store
from storage.tables.risks import (
    AssessedRisk,
    AssessedRiskFields,
    RiskAcceptance,
    RiskAssessment,
    RiskControl,
    RiskControlFields,
)
from storage.vocabulary.risks import (
    AcceptanceStatus,
    ControlState,
    Impact,
    Likelihood,
    PartKind,
    RiskLevel,
    RiskTreatment,
)

Control = Annotated[str, Field(min_length=1, max_length=2000, pattern=SEVERAL_LINES)]


class NewRisk(Input):
    """A risk: inherent, as if nothing were done about it, and residual, with what is in place."""

    category: Identifier
    description: LongText
    asset_id: UUID | None = None
    threat_id: UUID | None = None
    likelihood: Likelihood
    impact: Impact
    residual_likelihood: Likelihood
    residual_impact: Impact
    treatment: RiskTreatment
    owner_person_id: UUID


class RiskChanges(Input):
    """What to change about a risk; what is left out stays."""

    category: Identifier = left_out()
    description: LongText = left_out()
    asset_id: UUID | None = None
    threat_id: UUID | None = None
    likelihood: Likelihood = left_out()
    impact: Impact = left_out()
    residual_likelihood: Likelihood = left_out()
    residual_impact: Impact = left_out()
    treatment: RiskTreatment = left_out()
    owner_person_id: UUID = left_out()


class NewRiskControl(Input):
    """What lowers the risk, or is planned to."""

    state: ControlState
    description: Control


@dataclass
class RiskNotBare(Refusal):
    """A risk that has controls or plans is not removed before them."""

    title: ClassVar[str] = "The risk has controls, or something is planned about it"


@dataclass(frozen=True)
class Scored:
    """A risk, what its likelihood and impact come to, and until when somebody has accepted it."""

    risk: AssessedRisk
    inherent_score: int
    inherent_level: RiskLevel
    residual_score: int
    residual_level: RiskLevel
    accepted_until: dt.date | None


@dataclass(frozen=True)
class Assessed:
    """An assessment with its levels: that of the highest inherent risk, and, of what is left, the
    overall one; null where it has no risk yet."""

    assessment: RiskAssessment
    inherent_level: RiskLevel | None
    overall_level: RiskLevel | None
    risks: int


async def add_risk(store: Store, assessment_id: UUID, new: NewRisk) -> AssessedRisk:
    """Add a risk to a draft.

    Raises RowNotFound, IllegalTransition, DecidedBefore, InvalidInput, ReferenceNotFound.
    """
    await held_draft(store, assessment_id)
    fields = AssessedRiskFields(assessment_id=assessment_id, **dict(new))
    await _require_sound(store, fields)
    return await store.assessed_risks.create(fields)


async def change_risk(
    store: Store, risk_id: UUID, changes: RiskChanges, *, expected_version: int
) -> AssessedRisk:
    """Change a risk of a draft.

    Raises RowNotFound, VersionConflict, IllegalTransition, DecidedBefore, InvalidInput,
    ReferenceNotFound.
    """
    risk = await _of_a_draft(store, risk_id)
    given = changes.given()
    held = {name: getattr(risk, name) for name in AssessedRiskFields.model_fields}
    await _require_sound(store, AssessedRiskFields(**(held | given)))
    return await store.assessed_risks.update(risk_id, given, expected_version=expected_version)


async def remove_risk(store: Store, risk_id: UUID, *, expected_version: int) -> None:
    """Remove a risk without controls or plans from a draft.

    Raises RowNotFound, VersionConflict, IllegalTransition, DecidedBefore, RiskNotBare.
    """
    await _of_a_draft(store, risk_id)
    try:
        await store.assessed_risks.delete(risk_id, expected_version=expected_version)
    except ReferenceNotFound as error:
        raise RiskNotBare from error


async def risks_of(store: Store, assessment_id: UUID) -> Sequence[Scored]:
    """Every risk, scored, the highest residual score first. Raises RowNotFound."""
    await store.risk_assessments.get(assessment_id)
    risks = await store.assessed_risks.all(ByAssessment(assessment_id=assessment_id))
    scored = await _scored(store, risks)
    return sorted(scored, key=lambda each: (-each.residual_score, each.risk.id))


async def get_risk(store: Store, risk_id: UUID) -> Scored:
    """Raises RowNotFound."""
    (scored,) = await _scored(store, [await store.assessed_risks.get(risk_id)])
    return scored


async def assessed(store: Store, assessment_id: UUID) -> Assessed:
    """An assessment and its levels. Raises RowNotFound."""
    assessment = await store.risk_assessments.get(assessment_id)
    risks = await store.assessed_risks.all(ByAssessment(assessment_id=assessment_id))
    return Assessed(
        assessment,
        overall(score(each.likelihood, each.impact) for each in risks),
        overall(score(each.residual_likelihood, each.residual_impact) for each in risks),
        len(risks),
    )


async def add_control(store: Store, risk_id: UUID, new: NewRiskControl) -> RiskControl:
    """Add a control to a risk of a draft. Raises RowNotFound, IllegalTransition, DecidedBefore."""
    risk = await _of_a_draft(store, risk_id)
    return await store.risk_controls.create(
        RiskControlFields(assessment_id=risk.assessment_id, risk_id=risk_id, **dict(new))
    )


async def controls_of(store: Store, risk_id: UUID) -> list[RiskControl]:
    """What lowers a risk, oldest first. Raises RowNotFound."""
    await store.assessed_risks.get(risk_id)
    return await store.risk_controls.all(RiskControlFilter(risk_id=risk_id))


async def remove_control(
    store: Store, risk_id: UUID, control_id: UUID, *, expected_version: int
) -> None:
    """Raises RowNotFound, VersionConflict, IllegalTransition, DecidedBefore."""
    await _of_a_draft(store, risk_id)
    found = await store.risk_controls.get_many([control_id])
    if not found or found[0].risk_id != risk_id:
        raise RowNotFound("risk_controls")
    await store.risk_controls.delete(control_id, expected_version=expected_version)


def accepted_until(acceptances: Sequence[RiskAcceptance], on: dt.date) -> dt.date | None:
    """Until when a risk is accepted, as of a day; None where it is not."""
    return max(
        (
            each.expires_on
            for each in acceptances
            if each.status is AcceptanceStatus.ACCEPTED
            and each.accepted_on is not None
            and each.accepted_on <= on <= each.expires_on
        ),
        default=None,
    )


async def _scored(store: Store, risks: Sequence[AssessedRisk]) -> Sequence[Scored]:
    today = await company_today(store)
    acceptances = await store.risk_acceptances.all(
        RiskAcceptanceFilter(risk_ids=[each.id for each in risks], status=AcceptanceStatus.ACCEPTED)
    )
    scored = []
    for each in risks:
        inherent = score(each.likelihood, each.impact)
        residual = score(each.residual_likelihood, each.residual_impact)
        own = [acceptance for acceptance in acceptances if acceptance.risk_id == each.id]
        scored.append(
            Scored(
                each,
                inherent,
                level_of(inherent),
                residual,
                level_of(residual),
                accepted_until(own, today),
            )
        )
    return scored


async def _of_a_draft(store: Store, risk_id: UUID) -> AssessedRisk:
    risk = await store.assessed_risks.get(risk_id)
    await held_draft(store, risk.assessment_id)
    return risk


async def _require_sound(store: Store, risk: AssessedRiskFields) -> None:
    """Raises InvalidInput for what is left being more than there was, or for an asset or threat of
    another assessment."""
    faults = []
    if likelihood_points(risk.residual_likelihood) > likelihood_points(risk.likelihood):
        faults.append(Fault("/residual_likelihood", f"is more than {risk.likelihood}"))
    if impact_points(risk.residual_impact) > impact_points(risk.impact):
        faults.append(Fault("/residual_impact", f"is more than {risk.impact}"))
    if risk.asset_id is not None or risk.threat_id is not None:
        parts = await store.assessment_parts.all(
            AssessmentPartFilter(assessment_id=risk.assessment_id)
        )
        kinds = {each.id: each.kind for each in parts}
        for name, part_id, kind in (
            ("asset_id", risk.asset_id, PartKind.ASSET),
            ("threat_id", risk.threat_id, PartKind.THREAT),
        ):
            if part_id is not None and kinds.get(part_id) is not kind:
                faults.append(Fault(f"/{name}", f"names no {kind} of this assessment"))
    if faults:
        raise InvalidInput(faults)
