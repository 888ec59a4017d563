"""What a payer paid on no claim here goes back to it as a refund, by two people and in time."""

import datetime as dt
from dataclasses import replace

import httpx
import pytest

from services.approvals.asking import Asked
from services.claims.exceptions.exception_return import return_to_payer
from services.claims.refunds.credits import Credit, list_credits
from services.claims.refunds.refunding import (
    ExceedsCredit,
    NewReturnRefund,
    RefundPayment,
    cancel_refund,
    get_refund,
    pay_refund,
    refund_return,
)
from services.refusals import InvalidInput
from storage.tables.money import Refund
from storage.tables.remittances import RemittanceException
from storage.vocabulary.claims import ExceptionStatus, LedgerAccount, PayerType
from storage.vocabulary.money import BalanceSide, RefundStatus
from tests.builders.books import Books
from tests.builders.remittance_files import Claim, Line
from tests.money.conftest import Office, acting, decided

pytestmark = pytest.mark.anyio

NOT_OURS = Claim(patient_control_number="ELSEWHERE", lines=(Line(adjustments=()),))
PAID_OUT = RefundPayment(paid_on=dt.date(2025, 5, 5), reference="CHK-9001")


async def returned(books: Books) -> RemittanceException:
    """A payment of 100.00 on a claim of somebody else, which is to go back."""
    await books.pay(NOT_OURS)
    (waiting,) = await books.exceptions()
    async with books._transaction() as store:
        given = await return_to_payer(
            store, books.company.principal, waiting.id, "not ours", expected_version=1
        )
    assert isinstance(given, RemittanceException)
    return given


async def asked_for(
    books: Books, office: Office, owed: RemittanceException, cents: int = 10_000
) -> Refund:
    new = NewReturnRefund(exception_id=owed.id, reason_code="overpayment", amount_cents=cents)
    async with acting(books, office.clerk) as store:
        asked = await refund_return(store, office.clerk, new)
    assert isinstance(asked, Asked)
    return asked.item


async def approved(books: Books, office: Office, owed: RemittanceException) -> Refund:
    refund = await asked_for(books, office, owed)
    await decided(books, office.manager, refund.id)
    async with books._transaction() as store:
        return await get_refund(store, refund.id)


async def credits_of(books: Books) -> list[Credit]:
    async with books._transaction() as store:
        return (await list_credits(store, limit=50, after=None)).items


async def test_it_goes_back_when_a_second_person_agrees(books: Books, office: Office) -> None:
    owed = await returned(books)
    assert await books.account(LedgerAccount.REFUND_PAYABLE) == -10_000
    refund = await approved(books, office, owed)
    assert (refund.status, refund.payer_id) == (RefundStatus.APPROVED, books.payers[0].id)
    assert await books.account(LedgerAccount.REFUND_PAYABLE) == -10_000
    async with acting(books, office.clerk) as store:
        await pay_refund(store, refund.id, PAID_OUT, expected_version=refund.version)
    assert await books.account(LedgerAccount.REFUND_PAYABLE) == 0
    await books.assert_sound()


async def test_it_stands_in_the_worklist_until_a_refund_takes_it_up(
    books: Books, office: Office
) -> None:
    medicare = await books.payer("MEDICARE", type=PayerType.MEDICARE)
    await books.pay(NOT_OURS, payer=medicare)
    (waiting,) = await books.exceptions()
    assert await credits_of(books) == []
    async with books._transaction() as store:
        await return_to_payer(
            store, books.company.principal, waiting.id, "not ours", expected_version=1
        )
    (credit,) = await credits_of(books)
    assert (credit.exception_id, credit.claim_id, credit.amount_cents) == (waiting.id, None, 10_000)
    assert (credit.side, credit.payer_ids) == (BalanceSide.INSURANCE, [medicare.id])
    assert credit.since is not None
    assert credit.due_on == credit.since + dt.timedelta(days=60)
    refund = await approved(books, office, waiting)
    assert await credits_of(books) == []
    async with acting(books, office.clerk) as store:
        await cancel_refund(store, refund.id, "wrong payer", expected_version=refund.version)
    assert [each.exception_id for each in await credits_of(books)] == [waiting.id]


async def test_no_more_goes_back_than_is_owed(books: Books, office: Office) -> None:
    owed = await returned(books)
    await approved(books, office, owed)
    with pytest.raises(ExceedsCredit) as refused:
        await asked_for(books, office, owed, 1)
    assert refused.value.available_cents == 0


async def test_what_waits_for_a_decision_is_not_owed(books: Books, office: Office) -> None:
    await books.pay(NOT_OURS)
    (waiting,) = await books.exceptions()
    with pytest.raises(ExceedsCredit):
        await asked_for(books, office, waiting, 1)


async def test_a_payer_has_to_be_registered_to_be_paid(books: Books, office: Office) -> None:
    from_stranger = replace(
        books.transaction(NOT_OURS), payer_identifier="WHO", payer_trace_identifier="WHO"
    )
    await books.post(from_stranger)
    (waiting,) = await books.exceptions()
    async with books._transaction() as store:
        await return_to_payer(
            store, books.company.principal, waiting.id, "not ours", expected_version=1
        )
    with pytest.raises(InvalidInput) as refused:
        await asked_for(books, office, waiting)
    assert [each.pointer for each in refused.value.faults] == ["/exception_id"]


async def test_the_payers_own_reversal_settles_what_is_still_owed(books: Books) -> None:
    owed = await returned(books)
    await books.pay(NOT_OURS.reversed())
    assert await books.exceptions() == []
    closed = {each.id: each for each in await books.exceptions(ExceptionStatus.SUPERSEDED)}
    assert closed[owed.id].owed_cents == 0
    assert len(closed) == 2
    assert await books.account(LedgerAccount.REFUND_PAYABLE) == 0
    assert await books.unapplied_cash() == 0
    await books.assert_sound()


async def test_a_reversal_waits_while_a_refund_is_under_way(books: Books, office: Office) -> None:
    refund = await approved(books, office, await returned(books))
    await books.pay(NOT_OURS.reversed())
    assert len(await books.exceptions()) == 1
    async with acting(books, office.clerk) as store:
        await cancel_refund(store, refund.id, "they took it", expected_version=refund.version)
    assert await books.exceptions() == []
    assert await books.account(LedgerAccount.REFUND_PAYABLE) == 0
    assert await books.unapplied_cash() == 0


async def test_over_http(books: Books, client: httpx.AsyncClient) -> None:
    owed = await returned(books)
    rule = {"kind": "refund", "rule": "never"}
    await client.put("/api/v1/approval-thresholds", json=rule, headers={"If-Match": '"0"'})
    body = {"exception_id": str(owed.id), "reason_code": "overpayment", "amount_cents": 10_000}
    made = await client.post("/api/v1/refunds/of-return", json=body)
    assert (made.status_code, made.json()["status"]) == (201, "approved"), made.text
    listed = await client.get("/api/v1/refunds", params={"exception_id": str(owed.id)})
    assert [each["id"] for each in listed.json()["items"]] == [made.json()["id"]]
    unknown = await client.post(
        "/api/v1/refunds/of-return", json=body | {"exception_id": made.json()["id"]}
    )
    assert unknown.status_code == 422
