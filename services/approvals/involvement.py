"""Who had a hand in an item, and so cannot decide about it.

The audit trail knows everybody who ever created or changed a row, for the changing statement
itself writes it; a step adds whom the row alone does not show. What an API key did, was done by
whoever made or rotated that key: the secret was in their hands.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from services.refusals import Category, Refusal
from storage.errors import DuplicateValue
from storage.filters import ApprovalFilter, AuditFilter, ByItem
from storage.interface import Store
from storage.tables.approvals import ApprovalParticipantFields
from storage.vocabulary.approvals import ApprovalStatus, ParticipantRole


@dataclass
class SecondPersonNeeded(Refusal):
    """Whoever asked for it, or ever had a hand in the item, cannot decide about it."""

    category: ClassVar[Category] = Category.FORBIDDEN
    title: ClassVar[str] = "Somebody else must approve this"


@dataclass
class DecidedBefore(Refusal):
    """Whoever decided about an item cannot work on it, nor ask for anything about it."""

    category: ClassVar[Category] = Category.FORBIDDEN
    title: ClassVar[str] = "You have decided about this; somebody else must work on it"


async def worked(store: Store, entity: str, entity_id: UUID) -> None:
    """Note that who acts has a hand in the item from now on; a request about it that is open is
    void, because what was to be approved is being changed.

    Call it while the item's row is held. Raises DecidedBefore.
    """
    await involve(store, entity, entity_id, {store.actor.principal_id})
    waiting = ApprovalFilter(entity=entity, entity_id=entity_id, status=ApprovalStatus.REQUESTED)
    for approval in await store.approvals.lock_all(waiting):  # at most one, by its unique key
        await store.approvals.update(
            approval.id,
            {"status": ApprovalStatus.VOID, "closed_at": store.now},
            expected_version=approval.version,
        )


async def involve(store: Store, entity: str, entity_id: UUID, principals: Collection[UUID]) -> None:
    """Note that these have a hand in the item: people, or those behind a key. Somebody who is
    assigned to it counts. Raises DecidedBefore."""
    people = await people_behind(store, principals)
    roles = await roles_of(store, entity, entity_id)
    if any(roles.get(each) is ParticipantRole.DECIDER for each in people):
        raise DecidedBefore
    await _note(store, entity, entity_id, people - roles.keys())


async def involve_from_trail(
    store: Store, entity: str, entity_id: UUID, hands: Collection[UUID]
) -> None:
    """Note everybody who ever changed the item, by its audit trail, and the other ``hands``.

    Who decided about it before stays a decider: what they approved is in the trail under their
    name, and is no work on it.
    """
    trail = await store.audit_log.all(AuditFilter(entity=entity, entity_id=entity_id))
    people = await people_behind(store, {*hands, *(each.recorded_by for each in trail)})
    roles = await roles_of(store, entity, entity_id)
    await _note(store, entity, entity_id, people - roles.keys())


async def take_seat(store: Store, entity: str, entity_id: UUID, person_id: UUID) -> None:
    """Make a person one who decides about the item. Raises SecondPersonNeeded."""
    role = (await roles_of(store, entity, entity_id)).get(person_id)
    if role is ParticipantRole.INVOLVED:
        raise SecondPersonNeeded
    if role is None:
        try:
            await store.approval_participants.create(
                ApprovalParticipantFields(
                    entity=entity,
                    entity_id=entity_id,
                    person_id=person_id,
                    role=ParticipantRole.DECIDER,
                )
            )
        except DuplicateValue as error:  # came to have a hand in it at the same moment
            raise SecondPersonNeeded from error


async def roles_of(store: Store, entity: str, entity_id: UUID) -> dict[UUID, ParticipantRole]:
    """What each person is to the item."""
    found = await store.approval_participants.all(ByItem(entity=entity, entity_id=entity_id))
    return {each.person_id: each.role for each in found}


async def people_behind(store: Store, principals: Collection[UUID]) -> set[UUID]:
    """The people among some principals, and those who made or rotated the keys among them."""
    people = {each.id for each in await store.people.get_many(list(principals))}
    keys = {each.id for each in await store.api_keys.get_many(list(principals))}
    seen = set(principals)
    while keys:  # a key can make keys: one round for each generation
        trail = await store.audit_log.all(AuditFilter(entity="api_keys", entity_ids=sorted(keys)))
        makers = {each.recorded_by for each in trail} - seen
        seen |= makers
        people |= {each.id for each in await store.people.get_many(list(makers))}
        keys = {each.id for each in await store.api_keys.get_many(list(makers))}
    return people


async def _note(store: Store, entity: str, entity_id: UUID, people: Collection[UUID]) -> None:
    await store.approval_participants.create_many(
        [
            ApprovalParticipantFields(
                entity=entity,
                entity_id=entity_id,
                person_id=each,
                role=ParticipantRole.INVOLVED,
            )
            for each in sorted(people)
        ]
    )
