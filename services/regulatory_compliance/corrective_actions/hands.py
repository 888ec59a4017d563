"""Who had a hand in a corrective action, and so cannot verify it; and the other way round.

The keys of ``action_participants`` hold this, whoever writes and however they race; what is here
says it in time, and finds the people behind API keys.
"""

from collections.abc import Collection
from uuid import UUID

from services.approvals.involvement import DecidedBefore, SecondPersonNeeded, people_behind
from storage.errors import DuplicateValue
from storage.filters import AuditFilter, ByActions
from storage.interface import Store
from storage.tables.corrective_actions import ActionParticipantFields, ActionProgress
from storage.vocabulary.audits import HandRole


async def involve(store: Store, action_id: UUID, principals: Collection[UUID]) -> set[UUID]:
    """Note that these have a hand in the action: people, or those behind a key; returns the people.

    Raises DecidedBefore where one of them has verified it.
    """
    people = await people_behind(store, principals)
    roles = await roles_of(store, action_id)
    if any(roles.get(each) is HandRole.VERIFIER for each in people):
        raise DecidedBefore
    await _note(store, action_id, people - roles.keys(), HandRole.INVOLVED)
    return people


async def take_verifiers_seat(store: Store, progress: ActionProgress, person_id: UUID) -> None:
    """Make a person one who verifies the action, unless they ever created it, were assigned to it
    or changed it: by what was noted, and by the trail, which the changing statements write.

    Raises SecondPersonNeeded.
    """
    roles = await roles_of(store, progress.action_id)
    role = roles.get(person_id)
    if role is HandRole.VERIFIER:
        return
    trail = await store.audit_log.all(AuditFilter(entity="action_progress", entity_id=progress.id))
    hands = {progress.created_by, progress.assignee_id, *(each.recorded_by for each in trail)}
    if role is HandRole.INVOLVED or person_id in await people_behind(store, hands):
        raise SecondPersonNeeded
    try:
        await _note(store, progress.action_id, {person_id}, HandRole.VERIFIER)
    except DuplicateValue as error:  # came to have a hand in it at the same moment
        raise SecondPersonNeeded from error


async def roles_of(store: Store, action_id: UUID) -> dict[UUID, HandRole]:
    """What each person is to the action."""
    found = await store.action_participants.all(ByActions(action_ids=[action_id]))
    return {each.person_id: each.role for each in found}


async def _note(store: Store, action_id: UUID, people: Collection[UUID], role: HandRole) -> None:
    await store.action_participants.create_many(
        [
            ActionParticipantFields(action_id=action_id, person_id=each, role=role)
            for each in sorted(people)
        ]
    )
