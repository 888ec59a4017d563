"""Posting an exception as received although it does not add up: one asks, another approves."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from services.approvals.asking import ask
from services.approvals.deciding import DecisionTooLate, Ruling, decide_about
from services.approvals.steps import Step, Subject, Threshold
from services.claims.exceptions.exceptions import ENTITY, held_for, illegal_move, post_exception
from services.identity.authentication import Principal
from services.identity.scopes import Scope
from services.refusals import Refusal
from storage.errors import VersionConflict
from storage.interface import Store
from storage.tables.approvals import Approval
from storage.tables.remittances import RemittanceException
from storage.vocabulary.approvals import ApprovalKind, ApprovalStatus, ThresholdRule, Verdict
from storage.vocabulary.claims import ExceptionKind, ExceptionStatus

RELEASABLE = frozenset({ExceptionKind.UNBALANCED, ExceptionKind.EXCEEDS_CLAIM_CHARGE})


@dataclass
class NotReleasable(Refusal):
    """Only what is unbalanced or exceeds the charge can be released as received."""

    title: ClassVar[str] = "This kind of exception cannot be released"
    kind: ExceptionKind


async def request_release(
    store: Store,
    principal: Principal,
    exception_id: UUID,
    reason: str,
    *,
    expected_version: int,
) -> RemittanceException:
    """Ask that it be posted as received, although it does not balance; a second person decides.

    Raises PersonNeeded, NotReleasable, IllegalTransition, VersionConflict, DecidedBefore.
    """
    principal.require_session()
    exception = await held_for(store, exception_id, ExceptionStatus.RELEASE_REQUESTED)
    if exception.kind not in RELEASABLE:
        raise NotReleasable(exception.kind)
    asked = await store.remittance_exceptions.update(
        exception_id,
        {
            "status": ExceptionStatus.RELEASE_REQUESTED,
            "release_reason": reason,
            "release_requested_by": principal.id,
        },
        expected_version=expected_version,
    )
    await ask(store, principal, RELEASE, await subject_of(store, exception_id), reason)
    return asked


async def approve_release(
    store: Store, principal: Principal, exception_id: UUID, *, expected_version: int
) -> RemittanceException | DecisionTooLate:
    """Post it as received. Only somebody who neither asked for it nor worked on it can.

    Raises PersonNeeded, SecondPersonNeeded, IllegalTransition, VersionConflict, StillBlocked.
    """
    return await _decided(
        store, principal, exception_id, Ruling(Verdict.APPROVE, None), expected_version
    )


async def refuse_release(
    store: Store, principal: Principal, exception_id: UUID, reason: str, *, expected_version: int
) -> RemittanceException | DecisionTooLate:
    """Do not post it as received; it is open again.

    Raises PersonNeeded, SecondPersonNeeded, IllegalTransition, VersionConflict.
    """
    return await _decided(
        store, principal, exception_id, Ruling(Verdict.REFUSE, reason), expected_version
    )


async def subject_of(store: Store, exception_id: UUID) -> Subject:
    """The exception, held, and who brought it. Raises RowNotFound."""
    exception = await store.remittance_exceptions.lock(exception_id)
    transaction = await store.remittance_transactions.get(exception.transaction_id)
    remittance = await store.remittances.get(transaction.remittance_id)
    return Subject(
        exception.id, exception.version, exception.paid_cents, frozenset({remittance.created_by})
    )


async def _decided(
    store: Store,
    principal: Principal,
    exception_id: UUID,
    ruling: Ruling,
    expected_version: int,
) -> RemittanceException | DecisionTooLate:
    principal.require_session()
    exception = await store.remittance_exceptions.lock(exception_id)
    wanted = ExceptionStatus.POSTED if ruling.verdict is Verdict.APPROVE else ExceptionStatus.OPEN
    if exception.status is not ExceptionStatus.RELEASE_REQUESTED:
        raise illegal_move(exception, wanted)
    if exception.version != expected_version:
        raise VersionConflict(ENTITY)
    decided = await decide_about(store, principal, RELEASE, exception_id, ruling)
    if decided is None:  # asked for before requests were kept: it has to be asked for again
        await _reopen(store, exception_id, "The request for its release was not on record.")
        return DecisionTooLate(ApprovalStatus.VOID, [])
    if isinstance(decided, DecisionTooLate):
        return decided
    return await store.remittance_exceptions.get(exception_id)


async def _release(store: Store, approval: Approval) -> None:
    exception = await store.remittance_exceptions.get(approval.entity_id)
    released = await store.remittance_exceptions.update(
        exception.id,
        {"is_released": True, "release_approved_by": store.actor.principal_id},
        expected_version=exception.version,
    )
    await post_exception(store, released)


async def _put_back(store: Store, approval: Approval, why: str) -> None:
    await _reopen(store, approval.entity_id, why)


async def _reopen(store: Store, exception_id: UUID, why: str) -> None:
    exception = await store.remittance_exceptions.get(exception_id)
    if exception.status is not ExceptionStatus.RELEASE_REQUESTED:
        return
    await store.remittance_exceptions.update(
        exception.id,
        {
            "status": ExceptionStatus.OPEN,
            "release_requested_by": None,
            "release_reason": None,
            "resolution_note": why,
        },
        expected_version=exception.version,
    )


RELEASE = Step(
    kind=ApprovalKind.REMITTANCE_RELEASE,
    title="Post a claim of a remittance as received although it does not add up",
    entity=ENTITY,
    asking_scope=Scope.REMITTANCES_POST,
    deciding_scope=Scope.REMITTANCES_RELEASE,
    default=Threshold(ThresholdRule.ALWAYS),
    is_fixed=True,
    subject=subject_of,
    apply=_release,
    put_back=_put_back,
)
