"""Signed-in browsers: opened, listed, ended."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from services.identity.authentication import IDLE_LIMIT, SESSION_LIFETIME
from services.identity.credentials import SESSION_PREFIX, NewSecret, make_credential, sha256
from storage.errors import RowNotFound
from storage.filters import ByPerson
from storage.interface import Page, Store
from storage.tables.identity import Person, PersonSession, PersonSessionFields

_CSRF_BYTES = 32


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """A new session: what the cookie and the page hold, of which only hashes are kept."""

    session: PersonSession
    credential: NewSecret
    csrf: NewSecret


async def open_session(store: Store, person: Person) -> OpenedSession:
    """Begin a session of a person who has just proved who they are."""
    credential = make_credential(SESSION_PREFIX, store.company_id)
    csrf_token = secrets.token_urlsafe(_CSRF_BYTES)
    session = await store.person_sessions.create(
        PersonSessionFields(
            person_id=person.id,
            secret_sha256=credential.secret_sha256,
            csrf_sha256=sha256(csrf_token),
            expires_at=store.now + SESSION_LIFETIME,
            last_seen_at=store.now,
        )
    )
    return OpenedSession(session, credential, NewSecret(csrf_token, session.csrf_sha256))


async def list_sessions(
    store: Store, person_id: UUID, *, limit: int, after: UUID | None
) -> Page[PersonSession]:
    """A person's sessions that have not ended, newest first."""
    conditions = replace(_open(store, person_id), seen_from=store.now - IDLE_LIMIT)
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
    """End all of a person's sessions, or all but one."""
    ended: Sequence[PersonSession] = [
        session
        for session in await store.person_sessions.lock_all(_open(store, person_id))
        if session.id != except_session
    ]
    await store.person_sessions.update_many(
        {session.id: session.version for session in ended},
        {"revoked_at": [store.now] * len(ended)},
    )


def _open(store: Store, person_id: UUID) -> ByPerson:
    return ByPerson(person_id=person_id, is_open=True, expires_from=store.now)
