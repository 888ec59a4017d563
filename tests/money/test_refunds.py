"""What is owed to payers and patients goes back once, and by two people."""

import asyncio
import datetime as dt
from uuid import UUID

import httpx
import pytest

from services.approvals.asking import Asked
from services.approvals.deciding import DecisionTooLate
from services.approvals.involvement import SecondPersonNeeded
from services.claims.patient_money.inputs import (
    Application,
    Applications,
    NewPatientPayment,
    PaymentReversal,
)
from services.claims.patient_money.payments import (
    PaymentInFull,
    PaymentRefunded,
    apply_payment,
    get_payment,
    receive_payment,
    reverse_payment,
)
from services.claims.refunds.credit_deadlines import CREDIT_DEADLINES
from services.claims.refunds.credits import Credit, list_credits
from services.claims.refunds.refunding import (
    ExceedsCredit,
    ExceedsPayments,
    NewPatientRefund,
    NewPayerRefund,
    RefundPayment,
    cancel_refund,
    get_refund,
    pay_refund,
    refund_patient,
    refund_payer,
)
from services.identity.authentication import Principal
from services.refusals import IllegalTransition, InvalidInput
from storage.tables.money import Refund
from storage.vocabulary.claims import LedgerAccount, PayerType
from storage.vocabulary.money import BalanceSide, PaymentMethod, RefundStatus
from tests.builders.books import Books
from tests.builders.remittance_files import Cas, Claim, Line
from tests.money.conftest import DEDUCTIBLE, Office, acting, decided

pytestmark = pytest.mark.anyio

PAID_OUT = RefundPayment(paid_on=dt.date(2025, 5, 5), reference="CHK-9001")


@pytest.fixture
async def overpaid(books: Books) -> UUID:
    """A claim whose payer paid 30.00 too much."""
    claim_id = await books.claim("PCN0009")
    correction = Line(adjustments=(Cas("OA", "23", -3_000),))
    await books.pay(Claim(patient_control_number="PCN0009", lines=(correction,)))
    assert (await books.row("PCN0009")).payment_cents == 13_000
    return claim_id


async def test_a_payer_gets_no_more_than_it_paid_itself(books: Books, office: Office) -> None:
    """A claim is 30.00 in credit: its first payer paid 110.00, its second one 20.00."""
    first = books.payers[0]
    second = await books.payer("60054", trace_identifier="1888888888")
    claim_id = await books.claim("PCN0010", payers=[first, second])
    too_much = Line(adjustments=(Cas("OA", "23", -1_000),))
    await books.pay(Claim(patient_control_number="PCN0010", lines=(too_much,)))
    beside = Line(adjustments=(Cas("OA", "23", 8_000),))
    of_second = Claim(patient_control_number="PCN0010", lines=(beside,), status_code="2")
    await books.pay(of_second, payer=second)
    assert (await books.row("PCN0010")).insurance_balance_cents == -3_000

    async def refunded(cents: int) -> Refund:
        new = NewPayerRefund(
            claim_id=claim_id, payer_id=second.id, reason_code="overpayment", amount_cents=cents
        )
        async with acting(books, office.clerk) as store:
            result = await refund_payer(store, office.clerk, new)
        assert isinstance(result, Asked)
        return result.item

    with pytest.raises(ExceedsPayments) as refused:
        await refunded(2_001)
    assert refused.value.paid_cents == 2_000
    whole = await refunded(1_500)
    await decided(books, office.manager, whole.id)
    with pytest.raises(ExceedsPayments) as refused:
        await refunded(501)
    assert refused.value.paid_cents == 500


async def received(books: Books, who: Principal, cents: int) -> PaymentInFull:
    new = NewPatientPayment(
        patient_id=books.patient.id,
        method=PaymentMethod.CASH,
        received_on=dt.date(2025, 4, 2),
        amount_cents=cents,
    )
    async with acting(books, who) as store:
        return await receive_payment(store, new)


async def asked_for(books: Books, who: Principal, payment_id: UUID, cents: int) -> Refund:
    new = NewPatientRefund(
        patient_payment_id=payment_id, reason_code="overpayment", amount_cents=cents
    )
    async with acting(books, who) as store:
        result = await refund_patient(store, who, new)
    assert isinstance(result, Asked)
    return result.item


async def now(books: Books, refund: Refund) -> Refund:
    async with books._transaction() as store:
        return await get_refund(store, refund.id)


async def unapplied(books: Books, payment: PaymentInFull) -> int:
    async with books._transaction() as store:
        return (await get_payment(store, payment.payment.id)).unapplied_cents


