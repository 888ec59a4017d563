"""A company with administrators, and a hold of it that somebody wants released."""

import datetime as dt
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from services.identity.authentication import Principal
from services.identity.scopes import Scope
from storage.embedded import RoleAddresses
from storage.identifiers import new_id
from storage.interface import Actor
from storage.postgres.transaction import PostgresStorage
from storage.tables.identity import LegalHold, LegalHoldFields, PersonSessionFields
from storage.vocabulary.identity import PrincipalKind, Role
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests
from tests.builders.keys import KEYRING
from tests.builders.people import make_person


@dataclass(frozen=True)
class Office:
    """Administrators as they stand before a service, signed in and proven, and their company."""

    storage: PostgresStorage
    clock: FixedClock
    company: CompanyForTests
    people: list[Principal]

    def actor(self, at: int) -> Actor:
        return Actor(self.people[at].id, new_id())

    async def hold(self) -> LegalHold:
        """A hold that nobody of the company has placed."""
        today = self.clock.now().date()
        async with self.storage.transaction(self.company.id, self.company.actor) as store:
            return await store.legal_holds.create(LegalHoldFields(reason="Suit", starts_on=today))


@pytest.fixture
async def office(addresses: RoleAddresses, company: CompanyForTests) -> AsyncIterator[Office]:
    clock = FixedClock()
    storage = PostgresStorage(addresses.app, clock=clock, keyring=KEYRING)
    await storage.open()
    people = [await signed_in(storage, clock, company) for _ in range(4)]
    yield Office(storage, clock, company, people)
    await storage.close()


async def signed_in(
    storage: PostgresStorage, clock: FixedClock, company: CompanyForTests
) -> Principal:
    """An administrator whose session proved who they are, and will be believed for long."""
    person = await make_person(storage, company, Role.ADMINISTRATOR)
    now = clock.now()
    async with storage.transaction(company.id, Actor(person.id, new_id())) as store:
        session = await store.person_sessions.create(
            PersonSessionFields(
                person_id=person.id,
                secret_sha256=new_id().bytes * 2,
                csrf_sha256=bytes(32),
                expires_at=now + dt.timedelta(hours=12),
                last_seen_at=now,
                idle_minutes=30,
                idle_until=now + dt.timedelta(minutes=30),
                proven_at=now,
            )
        )
    return Principal(
        person.id,
        PrincipalKind.PERSON,
        company.id,
        "An administrator",
        frozenset(Scope),
        session.id,
        has_second_factor=True,
        proven_at=now,
    )
