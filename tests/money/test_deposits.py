"""Money is cash when a line of the bank is matched to it, and not before."""

import asyncio
import datetime as dt
from uuid import UUID

import httpx
import pytest

from services.claims.deposits.bank_lines import (
    BankLineInFull,
    DepositDiffers,
    DepositMatch,
    Imported,
    NewBankLine,
    NewBankLines,
    NotExpected,
    add_lines,
    import_statement,
    line_candidates,
    list_items,
    match_exact,
    match_line,
    set_aside,
    unmatch_line,
)
from services.claims.deposits.statement_file import UnreadableStatement, read_statement
from services.claims.patient_money.inputs import NewPatientPayment, PaymentReversal
from services.claims.patient_money.payments import PaymentInFull, receive_payment, reverse_payment
from services.refusals import IllegalTransition, InvalidInput
from storage.errors import VersionConflict
from storage.filters import BankLineFilter, CashItemFilter
from storage.identifiers import new_id
from storage.tables.deposits import BankLine, CashItem
from storage.vocabulary.claims import LedgerAccount
from storage.vocabulary.money import BankLineStatus, CashStatus, PaymentMethod
from tests.builders.books import Books
from tests.builders.remittance_files import Claim

pytestmark = pytest.mark.anyio

PAID_ON = dt.date(2025, 3, 31)
CASH, EXPECTED = LedgerAccount.CASH, LedgerAccount.CASH_EXPECTED


async def imported(
    books: Books, cents: int, *, on: dt.date = PAID_ON, reference: str | None = None
) -> Imported:
    """One line of the bank, by the API."""
    line = NewBankLine(booked_on=on, amount_cents=cents, reference=reference)
    async with books._transaction() as store:
        return await add_lines(store, NewBankLines(account="operating", lines=[line]))


async def lines(books: Books) -> list[BankLine]:
    async with books._transaction() as store:
        return await store.bank_lines.all(BankLineFilter())


async def expected(books: Books) -> list[CashItem]:
    async with books._transaction() as store:
        found = await list_items(
            store, CashItemFilter(status=CashStatus.EXPECTED), limit=50, after=None
        )
    return list(found.rows)


async def matched(books: Books, line: BankLine, *items: UUID) -> BankLineInFull:
    async with books._transaction() as store:
        return await match_line(
            store,
            line.id,
            DepositMatch(cash_item_ids=list(items)),
            expected_version=line.version,
        )


async def unmatched(books: Books, line: BankLine) -> BankLineInFull:
    async with books._transaction() as store:
        return await unmatch_line(store, line.id, expected_version=line.version)


async def cash_payment(books: Books, cents: int) -> PaymentInFull:
    new = NewPatientPayment(
        patient_id=books.patient.id,
        method=PaymentMethod.CHECK,
        reference="1041",
        received_on=PAID_ON,
        amount_cents=cents,
    )
    async with books._transaction() as store:
        return await receive_payment(store, new)


async def bounced(books: Books, payment: PaymentInFull) -> None:
    reversal = PaymentReversal(reversed_on=dt.date(2025, 4, 2), reason="it bounced")
    async with books._transaction() as store:
        await reverse_payment(
            store, payment.payment.id, reversal, expected_version=payment.payment.version
        )


async def accounts(books: Books) -> tuple[int, int]:
    """Cash, and cash expected; the latter always is what is expected item by item."""
    cash, waiting = await books.account(CASH), await books.account(EXPECTED)
    assert waiting == sum(each.amount_cents for each in await expected(books))
    return cash, waiting


async def test_what_a_remittance_pays_is_expected_until_the_bank_shows_it(books: Books) -> None:
    assert await accounts(books) == (0, 10_000)
    (item,) = await expected(books)
    assert (item.trace, item.payer_id) == ("EFT00001", books.payers[0].id)
    assert await imported(books, 10_000) == Imported(added=1, known=0, matched=0)
    (line,) = await lines(books)
    done = await matched(books, line, item.id)
    assert done.line.status is BankLineStatus.MATCHED
    assert await accounts(books) == (10_000, 0)
    await books.assert_sound()


async def test_the_same_amount_under_the_same_trace_is_matched_at_once(books: Books) -> None:
    text = "HCCLAIMPMT TRN*1*EFT00001*1999999999~"
    assert (await imported(books, 10_000, reference=text)).matched == 1
    assert await accounts(books) == (10_000, 0)


@pytest.mark.parametrize(
    ("cents", "on", "reference"),
    [
        (9_999, PAID_ON, "EFT00001"),
        (10_000, PAID_ON, "EFT000011"),
        (10_000, PAID_ON + dt.timedelta(days=7), "EFT00001"),
        (10_000, PAID_ON - dt.timedelta(days=7), "EFT00001"),
    ],
)
async def test_nothing_else_is_matched_without_a_person(
    books: Books, cents: int, on: dt.date, reference: str
) -> None:
    assert (await imported(books, cents, on=on, reference=reference)).matched == 0
    assert await accounts(books) == (0, 10_000)


