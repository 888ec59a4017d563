"""Verifying corrective actions, and checking their effect later: by people who had no hand in
them, signed in and with a fresh proof of who they are."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.identity.authentication import Principal
from services.inputs import Input, LongText
from services.regulatory_compliance.corrective_actions.hands import take_verifiers_seat
from services.regulatory_compliance.corrective_actions.lifecycle import require_step
from services.regulatory_compliance.corrective_actions.steps import (
    Remark,
    TrackedAction,
    held,
    taken,
)
from services.regulatory_compliance.evidence import Day
from storage.interface import Store
from storage.vocabulary.audits import ActionStatus, ActionStepKind, HandRole

Effect = Literal[ActionStatus.EFFECTIVE, ActionStatus.NOT_EFFECTIVE]

_KIND_OF: dict[ActionStatus, ActionStepKind] = {
    ActionStatus.EFFECTIVE: ActionStepKind.FOUND_EFFECTIVE,
    ActionStatus.NOT_EFFECTIVE: ActionStepKind.FOUND_NOT_EFFECTIVE,
}


class Verification(Input):
    """What one has seen that shows it done, and when its effect is to be checked."""

    note: LongText
    evidence_id: UUID | None = None
    check_due_on: Day


class ActionReturn(Input):
    """Why it is not done."""

    note: LongText


class EffectCheck(Input):
    """Whether what was done has mended what was found, and what one has seen that shows it."""

    effect: Annotated[Effect, Field(examples=[ActionStatus.EFFECTIVE])]
    note: LongText
    evidence_id: UUID | None = None


async def verify_action(
    store: Store,
    principal: Principal,
    action_id: UUID,
    seen: Verification,
    *,
    expected_version: int,
) -> TrackedAction:
    """Say that what was completed is done.

    Raises RowNotFound, PersonNeeded, ReauthenticationNeeded, VersionConflict, IllegalTransition,
    SecondPersonNeeded, InvalidInput.
    """
    changes: dict[str, object] = {
        "verified_at": store.now,
        "verified_by": principal.id,
        "check_due_on": seen.check_due_on,
    }
    remark = Remark(seen.note, seen.evidence_id)
    kind = ActionStepKind.VERIFIED
    return await _judged(store, principal, action_id, kind, changes, remark, expected_version)


async def return_action(
    store: Store, principal: Principal, action_id: UUID, why: str, *, expected_version: int
) -> TrackedAction:
    """Give back what is not done.

    Raises RowNotFound, PersonNeeded, ReauthenticationNeeded, VersionConflict, IllegalTransition,
    SecondPersonNeeded.
    """
    changes: dict[str, object] = {"completed_at": None}
    kind = ActionStepKind.RETURNED
    return await _judged(store, principal, action_id, kind, changes, Remark(why), expected_version)


async def check_effect(
    store: Store,
    principal: Principal,
    action_id: UUID,
    seen: EffectCheck,
    *,
    expected_version: int,
) -> TrackedAction:
    """Say whether what was done has had its effect.

    Raises RowNotFound, PersonNeeded, ReauthenticationNeeded, VersionConflict, IllegalTransition,
    SecondPersonNeeded, InvalidInput.
    """
    changes: dict[str, object] = {"checked_at": store.now, "checked_by": principal.id}
    remark = Remark(seen.note, seen.evidence_id)
    kind = _KIND_OF[seen.effect]
    return await _judged(store, principal, action_id, kind, changes, remark, expected_version)


async def _judged(
    store: Store,
    principal: Principal,
    action_id: UUID,
    kind: ActionStepKind,
    changes: dict[str, object],
    remark: Remark,
    expected_version: int,
) -> TrackedAction:
    principal.require_session()
    principal.require_recent_proof(store.now)
    progress = await held(store, action_id, expected_version)
    require_step(progress.status, kind)
    await take_verifiers_seat(store, progress, principal.id)
    role = HandRole.VERIFIER
    return await taken(store, progress, kind, changes, remark, principal.id, role)
