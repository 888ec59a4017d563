"""Weighing what somebody offered as proof of who they are, and counting what was wrong.

Passwords are hashed between transactions; what was found is weighed again under a lock on the
person's row, so that neither a lock nor a change that came in between is passed by. Wrong
passwords and wrong codes count together.
"""

import datetime as dt

from services.identity.lockout import Standing
from storage.filters import PersonFilter
from storage.interface import Store
from storage.tables.identity import Person


def can_be_judged(person: Person | None, now: dt.datetime) -> bool:
    """Whether a password of this person can be right at all: for want of one, or of trust."""
    return (
        person is not None
        and person.disabled_at is None
        and person.password_hash is not None
        and not is_locked(person, now)
    )


def is_locked(person: Person, now: dt.datetime) -> bool:
    """Whether even what is right is refused for now."""
    return _standing(person).is_locked(now)


async def weighed_password(
    store: Store, email: str, *, seen: Person | None, judged: bool, matches: bool
) -> Person | None:
    """The person, held, if the password that matched still holds; a failure is counted here.

    ``seen``, and whether it could be ``judged``, are from before the hashing. Every guess that was
    judged counts, however many were judged at once. What failed before is not forgotten yet:
    whoever knows the password alone would have any number of guesses at the code.
    """
    found = await store.people.lock_all(PersonFilter(email=email))
    if not found or not judged or seen is None:
        return None
    person = found[0]
    if not matches:
        await count_failure(store, person)
        return None
    if not can_be_judged(person, store.now) or person.password_hash != seen.password_hash:
        return None
    return person


async def count_failure(store: Store, person: Person) -> Person:
    """The person with one more failure, and so perhaps locked."""
    standing = _standing(person).after_failure(store.now)
    return await store.people.update(
        person.id,
        {"failed_sign_ins": standing.failures, "locked_until": standing.locked_until},
        expected_version=person.version,
    )


async def forget_failures(store: Store, person: Person) -> Person:
    """The person once they have proved all that there is to prove."""
    if person.failed_sign_ins == 0 and person.locked_until is None:
        return person
    return await store.people.update(
        person.id,
        {"failed_sign_ins": 0, "locked_until": None},
        expected_version=person.version,
    )


def _standing(person: Person) -> Standing:
    return Standing(person.failed_sign_ins, person.locked_until)
