"""People: who may sign in, in which role."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import ClassVar
from uuid import UUID

from pydantic import ConfigDict

from services.claims.worklists import give_back_all
from services.identity.emails import Email, checked_email
from services.identity.key_flags import flag_keys_beyond, flag_keys_of_disabled
from services.identity.oidc.break_glass import keep_break_glass
from services.identity.passwords import StoredPassword
from services.identity.roles import check_grant, scopes_held
from services.identity.scopes import require_all
from services.identity.sessions import end_sessions
from services.inputs import Input, Name, left_out
from services.outbox.events import publish
from services.refusals import Refusal
from storage.errors import DuplicateValue, VersionConflict
from storage.filters import PersonFilter
from storage.identifiers import new_id
from storage.interface import Page, Store
from storage.tables.identity import Person, PersonFields, PrincipalFields
from storage.vocabulary.identity import PrincipalKind, Role
from storage.vocabulary.outbox import EventType


@dataclass
class EmailTaken(Refusal):
    """The company has somebody with this address."""

    title: ClassVar[str] = "The company already has a person with this e-mail address"
    email: str = field()


@dataclass
class LastAdministrator(Refusal):
    """Nobody could manage the company any more."""

    title: ClassVar[str] = "The last enabled administrator can be neither disabled nor demoted"

    @property
    def detail(self) -> str:
        return "Make somebody else an administrator first."


class NewPerson(Input):
    """Somebody to add to a company, in a built-in ``role`` or in the company's own that
    ``role_id`` names."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "email": "ana.reyes@riverbend.example",
                    "name": "Ana Reyes",
                    "role_id": "01a1fd87-34ee-71ca-b850-10bcf0bfc799",
                }
            ]
        }
    )

    email: Email
    name: Name
    role: Role | None = None
    role_id: UUID | None = None


class PersonChanges(Input):
    """What to change of a person; what is left out stays. A new role is a built-in ``role`` or the
    company's own that ``role_id`` names."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"role_id": "01a1fd87-34ee-71ca-b850-10bcf0bfc799"}]}
    )

    name: Name = left_out()
    role: Role = left_out()
    role_id: UUID = left_out()


async def create_person(
    store: Store, new: NewPerson, password: StoredPassword | None, *, granted_by: Collection[str]
) -> Person:
    """Add a person, by somebody who holds the scopes ``granted_by``. Without a password they cannot
    sign in until they have chosen one.

    Raises InvalidInput, PrivilegeTooHigh, EmailTaken.
    """
    await check_grant(store, new.role, new.role_id, granted_by=granted_by)
    person_id = new_id()
    fields = PersonFields(
        principal_id=person_id,
        email=checked_email(new.email),
        name=new.name,
        role=new.role,
        role_id=new.role_id,
        password_hash=None if password is None else password.hash,
        password_is_temporary=password is not None and password.is_temporary,
    )
    await store.principals.create_many(
        [PrincipalFields(kind=PrincipalKind.PERSON, name=new.name)], ids=[person_id]
    )
    try:
        await store.people.create_many([fields], ids=[person_id])
    except DuplicateValue as error:
        raise EmailTaken(fields.email) from error
    return await store.people.get(person_id)


async def get_person(store: Store, person_id: UUID) -> Person:
    """Raises RowNotFound."""
    return await store.people.get(person_id)


async def person_of_email(store: Store, email: str) -> Person | None:
    """The person with this address, however it is spelt. Raises InvalidInput."""
    found = await store.people.all(PersonFilter(email=checked_email(email)))
    return found[0] if found else None


async def list_people(
    store: Store, conditions: PersonFilter, *, limit: int, after: UUID | None
) -> Page[Person]:
    """People, newest first."""
    return await store.people.list(conditions, limit=limit, after=after)


async def change_person(
    store: Store,
    person_id: UUID,
    changes: PersonChanges,
    *,
    expected_version: int,
    granted_by: Collection[str],
) -> Person:
    """Change a name or a role; the new role holds from the person's next request on. Keys that they
    made and that may do what they may not any more are flagged.

    Raises InvalidInput, RowNotFound, VersionConflict, PrivilegeTooHigh, LastAdministrator.
    """
    given = changes.given()
    person = await _held(store, person_id, expected_version)
    held = await scopes_held(store, person)
    require_all(granted_by, held)
    if "role" in given or "role_id" in given:
        given |= {"role": changes.role, "role_id": changes.role_id}
        new = await check_grant(store, changes.role, changes.role_id, granted_by=granted_by)
        await flag_keys_beyond(store, {person_id}, lost=held - new)
        if changes.role is not Role.ADMINISTRATOR:
            await keep_break_glass(store, person)
            await _keep_an_administrator(store, person)
    if "name" in given:
        principal = await store.principals.lock(person_id)
        await store.principals.update(
            person_id, {"name": changes.name}, expected_version=principal.version
        )
    if not given:
        return person
    return await store.people.update(person_id, given, expected_version=expected_version)


async def disable_person(store: Store, person_id: UUID, *, expected_version: int) -> Person:
    """Let somebody sign in no more, end their sessions, flag the keys that they made, and let the
    work that they had be nobody's again.

    Disabled already, they stay so.

    Raises RowNotFound, VersionConflict, LastAdministrator.
    """
    person = await _held(store, person_id, expected_version)
    if person.disabled_at is not None:
        return person
    await keep_break_glass(store, person)
    await _keep_an_administrator(store, person)
    await end_sessions(store, person_id)
    await flag_keys_of_disabled(store, person_id)
    await give_back_all(store, person_id)
    await publish(store, EventType.PERSON_DISABLED, "people", person_id)
    return await store.people.update(
        person_id, {"disabled_at": store.now}, expected_version=expected_version
    )


async def end_sessions_of(store: Store, person_id: UUID) -> None:
    """End all of a person's sessions. Raises RowNotFound."""
    await store.people.lock(person_id)
    await end_sessions(store, person_id)


