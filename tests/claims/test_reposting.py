"""The same payment any number of times, and posting that was broken off."""

import asyncio
import datetime as dt
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from services.claims.remittances.remittance_review import accept, dismiss
from services.claims.remittances.remittances import post_remittance
from services.refusals import IllegalTransition
from storage.embedded import RoleAddresses
from storage.files import FileDamaged, FileVault
from storage.postgres.transaction import PostgresStorage
from storage.tables.remittances import RemittanceTransaction
from storage.vocabulary.claims import LedgerKind, RemittanceStatus, TransactionStatus
from tests.builders.books import Balances, Books
from tests.builders.companies import CompanyForTests
from tests.builders.keys import KEYRING
from tests.builders.remittance_files import Claim, RemittanceFile, Separators

pytestmark = pytest.mark.anyio

POSTED = TransactionStatus.POSTED
ONCE = Balances(8_000, 2_000, 0, 0)


@pytest.fixture
async def books(storage: PostgresStorage, vault: FileVault, company: CompanyForTests) -> Books:
    """Books with one payer and one claim."""
    books = await Books.open(storage, vault, company)
    await books.claim()
    return books


async def ledger_of(books: Books) -> list[tuple[LedgerKind, int]]:
    return sorted((each.kind, each.amount_cents) for each in await books.ledger())


ONE_POSTING = sorted(
    [
        (LedgerKind.CHARGE, 10_000),
        (LedgerKind.DEPOSIT, 8_000),
        (LedgerKind.PAYMENT, 8_000),
        (LedgerKind.WRITE_OFF, 2_000),
    ]
)


@pytest.mark.parametrize("times", [1, 2, 5])
async def test_a_file_that_comes_several_times_at_once_posts_once(
    books: Books, addresses: RoleAddresses, times: int
) -> None:
    content = RemittanceFile(transactions=[books.transaction(Claim())]).render()
    storages = [PostgresStorage(addresses.app, keyring=KEYRING) for _ in range(times)]
    for each in storages:
        await each.open()
    try:
        senders = [replace(books, storage=each) for each in storages]
        found = await asyncio.gather(*(sender.post_file(content) for sender in senders))
    finally:
        for each in storages:
            await each.close()
    assert {each.id for (each,) in found} == {found[0][0].id}
    assert {each.status for (each,) in found} == {POSTED}
    assert await ledger_of(books) == ONE_POSTING
    await books.assert_sound()


async def test_one_payment_in_several_envelopes_at_once_posts_once(
    books: Books, addresses: RoleAddresses
) -> None:
    sent = books.transaction(Claim())
    contents = [
        RemittanceFile(transactions=[sent], interchange_control_number=f"{n:09}").render()
        for n in range(1, 6)
    ]
    storages = [PostgresStorage(addresses.app, keyring=KEYRING) for _ in contents]
    for each in storages:
        await each.open()
    try:
        found = await asyncio.gather(
            *(
                replace(books, storage=each).post_file(content)
                for each, content in zip(storages, contents, strict=True)
            )
        )
    finally:
        for each in storages:
            await each.close()
    statuses = sorted(each.status for (each,) in found)
    assert statuses == [TransactionStatus.DUPLICATE] * 4 + [POSTED]
    (posted,) = [each for (each,) in found if each.status is POSTED]
    assert {each.duplicate_of_id for (each,) in found} == {None, posted.id}
    assert await ledger_of(books) == ONE_POSTING
    await books.assert_sound()


async def test_the_same_payment_under_other_delimiters_is_a_duplicate(books: Books) -> None:
    sent = books.transaction(Claim())
    await books.post(sent)
    pipes = Separators(element="|", component=">", terminator="!", line_break="\r\n")
    again = RemittanceFile(transactions=[replace(sent, control_number="0099")], separators=pipes)
    (duplicate,) = await books.post_file(again.render())
    assert duplicate.status is TransactionStatus.DUPLICATE
    assert await ledger_of(books) == ONE_POSTING


async def test_the_same_payment_twice_in_one_file_posts_once(books: Books) -> None:
    sent = books.transaction(Claim())
    first, second = await books.post(sent, sent)
    assert (first.status, second.status) == (POSTED, TransactionStatus.DUPLICATE)
    assert await books.balances() == ONCE


async def test_the_same_payment_with_other_content_goes_to_a_person(books: Books) -> None:
    await books.claim("PCN0002")
    sent = books.transaction(Claim())
    await books.post(sent)
    (other,) = await books.post(replace(sent, claims=[Claim(patient_control_number="PCN0002")]))
    assert other.status is TransactionStatus.IN_REVIEW
    assert other.status_reason == "the same payment was posted with other content"
    assert (await books.balances("PCN0002")).payments == 0
    await accepted(books, other)
    (still,) = await books.transactions_of(other.remittance_id)
    assert still.status is TransactionStatus.IN_REVIEW


