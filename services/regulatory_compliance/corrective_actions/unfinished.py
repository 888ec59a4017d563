"""Which actions keep a finding from being closed."""

from uuid import UUID

from storage.filters import ActionProgressFilter, CorrectiveActionFilter
from storage.interface import Store
from storage.tables.corrective_actions import CorrectiveAction
from storage.vocabulary.audits import ActionStatus


async def unfinished_actions(store: Store, finding_id: UUID) -> list[CorrectiveAction]:
    """The finding's actions that nobody has found effective, but for those that others were taken
    instead of."""
    actions = await store.corrective_actions.all(CorrectiveActionFilter(finding_id=finding_id))
    if not actions:
        return []
    found = await store.action_progress.all(
        ActionProgressFilter(action_ids=[each.id for each in actions])
    )
    effective = {each.action_id for each in found if each.status is ActionStatus.EFFECTIVE}
    replaced = {each.follows_id for each in actions}
    return [each for each in actions if each.id not in effective | replaced]
