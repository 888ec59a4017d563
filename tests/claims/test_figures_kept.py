"""Facts of claims and their sums are what the rows come to, whatever happens to a claim."""

import datetime as dt
from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

import pytest

from services.claims.claims import get_claim
from services.claims.drafts import NewAcknowledgement
from services.claims.figures.checking import computed_anew
from services.claims.ledger.charges import charge_of
from services.claims.ledger.claim_balances import Movement, move
from services.claims.patient_money.inputs import Application, NewPatientPayment, PaymentReversal
from services.claims.patient_money.payments import receive_payment, reverse_payment
from services.claims.scrubbing.runs import scrub_claim
from services.claims.submission import record_acknowledgement, reopen, void
from storage.figures import Ask, FigureScope, Total
from storage.files import FileVault
from storage.interface import Store
from storage.postgres.transaction import PostgresStorage, PostgresStore
from storage.tables.appeals import ClaimAppealFields
from storage.tables.claims import ClaimFields, ClaimTransmissionFields
from storage.tables.ledger import LedgerFields
from storage.tables.money import WriteOffFields
from storage.vocabulary.appeals import AppealStatus
from storage.vocabulary.billing import ClaimFrequency
from storage.vocabulary.claims import (
    AcknowledgementOutcome,
    ClaimStatus,
    LedgerKind,
    SubmissionMethod,
)
from storage.vocabulary.figures import FigureDimension, Measure
from storage.vocabulary.money import BalanceSide, PaymentMethod, WriteOffStatus
from tests.builders.books import SERVICE_DATE, Books
from tests.builders.companies import CompanyForTests
from tests.builders.remittance_files import Cas, Claim, Line

pytestmark = pytest.mark.anyio

MARCH = (dt.date(2025, 3, 1), dt.date(2025, 3, 31))
DENIED = (Line(adjustments=(Cas("CO", "197", 10_000),)),)
SHARED = (Line(adjustments=(Cas("CO", "45", 2_000), Cas("PR", "1", 3_000))),)
EVERYTHING = FigureScope()
ENDED = (AppealStatus.OVERTURNED, AppealStatus.PARTLY_OVERTURNED, AppealStatus.UPHELD)


@pytest.fixture
async def books(storage: PostgresStorage, vault: FileVault, company: CompanyForTests) -> Books:
    """Books with two payers and no claim."""
    return await Books.open(storage, vault, company, payers=2)


async def totals(
    books: Books,
    *measures: Measure,
    scope: FigureScope = EVERYTHING,
    by: FigureDimension | None = None,
) -> Mapping[str, Mapping[Measure, Total]]:
    """What measures come to in March."""
    asks = [Ask(measure=each, first=MARCH[0], last=MARCH[1]) for each in measures]
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        found = await store.figures.totals(asks, scope, by=by)
    return {key: dict(zip(measures, values, strict=True)) for key, values in found.items()}


async def assert_right(books: Books) -> None:
    _, differences = await computed_anew(books.storage, books.company.id, books.company.actor)
    assert differences == []


