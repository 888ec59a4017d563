"""Whoever works denials and underpayments is told before a deadline is over."""

import datetime as dt
from uuid import UUID

import pytest

from services.claims.denial_work import resolving
from services.claims.denial_work.assigning import DENIALS
from services.claims.denial_work.resolving import Resolution
from services.claims.work_reminders import remind_of_claim_work
from services.identity.people import disable_person
from storage.files import FileVault
from storage.filters import NotificationFilter, ReminderFilter, UnderpaymentFilter
from storage.postgres.transaction import PostgresStorage
from storage.tables.ledger import Denial
from storage.vocabulary.denials import DenialResolution
from storage.vocabulary.identity import Role
from storage.vocabulary.notifications import NotificationKind, ReminderSubject
from tests.builders.books import Books
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests
from tests.builders.denials import denied
from tests.builders.people import PersonForTests, make_person
from tests.claims.test_underpayment_deadlines import agree, underpaid

pytestmark = pytest.mark.anyio

Told = set[tuple[NotificationKind, UUID]]


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(dt.datetime.now(dt.UTC))


@pytest.fixture
async def books(storage: PostgresStorage, vault: FileVault, company: CompanyForTests) -> Books:
    return await Books.open(storage, vault, company)


@pytest.fixture
async def denial(books: Books) -> Denial:
    return await denied(books)


@pytest.fixture
async def worker(storage: PostgresStorage, company: CompanyForTests) -> PersonForTests:
    """Somebody who may work claims."""
    return await make_person(storage, company, Role.RCM_STAFF)


async def told(books: Books, clock: FixedClock, on: dt.date) -> Told:
    """Who is told of what on a day that they had not been told of before."""
    clock.set(dt.datetime.combine(on, dt.time(15), dt.UTC))
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        before = {each.id for each in await store.notifications.all(NotificationFilter())}
        await remind_of_claim_work(store)
        return {
            (each.kind, each.person_id)
            for each in await store.notifications.all(NotificationFilter())
            if each.id not in before
        }


def days(number: int) -> dt.timedelta:
    return dt.timedelta(days=number)


async def test_what_nobody_has_is_told_to_whoever_works_claims_a_week_and_a_day_before(
    books: Books, denial: Denial, worker: PersonForTests, clock: FixedClock
) -> None:
    due_on = denial.due_on
    assert await told(books, clock, due_on - days(8)) == set()
    both = {(NotificationKind.DENIAL_DUE, worker.id)}
    assert await told(books, clock, due_on - days(7)) == both
    assert await told(books, clock, due_on - days(2)) == set()
    assert await told(books, clock, due_on - days(1)) == both
    assert await told(books, clock, due_on) == set()


async def test_what_is_over_or_resolved_is_not_told_of(
    books: Books, denial: Denial, worker: PersonForTests, clock: FixedClock
) -> None:
    assert worker.id
    assert await told(books, clock, denial.due_on + days(1)) == set()
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        given_up = Resolution(resolution=DenialResolution.GIVEN_UP, note="Too small")
        await resolving.resolve(store, denial.id, given_up, expected_version=denial.version)
    assert await told(books, clock, denial.due_on - days(3)) == set()


async def test_who_has_the_work_is_told_alone_and_nobody_is_left_out_when_they_go(
    books: Books,
    storage: PostgresStorage,
    company: CompanyForTests,
    denial: Denial,
    worker: PersonForTests,
    clock: FixedClock,
) -> None:
    owner = await make_person(storage, company, Role.RCM_STAFF)
    async with storage.transaction(company.id, company.actor) as store:
        await DENIALS.assign(store, denial.id, owner.id, expected_version=denial.version)
    assert await told(books, clock, denial.due_on - days(5)) == {
        (NotificationKind.DENIAL_DUE, owner.id)
    }
    async with storage.transaction(company.id, company.actor) as store:
        person = await store.people.get(owner.id)
        await disable_person(store, owner.id, expected_version=person.version)
    assert await told(books, clock, denial.due_on - days(1)) == {
        (NotificationKind.DENIAL_DUE, worker.id)
    }


async def test_an_underpayment_is_told_of_before_its_day(
    books: Books, worker: PersonForTests, clock: FixedClock
) -> None:
    await agree(books, dispute_days=60, dispute_source="section 9 of a contract")
    await underpaid(books)
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        (work,) = await store.underpayments.all(UnderpaymentFilter())
    one = {(NotificationKind.UNDERPAYMENT_DUE, worker.id)}
    assert await told(books, clock, work.due_on - days(8)) == set()
    assert await told(books, clock, work.due_on - days(6)) == one
    assert await told(books, clock, work.due_on - days(6)) == set()
    assert await told(books, clock, work.due_on - days(1)) == one
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        subject = ReminderFilter(subject=ReminderSubject.UNDERPAYMENT, entity_ids=[work.id])
        assert {each.lead_days for each in await store.reminders.all(subject)} == {7, 1}
