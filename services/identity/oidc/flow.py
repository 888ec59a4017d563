"""Signing in with a company's provider: sent there, and what comes back for it.

What a sign-in remembers while the browser is away lies sealed in a cookie of that browser, so that
nothing is kept for whoever never comes back, and nobody else can bring what comes back. Whatever
is wrong with that is refused alike: an answer never says whether the company knows a person.
"""

import asyncio
import base64
import binascii
import datetime as dt
import hashlib
import hmac
from dataclasses import dataclass, field
from typing import ClassVar
from uuid import UUID

import structlog
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from services.identity.authentication import principal_of
from services.identity.beats import until_next_beat
from services.identity.companies import is_slug
from services.identity.oidc.directory import ProviderDirectory, ProviderMetadata
from services.identity.oidc.exchange import OurClient, asking, authorization_url, traded
from services.identity.oidc.people import person_known_as
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
from storage.errors import RowNotFound, SecretUnreadable
from storage.filters import IdentityProviderFilter, StoredAnswerFilter
from storage.identifiers import SYSTEM_ACTOR_ID, new_id
from storage.interface import Actor, IStorage, Store
from storage.tables.identity import Person
from storage.tables.providers import IdentityProvider
from storage.tables.trail import AccessFields
from storage.tables.work import StoredAnswerFields
from storage.vocabulary.identity import TokenPurpose

LIFETIME = dt.timedelta(minutes=10)
"""How long the browser may be away."""

LONGEST_COOKIE = 4000
_OPERATION = "complete_provider_sign_in"
_COOKIE = "provider_sign_ins.cookie"
"""The purpose that the cookie is sealed for."""
_SIGNED_IN = 302

log = structlog.get_logger("wellkept.sign_in")


@dataclass
class NoProvider(Refusal):
    """There is no such company, or it has no provider that is enabled."""

    category: ClassVar[Category] = Category.NOT_FOUND
    title: ClassVar[str] = "Nobody signs in here with an identity provider"


@dataclass
class ProviderSignInRefused(Refusal):
    """Not signed in; never says why."""

    category: ClassVar[Category] = Category.NOT_AUTHENTICATED
    title: ClassVar[str] = "The sign-in with the identity provider did not succeed"

    @property
    def detail(self) -> str:
        return "Begin again. If it goes on, ask an administrator of your company."


@dataclass(frozen=True, slots=True)
class Sent:
    """Where the browser goes, and the cookie that it comes back with."""

    location: str
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
    """Who has signed in, or has a code to give, and the page of ours that they wanted."""

    signed_in: SignedIn | CodeDue
    return_to: str


