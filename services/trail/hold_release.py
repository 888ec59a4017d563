"""Releasing a legal hold: by a second administrator, as soon as there is one who could decide."""

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from services.approvals.asking import Asked, ask
from services.approvals.involvement import worked
from services.approvals.steps import Step, Subject, Threshold
from services.approvals.thresholds import second_person_needed
from services.identity.authentication import Principal
from services.identity.scopes import Scope
from services.refusals import Refusal
from storage.errors import VersionConflict
from storage.interface import Store
from storage.tables.approvals import Approval
from storage.tables.identity import LegalHold
from storage.vocabulary.approvals import ApprovalKind, ThresholdRule

ENTITY = "legal_holds"


@dataclass
class HoldAlreadyReleased(Refusal):
    """A hold is released once."""

    title: ClassVar[str] = "The hold was released before"
    released_at: dt.datetime


async def release_hold(
    store: Store, principal: Principal, hold_id: UUID, *, reason: str, expected_version: int
) -> LegalHold | Asked[LegalHold]:
    """Let retention go on; where another administrator could decide about it, they are asked.

    Raises RowNotFound, VersionConflict, HoldAlreadyReleased, PersonNeeded, AlreadyAsked,
    DecidedBefore.
    """
    hold = await store.legal_holds.lock(hold_id)
    if hold.version != expected_version:
        raise VersionConflict(ENTITY)
    if hold.released_at is not None:
        raise HoldAlreadyReleased(hold.released_at)
    if await second_person_needed(store, RELEASE, amount_cents=None):
        subject = await _subject(store, hold_id)
        return Asked(hold, await ask(store, principal, RELEASE, subject, reason))
    await worked(store, ENTITY, hold_id)
    return await _released(store, hold, reason)


async def _released(store: Store, hold: LegalHold, reason: str) -> LegalHold:
    changes = {"released_at": store.now, "release_reason": reason}
    return await store.legal_holds.update(hold.id, changes, expected_version=hold.version)


async def _subject(store: Store, hold_id: UUID) -> Subject:
    hold = await store.legal_holds.lock(hold_id)
    return Subject(hold.id, hold.version)


async def _release(store: Store, approval: Approval) -> None:
    await _released(store, await store.legal_holds.get(approval.entity_id), approval.reason)


RELEASE = Step(
    kind=ApprovalKind.LEGAL_HOLD_RELEASE,
    title="Release a legal hold, so that retention goes on",
    entity=ENTITY,
    asking_scope=Scope.COMPANY_MANAGE,
    deciding_scope=Scope.COMPANY_MANAGE,
    default=Threshold(ThresholdRule.WHEN_POSSIBLE),
    subject=_subject,
    apply=_release,
)
