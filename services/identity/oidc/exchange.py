"""Trading the code that a browser brought for the provider's word (RFC 6749, 4.1.3; RFC 7636)."""

import base64
import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from urllib.parse import quote_plus

import httpx
from pydantic import BaseModel, ValidationError

from services.guarded_http import Guard, guarded_client
from services.identity.oidc.directory import PATIENCE_SECONDS, ProviderMetadata, ProviderUnavailable
from services.identity.oidc.tokens import IdTokenRefused

_SCOPE = "openid email profile"
_RANDOM_BYTES = 32


@dataclass(frozen=True, slots=True)
class OurClient:
    """As whom the provider knows the company's Wellkept, and where it sends browsers back to."""

    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What one sign-in holds against what comes back for it."""

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    code_verifier: str = field(repr=False)


class _Traded(BaseModel):
    """What is used of a provider's answer."""

    id_token: str


def asking() -> Asked:
    """Three fresh secrets of a sign-in."""
    return Asked(*(secrets.token_urlsafe(_RANDOM_BYTES) for _ in range(3)))


def authorization_url(
    metadata: ProviderMetadata,
    client_id: str,
    redirect_uri: str,
    asked: Asked,
    *,
    contexts: Collection[str] = (),
    is_anew: bool = False,
) -> str:
    """Where the browser goes to sign in: in one of the ``contexts`` if that can be (acr), and
    ``is_anew`` whether or not the provider remembers who it is."""
    parameters = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "scope": _SCOPE,
        "state": asked.state,
        "nonce": asked.nonce,
        "code_challenge": _challenge(asked.code_verifier),
        "code_challenge_method": "S256",
    }
    if contexts:
        parameters["acr_values"] = " ".join(contexts)
    if is_anew:
        parameters |= {"prompt": "login", "max_age": "0"}
    return str(httpx.URL(metadata.authorization_endpoint).copy_merge_params(parameters))


async def traded(
    guard: Guard, metadata: ProviderMetadata, ours: OurClient, *, code: str, verifier: str
) -> str:
    """The ID token for a code. Raises ProviderUnavailable; IdTokenRefused where there is none."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "code_verifier": verifier,
        "redirect_uri": ours.redirect_uri,
    }
    headers = {}
    if metadata.auth_method == "client_secret_basic":
        headers["Authorization"] = _basic(ours)
    else:
        form |= {"client_id": ours.client_id, "client_secret": ours.client_secret}
    try:
        async with guarded_client(guard, longest_seconds=PATIENCE_SECONDS) as client:
            answer = await client.post(metadata.token_endpoint, data=form, headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ProviderUnavailable from error
    if answer.is_client_error:
        raise IdTokenRefused("the provider does not take the code")
    try:
        return _Traded.model_validate_json(answer.content).id_token
    except ValidationError as error:
        raise ProviderUnavailable from error


def _challenge(verifier: str) -> str:
    """What is shown of a code verifier beforehand (RFC 7636, 4.2)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _basic(ours: OurClient) -> str:
    """How a client names itself and its secret (RFC 6749, 2.3.1)."""
    pair = f"{quote_plus(ours.client_id)}:{quote_plus(ours.client_secret)}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"
