"""Companies: founded by the installation's operator, kept by their administrators."""

import re
import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, ClassVar
from uuid import UUID

import holidays
from pydantic import Field

from services.identity.emails import Email, is_deliverable, normalised_email
from services.identity.passwords import StoredPassword
from services.identity.people import NewPerson, create_person
from services.identity.scopes import Scope
from services.identity.sessions import limit_sessions
from services.inputs import Input, Name, left_out
from services.refusals import Fault, InvalidInput, Refusal
from storage.errors import SlugTaken, VersionConflict
from storage.identifiers import OPERATOR_ACTOR_ID, SYSTEM_ACTOR_ID, new_id
from storage.interface import Actor, CompanyRegistry, Store
from storage.tables.claims import PayerFields
from storage.tables.identity import Company, CompanyFields, PrincipalFields
from storage.vocabulary.identity import PrincipalKind

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_SLUG_RULE = "3 to 63 lowercase letters, digits and hyphens, no hyphen first or last"
_LONGEST_CALENDAR = 16
_SESSION_LIMITS = frozenset({"session_idle_minutes", "session_hours"})
LEAST_RETENTION_YEARS = 6
"""45 CFR 164.316(b)(2)(i): documentation is kept for six years."""

IdleMinutes = Annotated[int, Field(ge=5, le=120)]
SessionHours = Annotated[int, Field(ge=1, le=24)]
RetentionYears = Annotated[int, Field(ge=LEAST_RETENTION_YEARS, le=100)]


EmergencyMinutes = Annotated[int, Field(ge=15, le=240)]
AccessReviewDays = Annotated[int, Field(ge=7, le=366)]
LeadDays = Annotated[
    list[Annotated[int, Field(ge=-366, le=366)]], Field(max_length=12, examples=[[30, 7, 0, -1]])
]
StatementMinimum = Annotated[int, Field(ge=0, le=1_000_000)]
StatementQuietDays = Annotated[int, Field(ge=0, le=366)]


@dataclass
class SlugInUse(Refusal):
    """Slugs are unique in the installation."""

    title: ClassVar[str] = "Another company has this slug"
    slug: str


@dataclass
class RetentionShortened(Refusal):
    """Rows that were promised a longer life would be retired early."""

    title: ClassVar[str] = "The retention can be lengthened, never shortened"
    retention_years: int

    @property
    def detail(self) -> str:
        return f"It is {self.retention_years} years."


WorkCost = Annotated[int, Field(ge=0, le=10_000_000)]


class NewCompany(Input):
    """A company to found."""

    slug: str
    name: Name
    time_zone: str
    holiday_calendar: str | None = None
    retention_years: RetentionYears = 7


class CompanyChanges(Input):
    """What to change of one's company; what is left out stays."""

    name: Name = left_out()
    time_zone: str = left_out()
    holiday_calendar: str | None = left_out()
    retention_years: RetentionYears = left_out()
    session_idle_minutes: IdleMinutes = left_out()
    session_hours: SessionHours = left_out()
    emergency_access_minutes: EmergencyMinutes | None = left_out()
    access_review_days: AccessReviewDays | None = left_out()
    compliance_lead_days: LeadDays = left_out()
    correction_cost_cents: WorkCost | None = left_out()
    appeal_cost_cents: WorkCost | None = left_out()
    roots_mailbox_id: UUID | None = left_out()
    roots_email: Email | None = left_out()
    statement_minimum_cents: StatementMinimum = left_out()
    statement_quiet_days: StatementQuietDays = left_out()


@dataclass(frozen=True, slots=True)
class FirstAdministrator:
    """Who manages a new company from the start, and their password."""

    person: NewPerson
    password: StoredPassword


