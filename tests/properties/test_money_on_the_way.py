"""Claims go out, come back, are replaced and given up, while payers decide and the company moves
money on them: whatever comes in whichever order, the books balance, and a claim that is not on its
way holds nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from services.claims.clearing.acknowledgement_scan import scan_acknowledgements
from services.claims.clearing.acknowledgements import (
    ReceivedAcknowledgement,
    new_file,
    receive_acknowledgement,
)
from services.claims.drafts import NewAcknowledgement
from services.claims.lifecycle import ON_ITS_WAY
from services.claims.replacing.drafting import correct_claim, void_at_payer
from services.claims.submission import record_acknowledgement, submit_claims, void
from services.files.keeping import Bytes, written
from services.refusals import Refusal
from storage.embedded import RoleAddresses
from storage.files import FileVault
from storage.files.local import LocalFileStore
from storage.filters import ClaimFilter
from storage.interface import Store
from storage.postgres.transaction import PostgresStorage
from storage.tables.approvals import ApprovalThresholdFields
from storage.tables.claims import Claim as ClaimRow
from storage.vocabulary.approvals import ApprovalKind, ThresholdRule
from storage.vocabulary.claims import AcknowledgementOutcome, ClaimStatus
from tests.builders.answers import answer_277
from tests.builders.books import Books, accounts, balances_of
from tests.builders.claims import transmission
from tests.builders.companies import make_company
from tests.builders.keys import KEYRING
from tests.builders.remittance_files import Claim
from tests.properties.test_money_books import OWED_BY_THE_PATIENT, Office

ANSWERS = (("A2", None), ("A3", None), ("A3", "A3"))
"""The claim is accepted, rejected, or rejected with the whole submission."""
OF_THE_WAY = ("decide", "answer", "reject_by_hand", "give_up_claim", "replace", "send")
OF_MONEY = ("receive", "apply", "bounce", "give_up", "owe_again", "give_back_to_payer", "keep")
Step = tuple[str, int, int, int]
STEPS = st.tuples(
    st.sampled_from([*OF_THE_WAY, *OF_THE_WAY, *OF_MONEY]),
    st.integers(0, 5),
    st.integers(0, 3),
    st.sampled_from([700, 3_000, 10_000]),
)


@dataclass
class Practice(Office):
    """An office that also sends its claims, hears of them, replaces them and gives them up."""

    heard: int = 0

    async def do(self, step: Step) -> None:
        """Do a step about one of the claims that there are; what is refused, is not done."""
        name, which, at, cents = step
        numbers = sorted(self.ids, key=lambda each: self.ids[each])
        with suppress(Refusal):
            await getattr(self, name)(which, numbers[at % len(numbers)], cents)

    async def decide(self, _: int, number: str, __: int) -> None:
        """The payer decides, or takes back what it has decided."""
        decision = Claim(patient_control_number=number, lines=(OWED_BY_THE_PATIENT,))
        await self.books.pay(decision.reversed() if number in self.decided else decision)
        self.decided ^= {number}

    async def answer(self, which: int, number: str, _: int) -> None:
        """The clearinghouse answers about the claim, or about the file that it went out in."""
        self.heard += 1
        category, receiver_status = ANSWERS[which % 3]
        content = answer_277(
            (number, category), reference=f"BATCH{self.heard}", receiver_status=receiver_status
        )
        books, new = self.books, new_file("answers.x12")
        company, held = books.company, Bytes(content)
        async with (
            written(books.storage, books.vault, company.id, company.actor, new, held) as file,
            books._transaction() as store,
        ):
            heard = ReceivedAcknowledgement(file, scan_acknowledgements([content]))
            await receive_acknowledgement(store, books.vault, heard)

    async def reject_by_hand(self, _: int, number: str, __: int) -> None:
        said = NewAcknowledgement(
            outcome=AcknowledgementOutcome.REJECTED, reference="999", reason="was not readable"
        )
        await self._with(
            number,
            lambda store, claim: record_acknowledgement(
                store, claim.id, said, expected_version=claim.version
            ),
        )

    async def give_up_claim(self, _: int, number: str, __: int) -> None:
        await self._with(
            number, lambda store, claim: void(store, claim.id, "no", expected_version=claim.version)
        )

    async def replace(self, which: int, number: str, _: int) -> None:
        make = correct_claim if which % 2 else void_at_payer

        async def work(store: Store, claim: ClaimRow) -> None:
            made = await make(store, claim.id, expected_version=claim.version)
            self.ids[made.claim.patient_control_number] = made.claim.id

        await self._with(number, work)

    async def send(self, _: int, number: str, __: int) -> None:
        """Whatever does not stand out goes out."""

        async def work(store: Store, claim: ClaimRow) -> None:
            if claim.status in ON_ITS_WAY or claim.status is ClaimStatus.VOIDED:
                return
            ready = await store.claims.update(
                claim.id,
                {"status": ClaimStatus.READY_TO_SUBMIT, "status_reason": None},
                expected_version=claim.version,
            )
            await submit_claims(store, [ready], transmission(store.now))

        await self._with(number, work)

    async def _with(
        self, number: str, work: Callable[[Store, ClaimRow], Awaitable[object]]
    ) -> None:
        async def held(store: Store) -> None:
            await work(store, await store.claims.lock(self.ids[number]))

        await self._in(held)


async def assert_books_hold(practice: Practice) -> None:
    await practice.books.assert_sound()
    assert sum(accounts(await practice.books.ledger()).values()) == 0
    async with practice.books._transaction() as store:
        claims = await store.claims.all(ClaimFilter())
    for claim in claims:
        if claim.status not in ON_ITS_WAY:
            assert not any(balances_of(claim)), claim.status
            assert claim.insurance_write_off_cents == claim.patient_payment_cents == 0
            assert claim.payer_refund_cents == claim.patient_write_off_cents == 0
        owes_insurers = claim.insurance_balance_cents < 0 and not claim.is_replaced
        assert (claim.insurance_credit_since is not None) is owes_insurers
        assert (claim.patient_credit_since is not None) is (claim.patient_balance_cents < 0)


async def opened(addresses: RoleAddresses, storage: PostgresStorage, folder: Path) -> Practice:
    """A company in which one person suffices, with two claims that their payer took in."""
    company = await make_company(addresses.owner, storage)
    books = await Books.open(storage, FileVault(LocalFileStore(folder)), company)
    numbers = ("PCN0001", "PCN0002")
    ids = {each: await books.claim(each, payer_claim_number=f"ICN-{each}") for each in numbers}
    async with books._transaction() as store:
        await store.approval_thresholds.create_many(
            [
                ApprovalThresholdFields(kind=kind, rule=ThresholdRule.NEVER)
                for kind in (ApprovalKind.WRITE_OFF, ApprovalKind.REFUND)
            ]
        )
    return Practice(books, ids)


def test_the_books_hold_whatever_becomes_of_the_claims(
    addresses: RoleAddresses, tmp_path_factory: pytest.TempPathFactory
) -> None:
    @settings(
        max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )
    @example([("give_up", 1, 0, 700), ("answer", 1, 0, 0)])
    @given(st.lists(STEPS, min_size=4, max_size=14))
    def run(steps: list[Step]) -> None:
        async def story() -> None:
            storage = PostgresStorage(addresses.app, keyring=KEYRING)
            await storage.open()
            try:
                practice = await opened(addresses, storage, tmp_path_factory.mktemp("files"))
                for step in steps:
                    await practice.do(step)
                    await assert_books_hold(practice)
            finally:
                await storage.close()

        asyncio.run(story())

    run()
