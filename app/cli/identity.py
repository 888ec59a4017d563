"""``wellkept company``, ``wellkept user`` and ``wellkept key``: who may use the installation.

Secrets are printed once, alone on standard output, for a person to copy or a script to read;
everything else that is said goes to standard error.
"""

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, ClassVar, TypeVar
from uuid import UUID

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from app.runtime import Installation, installation
from app.settings import Settings
from services.claims.first_payers import FIRST_PAYERS
from services.identity import companies, keys, passwords, people, roles, second_factors
from services.identity.companies import FirstAdministrator, NewCompany
from services.identity.keys import NewKey
from services.identity.people import NewPerson
from services.identity.scopes import Scope
from services.refusals import Category, Fault, InvalidInput, Refusal
from storage.errors import RowNotFound
from storage.filters import ApiKeyFilter
from storage.identifiers import OPERATOR_ACTOR_ID, new_id
from storage.interface import MAXIMUM_LIMIT, Actor, Store
from storage.postgres.checks import check_schema
from storage.postgres.registry import PostgresCompanyRegistry
from storage.tables.identity import ApiKey, Person
from storage.vocabulary.identity import Role

Result = TypeVar("Result")


OPERATOR_GRANTS = frozenset(Scope)
"""The installation's operator lacks nothing that a company's people can have."""

Company = Annotated[str, typer.Option("--company", help="The company's slug.")]
Email = Annotated[str, typer.Option("--email", help="The person's e-mail address.")]
KeyId = Annotated[UUID, typer.Argument(help="The key's id, as the list shows it.")]


@dataclass
class NoSuchCompany(Refusal):
    """No company has the slug."""

    category: ClassVar[Category] = Category.NOT_FOUND
    title: ClassVar[str] = "No company has this slug"
    slug: str

    @property
    def detail(self) -> str:
        return self.slug


@dataclass
class NoSuchPerson(Refusal):
    """Nobody in the company has the address."""

    category: ClassVar[Category] = Category.NOT_FOUND
    title: ClassVar[str] = "Nobody in the company has this e-mail address"
    email: str

    @property
    def detail(self) -> str:
        return self.email


@dataclass
class NoSuchRole(Refusal):
    """The company has defined no such role."""

    category: ClassVar[Category] = Category.NOT_FOUND
    title: ClassVar[str] = "The company has defined no role of this name"
    name: str

    @property
    def detail(self) -> str:
        return self.name


@dataclass
class NoSuchKey(Refusal):
    """The company has no such key."""

    category: ClassVar[Category] = Category.NOT_FOUND
    title: ClassVar[str] = "The company has no such key"
    key_id: UUID

    @property
    def detail(self) -> str:
        return str(self.key_id)


def create_company(
    slug: Annotated[str, typer.Option(help="The short name that people sign in with.")],
    name: Annotated[str, typer.Option(help="The company's name.")],
    time_zone: Annotated[str, typer.Option(help="IANA time zone, such as America/New_York.")],
    holiday_calendar: Annotated[
        str | None, typer.Option(help="Whose holidays count, such as US or US-CA.")
    ] = None,
    retention_years: Annotated[int, typer.Option(help="How long records are kept.")] = 7,
    admin_email: Annotated[str | None, typer.Option(help="The first administrator.")] = None,
    admin_name: Annotated[str | None, typer.Option(help="The first administrator's name.")] = None,
    first_payers: Annotated[
        bool, typer.Option("--first-payers", help="Register the usual five payers.")
    ] = False,
) -> None:
    """Found a company. Prints its id, and the administrator's one-time password below it."""
    new = _checked(
        lambda: NewCompany(
            slug=slug,
            name=name,
            time_zone=time_zone,
            holiday_calendar=holiday_calendar,
            retention_years=retention_years,
        )
    )
    if (admin_email is None) != (admin_name is None):
        raise typer.BadParameter("--admin-email and --admin-name go together")
    person = (
        None
        if admin_email is None or admin_name is None
        else _checked(
            lambda: NewPerson(email=admin_email, name=admin_name, role=Role.ADMINISTRATOR)
        )
    )
    password = passwords.one_time_password()
    company_id = _founded(new, person, password, with_payers=first_payers)
    typer.echo(company_id)
    if person is not None:
        _say(f"the one-time password of {person.email}:")
        typer.echo(password)


def create_user(
    company: Company,
    email: Email,
    name: Annotated[str, typer.Option(help="The person's name.")],
    role: Annotated[Role | None, typer.Option(help="What the person may do.")] = None,
    company_role: Annotated[
        str | None, typer.Option(help="Instead: the name of a role that the company defined.")
    ] = None,
) -> None:
    """Add a person to a company. Prints the one-time password that they replace."""
    if (role is None) == (company_role is None):
        raise typer.BadParameter("one of --role and --company-role is needed")
    password = passwords.one_time_password()
    stored = asyncio.run(passwords.stored_password(password, is_temporary=True))

    async def create(store: Store) -> Person:
        role_id = None if company_role is None else await _role_id(store, company_role)
        new = _checked(lambda: NewPerson(email=email, name=name, role=role, role_id=role_id))
        return await people.create_person(store, new, stored, granted_by=OPERATOR_GRANTS)

    created = _in_company(company, create)
    _say(f"{created.email} is {role or company_role} of {company}; the one-time password:")
    typer.echo(password)


def disable_user(company: Company, email: Email) -> None:
    """End a person's sessions and let them sign in no more."""

    async def disable(store: Store) -> Person:
        person = await people.person_of_email(store, email)
        if person is None:
            raise NoSuchPerson(email)
        return await people.disable_person(store, person.id, expected_version=person.version)

    disabled = _in_company(company, disable)
    _say(f"{disabled.email} cannot sign in any more")