async def test_two_lines_alike_are_left_to_a_person(books: Books) -> None:
    line = NewBankLine(booked_on=PAID_ON, amount_cents=10_000, reference="EFT00001")
    async with books._transaction() as store:
        both = NewBankLines(account="operating", lines=[line, line])
        assert await add_lines(store, both) == Imported(2, 0, 0)


async def test_a_remittance_that_comes_after_its_money_is_matched_at_once(books: Books) -> None:
    await imported(books, 8_000, reference="LATER")
    await books.claim("PCN0003")
    await books.post(books.transaction(Claim(patient_control_number="PCN0003"), trace="LATER"))
    assert await accounts(books) == (8_000, 10_000)


async def test_a_payment_that_comes_after_its_money_is_matched_when_asked(books: Books) -> None:
    await imported(books, 2_500, reference="1041")
    await cash_payment(books, 2_500)
    async with books._transaction() as store:
        assert await match_exact(store) == 1
    assert await accounts(books) == (2_500, 10_000)


async def test_several_payments_are_one_deposit(books: Books) -> None:
    for cents in (1_000, 2_500):
        await cash_payment(books, cents)
    await imported(books, 3_500)
    (line,) = await lines(books)
    async with books._transaction() as store:
        likely = await line_candidates(store, line.id)
    assert sorted(each.amount_cents for each in likely) == [1_000, 2_500]
    with pytest.raises(DepositDiffers) as refused:
        await matched(books, line, likely[0].id)
    assert refused.value.line_cents == 3_500
    await matched(books, line, *(each.id for each in likely))
    assert await accounts(books) == (3_500, 10_000)


async def test_the_likeliest_comes_first(books: Books) -> None:
    await cash_payment(books, 10_000)
    await imported(books, 10_000, on=PAID_ON + dt.timedelta(days=1), reference="CHECK 1041 PAID")
    open_lines = [each for each in await lines(books) if each.status is BankLineStatus.OPEN]
    assert open_lines == []
    await cash_payment(books, 400)
    await imported(books, 10_000, on=PAID_ON + dt.timedelta(days=2))
    (line,) = [each for each in await lines(books) if each.status is BankLineStatus.OPEN]
    async with books._transaction() as store:
        likely = await line_candidates(store, line.id)
    assert [each.amount_cents for each in likely] == [10_000, 400]


async def test_unmatching_leaves_contra_entries_and_restores_to_the_cent(books: Books) -> None:
    before = await accounts(books)
    await imported(books, 10_000, reference="EFT00001")
    (line,) = await lines(books)
    back = await unmatched(books, line)
    assert (back.line.status, back.cash_items) == (BankLineStatus.OPEN, [])
    assert await accounts(books) == before
    banked = [each.amount_cents for each in await books.ledger() if each.kind == "banked"]
    assert sorted(banked) == [-10_000, 10_000]
    with pytest.raises(IllegalTransition):
        await unmatched(books, back.line)


async def test_one_amount_is_deposited_once(books: Books) -> None:
    (item,) = await expected(books)
    for day in (0, 1):
        await imported(books, 10_000, on=PAID_ON + dt.timedelta(days=day))
    first, second = await lines(books)

    async def attempt(line: BankLine) -> str:
        try:
            await matched(books, line, item.id)
        except NotExpected:
            return "refused"
        return "matched"

    assert sorted(await asyncio.gather(attempt(first), attempt(second))) == ["matched", "refused"]
    assert await accounts(books) == (10_000, 0)


async def test_one_line_is_matched_once(books: Books) -> None:
    await cash_payment(books, 10_000)
    await imported(books, 10_000)
    (line,) = await lines(books)
    items = await expected(books)

    async def attempt(item: CashItem) -> str:
        try:
            await matched(books, line, item.id)
        except VersionConflict:
            return "stale"
        return "matched"

    outcomes = await asyncio.gather(*(attempt(each) for each in items))
    assert sorted(outcomes) == ["matched", "stale"]
    assert await accounts(books) == (10_000, 10_000)


async def test_a_check_that_bounced_before_its_deposit_is_expected_no_more(books: Books) -> None:
    payment = await cash_payment(books, 2_500)
    assert await accounts(books) == (0, 12_500)
    await bounced(books, payment)
    assert await accounts(books) == (0, 10_000)


async def test_a_check_that_bounced_after_its_deposit_is_a_line_that_goes_out(books: Books) -> None:
    payment = await cash_payment(books, 2_500)
    await imported(books, 2_500, reference="1041")
    assert await accounts(books) == (2_500, 10_000)
    await bounced(books, payment)
    assert await accounts(books) == (2_500, 7_500)
    back = await imported(books, -2_500, on=dt.date(2025, 4, 3), reference="RETURNED 1041")
    assert back.matched == 1
    assert await accounts(books) == (0, 10_000)


async def test_what_was_matched_by_mistake_and_bounced_is_expected_neither_way(
    books: Books,
) -> None:
    payment = await cash_payment(books, 2_500)
    await imported(books, 2_500, reference="1041")
    await bounced(books, payment)
    (line,) = await lines(books)
    await unmatched(books, line)
    assert await accounts(books) == (0, 10_000)


