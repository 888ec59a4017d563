"""What a payer takes back of a refund itself is in the books once."""

import datetime as dt
from uuid import UUID

import httpx
import pytest

from services.claims.refunds.refunding import (
    NewPayerRefund,
    RefundPayment,
    cancel_refund,
    get_refund,
    pay_refund,
    refund_payer,
)
from services.claims.refunds.takebacks import accept, dismiss
from services.refusals import IllegalTransition
from storage.filters import RefundTakebackFilter
from storage.tables.approvals import ApprovalThresholdFields
from storage.tables.money import Refund, RefundTakeback
from storage.vocabulary.approvals import ApprovalKind, ThresholdRule
from storage.vocabulary.claims import LedgerAccount
from storage.vocabulary.money import RefundStatus, TakebackKind, TakebackStatus
from tests.builders.books import Books
from tests.builders.remittance_files import Cas, Claim, Line, Plb

pytestmark = pytest.mark.anyio

PAID_OUT = RefundPayment(paid_on=dt.date(2025, 5, 5), reference="CHK-9001")
TOO_MUCH = Claim(
    patient_control_number="PCN0009", lines=(Line(adjustments=(Cas("OA", "23", -3_000),)),)
)
CORRECTED = Claim(patient_control_number="PCN0009", lines=(Line(adjustments=()),))


@pytest.fixture
async def overpaid(books: Books) -> UUID:
    """A claim of 100.00 on which its payer paid 130.00; one person suffices for a refund."""
    async with books._transaction() as store:
        await store.approval_thresholds.create(
            ApprovalThresholdFields(kind=ApprovalKind.REFUND, rule=ThresholdRule.NEVER)
        )
    claim_id = await books.claim("PCN0009")
    await books.pay(TOO_MUCH)
    return claim_id


async def refunded(books: Books, claim_id: UUID, *, is_paid: bool = True) -> Refund:
    new = NewPayerRefund(
        claim_id=claim_id,
        payer_id=books.payers[0].id,
        reason_code="overpayment",
        amount_cents=3_000,
    )
    async with books._transaction() as store:
        refund = await refund_payer(store, books.company.principal, new)
        assert isinstance(refund, Refund)
        if is_paid:
            refund = await pay_refund(store, refund.id, PAID_OUT, expected_version=refund.version)
    return refund


async def now(books: Books, refund: Refund) -> Refund:
    async with books._transaction() as store:
        return await get_refund(store, refund.id)


async def takebacks(books: Books, status: TakebackStatus | None = None) -> list[RefundTakeback]:
    async with books._transaction() as store:
        return await store.refund_takebacks.all(RefundTakebackFilter(status=status))


async def assert_once(books: Books) -> None:
    """The 30.00 are gone, once: the claim is even, and nobody owes anybody anything."""
    assert (await books.row("PCN0009")).insurance_balance_cents == 0
    assert await books.account(LedgerAccount.PROVIDER_ADJUSTMENT) == 0
    assert await books.account(LedgerAccount.REFUND_PAYABLE) == 0
    await books.assert_sound()


async def test_a_payer_that_books_a_refund_does_not_make_it_stand_twice(
    books: Books, overpaid: UUID
) -> None:
    refund = await refunded(books, overpaid)
    returned = Plb("72", -3_000, reference="PCN0009")
    await books.pay(TOO_MUCH.reversed(), CORRECTED, plb=[returned])
    await assert_once(books)
    row = await books.row("PCN0009")
    assert (row.payment_cents, row.payer_refund_cents) == (10_000, 0)
    booked = await now(books, refund)
    assert (booked.status, booked.booked_on is None) == (RefundStatus.PAID, False)
    (takeback,) = await takebacks(books)
    assert (takeback.kind, takeback.status) == (TakebackKind.BOOKED, TakebackStatus.SETTLED)
    async with books._transaction() as store:
        assert await store.ledger_figures.open_provider_items(limit=10) == []


async def test_the_return_may_come_in_a_later_remittance(books: Books, overpaid: UUID) -> None:
    await refunded(books, overpaid)
    await books.pay(TOO_MUCH.reversed(), CORRECTED)
    assert (await books.row("PCN0009")).insurance_balance_cents == 3_000
    await books.pay(
        Claim(patient_control_number="PCN0002", lines=(Line(),)),
        plb=[Plb("72", -3_000, reference="CHK-9001")],
    )
    await assert_once(books)


async def test_a_payer_that_does_not_wait_for_the_money_has_it(
    books: Books, overpaid: UUID
) -> None:
    refund = await refunded(books, overpaid, is_paid=False)
    await books.pay(TOO_MUCH.reversed(), CORRECTED)
    await assert_once(books)
    recalled = await now(books, refund)
    assert recalled.status is RefundStatus.RECOUPED
    with pytest.raises(IllegalTransition):
        async with books._transaction() as store:
            await pay_refund(store, refund.id, PAID_OUT, expected_version=recalled.version)


async def test_a_payer_may_take_it_out_of_a_payment(books: Books, overpaid: UUID) -> None:
    refund = await refunded(books, overpaid, is_paid=False)
    await books.pay(
        Claim(patient_control_number="PCN0002", lines=(Line(),)),
        plb=[Plb("WO", 3_000, reference="PCN0009")],
    )
    assert (await now(books, refund)).status is RefundStatus.RECOUPED
    await assert_once(books)


