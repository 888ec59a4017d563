"""Audits: scheduled, begun, completed, passed or failed."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue

from services.company_calendar import company_today
from services.inputs import Input, LongText, Name, left_out
from services.refusals import Fault, InvalidInput
from services.regulatory_compliance.auditing.lifecycle import (
    CriticalFindingsOpen,
    require_move,
    require_status,
)
from services.regulatory_compliance.auditing.ratings import risk_rating
from services.regulatory_compliance.auditing.standing import (
    StandingFinding,
    findings_of,
    standing_on,
)
from services.regulatory_compliance.evidence import Day
from storage.errors import RowNotFound, VersionConflict
from storage.filters import (
    AuditFindingFilter,
    ByAudit,
    CorrectiveActionFilter,
    RegulatoryAuditFilter,
)
from storage.interface import Page, Store
from storage.tables.audits import (
    AuditedRequirement,
    AuditedRequirementFields,
    AuditRecommendation,
    AuditRecommendationFields,
    RegulatoryAudit,
    RegulatoryAuditFields,
)
from storage.vocabulary.audits import (
    AuditStatus,
    AuditType,
    FindingSeverity,
    FindingStanding,
    RiskRating,
)
from storage.vocabulary.compliance import Program

ENTITY = "regulatory_audits"
MOST_REQUIREMENTS = 500

RequirementIds = Annotated[list[UUID], Field(max_length=MOST_REQUIREMENTS)]

_EXAMPLE: JsonValue = {
    "program": "HIPAA",
    "audit_type": "internal",
    "scope": "The Security Rule's administrative safeguards.",
    "requirement_ids": ["01a1fd87-34ee-71ca-b850-10bcf0bfc799"],
    "auditor": "Ada Lindqvist",
    "scheduled_on": "2026-09-01",
}


class NewAudit(Input):
    """An audit to come: of what (in words, and which requirements), by whom, and when."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    program: Program
    audit_type: AuditType
    scope: LongText
    requirement_ids: RequirementIds = []
    auditor: Name
    audit_firm: Name | None = None
    scheduled_on: Day


class AuditChanges(Input):
    """What to change of an audit that is not over; its day only before it begins."""

    scope: LongText = left_out()
    auditor: Name = left_out()
    audit_firm: Name | None = None
    scheduled_on: Day = left_out()


class ScopeAddition(Input):
    """A requirement that the audit looks at as well."""

    requirement_id: UUID


class NewRecommendation(Input):
    """What the auditor advises."""

    text: LongText


class Conclusion(Input):
    """Why it is passed, or failed."""

    conclusion: LongText


@dataclass(frozen=True)
class AuditDetail:
    """An audit with its recommendations, its scope, and how bad what it found is: all of it, and
    what stands open or accepted today."""

    audit: RegulatoryAudit
    requirement_ids: list[UUID]
    recommendations: list[AuditRecommendation]
    risk_rating: RiskRating
    residual_risk_rating: RiskRating


async def create_audit(store: Store, new: NewAudit) -> RegulatoryAudit:
    """Schedule an audit. Raises InvalidInput for a requirement that is not there."""
    given = dict(new)
    requirement_ids = sorted(set(given.pop("requirement_ids")))
    known = {each.id for each in await store.compliance_requirements.get_many(requirement_ids)}
    faults = [
        Fault(f"/requirement_ids/{place}", "names nothing that exists")
        for place, each in enumerate(new.requirement_ids)
        if each not in known
    ]
    if faults:
        raise InvalidInput(faults)
    number = f"AUD-{await store.numbers.take('regulatory_audit'):06}"
    audit = await store.regulatory_audits.create(RegulatoryAuditFields(number=number, **given))
    await store.audited_requirements.create_many(
        [
            AuditedRequirementFields(audit_id=audit.id, requirement_id=each)
            for each in requirement_ids
        ]
    )
    return audit


async def audit_detail(store: Store, audit_id: UUID) -> AuditDetail:
    """Raises RowNotFound."""
    audit = await store.regulatory_audits.get(audit_id)
    recommendations = await store.audit_recommendations.all(ByAudit(audit_id=audit_id))
    findings = await findings_of(store, AuditFindingFilter(audit_id=audit_id))
    standing = [each for each in findings if each.standing is not FindingStanding.CLOSED]
    return AuditDetail(
        audit=audit,
        requirement_ids=await requirements_in_scope(store, audit_id),
        recommendations=sorted(recommendations, key=lambda each: each.ordinal),
        risk_rating=risk_rating([each.finding.severity for each in findings]),
        residual_risk_rating=risk_rating([each.finding.severity for each in standing]),
    )


async def list_audits(
    store: Store, conditions: RegulatoryAuditFilter, *, limit: int, after: UUID | None
) -> Page[RegulatoryAudit]:
    """Audits, those that were registered last first."""
    return await store.regulatory_audits.list(conditions, limit=limit, after=after)


async def update_audit(
    store: Store, audit_id: UUID, changes: AuditChanges, *, expected_version: int
) -> RegulatoryAudit:
    """Raises RowNotFound, VersionConflict, IllegalTransition."""
    given = changes.given()
    allowed = [AuditStatus.SCHEDULED]
    if "scheduled_on" not in given:
        allowed.append(AuditStatus.IN_PROGRESS)
    audit = await held_audit(store, audit_id, expected_version)
    require_status(audit.status, "changed", *allowed)
    return await store.regulatory_audits.update(audit_id, given, expected_version=audit.version)


