"""Whatever is received, applied, given up, given back, banked and taken back, by whomever and in
any order, the books balance to the cent; and when all of it is taken back, every claim stands where
its payers alone left it."""

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.approvals.asking import Asked
from services.claims.deposits.bank_lines import (
    DepositMatch,
    NewBankLine,
    NewBankLines,
    add_lines,
    match_line,
    unmatch_line,
)
from services.claims.exceptions.exception_return import return_to_payer
from services.claims.patient_money.inputs import (
    Application,
    Applications,
    NewPatientPayment,
    PaymentReversal,
)
from services.claims.patient_money.payments import (
    apply_payment,
    receive_payment,
    reverse_payment,
    unapplied_cents,
)
from services.claims.refunds.refunding import (
    NewPatientRefund,
    NewPayerRefund,
    NewReturnRefund,
    RefundPayment,
    cancel_refund,
    pay_refund,
    refund_patient,
    refund_payer,
    refund_return,
)
from services.claims.refunds.takebacks import accept
from services.claims.write_offs.writing_off import NewWriteOff, reverse_write_off, write_off
from services.refusals import Refusal
from storage.embedded import RoleAddresses
from storage.files import FileVault
from storage.files.local import LocalFileStore
from storage.filters import (
    BankLineFilter,
    CashItemFilter,
    ClaimFilter,
    PatientPaymentFilter,
    ProviderAdjustmentFilter,
    RefundFilter,
    RefundTakebackFilter,
    RemittanceExceptionFilter,
    WriteOffFilter,
)
from storage.interface import Store
from storage.postgres.transaction import PostgresStorage
from storage.tables.approvals import ApprovalThresholdFields
from storage.vocabulary.approvals import ApprovalKind, ThresholdRule
from storage.vocabulary.claims import ExceptionStatus, LedgerAccount
from storage.vocabulary.money import (
    BalanceSide,
    BankLineStatus,
    CashStatus,
    PatientPaymentStatus,
    PaymentMethod,
    RefundStatus,
    TakebackKind,
    TakebackStatus,
    WriteOffStatus,
)
from tests.builders.books import Balances, Books, accounts
from tests.builders.companies import make_company
from tests.builders.keys import KEYRING
from tests.builders.remittance_files import Cas, Claim, Line, Plb

CLAIMS = ("PCN0001", "PCN0002", "PCN0003")
DAY = dt.date(2025, 4, 2)
LATER = dt.date(2025, 5, 2)
OWED_BY_THE_PATIENT = Line(adjustments=(Cas("CO", "45", 2_000), Cas("PR", "1", 3_000)))
PAID_TOO_MUCH = Line(adjustments=(Cas("OA", "23", -1_500),))
DECISIONS = {
    "PCN0001": Claim(patient_control_number="PCN0001", lines=(OWED_BY_THE_PATIENT,)),
    "PCN0002": Claim(patient_control_number="PCN0002", lines=(OWED_BY_THE_PATIENT,)),
    "PCN0003": Claim(patient_control_number="PCN0003", lines=(PAID_TOO_MUCH,)),
}

Step = tuple[str, int, int, int]
STEPS = st.tuples(
    st.sampled_from(
        [
            "receive",
            "apply",
            "bounce",
            "give_up",
            "owe_again",
            "give_back",
            "give_back_to_payer",
            "pay_out",
            "keep",
            "decide_anew",
            "bank",
            "unbank",
            "pay_for_nobody",
            "give_that_back",
            "correct_with_return",
            "recoup",
            "agree_to_takeback",
        ]
    ),
    st.integers(0, 9),
    st.integers(0, 2),
    st.sampled_from([1, 700, 1_500, 3_000, 4_000]),
)


