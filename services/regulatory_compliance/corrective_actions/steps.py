"""Taking a step with a corrective action: what changes, and the row that says who did it."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from services.company_calendar import company_today
from services.refusals import Fault, InvalidInput
from services.regulatory_compliance.corrective_actions.hands import involve
from services.regulatory_compliance.corrective_actions.lifecycle import MOVE_OF, require_step
from storage.errors import RowNotFound, VersionConflict
from storage.filters import ActionProgressFilter
from storage.interface import Store
from storage.tables.corrective_actions import (
    ActionProgress,
    ActionStepFields,
    CorrectiveAction,
)
from storage.vocabulary.audits import ActionStepKind, HandRole

ENTITY = "corrective_actions"


@dataclass(frozen=True)
class Remark:
    """What somebody says of their step, and what shows it."""

    note: str | None = None
    evidence_id: UUID | None = None

    NOTHING: ClassVar["Remark"]


Remark.NOTHING = Remark()


@dataclass(frozen=True)
class TrackedAction:
    """A corrective action and where it is."""

    action: CorrectiveAction
    progress: ActionProgress


async def held(store: Store, action_id: UUID, expected_version: int) -> ActionProgress:
    """Where an action is, held until the transaction ends. Raises RowNotFound, VersionConflict."""
    found = await store.action_progress.lock_all(ActionProgressFilter(action_id=action_id))
    if not found:
        raise RowNotFound(ENTITY)
    if found[0].version != expected_version:
        raise VersionConflict(ENTITY)
    return found[0]


async def work_on(
    store: Store,
    progress: ActionProgress,
    kind: ActionStepKind,
    changes: dict[str, object],
    remark: Remark = Remark.NOTHING,
) -> TrackedAction:
    """Take a step that is work on the action: who acts has a hand in it from then on.

    Raises IllegalTransition, DecidedBefore, InvalidInput.
    """
    require_step(progress.status, kind)
    people = await involve(store, progress.action_id, {store.actor.principal_id})
    person_id = min(people, default=None)
    return await taken(store, progress, kind, changes, remark, person_id, HandRole.INVOLVED)


async def taken(
    store: Store,
    progress: ActionProgress,
    kind: ActionStepKind,
    changes: dict[str, object],
    remark: Remark,
    person_id: UUID | None,
    role: HandRole,
) -> TrackedAction:
    """Change where the action is, and append the step."""
    await _check_evidence(store, remark)
    moved = {"status": MOVE_OF[kind]} if kind in MOVE_OF else {}
    progress = await store.action_progress.update(
        progress.id,
        {**moved, **changes, "step_count": progress.step_count + 1},
        expected_version=progress.version,
    )
    await record(store, progress, kind, remark, person_id, role)
    return TrackedAction(await store.corrective_actions.get(progress.action_id), progress)


async def record(
    store: Store,
    progress: ActionProgress,
    kind: ActionStepKind,
    remark: Remark,
    person_id: UUID | None,
    role: HandRole,
) -> None:
    """Append the step that has brought the action where it is."""
    await store.action_steps.create(
        ActionStepFields(
            action_id=progress.action_id,
            number=progress.step_count,
            kind=kind,
            status=progress.status,
            person_id=person_id,
            role=role,
            assignee_id=progress.assignee_id,
            due_on=progress.due_on,
            taken_on=await company_today(store),
            note=remark.note,
            evidence_id=remark.evidence_id,
        )
    )


async def _check_evidence(store: Store, remark: Remark) -> None:
    if remark.evidence_id is None:
        return
    if not await store.compliance_evidence.get_many([remark.evidence_id]):
        raise InvalidInput([Fault("/evidence_id", "names nothing that exists")])
