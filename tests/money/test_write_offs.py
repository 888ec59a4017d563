"""What is written off is owed no more, for a reason, and by two people from an amount on."""

import asyncio

import httpx
import pytest

from services.approvals.asking import Asked
from services.approvals.deciding import DecisionTooLate
from services.approvals.involvement import SecondPersonNeeded
from services.approvals.thresholds import NewThreshold, change_threshold
from services.claims.ledger.claim_balances import balance_of
from services.claims.submission import ClaimHasMoney, void
from services.claims.write_offs.writing_off import (
    TWO_PEOPLE_FROM_CENTS,
    WRITE_OFF,
    ExceedsBalance,
    NewWriteOff,
    get_write_off,
    reverse_write_off,
    write_off,
)
from services.identity.authentication import Principal
from services.refusals import IllegalTransition, InvalidInput, Refusal
from storage.identifiers import new_id
from storage.tables.money import WriteOff
from storage.vocabulary.approvals import ApprovalKind, ApprovalStatus, ThresholdRule, Verdict
from storage.vocabulary.claims import LedgerAccount
from storage.vocabulary.money import BalanceSide, WriteOffStatus
from tests.builders.books import Books
from tests.builders.remittance_files import Claim
from tests.money.conftest import DEDUCTIBLE, Office, acting, decided, request_about

pytestmark = pytest.mark.anyio

MUCH = TWO_PEOPLE_FROM_CENTS
PATIENT, INSURANCE = BalanceSide.PATIENT, BalanceSide.INSURANCE


async def given_up(
    books: Books,
    who: Principal,
    cents: int,
    *,
    reason: str = "bad_debt",
    side: BalanceSide = PATIENT,
    number: str = "PCN0001",
    note: str | None = None,
) -> WriteOff:
    """A write-off as it stands after somebody asked for it."""
    claim = await books.row(number)
    new = NewWriteOff(
        claim_id=claim.id, side=side, reason_code=reason, amount_cents=cents, note=note
    )
    async with acting(books, who) as store:
        result = await write_off(store, who, new)
    return result.item if isinstance(result, Asked) else result


async def now(books: Books, found: WriteOff) -> WriteOff:
    async with books._transaction() as store:
        return await get_write_off(store, found.id)


async def test_a_small_amount_takes_one_person(books: Books, office: Office) -> None:
    done = await given_up(books, office.clerk, MUCH - 1)
    assert (done.status, done.write_off_number) == (WriteOffStatus.POSTED, "WO-000001")
    assert (await books.balances()).patient == 3_000 - MUCH + 1
    assert await books.account(LedgerAccount.COMPANY_WRITE_OFF) == MUCH - 1
    assert (await books.balances()).write_offs == 2_000
    await books.assert_sound()


async def test_a_large_amount_waits_for_a_second_person(books: Books, office: Office) -> None:
    asked = await given_up(books, office.clerk, MUCH)
    assert asked.status is WriteOffStatus.REQUESTED
    assert (await books.balances()).patient == 3_000
    with pytest.raises(SecondPersonNeeded):
        await decided(books, office.clerk, asked.id)
    await decided(books, office.manager, asked.id)
    assert (await now(books, asked)).status is WriteOffStatus.POSTED
    assert (await books.balances()).patient == 3_000 - MUCH
    await books.assert_sound()


async def test_what_is_refused_is_owed_as_before(books: Books, office: Office) -> None:
    asked = await given_up(books, office.clerk, MUCH)
    await decided(books, office.manager, asked.id, Verdict.REFUSE)
    refused = await now(books, asked)
    assert (refused.status, refused.closing_note) == (WriteOffStatus.REFUSED, "not now")
    assert (await books.balances()).patient == 3_000


async def test_a_claim_that_changed_meanwhile_makes_the_request_void(
    books: Books, office: Office
) -> None:
    asked = await given_up(books, office.clerk, MUCH)
    await given_up(books, office.other_manager, 100)
    late = await decided(books, office.manager, asked.id)
    assert isinstance(late, DecisionTooLate)
    assert (await request_about(books, asked.id)).status is ApprovalStatus.VOID
    assert (await now(books, asked)).status is WriteOffStatus.REFUSED
    assert (await books.balances()).patient == 2_900


async def test_a_remittance_that_came_meanwhile_makes_the_request_void(
    books: Books, office: Office
) -> None:
    asked = await given_up(books, office.clerk, 3_000)
    decision = Claim(patient_control_number="PCN0001", lines=(DEDUCTIBLE,))
    await books.pay(decision.reversed())
    assert isinstance(await decided(books, office.manager, asked.id), DecisionTooLate)
    assert (await books.balances()).patient == 0


async def test_a_company_says_from_which_amount_it_wants_two(books: Books, office: Office) -> None:
    lower = NewThreshold(
        kind=ApprovalKind.WRITE_OFF, rule=ThresholdRule.FROM_AMOUNT, amount_cents=100
    )
    async with acting(books, office.manager) as store:
        await change_threshold(store, {WRITE_OFF.kind: WRITE_OFF}, lower, expected_version=0)
    assert (await given_up(books, office.clerk, 99)).status is WriteOffStatus.POSTED
    assert (await given_up(books, office.clerk, 100)).status is WriteOffStatus.REQUESTED


