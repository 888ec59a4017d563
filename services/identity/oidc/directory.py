"""What providers publish of themselves: their addresses (OpenID Connect Discovery 1.0) and keys.

Kept for an hour, for the providers that were asked last. Keys are asked for again when a token
names one that is not among them, but not more than once a minute: whoever sends forged tokens
must not have us call the provider for each.
"""

import datetime as dt
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

import httpx
from joserfc.jwk import Key
from pydantic import BaseModel, Field, ValidationError

from services.guarded_http import Guard, guarded_client
from services.identity.oidc.outbound import may_be_called
from services.identity.oidc.tokens import JsonWebKey, usable_keys
from services.refusals import Category, Refusal

LIFETIME = dt.timedelta(hours=1)
LEAST_BETWEEN_KEYS = dt.timedelta(minutes=1)
MOST_PROVIDERS = 256
PATIENCE_SECONDS = 5.0
"""How long a provider may take to answer."""

Url = Annotated[str, Field(min_length=1, max_length=2000)]


@dataclass
class ProviderUnavailable(Refusal):
    """The provider does not answer, or not as a provider does."""

    category: ClassVar[Category] = Category.UNAVAILABLE
    title: ClassVar[str] = "The identity provider does not answer as it should"

    @property
    def detail(self) -> str:
        return "Try again later. If it goes on, have its issuer checked."


class ProviderMetadata(BaseModel):
    """The part of a provider's metadata that is used."""

    issuer: str
    authorization_endpoint: Url
    token_endpoint: Url
    jwks_uri: Url
    token_endpoint_auth_methods_supported: list[str] = ["client_secret_basic"]
    authorization_response_iss_parameter_supported: bool = False

    @property
    def auth_method(self) -> str:
        """How the client proves itself at the token endpoint."""
        basic, post = "client_secret_basic", "client_secret_post"
        methods = self.token_endpoint_auth_methods_supported
        return post if post in methods and basic not in methods else basic


class _PublishedKeys(BaseModel):
    keys: list[JsonWebKey]


Keys = Mapping[str | None, list[Key]]


@dataclass(slots=True)
class _Known:
    """What is known of one provider, since when."""

    metadata: ProviderMetadata
    since: dt.datetime
    keys: Keys | None = None
    keys_since: dt.datetime | None = None


class ProviderDirectory:
    """The providers that this process has asked."""

    def __init__(self, guard: Guard) -> None:
        self.guard = guard
        self._known: OrderedDict[str, _Known] = OrderedDict()

    async def metadata(self, issuer: str, *, now: dt.datetime) -> ProviderMetadata:
        """The metadata of an issuer. Raises ProviderUnavailable."""
        return (await self._of(issuer, now)).metadata

    async def keys(self, issuer: str, *, now: dt.datetime, is_one_missing: bool = False) -> Keys:
        """The keys of an issuer, anew where one is missing. Raises ProviderUnavailable."""
        known = await self._of(issuer, now)
        if known.keys is not None and known.keys_since is not None:
            age = now - known.keys_since
            if age < (LEAST_BETWEEN_KEYS if is_one_missing else LIFETIME):
                return known.keys
        text = await self._fetched(known.metadata.jwks_uri)
        try:
            known.keys = usable_keys(_PublishedKeys.model_validate_json(text).keys)
        except ValidationError as error:
            raise ProviderUnavailable from error
        known.keys_since = now
        return known.keys

    async def _of(self, issuer: str, now: dt.datetime) -> _Known:
        known = self._known.get(issuer)
        if known is None or now - known.since >= LIFETIME:
            known = _Known(await self._discovered(issuer), now)
            self._known[issuer] = known
        self._known.move_to_end(issuer)
        while len(self._known) > MOST_PROVIDERS:
            self._known.popitem(last=False)
        return known

    async def _discovered(self, issuer: str) -> ProviderMetadata:
        text = await self._fetched(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        try:
            metadata = ProviderMetadata.model_validate_json(text)
        except ValidationError as error:
            raise ProviderUnavailable from error
        named = (metadata.authorization_endpoint, metadata.token_endpoint, metadata.jwks_uri)
        if metadata.issuer != issuer or not all(may_be_called(self.guard, url) for url in named):
            raise ProviderUnavailable
        return metadata

    async def _fetched(self, url: str) -> bytes:
        try:
            async with guarded_client(self.guard, longest_seconds=PATIENCE_SECONDS) as client:
                answer = await client.get(url, headers={"Accept": "application/json"})
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ProviderUnavailable from error
        if answer.status_code != httpx.codes.OK:
            raise ProviderUnavailable
        return answer.content
