"""Proving that it is still the person who signed in: before they change a password, or sign."""

from dataclasses import dataclass, field
from typing import ClassVar
from uuid import UUID

from services.identity.judging import (
    can_be_judged,
    count_failure,
    forget_failures,
    weighed_password,
)
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


@dataclass(frozen=True, slots=True)
class Proof:
    """What somebody proves themselves by."""

    password: str = field(repr=False)
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
    they have: the password, and a code where they have a second factor.

    A failure counts as one of signing in, whichever of the two was wrong.
    """
    judged = can_be_judged(person, storage.clock.now())
    matches = await is_password(proof.password, person.password_hash)
    async with storage.transaction(company_id, Actor(person.id, request_id)) as store:
        proven = await weighed_password(
            store, person.email, seen=person, judged=judged, matches=matches
        )
        return proven is not None and await prove_code(
            store, proven, proof.code, session_id=session_id
        )


async def prove_code(store: Store, person: Person, code: str | None, *, session_id: UUID) -> bool:
    """The second half of a proof, by a person who has just shown that they know their password (or
    signed in anew where somebody else keeps it), and whose row the transaction holds.

    A wrong code is counted; a right one is noted in the session.
    """
    if person.second_factor_since is not None and not (
        code is not None and await serves(store, person.id, code)
    ):
        await count_failure(store, person)
        return False
    await forget_failures(store, person)
    session = await store.person_sessions.lock(session_id)
    await store.person_sessions.update(
        session_id, {"proven_at": store.now}, expected_version=session.version
    )
    return True
