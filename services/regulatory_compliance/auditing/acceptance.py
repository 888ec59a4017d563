"""Living with a finding until a day: asked for by one, agreed to by somebody who had no hand in it.

From the day after, the finding is open again; no job has to see to that.
"""

from uuid import UUID

from pydantic import ConfigDict, JsonValue

from services.approvals.asking import Asked, ask
from services.approvals.steps import Step, Subject, Threshold
from services.company_calendar import company_today
from services.identity.authentication import Principal
from services.identity.scopes import Scope
from services.inputs import Input, Reason
from services.refusals import Fault, InvalidInput
from services.regulatory_compliance.auditing.findings import ENTITY, held_open
from services.regulatory_compliance.evidence import Day
from storage.filters import FindingAcceptanceFilter
from storage.interface import Store
from storage.tables.approvals import Approval
from storage.tables.audits import AuditFinding, FindingAcceptance, FindingAcceptanceFields
from storage.vocabulary.approvals import ApprovalKind, ThresholdRule

_EXAMPLE: JsonValue = {
    "reason": "The vendor mends it with the release of autumn.",
    "accepted_until": "2027-12-31",
}


class NewFindingAcceptance(Input):
    """Why one can live with a finding, and until which day."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    reason: Reason
    accepted_until: Day


async def ask_finding_acceptance(
    store: Store,
    principal: Principal,
    finding_id: UUID,
    wanted: NewFindingAcceptance,
    *,
    expected_version: int,
) -> Asked[AuditFinding]:
    """Ask somebody else to agree that the company lives with an open finding until a day.

    Raises RowNotFound, PersonNeeded, VersionConflict, IllegalTransition, InvalidInput for a day
    that is over, AlreadyAsked, DecidedBefore.
    """
    finding = await held_open(store, finding_id, expected_version, "accepted")
    if wanted.accepted_until < await company_today(store):
        raise InvalidInput([Fault("/accepted_until", "is over")])
    subject = Subject(finding_id, finding.version)
    approval = await ask(store, principal, FINDING_ACCEPTANCE, subject, wanted.reason)
    await store.finding_acceptances.create(
        FindingAcceptanceFields(
            finding_id=finding_id,
            approval_id=approval.id,
            reason=wanted.reason,
            accepted_until=wanted.accepted_until,
        )
    )
    return Asked(finding, approval)


async def acceptances_of(store: Store, finding_id: UUID) -> list[FindingAcceptance]:
    """Everything that was asked for or agreed to, oldest first. Raises RowNotFound."""
    await store.audit_findings.get(finding_id)
    return await store.finding_acceptances.all(FindingAcceptanceFilter(finding_id=finding_id))


async def _subject(store: Store, finding_id: UUID) -> Subject:
    finding = await store.audit_findings.lock(finding_id)
    return Subject(finding.id, finding.version)


async def _apply(store: Store, approval: Approval) -> None:
    (accepted,) = await store.finding_acceptances.lock_all(
        FindingAcceptanceFilter(approval_id=approval.id)
    )
    today = await company_today(store)
    if accepted.accepted_until < today:
        raise InvalidInput([Fault("/accepted_until", "is over")])
    await store.finding_acceptances.update(
        accepted.id, {"accepted_on": today}, expected_version=accepted.version
    )


FINDING_ACCEPTANCE = Step(
    kind=ApprovalKind.FINDING_ACCEPTANCE,
    title="Live with a finding until a day",
    entity=ENTITY,
    asking_scope=Scope.AUDITS_WRITE,
    deciding_scope=Scope.COMPLIANCE_APPROVE,
    default=Threshold(ThresholdRule.ALWAYS),
    is_fixed=True,
    subject=_subject,
    apply=_apply,
)