async def test_a_line_that_is_none_of_ours_is_set_aside_for_a_reason(books: Books) -> None:
    await imported(books, -1_500)
    (line,) = await lines(books)
    async with books._transaction() as store:
        aside = await set_aside(store, line.id, "a fee", expected_version=line.version)
    assert aside.line.status is BankLineStatus.SET_ASIDE
    with pytest.raises(IllegalTransition):
        await matched(books, aside.line, new_id())


async def test_only_what_is_there_can_be_chosen(books: Books) -> None:
    await imported(books, 10_000)
    (line,) = await lines(books)
    with pytest.raises(InvalidInput) as refused:
        await matched(books, line, new_id())
    assert [each.pointer for each in refused.value.faults] == ["/cash_item_ids/0"]


STATEMENT = """booked_on,amount,reference,description
2025-03-31,100.00,EFT00001,HCCLAIMPMT
2025-03-31,-12.5,,Fee
2025-03-31,25.00,,Deposit
2025-03-31,25.00,,Deposit
"""


async def test_a_statement_read_twice_adds_nothing(books: Books) -> None:
    bookings = read_statement(STATEMENT.encode())
    assert [each.amount_cents for each in bookings] == [10_000, -1_250, 2_500, 2_500]
    async with books._transaction() as store:
        assert await import_statement(store, "operating", bookings) == Imported(4, 0, 1)
    async with books._transaction() as store:
        assert await import_statement(store, "operating", bookings) == Imported(0, 4, 0)
        assert await import_statement(store, "savings", bookings[1:]) == Imported(3, 0, 0)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("", 1),
        ("booked_on,amount\n", 1),
        ("booked_on,amount,reference,description\n", 2),
        (STATEMENT + "2025-03-31,1,234.00,,x\n", 6),
        (STATEMENT + "03/31/2025,1.00,,x\n", 6),
        (STATEMENT + "2025-02-30,1.00,,x\n", 6),
        (STATEMENT + "2025-03-31,0.00,,x\n", 6),
        (STATEMENT + "2025-03-31,1.005,,x\n", 6),
        (STATEMENT + "2025-03-31,١.00,,x\n", 6),
        (STATEMENT + "2025-03-31,1e3,,x\n", 6),
        (STATEMENT + f"2025-03-31,1.00,{'x' * 201},\n", 6),
        (STATEMENT + "2025-03-31,1.00,,a\x00b\n", 6),
    ],
)
def test_a_statement_that_cannot_be_read_says_where(content: str, line: int) -> None:
    with pytest.raises(UnreadableStatement) as refused:
        read_statement(content.encode())
    assert [each.line for each in refused.value.faults] == [line]


async def test_a_statement_of_days_to_come_is_not_imported(books: Books) -> None:
    """What is matched to such a line would be cash before it can have come."""
    bookings = read_statement((STATEMENT + "2099-01-02,1.00,,x\n").encode())
    with pytest.raises(UnreadableStatement) as refused:
        async with books._transaction() as store:
            await import_statement(store, "operating", bookings)
    assert [each.line for each in refused.value.faults] == [6]
    assert await lines(books) == []


def test_a_statement_in_another_encoding_says_where() -> None:
    with pytest.raises(UnreadableStatement) as refused:
        read_statement(STATEMENT.encode() + b"2025-03-31,1.00,,\xff\n")
    assert [each.line for each in refused.value.faults] == [6]


async def test_deposits_over_http(books: Books, client: httpx.AsyncClient) -> None:
    url = "/api/v1/bank-lines"
    sent = await client.post(
        f"{url}/statement",
        params={"account": "operating"},
        content=STATEMENT.encode(),
        headers={"Content-Type": "text/csv"},
    )
    assert sent.json() == {"added": 4, "known": 0, "matched": 1}
    (line,) = (await client.get(url, params={"status": "matched"})).json()["items"]
    assert (await client.get("/api/v1/cash-items?status=expected")).json()["items"] == []
    found = await client.get(f"{url}/{line['id']}")
    assert found.json()["cash_items"][0]["trace"] == "EFT00001"
    etag = {"If-Match": found.headers["ETag"]}
    back = await client.post(f"{url}/{line['id']}/unmatch", headers=etag)
    assert back.json()["line"]["status"] == "open"
    (likely,) = (await client.get(f"{url}/{line['id']}/candidates")).json()["items"]
    again = await client.post(
        f"{url}/{line['id']}/match",
        json={"cash_item_ids": [likely["id"]]},
        headers={"If-Match": back.headers["ETag"]},
    )
    assert again.json()["cash_items"][0]["status"] == "deposited"
    bad = await client.post(
        f"{url}/statement",
        params={"account": "operating"},
        content=b"nonsense",
        headers={"Content-Type": "text/csv"},
    )
    assert (bad.status_code, bad.json()["faults"][0]["line"]) == (422, 1)
    assert str(books.patient.id) not in bad.text
