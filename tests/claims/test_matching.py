"""Which claim an 835 means, and which decision a reversal takes back."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations

import pytest
from msgspec.structs import replace as with_

from services.claims.remittances.matching import match_lines
from services.claims.x12.remittance_model import RemittanceLine
from storage.files import FileVault
from storage.identifiers import new_id
from storage.postgres.transaction import PostgresStorage
from storage.tables.claims import ClaimLine
from storage.vocabulary.claims import AdjudicationStatus, ExceptionKind, ExceptionStatus
from tests.builders.books import Balances, Books
from tests.builders.companies import CompanyForTests
from tests.builders.remittance_files import CONTRACTUAL, Cas, Claim, Line

pytestmark = pytest.mark.anyio

ORIGINAL = Claim(lines=[Line(adjustments=[CONTRACTUAL, Cas("PR", "2", 1_000)])])
CORRECTION = replace(
    ORIGINAL, lines=[Line(adjustments=[CONTRACTUAL, Cas("PR", "2", 500)])], payer_claim_number="K1"
)
AFTER_CORRECTION = Balances(7_500, 2_000, 500, 0)


@pytest.fixture
async def books(storage: PostgresStorage, vault: FileVault, company: CompanyForTests) -> Books:
    """Books with one payer."""
    return await Books.open(storage, vault, company)


async def kinds(books: Books) -> list[ExceptionKind]:
    return [each.kind for each in await books.exceptions()]


async def test_the_control_number_finds_the_claim_whatever_the_payer_calls_it(books: Books) -> None:
    await books.claim("PCN0001")
    await books.claim("PCN0002", payer_claim_number="ICN9")
    await books.pay(Claim(patient_control_number="PCN0001", payer_claim_number="ICN9"))
    assert (await books.balances("PCN0001")).payments == 8_000
    assert (await books.balances("PCN0002")).payments == 0


async def test_the_payers_number_finds_the_claim_when_ours_does_not(books: Books) -> None:
    await books.claim("PCN0001", payer_claim_number="ICN9")
    await books.pay(Claim(patient_control_number="MANGLED", payer_claim_number="ICN9"))
    assert (await books.balances("PCN0001")).payments == 8_000


async def test_the_payers_number_of_an_earlier_decision_finds_the_claim(books: Books) -> None:
    await books.claim("PCN0001", charges=(10_000, 10_000))
    await books.pay(Claim(patient_control_number="PCN0001", payer_claim_number="ICN1"))
    await books.pay(Claim(patient_control_number="X", original_reference="ICN1"))
    assert (await books.balances("PCN0001")).payments == 16_000


async def test_a_number_that_names_two_claims_waits_for_a_person(books: Books) -> None:
    await books.claim("PCN0001", payer_claim_number="ICN9")
    await books.claim("PCN0002", payer_claim_number="ICN9")
    await books.pay(Claim(patient_control_number="MANGLED", payer_claim_number="ICN9"))
    assert await kinds(books) == [ExceptionKind.AMBIGUOUS]
    assert await books.unapplied_cash() == 8_000
    await books.assert_sound()


async def test_a_number_of_another_payer_finds_nothing(
    storage: PostgresStorage, vault: FileVault, company: CompanyForTests
) -> None:
    books = await Books.open(storage, vault, company, payers=2)
    await books.claim("PCN0001", payer_claim_number="ICN9")
    unknown = Claim(patient_control_number="MANGLED", payer_claim_number="ICN9")
    await books.pay(unknown, payer=books.payers[1])
    assert await kinds(books) == [ExceptionKind.UNMATCHED]


async def test_what_nobody_knows_waits_with_its_money(books: Books) -> None:
    await books.pay(Claim(patient_control_number="NOBODY"))
    (exception,) = await books.exceptions()
    assert (exception.kind, exception.claim_id) == (ExceptionKind.UNMATCHED, None)
    assert exception.patient_control_number == "NOBODY"
    assert await books.unapplied_cash() == 8_000
    await books.assert_sound()


async def test_a_payer_that_is_not_registered_is_not_believed(
    storage: PostgresStorage, vault: FileVault, company: CompanyForTests
) -> None:
    books = await Books.open(storage, vault, company)
    await books.claim()
    sent = books.transaction(ORIGINAL)
    stranger = replace(sent, payer_identifier="77777", payer_trace_identifier="1777777777")
    (posted,) = await books.post(stranger)
    assert posted.payer_id is None
    assert await kinds(books) == [ExceptionKind.PAYER_MISMATCH]
    assert await books.unapplied_cash() == 7_000
    await books.assert_sound()


async def test_a_payer_that_the_claim_does_not_name_is_not_believed(
    storage: PostgresStorage, vault: FileVault, company: CompanyForTests
) -> None:
    books = await Books.open(storage, vault, company, payers=2)
    await books.claim(payers=books.payers[:1])
    await books.pay(ORIGINAL, payer=books.payers[1])
    (exception,) = await books.exceptions()
    assert exception.kind is ExceptionKind.PAYER_MISMATCH
    assert exception.detail == "the claim does not name this payer"
    assert await books.balances() == Balances(0, 0, 0, 10_000)


async def test_a_reversal_restores_the_balances_to_the_cent(books: Books) -> None:
    await books.claim()
    await books.pay(ORIGINAL)
    await books.pay(ORIGINAL.reversed())
    assert await books.balances() == Balances(0, 0, 0, 10_000)
    assert await books.status() is AdjudicationStatus.REVERSED
    original, reversal = await books.adjudications()
    assert reversal.reverses_id == original.id
    await books.assert_sound()


@pytest.mark.parametrize("reversal_first", [True, False])
async def test_a_correction_in_the_file_of_its_reversal_posts_in_either_order(
    books: Books, reversal_first: bool
) -> None:
    await books.claim()
    await books.pay(ORIGINAL)
    pair = [ORIGINAL.reversed(), CORRECTION]
    posted = await books.pay(*(pair if reversal_first else reversed(pair)))
    assert (posted.posted_count, posted.exception_count) == (2, 0)
    assert await books.balances() == AFTER_CORRECTION
    await books.assert_sound()


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_original_reversal_and_correction_come_in_any_order_in_files_of_their_own(
    books: Books, order: tuple[int, ...]
) -> None:
    await books.claim()
    sent = [ORIGINAL, ORIGINAL.reversed(), CORRECTION]
    for at in order:
        await books.pay(sent[at])
    assert await books.balances() == AFTER_CORRECTION
    assert await books.exceptions() == []
    assert await books.unapplied_cash() == 0
    assert await books.status() is AdjudicationStatus.PAID
    await books.assert_sound()


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_original_reversal_and_correction_come_in_any_order_in_one_transaction(
    books: Books, order: tuple[int, ...]
) -> None:
    await books.claim()
    sent = [ORIGINAL, ORIGINAL.reversed(), CORRECTION]
    posted = await books.pay(*(sent[at] for at in order))
    assert (posted.posted_count, posted.exception_count) == (3, 0)
    assert await books.balances() == AFTER_CORRECTION
    assert await books.exceptions() == []
    await books.assert_sound()


async def test_an_unmatched_reversal_waits_and_makes_no_balance_negative(books: Books) -> None:
    await books.claim()
    await books.pay(ORIGINAL.reversed())
    assert await kinds(books) == [ExceptionKind.REVERSAL_UNMATCHED]
    assert await books.balances() == Balances(0, 0, 0, 10_000)
    assert await books.unapplied_cash() == -7_000
    await books.assert_sound()


async def test_a_correction_without_its_reversal_waits_and_is_cleared_by_it(books: Books) -> None:
    await books.claim()
    await books.pay(ORIGINAL)
    await books.pay(CORRECTION)
    assert await kinds(books) == [ExceptionKind.EXCEEDS_CLAIM_CHARGE]
    assert await books.unapplied_cash() == 7_500
    await books.pay(ORIGINAL.reversed())
    assert [each.status for each in await books.exceptions(None)] == [ExceptionStatus.POSTED]
    assert await books.balances() == AFTER_CORRECTION
    assert await books.unapplied_cash() == 0
    await books.assert_sound()


async def test_a_second_reversal_of_one_decision_waits(books: Books) -> None:
    await books.claim()
    await books.pay(ORIGINAL)
    await books.pay(ORIGINAL.reversed())
    await books.pay(ORIGINAL.reversed())
    assert await kinds(books) == [ExceptionKind.REVERSAL_UNMATCHED]
    assert await books.balances() == Balances(0, 0, 0, 10_000)


async def test_a_reversal_never_takes_back_another_decision_of_the_same_amount(
    books: Books,
) -> None:
    await books.claim()
    shifted = replace(ORIGINAL, lines=[Line(adjustments=[CONTRACTUAL, Cas("CO", "253", 1_000)])])
    await books.pay(shifted)
    await books.pay(ORIGINAL.reversed())
    assert await kinds(books) == [ExceptionKind.REVERSAL_UNMATCHED]
    await books.pay(ORIGINAL)
    assert await books.exceptions() == []
    assert await books.balances() == Balances(7_000, 3_000, 0, 0)


async def test_the_payers_number_says_which_of_two_equal_parts_is_taken_back(books: Books) -> None:
    await books.claim(charges=(10_000, 10_000))
    first = Claim(payer_claim_number="A")
    second = Claim(payer_claim_number="B")
    await books.pay(first, second)
    await books.pay(second.reversed())
    adjudications = await books.adjudications()
    (reversal,) = [each for each in adjudications if each.reverses_id is not None]
    (taken_back,) = [each for each in adjudications if each.id == reversal.reverses_id]
    assert taken_back.payer_claim_number == "B"


async def test_a_quarantined_claim_and_its_reversal_leave_the_queue_together(books: Books) -> None:
    await books.claim()
    odd = Claim(lines=[Line(paid_cents=8_001)], paid_cents=8_001)
    await books.pay(odd)
    await books.pay(odd.reversed())
    assert {each.status for each in await books.exceptions(None)} == {ExceptionStatus.SUPERSEDED}
    assert await books.unapplied_cash() == 0
    assert await books.balances() == Balances(0, 0, 0, 10_000)
    await books.assert_sound()


async def test_only_the_payer_that_decided_can_take_it_back(
    storage: PostgresStorage, vault: FileVault, company: CompanyForTests
) -> None:
    books = await Books.open(storage, vault, company, payers=2)
    await books.claim(payers=books.payers)
    await books.pay(ORIGINAL, payer=books.payers[0])
    await books.pay(ORIGINAL.reversed(), payer=books.payers[1])
    assert await kinds(books) == [ExceptionKind.REVERSAL_UNMATCHED]
    assert (await books.balances()).payments == 7_000


def line_of(
    number: int, *, procedure_code: str = "99213", modifiers: Sequence[str] = ()
) -> ClaimLine:
    return ClaimLine(
        id=new_id(),
        version=1,
        line_number=number,
        line_control_number=f"L{number}",
        procedure_code=procedure_code,
        modifiers=list(modifiers),
        charge_cents=10_000,
        service_date=dt.date(2025, 3, 3),
    )


SVC = RemittanceLine(
    position=1,
    procedure_code="99213",
    modifiers=(),
    charge_cents=10_000,
    paid_cents=8_000,
    service_from=dt.date(2025, 3, 3),
)


def test_a_line_is_found_by_its_control_number_before_anything_else() -> None:
    lines = [line_of(1), line_of(2)]
    found = match_lines([with_(SVC, line_control_number="L2"), SVC], lines)
    assert [each.claim_line_id for each in found] == [lines[1].id, lines[0].id]


def test_a_line_is_found_by_the_procedure_that_was_submitted() -> None:
    lines = [line_of(1), line_of(2, procedure_code="99214")]
    found = match_lines(
        [with_(SVC, procedure_code="99212", submitted_procedure_code="99214")], lines
    )
    assert [each.claim_line_id for each in found] == [lines[1].id]


def test_a_dropped_modifier_is_tolerated_and_flagged() -> None:
    lines = [line_of(1, modifiers=["25"]), line_of(2, modifiers=["59"])]
    found = match_lines([with_(SVC, modifiers=("59",)), SVC], lines)
    assert [(each.claim_line_id, each.note) for each in found] == [
        (lines[1].id, None),
        (lines[0].id, "modifiers_differ"),
    ]


def test_a_claim_line_is_used_once() -> None:
    found = match_lines([SVC, SVC], [line_of(1)])
    assert [each.note for each in found] == [None, "no_such_line"]


def test_the_line_of_a_reversal_is_found_by_what_it_negates() -> None:
    line = line_of(1)
    (found,) = match_lines([with_(SVC, charge_cents=-10_000, paid_cents=-8_000)], [line])
    assert found.claim_line_id == line.id
