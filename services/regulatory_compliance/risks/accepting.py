"""Living with a risk: one person proposes it, another agrees, and it runs out on a day."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from services.approvals.asking import Asked, ask
from services.approvals.steps import Step, Subject, Threshold
from services.company_calendar import company_today
from services.identity.authentication import Principal
from services.identity.scopes import Scope
from services.inputs import Input, Reason
from services.refusals import Fault, InvalidInput, Refusal
from services.regulatory_compliance.evidence import Day
from services.regulatory_compliance.recurrence import after_months
from storage.filters import RiskAcceptanceFilter
from storage.interface import Store
from storage.tables.approvals import Approval
from storage.tables.risks import RiskAcceptance, RiskAcceptanceFields
from storage.vocabulary.approvals import ApprovalKind, ThresholdRule
from storage.vocabulary.risks import AcceptanceStatus, AssessmentStatus

ENTITY = "risk_acceptances"

LONGEST_MONTHS = 36
"""For so long a risk can be accepted at a time; then somebody looks at it again."""


class NewRiskAcceptance(Input):
    """Why the company can live with the risk, and until which day."""

    reason: Reason
    expires_on: Day


@dataclass
class AssessmentNotInForce(Refusal):
    """A risk is accepted as somebody has approved that it is."""

    title: ClassVar[str] = "Only a risk of an approved assessment can be accepted"
    status: AssessmentStatus


async def propose_acceptance(
    store: Store, principal: Principal, risk_id: UUID, new: NewRiskAcceptance
) -> Asked[RiskAcceptance]:
    """Ask that somebody else accept a risk.

    Raises RowNotFound, PersonNeeded, AssessmentNotInForce, InvalidInput, DuplicateValue where it
    was proposed already.
    """
    principal.require_session()
    risk = await store.assessed_risks.get(risk_id)
    assessment = await store.risk_assessments.lock(risk.assessment_id)
    if assessment.status is not AssessmentStatus.APPROVED:
        raise AssessmentNotInForce(assessment.status)
    today = await company_today(store)
    if not today < new.expires_on <= after_months(today, LONGEST_MONTHS):
        fault = f"lies not within {LONGEST_MONTHS} months after {today}"
        raise InvalidInput([Fault("/expires_on", fault)])
    acceptance = await store.risk_acceptances.create(
        RiskAcceptanceFields(
            risk_id=risk_id,
            reason=new.reason,
            expires_on=new.expires_on,
            proposed_by_person_id=principal.id,
        )
    )
    subject = Subject(acceptance.id, acceptance.version)
    return Asked(acceptance, await ask(store, principal, ACCEPTANCE, subject, new.reason))


async def acceptances_of(store: Store, risk_id: UUID) -> list[RiskAcceptance]:
    """What was proposed and accepted of a risk, oldest first. Raises RowNotFound."""
    await store.assessed_risks.get(risk_id)
    return await store.risk_acceptances.all(RiskAcceptanceFilter(risk_id=risk_id))


async def _subject(store: Store, acceptance_id: UUID) -> Subject:
    acceptance = await store.risk_acceptances.lock(acceptance_id)
    return Subject(acceptance.id, acceptance.version)


async def _accept(store: Store, approval: Approval) -> None:
    """Raises AssessmentNotInForce where another has taken the assessment's place since,
    InvalidInput where the last day is over."""
    acceptance = await store.risk_acceptances.get(approval.entity_id)
    risk = await store.assessed_risks.get(acceptance.risk_id)
    assessment = await store.risk_assessments.lock(risk.assessment_id)
    if assessment.status is not AssessmentStatus.APPROVED:
        raise AssessmentNotInForce(assessment.status)
    today = await company_today(store)
    if acceptance.expires_on < today:
        raise InvalidInput([Fault("/expires_on", "is over")])
    await store.risk_acceptances.update(
        acceptance.id,
        {
            "status": AcceptanceStatus.ACCEPTED,
            "accepted_by_person_id": store.actor.principal_id,
            "accepted_on": today,
        },
        expected_version=acceptance.version,
    )


async def _put_back(store: Store, approval: Approval, why: str) -> None:
    """What was not accepted stays as it was proposed, and can be proposed anew."""
    del why  # the request says it
    acceptance = await store.risk_acceptances.get(approval.entity_id)
    if acceptance.status is AcceptanceStatus.PROPOSED:
        await store.risk_acceptances.update(
            acceptance.id,
            {"status": AcceptanceStatus.NOT_ACCEPTED},
            expected_version=acceptance.version,
        )


ACCEPTANCE = Step(
    kind=ApprovalKind.RISK_ACCEPTANCE,
    title="Accept a risk until a day",
    entity=ENTITY,
    asking_scope=Scope.COMPLIANCE_WRITE,
    deciding_scope=Scope.COMPLIANCE_APPROVE,
    default=Threshold(ThresholdRule.ALWAYS),
    is_fixed=True,
    subject=_subject,
    apply=_accept,
    put_back=_put_back,
)
