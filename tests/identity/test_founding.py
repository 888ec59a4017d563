"""Founding companies."""

from collections.abc import AsyncIterator

import psycopg
import pytest

from services.claims.first_payers import FIRST_PAYERS
from services.identity.companies import (
    FirstAdministrator,
    NewCompany,
    SlugInUse,
    create_company,
)
from services.identity.passwords import StoredPassword
from services.identity.people import NewPerson
from services.refusals import InvalidInput
from storage.embedded import RoleAddresses
from storage.filters import AuditFilter, NoFilter, PayerFilter, PersonFilter
from storage.identifiers import OPERATOR_ACTOR_ID, SYSTEM_ACTOR_ID, new_id
from storage.interface import Actor
from storage.postgres.registry import PostgresCompanyRegistry
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.identity import Role

pytestmark = pytest.mark.anyio

OPERATOR = Actor(OPERATOR_ACTOR_ID, new_id())
PASSWORD = StoredPassword("no hash of any password", is_temporary=True)


@pytest.fixture
async def registry(addresses: RoleAddresses) -> AsyncIterator[PostgresCompanyRegistry]:
    storage = PostgresStorage(addresses.owner)
    await storage.open()
    yield PostgresCompanyRegistry(storage)
    await storage.close()


def clinic(**changes: object) -> NewCompany:
    given = {"slug": f"clinic-{new_id().hex[-12:]}", "name": "Clinic", "time_zone": "UTC"}
    return NewCompany.model_validate({**given, **changes})


def administrator(email: str = "ada@example.org") -> FirstAdministrator:
    return FirstAdministrator(NewPerson(email=email, name="Ada", role=Role.ADMINISTRATOR), PASSWORD)


async def test_a_company_begins_with_its_principals_administrator_and_payers(
    registry: PostgresCompanyRegistry, storage: PostgresStorage
) -> None:
    new = clinic(time_zone="America/Denver", holiday_calendar="US-CO")
    company_id = await create_company(
        registry,
        new,
        request_id=new_id(),
        administrator=administrator(),
        payers=FIRST_PAYERS,
    )
    assert await storage.company_of_slug(new.slug) == company_id
    async with storage.transaction(company_id, OPERATOR) as store:
        company = await store.companies.get(company_id)
        principals = await store.principals.all(NoFilter())
        (person,) = await store.people.all(PersonFilter())
        payers = await store.payers.all(PayerFilter())
        trail = await store.audit_log.all(AuditFilter(entity="companies"))
    assert (company.time_zone, company.retention_years) == ("America/Denver", 7)
    assert {SYSTEM_ACTOR_ID, OPERATOR_ACTOR_ID, person.id} == {p.id for p in principals}
    assert (person.role, person.password_is_temporary) == (Role.ADMINISTRATOR, True)
    assert [(p.payer_identifier, p.timely_filing_limit_days) for p in payers] == [
        ("MEDICARE", 365),
        ("MEDICAID", 180),
        ("BCBS", 90),
        ("UHC", 90),
        ("AETNA", 120),
    ]
    assert [entry.recorded_by for entry in trail] == [OPERATOR_ACTOR_ID]


async def test_a_slug_names_one_company(registry: PostgresCompanyRegistry) -> None:
    new = clinic()
    await create_company(registry, new, request_id=new_id())
    with pytest.raises(SlugInUse):
        await create_company(registry, new, request_id=new_id())


async def test_a_company_whose_administrator_is_refused_does_not_exist(
    registry: PostgresCompanyRegistry, storage: PostgresStorage
) -> None:
    new = clinic()
    with pytest.raises(InvalidInput):
        await create_company(
            registry, new, request_id=new_id(), administrator=administrator("no address")
        )
    assert await storage.company_of_slug(new.slug) is None
    await create_company(registry, new, request_id=new_id())


@pytest.mark.parametrize("slug", ["ab", "x" * 64, "North", "a b", "-ab", "ab-", "ähm", "a\x00b"])
async def test_a_slug_is_lowercase_letters_digits_and_hyphens(
    registry: PostgresCompanyRegistry, slug: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        await create_company(registry, clinic(slug=slug), request_id=new_id())
    assert [fault.pointer for fault in refused.value.faults] == ["/slug"]


async def test_every_fault_is_named_at_once(registry: PostgresCompanyRegistry) -> None:
    with pytest.raises(InvalidInput) as refused:
        await create_company(
            registry,
            clinic(slug="A", time_zone="Mars/Olympus", holiday_calendar="XX"),
            request_id=new_id(),
        )
    pointers = {fault.pointer for fault in refused.value.faults}
    assert pointers == {"/slug", "/time_zone", "/holiday_calendar"}


async def test_the_role_that_requests_run_under_founds_nothing(storage: PostgresStorage) -> None:
    new = clinic()
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await create_company(PostgresCompanyRegistry(storage), new, request_id=new_id())
    assert await storage.company_of_slug(new.slug) is None
