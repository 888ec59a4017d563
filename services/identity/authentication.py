"""Who is asking: a key or a signed-in person, looked up in the transaction that does the work."""

import datetime as dt
import hmac
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from services.identity.credentials import sha256
from services.identity.guarded_scopes import need_second_factor
from services.identity.roles import scopes_held
from services.identity.scopes import Scope
from services.refusals import Category, Refusal
from storage.errors import VersionConflict
from storage.filters import ApiKeyFilter, ByPerson
from storage.interface import Store
from storage.tables.identity import Person, PersonSession
from storage.vocabulary.identity import PrincipalKind

PROOF_LIFETIME = dt.timedelta(minutes=5)
"""For so long somebody who has just proved who they are may sign."""

LAST_USE_RESOLUTION = dt.timedelta(hours=1)
LAST_SEEN_RESOLUTION = dt.timedelta(minutes=5)
_NOTES_PER_IDLE_LIMIT = 6
"""How often at least a used session is noted before it would have ended for want of use."""


EMERGENCY_SCOPES: frozenset[str] = frozenset({Scope.PATIENTS_READ, Scope.CLAIMS_READ})
"""What an emergency lets somebody do: read, and never change anything or hand it on."""


@dataclass
class NotAuthenticated(Refusal):
    """No credential, or one that does not hold (any more).

    ``attempted_by`` is whose credential it was, for the record; the answer never says.
    """

    category: ClassVar[Category] = Category.NOT_AUTHENTICATED
    title: ClassVar[str] = "A valid credential is needed"
    attempted_by: UUID | None = None

    @property
    def data(self) -> dict[str, object]:
        return {}


@dataclass
class MissingScope(Refusal):
    """The credential holds, but not for this."""

    category: ClassVar[Category] = Category.FORBIDDEN
    title: ClassVar[str] = "The credential lacks the scope"
    scope: str


@dataclass
class PasswordChangeDue(MissingScope):
    """Somebody signed in with a one-time password, and has not chosen their own yet."""

    title: ClassVar[str] = "Choose a password of your own first"


@dataclass
class SecondFactorDue(MissingScope):
    """Somebody who manages or signs has no second factor yet."""

    title: ClassVar[str] = "Enrol a second factor first"


@dataclass
class ReauthenticationNeeded(Refusal):
    """A step that only somebody takes who has just proved again who they are."""

    category: ClassVar[Category] = Category.FORBIDDEN
    title: ClassVar[str] = "Prove again who you are, then repeat this"
    proof: str = "/api/v1/sessions/current/proof"
    provider_proof: str = "/api/v1/sessions/current/provider-proof"


@dataclass
class PersonNeeded(Refusal):
    """A step that only a signed-in person can take."""

    category: ClassVar[Category] = Category.FORBIDDEN
    title: ClassVar[str] = "Only a signed-in person can do this, not an API key"


@dataclass
class CsrfRefused(Refusal):
    """A change by cookie without the token that proves that our own page asked for it."""

    category: ClassVar[Category] = Category.FORBIDDEN
    title: ClassVar[str] = "The X-CSRF-Token header is missing or wrong"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who acts, and what they may."""

    id: UUID
    kind: PrincipalKind
    company_id: UUID
    name: str
    scopes: frozenset[str]
    session_id: UUID | None = None
    must_choose_password: bool = False
    must_enrol_second_factor: bool = False
    has_second_factor: bool = False
    emergency_access_id: UUID | None = None
    """The emergency access that holds for this session: it adds ``EMERGENCY_SCOPES`` to what one
    may do, not to ``scopes``, which are what one can grant."""
    proven_at: dt.datetime | None = None
    """When this session's person last proved who they are with all that they sign in with."""

    def require(self, scope: Scope) -> None:
        """Raises MissingScope, PasswordChangeDue, SecondFactorDue."""
        self.require_ready(scope)
        in_emergency = self.emergency_access_id is not None and scope in EMERGENCY_SCOPES
        if scope not in self.scopes and not in_emergency:
            raise MissingScope(scope)

    def require_ready(self, scope: Scope) -> None:
        """What every scope needs of a person. Raises PasswordChangeDue, SecondFactorDue."""
        if self.must_choose_password:
            raise PasswordChangeDue(scope)
        if self.must_enrol_second_factor:
            raise SecondFactorDue(scope)

    def require_session(self) -> UUID:
        """The session of the person who asks. Raises PersonNeeded."""
        if self.session_id is None:
            raise PersonNeeded
        return self.session_id

    def require_recent_proof(self, now: dt.datetime) -> None:
        """What signing needs: password and second factor, proven in this session just now.

        Raises PersonNeeded, ReauthenticationNeeded.
        """
        self.require_fresh_proof(now)
        if not self.has_second_factor:
            raise ReauthenticationNeeded

    def require_fresh_proof(self, now: dt.datetime) -> None:
        """The same with what the person has: without a second factor, the password alone.

        Raises PersonNeeded, ReauthenticationNeeded.
        """
        self.require_session()
        if self.proven_at is None or not self.proven_at <= now < self.proven_at + PROOF_LIFETIME:
            raise ReauthenticationNeeded