async def enable_person(
    store: Store, person_id: UUID, *, expected_version: int, granted_by: Collection[str]
) -> Person:
    """Let somebody sign in again; what they failed before is forgotten.

    Raises RowNotFound, VersionConflict, PrivilegeTooHigh.
    """
    person = await _held(store, person_id, expected_version)
    require_all(granted_by, await scopes_held(store, person))
    return await store.people.update(
        person_id,
        {"disabled_at": None, "failed_sign_ins": 0, "locked_until": None},
        expected_version=expected_version,
    )


async def reset_password(
    store: Store,
    person_id: UUID,
    password: StoredPassword,
    *,
    expected_version: int,
    granted_by: Collection[str],
    except_session: UUID | None,
) -> Person:
    """Give somebody a new password and end their sessions (but ``except_session``).

    Whoever could sign in as the person afterwards must hold what the person holds.
    Raises RowNotFound, VersionConflict, PrivilegeTooHigh.
    """
    person = await _held(store, person_id, expected_version)
    require_all(granted_by, await scopes_held(store, person))
    return await replace_password(store, person, password, except_session=except_session)


async def change_own_password(
    store: Store, proven: Person, password: StoredPassword, *, session_id: UUID
) -> Person:
    """Replace the password that ``proven`` has just proved to know; ends their other sessions.

    Raises VersionConflict where somebody else replaced it in between.
    """
    person = await store.people.lock(proven.id)
    if person.password_hash != proven.password_hash:
        raise VersionConflict("people")
    return await replace_password(store, person, password, except_session=session_id)


async def replace_password(
    store: Store, person: Person, password: StoredPassword, *, except_session: UUID | None = None
) -> Person:
    """Give a person whose row the transaction holds another password, and end their sessions.

    What they failed before is forgotten, unless they have a second factor: whoever can change the
    password would have any number of guesses at its code.
    """
    await end_sessions(store, person.id, except_session=except_session)
    changes: dict[str, object] = {
        "password_hash": password.hash,
        "password_is_temporary": password.is_temporary,
    }
    if person.second_factor_since is None:
        changes |= {"failed_sign_ins": 0, "locked_until": None}
    return await store.people.update(person.id, changes, expected_version=person.version)


async def _held(store: Store, person_id: UUID, expected_version: int) -> Person:
    """The person, held: whoever signs in at the same time waits or is seen."""
    person = await store.people.lock(person_id)
    if person.version != expected_version:
        raise VersionConflict("people")
    return person


async def _keep_an_administrator(store: Store, person: Person) -> None:
    """Raises LastAdministrator where ``person`` is the last; two who leave at once take turns."""
    if person.role is not Role.ADMINISTRATOR or person.disabled_at is not None:
        return
    await store.wait_for_lock("administrators")
    administrators = PersonFilter(role=Role.ADMINISTRATOR, is_enabled=True)
    if await store.people.count(administrators) <= 1:
        raise LastAdministrator