async def test_a_refund_that_was_booked_is_still_paid_out_and_not_cancelled(
    books: Books, overpaid: UUID
) -> None:
    refund = await refunded(books, overpaid, is_paid=False)
    delayed = Plb("WO", -3_000, reference="PCN0009")
    await books.pay(TOO_MUCH.reversed(), CORRECTED, plb=[delayed])
    booked = await now(books, refund)
    assert (booked.status, booked.booked_on is None) == (RefundStatus.APPROVED, False)
    with pytest.raises(IllegalTransition):
        async with books._transaction() as store:
            await cancel_refund(store, refund.id, "no", expected_version=booked.version)
    async with books._transaction() as store:
        await pay_refund(store, refund.id, PAID_OUT, expected_version=booked.version)
    await assert_once(books)
    collected = [Plb("WO", 3_000, reference="PCN0009"), Plb("72", -3_000, reference="PCN0009")]
    await books.pay(Claim(patient_control_number="PCN0002", lines=(Line(),)), plb=collected)
    await assert_once(books)


async def test_a_payer_that_took_what_was_paid_out_owes_it(books: Books, overpaid: UUID) -> None:
    await refunded(books, overpaid)
    await books.pay(TOO_MUCH.reversed(), CORRECTED)
    assert await takebacks(books) == []
    assert (await books.row("PCN0009")).insurance_balance_cents == 3_000
    await books.assert_sound()


async def test_what_is_not_exact_is_proposed_to_a_person(books: Books, overpaid: UUID) -> None:
    refund = await refunded(books, overpaid)
    strange = Plb("72", -3_000, reference="REF-OF-THEIRS")
    await books.pay(TOO_MUCH.reversed(), CORRECTED, plb=[strange])
    (proposed,) = await takebacks(books, TakebackStatus.PROPOSED)
    assert (proposed.refund_id, proposed.fell_cents) == (refund.id, 3_000)
    assert (await books.row("PCN0009")).insurance_balance_cents == 3_000
    async with books._transaction() as store:
        await accept(store, proposed.id, expected_version=proposed.version)
    await assert_once(books)


async def test_what_was_dismissed_is_not_proposed_again(books: Books, overpaid: UUID) -> None:
    await refunded(books, overpaid)
    strange = Plb("72", -3_000, reference="REF-OF-THEIRS")
    await books.pay(TOO_MUCH.reversed(), CORRECTED, plb=[strange])
    (proposed,) = await takebacks(books)
    async with books._transaction() as store:
        await dismiss(store, proposed.id, "another claim's", expected_version=proposed.version)
    await books.pay(
        Claim(patient_control_number="PCN0002", lines=(Line(),)),
        plb=[Plb("WO", 3_000, reference="SOMETHING")],
    )
    assert [each.status for each in await takebacks(books)] == [TakebackStatus.DISMISSED]
    with pytest.raises(IllegalTransition):
        async with books._transaction() as store:
            await accept(store, proposed.id, expected_version=proposed.version + 1)


async def test_a_proposal_goes_when_the_correction_makes_it_exact(
    books: Books, overpaid: UUID
) -> None:
    await refunded(books, overpaid, is_paid=False)
    await books.pay(TOO_MUCH.reversed())
    (proposed,) = await takebacks(books)
    assert (proposed.status, proposed.fell_cents) == (TakebackStatus.PROPOSED, 13_000)
    new_decision = Claim(patient_control_number="PCN0009", lines=(Line(adjustments=()),))
    await books.pay(new_decision, plb=[Plb("WO", -3_000, reference="PCN0009")])
    assert [each.status for each in await takebacks(books)] == [
        TakebackStatus.WITHDRAWN,
        TakebackStatus.SETTLED,
    ]


async def test_one_return_settles_one_of_two_refunds(books: Books, overpaid: UUID) -> None:
    other = await books.claim("PCN0008")
    too_much = Claim(patient_control_number="PCN0008", lines=TOO_MUCH.lines)
    await books.pay(too_much)
    first, second = await refunded(books, overpaid), await refunded(books, other)
    await books.pay(TOO_MUCH.reversed(), CORRECTED, plb=[Plb("72", -3_000, reference="PCN0009")])
    assert (await now(books, first)).booked_on is not None
    assert (await now(books, second)).booked_on is None
    await assert_once(books)


async def test_over_http(books: Books, overpaid: UUID, client: httpx.AsyncClient) -> None:
    await refunded(books, overpaid)
    strange = Plb("72", -3_000, reference="REF-OF-THEIRS")
    await books.pay(TOO_MUCH.reversed(), CORRECTED, plb=[strange])
    listed = await client.get("/api/v1/refund-takebacks", params={"status": "proposed"})
    (proposed,) = listed.json()["items"]
    path = f"/api/v1/refund-takebacks/{proposed['id']}"
    found = await client.get(path)
    accepted = await client.post(f"{path}/accept", headers={"If-Match": found.headers["ETag"]})
    assert (accepted.status_code, accepted.json()["status"]) == (200, "settled")
    again = await client.post(f"{path}/accept", headers={"If-Match": accepted.headers["ETag"]})
    assert again.status_code == 409
