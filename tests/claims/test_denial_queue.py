"""The queue of open denials: nearest deadlines first, then what is worth most."""

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

import psycopg
import pytest

from services.claims.denial_work import queue
from services.claims.denial_work.queue import DeadlineBucket, QueuedDenial
from storage.embedded import RoleAddresses
from storage.files import FileVault
from storage.filters import DenialFilter
from storage.interface import Store
from storage.postgres.denial_queue import page_statement
from storage.postgres.selecting import conditions_given
from storage.postgres.transaction import PostgresStorage
from tests.builders.books import Books
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests
from tests.builders.denials import Drawn, denied, learned, open_denials
from tests.builders.tenant_rows import bind

pytestmark = pytest.mark.anyio

TODAY = dt.date(2026, 6, 1)
NOON = dt.datetime(2026, 6, 1, 16, tzinfo=dt.UTC)


@pytest.fixture
def clock() -> FixedClock:
    """The first of June."""
    return FixedClock(NOON)


@pytest.fixture
async def books(storage: PostgresStorage, vault: FileVault, company: CompanyForTests) -> Books:
    """A company's books."""
    return await Books.open(storage, vault, company)


async def whole_queue(
    store: Store, *, limit: int = 200, conditions: DenialFilter | None = None
) -> list[QueuedDenial]:
    found: list[QueuedDenial] = []
    place = None
    while True:
        page = await queue.list_queue(store, conditions or DenialFilter(), limit=limit, after=place)
        found += page.rows
        if (place := page.next_place) is None:
            return found


def order_of(rows: Sequence[QueuedDenial]) -> list[tuple[str, int]]:
    return [(each.bucket.value, each.denial.amount_cents) for each in rows]


@pytest.mark.parametrize(
    ("days", "bucket"),
    [
        (-400, DeadlineBucket.AT_RISK),
        (0, DeadlineBucket.AT_RISK),
        (7, DeadlineBucket.AT_RISK),
        (8, DeadlineBucket.SOON),
        (30, DeadlineBucket.SOON),
        (31, DeadlineBucket.LATER),
    ],
)
def test_a_bucket_ends_with_its_last_day(days: int, bucket: DeadlineBucket) -> None:
    assert queue.bucket_of(TODAY + dt.timedelta(days=days), TODAY) is bucket


async def test_deadlines_come_before_money_and_money_before_age(books: Books) -> None:
    denial = await denied(books)
    drawn = [
        Drawn(900_000, 31),
        Drawn(50_000, 7),
        Drawn(70_000, -3),
        Drawn(800_000, 8),
        Drawn(60_000, 30),
        Drawn(50_001, 0),
    ]
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        await open_denials(store, denial, drawn, today=TODAY)
        rows = await whole_queue(store, conditions=DenialFilter())
    assert order_of(rows) == [
        ("at_risk", 70_000),
        ("at_risk", 50_001),
        ("at_risk", 50_000),
        ("at_risk", 10_000),  # the denial itself, denied in 2025
        ("soon", 800_000),
        ("soon", 60_000),
        ("later", 900_000),
    ]
    assert [each.days_left for each in rows[:3]] == [-3, 0, 7]


async def test_likely_money_comes_before_more_money_that_is_unlikely(books: Books) -> None:
    denial = await denied(books)
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        won = await store.denial_outcomes.create_many(
            learned(denial, decided=200, recovered=190, recorded_on=TODAY - dt.timedelta(days=1))
        )
        assert len(won) == 200
        likely, unlikely = await open_denials(
            store,
            denial,
            [Drawn(100_000, 60), Drawn(120_000, 60, category="experimental")],
            today=TODAY,
        )
        lost = [
            each.model_copy(update={"category": "experimental"})
            for each in learned(
                denial, decided=200, recovered=20, recorded_on=TODAY - dt.timedelta(days=1)
            )
        ]
        await store.denial_outcomes.create_many(lost)
        rows = await whole_queue(store)
    later = [each for each in rows if each.bucket is DeadlineBucket.LATER]
    assert [each.denial.id for each in later] == [likely, unlikely]


async def test_what_the_statement_sorts_by_is_what_the_answer_shows(books: Books) -> None:
    denial = await denied(books)
    drawn = [
        Drawn(amount, 60, category=category, is_correctable=amount % 2 == 0)
        for amount in (0, 1, 77, 12_345, 99_999, 1_000_000_000)
        for category in ("authorization", "experimental", "bundled")
    ]
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        await store.denial_outcomes.create_many(
            learned(denial, decided=7, recovered=5, recorded_on=TODAY - dt.timedelta(days=1))
        )
        await open_denials(store, denial, drawn, today=TODAY)
        experience = await queue.experience_of(store, TODAY)
        found = await store.denial_queue.page(DenialFilter(), experience.worth, limit=200)
    assert len(found) == len(drawn) + 1
    assert [cents for _, cents in found] == [
        queue.value_of(experience, each).expected_cents for each, _ in found
    ]


