"""Proving that it is still the person who signed in: before they change a password, or sign."""

import datetime as dt
from dataclasses import dataclass, field
from typing import ClassVar
from uuid import UUID

from services.identity.judging import (
    can_be_judged,
    count_failure,
    forget_failures,
    is_locked,
    weighed_password,
)
from services.identity.oidc.break_glass import may_use_password
from services.identity.passwords import is_password
from services.identity.second_factors import serves
from services.refusals import Category, Refusal
from storage.interface import Actor, IStorage, Store
from storage.tables.identity import Person


@dataclass
class WrongPassword(Refusal):
    """A signed-in person did not prove that it is still they; a locked person cannot."""

    category: ClassVar[Category] = Category.FORBIDDEN
    title: ClassVar[str] = "The current password is wrong, or cannot be tried for now"


@dataclass
class ProofRefused(Refusal):
    """The same with a code; which of the two was wrong, it does not say."""

    category: ClassVar[Category] = Category.FORBIDDEN
    title: ClassVar[str] = "Password or code is wrong, or cannot be tried for now"

    @property
    def detail(self) -> str:
        return "A code serves once, for signing in too: wait for the app's next one."


VOUCHED_LIFETIME = dt.timedelta(minutes=5)
"""How long the code may take of somebody whom their provider has asked anew."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What somebody proves themselves by; without a password, by what their provider said."""

    password: str | None = field(repr=False)
    code: str | None = field(repr=False, default=None)


async def prove_password(
    storage: IStorage, company_id: UUID, person: Person, password: str, *, request_id: UUID
) -> bool:
    """Whether a signed-in person knows their password; a failure counts as one of signing in."""
    judged = can_be_judged(person, storage.clock.now())
    matches = await is_password(password, person.password_hash)
    async with storage.transaction(company_id, Actor(person.id, request_id)) as store:
        proven = await weighed_password(
            store, person.email, seen=person, judged=judged, matches=matches
        )
        if proven is not None and proven.second_factor_since is None:
            await forget_failures(store, proven)
    return proven is not None


async def prove_all(
    storage: IStorage,
    company_id: UUID,
    person: Person,
    proof: Proof,
    *,
    session_id: UUID,
    request_id: UUID,
) -> bool:
    """Whether a signed-in person has all that they sign in with, and note in their session that
    they have: the password, or their provider's word of just now; and a code where they have a
    second factor.

    A failure counts as one of signing in, whichever of the two was wrong. Where the company
    requires its provider, a password proves as little as it signs in.
    """
    actor = Actor(person.id, request_id)
    if proof.password is None:
        async with storage.transaction(company_id, actor) as store:
            vouched = await _vouched(store, person.id, session_id)
            return vouched is not None and await prove_code(
                store, vouched, proof.code, session_id=session_id
            )
    judged = can_be_judged(person, storage.clock.now())
    matches = await is_password(proof.password, person.password_hash)
    async with storage.transaction(company_id, actor) as store:
        judged = judged and await may_use_password(store, person)
        proven = await weighed_password(
            store, person.email, seen=person, judged=judged, matches=matches
        )
        return proven is not None and await prove_code(
            store, proven, proof.code, session_id=session_id
        )


async def _vouched(store: Store, person_id: UUID, session_id: UUID) -> Person | None:
    """The person, held, if their provider has just vouched for them anew in this session."""
    person = await store.people.lock(person_id)
    session = await store.person_sessions.lock(session_id)
    if person.disabled_at is not None or is_locked(person, store.now):
        return None
    if session.vouched_at is None or session.vouched_at + VOUCHED_LIFETIME <= store.now:
        return None
    return person


async def prove_code(store: Store, person: Person, code: str | None, *, session_id: UUID) -> bool:
    """The second half of a proof, by a person who has just shown that they know their password (or
    signed in anew where somebody else keeps it), and whose row the transaction holds.

    A wrong code is counted; a right one is noted in the session. Whose second factor is the
    provider's has no code to give: a password alone proves less than they signed in with.
    """
    session = await store.person_sessions.lock(session_id)
    if person.second_factor_since is None and session.has_provider_factor:
        return False
    if person.second_factor_since is not None and not (
        code is not None and await serves(store, person.id, code)
    ):
        await count_failure(store, person)
        return False
    await note_proof(store, person, session_id)
    return True


async def note_proof(
    store: Store, person: Person, session_id: UUID, *, has_provider_factor: bool | None = None
) -> None:
    """Note in a session that its person, held, has proven who they are, with a second factor of
    their provider's or without where that is known."""
    await forget_failures(store, person)
    session = await store.person_sessions.lock(session_id)
    changes: dict[str, object] = {"proven_at": store.now, "vouched_at": None}
    if has_provider_factor is not None:
        changes["has_provider_factor"] = has_provider_factor
    await store.person_sessions.update(session_id, changes, expected_version=session.version)
