"""What came on paper is posted the way of every 835, and can be taken back."""

import asyncio
import datetime as dt
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.claims.manual_remittances.differences import Difference
from services.claims.manual_remittances.entering import (
    DoesNotAddUp,
    EnteredRemittance,
    HandingIn,
    ManualRemittanceChanges,
    NewManualRemittance,
    NotPosted,
    correct,
    discard,
    enter,
    hand_in,
    reverse,
    settle_reversal,
)
from services.claims.remittances.balancing import Gate
from services.refusals import IllegalTransition, InvalidInput
from storage.errors import VersionConflict
from storage.identifiers import new_id
from storage.tables.manual_remittances import (
    TypedAdjustment,
    TypedClaim,
    TypedContent,
    TypedLine,
    TypedProviderAdjustment,
)
from storage.tables.remittances import RemittanceTransaction
from storage.vocabulary.claims import ExceptionKind, LedgerAccount, TransactionStatus
from storage.vocabulary.money import CashStatus, ManualRemittanceStatus
from tests.builders.books import Balances, Books
from tests.builders.remittance_files import Cas, Claim, Line
from tests.money.test_deposits import expected, imported, lines

pytestmark = pytest.mark.anyio

DAY = dt.date(2025, 4, 14)
LINE = TypedLine(
    procedure_code="99213",
    service_date=dt.date(2025, 3, 3),
    charge_cents=10_000,
    paid_cents=5_000,
    adjustments=[
        TypedAdjustment(group_code="CO", reason_code="45", amount_cents=2_000),
        TypedAdjustment(group_code="PR", reason_code="1", amount_cents=3_000),
    ],
)


def claim(number: str = "PCN0007", **changes: Any) -> TypedClaim:
    """A claim of the paper that adds up unless told otherwise."""
    return TypedClaim(
        patient_control_number=number, charge_cents=10_000, paid_cents=5_000, lines=[LINE]
    ).model_copy(update=changes)


def paper(books: Books, *claims: TypedClaim, **changes: Any) -> NewManualRemittance:
    """A paper of the first payer about these claims."""
    return NewManualRemittance(
        payer_id=books.payers[0].id,
        check_number="0012345",
        payment_date=DAY,
        payment_cents=sum(each.paid_cents for each in claims),
        content=TypedContent(claims=list(claims)),
    ).model_copy(update=changes)


async def entered(books: Books, new: NewManualRemittance) -> EnteredRemittance:
    async with books._transaction() as store:
        return await enter(store, new)


async def handed_in(
    books: Books, found: EnteredRemittance, *, is_as_printed: bool = False
) -> EnteredRemittance:
    """Handed in and posted."""
    async with books._transaction() as store:
        done = await hand_in(
            store,
            books.vault,
            found.remittance.id,
            HandingIn(is_as_printed=is_as_printed),
            expected_version=found.remittance.version,
        )
    assert done.remittance.remittance_id is not None
    await books.resume(done.remittance.remittance_id)
    return done


async def taken_back(books: Books, found: EnteredRemittance) -> EnteredRemittance:
    async with books._transaction() as store:
        done = await reverse(
            store,
            books.vault,
            found.remittance.id,
            "typed wrong",
            expected_version=found.remittance.version,
        )
    assert done.remittance.reversal_id is not None
    await books.resume(done.remittance.reversal_id)
    async with books._transaction() as store:
        await settle_reversal(store, found.remittance.id)
    return done


async def transaction_of(books: Books, remittance_id: UUID | None) -> RemittanceTransaction:
    assert remittance_id is not None
    (found,) = await books.transactions_of(remittance_id)
    return found


@pytest.fixture
async def paid_on_paper(books: Books) -> EnteredRemittance:
    """One paper, posted to one claim."""
    await books.claim("PCN0007")
    return await handed_in(books, await entered(books, paper(books, claim())))


async def test_a_paper_posts_what_an_835_would_post(
    books: Books, paid_on_paper: EnteredRemittance
) -> None:
    assert await books.balances("PCN0007") == await books.balances("PCN0001")
    posted = await transaction_of(books, paid_on_paper.remittance.remittance_id)
    assert (posted.status, posted.trace_number) == (TransactionStatus.POSTED, "0012345")
    assert (posted.payment_date, posted.payment_method) == (DAY, "CHK")
    assert "0012345" in [each.trace for each in await expected(books)]
    await books.assert_sound()


async def test_a_draft_says_where_it_does_not_add_up(books: Books) -> None:
    off = LINE.model_copy(update={"paid_cents": 5_001})
    draft = await entered(
        books, paper(books, claim(), claim("PCN0002", lines=[off], paid_cents=4_990))
    )
    assert draft.differences == [
        Difference("/content/claims/1/lines/0", Gate.LINE, -1),
        Difference("/content/claims/1", Gate.CLAIM, 10),
    ]
    with pytest.raises(DoesNotAddUp) as refused:
        await handed_in(books, draft)
    assert refused.value.differences == draft.differences


