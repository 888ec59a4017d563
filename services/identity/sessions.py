"""Signed-in browsers: opened, listed, ended."""

import datetime as dt
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from services.identity.credentials import SESSION_PREFIX, NewSecret, make_credential, sha256
from services.identity.one_time_tokens import end_tokens
from services.identity.origins import Origin
from storage.errors import RowNotFound
from storage.filters import ByPerson
from storage.interface import Page, Store
from storage.tables.identity import Company, Person, PersonSession, PersonSessionFields

_CSRF_BYTES = 32


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """A new session: what the cookie and the page hold, of which only hashes are kept."""

    session: PersonSession
    credential: NewSecret
    csrf: NewSecret


async def open_session(
    store: Store,
    person: Person,
    *,
    origin: Origin,
    is_proof: bool = True,
    has_provider_factor: bool = False,
) -> OpenedSession:
    """Begin a session of a person who has just proved who they are, within the company's limits.

    Without a second factor of ours that is all the proof there is, if it ``is_proof``: a provider
    may have remembered them. With one, signing takes another code.
    """
    is_proven = is_proof and person.second_factor_since is None
    company = await store.companies.get(store.company_id)
    credential = make_credential(SESSION_PREFIX, store.company_id)
    csrf_token = secrets.token_urlsafe(_CSRF_BYTES)
    session = await store.person_sessions.create(
        PersonSessionFields(
            person_id=person.id,
            secret_sha256=credential.secret_sha256,
            csrf_sha256=sha256(csrf_token),
            expires_at=store.now + dt.timedelta(hours=company.session_hours),
            last_seen_at=store.now,
            idle_minutes=company.session_idle_minutes,
            idle_until=store.now + dt.timedelta(minutes=company.session_idle_minutes),
            browser=origin.browser,
            network=origin.network,
            proven_at=store.now if is_proven else None,
            has_provider_factor=has_provider_factor,
        )
    )
    return OpenedSession(session, credential, NewSecret(csrf_token, session.csrf_sha256))


def is_open(session: PersonSession, now: dt.datetime) -> bool:
    """Whether a session still holds."""
    return session.revoked_at is None and now < min(session.expires_at, session.idle_until)


async def list_sessions(
    store: Store, person_id: UUID, *, limit: int, after: UUID | None
) -> Page[PersonSession]:
    """A person's sessions that have not ended, newest first."""
    conditions = replace(_open(store, person_id), idle_from=store.now)
    return await store.person_sessions.list(conditions, limit=limit, after=after)


async def end_session(store: Store, session_id: UUID, *, person_id: UUID) -> None:
    """End one session of a person; ending it again changes nothing. Raises RowNotFound."""
    session = await store.person_sessions.lock(session_id)
    if session.person_id != person_id:
        raise RowNotFound("person_sessions")
    if session.revoked_at is None:
        await store.person_sessions.update(
            session_id, {"revoked_at": store.now}, expected_version=session.version
        )


async def end_sessions(
    store: Store, person_id: UUID, *, except_session: UUID | None = None
) -> None:
    """End all of a person's sessions, or all but one, and all that could begin another: sign-ins
    that wait for a code, links that were mailed."""
    await end_tokens(store, person_id)
    ended: Sequence[PersonSession] = [
        session
        for session in await store.person_sessions.lock_all(_open(store, person_id))
        if session.id != except_session
    ]
    await store.person_sessions.update_many(
        {session.id: session.version for session in ended},
        {"revoked_at": [store.now] * len(ended)},
    )


async def limit_sessions(store: Store, company: Company) -> None:
    """Have a company's new limits hold for its open sessions as well; none lasts longer by it than
    it was going to, but for the time that it may stand idle."""
    sessions = await store.person_sessions.lock_all(
        ByPerson(is_open=True, expires_from=store.now, idle_from=store.now)
    )
    idle = dt.timedelta(minutes=company.session_idle_minutes)
    longest = dt.timedelta(hours=company.session_hours)
    await store.person_sessions.update_many(
        {session.id: session.version for session in sessions},
        {
            "idle_minutes": [company.session_idle_minutes] * len(sessions),
            "idle_until": [session.last_seen_at + idle for session in sessions],
            "expires_at": [min(each.expires_at, each.created_at + longest) for each in sessions],
        },
    )


def _open(store: Store, person_id: UUID) -> ByPerson:
    return ByPerson(person_id=person_id, is_open=True, expires_from=store.now)
