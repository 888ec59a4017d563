"""A payment below the contract can be disputed until a day that something says."""

import datetime as dt
from uuid import UUID

import httpx
import pytest

from services.claims.appealing.deadlines import DEADLINES
from services.claims.contracts.agreements import (
    ContractChanges,
    NewContract,
    NewTerm,
    Terms,
    change_contract,
    create_contract,
    set_terms,
)
from services.claims.contracts.comparing import compare
from storage.files import FileVault
from storage.filters import AdjudicationFilter, UnderpaymentFilter
from storage.postgres.transaction import PostgresStorage
from storage.tables.appeals import AppealRuleFields
from storage.tables.contracts import Underpayment
from storage.vocabulary.appeals import StartEvent
from storage.vocabulary.claims import PayerType
from storage.vocabulary.contracts import TermBasis
from tests.builders.books import Books
from tests.builders.companies import CompanyForTests
from tests.builders.people import make_person
from tests.builders.remittance_files import Cas, Claim, Line

pytestmark = pytest.mark.anyio

PAID_ON = dt.date(2025, 3, 31)


@pytest.fixture
async def books(storage: PostgresStorage, vault: FileVault, company: CompanyForTests) -> Books:
    return await Books.open(storage, vault, company)


async def agree(books: Books, **fields: object) -> UUID:
    """A contract that pays 80.00 a line."""
    new = {"payer_id": books.payers[0].id, "name": "Of a test", "effective_from": "2025-01-01"}
    terms = Terms(terms=[NewTerm(basis=TermBasis.FIXED, amount_cents=8_000)])
    async with books._transaction() as store:
        made = await create_contract(store, NewContract.model_validate({**new, **fields}))
        await set_terms(store, made.contract.id, terms, expected_version=1)
    return made.contract.id


async def underpaid(books: Books, number: str = "PCN0001") -> None:
    await books.claim(number)
    too_little = Line(adjustments=(Cas("CO", "45", 5_000),))
    await books.pay(Claim(patient_control_number=number, lines=(too_little,)))
    company = books.company
    await compare(books.storage, company.id, company.actor, AdjudicationFilter())


async def the_one(books: Books) -> Underpayment:
    async with books._transaction() as store:
        (found,) = await store.underpayments.all(UnderpaymentFilter())
    return found


async def test_the_contract_says_it_before_anything_else(books: Books) -> None:
    await agree(books, dispute_days=45, dispute_source="Section 7.2")
    await underpaid(books)
    work = await the_one(books)
    assert work.deadline_started_on <= work.found_on
    assert work.due_on == work.deadline_started_on + dt.timedelta(days=45)
    assert (work.due_is_verified, work.due_source) == (True, "Section 7.2")


async def test_without_a_word_of_the_contract_the_payers_rule_counts(books: Books) -> None:
    person = await make_person(books.storage, books.company)
    rule = AppealRuleFields(
        payer_id=books.payers[0].id,
        level=1,
        name="Provider dispute",
        start_event=StartEvent.REMITTANCE_RECEIVED,
        days=33,
        source="Manual, page 88",
        effective_from=dt.date(2020, 1, 1),
        confirmed_by_person_id=person.id,
    )
    async with books._transaction() as store:
        await store.appeal_rules.create(rule)
    await agree(books)
    await underpaid(books)
    work = await the_one(books)
    assert work.due_on == work.deadline_started_on + dt.timedelta(days=33)
    assert (work.due_is_verified, work.due_source) == (True, "Manual, page 88")


async def test_a_shipped_default_says_that_nobody_has_verified_it(books: Books) -> None:
    await agree(books)
    await underpaid(books)
    work = await the_one(books)
    shipped = DEADLINES.shipped(PayerType.COMMERCIAL, 1, work.deadline_started_on)
    assert shipped is not None
    assert work.due_on == shipped.due_on(work.deadline_started_on)
    assert not work.due_is_verified


async def test_a_contract_that_changes_moves_what_is_open(books: Books) -> None:
    contract_id = await agree(books)
    await underpaid(books)
    changes = ContractChanges(dispute_days=10, dispute_source="Amendment 3")
    async with books._transaction() as store:
        await change_contract(store, contract_id, changes, expected_version=2)
    work = await the_one(books)
    assert work.due_on == work.deadline_started_on + dt.timedelta(days=10)
    assert work.due_source == "Amendment 3"


async def test_the_queue_is_in_the_order_of_deadlines(
    books: Books, client: httpx.AsyncClient
) -> None:
    await agree(books, dispute_days=45, dispute_source="Section 7.2")
    for number in ("PCN0001", "PCN0002", "PCN0003"):
        await underpaid(books, number)
    async with books._transaction() as store:
        found = await store.underpayments.lock_all(UnderpaymentFilter())
        days = [found[0].due_on, found[0].due_on - dt.timedelta(days=9), found[0].due_on]
        await store.underpayments.update_many(
            {each.id: each.version for each in found}, {"due_on": days}
        )
    seen, cursor = [], None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await client.get("/api/v1/underpayments/queue", params=query)).json()
        seen += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    wanted = [found[1].id, found[0].id, found[2].id]
    assert [each["underpayment"]["id"] for each in seen] == [str(each) for each in wanted]
    as_of = dt.date.fromisoformat(page["as_of"])
    assert [each["days_left"] for each in seen] == [(days[at] - as_of).days for at in (1, 0, 2)]


async def test_days_and_their_source_go_together(books: Books, client: httpx.AsyncClient) -> None:
    contract_id = await agree(books)
    refused = await client.patch(
        f"/api/v1/payer-contracts/{contract_id}",
        json={"dispute_days": 30},
        headers={"If-Match": '"2"'},
    )
    assert refused.status_code == 422
