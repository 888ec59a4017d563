"""The access report: who can do what in a company as of now, and when they last did anything."""

import datetime as dt
import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from uuid import UUID

from services.identity.scopes import ROLE_SCOPES
from storage.figures import LastUse
from storage.filters import ApiKeyFilter, CompanyRoleFilter, PersonFilter
from storage.interface import Store
from storage.tables.identity import ApiKey, CompanyRole, Person, Principal
from storage.vocabulary.identity import KeyFlag


@dataclass(frozen=True, slots=True)
class PersonAccess:
    """What one person can do. ``role`` is a built-in role or, with ``role_id``, the name of the
    company's own."""

    id: UUID
    name: str
    email: str
    role: str
    role_id: UUID | None
    scopes: list[str]
    last_signed_in_at: dt.datetime | None
    last_used_at: dt.datetime | None
    second_factor_since: dt.datetime | None
    locked_until: dt.datetime | None
    disabled_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class KeyAccess:
    """What one API key can do that has not been revoked."""

    id: UUID
    name: str
    scopes: list[str]
    created_by: UUID
    created_by_name: str | None
    rotated_by: UUID | None
    last_used_at: dt.datetime | None
    expires_at: dt.datetime | None
    flagged_at: dt.datetime | None
    flag: KeyFlag | None


@dataclass(frozen=True, slots=True)
class AccessReport:
    """Everybody who can do anything. ``content_sha256`` stands for what was granted, not for what
    was done: it stays the same until somebody's access changes."""

    as_of: dt.datetime
    people: list[PersonAccess]
    keys: list[KeyAccess]

    @property
    def content_sha256(self) -> bytes:
        """SHA-256 of the lines of all people and keys, in order, each ended by a line feed."""
        lines = sorted([*map(_person_line, self.people), *map(_key_line, self.keys)])
        return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).digest()


async def access_report(store: Store) -> AccessReport:
    """The report as of now, people and keys by name: one statement for each kind of row."""
    people = await store.people.all(PersonFilter())
    roles = {role.id: role for role in await store.company_roles.all(CompanyRoleFilter())}
    uses = {use.person_id: use for use in await store.access_figures.last_uses()}
    keys = await store.api_keys.all(ApiKeyFilter(is_unrevoked=True))
    makers = await store.principals.get_many(sorted({key.created_by for key in keys}))
    return AccessReport(
        as_of=store.now,
        people=sorted(_people(people, roles, uses), key=lambda each: (each.name, each.id)),
        keys=sorted(_keys(keys, makers), key=lambda each: (each.name, each.id)),
    )


def _people(
    people: Collection[Person], roles: dict[UUID, CompanyRole], uses: dict[UUID, LastUse]
) -> Iterator[PersonAccess]:
    for person in people:
        use = uses.get(person.id)
        role, scopes = _role_of(person, roles)
        yield PersonAccess(
            id=person.id,
            name=person.name,
            email=person.email,
            role=role,
            role_id=person.role_id,
            scopes=sorted(scopes),
            last_signed_in_at=None if use is None else use.last_signed_in_at,
            last_used_at=None if use is None else use.last_used_at,
            second_factor_since=person.second_factor_since,
            locked_until=person.locked_until,
            disabled_at=person.disabled_at,
        )


def _role_of(person: Person, roles: dict[UUID, CompanyRole]) -> tuple[str, Collection[str]]:
    if person.role is not None:
        return person.role.value, ROLE_SCOPES[person.role]
    assert person.role_id is not None
    role = roles[person.role_id]
    return role.name, role.scopes


def _keys(keys: Collection[ApiKey], makers: Collection[Principal]) -> Iterator[KeyAccess]:
    names = {maker.id: maker.name for maker in makers}
    for key in keys:
        yield KeyAccess(
            id=key.id,
            name=key.name,
            scopes=sorted(key.scopes),
            created_by=key.created_by,
            created_by_name=names.get(key.created_by),
            rotated_by=key.rotated_by,
            last_used_at=key.last_used_at,
            expires_at=key.expires_at,
            flagged_at=key.flagged_at,
            flag=key.flag,
        )


def _person_line(person: PersonAccess) -> str:
    state = "enabled" if person.disabled_at is None else "disabled"
    return "\t".join(["person", str(person.id), person.role, state, " ".join(person.scopes)])


def _key_line(key: KeyAccess) -> str:
    expiry = "" if key.expires_at is None else key.expires_at.astimezone(dt.UTC).isoformat()
    return "\t".join(["key", str(key.id), expiry, key.flag or "", " ".join(key.scopes)])
