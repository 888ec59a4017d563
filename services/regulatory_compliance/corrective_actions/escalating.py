"""Escalating corrective actions to a named person: once for each day that they were due on."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from services.company_calendar import company_today
from services.inputs import Input, Reason
from services.notifications.telling import notify_about
from services.outbox.events import publish_many
from services.refusals import Fault, InvalidInput, Refusal
from services.regulatory_compliance.corrective_actions.lifecycle import UNDONE
from services.regulatory_compliance.corrective_actions.steps import (
    ENTITY,
    Remark,
    TrackedAction,
    held,
    work_on,
)
from storage.filters import ActionProgressFilter
from storage.interface import Store
from storage.tables.corrective_actions import ActionProgress, ActionStepFields
from storage.vocabulary.audits import ActionStepKind, HandRole
from storage.vocabulary.notifications import NotificationKind
from storage.vocabulary.outbox import EventType

BY_ITSELF = "It is overdue."


class ActionEscalation(Input):
    """Whom to tell, if not the person named before, and why."""

    escalation_person_id: UUID | None = None
    reason: Reason


@dataclass
class EscalatedAlready(Refusal):
    """Somebody was told of it, for the day that it is due on."""

    title: ClassVar[str] = "The action was escalated already"
    escalation_person_id: UUID


async def escalate_action(
    store: Store, action_id: UUID, new: ActionEscalation, *, expected_version: int
) -> TrackedAction:
    """Tell the named person that an action needs them.

    Raises RowNotFound, VersionConflict, IllegalTransition, DecidedBefore, InvalidInput,
    EscalatedAlready.
    """
    progress = await held(store, action_id, expected_version)
    to = new.escalation_person_id or progress.escalation_person_id
    if to is None:
        raise InvalidInput([Fault("/escalation_person_id", "nobody was named before")])
    people = await store.people.get_many([to])
    if not people or people[0].disabled_at is not None:
        raise InvalidInput([Fault("/escalation_person_id", "names nobody who is enabled")])
    if progress.escalated_due_on == progress.due_on:
        raise EscalatedAlready(progress.escalation_person_id or to)
    changes: dict[str, object] = {
        "escalation_person_id": to,
        "escalated_due_on": progress.due_on,
    }
    kind, remark = ActionStepKind.ESCALATED, Remark(new.reason)
    tracked = await work_on(store, progress, kind, changes, remark)
    await _tell(store, {action_id: to})
    return tracked


async def escalate_overdue(store: Store) -> int:
    """Tell the named people of their overdue actions, of each once; returns of how many."""
    today = await company_today(store)
    undone = ActionProgressFilter(statuses=sorted(UNDONE))
    late = [
        each.action_id
        for each in await store.action_progress.all(undone)
        if _is_to_escalate(each) and each.due_on < today
    ]
    if not late:
        return 0
    rows = [
        each
        for each in await store.action_progress.lock_all(
            ActionProgressFilter(action_ids=late, statuses=sorted(UNDONE))
        )
        if _is_to_escalate(each) and each.due_on < today
    ]
    await store.action_progress.update_many(
        {each.id: each.version for each in rows},
        {
            "escalated_due_on": [each.due_on for each in rows],
            "step_count": [each.step_count + 1 for each in rows],
        },
    )
    await store.action_steps.create_many(
        [
            ActionStepFields(
                action_id=each.action_id,
                number=each.step_count + 1,
                kind=ActionStepKind.ESCALATED,
                status=each.status,
                role=HandRole.INVOLVED,
                assignee_id=each.assignee_id,
                due_on=each.due_on,
                taken_on=today,
                note=BY_ITSELF,
            )
            for each in rows
        ]
    )
    told = {each.action_id: each.escalation_person_id for each in rows}
    await _tell(store, {action: to for action, to in told.items() if to is not None})
    return len(rows)


def _is_to_escalate(progress: ActionProgress) -> bool:
    return (
        progress.escalation_person_id is not None and progress.escalated_due_on != progress.due_on
    )


async def _tell(store: Store, told: dict[UUID, UUID]) -> None:
    await notify_about(
        store,
        NotificationKind.CORRECTIVE_ACTION_ESCALATED,
        ENTITY,
        {action_id: {person_id} for action_id, person_id in told.items()},
    )
    await publish_many(store, EventType.CORRECTIVE_ACTION_ESCALATED, ENTITY, told)
