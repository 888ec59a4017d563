"""API keys: how a company's own systems prove who they are."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import AwareDatetime, Field

from services.identity.authentication import Principal
from services.identity.credentials import KEY_PREFIX, NewSecret, make_credential
from services.identity.scopes import Scope, require_all
from services.inputs import Input, Name
from services.outbox.events import publish
from services.refusals import Fault, InvalidInput, Refusal
from storage.errors import VersionConflict
from storage.filters import ApiKeyFilter
from storage.identifiers import new_id
from storage.interface import Page, Store
from storage.tables.identity import ApiKey, ApiKeyFields, PrincipalFields
from storage.vocabulary.identity import PrincipalKind
from storage.vocabulary.outbox import EventType

LONGEST_LIFE = dt.timedelta(days=731)
"""Two years, a leap day included."""
USUAL_LIFE = dt.timedelta(days=365)
"""The life of a key that was made without an expiry."""
LONGEST_OVERLAP_HOURS = 168


@dataclass
class KeyOver(Refusal):
    """A key that was revoked or has expired gets no new secret."""

    title: ClassVar[str] = "The key was revoked or has expired"

    @property
    def detail(self) -> str:
        return "Make a new key."


class NewKey(Input):
    """A key to make. Without ``expires_at`` it expires in a year."""

    name: Name
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=len(Scope))]
    expires_at: AwareDatetime | None = None


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A key and its secret, which nobody can read again."""

    key: ApiKey
    secret: NewSecret


async def create_key(store: Store, new: NewKey, *, granted_by: Collection[str]) -> IssuedKey:
    """Make a key, by somebody who holds the scopes ``granted_by``.

    Raises InvalidInput, PrivilegeTooHigh.
    """
    require_all(granted_by, new.scopes)
    secret = make_credential(KEY_PREFIX, store.company_id)
    fields = ApiKeyFields(
        principal_id=new_id(),
        name=new.name,
        scopes=sorted({scope.value for scope in new.scopes}),
        secret_sha256=secret.secret_sha256,
        expires_at=_expiry(new.expires_at, store.now),
    )
    await store.principals.create_many(
        [PrincipalFields(kind=PrincipalKind.API_KEY, name=new.name)], ids=[fields.principal_id]
    )
    await store.api_keys.create_many([fields], ids=[fields.principal_id])
    await publish(store, EventType.KEY_CREATED, "api_keys", fields.principal_id)
    return IssuedKey(await store.api_keys.get(fields.principal_id), secret)


async def get_key(store: Store, key_id: UUID) -> ApiKey:
    """Raises RowNotFound."""
    return await store.api_keys.get(key_id)


async def list_keys(
    store: Store, conditions: ApiKeyFilter, *, limit: int, after: UUID | None
) -> Page[ApiKey]:
    """Keys, newest first."""
    return await store.api_keys.list(conditions, limit=limit, after=after)


async def rotate_key(
    store: Store,
    key_id: UUID,
    *,
    overlap_hours: int,
    expected_version: int,
    granted_by: Collection[str],
) -> IssuedKey:
    """Give a key a new secret; the old one holds for 0 to 168 more hours.

    A secret that an earlier rotation left valid ends at once. The expiry stays.
    Raises InvalidInput, RowNotFound, VersionConflict, PrivilegeTooHigh, KeyOver.
    """
    if not 0 <= overlap_hours <= LONGEST_OVERLAP_HOURS:
        message = f"is 0 to {LONGEST_OVERLAP_HOURS}, not {overlap_hours}"
        raise InvalidInput([Fault("/overlap_hours", message)])
    key = await _held(store, key_id, expected_version)
    require_all(granted_by, key.scopes)
    if key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= store.now):
        raise KeyOver
    secret = make_credential(KEY_PREFIX, store.company_id)
    overlaps = overlap_hours > 0
    rotated = await store.api_keys.update(
        key_id,
        {
            "secret_sha256": secret.secret_sha256,
            "rotated_by": store.actor.principal_id,
            "previous_secret_sha256": key.secret_sha256 if overlaps else None,
            "previous_valid_until": (
                store.now + dt.timedelta(hours=overlap_hours) if overlaps else None
            ),
        },
        expected_version=expected_version,
    )
    return IssuedKey(rotated, secret)


async def revoke_key(store: Store, key_id: UUID, *, expected_version: int) -> ApiKey:
    """End a key at once, with every secret of it. Revoked already, it stays as it is.

    Raises RowNotFound, VersionConflict.
    """
    key = await _held(store, key_id, expected_version)
    if key.revoked_at is not None:
        return key
    await publish(store, EventType.KEY_REVOKED, "api_keys", key_id)
    return await store.api_keys.update(
        key_id, {"revoked_at": store.now}, expected_version=expected_version
    )


async def clear_flag(
    store: Store, key_id: UUID, *, expected_version: int, principal: Principal
) -> ApiKey:
    """Say that a flagged key was looked at and is right, by somebody who may do what it may.

    Raises PersonNeeded, RowNotFound, VersionConflict, PrivilegeTooHigh.
    """
    principal.require_session()
    key = await _held(store, key_id, expected_version)
    require_all(principal.scopes, key.scopes)
    if key.flagged_at is None:
        return key
    return await store.api_keys.update(
        key_id, {"flagged_at": None, "flag": None}, expected_version=expected_version
    )


def _expiry(wanted: dt.datetime | None, now: dt.datetime) -> dt.datetime:
    """Raises InvalidInput."""
    if wanted is None:
        return now + USUAL_LIFE
    if not now < wanted <= now + LONGEST_LIFE:
        message = f"is later than now and at most {LONGEST_LIFE.days} days away"
        raise InvalidInput([Fault("/expires_at", message)])
    return wanted


async def _held(store: Store, key_id: UUID, expected_version: int) -> ApiKey:
    key = await store.api_keys.lock(key_id)
    if key.version != expected_version:
        raise VersionConflict("api_keys")
    return key
