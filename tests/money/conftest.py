"""Books on which patients owe something."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from uuid import UUID

import pytest

from app.approval_steps import STEPS
from services.approvals.deciding import DecisionTooLate, Ruling, decide
from services.identity.authentication import Principal
from storage.files import FileVault
from storage.filters import ApprovalFilter
from storage.identifiers import new_id
from storage.interface import Actor, Store
from storage.postgres.transaction import PostgresStorage
from storage.tables.approvals import Approval
from storage.vocabulary.approvals import Verdict
from tests.approvals.conftest import signed_in
from tests.builders.books import Books
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests
from tests.builders.remittance_files import Cas, Claim, Line

DEDUCTIBLE = Line(adjustments=(Cas("CO", "45", 2_000), Cas("PR", "1", 3_000)))
"""A line of 100.00: 20.00 written off, 30.00 the patient's, 50.00 paid."""


@pytest.fixture
async def books(storage: PostgresStorage, vault: FileVault, company: CompanyForTests) -> Books:
    """Two claims of one patient, who owes 30.00 on each."""
    books = await Books.open(storage, vault, company)
    for number in ("PCN0001", "PCN0002"):
        await books.claim(number)
    await books.pay(
        Claim(patient_control_number="PCN0001", lines=(DEDUCTIBLE,)),
        Claim(patient_control_number="PCN0002", lines=(DEDUCTIBLE,)),
    )
    return books


@dataclass(frozen=True)
class Office:
    """People who sign, and the key that only asks."""

    clerk: Principal
    manager: Principal
    other_manager: Principal

    @property
    def everybody(self) -> list[Principal]:
        return [self.clerk, self.manager, self.other_manager]


@pytest.fixture
async def office(storage: PostgresStorage, company: CompanyForTests) -> Office:
    """Three signed-in people who have just proved who they are."""
    clock = FixedClock(storage.clock.now())
    return Office(*[await signed_in(storage, clock, company) for _ in range(3)])


def acting(books: Books, who: Principal) -> AbstractAsyncContextManager[Store]:
    """A transaction of one of them."""
    return books.storage.transaction(books.company.id, Actor(who.id, new_id()))


async def request_about(books: Books, entity_id: UUID) -> Approval:
    """The newest request about an item."""
    async with books._transaction() as store:
        found = await store.approvals.all(ApprovalFilter())
    return [each for each in found if each.entity_id == entity_id][-1]


async def decided(
    books: Books,
    who: Principal,
    entity_id: UUID,
    verdict: Verdict = Verdict.APPROVE,
) -> Approval | DecisionTooLate:
    """What becomes of the newest request about an item when somebody decides."""
    approval = await request_about(books, entity_id)
    ruling = Ruling(verdict, None if verdict is Verdict.APPROVE else "not now")
    async with acting(books, who) as store:
        return await decide(
            store, who, STEPS, approval.id, ruling, expected_version=approval.version
        )
