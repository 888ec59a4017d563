"""Signing in with a company's provider: sent there, and what comes back for it.

Whatever is wrong with what comes back is refused alike: an answer never says whether the company
knows a person. Somebody who is signed in is sent there to prove again who they are.
"""

import asyncio
from dataclasses import dataclass, field
from typing import ClassVar
from uuid import UUID

import structlog

from services.identity.authentication import principal_of
from services.identity.beats import until_next_beat
from services.identity.companies import is_slug
from services.identity.oidc.away import (
    OPERATION,
    SIGNED_IN,
    Away,
    ProviderSignInRefused,
    opened_away,
    parsed_cookie,
    sealed_away,
    serve_once,
)
from services.identity.oidc.directory import ProviderDirectory, ProviderMetadata
from services.identity.oidc.exchange import OurClient, asking, authorization_url, traded
from services.identity.oidc.people import person_known_as
from services.identity.oidc.proofs import Vouched, has_second_factor, vouched_for_session
from services.identity.oidc.providers import SECRET
from services.identity.oidc.tokens import (
    Expected,
    Identified,
    IdTokenRefused,
    KeyUnknown,
    verified,
)
from services.identity.one_time_tokens import issue_token
from services.identity.origins import Origin
from services.identity.sessions import open_session
from services.identity.signing_in import CodeDue, SignedIn
from services.refusals import Category, Refusal
from storage.errors import RowNotFound
from storage.filters import IdentityProviderFilter
from storage.identifiers import SYSTEM_ACTOR_ID, new_id
from storage.interface import Actor, IStorage, Store
from storage.tables.identity import Person
from storage.tables.providers import IdentityProvider
from storage.tables.trail import AccessFields
from storage.vocabulary.identity import TokenPurpose

log = structlog.get_logger("wellkept.sign_in")


@dataclass
class NoProvider(Refusal):
    """There is no such company, or it has no provider that is enabled."""

    category: ClassVar[Category] = Category.NOT_FOUND
    title: ClassVar[str] = "Nobody signs in here with an identity provider"


@dataclass(frozen=True, slots=True)
class Sent:
    """Where the browser goes, and the cookie that it comes back with."""

    location: str = field(repr=False)
    cookie: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Brought:
    """What the browser brings back: its cookie, and what the provider gave it."""

    cookie: str = field(repr=False)
    state: str = field(repr=False)
    code: str | None = field(repr=False)
    issuer: str | None


@dataclass(frozen=True, slots=True)
class Returned:
    """Who has signed in, has a code to give, or has proven again who they are; and the page of ours
    that they wanted."""

    outcome: SignedIn | CodeDue | Vouched
    return_to: str