async def test_what_is_decided_is_counted_once(books: Books) -> None:
    for number in ("PAID", "SHARED", "DENIED", "OPEN"):
        await books.claim(number)
    await books.claim("DRAFT", status=ClaimStatus.DRAFT)
    await books.pay(
        Claim(patient_control_number="PAID"),
        Claim(patient_control_number="SHARED", lines=SHARED),
        Claim(patient_control_number="DENIED", lines=DENIED),
    )
    await assert_right(books)
    found = await totals(
        books,
        Measure.SUBMITTED,
        Measure.DECIDED,
        Measure.INITIALLY_DENIED,
        Measure.FIRST_PASS,
        Measure.SETTLED_CASH,
        Measure.SETTLED_REVENUE,
        Measure.NET_REVENUE,
        Measure.RECEIVABLE,
        Measure.PAYER_CASH,
        Measure.PRIMARY_REMITS,
        Measure.ZERO_REMITS,
        Measure.INSURANCE_BY_SERVICE,
        Measure.PATIENT_BY_BILL,
    )
    assert found[""] == {
        Measure.SUBMITTED: Total(items=4, amount=40_000),
        Measure.DECIDED: Total(items=3, amount=30_000),
        Measure.INITIALLY_DENIED: Total(items=1, amount=10_000),
        Measure.FIRST_PASS: Total(items=2, amount=20_000),
        Measure.SETTLED_CASH: Total(items=1, amount=8_000),
        Measure.SETTLED_REVENUE: Total(items=1, amount=8_000),
        Measure.NET_REVENUE: Total(items=6, amount=36_000),
        Measure.RECEIVABLE: Total(items=8, amount=23_000),
        Measure.PAYER_CASH: Total(items=2, amount=13_000),
        Measure.PRIMARY_REMITS: Total(items=3, amount=30_000),
        Measure.ZERO_REMITS: Total(items=1, amount=10_000),
        Measure.INSURANCE_BY_SERVICE: Total(items=2, amount=20_000),
        Measure.PATIENT_BY_BILL: Total(items=1, amount=3_000),
    }


async def test_a_claim_that_comes_back_leaves_nothing_behind(books: Books) -> None:
    claim_id = await books.claim("BACK")
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        claim = (await get_claim(store, claim_id)).claim
        refused = NewAcknowledgement(
            outcome=AcknowledgementOutcome.REJECTED, reference="277", reason="no such member"
        )
        back = await record_acknowledgement(
            store, claim_id, refused, expected_version=claim.version
        )
    found = await totals(books, Measure.SUBMITTED, Measure.TURNED_AWAY)
    assert found.get("", {}).get(Measure.SUBMITTED, Total()) == Total()
    await assert_right(books)
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        draft = await reopen(store, claim_id, expected_version=back.claim.version)
        await store.claims.update(
            claim_id,
            {"rendering_provider_id": "1999999984", "primary_payer_id": books.payers[1].id},
            expected_version=draft.claim.version,
        )
    await assert_right(books)
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        claim = await store.claims.get(claim_id)
        await void(store, claim_id, "of no use", expected_version=claim.version)
    await assert_right(books)


async def test_a_claim_that_is_made_among_many_counts_with_the_one_that_it_replaces(
    books: Books,
) -> None:
    first_id = await books.claim("FIRST")
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        first = await store.claims.get(first_id)
        await store.claims.update(
            first_id,
            {"is_replaced": True, "insurance_balance_cents": 0},
            expected_version=first.version,
        )
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        said = {name: getattr(first, name) for name in ClaimFields.model_fields}
        again, other = (
            ClaimFields.model_validate(said | changes)
            for changes in (
                {
                    "claim_number": "AGAIN",
                    "patient_control_number": "AGAIN",
                    "frequency": ClaimFrequency.CORRECTED,
                    "replaces_id": first_id,
                },
                {"claim_number": "OTHER", "patient_control_number": "OTHER"},
            )
        )
        await store.claims.create_many([again, other])
    await assert_right(books)


def _charge(claim_id: UUID, payer_id: UUID, cents: int) -> LedgerFields:
    return LedgerFields.model_validate(charge_of(claim_id, payer_id, cents, MARCH[1]))


async def _nothing(store: Store, claim_id: UUID) -> None:
    """The claim and its charge are all there is."""


async def _scrubbed(store: Store, claim_id: UUID) -> None:
    await scrub_claim(store, claim_id)


async def _sent_again(store: Store, claim_id: UUID) -> None:
    again = ClaimTransmissionFields(
        claim_id=claim_id,
        method=SubmissionMethod.CLEARINGHOUSE,
        reference="once more",
        transmitted_at=dt.datetime(2025, 5, 2, 12, tzinfo=dt.UTC),
    )
    await store.claim_transmissions.create(again)


async def _moved(store: Store, claim_id: UUID) -> None:
    await store.claims.update(claim_id, {"rendering_provider_id": "1999999984"}, expected_version=1)