@dataclass
class Office:
    """Somebody who does one thing after another; what is refused, is not done."""

    books: Books
    ids: dict[str, UUID]
    decided: set[str] = field(default_factory=set)
    corrected: set[str] = field(default_factory=set)

    async def do(self, step: Step) -> None:
        name, which, at, cents = step
        with suppress(Refusal):
            await getattr(self, name)(which, CLAIMS[at], cents)

    async def receive(self, _: int, number: str, cents: int) -> None:
        applied = [Application(claim_id=self.ids[number], amount_cents=min(cents, 1_000))]
        new = NewPatientPayment(
            patient_id=self.books.patient.id,
            method=PaymentMethod.CASH,
            received_on=DAY,
            amount_cents=cents,
            applications=applied,
        )
        await self._in(lambda store: receive_payment(store, new))

    async def apply(self, which: int, number: str, cents: int) -> None:
        wanted = Applications(
            applications=[Application(claim_id=self.ids[number], amount_cents=cents)]
        )

        async def work(store: Store) -> None:
            found = await store.patient_payments.all(PatientPaymentFilter())
            for each in found[which : which + 1]:
                await apply_payment(store, each.id, wanted, expected_version=each.version)

        await self._in(work)

    async def bounce(self, which: int, _: str, __: int) -> None:
        async def work(store: Store) -> None:
            found = await store.patient_payments.all(PatientPaymentFilter())
            reversal = PaymentReversal(reversed_on=LATER, reason="it bounced")
            for each in found[which : which + 1]:
                await reverse_payment(store, each.id, reversal, expected_version=each.version)

        await self._in(work)

    async def give_up(self, which: int, number: str, cents: int) -> None:
        is_patients = which % 2 == 0
        new = NewWriteOff(
            claim_id=self.ids[number],
            side=BalanceSide.PATIENT if is_patients else BalanceSide.INSURANCE,
            reason_code="bad_debt" if is_patients else "timely_filing",
            amount_cents=cents,
        )
        principal = self.books.company.principal
        await self._in(lambda store: write_off(store, principal, new))

    async def owe_again(self, which: int, _: str, __: int) -> None:
        async def work(store: Store) -> None:
            found = await store.write_offs.all(WriteOffFilter(status=WriteOffStatus.POSTED))
            for each in found[which : which + 1]:
                await reverse_write_off(store, each.id, "again", expected_version=each.version)

        await self._in(work)

    async def give_back(self, which: int, _: str, cents: int) -> None:
        async def work(store: Store) -> None:
            found = await store.patient_payments.all(PatientPaymentFilter())
            for each in found[which : which + 1]:
                new = NewPatientRefund(
                    patient_payment_id=each.id, reason_code="overpayment", amount_cents=cents
                )
                done = await refund_patient(store, self.books.company.principal, new)
                assert not isinstance(done, Asked)

        await self._in(work)

    async def give_back_to_payer(self, _: int, number: str, cents: int) -> None:
        new = NewPayerRefund(
            claim_id=self.ids[number],
            payer_id=self.books.payers[0].id,
            reason_code="overpayment",
            amount_cents=cents,
        )
        await self._in(lambda store: refund_payer(store, self.books.company.principal, new))

    async def pay_out(self, which: int, _: str, __: int) -> None:
        async def work(store: Store) -> None:
            found = await store.refunds.all(RefundFilter(status=RefundStatus.APPROVED))
            paid = RefundPayment(paid_on=LATER, reference="CHK-1")
            for each in found[which : which + 1]:
                await pay_refund(store, each.id, paid, expected_version=each.version)

        await self._in(work)

    async def keep(self, which: int, _: str, __: int) -> None:
        async def work(store: Store) -> None:
            found = await store.refunds.all(RefundFilter(status=RefundStatus.APPROVED))
            for each in found[which : which + 1]:
                await cancel_refund(store, each.id, "kept", expected_version=each.version)

        await self._in(work)

    async def decide_anew(self, _: int, number: str, __: int) -> None:
        """The payer decides, or takes back what it has decided."""
        if number in self.corrected:
            return
        decision = DECISIONS[number]
        await self.books.pay(decision.reversed() if number in self.decided else decision)
        self.decided ^= {number}

    async def pay_for_nobody(self, which: int, _: str, __: int) -> None:
        """The payer pays on a claim that is nobody's here, or takes that back; a person returns
        what came."""
        stranger = Claim(patient_control_number=f"ELSE{which % 3}", lines=(Line(adjustments=()),))
        name = stranger.patient_control_number
        await self.books.pay(stranger.reversed() if name in self.decided else stranger)
        self.decided ^= {name}
        principal = self.books.company.principal

        async def work(store: Store) -> None:
            waiting = RemittanceExceptionFilter(status=ExceptionStatus.OPEN)
            for each in await store.remittance_exceptions.all(waiting):
                if each.paid_cents > 0:
                    await return_to_payer(
                        store, principal, each.id, "not ours", expected_version=each.version
                    )

        await self._in(work)

    async def give_that_back(self, which: int, _: str, cents: int) -> None:
        async def work(store: Store) -> None:
            owed = RemittanceExceptionFilter(owed_at_least_cents=1)
            found = await store.remittance_exceptions.all(owed)
            for each in found[which % 2 : which % 2 + 1]:
                new = NewReturnRefund(
                    exception_id=each.id, reason_code="overpayment", amount_cents=cents
                )
                await refund_return(store, self.books.company.principal, new)

        await self._in(work)

    async def correct_with_return(self, which: int, number: str, cents: int) -> None:
        """The payer pays less than before, and may give that back by PLB, by a name or without."""
        if number not in self.decided or number in self.corrected:
            return
        self.corrected.add(number)
        before = DECISIONS[number]
        more = Line(adjustments=(*before.lines[0].adjustments, Cas("OA", "23", cents)))
        corrected = Claim(patient_control_number=number, lines=(more,))
        reference = (number, "", "THEIRS")[which % 3]
        returned = [Plb("72", -cents, reference=reference)] if which < 7 else []
        await self.books.pay(before.reversed(), corrected, plb=returned)

    async def recoup(self, which: int, number: str, cents: int) -> None:
        """The payer takes an amount, by a name or without."""
        reference = (number, "", "THEIRS")[which % 3]
        await self.books.pay(plb=[Plb("WO", cents, reference=reference)])

    async def agree_to_takeback(self, which: int, _: str, __: int) -> None:
        async def work(store: Store) -> None:
            proposed = RefundTakebackFilter(status=TakebackStatus.PROPOSED)
            found = await store.refund_takebacks.all(proposed)
            for each in found[which % 2 : which % 2 + 1]:
                await accept(store, each.id, expected_version=each.version)

        await self._in(work)

    async def bank(self, which: int, _: str, __: int) -> None:
        async def work(store: Store) -> None:
            found = await store.cash_items.all(CashItemFilter(status=CashStatus.EXPECTED))
            for item in found[which : which + 1]:
                count = await store.bank_lines.count(BankLineFilter())
                line = NewBankLine(
                    booked_on=LATER, amount_cents=item.amount_cents, description=f"{count}"
                )
                await add_lines(store, NewBankLines(account="operating", lines=[line]))
                new = (await store.bank_lines.all(BankLineFilter()))[-1]
                match = DepositMatch(cash_item_ids=[item.id])
                await match_line(store, new.id, match, expected_version=new.version)

        await self._in(work)

    async def unbank(self, which: int, _: str, __: int) -> None:
        async def work(store: Store) -> None:
            found = await store.bank_lines.all(BankLineFilter(status=BankLineStatus.MATCHED))
            for each in found[which : which + 1]:
                await unmatch_line(store, each.id, expected_version=each.version)

        await self._in(work)

    async def take_everything_back(self) -> None:
        """What was paid out is gone; all the rest is where it was."""

        async def work(store: Store) -> None:
            for line in await store.bank_lines.all(BankLineFilter(status=BankLineStatus.MATCHED)):
                await unmatch_line(store, line.id, expected_version=line.version)
            for refund in await store.refunds.all(RefundFilter(status=RefundStatus.APPROVED)):
                if refund.booked_on is None:
                    version = refund.version
                    await cancel_refund(store, refund.id, "all", expected_version=version)
            posted = WriteOffFilter(status=WriteOffStatus.POSTED)
            for given_up in await store.write_offs.all(posted):
                await reverse_write_off(store, given_up.id, "x", expected_version=given_up.version)
            received = PatientPaymentFilter(status=PatientPaymentStatus.RECEIVED)
            for payment in await store.patient_payments.all(received):
                nothing = Applications(applications=[])
                await apply_payment(store, payment.id, nothing, expected_version=payment.version)

        await self._in(work)

    async def _in(self, work: Callable[[Store], Awaitable[object]]) -> None:
        async with self.books._transaction() as store:
            await work(store)


