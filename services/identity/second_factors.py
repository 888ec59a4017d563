"""Second factors of people: offered, confirmed, used and taken away. The rules are in ``factor``.

Whoever changes one holds the person's row first, so that a code that comes twice at once serves
once.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import ClassVar
from uuid import UUID

from services.identity import letters, recovery_codes
from services.identity.emails import is_deliverable
from services.identity.factor import Factor, Offer
from services.identity.guarded_scopes import need_second_factor
from services.identity.roles import scopes_held
from services.identity.scopes import require_all
from services.identity.sessions import end_sessions
from services.identity.time_codes import new_secret
from services.outbox.emails import send_email
from services.refusals import Category, Refusal
from storage.errors import VersionConflict
from storage.filters import ByPerson
from storage.interface import Store
from storage.tables.factors import SecondFactor, SecondFactorFields
from storage.tables.identity import Person

_SECRET = "second_factors.secret"  # noqa: S105 -- what is sealed, by table and column
_OFFERED = "second_factors.offered_secret"


_NOTHING: Mapping[str, object] = {
    "secret": None,
    "last_step": 0,
    "recovery_hashes": [],
    "recovery_codes_left": 0,
    "offered_secret": None,
    "offer_expires_at": None,
}
"""What is kept once a factor has been taken away."""


@dataclass
class CodeRefused(Refusal):
    """A code that is not the one that the app shows now."""

    category: ClassVar[Category] = Category.FORBIDDEN
    title: ClassVar[str] = "The code is wrong, or the offered secret has expired"

    @property
    def detail(self) -> str:
        return "Enter the code that the app shows now. If it goes on being wrong, begin again."


@dataclass
class NoSecondFactor(Refusal):
    """Nothing to renew or to take away."""

    title: ClassVar[str] = "There is no second factor"


@dataclass
class OwnSecondFactor(Refusal):
    """Somebody would take away their own second factor, for which it would have to be proven."""

    title: ClassVar[str] = "Nobody takes away their own second factor"

    @property
    def detail(self) -> str:
        return "Replace it by enrolling another one, or ask another administrator."


@dataclass(frozen=True, slots=True)
class FactorState:
    """What a person is told of their second factor."""

    is_needed: bool
    row: SecondFactor | None
    person: Person


@dataclass(frozen=True, slots=True)
class _Kept:
    """A factor and the row that it is kept in."""

    row: SecondFactor | None
    factor: Factor = field(default_factory=Factor)


async def offer_secret(store: Store, person_id: UUID) -> Offer:
    """Offer a new secret for a person's app. What they have goes on until it is confirmed."""
    await store.people.lock(person_id)
    kept = await _kept(store, person_id)
    offered = kept.factor.offered(new_secret(), store.now)
    await _keep(store, person_id, kept, offered)
    assert offered.offer is not None
    return offered.offer


async def confirm_secret(
    store: Store, person_id: UUID, code: str, *, session_id: UUID
) -> list[str]:
    """Make the offered secret the person's factor, by a code of it; returns recovery codes.

    Their other sessions end: they began without it. Signing takes a proof with the new one.
    Raises CodeRefused.
    """
    person = await store.people.lock(person_id)
    kept = await _kept(store, person_id)
    confirmed = kept.factor.confirmed(code, store.now)
    if confirmed is None:
        raise CodeRefused
    await end_sessions(store, person_id, except_session=session_id)
    session = await store.person_sessions.lock(session_id)
    await store.person_sessions.update(
        session_id, {"proven_at": None}, expected_version=session.version
    )
    return await _established(store, person, kept, confirmed)


async def install_secret(store: Store, person_id: UUID, secret: str) -> list[str]:
    """Give a person a factor whose secret somebody has already; returns recovery codes."""
    person = await store.people.lock(person_id)
    return await _established(store, person, await _kept(store, person_id), Factor(secret))


async def renew_recovery_codes(store: Store, person_id: UUID) -> list[str]:
    """New recovery codes in place of all earlier ones. Raises NoSecondFactor."""
    await store.people.lock(person_id)
    kept = await _kept(store, person_id)
    if kept.factor.secret is None:
        raise NoSecondFactor
    codes = recovery_codes.new_codes()
    await _keep(store, person_id, kept, kept.factor.with_recovery_codes(codes))
    return codes


