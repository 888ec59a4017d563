"""Reminding of corrective actions that come due, and of effects that somebody has to check."""

from services.company_calendar import company_today
from services.notifications.reminders import Due, Reminding, remind
from services.regulatory_compliance.corrective_actions.lifecycle import UNDONE
from services.regulatory_compliance.corrective_actions.steps import ENTITY
from storage.filters import ActionProgressFilter
from storage.interface import Store
from storage.vocabulary.audits import ActionStatus
from storage.vocabulary.notifications import NotificationKind, ReminderSubject

_ACTIONS = Reminding(
    ReminderSubject.CORRECTIVE_ACTION,
    NotificationKind.CORRECTIVE_ACTION_DUE,
    ENTITY,
    leads=(7, 1, -1),
)
_EFFECTS = Reminding(
    ReminderSubject.CORRECTIVE_ACTION_EFFECT,
    NotificationKind.CORRECTIVE_ACTION_DUE,
    ENTITY,
    leads=(7, -1),
)


async def remind_of_actions(store: Store) -> int:
    """Remind assignees a week and a day before an action is due and the day after, and verifiers a
    week before its effect is to be checked and the day after; returns of how many."""
    today = await company_today(store)
    statuses = sorted({*UNDONE, ActionStatus.VERIFIED})
    rows = await store.action_progress.all(ActionProgressFilter(statuses=statuses))
    undone = [
        Due(each.action_id, each.due_on, frozenset({each.assignee_id}))
        for each in rows
        if each.status in UNDONE
    ]
    unchecked = [
        Due(each.action_id, each.check_due_on, frozenset({each.verified_by}))
        for each in rows
        if each.check_due_on is not None and each.verified_by is not None
    ]
    return await remind(store, _ACTIONS, undone, today=today) + await remind(
        store, _EFFECTS, unchecked, today=today
    )
