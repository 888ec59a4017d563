"""Proving who one is by password: sign-in, and the same judgement for a change of password.

Whatever is wrong (no such company or person, a wrong password, a disabled or locked person) takes
the same statements and the same hashing and is refused alike. Hashing happens between
transactions; what it found is weighed again under a lock on the person's row, so that neither a
lock nor a change that came in between is passed by.
"""

import asyncio
import datetime as dt
from dataclasses import dataclass, field
from typing import ClassVar
from uuid import UUID

from services.identity.companies import is_slug
from services.identity.emails import normalised_email
from services.identity.lockout import Standing
from services.identity.origins import Origin
from services.identity.passwords import is_password
from services.identity.roles import scopes_held
from services.identity.sessions import OpenedSession, open_session
from services.refusals import Category, Refusal
from storage.filters import PersonFilter
from storage.identifiers import SYSTEM_ACTOR_ID, new_id
from storage.interface import Actor, IStorage, Store
from storage.tables.identity import Company, Person
from storage.tables.trail import AccessFields

BEAT_SECONDS = 0.25
"""Refusals leave only at whole multiples of this since the request came."""


@dataclass
class SignInRefused(Refusal):
    """Not signed in; never says why."""

    category: ClassVar[Category] = Category.NOT_AUTHENTICATED
    title: ClassVar[str] = "Company, e-mail and password do not go together, or not for now"


@dataclass
class WrongPassword(Refusal):
    """A signed-in person did not prove that it is still they; a locked person cannot."""

    category: ClassVar[Category] = Category.FORBIDDEN
    title: ClassVar[str] = "The current password is wrong, or cannot be tried for now"


@dataclass(frozen=True, slots=True)
class SignIn:
    """What somebody claims to be."""

    company_slug: str
    email: str
    password: str = field(repr=False)
    origin: Origin = field(default_factory=Origin)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who has signed in, what they may do once they have a password of their own, and their
    session."""

    person: Person
    scopes: frozenset[str]
    company: Company
    opened: OpenedSession


async def sign_in(storage: IStorage, claimed: SignIn, *, request_id: UUID) -> SignedIn:
    """Open a session. Raises SignInRefused, after the failure was counted and committed."""
    begun = asyncio.get_running_loop().time()
    slug = claimed.company_slug if is_slug(claimed.company_slug) else ""
    company_id = await storage.company_of_slug(slug) or new_id()
    email = normalised_email(claimed.email) or ""
    actor = Actor(SYSTEM_ACTOR_ID, request_id)
    async with storage.transaction(company_id, actor, durable=False) as store:
        found = await store.people.all(PersonFilter(email=email))
        seen = found[0] if found else None
    judged = _can_be_judged(seen, storage.clock.now())
    matches = await is_password(claimed.password, None if seen is None else seen.password_hash)
    async with storage.transaction(company_id, actor) as store:
        person = await _weighed(store, email, seen=seen, judged=judged, matches=matches)
        if person is None and seen is not None:
            await _record_attempt(store, seen, outcome=401)
        if person is not None:
            store.actor = actor.named(person.id)
            await _record_attempt(store, person, outcome=201)
            company = await store.companies.get(company_id)
            scopes = await scopes_held(store, person)
            opened = await open_session(store, person, origin=claimed.origin)
            return SignedIn(person, scopes, company, opened)
    await _until_next_beat(begun)
    raise SignInRefused


async def _record_attempt(store: Store, person: Person, *, outcome: int) -> None:
    """Have the trail say that somebody tried to sign in as a person, and what came of it."""
    await store.api_log.create(
        AccessFields(
            request_id=store.actor.request_id,
            operation="sign_in",
            outcome=outcome,
            patient_ids=[],
            record_id=person.id,
        )
    )


async def prove_password(
    storage: IStorage, company_id: UUID, person: Person, password: str, *, request_id: UUID
) -> bool:
    """Whether a signed-in person knows their password; a failure counts as one of signing in."""
    judged = _can_be_judged(person, storage.clock.now())
    matches = await is_password(password, person.password_hash)
    async with storage.transaction(company_id, Actor(person.id, request_id)) as store:
        proven = await _weighed(store, person.email, seen=person, judged=judged, matches=matches)
    return proven is not None


async def _until_next_beat(begun: float) -> None:
    """Wait for the next beat since ``begun``: whether a failure was written must not be heard."""
    loop = asyncio.get_running_loop()
    await asyncio.sleep(BEAT_SECONDS - (loop.time() - begun) % BEAT_SECONDS)


def _can_be_judged(person: Person | None, now: dt.datetime) -> bool:
    return (
        person is not None
        and person.disabled_at is None
        and person.password_hash is not None
        and not _standing(person).is_locked(now)
    )


async def _weighed(
    store: Store, email: str, *, seen: Person | None, judged: bool, matches: bool
) -> Person | None:
    """The person, if the password that matched still holds; a failure is counted here.

    ``seen``, and whether it could be ``judged``, are from before the hashing. Every guess that was
    judged counts, however many were judged at once.
    """
    found = await store.people.lock_all(PersonFilter(email=email))
    if not found or not judged or seen is None:
        return None
    person = found[0]
    if not matches:
        standing = _standing(person).after_failure(store.now)
        await store.people.update(
            person.id,
            {"failed_sign_ins": standing.failures, "locked_until": standing.locked_until},
            expected_version=person.version,
        )
        return None
    if not _can_be_judged(person, store.now) or person.password_hash != seen.password_hash:
        return None
    if person.failed_sign_ins == 0 and person.locked_until is None:
        return person
    return await store.people.update(
        person.id,
        {"failed_sign_ins": 0, "locked_until": None},
        expected_version=person.version,
    )


def _standing(person: Person) -> Standing:
    return Standing(person.failed_sign_ins, person.locked_until)
