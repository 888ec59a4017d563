"""The moves of a corrective action."""

from collections.abc import Mapping, Sequence

from services.refusals import IllegalTransition
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


def require_step(state: ActionStatus, kind: ActionStepKind) -> None:
    """Raises IllegalTransition, which names the legal moves."""
    if state not in ALLOWED_IN[kind]:
        legal = [str(each) for each in LEGAL_MOVES[state]]
        raise IllegalTransition("corrective action", state, MOVE_OF.get(kind, kind), legal)
