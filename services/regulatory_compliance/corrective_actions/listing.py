"""Lists of corrective actions by where they are on a day, which their steps say."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.company_calendar import company_today
from services.regulatory_compliance.corrective_actions.lifecycle import ActionState, state_on
from storage.errors import RowNotFound
from storage.filters import ActionProgressFilter, ByActions, CorrectiveActionFilter
from storage.interface import Store
from storage.tables.corrective_actions import (
    ActionProgress,
    ActionStep,
    CorrectiveAction,
)
from storage.vocabulary.audits import ActionStatus


@dataclass(frozen=True)
class ListedAction:
    """An action, its row of progress as it is now, and where it was on the day asked for."""

    action: CorrectiveAction
    progress: ActionProgress
    state: ActionState


@dataclass(frozen=True, kw_only=True)
class StateConditions:
    """Conditions on where actions are on a day (None: today)."""

    on: dt.date | None = None
    status: ActionStatus | None = None
    assignee_id: UUID | None = None
    is_overdue: bool | None = None

    def hold_for(self, state: ActionState) -> bool:
        return (
            (self.status is None or state.status is self.status)
            and (self.assignee_id is None or state.assignee_id == self.assignee_id)
            and (self.is_overdue is None or state.is_overdue == self.is_overdue)
        )


async def list_actions(
    store: Store,
    conditions: CorrectiveActionFilter,
    states: StateConditions,
    *,
    limit: int,
    after: UUID | None,
) -> tuple[list[ListedAction], UUID | None]:
    """Actions, those planned first first, and the id to go on after.

    States are derived for all of the actions: hundreds, in a constant number of statements.
    """
    actions = await store.corrective_actions.all(conditions)
    found = await actions_on(store, actions, states.on or await company_today(store))
    chosen = [each for each in found if states.hold_for(each.state)]
    rest = [each for each in chosen if after is None or each.action.id > after]
    shown = rest[:limit]
    return shown, shown[-1].action.id if len(rest) > limit else None


async def get_action(store: Store, action_id: UUID, on: dt.date | None = None) -> ListedAction:
    """Raises RowNotFound, also where it was not planned yet on that day."""
    action = await store.corrective_actions.get(action_id)
    found = await actions_on(store, [action], on or await company_today(store))
    if not found:
        raise RowNotFound("corrective_actions")
    return found[0]


async def steps_of(store: Store, action_id: UUID) -> list[ActionStep]:
    """Every step, oldest first. Raises RowNotFound."""
    await store.corrective_actions.get(action_id)
    found = await store.action_steps.all(ByActions(action_ids=[action_id]))
    return sorted(found, key=lambda each: each.number)


async def actions_on(
    store: Store, actions: Sequence[CorrectiveAction], day: dt.date
) -> list[ListedAction]:
    """Those of the actions that were planned by that day, with where they were."""
    ids = [each.id for each in actions]
    if not ids:
        return []
    found = await store.action_progress.all(ActionProgressFilter(action_ids=ids))
    progress = {each.action_id: each for each in found}
    steps: dict[UUID, list[ActionStep]] = {each: [] for each in ids}
    for step in await store.action_steps.all(ByActions(action_ids=ids)):
        steps[step.action_id].append(step)
    listed = []
    for action in actions:
        state = state_on(steps[action.id], day)
        if state is not None:
            listed.append(ListedAction(action, progress[action.id], state))
    return listed
