"""Founding the demonstration companies once, and keeping their credentials."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from uuid import UUID

from app.demo.books import Office, enter_claims
from app.demo.compliance import keep_compliance
from app.demo.payments import post_payments
from app.demo.practices import PRACTICES, Practice
from app.runtime import Installation
from services.identity.companies import FirstAdministrator, NewCompany, create_company
from services.identity.guarded_scopes import need_second_factor
from services.identity.keys import NewKey, create_key
from services.identity.passwords import one_time_password, stored_password
from services.identity.people import NewPerson, create_person, person_of_email
from services.identity.scopes import ROLE_SCOPES, Scope
from services.identity.second_factors import install_secret
from services.identity.time_codes import new_secret
from storage.embedded.credentials import write_private
from storage.identifiers import OPERATOR_ACTOR_ID, new_id
from storage.interface import Actor
from storage.postgres.directory import companies
from storage.postgres.registry import PostgresCompanyRegistry
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.identity import Role

KEYS: Mapping[str, frozenset[Scope]] = {
    "billing": ROLE_SCOPES[Role.RCM_MANAGER],
    "reports": ROLE_SCOPES[Role.VIEWER],
    "everything": frozenset(Scope),
}
"""The keys of each company and what they may do."""


@dataclass(frozen=True)
class Credential:
    """A person's password, or a key."""

    company: str
    kind: str
    """A role, or ``key``."""
    name: str
    sign_in: str
    """An e-mail address, or the name of a key."""
    secret: str
    second_factor: str | None = None
    """The secret of the authenticator app of whoever needs one."""


class DemonstrationUnfinished(Exception):
    """The program was stopped while it made the demonstration companies."""


def credentials_file(data_directory: Path) -> Path:
    """Where the credentials of the demonstration are kept, readable by its owner only."""
    return data_directory / "credentials.json"


async def found_demonstration(place: Installation) -> Sequence[Credential]:
    """Make the demonstration companies in an empty installation; nothing in any other.

    Returns their credentials, or nothing when there are companies already.
    Raises DemonstrationUnfinished.
    """
    file = credentials_file(place.settings.data_directory)
    async with place.owner_storage() as owner, place.storage() as storage:
        known = {company.slug for company in await companies(owner)}
        if known and not file.exists() and known <= {each.slug for each in PRACTICES}:
            raise DemonstrationUnfinished(
                "it was stopped while it made the demonstration companies: remove"
                f" {place.settings.data_directory} and start again"
            )
        if known:
            return []
        place.settings.demonstration_drop.mkdir(mode=0o700, exist_ok=True)
        made: list[Credential] = []
        for practice in PRACTICES:
            made += await _found(practice, owner, storage, place)
    write_private(file, json.dumps(_by_company(made), indent=2) + "\n")
    return made


async def _found(
    practice: Practice, owner: PostgresStorage, storage: PostgresStorage, place: Installation
) -> list[Credential]:
    passwords = {role: one_time_password() for role in practice.people}
    company_id = await create_company(
        PostgresCompanyRegistry(owner),
        NewCompany(
            slug=practice.slug,
            name=practice.name,
            time_zone=practice.time_zone,
            holiday_calendar=practice.holiday_calendar,
        ),
        request_id=new_id(),
        administrator=FirstAdministrator(
            _new_person(practice, Role.ADMINISTRATOR),
            await stored_password(passwords[Role.ADMINISTRATOR], is_temporary=False),
        ),
    )
    ids = await _hire(practice, storage, company_id, passwords)
    apps = await _enrol(storage, company_id, ids)
    keys = await _issue_keys(storage, company_id, Actor(ids[Role.ADMINISTRATOR], new_id()))
    office = Office(
        practice,
        company_id,
        staff=Actor(ids[Role.RCM_STAFF], new_id()),
        manager=Actor(ids[Role.RCM_MANAGER], new_id()),
    )
    random = Random(practice.slug)  # noqa: S311 -- the same books every time
    sent = await enter_claims(storage, office, random)
    await post_payments(storage, place.vault, office, sent, random)
    await keep_compliance(storage, practice, company_id, ids)
    people = [
        Credential(
            practice.slug, role, name, _email(practice, name), passwords[role], apps.get(role)
        )
        for role, name in practice.people.items()
    ]
    return people + [Credential(practice.slug, "key", name, name, keys[name]) for name in keys]


async def _hire(
    practice: Practice, storage: PostgresStorage, company_id: UUID, passwords: Mapping[Role, str]
) -> dict[Role, UUID]:
    """The people of a company besides its administrator; everybody's ids."""
    kept = {role: await stored_password(passwords[role], is_temporary=False) for role in passwords}
    ids: dict[Role, UUID] = {}
    async with storage.transaction(company_id, Actor(OPERATOR_ACTOR_ID, new_id())) as store:
        first = await person_of_email(store, _email(practice, practice.people[Role.ADMINISTRATOR]))
        assert first is not None
        ids[Role.ADMINISTRATOR] = first.id
        for role in practice.people:
            if role is Role.ADMINISTRATOR:
                continue
            person = await create_person(
                store,
                _new_person(practice, role),
                kept[role],
                granted_by=frozenset(Scope),
            )
            ids[role] = person.id
    return ids


async def _enrol(
    storage: PostgresStorage, company_id: UUID, ids: Mapping[Role, UUID]
) -> dict[Role, str]:
    """Give whoever needs a second factor one; the secrets of their apps."""
    secrets = {role: new_secret() for role in ids if need_second_factor(ROLE_SCOPES[role])}
    async with storage.transaction(company_id, Actor(OPERATOR_ACTOR_ID, new_id())) as store:
        for role, secret in secrets.items():
            await install_secret(store, ids[role], secret)
    return secrets


async def _issue_keys(
    storage: PostgresStorage, company_id: UUID, administrator: Actor
) -> dict[str, str]:
    async with storage.transaction(company_id, administrator) as store:
        return {
            name: (
                await create_key(
                    store, NewKey(name=name, scopes=sorted(scopes)), granted_by=frozenset(Scope)
                )
            ).secret.text
            for name, scopes in KEYS.items()
        }


def _new_person(practice: Practice, role: Role) -> NewPerson:
    name = practice.people[role]
    return NewPerson(email=_email(practice, name), name=name, role=role)


def _email(practice: Practice, name: str) -> str:
    return f"{name.lower().replace(' ', '.')}@{practice.slug}.example"


def _by_company(made: Sequence[Credential]) -> dict[str, dict[str, dict[str, str]]]:
    kept: dict[str, dict[str, dict[str, str]]] = {}
    for each in made:
        of_company = kept.setdefault(each.company, {"people": {}, "second_factors": {}, "keys": {}})
        of_company["keys" if each.kind == "key" else "people"][each.sign_in] = each.secret
        if each.second_factor is not None:
            of_company["second_factors"][each.sign_in] = each.second_factor
    return kept
