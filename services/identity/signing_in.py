"""Proving who one is by password: sign-in, and the same judgement for a change of password.

Whatever is wrong (no such company or person, a wrong password, a disabled or locked person) takes
the same statements and the same hashing and is refused alike. Hashing happens between
transactions; what it found is weighed again under a lock on the person's row, so that neither a
lock nor a change that came in between is passed by.
"""

from dataclasses import dataclass, field
from typing import ClassVar
from uuid import UUID

from services.identity.emails import normalised_email
from services.identity.lockout import Standing
from services.identity.passwords import is_password
from services.identity.sessions import OpenedSession, open_session
from services.refusals import Category, Refusal
from storage.filters import PersonFilter
from storage.identifiers import SYSTEM_ACTOR_ID, new_id
from storage.interface import Actor, IStorage, Store
from storage.tables.identity import Company, Person


@dataclass
class SignInRefused(Refusal):
    """Not signed in; never says why."""

    category: ClassVar[Category] = Category.NOT_AUTHENTICATED
    title: ClassVar[str] = "Company, e-mail and password do not go together, or not for now"


@dataclass(frozen=True, slots=True)
class SignIn:
    """What somebody claims to be."""

    company_slug: str
    email: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who has signed in, and their session."""

    person: Person
    company: Company
    opened: OpenedSession


async def sign_in(storage: IStorage, claimed: SignIn, *, request_id: UUID) -> SignedIn:
    """Open a session. Raises SignInRefused, after the failure was counted and committed."""
    found = await storage.company_of_slug(claimed.company_slug)
    company_id = new_id() if found is None else found
    email = normalised_email(claimed.email) or ""
    actor = Actor(SYSTEM_ACTOR_ID, request_id)
    async with storage.transaction(company_id, actor, durable=False) as store:
        seen = await _person_of_email(store, email)
        company = None if found is None else await store.companies.get(company_id)
        open_to_judgement = _can_be_judged(seen, store)
    matches = await is_password(claimed.password, None if seen is None else seen.password_hash)
    async with storage.transaction(company_id, actor) as store:
        person = await _weighed(
            store, email, seen=seen, open_to_judgement=open_to_judgement, matches=matches
        )
        if person is not None and company is not None:
            store.actor = actor.named(person.id)
            return SignedIn(person, company, await open_session(store, person))
    raise SignInRefused


async def prove_password(
    storage: IStorage, company_id: UUID, person: Person, password: str, *, request_id: UUID
) -> bool:
    """Whether a signed-in person knows their password; a failure counts as one of signing in."""
    actor = Actor(person.id, request_id)
    async with storage.transaction(company_id, actor, durable=False) as store:
        open_to_judgement = _can_be_judged(person, store)
    matches = await is_password(password, person.password_hash)
    async with storage.transaction(company_id, actor) as store:
        proven = await _weighed(
            store,
            person.email,
            seen=person,
            open_to_judgement=open_to_judgement,
            matches=matches,
        )
    return proven is not None


def _can_be_judged(person: Person | None, store: Store) -> bool:
    return (
        person is not None
        and person.disabled_at is None
        and person.password_hash is not None
        and not _standing(person).is_locked(store.now)
    )


async def _weighed(
    store: Store, email: str, *, seen: Person | None, open_to_judgement: bool, matches: bool
) -> Person | None:
    """The person, if the password that matched still holds; a failure is counted here.

    ``seen`` and ``open_to_judgement`` are from before the hashing. Every guess that was judged
    counts, however many were judged at once.
    """
    found = await store.people.lock_all(PersonFilter(email=email))
    if not found or not open_to_judgement or seen is None:
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
    if not _can_be_judged(person, store) or person.password_hash != seen.password_hash:
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


async def _person_of_email(store: Store, email: str) -> Person | None:
    found = await store.people.all(PersonFilter(email=email))
    return found[0] if found else None
