"""What a sign-in remembers while the browser is away at the provider.

It lies sealed in a cookie of that browser, so that nothing is kept for whoever never comes back,
and nobody else can bring what comes back. It serves once.
"""

import base64
import binascii
import datetime as dt
import hashlib
import hmac
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from services.identity.oidc.exchange import Asked
from services.refusals import Category, Refusal
from storage.errors import SecretUnreadable
from storage.filters import StoredAnswerFilter
from storage.identifiers import SYSTEM_ACTOR_ID
from storage.interface import Store
from storage.tables.work import StoredAnswerFields

LIFETIME = dt.timedelta(minutes=10)
"""How long the browser may be away."""

OPERATION = "complete_provider_sign_in"
SIGNED_IN = 302
LONGEST_COOKIE = 4000
_COOKIE = "provider_sign_ins.cookie"
"""The purpose that the cookie is sealed for."""


@dataclass
class ProviderSignInRefused(Refusal):
    """Not signed in; never says why."""

    category: ClassVar[Category] = Category.NOT_AUTHENTICATED
    title: ClassVar[str] = "The sign-in with the identity provider did not succeed"

    @property
    def detail(self) -> str:
        return "Begin again. If it goes on, ask an administrator of your company."


class Away(BaseModel):
    """``session_id`` is the session whose person proves again who they are; without one the
    sign-in opens a session."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    provider_id: UUID
    state: str
    nonce: str
    code_verifier: str
    return_to: str
    begun_at: AwareDatetime
    session_id: UUID | None = None

    @property
    def expires_at(self) -> dt.datetime:
        return self.begun_at + LIFETIME


async def sealed_away(
    store: Store, provider_id: UUID, asked: Asked, *, return_to: str, session_id: UUID | None
) -> str:
    """The cookie of a browser that leaves now."""
    away = Away(
        provider_id=provider_id,
        state=asked.state,
        nonce=asked.nonce,
        code_verifier=asked.code_verifier,
        return_to=return_to,
        begun_at=store.now,
        session_id=session_id,
    )
    sealed = await store.secrets.seal(_COOKIE, store.company_id, away.model_dump_json().encode())
    return base64.urlsafe_b64encode(store.company_id.bytes + sealed).decode()


def parsed_cookie(cookie: str) -> tuple[UUID, bytes]:
    """The company of a cookie and what is sealed for it. Raises ProviderSignInRefused."""
    if len(cookie) > LONGEST_COOKIE:
        raise ProviderSignInRefused
    try:
        content = base64.b64decode(cookie, altchars=b"-_", validate=True)
        return UUID(bytes=content[:16]), content[16:]
    except (binascii.Error, ValueError) as error:
        raise ProviderSignInRefused from error


async def opened_away(store: Store, sealed: bytes) -> Away:
    """Raises ProviderSignInRefused."""
    try:
        away = Away.model_validate_json(await store.secrets.open(_COOKIE, store.company_id, sealed))
    except (SecretUnreadable, ValidationError) as error:
        raise ProviderSignInRefused from error
    if away.expires_at <= store.now:
        raise ProviderSignInRefused
    return away


async def serve_once(store: Store, away: Away, state: str) -> None:
    """Take the state, which belongs to this browser, once: it is kept until the cookie is over.

    Raises ProviderSignInRefused.
    """
    if not hmac.compare_digest(away.state.encode(), state.encode(errors="replace")):
        raise ProviderSignInRefused
    key = hashlib.sha256(away.state.encode()).hexdigest()
    await store.wait_for_lock(f"{OPERATION}/{key}")
    served = StoredAnswerFilter(
        principal_id=SYSTEM_ACTOR_ID, operation=OPERATION, idempotency_key=key
    )
    if await store.stored_answers.count(served):
        raise ProviderSignInRefused
    await store.stored_answers.create(
        StoredAnswerFields(
            principal_id=SYSTEM_ACTOR_ID,
            operation=OPERATION,
            idempotency_key=key,
            request_sha256=b"",
            status=SIGNED_IN,
            expires_at=away.expires_at,
        )
    )