def reset_second_factor(company: Company, email: Email) -> None:
    """Take away a lost second factor and end the person's sessions: they enrol another one."""

    async def reset(store: Store) -> Person:
        person = await people.person_of_email(store, email)
        if person is None:
            raise NoSuchPerson(email)
        return await second_factors.reset_second_factor(
            store,
            person.id,
            expected_version=person.version,
            granted_by=OPERATOR_GRANTS,
            asked_by=OPERATOR_ACTOR_ID,
        )

    person = _in_company(company, reset)
    _say(f"{person.email} has no second factor any more")


def create_key(
    company: Company,
    name: Annotated[str, typer.Option(help="What the key is for.")],
    scope: Annotated[list[Scope], typer.Option(help="What it may do; several times.")],
    days: Annotated[int, typer.Option(min=1, max=keys.LONGEST_LIFE.days)] = keys.USUAL_LIFE.days,
) -> None:
    """Make an API key. Prints its secret."""

    async def create(store: Store) -> keys.IssuedKey:
        expiry = store.now + dt.timedelta(days=days)
        new = _checked(lambda: NewKey(name=name, scopes=scope, expires_at=expiry))
        return await keys.create_key(store, new, granted_by=OPERATOR_GRANTS)

    _print_secret(_in_company(company, create))


def rotate_key(
    company: Company,
    key_id: KeyId,
    overlap_hours: Annotated[
        int, typer.Option(min=0, max=keys.LONGEST_OVERLAP_HOURS, help="The old secret's rest.")
    ] = 24,
) -> None:
    """Give a key a new secret and print it; the old one holds for the overlap."""

    async def rotate(store: Store) -> keys.IssuedKey:
        found = await _existing_key(store, key_id)
        return await keys.rotate_key(
            store,
            key_id,
            overlap_hours=overlap_hours,
            expected_version=found.version,
            granted_by=OPERATOR_GRANTS,
        )

    _print_secret(_in_company(company, rotate))


def revoke_key(company: Company, key_id: KeyId) -> None:
    """End a key at once."""

    async def revoke(store: Store) -> ApiKey:
        found = await _existing_key(store, key_id)
        return await keys.revoke_key(store, key_id, expected_version=found.version)

    revoked = _in_company(company, revoke)
    _say(f"key {revoked.id} ({revoked.name}) is revoked")


def list_keys(company: Company) -> None:
    """List the keys of a company, newest first, revoked ones too."""
    table = Table("Key", "Name", "Scopes", "Expires", "Last used", "Revoked")
    for row in _in_company(company, _all_keys):
        table.add_row(
            str(row.id),
            row.name,
            " ".join(row.scopes),
            *(_day(moment) for moment in (row.expires_at, row.last_used_at, row.revoked_at)),
        )
    Console().print(table if table.rows else f"{company} has no keys")


async def _role_id(store: Store, name: str) -> UUID:
    """Raises NoSuchRole."""
    found = await roles.role_of_name(store, name)
    if found is None:
        raise NoSuchRole(name)
    return found.id


async def _existing_key(store: Store, key_id: UUID) -> ApiKey:
    """Raises NoSuchKey."""
    try:
        return await keys.get_key(store, key_id)
    except RowNotFound as error:
        raise NoSuchKey(key_id) from error


async def _all_keys(store: Store) -> list[ApiKey]:
    found: list[ApiKey] = []
    after = None
    while True:
        page = await keys.list_keys(store, ApiKeyFilter(), limit=MAXIMUM_LIMIT, after=after)
        found.extend(page.rows)
        after = page.next_after
        if after is None:
            return found


def _founded(
    new: NewCompany, person: NewPerson | None, password: str, *, with_payers: bool
) -> UUID:
    """Found a company as the owner of the database; returns its id."""

    async def found(place: Installation) -> UUID:
        administrator = None
        if person is not None:
            stored = await passwords.stored_password(password, is_temporary=True)
            administrator = FirstAdministrator(person, stored)
        async with place.owner_storage() as owner:
            await check_schema(owner)
            return await companies.create_company(
                PostgresCompanyRegistry(owner),
                new,
                request_id=new_id(),
                administrator=administrator,
                payers=FIRST_PAYERS if with_payers else (),
            )

    with installation(Settings.from_environment()) as place:
        return asyncio.run(found(place))


def _in_company(slug: str, work: Callable[[Store], Awaitable[Result]]) -> Result:
    """Do work in one transaction of a company, as the operator. Raises NoSuchCompany."""

    async def done(place: Installation) -> Result:
        async with place.storage() as storage:
            await check_schema(storage)
            company_id = await storage.company_of_slug(slug) if companies.is_slug(slug) else None
            if company_id is None:
                raise NoSuchCompany(slug)
            actor = Actor(OPERATOR_ACTOR_ID, new_id())
            async with storage.transaction(company_id, actor) as store:
                return await work(store)

    with installation(Settings.from_environment()) as place:
        return asyncio.run(done(place))


def _checked(make: Callable[[], Result]) -> Result:
    """What ``make`` makes. Raises InvalidInput where a model refuses what was given."""
    try:
        return make()
    except ValidationError as error:
        faults = [
            Fault("/" + "/".join(map(str, fault["loc"])), fault["msg"], fault["type"])
            for fault in error.errors(include_url=False, include_input=False)
        ]
        raise InvalidInput(faults) from error


def _print_secret(issued: keys.IssuedKey) -> None:
    _say(
        f"key {issued.key.id} ({issued.key.name}) until {_day(issued.key.expires_at)}; its secret:"
    )
    typer.echo(issued.secret.text)


def _day(moment: dt.datetime | None) -> str:
    return "" if moment is None else moment.astimezone(dt.UTC).date().isoformat()


def _say(line: str) -> None:
    typer.echo(line, err=True)
