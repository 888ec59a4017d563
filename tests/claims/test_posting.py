"""What an 835 does to the books: gates, money, outcomes, denials."""

import datetime as dt
from dataclasses import replace

import pytest

from storage.files import FileVault
from storage.filters import AuditFilter
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.claims import (
    AdjudicationOutcome,
    AdjudicationStatus,
    ClaimStatus,
    DenialStatus,
    ExceptionKind,
    ExceptionStatus,
    LedgerAccount,
    LedgerKind,
    TransactionStatus,
)
from tests.builders.books import Balances, Books
from tests.builders.companies import CompanyForTests
from tests.builders.remittance_files import CONTRACTUAL, Cas, Claim, Line, Plb, RemittanceFile

pytestmark = pytest.mark.anyio

COINSURANCE = Cas("PR", "2", 1_000)
PAID = Claim(lines=[Line(adjustments=[CONTRACTUAL, COINSURANCE])])
DENIED = Claim(lines=[Line(adjustments=[Cas("CO", "197", 10_000)])])
OFF_BY_A_CENT = Claim(lines=[Line(paid_cents=8_001)], paid_cents=8_001)


@pytest.fixture
async def books(storage: PostgresStorage, vault: FileVault, company: CompanyForTests) -> Books:
    """Books with one payer."""
    return await Books.open(storage, vault, company)


async def test_a_payment_a_write_off_and_the_patients_share_are_posted(books: Books) -> None:
    await books.claim()
    posted = await books.pay(PAID)
    assert posted.status is TransactionStatus.POSTED
    assert (posted.posted_count, posted.exception_count) == (1, 0)
    assert await books.balances() == Balances(7_000, 2_000, 1_000, 0)
    assert await books.status() is AdjudicationStatus.PAID
    moved = {(each.kind, each.amount_cents) for each in await books.ledger()}
    assert moved == {
        (LedgerKind.CHARGE, 10_000),
        (LedgerKind.DEPOSIT, 7_000),
        (LedgerKind.PAYMENT, 7_000),
        (LedgerKind.WRITE_OFF, 2_000),
        (LedgerKind.PATIENT_TRANSFER, 1_000),
    }
    await books.assert_sound()


async def test_a_line_that_is_off_by_a_cent_is_quarantined_and_its_money_is_unapplied(
    books: Books,
) -> None:
    await books.claim("PCN0001")
    await books.claim("PCN0002")
    odd = Claim(
        patient_control_number="PCN0001",
        lines=[Line(paid_cents=8_001), Line(charge_cents=1_000, adjustments=(), paid_cents=999)],
        charge_cents=11_000,
        paid_cents=9_000,
    )
    posted = await books.pay(odd, Claim(patient_control_number="PCN0002"))
    assert (posted.posted_count, posted.exception_count) == (1, 1)
    (exception,) = await books.exceptions()
    assert exception.kind is ExceptionKind.UNBALANCED
    assert "is off by -1 cents" in exception.detail
    assert "is off by 1 cents" in exception.detail
    assert await books.balances("PCN0001") == Balances(0, 0, 0, 10_000)
    assert await books.balances("PCN0002") == Balances(8_000, 2_000, 0, 0)
    assert await books.unapplied_cash() == 9_000
    await books.assert_sound()


async def test_a_claim_that_is_off_is_quarantined_with_its_exact_difference(books: Books) -> None:
    await books.claim()
    await books.pay(Claim(paid_cents=7_463))
    (exception,) = await books.exceptions()
    assert (exception.kind, exception.difference_cents) == (ExceptionKind.UNBALANCED, 537)
    assert exception.detail.startswith("claim at segment ")
    assert await books.unapplied_cash() == 7_463
    await books.assert_sound()


async def test_a_deposit_that_is_off_posts_nothing_and_waits(books: Books) -> None:
    await books.claim()
    (off,) = await books.post(books.transaction(PAID, payment_cents=6_900))
    assert (off.status, off.difference_cents) == (TransactionStatus.UNBALANCED, 100)
    assert "100 cents" in (off.status_reason or "")
    assert [each.kind for each in await books.ledger()] == [LedgerKind.CHARGE]
    assert await books.adjudications() == []
    assert await books.exceptions() == []
    assert await books.provider_adjustments() == []


