"""A company's identity providers: which, for whom, and whether anything else lets people in.

Whoever decides where people prove who they are can sign in as any of them, so it takes every scope.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import ConfigDict, Field, SecretStr
from pydantic.config import JsonDict

from services.guarded_http import Guard
from services.identity.oidc.break_glass import can_break_glass
from services.identity.oidc.outbound import may_be_called
from services.identity.oidc.proofs import end_provider_factors
from services.identity.roles import check_grant
from services.identity.scopes import Scope, require_all
from services.inputs import Input, left_out
from services.refusals import Fault, InvalidInput, Refusal
from storage.errors import DuplicateValue, RowNotFound, VersionConflict
from storage.filters import IdentityProviderFilter
from storage.identifiers import new_id
from storage.interface import Page, Store
from storage.tables.providers import IdentityProvider, IdentityProviderFields
from storage.vocabulary.identity import Role

_SECOND_FACTORS = frozenset({"is_enabled", "second_factor_contexts", "second_factor_methods"})
SECRET = "identity_providers.client_secret"  # noqa: S105 -- what is sealed, by table and column
MOST_DOMAINS = 50
_DOMAIN = re.compile(r"(?=.{1,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,62}")
_VISIBLE = r"^[!-~]+$"

Issuer = Annotated[str, Field(min_length=1, max_length=500, pattern=_VISIBLE)]
ClientId = Annotated[str, Field(min_length=1, max_length=200, pattern=_VISIBLE)]
ClientSecret = Annotated[SecretStr, Field(min_length=1, max_length=1000)]
Names = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=200, pattern=_VISIBLE)]],
    Field(max_length=10, examples=[["mfa"]]),
]
Domains = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=253)]],
    Field(min_length=1, max_length=MOST_DOMAINS),
]

_EXAMPLE: JsonDict = {
    "issuer": "https://login.riverbend.example",
    "client_id": "wellkept",
    "client_secret": "the-secret-that-the-provider-gave",
    "email_domains": ["riverbend.example"],
}


@dataclass
class ProviderKnown(Refusal):
    """The company has this issuer already, or another provider is enabled."""

    title: ClassVar[str] = "The company has this provider already, or another one is enabled"
    fields: list[str]


class NewProvider(Input):
    """A provider to bring. Whoever it knows under an address of ``email_domains`` may sign in, if
    they are a person of the company, or if it ``makes_people``: in the role that ``new_role`` or
    ``new_role_id`` names. If it ``is_required``, only the administrator whom ``break_glass_id``
    names goes on signing in by password. For whoever has no second factor here, a sign-in that the
    provider says was in one of ``second_factor_contexts`` (acr) or by one of
    ``second_factor_methods`` (amr) has one; usually none does."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    issuer: Issuer
    client_id: ClientId
    client_secret: ClientSecret
    email_domains: Domains
    is_enabled: bool = False
    is_required: bool = False
    break_glass_id: UUID | None = None
    makes_people: bool = False
    new_role: Role | None = None
    new_role_id: UUID | None = None
    second_factor_contexts: Names = []
    second_factor_methods: Names = []


