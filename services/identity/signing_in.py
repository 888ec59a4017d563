"""Signing in: by password, and then by a code where a person has a second factor.

Whatever is wrong (no such company or person, a wrong password, a disabled or locked person) takes
the same statements and the same hashing and is refused alike. Hashing happens between
transactions; see ``judging``.
"""

import asyncio
from dataclasses import dataclass, field
from typing import ClassVar
from uuid import UUID

from services.identity.authentication import Principal, principal_of
from services.identity.beats import until_next_beat
from services.identity.companies import is_slug
from services.identity.emails import normalised_email
from services.identity.judging import (
    can_be_judged,
    count_failure,
    forget_failures,
    is_locked,
    weighed_password,
)
from services.identity.oidc.break_glass import may_use_password
from services.identity.one_time_tokens import (
    IssuedToken,
    end_token,
    held_token,
    issue_token,
    parse_token,
    standing_token,
)
from services.identity.origins import Origin
from services.identity.passwords import is_password
from services.identity.second_factors import serves
from services.identity.sessions import OpenedSession, open_session
from services.refusals import Category, Refusal
from storage.filters import PersonFilter
from storage.identifiers import SYSTEM_ACTOR_ID, new_id
from storage.interface import Actor, IStorage, Store
from storage.tables.factors import OneTimeToken
from storage.tables.identity import Person
from storage.tables.trail import AccessFields
from storage.vocabulary.identity import TokenPurpose

_COMPLETION = "complete_sign_in"


@dataclass
class SignInRefused(Refusal):
    """Not signed in; never says why."""

    category: ClassVar[Category] = Category.NOT_AUTHENTICATED
    title: ClassVar[str] = "Company, e-mail and password do not go together, or not for now"


@dataclass
class SignInOver(Refusal):
    """A sign-in that waited for its code too long, has been gone on with, or never began."""

    category: ClassVar[Category] = Category.NOT_AUTHENTICATED
    title: ClassVar[str] = "This sign-in is over: begin again with the password"


@dataclass
class SignInCodeRefused(Refusal):
    """Not signed in yet; never says whether the code was wrong or the person is locked."""

    category: ClassVar[Category] = Category.NOT_AUTHENTICATED
    title: ClassVar[str] = "The code is wrong, has served before, or cannot be tried for now"

    @property
    def detail(self) -> str:
        return "Wait for the app's next code, or use a recovery code."


@dataclass(frozen=True, slots=True)
class SignIn:
    """What somebody claims to be."""

    company_slug: str
    email: str
    password: str = field(repr=False)
    origin: Origin = field(default_factory=Origin)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who has signed in, and their session."""

    principal: Principal
    opened: OpenedSession


@dataclass(frozen=True, slots=True)
class CodeDue:
    """The password was right, and the person has a second factor: what goes on with its code."""

    token: IssuedToken


async def sign_in(storage: IStorage, claimed: SignIn, *, request_id: UUID) -> SignedIn | CodeDue:
    """Open a session, or wait for the code of a second factor.

    Raises SignInRefused, after the failure was counted and committed.
    """
    begun = asyncio.get_running_loop().time()
    slug = claimed.company_slug if is_slug(claimed.company_slug) else ""
    company_id = await storage.company_of_slug(slug) or new_id()
    email = normalised_email(claimed.email) or ""
    actor = Actor(SYSTEM_ACTOR_ID, request_id)
    async with storage.transaction(company_id, actor, durable=False) as store:
        found = await store.people.all(PersonFilter(email=email))
        seen = found[0] if found else None
        is_let = await may_use_password(store, seen)
    judged = is_let and can_be_judged(seen, storage.clock.now())
    matches = await is_password(claimed.password, None if seen is None else seen.password_hash)
    async with storage.transaction(company_id, actor) as store:
        person = await weighed_password(store, email, seen=seen, judged=judged, matches=matches)
        if person is None and seen is not None:
            await _record_attempt(store, seen, outcome=401)
        if person is not None:
            store.actor = actor.named(person.id)
            if person.second_factor_since is not None:
                await _record_attempt(store, person, outcome=202)
                return CodeDue(await issue_token(store, person.id, TokenPurpose.SIGN_IN))
            await _record_attempt(store, person, outcome=201)
            return await _opened(store, person, claimed.origin)
    await until_next_beat(begun)
    raise SignInRefused


async def complete_sign_in(
    storage: IStorage, continuation: str, code: str, *, origin: Origin, request_id: UUID
) -> SignedIn:
    """Open a session once the code has come, too.

    A wrong code counts as a wrong password does. The one that locks the person ends the sign-in.
    Raises SignInOver, SignInCodeRefused, after the failure was counted and committed.
    """
    begun = asyncio.get_running_loop().time()
    credential = parse_token(TokenPurpose.SIGN_IN, continuation)
    refusal: Refusal = SignInOver()
    if credential is not None:
        actor = Actor(SYSTEM_ACTOR_ID, request_id)
        async with storage.transaction(credential.company_id, actor) as store:
            found = await _waiting(store, credential.secret_sha256)
            if found is not None:
                token, person = found
                store.actor = actor.named(person.id)
                if not is_locked(person, store.now) and await serves(store, person.id, code):
                    await end_token(store, token)
                    await _record_attempt(store, person, outcome=201, operation=_COMPLETION)
                    return await _opened(store, person, origin)
                store.actor = actor
                await _record_attempt(store, person, outcome=401, operation=_COMPLETION)
                await _count_wrong_code(store, token, person)
                refusal = SignInCodeRefused()
    await until_next_beat(begun)
    raise refusal


async def _record_attempt(
    store: Store, person: Person, *, outcome: int, operation: str = "sign_in"
) -> None:
    """Have the trail say that somebody tried to sign in as a person, and what came of it."""
    await store.api_log.create(
        AccessFields(
            request_id=store.actor.request_id,
            operation=operation,
            outcome=outcome,
            patient_ids=[],
            record_id=person.id,
        )
    )


async def _waiting(store: Store, secret_sha256: bytes) -> tuple[OneTimeToken, Person] | None:
    """The sign-in that a token goes on with and its person, held; None if it is over."""
    seen = await standing_token(store, TokenPurpose.SIGN_IN, secret_sha256)
    if seen is None:
        return None
    person = await store.people.lock(seen.person_id)
    token = await held_token(store, TokenPurpose.SIGN_IN, secret_sha256)
    if token is None or person.disabled_at is not None:
        return None
    return token, person


async def _count_wrong_code(store: Store, token: OneTimeToken, person: Person) -> None:
    """What is tried while the person is locked is neither judged nor counted."""
    if is_locked(person, store.now):
        return
    person = await count_failure(store, person)
    if is_locked(person, store.now):
        await end_token(store, token)


async def _opened(store: Store, person: Person, origin: Origin) -> SignedIn:
    person = await forget_failures(store, person)
    opened = await open_session(store, person, origin=origin)
    return SignedIn(await principal_of(store, person, opened.session), opened)
