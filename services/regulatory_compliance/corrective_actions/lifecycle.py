"""The moves of a corrective action, and what its steps say of any day."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.refusals import IllegalTransition
from storage.tables.corrective_actions import ActionStep
from storage.vocabulary.audits import ActionStatus, ActionStepKind

LEGAL_MOVES: Mapping[ActionStatus, Sequence[ActionStatus]] = {
    ActionStatus.PLANNED: (ActionStatus.IN_PROGRESS,),
    ActionStatus.IN_PROGRESS: (ActionStatus.COMPLETED,),
    ActionStatus.COMPLETED: (ActionStatus.VERIFIED, ActionStatus.IN_PROGRESS),
    ActionStatus.VERIFIED: (ActionStatus.EFFECTIVE, ActionStatus.NOT_EFFECTIVE),
    ActionStatus.EFFECTIVE: (),
    ActionStatus.NOT_EFFECTIVE: (ActionStatus.IN_PROGRESS,),
}
"""A verifier gives back what is not done; what had no effect is taken up again, or another action
is taken instead."""

UNDONE = frozenset({ActionStatus.PLANNED, ActionStatus.IN_PROGRESS})
"""States in which an action has an assignee who is expected to do something, and can be overdue."""

MOVE_OF: Mapping[ActionStepKind, ActionStatus] = {
    ActionStepKind.PLANNED: ActionStatus.PLANNED,
    ActionStepKind.STARTED: ActionStatus.IN_PROGRESS,
    ActionStepKind.COMPLETED: ActionStatus.COMPLETED,
    ActionStepKind.RETURNED: ActionStatus.IN_PROGRESS,
    ActionStepKind.REOPENED: ActionStatus.IN_PROGRESS,
    ActionStepKind.VERIFIED: ActionStatus.VERIFIED,
    ActionStepKind.FOUND_EFFECTIVE: ActionStatus.EFFECTIVE,
    ActionStepKind.FOUND_NOT_EFFECTIVE: ActionStatus.NOT_EFFECTIVE,
}
"""Where a step leads; the others lead nowhere."""

ALLOWED_IN: Mapping[ActionStepKind, frozenset[ActionStatus]] = {
    ActionStepKind.ASSIGNED: UNDONE,
    ActionStepKind.RESCHEDULED: UNDONE,
    ActionStepKind.ESCALATED: UNDONE,
    ActionStepKind.NOTED: UNDONE | {ActionStatus.COMPLETED},
    ActionStepKind.STARTED: frozenset({ActionStatus.PLANNED}),
    ActionStepKind.COMPLETED: frozenset({ActionStatus.IN_PROGRESS}),
    ActionStepKind.RETURNED: frozenset({ActionStatus.COMPLETED}),
    ActionStepKind.REOPENED: frozenset({ActionStatus.NOT_EFFECTIVE}),
    ActionStepKind.VERIFIED: frozenset({ActionStatus.COMPLETED}),
    ActionStepKind.FOUND_EFFECTIVE: frozenset({ActionStatus.VERIFIED}),
    ActionStepKind.FOUND_NOT_EFFECTIVE: frozenset({ActionStatus.VERIFIED}),
}
"""The states in which each step can be taken."""


@dataclass(frozen=True)
class ActionState:
    """Where an action was at the end of a day."""

    status: ActionStatus
    assignee_id: UUID
    due_on: dt.date
    is_overdue: bool


def require_step(state: ActionStatus, kind: ActionStepKind) -> None:
    """Raises IllegalTransition, which names the legal moves."""
    if state not in ALLOWED_IN[kind]:
        legal = [str(each) for each in LEGAL_MOVES[state]]
        raise IllegalTransition("corrective action", state, MOVE_OF.get(kind, kind), legal)


def state_on(steps: Iterable[ActionStep], day: dt.date) -> ActionState | None:
    """Where an action was at the end of a day, by its steps; None before it was planned.

    It is overdue from the day after it was due until it is completed.
    """
    taken = [each for each in steps if each.taken_on <= day]
    if not taken:
        return None
    last = max(taken, key=lambda each: each.number)
    is_overdue = last.status in UNDONE and last.due_on < day
    return ActionState(last.status, last.assignee_id, last.due_on, is_overdue)
