"""API keys that somebody has to look at, because whoever made them may no longer do what they do.

A key goes on working: systems of the company depend on it. It is flagged until somebody who may do
all that it may has looked at it, and cleared or revoked it.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

from storage.filters import ApiKeyFilter
from storage.interface import Store
from storage.tables.identity import ApiKey
from storage.vocabulary.identity import KeyFlag


def made_by(keys: Collection[ApiKey], makers: Collection[UUID]) -> set[UUID]:
    """The keys whose secret one of ``makers`` was ever shown, or had made by a key of theirs."""
    known = set(makers)
    while found := {
        key.id
        for key in keys
        if key.id not in known and (key.created_by in known or key.rotated_by in known)
    }:
        known |= found
    return known - set(makers)


async def flag_keys_of_disabled(store: Store, person_id: UUID) -> None:
    """Flag the keys that somebody who was disabled has made."""
    keys = await store.api_keys.all(ApiKeyFilter())
    made = made_by(keys, {person_id})
    await _flag(store, [key for key in keys if key.id in made], KeyFlag.CREATOR_DISABLED)


async def flag_keys_beyond(
    store: Store, people: Collection[UUID], *, lost: Collection[str]
) -> None:
    """Flag the keys of people who have just lost scopes, where a key still has one of those."""
    if not lost or not people:
        return
    keys = await store.api_keys.all(ApiKeyFilter())
    made = made_by(keys, people)
    beyond = [key for key in keys if key.id in made and not set(lost).isdisjoint(key.scopes)]
    await _flag(store, beyond, KeyFlag.CREATOR_LOST_SCOPES)


async def _flag(store: Store, keys: Sequence[ApiKey], flag: KeyFlag) -> None:
    """Flag those that can still be used and are not flagged already."""
    wanted = [
        key.id
        for key in keys
        if key.revoked_at is None
        and key.flagged_at is None
        and (key.expires_at is None or key.expires_at > store.now)
    ]
    if not wanted:
        return
    held = await store.api_keys.lock_all(ApiKeyFilter(ids=wanted))
    await store.api_keys.update_many(
        {key.id: key.version for key in held},
        {"flagged_at": [store.now] * len(held), "flag": [flag] * len(held)},
    )