async def _charged_again_later(store: Store, claim_id: UUID) -> None:
    await store.refresh_facts()
    claim = await store.claims.get(claim_id)
    await store.ledger_entries.create(_charge(claim_id, claim.primary_payer_id, 700))


@pytest.mark.parametrize("beside", [_nothing, _scrubbed, _sent_again, _moved, _charged_again_later])
@pytest.mark.parametrize("at_once", [True, False])
async def test_a_claim_that_is_made_with_more_of_it_counts_with_all(
    books: Books, beside: Callable[[Store, UUID], Awaitable[None]], at_once: bool
) -> None:
    rows = [books.claim_fields(each, charge_cents=10_000) for each in ("A", "B")]
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        if at_once:
            ids = list(await store.claims.create_many(rows))
        else:
            ids = [(await store.claims.create(row)).id for row in rows]
        await store.ledger_entries.create_many(
            [_charge(each, books.payers[0].id, 10_000) for each in ids]
        )
        await beside(store, ids[0])
    found = (await totals(books, Measure.RECEIVABLE))[""]
    assert found[Measure.RECEIVABLE].amount == 20_000 + 700 * (beside is _charged_again_later)
    await assert_right(books)


async def test_what_a_claim_has_left_is_no_group_any_more(books: Books) -> None:
    claim_id = await books.claim("MOVED")
    for provider in ("1999999984", "1888888885"):
        async with books.storage.transaction(books.company.id, books.company.actor) as store:
            claim = await store.claims.get(claim_id)
            await store.claims.update(
                claim_id, {"rendering_provider_id": provider}, expected_version=claim.version
            )
            await store.figures.fold()
    found = await totals(books, Measure.SUBMITTED, by=FigureDimension.PROVIDER)
    assert found == {"1888888885": {Measure.SUBMITTED: Total(items=1, amount=10_000)}}


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE claim_facts SET provider_id = '1999999984'",
        "UPDATE claim_facts SET is_out = NOT is_out, cash_cents = 7",
        "DELETE FROM claim_facts",
        "UPDATE figure_sums SET amount = 2 * amount",
        "UPDATE figure_sums SET location = 'elsewhere', is_folded = false",
        "DELETE FROM figure_sums",
    ],
)
async def test_a_check_that_corrects_leaves_what_the_rows_come_to(
    books: Books, damage: str
) -> None:
    for number in ("A", "B"):
        await books.claim(number)
    await books.pay(Claim(patient_control_number="A"))
    measures = (Measure.SUBMITTED, Measure.RECEIVABLE, Measure.PAYER_CASH, Measure.SETTLED_CASH)
    before = await totals(books, *measures, by=FigureDimension.PROVIDER)
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        assert isinstance(store, PostgresStore)
        await store.execute(f"{damage} WHERE company_id = %(id)s", {"id": books.company.id})
    whose = (books.storage, books.company.id, books.company.actor)
    _, found = await computed_anew(*whose)
    _, corrected = await computed_anew(*whose, corrects=True)
    assert found
    assert set(found) <= set(corrected)
    await assert_right(books)
    assert await totals(books, *measures, by=FigureDimension.PROVIDER) == before


async def test_folding_changes_no_sum(books: Books) -> None:
    for number in ("A", "B"):
        await books.claim(number)
    await books.pay(Claim(patient_control_number="A"))
    before = await totals(books, Measure.SUBMITTED, Measure.RECEIVABLE)
    for _ in range(2):
        async with books.storage.transaction(books.company.id, books.company.actor) as store:
            await store.figures.fold()
        assert await totals(books, Measure.SUBMITTED, Measure.RECEIVABLE) == before
    await books.pay(Claim(patient_control_number="B"))
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        await store.figures.fold()
    await assert_right(books)