async def create_company(
    registry: CompanyRegistry,
    new: NewCompany,
    *,
    request_id: UUID,
    administrator: FirstAdministrator | None = None,
    payers: Sequence[PayerFields] = (),
) -> UUID:
    """Found a company, all of it in one transaction; returns its id.

    It has its two principals (the program's own and the operator's) and what else is given.
    Raises InvalidInput, SlugInUse.
    """
    faults = [] if is_slug(new.slug) else [Fault("/slug", f"is {_SLUG_RULE}")]
    faults += _faults(new.time_zone, new.holiday_calendar)
    if faults:
        raise InvalidInput(faults)
    company_id = new_id()
    actor = Actor(OPERATOR_ACTOR_ID, request_id)
    try:
        async with registry.founding(company_id, new.slug, actor) as store:
            await store.companies.create_many([CompanyFields(**dict(new))], ids=[company_id])
            await store.principals.create_many(
                [
                    PrincipalFields(kind=PrincipalKind.SYSTEM, name="Wellkept"),
                    PrincipalFields(kind=PrincipalKind.OPERATOR, name="Operator"),
                ],
                ids=[SYSTEM_ACTOR_ID, OPERATOR_ACTOR_ID],
            )
            if administrator is not None:
                await create_person(
                    store,
                    administrator.person,
                    administrator.password,
                    granted_by=frozenset(Scope),
                )
            await store.payers.create_many(payers)
    except SlugTaken as error:
        raise SlugInUse(new.slug) from error
    return company_id


async def get_company(store: Store) -> Company:
    """The company that asks."""
    return await store.companies.get(store.company_id)


async def change_company(
    store: Store, changes: CompanyChanges, *, expected_version: int
) -> Company:
    """Change the company that asks.

    Raises InvalidInput, VersionConflict, RetentionShortened, ReferenceNotFound.
    """
    given = changes.given()
    if given.get("roots_email") is not None:
        given["roots_email"] = _deliverable(changes.roots_email)
    zone = changes.time_zone if "time_zone" in given else None
    if faults := _faults(zone, changes.holiday_calendar):
        raise InvalidInput(faults)
    company = await store.companies.lock(store.company_id)
    if company.version != expected_version:
        raise VersionConflict("companies")
    if "retention_years" in given and changes.retention_years < company.retention_years:
        raise RetentionShortened(company.retention_years)
    if not given:
        return company
    changed = await store.companies.update(
        store.company_id, given, expected_version=expected_version
    )
    if not _SESSION_LIMITS.isdisjoint(given):
        await limit_sessions(store, changed)
    return changed


def _deliverable(address: str | None) -> str:
    """One spelling. Raises InvalidInput."""
    email = normalised_email(address or "")
    if email is None or not is_deliverable(email):
        raise InvalidInput([Fault("/roots_email", "is an address that e-mail can be sent to")])
    return email


def is_slug(text: str) -> bool:
    """Whether a text could name a company."""
    return _SLUG.fullmatch(text) is not None


def _faults(time_zone: str | None, holiday_calendar: str | None) -> list[Fault]:
    faults = []
    if time_zone is not None and time_zone not in _time_zones():
        faults.append(Fault("/time_zone", "is an IANA time zone, such as America/New_York"))
    if holiday_calendar is not None and holiday_calendar not in _holiday_calendars():
        message = "is a country, such as US, or one of its subdivisions, such as US-CA"
        faults.append(Fault("/holiday_calendar", message))
    return faults


@cache
def _time_zones() -> frozenset[str]:
    """Regions of the IANA database, without what only some machines have (localtime, Factory)."""
    regions = (zone for zone in zoneinfo.available_timezones() if "/" in zone)
    return frozenset({"UTC", *regions})


@cache
def _holiday_calendars() -> frozenset[str]:
    """ISO 3166 codes of the countries and subdivisions whose holidays are known."""
    countries = holidays.list_supported_countries(include_aliases=False)
    parts = (f"{country}-{part}" for country, found in countries.items() for part in found)
    return frozenset(code for code in (*countries, *parts) if len(code) <= _LONGEST_CALENDAR)