async def test_a_file_with_one_bad_deposit_posts_the_good_ones(books: Books) -> None:
    await books.claim("PCN0001")
    await books.claim("PCN0002")
    statuses = [
        each.status
        for each in await books.post(
            books.transaction(Claim(patient_control_number="PCN0001"), payment_cents=1),
            books.transaction(Claim(patient_control_number="PCN0002")),
        )
    ]
    assert statuses == [TransactionStatus.UNBALANCED, TransactionStatus.POSTED]
    assert (await books.balances("PCN0001")).payments == 0
    assert (await books.balances("PCN0002")).payments == 8_000
    await books.assert_sound()


async def test_a_corrected_file_of_an_unbalanced_deposit_posts(books: Books) -> None:
    await books.claim()
    trace = "EFT-CORRECTED"
    await books.post(books.transaction(PAID, payment_cents=6_900, trace=trace))
    (posted,) = await books.post(books.transaction(PAID, trace=trace))
    assert posted.status is TransactionStatus.POSTED
    assert await books.balances() == Balances(7_000, 2_000, 1_000, 0)


async def test_an_unreadable_payment_waits_for_a_person(books: Books) -> None:
    await books.claim()
    content = _file(books, PAID).replace(b"BPR*I*70*C", b"BPR*I*7O*C")
    (waiting,) = await books.post_file(content)
    assert waiting.status is TransactionStatus.IN_REVIEW
    assert waiting.status_reason == "the amount of the payment cannot be read"
    assert await books.balances() == Balances(0, 0, 0, 10_000)


async def test_an_unreadable_amount_keeps_only_its_own_claim_back(books: Books) -> None:
    await books.claim("PCN0001")
    await books.claim("PCN0002")
    claims = [Claim(patient_control_number=f"PCN000{n}", lines=[_free_line()]) for n in (1, 2)]
    content = _file(books, *claims).replace(b"CAS*CO*45*100", b"CAS*CO*45*1OO", 1)
    (posted,) = await books.post_file(content)
    assert (posted.posted_count, posted.exception_count) == (1, 1)
    (exception,) = await books.exceptions()
    assert exception.kind is ExceptionKind.UNREADABLE
    assert await books.status("PCN0001") is AdjudicationStatus.NOT_ADJUDICATED
    assert await books.status("PCN0002") is AdjudicationStatus.ZERO_PAID


async def test_the_deposit_is_the_claims_less_the_provider_adjustments(books: Books) -> None:
    await books.claim()
    plb = [Plb("WO", 500, "REF1"), Plb("L6", -25)]
    posted = await books.pay(PAID, plb=plb)
    assert posted.payment_cents == 7_000 - 500 + 25
    entries = [each for each in await books.ledger() if each.kind is not LedgerKind.CHARGE]
    deposit = sum(each.amount_cents for each in entries if each.kind is LedgerKind.DEPOSIT)
    plb_cents = sum(e.amount_cents for e in entries if e.kind is LedgerKind.PROVIDER_ADJUSTMENT)
    applied = sum(each.amount_cents for each in entries if each.kind is LedgerKind.PAYMENT)
    assert applied == posted.payment_cents + plb_cents
    assert (deposit, plb_cents) == (posted.payment_cents, 475)
    items = [
        (each.reason, each.reference, each.amount_cents)
        for each in await books.provider_adjustments()
    ]
    assert items == [("WO", "REF1", 500), ("L6", "", -25)]
    assert await books.balances() == Balances(7_000, 2_000, 1_000, 0)
    await books.assert_sound()


async def test_an_overpayment_recovery_without_claims_makes_a_debit(books: Books) -> None:
    (posted,) = await books.post(books.transaction(plb=[Plb("WO", 5_000, "REF1")]))
    assert (posted.status, posted.payment_cents) == (TransactionStatus.POSTED, -5_000)
    assert await books.account(LedgerAccount.CASH_EXPECTED) == -5_000
    assert await books.account(LedgerAccount.PROVIDER_ADJUSTMENT) == 5_000
    await books.assert_sound()


async def test_open_provider_items_net_to_nothing_when_the_payer_collects(books: Books) -> None:
    await books.post(books.transaction(plb=[Plb("WO", -5_000, "REF1")]))
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        (item,) = await store.ledger_figures.open_provider_items(limit=10)
        assert item.balance_cents == -5_000
    await books.post(books.transaction(plb=[Plb("WO", 5_000, "REF1")]))
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        assert await store.ledger_figures.open_provider_items(limit=10) == []


