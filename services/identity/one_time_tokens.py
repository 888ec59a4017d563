"""Tokens that serve once: to go on with a sign-in, to accept an invitation, to reset a password.

A token holds for one company, one person, one purpose and a while; a newer one of the same purpose
takes its place. Of its 256 random bits a hash is kept. Whoever issues or uses one holds the
person's row, so of two who use it at once one comes too late.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from services.identity.credentials import (
    Credential,
    NewSecret,
    make_credential,
    parse_credential,
)
from storage.filters import OneTimeTokenFilter
from storage.interface import Store
from storage.tables.factors import OneTimeToken, OneTimeTokenFields
from storage.vocabulary.identity import TokenPurpose


@dataclass(frozen=True, slots=True)
class _Kind:
    """How tokens of a purpose begin, and how long they hold."""

    prefix: str
    lifetime: dt.timedelta


_KINDS: Mapping[TokenPurpose, _Kind] = {
    TokenPurpose.SIGN_IN: _Kind("wc", dt.timedelta(minutes=5)),
    TokenPurpose.INVITATION: _Kind("wi", dt.timedelta(days=7)),
    TokenPurpose.PASSWORD_RESET: _Kind("wr", dt.timedelta(hours=1)),
}


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A new token: its text, which nobody can read again, and when it expires."""

    secret: NewSecret
    expires_at: dt.datetime


def parse_token(purpose: TokenPurpose, text: str) -> Credential | None:
    """The company and the hash of a token, or None for what cannot be one of this purpose."""
    return parse_credential(_KINDS[purpose].prefix, text)


async def issue_token(store: Store, person_id: UUID, purpose: TokenPurpose) -> IssuedToken:
    """Make a token of a person whose row the transaction holds; an earlier one is void."""
    kind = _KINDS[purpose]
    secret = make_credential(kind.prefix, store.company_id)
    expires_at = store.now + kind.lifetime
    earlier = await store.one_time_tokens.lock_all(
        OneTimeTokenFilter(person_id=person_id, purpose=purpose)
    )
    if earlier:
        await store.one_time_tokens.update(
            earlier[0].id,
            {
                "secret_sha256": secret.secret_sha256,
                "expires_at": expires_at,
                "ended_at": None,
            },
            expected_version=earlier[0].version,
        )
    else:
        await store.one_time_tokens.create(
            OneTimeTokenFields(
                person_id=person_id,
                purpose=purpose,
                secret_sha256=secret.secret_sha256,
                expires_at=expires_at,
            )
        )
    return IssuedToken(secret, expires_at)


async def standing_token(
    store: Store, purpose: TokenPurpose, secret_sha256: bytes
) -> OneTimeToken | None:
    """The token with this hash, if it still holds: to learn whose row to hold. See held_token."""
    found = await store.one_time_tokens.all(_named(purpose, secret_sha256))
    return found[0] if found and store.now < found[0].expires_at else None


async def held_token(
    store: Store, purpose: TokenPurpose, secret_sha256: bytes
) -> OneTimeToken | None:
    """The same once the person's row is held: what it says now is so until the transaction ends."""
    found = await store.one_time_tokens.lock_all(_named(purpose, secret_sha256))
    return found[0] if found and store.now < found[0].expires_at else None


async def end_token(store: Store, token: OneTimeToken) -> None:
    """Let a token serve no more."""
    await store.one_time_tokens.update(
        token.id, {"ended_at": store.now}, expected_version=token.version
    )


async def end_tokens(store: Store, person_id: UUID) -> None:
    """Let no token of a person serve any more."""
    open_ones = await store.one_time_tokens.lock_all(
        OneTimeTokenFilter(person_id=person_id, is_open=True)
    )
    await store.one_time_tokens.update_many(
        {token.id: token.version for token in open_ones},
        {"ended_at": [store.now] * len(open_ones)},
    )


def _named(purpose: TokenPurpose, secret_sha256: bytes) -> OneTimeTokenFilter:
    return OneTimeTokenFilter(purpose=purpose, secret_sha256=secret_sha256, is_open=True)