async def assert_balanced(books: Books) -> None:
    """Every account is the sum of what stands for it, row by row."""
    await books.assert_sound()
    moved = accounts(await books.ledger())
    async with books._transaction() as store:
        payments = await store.patient_payments.all(PatientPaymentFilter())
        every_refund = await store.refunds.all(RefundFilter())
        settled = await store.refund_takebacks.all(
            RefundTakebackFilter(status=TakebackStatus.SETTLED)
        )
        exceptions = await store.remittance_exceptions.all(RemittanceExceptionFilter())
        plb = await store.provider_adjustments.all(ProviderAdjustmentFilter())
        claims = await store.claims.all(ClaimFilter())
        given_up = await store.write_offs.all(WriteOffFilter(status=WriteOffStatus.POSTED))
        cash = await store.cash_items.all(CashItemFilter(status=CashStatus.EXPECTED))
        lines = await store.bank_lines.all(BankLineFilter(status=BankLineStatus.MATCHED))
    assert sum(moved.values()) == 0
    assert moved[LedgerAccount.PATIENT_UNAPPLIED] == -sum(map(unapplied_cents, payments))
    owed = sum(each.owed_cents for each in exceptions)
    owed += sum(each.amount_cents for each in every_refund if each.status is RefundStatus.APPROVED)
    assert moved[LedgerAccount.REFUND_PAYABLE] == -owed
    booked, recouped = (
        sum(each.amount_cents for each in settled if each.kind is kind)
        for kind in (TakebackKind.BOOKED, TakebackKind.RECOUPED)
    )
    items = sum(each.amount_cents for each in plb)
    assert moved[LedgerAccount.PROVIDER_ADJUSTMENT] == items + booked - recouped
    used = [each.provider_adjustment_id for each in settled if each.provider_adjustment_id]
    assert len(used) == len(set(used))
    recalled = {each.refund_id for each in settled if each.kind is TakebackKind.RECALLED}
    for claim in claims:
        assert claim.payer_refund_cents == sum(
            each.amount_cents
            for each in every_refund
            if each.claim_id == claim.id
            and each.status in (RefundStatus.APPROVED, RefundStatus.PAID, RefundStatus.RECOUPED)
            and each.booked_on is None
            and each.id not in recalled
        )
    assert moved[LedgerAccount.COMPANY_WRITE_OFF] == sum(each.amount_cents for each in given_up)
    assert moved[LedgerAccount.CASH_EXPECTED] == sum(each.amount_cents for each in cash)
    assert moved[LedgerAccount.CASH] == sum(each.amount_cents for each in lines)