async def reset_second_factor(
    store: Store,
    person_id: UUID,
    *,
    expected_version: int,
    granted_by: Collection[str],
    asked_by: UUID,
) -> Person:
    """Take away somebody's second factor, end their sessions and tell them by e-mail: they enrol
    another one.

    Whoever could then sign in as the person must hold what the person holds.
    Raises RowNotFound, VersionConflict, PrivilegeTooHigh, OwnSecondFactor, NoSecondFactor.
    """
    person = await store.people.lock(person_id)
    if person.version != expected_version:
        raise VersionConflict("people")
    if person_id == asked_by:
        raise OwnSecondFactor
    require_all(granted_by, await scopes_held(store, person))
    if person.second_factor_since is None:
        raise NoSecondFactor
    (row,) = await store.second_factors.lock_all(ByPerson(person_id=person_id))
    await store.second_factors.update(row.id, _NOTHING, expected_version=row.version)
    await end_sessions(store, person_id)
    if is_deliverable(person.email):
        company = await store.companies.get(store.company_id)
        email = letters.second_factor_reset(person, company)
        await send_email(store, email, purpose="second_factor_reset")
    return await store.people.update(
        person_id, {"second_factor_since": None}, expected_version=expected_version
    )


async def state_of(store: Store, person_id: UUID) -> FactorState:
    """Whether a person needs a second factor, and what they have."""
    person = await store.people.get(person_id)
    found = await store.second_factors.all(ByPerson(person_id=person_id))
    is_needed = need_second_factor(await scopes_held(store, person))
    return FactorState(is_needed, found[0] if found else None, person)


async def serves(store: Store, person_id: UUID, code: str) -> bool:
    """Whether a code is good, and from now on used up. The person's row is held by the caller."""
    kept = await _kept(store, person_id)
    used = kept.factor.used(code, store.now)
    if used is None:
        return False
    await _keep(store, person_id, kept, used)
    return True


async def _established(store: Store, person: Person, kept: _Kept, factor: Factor) -> list[str]:
    """Keep a factor that is the person's from now on."""
    codes = recovery_codes.new_codes()
    await _keep(store, person.id, kept, factor.with_recovery_codes(codes))
    await store.people.update(
        person.id, {"second_factor_since": store.now}, expected_version=person.version
    )
    return codes


async def _kept(store: Store, person_id: UUID) -> _Kept:
    """A person's factor with its secrets opened, and its row held."""
    found = await store.second_factors.lock_all(ByPerson(person_id=person_id))
    if not found:
        return _Kept(None)
    row = found[0]
    offer = None
    if row.offered_secret is not None and row.offer_expires_at is not None:
        secret = await store.secrets.open(_OFFERED, row.id, row.offered_secret)
        offer = Offer(secret.decode(), row.offer_expires_at)
    return _Kept(
        row,
        Factor(
            None
            if row.secret is None
            else (await store.secrets.open(_SECRET, row.id, row.secret)).decode(),
            row.last_step,
            tuple(row.recovery_hashes),
            offer,
        ),
    )


async def _keep(store: Store, person_id: UUID, kept: _Kept, factor: Factor) -> None:
    """Write what has changed of a factor."""
    was, row = kept.factor, kept.row
    if row is None:
        row = await store.second_factors.create(SecondFactorFields(person_id=person_id))
    changes: dict[str, object] = {}
    if factor.secret != was.secret:
        changes["secret"] = await _sealed(store, _SECRET, row.id, factor.secret)
    if factor.last_step != was.last_step:
        changes["last_step"] = factor.last_step
    if factor.recovery_hashes != was.recovery_hashes:
        changes["recovery_hashes"] = list(factor.recovery_hashes)
        changes["recovery_codes_left"] = len(factor.recovery_hashes)
    if factor.offer != was.offer:
        secret = None if factor.offer is None else factor.offer.secret
        changes["offered_secret"] = await _sealed(store, _OFFERED, row.id, secret)
        changes["offer_expires_at"] = None if factor.offer is None else factor.offer.expires_at
    if changes:
        await store.second_factors.update(row.id, changes, expected_version=row.version)


async def _sealed(store: Store, purpose: str, row_id: UUID, secret: str | None) -> bytes | None:
    return None if secret is None else await store.secrets.seal(purpose, row_id, secret.encode())