@pytest.mark.parametrize(
    ("reason", "counted"),
    [
        pytest.param("denial", (Total(items=1, amount=700), Total()), id="a denial stands"),
        pytest.param(
            "contractual", (Total(), Total(items=1, amount=-700)), id="the contract demands it"
        ),
        pytest.param("small_balance", (Total(), Total()), id="neither"),
    ],
)
async def test_a_write_off_counts_by_its_reason(
    books: Books, reason: str, counted: tuple[Total, Total]
) -> None:
    claim_id = await books.claim("GIVENUP")
    before = (await totals(books, Measure.NET_REVENUE))[""][Measure.NET_REVENUE]
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        claim = await store.claims.lock(claim_id)
        given_up = await store.write_offs.create(
            WriteOffFields(
                write_off_number=f"WO-{reason}",
                claim_id=claim_id,
                patient_id=claim.patient_id,
                side=BalanceSide.INSURANCE,
                reason_code=reason,
                amount_cents=700,
                status=WriteOffStatus.POSTED,
                posted_on=MARCH[1],
            )
        )
        movement = Movement(claim_id, LedgerKind.INSURANCE_WRITE_OFF, 700, given_up.id)
        await move(store, [claim], [movement], effective_on=MARCH[1])
    found = (await totals(books, Measure.DENIAL_WRITE_OFFS, Measure.NET_REVENUE))[""]
    added = found[Measure.NET_REVENUE]
    assert (
        found[Measure.DENIAL_WRITE_OFFS],
        Total(items=added.items - before.items, amount=added.amount - before.amount),
    ) == counted
    await assert_right(books)


@pytest.mark.parametrize(
    ("days_after_service", "at_service_cents"), [(-1, 2_500), (0, 2_500), (1, 0)]
)
async def test_what_a_patient_paid_by_the_day_of_service_was_paid_there(
    books: Books, days_after_service: int, at_service_cents: int
) -> None:
    async def counted() -> tuple[int, int]:
        asks = [
            Ask(measure=each, first=MARCH[0], last=dt.date.max)
            for each in (Measure.POINT_OF_SERVICE_CASH, Measure.PATIENT_CASH)
        ]
        async with books.storage.transaction(books.company.id, books.company.actor) as store:
            at_service, altogether = (await store.figures.totals(asks, EVERYTHING))[""]
        return at_service.amount, altogether.amount

    claim_id = await books.claim("COPAY")
    await books.pay(Claim(patient_control_number="COPAY", lines=SHARED))
    new = NewPatientPayment(
        patient_id=books.patient.id,
        method=PaymentMethod.CASH,
        received_on=SERVICE_DATE + dt.timedelta(days=days_after_service),
        amount_cents=3_000,
        applications=[Application(claim_id=claim_id, amount_cents=2_500)],
    )
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        paid = await receive_payment(store, new)
    assert await counted() == (at_service_cents, 2_500)
    await assert_right(books)
    bounced = PaymentReversal(reversed_on=SERVICE_DATE + dt.timedelta(days=9), reason="it bounced")
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        await reverse_payment(
            store, paid.payment.id, bounced, expected_version=paid.payment.version
        )
    assert await counted() == (0, 0)


@pytest.mark.parametrize("status", [*ENDED, AppealStatus.PENDING])
async def test_an_appeal_counts_when_it_is_decided(books: Books, status: AppealStatus) -> None:
    claim_id = await books.claim("APPEALED")
    await books.pay(Claim(patient_control_number="APPEALED", lines=DENIED))
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        await store.claim_appeals.create(
            ClaimAppealFields(
                claim_id=claim_id,
                patient_id=books.patient.id,
                payer_id=books.payers[0].id,
                appeal_number=1,
                level_name="first",
                reason="it was authorized",
                supporting_documents=[],
                status=status,
                appealed_on=MARCH[1],
                resolved_on=MARCH[1] if status in ENDED else None,
            )
        )
    measures = (Measure.APPEALS_DECIDED, Measure.APPEALS_WON, Measure.APPEALS_FILED)
    found = (await totals(books, *measures))[""]
    assert [found[each].items for each in measures] == [
        status in ENDED,
        status in (AppealStatus.OVERTURNED, AppealStatus.PARTLY_OVERTURNED),
        1,
    ]
