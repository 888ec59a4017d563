"""Lists of corrective actions by where they are on a day, which their steps say."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from services.company_calendar import company_today
from storage.errors import RowNotFound
from storage.filters import ActionProgressFilter, ByActions
from storage.interface import Store
from storage.standings import ActionFound, ActionQuestion
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
    state: ActionFound


@dataclass(frozen=True, kw_only=True)
class ActionConditions:
    """Conditions on actions, and on where they are at the end of a day (None: today)."""

    audit_id: UUID | None = None
    finding_id: UUID | None = None
    on: dt.date | None = None
    status: ActionStatus | None = None
    assignee_id: UUID | None = None
    is_overdue: bool | None = None


async def list_actions(
    store: Store, conditions: ActionConditions, *, limit: int, after: UUID | None
) -> tuple[list[ListedAction], UUID | None]:
    """Actions, those planned first first, and the id to go on after; in a constant number of
    statements."""
    found = await actions_on(
        store,
        ActionQuestion(
            on=conditions.on or await company_today(store),
            known_at=store.now,
            audit_id=conditions.audit_id,
            finding_id=conditions.finding_id,
            status=conditions.status,
            assignee_id=conditions.assignee_id,
            is_overdue=conditions.is_overdue,
            after=after,
            limit=limit + 1,
        ),
    )
    shown = found[:limit]
    return shown, shown[-1].action.id if len(found) > limit else None


async def get_action(store: Store, action_id: UUID, on: dt.date | None = None) -> ListedAction:
    """Raises RowNotFound, also where it was not planned yet on that day."""
    day = on or await company_today(store)
    found = await actions_on(
        store, ActionQuestion(on=day, known_at=store.now, action_ids=[action_id])
    )
    if not found:
        raise RowNotFound("corrective_actions")
    return found[0]


async def steps_of(store: Store, action_id: UUID) -> list[ActionStep]:
    """Every step, oldest first. Raises RowNotFound."""
    await store.corrective_actions.get(action_id)
    found = await store.action_steps.all(ByActions(action_ids=[action_id]))
    return sorted(found, key=lambda each: each.number)


async def actions_on(store: Store, question: ActionQuestion) -> list[ListedAction]:
    """The actions that are asked for, with where they were, those planned first first."""
    found = await store.action_figures.found(question)
    ids = [each.action_id for each in found]
    progress = await store.action_progress.all(ActionProgressFilter(action_ids=ids))
    progress_of = {each.action_id: each for each in progress}
    return [
        ListedAction(action, progress_of[action.id], state)
        for action, state in zip(await store.corrective_actions.get_many(ids), found, strict=True)
    ]