@pytest.mark.parametrize("limit", [1, 2, 3, 200])
async def test_every_denial_comes_once_whatever_the_page(books: Books, limit: int) -> None:
    denial = await denied(books)
    drawn = [Drawn(amount, days) for amount in (500, 500, 700) for days in (-1, 7, 8, 30, 31)]
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        await open_denials(store, denial, drawn, today=TODAY)
        rows = await whole_queue(store, limit=limit)
        assert order_of(rows) == order_of(await whole_queue(store))
    ids = [each.denial.id for each in rows]
    assert len(ids) == len(set(ids)) == len(drawn) + 1


async def test_a_page_goes_on_as_of_the_day_it_began_although_it_is_another_day(
    books: Books, addresses: RoleAddresses
) -> None:
    denial = await denied(books)
    drawn = [Drawn(500 + days, days) for days in range(5, 12)]
    company = books.company
    async with books.storage.transaction(company.id, company.actor) as store:
        made = await open_denials(store, denial, drawn, today=TODAY)
        first = await queue.list_queue(store, DenialFilter(), limit=3)
    storage = PostgresStorage(addresses.app, clock=FixedClock(NOON + dt.timedelta(days=2)))
    await storage.open()
    try:
        async with storage.transaction(company.id, company.actor) as store:
            rest = await queue.list_queue(store, DenialFilter(), limit=200, after=first.next_place)
            anew = await queue.list_queue(store, DenialFilter(), limit=200)
    finally:
        await storage.close()
    seen = [each.denial.id for each in (*first.rows, *rest.rows)]
    assert sorted(seen) == sorted([*made, denial.id])
    assert rest.as_of == TODAY
    assert sum(each.bucket is DeadlineBucket.AT_RISK for each in anew.rows) == 6


async def test_an_outcome_counts_from_the_next_day_on(books: Books) -> None:
    denial = await denied(books)
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        await store.denial_outcomes.create_many(
            learned(denial, decided=50, recovered=50, recorded_on=TODAY)
        )
        today = await queue.experience_of(store, TODAY)
        tomorrow = await queue.experience_of(store, TODAY + dt.timedelta(days=1))
    assert today.odds(denial.payer_id, denial.category).decided == 0
    assert tomorrow.odds(denial.payer_id, denial.category).decided == 50


async def test_the_queue_narrows_to_owner_payer_category_and_bucket(books: Books) -> None:
    denial = await denied(books)
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        await open_denials(
            store, denial, [Drawn(500, 20), Drawn(600, 60, category="bundled")], today=TODAY
        )
        bundled = await whole_queue(store, conditions=DenialFilter(category="bundled"))
        soon = await queue.list_queue(store, DenialFilter(), limit=9, bucket=DeadlineBucket.SOON)
        nobody = await whole_queue(store, conditions=DenialFilter(owner_role="coder"))
        elsewhere = await whole_queue(store, conditions=DenialFilter(payer_id=UUID(int=1)))
        unassigned = await whole_queue(store, conditions=DenialFilter(is_unassigned=True))
    assert [each.denial.amount_cents for each in bundled] == [600]
    assert [each.denial.amount_cents for each in soon.rows] == [500]
    assert (nobody, elsewhere) == ([], [])
    assert len(unassigned) == 3


async def test_a_bucket_is_read_by_its_deadlines_and_not_by_looking_at_every_denial(
    books: Books, addresses: RoleAddresses
) -> None:
    denial = await denied(books)
    drawn = [Drawn(500 + at, 40 + at % 300) for at in range(5_000)]
    drawn += [Drawn(900 + at, at % 7) for at in range(20)]
    company = books.company
    async with books.storage.transaction(company.id, company.actor) as store:
        await open_denials(store, denial, drawn, today=TODAY)
    with psycopg.connect(addresses.owner, autocommit=True) as owner:
        owner.execute("ANALYZE denials")
    conditions = queue.within(DenialFilter(), DeadlineBucket.AT_RISK, TODAY)
    names = conditions_given(conditions)
    parameters = {f"where_{name}": getattr(conditions, name) for name in names} | {
        "company_id": company.id,
        "payer_ids": [denial.payer_id],
        "categories": ["authorization"],
        "basis_points": [5_000],
        "other_basis_points": 5_000,
        "correction_cost_cents": 0,
        "appeal_cost_cents": 0,
        "row_limit": 51,
    }
    with psycopg.connect(addresses.app) as program:
        bind(program, company.id)
        statement = f"EXPLAIN {page_statement(names, continued=False)}"
        plan = "\n".join(line for (line,) in program.execute(statement.encode(), parameters))
    assert "ix_denials_status_due_on_id" in plan, plan