class ProviderChanges(Input):
    """What to change of a provider; what is left out stays. Another issuer is another provider."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"is_enabled": True}]})

    client_id: ClientId = left_out()
    client_secret: ClientSecret = left_out()
    email_domains: Domains = left_out()
    is_enabled: bool = left_out()
    is_required: bool = left_out()
    break_glass_id: UUID | None = None
    makes_people: bool = left_out()
    new_role: Role | None = None
    new_role_id: UUID | None = None
    second_factor_contexts: Names = left_out()
    second_factor_methods: Names = left_out()


async def create_provider(
    store: Store, new: NewProvider, *, granted_by: Collection[str], guard: Guard
) -> IdentityProvider:
    """Raises InvalidInput, PrivilegeTooHigh, ProviderKnown."""
    require_all(granted_by, frozenset(Scope))
    provider_id = new_id()
    given = {**dict(new), "client_secret": await _sealed(store, provider_id, new.client_secret)}
    given["email_domains"] = _domains(new.email_domains)
    fields = IdentityProviderFields(**given)
    parts = urlsplit(new.issuer)
    if not may_be_called(guard, new.issuer) or parts.query or parts.fragment:
        raise InvalidInput([Fault("/issuer", "is the https address of an OpenID provider")])
    await _check(store, fields, granted_by)
    try:
        return await store.identity_providers.create(fields, row_id=provider_id)
    except DuplicateValue as error:
        raise ProviderKnown(list(error.columns)) from error


async def get_provider(store: Store, provider_id: UUID) -> IdentityProvider:
    """Raises RowNotFound."""
    return await store.identity_providers.get(provider_id)


async def list_providers(store: Store, *, limit: int, after: UUID | None) -> Page[IdentityProvider]:
    """Providers, newest first."""
    return await store.identity_providers.list(IdentityProviderFilter(), limit=limit, after=after)


async def change_provider(
    store: Store,
    provider_id: UUID,
    changes: ProviderChanges,
    *,
    expected_version: int,
    granted_by: Collection[str],
) -> IdentityProvider:
    """What counts as a second factor from then on, counts in no session that is open already.

    Raises RowNotFound, VersionConflict, InvalidInput, PrivilegeTooHigh, ProviderKnown.
    """
    require_all(granted_by, frozenset(Scope))
    given = changes.given()
    provider = await _held(store, provider_id, expected_version)
    if "client_secret" in given:
        given["client_secret"] = await _sealed(store, provider_id, changes.client_secret)
    if "email_domains" in given:
        given["email_domains"] = _domains(changes.email_domains)
    if not given:
        return provider
    await _check(store, _merged(provider, given), granted_by)
    if not _SECOND_FACTORS.isdisjoint(given):
        await end_provider_factors(store)
    try:
        return await store.identity_providers.update(
            provider_id, given, expected_version=expected_version
        )
    except DuplicateValue as error:
        raise ProviderKnown(list(error.columns)) from error


async def delete_provider(
    store: Store, provider_id: UUID, *, expected_version: int, granted_by: Collection[str]
) -> None:
    """Raises RowNotFound, VersionConflict, PrivilegeTooHigh."""
    require_all(granted_by, frozenset(Scope))
    await _held(store, provider_id, expected_version)
    await end_provider_factors(store)
    await store.identity_providers.delete(provider_id, expected_version=expected_version)


async def _held(store: Store, provider_id: UUID, expected_version: int) -> IdentityProvider:
    provider = await store.identity_providers.lock(provider_id)
    if provider.version != expected_version:
        raise VersionConflict("identity_providers")
    return provider


def _merged(provider: IdentityProvider, given: Mapping[str, object]) -> IdentityProviderFields:
    names = IdentityProviderFields.model_fields
    kept = {name: getattr(provider, name) for name in names}
    return IdentityProviderFields(**{**kept, **given})


async def _check(
    store: Store, provider: IdentityProviderFields, granted_by: Collection[str]
) -> None:
    """Whether its settings go together. Raises InvalidInput, PrivilegeTooHigh."""
    if provider.makes_people:
        try:
            await check_grant(store, provider.new_role, provider.new_role_id, granted_by=granted_by)
        except InvalidInput as error:
            message = "exactly one role that exists is given to people whom the provider makes"
            raise InvalidInput([Fault("/new_role", message)]) from error
    elif provider.new_role is not None or provider.new_role_id is not None:
        raise InvalidInput([Fault("/new_role", "is given only where the provider makes people")])
    if provider.is_required:
        if not provider.is_enabled:
            raise InvalidInput([Fault("/is_required", "is possible only for an enabled provider")])
        await _check_break_glass(store, provider.break_glass_id)
    elif provider.break_glass_id is not None:
        raise InvalidInput([Fault("/break_glass_id", "is named only for a required provider")])


async def _check_break_glass(store: Store, person_id: UUID | None) -> None:
    """Raises InvalidInput."""
    try:
        person = None if person_id is None else await store.people.lock(person_id)
    except RowNotFound:
        person = None
    if person is None or not can_break_glass(person):
        message = "names an enabled administrator with a password and a second factor"
        raise InvalidInput([Fault("/break_glass_id", message)])


async def _sealed(store: Store, provider_id: UUID, secret: SecretStr) -> bytes:
    return await store.secrets.seal(SECRET, provider_id, secret.get_secret_value().encode())


def _domains(given: Collection[str]) -> list[str]:
    """One spelling for each. Raises InvalidInput."""
    domains = sorted({domain.strip().lower() for domain in given})
    if not all(map(_DOMAIN.fullmatch, domains)):
        raise InvalidInput([Fault("/email_domains", "are domains, such as riverbend.example")])
    return domains