async def test_a_patients_money_goes_back_when_a_second_person_agrees(
    books: Books, office: Office
) -> None:
    payment = await received(books, office.other_manager, 5_000)
    refund = await asked_for(books, office.clerk, payment.payment.id, 2_000)
    assert await unapplied(books, payment) == 5_000
    await decided(books, office.manager, refund.id)
    approved = await now(books, refund)
    assert approved.status is RefundStatus.APPROVED
    assert await unapplied(books, payment) == 3_000
    assert await books.account(LedgerAccount.REFUND_PAYABLE) == -2_000
    cash = await books.account(LedgerAccount.CASH_EXPECTED)
    async with acting(books, office.clerk) as store:
        paid = await pay_refund(store, refund.id, PAID_OUT, expected_version=approved.version)
    assert (paid.status, paid.reference) == (RefundStatus.PAID, "CHK-9001")
    assert await books.account(LedgerAccount.REFUND_PAYABLE) == 0
    assert await books.account(LedgerAccount.CASH_EXPECTED) == cash - 2_000
    await books.assert_sound()


async def test_neither_who_asked_nor_who_received_the_money_decides(
    books: Books, office: Office
) -> None:
    payment = await received(books, office.other_manager, 5_000)
    refund = await asked_for(books, office.clerk, payment.payment.id, 2_000)
    for who in (office.clerk, office.other_manager):
        with pytest.raises(SecondPersonNeeded):
            await decided(books, who, refund.id)


async def test_money_that_was_applied_meanwhile_does_not_go_back(
    books: Books, office: Office
) -> None:
    payment = await received(books, office.clerk, 3_000)
    refund = await asked_for(books, office.clerk, payment.payment.id, 3_000)
    claim_id = (await books.row()).id
    wanted = Applications(applications=[Application(claim_id=claim_id, amount_cents=3_000)])
    async with acting(books, office.clerk) as store:
        await apply_payment(
            store, payment.payment.id, wanted, expected_version=payment.payment.version
        )
    assert isinstance(await decided(books, office.manager, refund.id), DecisionTooLate)
    assert (await now(books, refund)).status is RefundStatus.REFUSED
    await books.assert_sound()


async def test_no_more_goes_back_than_is_unapplied(books: Books, office: Office) -> None:
    payment = await received(books, office.clerk, 3_000)
    with pytest.raises(ExceedsCredit) as refused:
        await asked_for(books, office.clerk, payment.payment.id, 3_001)
    assert refused.value.available_cents == 3_000


async def test_what_was_refunded_is_neither_applied_nor_reversed(
    books: Books, office: Office
) -> None:
    payment = await received(books, office.other_manager, 3_000)
    refund = await asked_for(books, office.clerk, payment.payment.id, 2_000)
    await decided(books, office.manager, refund.id)
    async with books._transaction() as store:
        found = (await get_payment(store, payment.payment.id)).payment
    bounced = PaymentReversal(reversed_on=dt.date(2025, 4, 9), reason="it bounced")
    with pytest.raises(PaymentRefunded):
        async with acting(books, office.clerk) as store:
            await reverse_payment(store, found.id, bounced, expected_version=found.version)
    async with acting(books, office.clerk) as store:
        back = await cancel_refund(
            store,
            refund.id,
            "she changed her mind",
            expected_version=(await now(books, refund)).version,
        )
    assert back.status is RefundStatus.CANCELLED
    assert await unapplied(books, payment) == 3_000
    assert await books.account(LedgerAccount.REFUND_PAYABLE) == 0
    await books.assert_sound()


async def test_a_payer_gets_its_overpayment_back(
    books: Books, office: Office, overpaid: UUID
) -> None:
    new = NewPayerRefund(
        claim_id=overpaid,
        payer_id=books.payers[0].id,
        reason_code="overpayment",
        amount_cents=3_000,
    )
    async with acting(books, office.clerk) as store:
        result = await refund_payer(store, office.clerk, new)
    assert isinstance(result, Asked)
    await decided(books, office.manager, result.item.id)
    row = await books.row("PCN0009")
    assert (row.insurance_balance_cents, row.payer_refund_cents) == (0, 3_000)
    assert (row.payment_cents, row.insurance_credit_since) == (13_000, None)
    await books.assert_sound()
    with pytest.raises(ExceedsCredit):
        async with acting(books, office.clerk) as store:
            await refund_payer(store, office.clerk, new)