async def test_the_payment_has_to_be_the_sum_of_its_claims(books: Books) -> None:
    draft = await entered(books, paper(books, claim(), payment_cents=4_000))
    assert draft.differences == [Difference("/payment_cents", Gate.TRANSACTION, 1_000)]
    with pytest.raises(DoesNotAddUp):
        await handed_in(books, draft, is_as_printed=True)


async def test_a_draft_is_corrected_until_it_is_handed_in(books: Books) -> None:
    await books.claim("PCN0007")
    draft = await entered(books, paper(books, claim(), payment_cents=4_000))
    async with books._transaction() as store:
        mended = await correct(
            store,
            draft.remittance.id,
            ManualRemittanceChanges(payment_cents=5_000),
            expected_version=draft.remittance.version,
        )
    assert mended.differences == []
    done = await handed_in(books, mended)
    with pytest.raises(IllegalTransition):
        async with books._transaction() as store:
            await correct(
                store,
                draft.remittance.id,
                ManualRemittanceChanges(payment_cents=1),
                expected_version=done.remittance.version,
            )


async def test_a_claim_that_is_printed_wrong_waits_among_the_exceptions(books: Books) -> None:
    await books.claim("PCN0007")
    draft = await entered(books, paper(books, claim(paid_cents=4_000)))
    await handed_in(books, draft, is_as_printed=True)
    (exception,) = await books.exceptions()
    assert (exception.kind, exception.difference_cents) == (ExceptionKind.UNBALANCED, 1_000)
    assert await books.unapplied_cash() == 4_000


async def test_an_unknown_claim_waits_among_the_exceptions(books: Books) -> None:
    await handed_in(books, await entered(books, paper(books, claim("NOBODY"))))
    (exception,) = await books.exceptions()
    assert exception.kind is ExceptionKind.UNMATCHED


async def test_the_same_paper_typed_twice_is_a_duplicate(
    books: Books, paid_on_paper: EnteredRemittance
) -> None:
    again = await handed_in(books, await entered(books, paper(books, claim())))
    found = await transaction_of(books, again.remittance.remittance_id)
    assert found.status is TransactionStatus.DUPLICATE
    assert (await books.balances("PCN0007")).payments == 5_000
    with pytest.raises(NotPosted):
        await taken_back(books, again)
    assert (
        paid_on_paper.remittance.remittance_id
        == (await transaction_of(books, paid_on_paper.remittance.remittance_id)).remittance_id
    )


async def test_a_paper_whose_835_was_posted_goes_to_a_person(books: Books) -> None:
    await books.claim("PCN0007")
    sent = Claim(
        patient_control_number="PCN0007",
        lines=(Line(adjustments=(Cas("CO", "45", 2_000), Cas("PR", "1", 3_000))),),
    )
    await books.post(books.transaction(sent, trace="0012345", payment_date=DAY))
    done = await handed_in(books, await entered(books, paper(books, claim())))
    found = await transaction_of(books, done.remittance.remittance_id)
    assert found.status is TransactionStatus.IN_REVIEW
    assert (await books.balances("PCN0007")).payments == 5_000


async def test_a_reversal_restores_every_balance_to_the_cent(
    books: Books, paid_on_paper: EnteredRemittance
) -> None:
    back = await taken_back(books, paid_on_paper)
    assert back.remittance.status is ManualRemittanceStatus.REVERSED
    assert await books.balances("PCN0007") == Balances(0, 0, 0, 10_000)
    assert await books.account(LedgerAccount.CASH_EXPECTED) == 10_000
    assert [each.trace for each in await expected(books)] == ["EFT00001"]
    await books.assert_sound()
    with pytest.raises(IllegalTransition):
        await taken_back(books, back)


async def test_what_still_waits_is_taken_back_with_the_rest(books: Books) -> None:
    done = await handed_in(books, await entered(books, paper(books, claim("NOBODY"))))
    await taken_back(books, done)
    assert await books.exceptions() == []
    assert await books.unapplied_cash() == 0
    await books.assert_sound()


async def test_what_takes_the_place_of_a_reversed_one_is_posted(
    books: Books, paid_on_paper: EnteredRemittance
) -> None:
    back = await taken_back(books, paid_on_paper)
    half = TypedLine(
        procedure_code="99213",
        charge_cents=10_000,
        paid_cents=5_000,
        adjustments=[TypedAdjustment(group_code="CO", reason_code="45", amount_cents=5_000)],
    )
    right = paper(books, claim(lines=[half]), corrects_id=back.remittance.id)
    done = await handed_in(books, await entered(books, right))
    found = await transaction_of(books, done.remittance.remittance_id)
    assert found.status is TransactionStatus.POSTED
    assert await books.balances("PCN0007") == Balances(5_000, 5_000, 0, 0)
    with pytest.raises(InvalidInput):
        await entered(books, right)
    await books.assert_sound()


