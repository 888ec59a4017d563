"""``riskAssessments``: assessments with their risks and controls, as drafts.

The original reckoned with words that it did not know, said of what is left of a risk only a level,
and named who had approved without an approval. Here likelihood and impact are words that are known,
scores and levels follow from them, and what is left is assessed anew: until then it is what it was.
Who is said to have assessed and approved, what the levels were said to be and what was planned
stand in the part on documentation.
"""

from collections.abc import Sequence

from services.importing.conversions import Unusable, choice, day, text, texts
from services.importing.declaration import (
    Draft,
    FieldRule,
    OriginalMap,
    Placed,
    Values,
    Wanted,
    Workplace,
    converted,
    wanted_names,
)
from services.importing.maps import risk_drafts
from services.importing.maps.foreign import items
from services.importing.maps.people import PERSON
from services.importing.maps.risk_rows import (
    CONTROL,
    DOCUMENT,
    OWNER,
    RISK,
    NewRisks,
    with_controls,
)
from services.regulatory_compliance.recurrence import after_months
from services.regulatory_compliance.risks.assessing import next_numbers
from services.regulatory_compliance.risks.matrix import overall, score
from storage.interface import Store
from storage.tables.risks import (
    AssessedRisk,
    AssessmentPart,
    AssessmentPartFields,
    RiskAssessment,
    RiskAssessmentFields,
    RiskControl,
)
from storage.vocabulary.risks import (
    AnalysisElement,
    AssessmentKind,
    ControlState,
    Impact,
    Likelihood,
    PartKind,
    RiskLevel,
)

_MOST_RISKS, _MOST_CONTROLS, _MOST_PLANNED = 500, 50, 100
_LONGEST = 4000
_MONTHS = 12
_HEADING = "As it came from another system"

_RISK = (
    FieldRule("riskCategory", "category", text(80), is_required=True),
    FieldRule("description", "description", text(_LONGEST, lines=True), is_required=True),
    FieldRule("likelihood", "likelihood", choice(Likelihood), is_required=True),
    FieldRule("impact", "impact", choice(Impact), is_required=True),
    FieldRule("residualRisk", "residual", choice(RiskLevel)),
    FieldRule("currentControls", "in_place", texts(2000, _MOST_CONTROLS)),
    FieldRule("additionalControls", "planned", texts(2000, _MOST_CONTROLS)),
)


_RISK_FIELDS = frozenset({rule.source for rule in _RISK}) | {"id", "owner", "riskScore"}


def _complete(draft: Draft) -> None:
    values = draft.values
    assessed_on = values["assessed_on"]
    if values["next_due_on"] is None:
        values["next_due_on"] = after_months(assessed_on, _MONTHS)
        draft.notes.append(f"/nextAssessmentDate: is missing; a year on is {values['next_due_on']}")
    elif values["next_due_on"] <= assessed_on:
        raise Unusable("lies not after the assessment", "correct it", "/nextAssessmentDate")
    values["title"] = f"Risk assessment ({values['kind']}) of {assessed_on}"
    scores, remains = [], []
    for at, item in items(draft, "risks", _MOST_RISKS, _RISK_FIELDS):
        risk: Values = {"of": RISK, OWNER: None}
        converted(_RISK, item, draft, risk, at)
        names = wanted_names([item.get("owner")], f"{at}/owner")
        draft.wanted.append(Wanted(PERSON, names, f"{at}/owner", risk, OWNER))
        points = score(risk["likelihood"], risk["impact"])
        scores.append(points)
        if item.get("riskScore") not in (None, points):
            draft.notes.append(f"{at}/riskScore: is {points}, by likelihood and impact")
        residual = risk.pop("residual")
        if residual is not None:
            remains.append(f"{risk['category']}: {residual}")
        controls = [
            *((ControlState.IN_PLACE, each) for each in risk.pop("in_place") or []),
            *((ControlState.PLANNED, each) for each in risk.pop("planned") or []),
        ]
        draft.parts.append(risk)
        draft.parts += [
            {"of": CONTROL, "state": state, "description": each} for state, each in controls
        ]
    _document(draft, overall(scores), remains)


def _document(draft: Draft, level: RiskLevel | None, remains: Sequence[str]) -> None:
    values = draft.values
    assessor, approver = values.pop("assessor"), values.pop("approver")
    said, plan = values.pop("said_level"), values.pop("plan") or []
    if said is not None and said is not level:
        draft.notes.append(f"/overallRiskLevel: {said} is {level or 'no level'} by the scores")
    lines = [
        f"Assessed by {assessor}." if assessor else "",
        f"Said to be approved by {approver}; nobody has approved it here." if approver else "",
        f"Overall level there: {said}." if said is not None else "",
        f"Said to be left: {'; '.join(remains)}." if remains else "",
        *(f"Planned: {each}" for each in plan),
    ]
    description = "\n".join(each for each in lines if each)
    if len(description) > _LONGEST:
        raise Unusable(
            f"comes to more than {_LONGEST} characters with what else was said",
            "shorten it",
            "/mitigationPlan",
        )
    draft.parts.append({"of": DOCUMENT, "description": description or None})


async def _write(store: Store, drafts: Sequence[Placed], _: Workplace) -> None:
    numbers = await next_numbers(store, len(drafts))
    ids = [draft.row_id for draft in drafts]
    assessments, parts, risks = [], [], NewRisks()
    for assessment_id, number, draft in zip(ids, numbers, drafts, strict=True):
        assessments.append(RiskAssessmentFields.model_construct(number=number, **draft.values))
        for risk, controls in with_controls(draft.parts):
            risks.add(assessment_id, risk, controls)
        parts += [
            AssessmentPartFields.model_construct(
                assessment_id=assessment_id,
                kind=PartKind.ELEMENT,
                element=AnalysisElement.DOCUMENTATION,
                name=_HEADING,
                description=part["description"],
            )
            for part in draft.parts
            if part["of"] == DOCUMENT
        ]
    await store.risk_assessments.create_many(assessments, ids=ids)
    await store.assessment_parts.create_many(parts)
    await risks.write(store)


RISK_ASSESSMENTS = OriginalMap(
    name="riskAssessments",
    row=RiskAssessment,
    after=("users",),
    fields=(
        FieldRule("assessmentType", "kind", choice(AssessmentKind), is_required=True),
        FieldRule("assessmentDate", "assessed_on", day, is_required=True),
        FieldRule("scope", "scope", text(_LONGEST, lines=True), is_required=True),
        FieldRule("nextAssessmentDate", "next_due_on", day),
        FieldRule("assessedBy", "assessor", text(200)),
        FieldRule("approvedBy", "approver", text(200)),
        FieldRule("overallRiskLevel", "said_level", choice(RiskLevel)),
        FieldRule("mitigationPlan", "plan", texts(500, _MOST_PLANNED)),
    ),
    complete=_complete,
    known=frozenset({"risks", "createdAt", "updatedAt", "companyId"}),
    changeable=risk_drafts.CHANGEABLE,
    fixed=risk_drafts.fixed,
    write=_write,
    update=risk_drafts.update,
    parts=(
        (AssessedRisk, "assessment_id"),
        (RiskControl, "assessment_id"),
        (AssessmentPart, "assessment_id"),
    ),
)
