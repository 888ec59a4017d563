"""What is in the scope of one audit: what an auditor from outside sees, and nothing else.

Every function asks first whether the principal is admitted.
"""

from uuid import UUID

from services.company_calendar import company_today
from services.files.reading import ReadableFile, readable
from services.identity.authentication import Principal
from services.regulatory_compliance.auditing.auditor_access import admitted
from services.regulatory_compliance.auditing.audits import (
    AuditDetail,
    audit_detail,
    requirements_in_scope,
)
from services.regulatory_compliance.auditing.standing import StandingFinding, findings_of
from services.regulatory_compliance.corrective_actions.listing import ListedAction, actions_on
from services.regulatory_compliance.evidence import current_versions
from services.regulatory_compliance.requirement_list import AsOf, Listed, listed_of
from storage.errors import RowNotFound
from storage.filters import (
    AttestationFilter,
    AuditFindingFilter,
    ByActions,
    ByFindings,
    CorrectiveActionFilter,
    EvidenceLinkFilter,
)
from storage.interface import Store
from storage.standings import ActionQuestion
from storage.tables.compliance import ComplianceAttestation, ComplianceEvidence


async def audit_in_scope(store: Store, principal: Principal, audit_id: UUID) -> AuditDetail:
    """The audit itself. Raises RowNotFound."""
    await admitted(store, principal, audit_id)
    return await audit_detail(store, audit_id)


async def findings_in_scope(
    store: Store, principal: Principal, audit_id: UUID
) -> list[StandingFinding]:
    """Its findings, with where they stand today. Raises RowNotFound."""
    await admitted(store, principal, audit_id)
    return await findings_of(store, AuditFindingFilter(audit_id=audit_id))


async def actions_in_scope(
    store: Store, principal: Principal, audit_id: UUID
) -> list[ListedAction]:
    """What is done about them. Raises RowNotFound."""
    await admitted(store, principal, audit_id)
    today = await company_today(store)
    return await actions_on(store, ActionQuestion(on=today, known_at=store.now, audit_id=audit_id))


async def requirements_shown(store: Store, principal: Principal, audit_id: UUID) -> list[Listed]:
    """The requirements in its scope, with where they stand today. Raises RowNotFound."""
    await admitted(store, principal, audit_id)
    ids = await requirements_in_scope(store, audit_id)
    return await listed_of(store, ids, AsOf())


async def attestations_shown(
    store: Store, principal: Principal, audit_id: UUID
) -> list[ComplianceAttestation]:
    """What was attested of them, oldest first. Raises RowNotFound."""
    await admitted(store, principal, audit_id)
    return await _attestations(store, audit_id)


async def evidence_shown(
    store: Store, principal: Principal, audit_id: UUID
) -> list[ComplianceEvidence]:
    """The evidence in its scope: what serves its requirements now, what their attestations are
    bound to, and what its findings and actions name. Raises RowNotFound."""
    await admitted(store, principal, audit_id)
    return await _evidence(store, audit_id)


async def file_in_scope(
    store: Store, principal: Principal, audit_id: UUID, evidence_id: UUID
) -> ReadableFile:
    """The file of a piece of evidence in its scope. Raises RowNotFound, FileNotKept."""
    await admitted(store, principal, audit_id)
    for each in await _evidence(store, audit_id):
        if each.id == evidence_id and each.file_id is not None:
            return await readable(store, each.file_id)
    raise RowNotFound("compliance_evidence")


async def _attestations(store: Store, audit_id: UUID) -> list[ComplianceAttestation]:
    ids = await requirements_in_scope(store, audit_id)
    return await store.compliance_attestations.all(AttestationFilter(requirement_ids=ids))


async def _evidence(store: Store, audit_id: UUID) -> list[ComplianceEvidence]:
    ids = await requirements_in_scope(store, audit_id)
    links = await store.evidence_links.all(EvidenceLinkFilter(requirement_ids=ids))
    current = await current_versions(store, {each.series_id for each in links})
    wanted = {each.id for each in current}
    for attestation in await _attestations(store, audit_id):
        wanted |= set(attestation.evidence_ids)
    wanted |= await _named_by_findings(store, audit_id)
    return await store.compliance_evidence.get_many(sorted(wanted))


async def _named_by_findings(store: Store, audit_id: UUID) -> set[UUID]:
    findings = await store.audit_findings.all(AuditFindingFilter(audit_id=audit_id))
    actions = await store.corrective_actions.all(CorrectiveActionFilter(audit_id=audit_id))
    shown = await store.finding_evidence.all(ByFindings(finding_ids=[each.id for each in findings]))
    steps = await store.action_steps.all(ByActions(action_ids=[each.id for each in actions]))
    closings = await store.finding_steps.all(ByFindings(finding_ids=[each.id for each in findings]))
    named = {each.evidence_id for each in steps}
    named |= {each.closing_evidence_id for each in findings}
    named |= {each.evidence_id for each in closings}
    named |= {each.evidence_id for each in shown}
    return {each for each in named if each is not None}