async def test_only_a_reversed_one_is_corrected(
    books: Books, paid_on_paper: EnteredRemittance
) -> None:
    for corrects_id in (paid_on_paper.remittance.id, new_id()):
        with pytest.raises(InvalidInput) as refused:
            await entered(books, paper(books, claim(), corrects_id=corrects_id))
        assert [each.pointer for each in refused.value.faults] == ["/corrects_id"]


async def test_a_reversal_of_what_the_bank_has_shown_is_expected_there(
    books: Books, paid_on_paper: EnteredRemittance
) -> None:
    await imported(books, 5_000, on=DAY, reference="0012345")
    assert [each.status for each in await lines(books)] == ["matched"]
    await taken_back(books, paid_on_paper)
    waiting = [each.amount_cents for each in await expected(books)]
    assert sorted(waiting) == [-5_000, 10_000]
    assert {each.status for each in await expected(books)} == {CashStatus.EXPECTED}


async def test_provider_adjustments_are_taken_off_the_payment(books: Books) -> None:
    await books.claim("PCN0007")
    content = TypedContent(
        claims=[claim()],
        provider_adjustments=[
            TypedProviderAdjustment(reason="WO", reference="REF1", amount_cents=700)
        ],
    )
    done = await handed_in(
        books, await entered(books, paper(books, claim(), content=content, payment_cents=4_300))
    )
    assert [each.amount_cents for each in await books.provider_adjustments()] == [700]
    await taken_back(books, done)
    assert sum(each.amount_cents for each in await books.provider_adjustments()) == 0
    await books.assert_sound()


async def test_one_paper_is_handed_in_once(books: Books) -> None:
    await books.claim("PCN0007")
    draft = await entered(books, paper(books, claim()))

    async def attempt() -> str:
        try:
            await handed_in(books, draft)
        except VersionConflict:
            return "stale"
        return "handed in"

    assert sorted(await asyncio.gather(attempt(), attempt())) == ["handed in", "stale"]
    assert (await books.balances("PCN0007")).payments == 5_000


async def test_a_discarded_draft_is_never_handed_in(books: Books) -> None:
    draft = await entered(books, paper(books, claim()))
    async with books._transaction() as store:
        gone = await discard(
            store, draft.remittance.id, "not ours", expected_version=draft.remittance.version
        )
    with pytest.raises(IllegalTransition):
        await handed_in(books, gone)


@pytest.mark.parametrize("name", ["payer_id", "payment_date"])
async def test_what_cannot_be_is_refused_with_its_fault(books: Books, name: str) -> None:
    wrong = {"payer_id": new_id(), "payment_date": dt.date(2099, 1, 1)}[name]
    with pytest.raises(InvalidInput) as refused:
        await entered(books, paper(books, claim(), **{name: wrong}))
    assert [each.pointer for each in refused.value.faults] == [f"/{name}"]


async def test_a_paper_over_http(books: Books, client: httpx.AsyncClient) -> None:
    await books.claim("PCN0007")
    url = "/api/v1/manual-remittances"
    made = await client.post(
        url, json=paper(books, claim(), payment_cents=1).model_dump(mode="json")
    )
    assert made.status_code == 201, made.text
    assert made.json()["differences"][0]["pointer"] == "/payment_cents"
    where = made.headers["Location"]
    etag = {"If-Match": made.headers["ETag"]}
    refused = await client.post(f"{where}/hand-in", json={}, headers=etag)
    assert (refused.status_code, refused.json()["differences"][0]["gate"]) == (422, "transaction")
    mended = await client.patch(where, json={"payment_cents": 5_000}, headers=etag)
    etag = {"If-Match": mended.headers["ETag"]}
    done = await client.post(f"{where}/hand-in", json={}, headers=etag)
    remittance_id = done.json()["remittance"]["remittance_id"]
    progress = (await client.get(f"/api/v1/remittances/{remittance_id}")).json()
    assert progress["transactions"][0]["status"] == "posted"
    back = await client.post(
        f"{where}/reverse",
        json={"reason": "typed wrong"},
        headers={"If-Match": done.headers["ETag"]},
    )
    assert back.json()["remittance"]["status"] == "reversed"
    assert await books.balances("PCN0007") == Balances(0, 0, 0, 10_000)
    unknown = {"payer_id": str(books.payers[0].id), "check_number": "a*b~c"}
    assert (await client.post(url, json=unknown)).status_code == 422