async def opened(addresses: RoleAddresses, storage: PostgresStorage, folder: Path) -> Office:
    """A company in which one person suffices for everything, with some decided claims."""
    company = await make_company(addresses.owner, storage)
    books = await Books.open(storage, FileVault(LocalFileStore(folder)), company)
    ids = {number: await books.claim(number) for number in CLAIMS}
    async with books._transaction() as store:
        await store.approval_thresholds.create_many(
            [
                ApprovalThresholdFields(kind=kind, rule=ThresholdRule.NEVER)
                for kind in (ApprovalKind.WRITE_OFF, ApprovalKind.REFUND)
            ]
        )
    office = Office(books, ids)
    for number in CLAIMS:
        await office.decide_anew(0, number, 0)
    return office


DECIDED = {
    "PCN0001": Balances(5_000, 2_000, 3_000, 0),
    "PCN0002": Balances(5_000, 2_000, 3_000, 0),
    "PCN0003": Balances(11_500, 0, 0, -1_500),
}
UNDECIDED = Balances(0, 0, 0, 10_000)


def test_the_books_balance_in_any_order(
    addresses: RoleAddresses, tmp_path_factory: pytest.TempPathFactory
) -> None:
    @settings(
        max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )
    @given(st.lists(STEPS, min_size=4, max_size=12))
    def run(steps: list[Step]) -> None:
        async def story() -> None:
            storage = PostgresStorage(addresses.app, keyring=KEYRING)
            await storage.open()
            try:
                folder = tmp_path_factory.mktemp("files")
                office = await opened(addresses, storage, folder)
                for step in steps:
                    await office.do(step)
                    await assert_balanced(office.books)
                await office.take_everything_back()
                await assert_balanced(office.books)
                for number in set(CLAIMS) - office.corrected:
                    stands = DECIDED[number] if number in office.decided else UNDECIDED
                    row = await office.books.row(number)
                    insurance = stands.insurance + row.payer_refund_cents
                    assert await office.books.balances(number) == stands._replace(
                        insurance=insurance
                    )
            finally:
                await storage.close()

        asyncio.run(story())

    run()