async def test_one_trace_on_two_payments_of_a_file_posts_both(books: Books) -> None:
    await books.claim("PCN0002")
    sent = [
        books.transaction(Claim(patient_control_number=f"PCN000{n}"), trace="T", plb=())
        for n in (1, 2)
    ]
    other_day = replace(sent[1], payment_date=dt.date(2025, 4, 1))
    found = await books.post(sent[0], other_day)
    assert [each.status for each in found] == [POSTED, POSTED]


async def test_one_trace_on_another_payment_of_a_later_file_posts_once_it_is_accepted(
    books: Books,
) -> None:
    await books.claim("PCN0002")
    await books.post(books.transaction(Claim(), trace="T"))
    later = books.transaction(Claim(patient_control_number="PCN0002"), trace="T")
    (waiting,) = await books.post(replace(later, payment_date=dt.date(2025, 4, 1)))
    assert waiting.status is TransactionStatus.IN_REVIEW
    assert (await books.balances("PCN0002")).payments == 0
    await accepted(books, waiting)
    (posted,) = await books.transactions_of(waiting.remittance_id)
    assert posted.status is POSTED
    assert (await books.balances("PCN0002")).payments == 8_000
    await books.assert_sound()


async def test_what_was_dismissed_is_never_posted(books: Books) -> None:
    await books.post(books.transaction(Claim(), trace="T"))
    later = replace(books.transaction(Claim(), trace="T"), payment_date=dt.date(2025, 4, 1))
    (waiting,) = await books.post(later)
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        await dismiss(store, waiting.id, "came twice", expected_version=waiting.version)
    await books.resume(waiting.remittance_id)
    (dismissed,) = await books.transactions_of(waiting.remittance_id)
    assert dismissed.status is TransactionStatus.DISMISSED
    with pytest.raises(IllegalTransition):
        async with books.storage.transaction(books.company.id, books.company.actor) as store:
            await accept(
                store,
                books.company.principal,
                dismissed.id,
                "after all",
                expected_version=dismissed.version,
            )


async def test_what_was_posted_can_be_neither_accepted_nor_dismissed(books: Books) -> None:
    (posted,) = await books.post(books.transaction(Claim()))
    principal = books.company.principal
    with pytest.raises(IllegalTransition):
        async with books.storage.transaction(books.company.id, books.company.actor) as store:
            await accept(store, principal, posted.id, "why", expected_version=posted.version)
    with pytest.raises(IllegalTransition):
        async with books.storage.transaction(books.company.id, books.company.actor) as store:
            await dismiss(store, posted.id, "why", expected_version=posted.version)


async def test_the_same_file_in_two_companies_posts_in_both(
    books: Books, storage: PostgresStorage, vault: FileVault, other_company: CompanyForTests
) -> None:
    others = await Books.open(storage, vault, other_company)
    await others.claim()
    content = RemittanceFile(transactions=[books.transaction(Claim())]).render()
    (ours,) = await books.post_file(content)
    assert await others.balances() == Balances(0, 0, 0, 10_000)
    (theirs,) = await others.post_file(content)
    assert (ours.status, theirs.status) == (POSTED, POSTED)
    assert ours.id != theirs.id
    assert await books.balances() == await others.balances() == ONCE


async def test_a_file_broken_off_between_receiving_and_posting_posts_later(books: Books) -> None:
    content = RemittanceFile(transactions=[books.transaction(Claim())]).render()
    remittance_id = await books.receive(content)
    assert await books.balances() == Balances(0, 0, 0, 10_000)
    await books.resume(remittance_id)
    await books.resume(remittance_id)
    assert await ledger_of(books) == ONE_POSTING


class _PowerCut(Exception):
    """The program ends here."""


