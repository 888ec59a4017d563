"""Links that are mailed: to accept an invitation, and to choose a new password.

A link carries its token behind the ``#``, which browsers send to nobody: it stands in no log of
any server or proxy. Whoever asks for a new password gets the same answer at the same beat whether
or not there is such a person.
"""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from services.identity import letters
from services.identity.beats import until_next_beat
from services.identity.companies import is_slug
from services.identity.credentials import Credential
from services.identity.emails import is_deliverable, normalised_email
from services.identity.oidc.break_glass import may_use_password
from services.identity.one_time_tokens import (
    held_token,
    issue_token,
    parse_token,
    standing_token,
)
from services.identity.passwords import StoredPassword, check_password, stored_password
from services.identity.people import replace_password
from services.identity.roles import scopes_held
from services.identity.scopes import require_all
from services.outbox.emails import send_email
from services.refusals import Category, Refusal
from storage.errors import VersionConflict
from storage.filters import PersonFilter
from storage.identifiers import SYSTEM_ACTOR_ID, new_id
from storage.interface import Actor, IStorage, Store
from storage.tables.identity import Person
from storage.vocabulary.identity import TokenPurpose

PAGE = "/choose-password"
"""Where the links lead."""

PROVIDER_PAGE = "/api/v1/sign-in/{slug}"
"""Where whoever has a provider of their company signs in."""

_PURPOSES = (TokenPurpose.INVITATION, TokenPurpose.PASSWORD_RESET)


@dataclass
class LinkOver(Refusal):
    """A link that has served, has expired, was replaced by a newer one, or never was."""

    category: ClassVar[Category] = Category.FORBIDDEN
    title: ClassVar[str] = "The link has served already, or does not hold any more"

    @property
    def detail(self) -> str:
        return "Ask for a new link."


@dataclass
class AlreadySignsIn(Refusal):
    """Somebody who has a password, or must not have one, needs no invitation."""

    title: ClassVar[str] = "The person has a password, or is disabled"

    @property
    def detail(self) -> str:
        return "Whoever forgot their password asks for a new one, or has it reset."


async def invite(store: Store, person: Person, *, public_url: str) -> None:
    """Mail somebody whose row the transaction holds a link; an earlier one is void. Where the
    company requires its provider it leads there: a password would let nobody in.

    Raises EmailUnsendable.
    """
    company = await store.companies.get(store.company_id)
    if not await may_use_password(store, person):
        address = public_url + PROVIDER_PAGE.replace("{slug}", company.slug)
        email = letters.invitation_to_provider(person, company, address)
        await send_email(store, email, purpose="invitation")
        return
    token = await issue_token(store, person.id, TokenPurpose.INVITATION)
    link = _link(public_url, token.secret.text)
    email = letters.invitation(person, company, link, token.expires_at)
    await send_email(store, email, purpose="invitation")


async def invite_again(
    store: Store,
    person_id: UUID,
    *,
    expected_version: int,
    granted_by: Collection[str],
    public_url: str,
) -> Person:
    """Mail somebody who has not chosen a password yet another link.

    Raises RowNotFound, VersionConflict, PrivilegeTooHigh, AlreadySignsIn, EmailUnsendable.
    """
    person = await store.people.lock(person_id)
    if person.version != expected_version:
        raise VersionConflict("people")
    require_all(granted_by, await scopes_held(store, person))
    if person.password_hash is not None or person.disabled_at is not None:
        raise AlreadySignsIn
    await invite(store, person, public_url=public_url)
    return person


async def request_reset(
    storage: IStorage, *, company_slug: str, email: str, public_url: str, request_id: UUID
) -> None:
    """Mail a link to choose a new password, if there is somebody to mail it to whom a password lets
    in; never says so."""
    begun = asyncio.get_running_loop().time()
    slug = company_slug if is_slug(company_slug) else ""
    company_id = await storage.company_of_slug(slug) or new_id()
    actor = Actor(SYSTEM_ACTOR_ID, request_id)
    async with storage.transaction(company_id, actor) as store:
        found = await store.people.lock_all(PersonFilter(email=normalised_email(email) or ""))
        is_let = await may_use_password(store, found[0] if found else None)
        if is_let and found and found[0].disabled_at is None and is_deliverable(found[0].email):
            await _mail_reset(store, found[0], public_url)
    await until_next_beat(begun)


async def choose_password(
    storage: IStorage, token: str, password: str, *, request_id: UUID
) -> None:
    """Give the person of a mailed link the password that they chose, and end their sessions.

    Raises LinkOver, InvalidInput.
    """
    begun = asyncio.get_running_loop().time()
    purpose, credential = _parsed(token)
    if credential is not None:
        actor = Actor(SYSTEM_ACTOR_ID, request_id)
        async with storage.transaction(credential.company_id, actor, durable=False) as store:
            seen = await standing_token(store, purpose, credential.secret_sha256)
            person = None if seen is None else await store.people.get(seen.person_id)
        if seen is not None and person is not None:
            check_password(password, email=person.email)
            stored = await stored_password(password, is_temporary=False)
            async with storage.transaction(credential.company_id, actor) as store:
                if await _chosen(store, seen.person_id, purpose, credential, stored):
                    return
    await until_next_beat(begun)
    raise LinkOver


async def _chosen(
    store: Store,
    person_id: UUID,
    purpose: TokenPurpose,
    credential: Credential,
    password: StoredPassword,
) -> bool:
    """Whether the link still holds now that its person's row is held; if so, it has served. It
    holds no more once the company requires its provider."""
    person = await store.people.lock(person_id)
    token = await held_token(store, purpose, credential.secret_sha256)
    if token is None or person.disabled_at is not None:
        return False
    if not await may_use_password(store, person):
        return False
    store.actor = store.actor.named(person_id)
    person = await replace_password(store, person, password)
    company = await store.companies.get(store.company_id)
    await send_email(store, letters.password_chosen(person, company), purpose="password_chosen")
    return True


async def _mail_reset(store: Store, person: Person, public_url: str) -> None:
    company = await store.companies.get(store.company_id)
    token = await issue_token(store, person.id, TokenPurpose.PASSWORD_RESET)
    link = _link(public_url, token.secret.text)
    email = letters.password_reset(person, company, link, token.expires_at)
    await send_email(store, email, purpose="password_reset")


def _link(public_url: str, token: str) -> str:
    return f"{public_url}{PAGE}#{token}"


def _parsed(token: str) -> tuple[TokenPurpose, Credential | None]:
    """What a token is for, and its parts; None for what cannot be one."""
    for purpose in _PURPOSES:
        if (credential := parse_token(purpose, token)) is not None:
            return purpose, credential
    return _PURPOSES[0], None
