"""What patients pay is applied to what they owe, to the cent and never twice."""

import asyncio
import datetime as dt

import httpx
import pytest

from services.claims.patient_money.application import ExceedsPatientBalance, ExceedsPayment
from services.claims.patient_money.inputs import (
    Application,
    Applications,
    NewPatientPayment,
    PaymentReversal,
    is_a_card_number,
)
from services.claims.patient_money.payments import (
    PaymentInFull,
    apply_payment,
    get_payment,
    receive_payment,
    reverse_payment,
)
from services.refusals import IllegalTransition, InvalidInput, Refusal
from storage.errors import VersionConflict
from storage.identifiers import new_id
from storage.vocabulary.claims import LedgerAccount
from storage.vocabulary.money import PatientPaymentStatus, PaymentMethod
from tests.builders.books import Books
from tests.builders.claims import make_patient
from tests.builders.companies import CompanyForTests
from tests.builders.remittance_files import Claim
from tests.money.conftest import DEDUCTIBLE

pytestmark = pytest.mark.anyio

DAY = dt.date(2025, 4, 2)
BOUNCED = PaymentReversal(reversed_on=dt.date(2025, 4, 9), reason="the check bounced")


async def paid(books: Books, cents: int, *applied: tuple[str, int]) -> PaymentInFull:
    """A payment, applied to claims by control number."""
    applications = [
        Application(claim_id=(await books.row(number)).id, amount_cents=amount)
        for number, amount in applied
    ]
    new = NewPatientPayment(
        patient_id=books.patient.id,
        method=PaymentMethod.CASH,
        received_on=DAY,
        amount_cents=cents,
        applications=applications,
    )
    async with books._transaction() as store:
        return await receive_payment(store, new)


async def applied(
    books: Books, payment: PaymentInFull, *wanted: tuple[str, int], version: int | None = None
) -> PaymentInFull:
    """The payment, applied anew."""
    applications = [
        Application(claim_id=(await books.row(number)).id, amount_cents=amount)
        for number, amount in wanted
    ]
    async with books._transaction() as store:
        return await apply_payment(
            store,
            payment.payment.id,
            Applications(applications=applications),
            expected_version=version or payment.payment.version,
        )


async def bounced(books: Books, payment: PaymentInFull) -> PaymentInFull:
    async with books._transaction() as store:
        return await reverse_payment(
            store, payment.payment.id, BOUNCED, expected_version=payment.payment.version
        )


async def test_a_payment_takes_off_what_the_patient_owes(books: Books) -> None:
    payment = await paid(books, 4_000, ("PCN0001", 3_000))
    assert payment.unapplied_cents == 1_000
    assert payment.payment.receipt_number == "RCPT-000001"
    row = await books.row("PCN0001")
    assert (row.patient_balance_cents, row.patient_payment_cents) == (0, 3_000)
    assert (row.payment_cents, row.insurance_balance_cents) == (5_000, 0)
    assert await books.account(LedgerAccount.PATIENT_UNAPPLIED) == -1_000
    await books.assert_sound()


async def test_no_more_is_applied_than_the_patient_owes(books: Books) -> None:
    with pytest.raises(ExceedsPatientBalance) as refused:
        await paid(books, 4_000, ("PCN0001", 3_001))
    assert refused.value.patient_balance_cents == 3_000
    assert [each.kind for each in await books.ledger() if each.source_id] == []


async def test_no_more_is_applied_than_was_received(books: Books) -> None:
    with pytest.raises(ExceedsPayment) as refused:
        await paid(books, 4_000, ("PCN0001", 3_000), ("PCN0002", 1_001))
    assert (refused.value.available_cents, refused.value.wanted_cents) == (4_000, 4_001)


async def test_a_payment_moves_to_another_claim_and_leaves_contra_entries(books: Books) -> None:
    payment = await paid(books, 3_000, ("PCN0001", 3_000))
    moved = await applied(books, payment, ("PCN0001", 500), ("PCN0002", 2_000))
    assert (moved.unapplied_cents, moved.payment.applied_cents) == (500, 2_500)
    assert (await books.balances("PCN0001")).patient == 2_500
    assert (await books.balances("PCN0002")).patient == 1_000
    entries = [each.amount_cents for each in await books.ledger() if each.source_id is not None]
    assert sorted(entries) == [-2_500, 2_000, 3_000, 3_000]
    await books.assert_sound()


async def test_a_bounced_check_restores_every_claim_to_the_cent(books: Books) -> None:
    before = [await books.balances(number) for number in ("PCN0001", "PCN0002")]
    cash = await books.account(LedgerAccount.CASH_EXPECTED)
    payment = await paid(books, 6_500, ("PCN0001", 3_000), ("PCN0002", 2_000))
    back = await bounced(books, payment)
    assert back.payment.status is PatientPaymentStatus.REVERSED
    assert [await books.balances(number) for number in ("PCN0001", "PCN0002")] == before
    assert await books.account(LedgerAccount.PATIENT_UNAPPLIED) == 0
    assert await books.account(LedgerAccount.CASH_EXPECTED) == cash
    await books.assert_sound()
    with pytest.raises(IllegalTransition):
        await bounced(books, back)
    with pytest.raises(IllegalTransition):
        await applied(books, back, ("PCN0001", 1))


