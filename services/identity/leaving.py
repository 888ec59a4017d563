"""The end of a company: one of its people asks for it, another one agrees, and nobody enters it any
more. What becomes of its rows is the operator's and the retention's (``storage.deletion``)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from services.approvals.asking import Asked, ask
from services.approvals.steps import Step, Subject, Threshold
from services.identity.authentication import Principal
from services.identity.scopes import Scope
from services.refusals import Fault, InvalidInput, Refusal
from storage.filters import LegalHoldFilter, NoFilter
from storage.interface import Page, Store
from storage.retention import RETENTION_LOCK
from storage.tables.approvals import Approval
from storage.tables.identity import DeletionRequest, DeletionRequestFields
from storage.vocabulary.approvals import ApprovalKind, ThresholdRule

ENTITY = "deletion_requests"


@dataclass
class LegalHoldsKeepIt(Refusal):
    """While a legal hold stands, the company is not deleted."""

    title: ClassVar[str] = "Legal holds stand, so the company cannot be deleted"
    hold_ids: Sequence[UUID]


async def ask_for_deletion(
    store: Store,
    principal: Principal,
    *,
    company_name: str,
    reason: str,
    records_are_handed_over: bool,
) -> Asked[DeletionRequest]:
    """Ask that the company be deleted; whoever asks has given its name in full.

    Raises PersonNeeded, ReauthenticationNeeded, InvalidInput, LegalHoldsKeepIt.
    """
    principal.require_recent_proof(store.now)
    company = await store.companies.get(store.company_id)
    if company_name != company.name:
        raise InvalidInput([Fault("/company_name", "is not the company's name")])
    await _refuse_while_held(store)
    request = await store.deletion_requests.create(
        DeletionRequestFields(reason=reason, is_handed_over=records_are_handed_over)
    )
    subject = await _subject(store, request.id)
    return Asked(request, await ask(store, principal, DELETION, subject, reason))


async def get_request(store: Store, request_id: UUID) -> DeletionRequest:
    """Raises RowNotFound."""
    return await store.deletion_requests.get(request_id)


async def list_requests(store: Store, *, limit: int, after: UUID | None) -> Page[DeletionRequest]:
    """Requests, newest first."""
    return await store.deletion_requests.list(NoFilter(), limit=limit, after=after)


async def _refuse_while_held(store: Store) -> None:
    await store.wait_for_lock(RETENTION_LOCK)
    holds = await store.legal_holds.all(LegalHoldFilter(is_standing=True))
    if holds:
        raise LegalHoldsKeepIt([each.id for each in holds])


async def _subject(store: Store, request_id: UUID) -> Subject:
    request = await store.deletion_requests.lock(request_id)
    return Subject(request.id, request.version)


async def _close(store: Store, approval: Approval) -> None:
    await _refuse_while_held(store)
    await store.close_company(approval.entity_id)


DELETION = Step(
    kind=ApprovalKind.COMPANY_DELETION,
    title="Delete the company for good",
    entity=ENTITY,
    asking_scope=Scope.COMPANY_MANAGE,
    deciding_scope=Scope.COMPANY_MANAGE,
    default=Threshold(ThresholdRule.ALWAYS),
    is_fixed=True,
    subject=_subject,
    apply=_close,
)