async def authenticate_key(store: Store, secret_sha256: bytes) -> Principal:
    """The principal of an API key. Raises NotAuthenticated."""
    found = await store.api_keys.all(ApiKeyFilter(secret_sha256=secret_sha256))
    for key in found:
        rotated_out = key.secret_sha256 != secret_sha256
        if rotated_out and (
            key.previous_valid_until is None or key.previous_valid_until <= store.now
        ):
            continue
        if key.revoked_at is not None:
            continue
        if key.expires_at is not None and key.expires_at <= store.now:
            continue
        if key.last_used_at is None or store.now - key.last_used_at > LAST_USE_RESOLUTION:
            store.actor = store.actor.named(key.id)
            await _note_use(store, key.id, key.version)
        return Principal(
            key.id, PrincipalKind.API_KEY, store.company_id, key.name, frozenset(key.scopes)
        )
    raise NotAuthenticated(attempted_by=found[0].id if found else None)


async def _note_use(store: Store, key_id: UUID, version: int) -> None:
    """Remember when a key was used last; another request that is doing so is as good.

    Only one request tries, so that none waits for the end of another's transaction.
    """
    if not await store.try_lock(f"use/{key_id}"):
        return
    try:
        await store.api_keys.update(key_id, {"last_used_at": store.now}, expected_version=version)
    except VersionConflict:
        return


async def authenticate_session(
    store: Store, secret_sha256: bytes, *, csrf_token: str | None, is_change: bool
) -> Principal:
    """The principal of a session cookie. Raises NotAuthenticated, CsrfRefused."""
    found = await store.person_sessions.all(ByPerson(secret_sha256=secret_sha256))
    if not found:
        raise NotAuthenticated
    session = found[0]
    if session.revoked_at is not None:
        raise NotAuthenticated(attempted_by=session.person_id)
    if store.now >= min(session.expires_at, session.idle_until):
        raise NotAuthenticated
    person = await store.people.get(session.person_id)
    if person.disabled_at is not None:
        raise NotAuthenticated
    if is_change and not (
        csrf_token is not None and hmac.compare_digest(sha256(csrf_token), session.csrf_sha256)
    ):
        raise CsrfRefused
    idle_limit = dt.timedelta(minutes=session.idle_minutes)
    resolution = min(LAST_SEEN_RESOLUTION, idle_limit / _NOTES_PER_IDLE_LIMIT)
    if store.now - session.last_seen_at > resolution:
        store.actor = store.actor.named(person.id)
        await _note_seen(store, session)
    return await principal_of(store, person, session)


async def principal_of(store: Store, person: Person, session: PersonSession) -> Principal:
    """Who acts in a session, and what they may: nothing before they have a password of their own,
    and a second factor if what they hold needs one."""
    held = await scopes_held(store, person)
    has_second_factor = person.second_factor_since is not None or session.has_provider_factor
    must_enrol = need_second_factor(held) and not has_second_factor
    return Principal(
        id=person.id,
        kind=PrincipalKind.PERSON,
        company_id=store.company_id,
        name=person.name,
        scopes=frozenset() if person.password_is_temporary or must_enrol else held,
        session_id=session.id,
        must_choose_password=person.password_is_temporary,
        must_enrol_second_factor=must_enrol,
        has_second_factor=has_second_factor,
        emergency_access_id=_emergency_of(store, session),
        proven_at=session.proven_at,
    )


def _emergency_of(store: Store, session: PersonSession) -> UUID | None:
    """The emergency access of a session, while it holds."""
    if session.emergency_until is None or session.emergency_until <= store.now:
        return None
    return session.emergency_access_id


async def _note_seen(store: Store, session: PersonSession) -> None:
    """See ``_note_use``."""
    if not await store.try_lock(f"seen/{session.id}"):
        return
    idle_until = store.now + dt.timedelta(minutes=session.idle_minutes)
    try:
        await store.person_sessions.update(
            session.id,
            {"last_seen_at": store.now, "idle_until": idle_until},
            expected_version=session.version,
        )
    except VersionConflict:
        return