async def test_no_more_is_written_off_than_is_owed(books: Books, office: Office) -> None:
    for side, reason in ((PATIENT, "bad_debt"), (INSURANCE, "timely_filing")):
        owed = balance_of(await books.row(), side)
        with pytest.raises(ExceedsBalance):
            await given_up(books, office.clerk, owed + 1, side=side, reason=reason)


async def test_two_write_offs_at_once_never_exceed_what_is_owed(
    books: Books, office: Office
) -> None:
    async def attempt(who: Principal) -> str:
        try:
            await given_up(books, who, 2_000)
        except Refusal:
            return "refused"
        return "posted"

    outcomes = await asyncio.gather(attempt(office.clerk), attempt(office.manager))
    assert sorted(outcomes) == ["posted", "refused"]
    assert (await books.balances()).patient == 1_000
    await books.assert_sound()


async def test_a_reversal_restores_the_balance_to_the_cent(books: Books, office: Office) -> None:
    before = await books.balances()
    done = await given_up(books, office.clerk, 1_234)
    async with acting(books, office.clerk) as store:
        back = await reverse_write_off(store, done.id, "she pays", expected_version=done.version)
    assert back.status is WriteOffStatus.REVERSED
    assert await books.balances() == before
    assert await books.account(LedgerAccount.COMPANY_WRITE_OFF) == 0
    with pytest.raises(IllegalTransition):
        async with acting(books, office.clerk) as store:
            await reverse_write_off(store, done.id, "again", expected_version=back.version)
    await books.assert_sound()


@pytest.mark.parametrize(
    ("cents", "reason", "side", "pointers"),
    [
        (1_001, "small_balance", PATIENT, ["/amount_cents"]),
        (100, "timely_filing", PATIENT, ["/reason_code"]),
        (100, "bad_debt", INSURANCE, ["/reason_code"]),
        (100, "because", PATIENT, ["/reason_code"]),
        (100, "charity", PATIENT, ["/note"]),
    ],
)
async def test_a_reason_serves_for_what_it_is_meant_for(
    books: Books,
    office: Office,
    cents: int,
    reason: str,
    side: BalanceSide,
    pointers: list[str],
) -> None:
    with pytest.raises(InvalidInput) as refused:
        await given_up(books, office.clerk, cents, reason=reason, side=side)
    assert [each.pointer for each in refused.value.faults] == pointers


async def test_a_claim_with_a_write_off_is_not_voided_before_that_is_reversed(
    books: Books, office: Office
) -> None:
    await books.claim("PCN0003")
    await given_up(
        books, office.clerk, 900, side=INSURANCE, reason="small_balance", number="PCN0003"
    )
    claim = await books.row("PCN0003")
    with pytest.raises(ClaimHasMoney) as refused:
        async with books._transaction() as store:
            await void(store, claim.id, "a mistake", expected_version=claim.version)
    assert refused.value.insurance_write_off_cents == 900


async def test_what_a_payer_decides_later_settles_beside_the_write_off(
    books: Books, office: Office
) -> None:
    await books.claim("PCN0003")
    await given_up(
        books, office.clerk, 900, side=INSURANCE, reason="small_balance", number="PCN0003"
    )
    await books.pay(Claim(patient_control_number="PCN0003", lines=(DEDUCTIBLE,)))
    row = await books.row("PCN0003")
    assert (row.insurance_balance_cents, row.patient_balance_cents) == (-900, 3_000)
    assert row.insurance_credit_since is not None
    await books.assert_sound()


async def test_a_write_off_over_http(books: Books, client: httpx.AsyncClient) -> None:
    url = "/api/v1/write-offs"
    body = {
        "claim_id": str((await books.row()).id),
        "side": "patient",
        "reason_code": "small_balance",
        "amount_cents": 850,
    }
    made = await client.post(url, json=body)
    assert (made.status_code, made.json()["status"]) == (201, "posted")
    back = await client.post(
        f"{made.headers['Location']}/reverse",
        json={"reason": "she pays"},
        headers={"If-Match": made.headers["ETag"]},
    )
    assert back.json()["status"] == "reversed"
    unknown = await client.post(url, json={**body, "claim_id": str(new_id())})
    assert unknown.json()["errors"][0]["pointer"] == "/claim_id"
    by_key = await client.post(url, json={**body, "reason_code": "bad_debt", "amount_cents": MUCH})
    assert by_key.status_code == 403
    listed = (await client.get(url, params={"claim_id": body["claim_id"]})).json()["items"]
    assert [each["write_off_number"] for each in listed] == ["WO-000001"]
    reasons = (await client.get("/api/v1/money-reasons")).json()
    assert "small_balance" in [each["code"] for each in reasons["write_offs"]]