class _Away(BaseModel):
    """What a sign-in remembers while the browser is away."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    provider_id: UUID
    state: str
    nonce: str
    code_verifier: str
    return_to: str
    expires_at: AwareDatetime


class ProviderSignIn:
    """Sign-ins of one process, with what it knows of providers."""

    def __init__(self, storage: IStorage, directory: ProviderDirectory, redirect_uri: str) -> None:
        self._storage = storage
        self._directory = directory
        self._redirect_uri = redirect_uri

    async def begin(self, slug: str, *, return_to: str, request_id: UUID) -> Sent:
        """Send the browser to the company's provider. Raises NoProvider, ProviderUnavailable."""
        company_id = await self._storage.company_of_slug(slug if is_slug(slug) else "") or new_id()
        asked = asking()
        actor = Actor(SYSTEM_ACTOR_ID, request_id)
        async with self._storage.transaction(company_id, actor) as store:
            enabled = await store.identity_providers.all(IdentityProviderFilter(is_enabled=True))
            if not enabled:
                raise NoProvider
            away = _Away(
                provider_id=enabled[0].id,
                state=asked.state,
                nonce=asked.nonce,
                code_verifier=asked.code_verifier,
                return_to=return_to,
                expires_at=store.now + LIFETIME,
            )
            sealed = await store.secrets.seal(_COOKIE, away.model_dump_json().encode())
        metadata = await self._directory.metadata(enabled[0].issuer, now=self._storage.clock.now())
        location = authorization_url(metadata, enabled[0].client_id, self._redirect_uri, asked)
        return Sent(location, base64.urlsafe_b64encode(company_id.bytes + sealed).decode())

    async def complete(self, brought: Brought, *, origin: Origin, request_id: UUID) -> Returned:
        """Open a session for whom the provider vouches for, or wait for their second factor.

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

    async def _completed(self, brought: Brought, origin: Origin, request_id: UUID) -> Returned:
        company_id, sealed = _parsed(brought.cookie)
        actor = Actor(SYSTEM_ACTOR_ID, request_id)
        async with self._storage.transaction(company_id, actor) as store:
            away = await _opened(store, sealed)
            provider = await _provider(store, away)
            await _serve_once(store, away, brought.state)
            secret = (await store.secrets.open(SECRET, provider.client_secret)).decode()
        ours = OurClient(provider.client_id, secret, self._redirect_uri)
        who = await self._identified(provider, ours, away, brought)
        async with self._storage.transaction(company_id, actor) as store:
            person = await person_known_as(store, await _provider(store, away), who)
            if person is not None:
                return Returned(await _let_in(store, person, origin), away.return_to)
        raise ProviderSignInRefused

    async def _identified(
        self, provider: IdentityProvider, ours: OurClient, away: _Away, brought: Brought
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
        expected = Expected(provider.issuer, provider.client_id, away.nonce)
        keys = await self._directory.keys(provider.issuer, now=now)
        try:
            return verified(id_token, keys, expected, now=now)
        except KeyUnknown:
            keys = await self._directory.keys(provider.issuer, now=now, is_one_missing=True)
            return verified(id_token, keys, expected, now=now)


def _parsed(cookie: str) -> tuple[UUID, bytes]:
    """The company of a cookie and what is sealed for it. Raises ProviderSignInRefused."""
    if len(cookie) > LONGEST_COOKIE:
        raise ProviderSignInRefused
    try:
        content = base64.b64decode(cookie, altchars=b"-_", validate=True)
        return UUID(bytes=content[:16]), content[16:]
    except (binascii.Error, ValueError) as error:
        raise ProviderSignInRefused from error


async def _opened(store: Store, sealed: bytes) -> _Away:
    """Raises ProviderSignInRefused."""
    try:
        away = _Away.model_validate_json(await store.secrets.open(_COOKIE, sealed))
    except (SecretUnreadable, ValidationError) as error:
        raise ProviderSignInRefused from error
    if away.expires_at <= store.now:
        raise ProviderSignInRefused
    return away


async def _provider(store: Store, away: _Away) -> IdentityProvider:
    """The provider, if it still serves. Raises ProviderSignInRefused."""
    try:
        provider = await store.identity_providers.get(away.provider_id)
    except RowNotFound as error:
        raise ProviderSignInRefused from error
    if not provider.is_enabled:
        raise ProviderSignInRefused
    return provider


async def _serve_once(store: Store, away: _Away, state: str) -> None:
    """Take the state, which belongs to this browser, once: it is kept until the cookie is over.

    Raises ProviderSignInRefused.
    """
    if not hmac.compare_digest(away.state.encode(), state.encode(errors="replace")):
        raise ProviderSignInRefused
    key = hashlib.sha256(away.state.encode()).hexdigest()
    await store.wait_for_lock(f"{_OPERATION}/{key}")
    served = StoredAnswerFilter(
        principal_id=SYSTEM_ACTOR_ID, operation=_OPERATION, idempotency_key=key
    )
    if await store.stored_answers.count(served):
        raise ProviderSignInRefused
    await store.stored_answers.create(
        StoredAnswerFields(
            principal_id=SYSTEM_ACTOR_ID,
            operation=_OPERATION,
            idempotency_key=key,
            request_sha256=b"",
            status=_SIGNED_IN,
            expires_at=away.expires_at,
        )
    )


def _check_issuer(metadata: ProviderMetadata, named: str | None) -> None:
    """RFC 9207: an answer that says whose it is must be this provider's. Raises IdTokenRefused."""
    if named is None and not metadata.authorization_response_iss_parameter_supported:
        return
    if named != metadata.issuer:
        raise IdTokenRefused("the answer is of another provider")


async def _let_in(store: Store, person: Person, origin: Origin) -> SignedIn | CodeDue:
    """Whoever has a second factor gives its code as well, as after a password.

    A one-time password is void from then on: it would have to be replaced first.
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
            operation=_OPERATION,
            outcome=_SIGNED_IN,
            patient_ids=[],
            record_id=person.id,
        )
    )
    if person.second_factor_since is not None:
        return CodeDue(await issue_token(store, person.id, TokenPurpose.SIGN_IN))
    opened = await open_session(store, person, origin=origin)
    return SignedIn(await principal_of(store, person, opened.session), opened)