@pytest.mark.parametrize("status_code", ["1", "2", "3", "19", "20", "21"])
async def test_a_denied_claim_is_denied_whatever_its_status_code_says(
    books: Books, status_code: str
) -> None:
    await books.claim()
    await books.pay(_with(DENIED, status_code))
    assert await books.status() is AdjudicationStatus.DENIED
    assert await books.balances() == Balances(0, 0, 0, 10_000)
    assert [each.reason_code for each in await books.denials()] == ["197"]


async def test_a_patient_who_is_not_recognised_is_a_denial_to_work(books: Books) -> None:
    await books.claim()
    await books.pay(Claim(status_code="4", lines=[Line(adjustments=[Cas("OA", "A1", 10_000)])]))
    assert await books.status() is AdjudicationStatus.DENIED
    (denial,) = await books.denials()
    assert denial.status is DenialStatus.OPEN


async def test_a_contractual_zero_is_no_denial(books: Books) -> None:
    await books.claim()
    await books.pay(Claim(lines=[Line(adjustments=[Cas("CO", "45", 10_000)])]))
    assert await books.status() is AdjudicationStatus.ZERO_PAID
    assert await books.balances() == Balances(0, 10_000, 0, 0)
    assert await books.denials() == []


async def test_a_denial_says_why_whose_until_when_and_what_next(books: Books) -> None:
    claim_id = await books.claim(charges=(6_000, 4_000))
    first = Line(charge_cents=6_000, adjustments=[Cas("CO", "45", 1_000)])
    second = Line(charge_cents=4_000, adjustments=[Cas("CO", "197", 4_000)], remark_codes=["N54"])
    await books.pay(Claim(lines=[first, second]))
    assert await books.status() is AdjudicationStatus.PARTIALLY_PAID
    (denial,) = await books.denials()
    assert (denial.claim_id, denial.line_ordinal) == (claim_id, 2)
    assert (denial.group_code, denial.reason_code, denial.amount_cents) == ("CO", "197", 4_000)
    assert (denial.category, denial.remark_codes) == ("authorization", ["N54"])
    assert denial.root_cause
    assert denial.owner_role
    assert denial.next_action
    assert denial.denied_on == dt.date(2025, 3, 31)
    assert denial.due_on > denial.denied_on
    assert denial.claim_line_id is not None
    assert await books.balances() == Balances(5_000, 1_000, 0, 4_000)


async def test_a_later_decision_that_pays_closes_the_denial(books: Books) -> None:
    await books.claim()
    await books.pay(DENIED)
    await books.pay(PAID)
    assert [each.status for each in await books.denials()] == [DenialStatus.SUPERSEDED]
    assert await books.balances() == Balances(7_000, 2_000, 1_000, 0)


async def test_a_denial_that_comes_after_the_payment_it_precedes_is_closed_from_the_start(
    books: Books,
) -> None:
    await books.claim()
    await books.pay(PAID)
    await books.post(books.transaction(DENIED, payment_date=dt.date(2025, 3, 10)))
    assert [each.status for each in await books.denials()] == [DenialStatus.SUPERSEDED]
    assert await books.balances() == Balances(7_000, 2_000, 1_000, 0)


async def test_a_later_decision_that_writes_all_off_closes_the_denial(books: Books) -> None:
    await books.claim()
    await books.pay(DENIED)
    await books.pay(Claim(lines=[Line(adjustments=[Cas("CO", "45", 10_000)])]))
    assert [each.status for each in await books.denials()] == [DenialStatus.SUPERSEDED]
    assert await books.balances() == Balances(0, 10_000, 0, 0)


async def test_a_reversal_takes_the_denial_back_and_its_correction_opens_another(
    books: Books,
) -> None:
    await books.claim()
    again = Claim(lines=[Line(adjustments=[Cas("CO", "29", 10_000)])])
    await books.pay(DENIED)
    await books.pay(DENIED.reversed(), again)
    denials = {each.reason_code: each.status for each in await books.denials()}
    assert denials == {"197": DenialStatus.SUPERSEDED, "29": DenialStatus.OPEN}


async def test_a_denial_is_open_again_when_the_payment_that_closed_it_is_reversed(
    books: Books,
) -> None:
    await books.claim()
    await books.pay(DENIED)
    await books.pay(PAID)
    await books.pay(PAID.reversed())
    assert [each.status for each in await books.denials()] == [DenialStatus.OPEN]
    assert await books.status() is AdjudicationStatus.DENIED


