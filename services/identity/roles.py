"""Roles: what a person may do, by a built-in set of scopes or one that their company defined."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from services.identity.key_flags import flag_keys_beyond
from services.identity.scopes import ROLE_SCOPES, Scope, require_all
from services.inputs import ONE_LINE, Input, Reason, left_out
from services.refusals import Fault, InvalidInput, Refusal
from storage.errors import DuplicateValue, RowNotFound, VersionConflict
from storage.filters import CompanyRoleFilter, IdentityProviderFilter, PersonFilter
from storage.interface import Page, Store
from storage.tables.identity import CompanyRole, CompanyRoleFields, Person
from storage.vocabulary.identity import Role

RoleName = Annotated[str, Field(min_length=1, max_length=80, pattern=ONE_LINE)]
Scopes = Annotated[list[Scope], Field(min_length=1, max_length=len(Scope))]

_EXAMPLE: JsonDict = {
    "name": "Front desk",
    "description": "Registers patients, sees no claims",
    "scopes": ["patients:read", "patients:write"],
}


@dataclass
class RoleNameTaken(Refusal):
    """Two roles of one name could not be told apart where somebody picks one."""

    title: ClassVar[str] = "The company already has a role of this name"
    name: str


@dataclass
class RoleInUse(Refusal):
    """People would be left without a role."""

    title: ClassVar[str] = "People hold the role"
    people: int

    @property
    def detail(self) -> str:
        return f"{self.people} hold it, disabled people included; give them another role first."


@dataclass
class RoleGiven(Refusal):
    """People whom an identity provider makes would have no role."""

    title: ClassVar[str] = "An identity provider gives the role to people whom it makes"


class NewRole(Input):
    """A role to define."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    name: RoleName
    description: Reason | None = None
    scopes: Scopes


class RoleChanges(Input):
    """What to change of a role; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    name: RoleName = left_out()
    description: Reason | None = None
    scopes: Scopes = left_out()


async def scopes_held(store: Store, person: Person) -> frozenset[str]:
    """What a person's role lets them do now."""
    if person.role is not None:
        return ROLE_SCOPES[person.role]
    assert person.role_id is not None
    role = await store.company_roles.get(person.role_id)
    return frozenset(role.scopes)


async def check_grant(
    store: Store, role: Role | None, role_id: UUID | None, *, granted_by: Collection[str]
) -> frozenset[str]:
    """The scopes of a role that somebody who holds ``granted_by`` gives; a company's own stays as
    it is until the transaction ends.

    Raises InvalidInput unless exactly one is named and exists, PrivilegeTooHigh.
    """
    match role, role_id:
        case Role(), None:
            scopes: frozenset[str] = ROLE_SCOPES[role]
        case None, UUID():
            scopes = frozenset((await _named(store, role_id)).scopes)
        case _:
            raise InvalidInput([Fault("/role", "exactly one of role and role_id is given")])
    require_all(granted_by, scopes)
    return scopes


async def create_role(store: Store, new: NewRole, *, granted_by: Collection[str]) -> CompanyRole:
    """Define a role. Raises InvalidInput, PrivilegeTooHigh, RoleNameTaken."""
    require_all(granted_by, new.scopes)
    _refuse_built_in(new.name)
    fields = CompanyRoleFields(
        name=new.name, description=new.description, scopes=_texts(new.scopes)
    )
    try:
        return await store.company_roles.create(fields)
    except DuplicateValue as error:
        raise RoleNameTaken(new.name) from error


async def get_role(store: Store, role_id: UUID) -> CompanyRole:
    """Raises RowNotFound."""
    return await store.company_roles.get(role_id)


async def role_of_name(store: Store, name: str) -> CompanyRole | None:
    """The company's own role of this name."""
    found = await store.company_roles.all(CompanyRoleFilter(name=name))
    return found[0] if found else None


async def list_roles(store: Store, *, limit: int, after: UUID | None) -> Page[CompanyRole]:
    """The company's own roles, newest first."""
    return await store.company_roles.list(CompanyRoleFilter(), limit=limit, after=after)


async def change_role(
    store: Store,
    role_id: UUID,
    changes: RoleChanges,
    *,
    expected_version: int,
    granted_by: Collection[str],
) -> CompanyRole:
    """Change a role; what it allows holds from the next request on of all who hold it. Keys that
    they made and that may do what they may not any more are flagged.

    Whoever changes it must hold what it allows, before and after.
    Raises InvalidInput, RowNotFound, VersionConflict, PrivilegeTooHigh, RoleNameTaken.
    """
    given = changes.given()
    role = await _held(store, role_id, expected_version)
    require_all(granted_by, role.scopes)
    if "scopes" in given:
        require_all(granted_by, changes.scopes)
        holders = await store.people.all(PersonFilter(role_id=role_id))
        lost = set(role.scopes) - set(changes.scopes)
        await flag_keys_beyond(store, {person.id for person in holders}, lost=lost)
        given["scopes"] = _texts(changes.scopes)
    if "name" in given:
        _refuse_built_in(changes.name)
    if not given:
        return role
    try:
        return await store.company_roles.update(role_id, given, expected_version=expected_version)
    except DuplicateValue as error:
        raise RoleNameTaken(changes.name) from error


async def delete_role(store: Store, role_id: UUID, *, expected_version: int) -> None:
    """Remove a role that nobody holds and that no identity provider gives.

    Raises RowNotFound, VersionConflict, RoleInUse, RoleGiven.
    """
    await _held(store, role_id, expected_version)
    if await store.identity_providers.count(IdentityProviderFilter(new_role_id=role_id)):
        raise RoleGiven
    if people := await store.people.count(PersonFilter(role_id=role_id)):
        raise RoleInUse(people)
    await store.company_roles.delete(role_id, expected_version=expected_version)


async def _named(store: Store, role_id: UUID) -> CompanyRole:
    """The role that an input names, held. Raises InvalidInput."""
    try:
        return await store.company_roles.lock(role_id)
    except RowNotFound as error:
        raise InvalidInput([Fault("/role_id", "names nothing that exists")]) from error


async def _held(store: Store, role_id: UUID, expected_version: int) -> CompanyRole:
    role = await store.company_roles.lock(role_id)
    if role.version != expected_version:
        raise VersionConflict("company_roles")
    return role


def _refuse_built_in(name: str) -> None:
    """Raises InvalidInput for a name that would pass for a built-in role."""
    if name.lower().replace(" ", "_") in set(Role):
        raise InvalidInput([Fault("/name", "is the name of a built-in role")])


def _texts(scopes: Collection[Scope]) -> list[str]:
    return sorted({scope.value for scope in scopes})