async def test_only_a_payer_of_the_claim_is_refunded(
    books: Books, office: Office, overpaid: UUID
) -> None:
    stranger = await books.payer("77777")
    new = NewPayerRefund(
        claim_id=overpaid, payer_id=stranger.id, reason_code="overpayment", amount_cents=1
    )
    with pytest.raises(InvalidInput) as refused:
        async with acting(books, office.clerk) as store:
            await refund_payer(store, office.clerk, new)
    assert [each.pointer for each in refused.value.faults] == ["/payer_id"]


async def test_a_refund_is_paid_out_once(books: Books, office: Office) -> None:
    payment = await received(books, office.other_manager, 3_000)
    refund = await asked_for(books, office.clerk, payment.payment.id, 3_000)
    with pytest.raises(IllegalTransition):
        async with acting(books, office.clerk) as store:
            await pay_refund(store, refund.id, PAID_OUT, expected_version=refund.version)
    await decided(books, office.manager, refund.id)
    version = (await now(books, refund)).version

    async def attempt() -> bool:
        async with acting(books, office.clerk) as store:
            await pay_refund(store, refund.id, PAID_OUT, expected_version=version)
        return True

    outcomes = await asyncio.gather(attempt(), attempt(), return_exceptions=True)
    assert outcomes.count(True) == 1
    assert await books.account(LedgerAccount.REFUND_PAYABLE) == 0


async def credits_of(books: Books) -> list[Credit]:
    async with books._transaction() as store:
        return (await list_credits(store, limit=50, after=None)).items


async def test_the_worklist_says_who_is_owed_and_until_when(books: Books, overpaid: UUID) -> None:
    (credit,) = await credits_of(books)
    assert (credit.claim_id, credit.amount_cents) == (overpaid, 3_000)
    assert (credit.side, credit.payer_ids) == (BalanceSide.INSURANCE, [books.payers[0].id])
    assert credit.due_on is None
    medicare = await books.payer("MEDICARE", type=PayerType.MEDICARE)
    await books.claim("PCN0010", payers=[medicare])
    correction = Line(adjustments=(Cas("OA", "23", -3_000),))
    await books.pay(Claim(patient_control_number="PCN0010", lines=(correction,)), payer=medicare)
    newest = (await credits_of(books))[0]
    assert newest.since is not None
    assert newest.due_on == newest.since + dt.timedelta(days=60)
    assert "42 CFR 401.305" in (newest.due_source or "")


async def test_a_patients_credit_is_on_the_worklist(books: Books) -> None:
    claim_id = (await books.row()).id
    new = NewPatientPayment(
        patient_id=books.patient.id,
        method=PaymentMethod.CASH,
        received_on=dt.date(2025, 4, 2),
        amount_cents=3_000,
        applications=[Application(claim_id=claim_id, amount_cents=3_000)],
    )
    async with books._transaction() as store:
        await receive_payment(store, new)
    assert await credits_of(books) == []
    decision = Claim(patient_control_number="PCN0001", lines=(DEDUCTIBLE,))
    await books.pay(decision.reversed())
    (credit,) = await credits_of(books)
    assert (credit.side, credit.amount_cents) == (BalanceSide.PATIENT, 3_000)


def test_only_rules_in_force_name_a_day() -> None:
    day = dt.date(2026, 3, 2)
    by = CREDIT_DEADLINES.return_by(PayerType.MEDICARE, day)
    assert by is not None
    assert by.due_on == dt.date(2026, 5, 1)
    assert CREDIT_DEADLINES.return_by(PayerType.MEDICARE, dt.date(2010, 1, 1)) is None
    assert CREDIT_DEADLINES.return_by(PayerType.COMMERCIAL, day) is None


async def test_a_refund_over_http(books: Books, client: httpx.AsyncClient, overpaid: UUID) -> None:
    listed = (await client.get("/api/v1/credit-balances")).json()["items"]
    assert [each["claim_id"] for each in listed] == [str(overpaid)]
    rule = {"kind": "refund", "rule": "from_amount", "amount_cents": 5_000}
    changed = await client.put(
        "/api/v1/approval-thresholds", json=rule, headers={"If-Match": '"0"'}
    )
    assert changed.status_code == 200, changed.text
    body = {
        "claim_id": str(overpaid),
        "payer_id": str(books.payers[0].id),
        "reason_code": "overpayment",
        "amount_cents": 3_000,
    }
    made = await client.post("/api/v1/refunds/to-payer", json=body)
    assert (made.status_code, made.json()["status"]) == (201, "approved")
    paid = await client.post(
        f"{made.headers['Location']}/pay",
        json={"paid_on": "2025-05-05", "reference": "CHK-1"},
        headers={"If-Match": made.headers["ETag"]},
    )
    assert paid.json()["status"] == "paid"
    assert (await client.get("/api/v1/ledger/check")).json()["is_sound"] is True