@pytest.mark.parametrize("status_code", ["19", "20", "21"])
async def test_a_forwarded_claim_is_still_the_payers(books: Books, status_code: str) -> None:
    await books.claim()
    await books.pay(_with(PAID, status_code))
    assert await books.balances() == Balances(7_000, 2_000, 0, 1_000)
    (decision,) = await books.adjudications()
    assert decision.is_forwarded


async def test_a_forwarding_that_was_reversed_forwards_nothing(books: Books) -> None:
    await books.claim()
    forwarded = _with(PAID, "19")
    await books.pay(forwarded)
    await books.pay(forwarded.reversed(), PAID)
    assert await books.balances() == Balances(7_000, 2_000, 1_000, 0)


async def test_a_claim_that_is_not_the_payers_is_no_denial_and_moves_nothing(books: Books) -> None:
    await books.claim()
    await books.pay(_with(Claim(lines=[Line(adjustments=[Cas("OA", "B11", 10_000)])]), "23"))
    assert await books.balances() == Balances(0, 0, 0, 10_000)
    assert await books.status() is AdjudicationStatus.NOT_ADJUDICATED
    assert await books.denials() == []
    assert [each.outcome for each in await books.adjudications()] == [AdjudicationOutcome.NOT_OURS]


async def test_a_predetermination_is_recorded_and_posts_nothing(books: Books) -> None:
    await books.claim()
    estimate = Claim(status_code="25", lines=[Line(adjustments=[Cas("OA", "101", 10_000)])])
    await books.pay(estimate)
    assert [each.kind for each in await books.ledger()] == [LedgerKind.CHARGE]
    (decision,) = await books.adjudications()
    assert decision.outcome is AdjudicationOutcome.PREDETERMINATION
    assert await books.status() is AdjudicationStatus.NOT_ADJUDICATED


@pytest.mark.parametrize("status_code", ["23", "25"])
async def test_what_decides_nothing_and_pays_waits_with_its_money(
    books: Books, status_code: str
) -> None:
    await books.claim()
    await books.pay(_with(PAID, status_code))
    (exception,) = await books.exceptions()
    assert exception.kind is ExceptionKind.NOT_OUR_CLAIM
    assert await books.unapplied_cash() == 7_000
    await books.assert_sound()


async def test_an_unknown_status_waits_for_a_person(books: Books) -> None:
    await books.claim()
    await books.pay(_with(PAID, "99"))
    assert [each.kind for each in await books.exceptions()] == [ExceptionKind.UNKNOWN_STATUS]


@pytest.mark.parametrize(
    "status", [ClaimStatus.DRAFT, ClaimStatus.READY_TO_SUBMIT, ClaimStatus.REJECTED]
)
async def test_a_claim_that_is_not_out_cannot_be_paid(books: Books, status: ClaimStatus) -> None:
    await books.claim(status=status)
    await books.pay(PAID)
    (exception,) = await books.exceptions()
    assert exception.kind is ExceptionKind.CLAIM_NOT_SUBMITTED
    assert await books.unapplied_cash() == 7_000
    await books.assert_sound()


async def test_the_secondary_restates_and_only_what_is_new_is_written_off(
    storage: PostgresStorage, vault: FileVault, company: CompanyForTests
) -> None:
    books = await Books.open(storage, vault, company, payers=2)
    primary, secondary = books.payers
    await books.claim(payers=books.payers)
    await books.pay(PAID, payer=primary)
    assert await books.balances() == Balances(7_000, 2_000, 0, 1_000)
    restated = [Cas("OA", "23", 7_000), CONTRACTUAL, Cas("PR", "2", 400)]
    await books.pay(Claim(status_code="2", lines=[Line(adjustments=restated)]), payer=secondary)
    assert await books.balances() == Balances(7_600, 2_000, 400, 0)
    kept = sorted((a.group_code, a.reason_code, a.amount_cents) for a in await books.adjustments())
    assert kept == [
        ("CO", "45", 2_000),
        ("CO", "45", 2_000),
        ("OA", "23", 7_000),
        ("PR", "2", 400),
        ("PR", "2", 1_000),
    ]
    await books.assert_sound()


