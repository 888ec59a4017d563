"""What a person is to do about findings: they see it, begin it and say when it is done, whatever
their role lets them do beside it. To have been given an action is all that it takes."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.identity.authentication import Principal
from services.regulatory_compliance.corrective_actions.listing import (
    ActionConditions,
    ListedAction,
    get_action,
    list_actions,
    steps_of,
)
from services.regulatory_compliance.corrective_actions.steps import ENTITY, TrackedAction
from services.regulatory_compliance.corrective_actions.working import (
    ActionRemark,
    complete_action,
    note_on_action,
    start_action,
)
from storage.errors import RowNotFound
from storage.filters import ActionProgressFilter
from storage.interface import Store
from storage.tables.audits import AuditFinding
from storage.tables.corrective_actions import ActionStep
from storage.vocabulary.audits import ActionStatus


@dataclass(frozen=True)
class OwnAction:
    """An action that somebody was given, and the finding that it is about."""

    listed: ListedAction
    finding: AuditFinding


async def own_actions(
    store: Store,
    principal: Principal,
    status: ActionStatus | None,
    *,
    limit: int,
    after: UUID | None,
) -> tuple[list[OwnAction], UUID | None]:
    """What the principal is to do now, or has done, in the order in which it was planned, and the
    id to go on after. Raises PersonNeeded."""
    principal.require_session()
    conditions = ActionConditions(status=status, assignee_id=principal.id)
    found, next_after = await list_actions(store, conditions, limit=limit, after=after)
    return await _with_findings(store, found), next_after


async def own_action(store: Store, principal: Principal, action_id: UUID) -> OwnAction:
    """Raises PersonNeeded, RowNotFound unless they have it now."""
    await _require_theirs(store, principal, action_id)
    (found,) = await _with_findings(store, [await get_action(store, action_id)])
    return found


async def own_steps(store: Store, principal: Principal, action_id: UUID) -> list[ActionStep]:
    """How it came where it is, oldest first. Raises PersonNeeded, RowNotFound."""
    await _require_theirs(store, principal, action_id)
    return await steps_of(store, action_id)


async def start_own_action(
    store: Store, principal: Principal, action_id: UUID, *, expected_version: int
) -> TrackedAction:
    """Raises PersonNeeded, RowNotFound, VersionConflict, IllegalTransition."""
    await _require_theirs(store, principal, action_id)
    return await start_action(store, action_id, expected_version=expected_version)


async def note_on_own_action(
    store: Store,
    principal: Principal,
    action_id: UUID,
    said: ActionRemark,
    *,
    expected_version: int,
) -> TrackedAction:
    """Raises PersonNeeded, RowNotFound, VersionConflict, IllegalTransition, InvalidInput."""
    await _require_theirs(store, principal, action_id)
    return await note_on_action(store, action_id, said, expected_version=expected_version)


async def complete_own_action(
    store: Store,
    principal: Principal,
    action_id: UUID,
    done: ActionRemark,
    *,
    expected_version: int,
) -> TrackedAction:
    """Raises PersonNeeded, RowNotFound, VersionConflict, IllegalTransition, InvalidInput."""
    await _require_theirs(store, principal, action_id)
    return await complete_action(store, action_id, done, expected_version=expected_version)


async def _require_theirs(store: Store, principal: Principal, action_id: UUID) -> None:
    """Holds the action, so that nobody gives it to somebody else meanwhile. Raises PersonNeeded,
    RowNotFound, the same for an action that is not there and for one that is not theirs."""
    principal.require_session()
    found = await store.action_progress.lock_all(ActionProgressFilter(action_id=action_id))
    if not any(each.assignee_id == principal.id for each in found):
        raise RowNotFound(ENTITY)


async def _with_findings(store: Store, found: Sequence[ListedAction]) -> list[OwnAction]:
    ids = sorted({each.action.finding_id for each in found})
    findings = {each.id: each for each in await store.audit_findings.get_many(ids)}
    return [OwnAction(each, findings[each.action.finding_id]) for each in found]