class ProviderSignIn:
    """Sign-ins of one process, with what it knows of providers."""

    def __init__(self, storage: IStorage, directory: ProviderDirectory, redirect_uri: str) -> None:
        self._storage = storage
        self._directory = directory
        self._redirect_uri = redirect_uri

    async def begin(self, slug: str, *, return_to: str, request_id: UUID) -> Sent:
        """Send the browser to the company's provider. Raises NoProvider, ProviderUnavailable."""
        company_id = await self._storage.company_of_slug(slug if is_slug(slug) else "") or new_id()
        actor = Actor(SYSTEM_ACTOR_ID, request_id)
        return await self._sent(company_id, actor, return_to=return_to, session_id=None)

    async def begin_proof(
        self, company_id: UUID, actor: Actor, session_id: UUID, *, return_to: str
    ) -> Sent:
        """Send the browser of a session there, whose person is asked anew who they are.

        Raises NoProvider, ProviderUnavailable.
        """
        return await self._sent(company_id, actor, return_to=return_to, session_id=session_id)

    async def complete(self, brought: Brought, *, origin: Origin, request_id: UUID) -> Returned:
        """Open a session for whom the provider vouches for, or wait for their second factor; or
        note in the session that was sent there that its person is still who they were.

        Raises ProviderSignInRefused, ProviderUnavailable.
        """
        begun = asyncio.get_running_loop().time()
        try:
            return await self._completed(brought, origin, request_id)
        except IdTokenRefused as error:
            log.warning("provider sign-in refused", why=str(error), request_id=str(request_id))
        except ProviderSignInRefused:
            pass
        await until_next_beat(begun)
        raise ProviderSignInRefused

    async def _sent(
        self, company_id: UUID, actor: Actor, *, return_to: str, session_id: UUID | None
    ) -> Sent:
        asked = asking()
        async with self._storage.transaction(company_id, actor) as store:
            enabled = await store.identity_providers.all(IdentityProviderFilter(is_enabled=True))
            if not enabled:
                raise NoProvider
            provider = enabled[0]
            cookie = await sealed_away(
                store, provider.id, asked, return_to=return_to, session_id=session_id
            )
        metadata = await self._directory.metadata(provider.issuer, now=self._storage.clock.now())
        location = authorization_url(
            metadata,
            provider.client_id,
            self._redirect_uri,
            asked,
            contexts=provider.second_factor_contexts,
            is_anew=session_id is not None,
        )
        return Sent(location, cookie)

    async def _completed(self, brought: Brought, origin: Origin, request_id: UUID) -> Returned:
        company_id, sealed = parsed_cookie(brought.cookie)
        actor = Actor(SYSTEM_ACTOR_ID, request_id)
        async with self._storage.transaction(company_id, actor) as store:
            away = await opened_away(store, sealed)
            provider = await _provider(store, away)
            await serve_once(store, away, brought.state)
            secret = (
                await store.secrets.open(SECRET, provider.id, provider.client_secret)
            ).decode()
        ours = OurClient(provider.client_id, secret, self._redirect_uri)
        who = await self._identified(provider, ours, away, brought)
        async with self._storage.transaction(company_id, actor) as store:
            provider = await _provider(store, away)
            if away.session_id is not None:
                vouched = await vouched_for_session(store, provider, away.session_id, who)
                return Returned(vouched, away.return_to)
            person = await person_known_as(store, provider, who)
            if person is not None:
                let_in = await _let_in(store, person, provider, away, who, origin)
                return Returned(let_in, away.return_to)
        raise ProviderSignInRefused

    async def _identified(
        self, provider: IdentityProvider, ours: OurClient, away: Away, brought: Brought
    ) -> Identified:
        """Whom the provider vouches for. Raises IdTokenRefused, ProviderUnavailable."""
        now = self._storage.clock.now()
        metadata = await self._directory.metadata(provider.issuer, now=now)
        _check_issuer(metadata, brought.issuer)
        if brought.code is None:
            raise IdTokenRefused("the provider gave no code")
        id_token = await traded(
            self._directory.guard,
            metadata,
            ours,
            code=brought.code,
            verifier=away.code_verifier,
        )
        expected = Expected(
            provider.issuer,
            provider.client_id,
            away.nonce,
            asked_since=None if away.session_id is None else away.begun_at,
        )
        keys = await self._directory.keys(provider.issuer, now=now)
        try:
            return verified(id_token, keys, expected, now=now)
        except KeyUnknown:
            keys = await self._directory.keys(provider.issuer, now=now, is_one_missing=True)
            return verified(id_token, keys, expected, now=now)


async def _provider(store: Store, away: Away) -> IdentityProvider:
    """The provider, if it still serves. Raises ProviderSignInRefused."""
    try:
        provider = await store.identity_providers.get(away.provider_id)
    except RowNotFound as error:
        raise ProviderSignInRefused from error
    if not provider.is_enabled:
        raise ProviderSignInRefused
    return provider


def _check_issuer(metadata: ProviderMetadata, named: str | None) -> None:
    """RFC 9207: an answer that says whose it is must be this provider's. Raises IdTokenRefused."""
    if named is None and not metadata.authorization_response_iss_parameter_supported:
        return
    if named != metadata.issuer:
        raise IdTokenRefused("the answer is of another provider")


async def _let_in(
    store: Store,
    person: Person,
    provider: IdentityProvider,
    away: Away,
    who: Identified,
    origin: Origin,
) -> SignedIn | CodeDue:
    """Whoever has a second factor gives its code as well, as after a password.

    A one-time password is void from then on: it would have to be replaced first. Whom the provider
    only remembered has not proven who they are just now.
    """
    store.actor = store.actor.named(person.id)
    if person.password_is_temporary:
        person = await store.people.update(
            person.id,
            {"password_hash": None, "password_is_temporary": False},
            expected_version=person.version,
        )
    await store.api_log.create(
        AccessFields(
            request_id=store.actor.request_id,
            operation=OPERATION,
            outcome=SIGNED_IN,
            patient_ids=[],
            record_id=person.id,
        )
    )
    if person.second_factor_since is not None:
        return CodeDue(await issue_token(store, person.id, TokenPurpose.SIGN_IN))
    opened = await open_session(
        store,
        person,
        origin=origin,
        is_proof=who.was_asked(away.begun_at, store.now),
        has_provider_factor=has_second_factor(provider, who),
    )
    return SignedIn(await principal_of(store, person, opened.session), opened)