async def test_adjustments_are_kept_with_group_reason_amount_and_level(books: Books) -> None:
    await books.claim()
    await books.pay(Claim(lines=[Line()], adjustments=[Cas("CO", "253", 160, "1")]))
    kept = [
        (a.level, a.line_ordinal, a.group_code, a.reason_code, a.amount_cents, a.quantity)
        for a in sorted(await books.adjustments(), key=lambda each: each.ordinal)
    ]
    assert kept == [
        ("claim", None, "CO", "253", 160, "1"),
        ("line", 1, "CO", "45", 2_000, None),
    ]
    assert await books.balances() == Balances(7_840, 2_160, 0, 0)


async def test_a_claim_split_over_several_of_one_transaction_is_paid_by_all_of_them(
    books: Books,
) -> None:
    await books.claim(charges=(3_425, 3_400, 3_425))
    await books.pay(
        Claim(lines=[Line(charge_cents=3_425, adjustments=())], payer_claim_number="A"),
        Claim(
            status_code="2",
            lines=[Line(charge_cents=3_400, adjustments=[Cas("CO", "29", 3_400)])],
            payer_claim_number="B",
        ),
        Claim(
            lines=[Line(charge_cents=3_425, adjustments=[Cas("CO", "251", 2_275)])],
            payer_claim_number="C",
        ),
    )
    assert await books.balances() == Balances(4_575, 0, 0, 5_675)
    assert len(await books.adjudications()) == 3
    await books.assert_sound()


async def test_every_changed_claim_leaves_one_audit_row_a_change(books: Books) -> None:
    ids = {await books.claim(f"PCN000{n}") for n in (1, 2, 3)}
    await books.pay(*(Claim(patient_control_number=f"PCN000{n}") for n in (1, 2)))
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        rows = await store.audit_log.all(AuditFilter(entity="claims"))
    changed = [each for each in rows if each.before is not None]
    paid = {(await books.row(f"PCN000{n}")).id for n in (1, 2)}
    assert sorted(each.entity_id for each in changed) == sorted(paid)
    assert paid < ids
    assert {(each.after or {})["payment_cents"] for each in changed} == {8_000}
    assert {(each.before or {})["payment_cents"] for each in changed} == {0}


async def test_what_is_quarantined_is_closed_by_nothing_but_a_person(books: Books) -> None:
    await books.claim()
    await books.pay(OFF_BY_A_CENT)
    await books.pay(PAID)
    (exception,) = await books.exceptions(ExceptionStatus.OPEN)
    assert exception.kind is ExceptionKind.UNBALANCED
    assert await books.unapplied_cash() == 8_001
    await books.assert_sound()


@pytest.mark.parametrize(
    "claim",
    [
        Claim(lines=[Line(adjustments=[Cas("COX", "45", 2_000)])]),
        Claim(lines=[Line(adjustments=[Cas("CO", "45ABCD", 2_000)])]),
        Claim(lines=[Line(procedure_code="9" * 60)]),
        Claim(payer_claim_number="N" * 90),
        Claim(member_id="M" * 90),
        Claim(lines=[Line(control_number="6" * 60)]),
        Claim(status_code="1234"),
        Claim(patient_control_number="P" * 90),
        Claim(lines=[Line(adjustments=[Cas("CO", "45", 2_000, "9" * 30)])]),
    ],
    ids=["group", "reason", "procedure", "number", "member", "line", "status", "patient", "units"],
)
async def test_an_overlong_element_keeps_no_other_claim_back(books: Books, claim: Claim) -> None:
    await books.claim("PCN0001")
    await books.claim("PCN0002")
    posted = await books.pay(claim, Claim(patient_control_number="PCN0002"))
    assert posted.status is TransactionStatus.POSTED
    assert (await books.balances("PCN0002")).payments == 8_000
    await books.assert_sound()


async def test_an_overlong_header_keeps_nothing_back(books: Books) -> None:
    await books.claim()
    content = (
        _file(books, PAID)
        .replace(b"EXAMPLE HEALTH PLAN", b"E" * 300)
        .replace(b"1234567893", b"1" * 100)
        .replace(b"EFT00001", b"T" * 100)
    )
    (posted,) = await books.post_file(content)
    assert posted.status is TransactionStatus.POSTED
    assert await books.balances() == Balances(7_000, 2_000, 1_000, 0)


def _file(books: Books, *claims: Claim) -> bytes:
    return RemittanceFile(transactions=[books.transaction(*claims)]).render()


def _free_line() -> Line:
    return Line(adjustments=[Cas("CO", "45", 10_000)])


def _with(claim: Claim, status_code: str) -> Claim:
    return replace(claim, status_code=status_code)