async def test_a_payment_is_applied_to_the_patients_own_claims_only(
    books: Books, company: CompanyForTests
) -> None:
    other = await make_patient(books.storage, company)
    own = NewPatientPayment(
        patient_id=other.id,
        method=PaymentMethod.CASH,
        received_on=DAY,
        amount_cents=100,
        applications=[Application(claim_id=(await books.row()).id, amount_cents=100)],
    )
    with pytest.raises(InvalidInput) as refused:
        async with books._transaction() as store:
            await receive_payment(store, own)
    assert [each.pointer for each in refused.value.faults] == ["/applications/0/claim_id"]


async def test_one_claim_stands_once_among_the_applications(books: Books) -> None:
    with pytest.raises(InvalidInput):
        await paid(books, 1_000, ("PCN0001", 500), ("PCN0001", 500))


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"patient_id": new_id()}, "/patient_id"),
        ({"received_on": dt.date(2099, 1, 1)}, "/received_on"),
        ({"method": PaymentMethod.CHECK}, "/reference"),
        ({"reference": "4111 1111 1111 1111"}, "/reference"),
    ],
)
async def test_what_cannot_be_a_payment_is_refused_with_its_fault(
    books: Books, given: dict[str, object], pointer: str
) -> None:
    new = NewPatientPayment(
        patient_id=books.patient.id,
        method=PaymentMethod.CARD,
        received_on=DAY,
        amount_cents=100,
    ).model_copy(update=given)
    with pytest.raises(InvalidInput) as refused:
        async with books._transaction() as store:
            await receive_payment(store, new)
    assert [each.pointer for each in refused.value.faults] == [pointer]


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("4111111111111111", True),
        ("4111-1111-1111-1111", True),
        ("4111111111111112", False),
        ("AUTH 4111111111111111", False),
        ("1041", False),
    ],
)
def test_a_card_number_is_known_by_its_check_digit(text: str, is_one: bool) -> None:
    assert is_a_card_number(text) is is_one


async def test_a_reversed_remittance_leaves_a_credit_that_is_owed_to_the_patient(
    books: Books,
) -> None:
    await paid(books, 3_000, ("PCN0001", 3_000))
    decided = Claim(patient_control_number="PCN0001", lines=(DEDUCTIBLE,))
    await books.pay(decided.reversed())
    row = await books.row("PCN0001")
    assert (row.patient_balance_cents, row.insurance_balance_cents) == (-3_000, 10_000)
    assert row.patient_credit_since is not None
    await books.pay(decided)
    row = await books.row("PCN0001")
    assert (row.patient_balance_cents, row.patient_credit_since) == (0, None)
    await books.assert_sound()


async def test_two_payments_at_once_never_pay_more_than_is_owed(books: Books) -> None:
    async def attempt() -> str:
        try:
            await paid(books, 2_000, ("PCN0001", 2_000))
        except Refusal:
            return "refused"
        return "applied"

    assert sorted(await asyncio.gather(attempt(), attempt())) == ["applied", "refused"]
    assert (await books.balances("PCN0001")).patient == 1_000
    await books.assert_sound()


async def test_one_payment_applied_twice_at_once_is_applied_once(books: Books) -> None:
    payment = await paid(books, 3_000)

    async def attempt(number: str) -> str:
        try:
            await applied(books, payment, (number, 3_000))
        except VersionConflict:
            return "stale"
        return "applied"

    assert sorted(await asyncio.gather(attempt("PCN0001"), attempt("PCN0002"))) == [
        "applied",
        "stale",
    ]
    async with books._transaction() as store:
        assert (await get_payment(store, payment.payment.id)).unapplied_cents == 0
    await books.assert_sound()


async def test_a_payment_over_http(books: Books, client: httpx.AsyncClient) -> None:
    url = "/api/v1/patient-payments"
    claim_id = str((await books.row()).id)
    body = {
        "patient_id": str(books.patient.id),
        "method": "check",
        "reference": "1041",
        "received_on": "2025-04-02",
        "amount_cents": 2_500,
        "applications": [{"claim_id": claim_id, "amount_cents": 2_000}],
    }
    made = await client.post(url, json=body)
    assert (made.status_code, made.json()["unapplied_cents"]) == (201, 500)
    where = made.headers["Location"]
    assert (await client.get(where)).json() == made.json()
    wanted = {"applications": [{"claim_id": claim_id, "amount_cents": 9_999}]}
    etag = {"If-Match": made.headers["ETag"]}
    refused = await client.post(f"{where}/apply", json=wanted, headers=etag)
    assert (refused.status_code, refused.json()["available_cents"]) == (409, 2_500)
    back = await client.post(
        f"{where}/reverse",
        json={"reversed_on": "2025-04-09", "reason": "it bounced"},
        headers=etag,
    )
    assert back.json()["payment"]["status"] == "reversed"
    listed = (await client.get(url, params={"status": "reversed"})).json()["items"]
    assert [each["receipt_number"] for each in listed] == ["RCPT-000001"]
    assert (await client.get("/api/v1/ledger/check")).json()["is_sound"] is True