@pytest.mark.parametrize("claims_before_the_cut", range(1, 7))
async def test_a_file_broken_off_in_the_middle_posts_the_rest_exactly_once(
    books: Books, claims_before_the_cut: int
) -> None:
    for n in range(2, 7):
        await books.claim(f"PCN000{n}")
    numbers = [f"PCN000{n}" for n in range(1, 7)]
    content = RemittanceFile(
        transactions=[
            books.transaction(*(Claim(patient_control_number=n) for n in numbers[at : at + 2]))
            for at in (0, 2, 4)
        ]
    ).render()
    remittance_id = await books.receive(content)
    gone_through = 0

    def cut(claims: int) -> None:
        nonlocal gone_through
        gone_through += claims
        if gone_through >= claims_before_the_cut:
            raise _PowerCut

    with pytest.raises(_PowerCut):
        await post_remittance(
            books.storage,
            books.vault,
            books.company.id,
            books.company.actor,
            remittance_id,
            progress=cut,
        )
    statuses = [each.status for each in await books.transactions_of(remittance_id)]
    whole = (claims_before_the_cut - 1) // 2
    assert statuses == [POSTED] * whole + [TransactionStatus.RECEIVED] * (3 - whole)
    await books.assert_sound()
    await books.resume(remittance_id)
    assert {each.status for each in await books.transactions_of(remittance_id)} == {POSTED}
    assert [await books.balances(n) for n in numbers] == [ONCE] * 6
    assert len(await books.adjudications()) == 6
    await books.assert_sound()


async def test_a_posting_that_is_cancelled_leaves_nothing_half_done(books: Books) -> None:
    content = RemittanceFile(transactions=[books.transaction(Claim())]).render()
    remittance_id = await books.receive(content)
    for turns in range(1, 60, 7):
        posting = asyncio.create_task(books.resume(remittance_id))
        for _ in range(turns):
            await asyncio.sleep(0)
        posting.cancel()
        await asyncio.gather(posting, return_exceptions=True)
        assert await ledger_of(books) in ([(LedgerKind.CHARGE, 10_000)], ONE_POSTING)
    await books.resume(remittance_id)
    assert await ledger_of(books) == ONE_POSTING
    await books.assert_sound()


async def test_a_kept_file_that_was_damaged_posts_nothing(books: Books, tmp_path: Path) -> None:
    content = RemittanceFile(transactions=[books.transaction(Claim())]).render()
    remittance_id = await books.receive(content)
    (path,) = (path for path in (tmp_path / "files").rglob("*") if path.is_file())
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(FileDamaged):
        await books.resume(remittance_id)
    assert await ledger_of(books) == [(LedgerKind.CHARGE, 10_000)]
    (waiting,) = await books.transactions_of(remittance_id)
    assert waiting.status is TransactionStatus.RECEIVED


async def test_an_acceptance_that_comes_while_the_file_is_posted_is_not_forgotten(
    books: Books, addresses: RoleAddresses
) -> None:
    await books.claim("PCN0002")
    await books.post(books.transaction(Claim(), trace="T"))
    later = books.transaction(Claim(patient_control_number="PCN0002"), trace="T")
    file = RemittanceFile(
        transactions=[
            replace(later, payment_date=dt.date(2025, 4, 1)),
            books.transaction(Claim(patient_control_number="NOBODY")),
        ]
    )
    remittance_id = await books.receive(file.render())

    async def accept_the_first() -> None:
        storage = PostgresStorage(addresses.app, keyring=KEYRING)
        await storage.open()
        try:
            elsewhere = replace(books, storage=storage)
            waiting, _ = await elsewhere.transactions_of(remittance_id)
            assert waiting.status is TransactionStatus.IN_REVIEW
            await _accept(elsewhere, waiting)
        finally:
            await storage.close()

    def somebody_accepts(_: int) -> None:
        """While the second is being posted, by another program."""
        person = threading.Thread(target=lambda: asyncio.run(accept_the_first()))
        person.start()
        person.join()

    await post_remittance(
        books.storage,
        books.vault,
        books.company.id,
        books.company.actor,
        remittance_id,
        progress=_once(somebody_accepts),
    )
    assert (await books.transactions_of(remittance_id))[0].status is POSTED
    assert (await books.balances("PCN0002")).payments == 8_000


def _once(tell: Callable[[int], None]) -> Callable[[int], None]:
    told: list[int] = []

    def tell_once(claims: int) -> None:
        told.append(claims)
        if len(told) == 1:
            tell(claims)

    return tell_once


async def test_a_file_on_record_is_the_one_that_came_first(books: Books) -> None:
    content = RemittanceFile(transactions=[books.transaction(Claim())]).render()
    first = await books.receive(content)
    remittance, is_new = await books.received(content, "another name.835")
    assert (remittance.id, is_new) == (first, False)
    assert remittance.file_name == "test.835"
    assert remittance.status is RemittanceStatus.RECEIVED


async def accepted(books: Books, waiting: RemittanceTransaction) -> None:
    """Accept it, and post what is then to be posted, as the job does."""
    await _accept(books, waiting)
    await books.resume(waiting.remittance_id)


async def _accept(books: Books, waiting: RemittanceTransaction) -> UUID:
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        found = await accept(
            store,
            books.company.principal,
            waiting.id,
            "another payment",
            expected_version=waiting.version,
        )
    assert isinstance(found, RemittanceTransaction)
    return found.id