async def start_audit(store: Store, audit_id: UUID, *, expected_version: int) -> RegulatoryAudit:
    """Raises RowNotFound, VersionConflict, IllegalTransition."""
    audit = await held_audit(store, audit_id, expected_version)
    return await _moved(store, audit, AuditStatus.IN_PROGRESS, started_at=store.now)


async def complete_audit(store: Store, audit_id: UUID, *, expected_version: int) -> RegulatoryAudit:
    """End the work on site. Raises RowNotFound, VersionConflict, IllegalTransition,
    CriticalFindingsOpen where nobody has answered a critical finding."""
    audit = await held_audit(store, audit_id, expected_version)
    require_move(audit.status, AuditStatus.COMPLETED)
    critical = await _critical(store, audit_id)
    actions = await store.corrective_actions.all(CorrectiveActionFilter(audit_id=audit_id))
    answered = {each.finding_id for each in actions}
    _refuse_open([each for each in critical if each.finding.id not in answered])
    return await _moved(store, audit, AuditStatus.COMPLETED, completed_at=store.now)


async def pass_audit(
    store: Store, audit_id: UUID, conclusion: str, *, expected_version: int
) -> RegulatoryAudit:
    """Raises RowNotFound, VersionConflict, IllegalTransition, CriticalFindingsOpen."""
    audit = await held_audit(store, audit_id, expected_version)
    require_move(audit.status, AuditStatus.PASSED)
    _refuse_open(await _critical(store, audit_id))
    return await _moved(
        store, audit, AuditStatus.PASSED, concluded_at=store.now, conclusion=conclusion
    )


async def fail_audit(
    store: Store, audit_id: UUID, conclusion: str, *, expected_version: int
) -> RegulatoryAudit:
    """Raises RowNotFound, VersionConflict, IllegalTransition."""
    audit = await held_audit(store, audit_id, expected_version)
    return await _moved(
        store, audit, AuditStatus.FAILED, concluded_at=store.now, conclusion=conclusion
    )


async def recommend(store: Store, audit_id: UUID, text: str) -> AuditRecommendation:
    """Add what the auditor advises. Raises RowNotFound, IllegalTransition."""
    audit = await store.regulatory_audits.lock(audit_id)
    begun = (AuditStatus.IN_PROGRESS, AuditStatus.COMPLETED)
    require_status(audit.status, "given a recommendation", *begun)
    ordinal = audit.recommendation_count + 1
    await store.regulatory_audits.update(
        audit_id, {"recommendation_count": ordinal}, expected_version=audit.version
    )
    return await store.audit_recommendations.create(
        AuditRecommendationFields(audit_id=audit_id, ordinal=ordinal, text=text)
    )


async def widen_scope(store: Store, audit_id: UUID, requirement_id: UUID) -> AuditedRequirement:
    """Take a requirement into the scope.

    Raises RowNotFound, IllegalTransition, ReferenceNotFound, DuplicateValue.
    """
    audit = await store.regulatory_audits.lock(audit_id)
    require_status(audit.status, "widened", AuditStatus.SCHEDULED, AuditStatus.IN_PROGRESS)
    return await store.audited_requirements.create(
        AuditedRequirementFields(audit_id=audit_id, requirement_id=requirement_id)
    )


async def narrow_scope(
    store: Store, audit_id: UUID, requirement_id: UUID, *, expected_version: int
) -> None:
    """Leave a requirement out, before the audit begins; the version is the audit's.

    Raises RowNotFound, VersionConflict, IllegalTransition.
    """
    audit = await held_audit(store, audit_id, expected_version)
    require_status(audit.status, "narrowed", AuditStatus.SCHEDULED)
    found = await store.audited_requirements.all(ByAudit(audit_id=audit_id))
    for each in found:
        if each.requirement_id == requirement_id:
            await store.audited_requirements.delete(each.id, expected_version=each.version)
            return
    raise RowNotFound("audited_requirements")


async def requirements_in_scope(store: Store, audit_id: UUID) -> list[UUID]:
    """The ids of the requirements that an audit looks at."""
    found = await store.audited_requirements.all(ByAudit(audit_id=audit_id))
    return sorted(each.requirement_id for each in found)


async def held_audit(store: Store, audit_id: UUID, expected_version: int) -> RegulatoryAudit:
    """An audit, held until the transaction ends. Raises RowNotFound, VersionConflict."""
    audit = await store.regulatory_audits.lock(audit_id)
    if audit.version != expected_version:
        raise VersionConflict(ENTITY)
    return audit


async def _moved(
    store: Store, audit: RegulatoryAudit, wanted: AuditStatus, **stamps: object
) -> RegulatoryAudit:
    require_move(audit.status, wanted)
    return await store.regulatory_audits.update(
        audit.id, {"status": wanted, **stamps}, expected_version=audit.version
    )


async def _critical(store: Store, audit_id: UUID) -> list[StandingFinding]:
    """The critical findings that are neither closed nor accepted today, held."""
    conditions = AuditFindingFilter(audit_id=audit_id, severity=FindingSeverity.CRITICAL)
    rows = await store.audit_findings.lock_all(conditions)
    found = await standing_on(store, rows, await company_today(store))
    return [each for each in found if each.standing is FindingStanding.OPEN]


def _refuse_open(found: list[StandingFinding]) -> None:
    if found:
        raise CriticalFindingsOpen(sorted(each.finding.number for each in found))
