"""Whatever happens to claims, in whatever order and at once, what is kept for figures is what the
rows come to: reckoned here once more, in Python, from the rows themselves."""

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.claims.drafts import NewAcknowledgement
from services.claims.figures.checking import computed_anew
from services.claims.figures.periods import Months, month_of
from services.claims.patient_money.inputs import Application, NewPatientPayment
from services.claims.patient_money.payments import receive_payment
from services.claims.replacing.drafting import correct_claim, void_at_payer
from services.claims.submission import record_acknowledgement, reopen, submit_claims, void
from services.refusals import Refusal
from storage.embedded import RoleAddresses
from storage.errors import TransactionConflict, VersionConflict
from storage.figures import Ask, FigureScope
from storage.filters import (
    AdjudicationFilter,
    ByClaim,
    ClaimFilter,
    DenialFilter,
    LedgerFilter,
)
from storage.interface import Store
from storage.postgres.transaction import PostgresStorage
from storage.tables.claims import Claim
from storage.tables.ledger import Adjudication, Denial, LedgerEntry
from storage.vocabulary.billing import ClaimFrequency
from storage.vocabulary.claims import (
    AcknowledgementOutcome,
    AdjudicationOutcome,
    ClaimStatus,
    LedgerAccount,
    LedgerKind,
)
from storage.vocabulary.figures import FigureDimension, Measure
from storage.vocabulary.money import PaymentMethod
from tests.builders.books import Books
from tests.builders.claims import transmission
from tests.builders.keys import KEYRING
from tests.builders.stories import stories
from tests.properties.test_posting_books import Sending, opened

ZONE = ZoneInfo("America/New_York")
MONTHS = Months(dt.date(2025, 1, 1), dt.date(2027, 6, 1))
RECEIVABLES = {LedgerAccount.INSURANCE_RECEIVABLE, LedgerAccount.PATIENT_RECEIVABLE}
NO_CASH = {
    *RECEIVABLES,
    LedgerAccount.REVENUE,
    LedgerAccount.WRITE_OFF,
    LedgerAccount.COMPANY_WRITE_OFF,
}
UNDECIDED = {
    AdjudicationOutcome.PREDETERMINATION,
    AdjudicationOutcome.NOT_OURS,
    AdjudicationOutcome.REVERSED,
}
SUMMED = [
    Measure.SUBMITTED,
    Measure.TURNED_AWAY,
    Measure.VOIDED,
    Measure.DECIDED,
    Measure.FIRST_PASS,
    Measure.INITIALLY_DENIED,
    Measure.SETTLED_CASH,
    Measure.SETTLED_REVENUE,
    Measure.UNSETTLED,
    Measure.NET_REVENUE,
    Measure.RECEIVABLE,
    Measure.PAYER_CASH,
    Measure.PATIENT_CASH,
]


class Cell(NamedTuple):
    """Where a sum belongs."""

    key: str
    measure: Measure
    month: dt.date


Sums = tuple[Counter[Cell], Counter[Cell]]
"""How many, and how much."""


@dataclass
class Whole:
    """A claim and all its rows."""

    claim: Claim
    decisions: list[Adjudication]
    denials: list[Denial]
    entries: list[LedgerEntry]
    sent: list[dt.datetime]
    was_turned_away: bool
    later: "list[Whole]" = field(default_factory=list)
    """What replaced it, one after another."""

    @property
    def is_taken_back(self) -> bool:
        return any(each.claim.frequency is ClaimFrequency.VOID for each in self.later)

    def key(self, by: FigureDimension) -> str:
        match by:
            case FigureDimension.PAYER:
                return str(self.claim.primary_payer_id)
            case FigureDimension.PROVIDER:
                return self.claim.rendering_provider_id
            case _:
                return self.claim.facility_id or ""

    def counted(self) -> Iterator[tuple[Measure, dt.date, int]]:
        """Each measure that counts the claim or an entry of it, with the day and the amount."""
        claim = self.claim
        moments = self.sent or ([claim.submitted_at] if claim.submitted_at else [])
        billed = min(moments).astimezone(ZONE).date() if moments else None
        for entry in self.entries:
            yield from _of_entry(entry)
        if claim.frequency is not ClaimFrequency.ORIGINAL:
            return
        if billed is not None and claim.status is ClaimStatus.REJECTED:
            yield Measure.TURNED_AWAY, billed, claim.total_charge_cents
        if billed is not None and (self.is_taken_back or claim.status is ClaimStatus.VOIDED):
            yield Measure.VOIDED, billed, claim.total_charge_cents
        if claim.submitted_at is not None and not self.is_taken_back:
            assert billed is not None
            yield Measure.SUBMITTED, billed, claim.total_charge_cents
            yield from self._of_what_is_out()

    def _of_what_is_out(self) -> Iterator[tuple[Measure, dt.date, int]]:
        claim, family = self.claim, [self, *self.later]
        decisions = [decision for each in family for decision in each.decisions]
        denials = [denial for each in family for denial in each.denials]
        entries = [entry for each in family for entry in each.entries]
        real = [each for each in decisions if each.outcome not in UNDECIDED]
        if real:
            first = min(real, key=lambda each: (each.effective_on, each.order_key, each.id))
            yield Measure.DECIDED, first.effective_on, claim.total_charge_cents
            if any(each.adjudication_id == first.id for each in denials):
                yield Measure.INITIALLY_DENIED, first.effective_on, claim.total_charge_cents
            payers = [each.payer_sequence for each in real]
            took_work = (
                bool(denials)
                or bool(self.later)
                or any(each.outcome is AdjudicationOutcome.REVERSED for each in decisions)
                or len(set(payers)) < len(payers)
                or self.was_turned_away
                or claim.appeal_count > 0
            )
            if not took_work and claim.insurance_balance_cents == 0:
                yield Measure.FIRST_PASS, first.effective_on, claim.total_charge_cents
        if all(
            each.claim.insurance_balance_cents == each.claim.patient_balance_cents == 0
            for each in family
        ):
            cash = sum(_cash(each, RECEIVABLES) or 0 for each in entries)
            contractual = sum(each.amount_cents for each in entries if _is_contractual(each))
            yield Measure.SETTLED_CASH, claim.service_date, cash
            revenue = family[-1].claim.total_charge_cents - contractual
            yield Measure.SETTLED_REVENUE, claim.service_date, revenue
        else:
            yield Measure.UNSETTLED, claim.service_date, claim.total_charge_cents


def _is_contractual(entry: LedgerEntry) -> bool:
    return entry.kind is LedgerKind.WRITE_OFF and entry.adjustment_id is not None


def _cash(entry: LedgerEntry, receivables: set[LedgerAccount]) -> int | None:
    """What an entry brought in for some receivables; None where it is no cash."""
    if entry.credit_account in receivables and entry.debit_account not in NO_CASH:
        return entry.amount_cents
    if entry.debit_account in receivables and entry.credit_account not in NO_CASH:
        return -entry.amount_cents
    return None


def _of_entry(entry: LedgerEntry) -> Iterator[tuple[Measure, dt.date, int]]:
    day = entry.effective_on
    if entry.kind is LedgerKind.CHARGE:
        yield Measure.NET_REVENUE, day, entry.amount_cents
    if _is_contractual(entry):
        yield Measure.NET_REVENUE, day, -entry.amount_cents
    is_debit, is_credit = entry.debit_account in RECEIVABLES, entry.credit_account in RECEIVABLES
    if is_debit != is_credit:
        yield Measure.RECEIVABLE, day, entry.amount_cents if is_debit else -entry.amount_cents
    for measure, account in (
        (Measure.PAYER_CASH, LedgerAccount.INSURANCE_RECEIVABLE),
        (Measure.PATIENT_CASH, LedgerAccount.PATIENT_RECEIVABLE),
    ):
        cents = _cash(entry, {account})
        if cents is not None:
            yield measure, day, cents


async def wholes(store: Store) -> list[Whole]:
    """Every claim of the company with its rows."""
    claims = await store.claims.all(ClaimFilter())
    by_claim = {each.id: Whole(each, [], [], [], [], was_turned_away=False) for each in claims}
    for decision in await store.adjudications.all(AdjudicationFilter()):
        by_claim[decision.claim_id].decisions.append(decision)
    for denial in await store.denials.all(DenialFilter()):
        by_claim[denial.claim_id].denials.append(denial)
    for entry in await store.ledger_entries.all(LedgerFilter()):
        if entry.claim_id is not None:
            by_claim[entry.claim_id].entries.append(entry)
    for sent in await store.claim_transmissions.all(ByClaim()):
        by_claim[sent.claim_id].sent.append(sent.transmitted_at)
    for back in await store.claim_acknowledgements.all(ByClaim()):
        if back.outcome is AcknowledgementOutcome.REJECTED:
            by_claim[back.claim_id].was_turned_away = True
    out = {
        whole.claim.replaces_id: whole
        for whole in by_claim.values()
        if whole.claim.replaces_id is not None and whole.claim.submitted_at is not None
    }
    for whole in by_claim.values():
        last = whole
        while last.claim.is_replaced:
            last = out[last.claim.id]
            whole.later.append(last)
    return list(by_claim.values())


def reckoned(claims: Sequence[Whole], by: FigureDimension) -> Sums:
    """What the rows come to."""
    items: Counter[Cell] = Counter()
    amounts: Counter[Cell] = Counter()
    for whole in claims:
        for measure, day, amount in whole.counted():
            cell = Cell(whole.key(by), measure, month_of(day))
            items[cell] += 1
            amounts[cell] += amount
    return items, amounts


async def kept(store: Store, by: FigureDimension) -> Sums:
    """What storage says that they come to."""
    months = list(MONTHS.one_by_one())
    asks = [
        Ask(measure=measure, first=month.first, last=month.last)
        for measure in SUMMED
        for month in months
    ]
    items: Counter[Cell] = Counter()
    amounts: Counter[Cell] = Counter()
    for key, totals in (await store.figures.totals(asks, FigureScope(), by=by)).items():
        for ask, total in zip(asks, totals, strict=True):
            items[Cell(key, ask.measure, ask.first)] = total.items
            amounts[Cell(key, ask.measure, ask.first)] = total.amount
    return items, amounts


async def assert_kept_is_reckoned(books: Books) -> None:
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        claims = await wholes(store)
        for by in (FigureDimension.PAYER, FigureDimension.PROVIDER, FigureDimension.LOCATION):
            assert await kept(store, by) == reckoned(claims, by)
    _, differences = await computed_anew(books.storage, books.company.id, books.company.actor)
    assert differences == []


async def turn_away(store: Store, claim: Claim, _: Random) -> None:
    refused = NewAcknowledgement(
        outcome=AcknowledgementOutcome.REJECTED, reference="277", reason="not known"
    )
    await record_acknowledgement(store, claim.id, refused, expected_version=claim.version)


async def take_back(store: Store, claim: Claim, _: Random) -> None:
    await reopen(store, claim.id, expected_version=claim.version)


async def give_up(store: Store, claim: Claim, _: Random) -> None:
    await void(store, claim.id, "of no use", expected_version=claim.version)


async def move(store: Store, claim: Claim, chance: Random) -> None:
    """A claim that comes under another provider and location, also one that is out."""
    changes = {
        "rendering_provider_id": chance.choice(["1999999984", "1234567893"]),
        "facility_id": chance.choice([None, "1888888885"]),
        "service_date": dt.date(2025, chance.randint(1, 3), 3),
    }
    await store.claims.update(claim.id, changes, expected_version=claim.version)


async def replace(store: Store, claim: Claim, chance: Random) -> None:
    """A corrected or a void claim goes out at once, also instead of one that is corrected."""
    number = claim.payer_claim_number or f"ICN-{claim.claim_number}"
    claim = await store.claims.update(
        claim.id, {"payer_claim_number": number}, expected_version=claim.version
    )
    make = chance.choice([correct_claim, correct_claim, void_at_payer])
    made = (await make(store, claim.id, expected_version=claim.version)).claim
    changes = {"status": ClaimStatus.READY_TO_SUBMIT}
    ready = await store.claims.update(made.id, changes, expected_version=made.version)
    await submit_claims(store, [ready], transmission(store.now))


async def send(store: Store, claim: Claim, chance: Random) -> None:
    if claim.status is not ClaimStatus.DRAFT:
        return
    ready = await store.claims.update(
        claim.id, {"status": ClaimStatus.READY_TO_SUBMIT}, expected_version=claim.version
    )
    day = dt.datetime(2025, 4, 1, tzinfo=dt.UTC) + dt.timedelta(hours=chance.randint(0, 2_000))
    await submit_claims(store, [ready], transmission(day))


async def take_money(store: Store, claim: Claim, chance: Random) -> None:
    if claim.patient_balance_cents <= 0:
        return
    amount = chance.randint(1, claim.patient_balance_cents)
    paid = NewPatientPayment(
        patient_id=claim.patient_id,
        method=PaymentMethod.CASH,
        received_on=dt.date(2025, 6, 1),
        amount_cents=amount,
        applications=[Application(claim_id=claim.id, amount_cents=amount)],
    )
    await receive_payment(store, paid)


async def fold(store: Store, _: Claim, __: Random) -> None:
    await store.figures.fold()


DEEDS: Sequence[Callable[[Store, Claim, Random], Awaitable[None]]] = (
    turn_away,
    take_back,
    give_up,
    move,
    replace,
    replace,
    send,
    take_money,
    fold,
)


async def _or_what_replaces(store: Store, claim_id: UUID, chance: Random) -> UUID:
    """A claim, or one that replaces it."""
    while chance.random() < 0.6 and (
        found := await store.claims.all(ClaimFilter(replaces_id=claim_id))
    ):
        claim_id = found[-1].id
    return claim_id


async def do_something(books: Books, claim_ids: Sequence[UUID], seed: int) -> None:
    """A deed to a claim or two in one transaction, by chance; what the state of a claim does not
    allow is refused."""
    chance = Random(seed)
    chosen = [chance.choice(claim_ids) for _ in range(chance.choice([1, 1, 2]))]
    try:
        async with books.storage.transaction(books.company.id, books.company.actor) as store:
            for claim_id in chosen:
                meant_id = await _or_what_replaces(store, claim_id, chance)
                await chance.choice(DEEDS)(store, await store.claims.get(meant_id), chance)
                if chance.random() < 0.5:
                    await store.refresh_facts()
    except (Refusal, VersionConflict, TransactionConflict):
        return


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.integers(0, 2**32), st.integers(2, 8), st.booleans())
def test_what_is_kept_is_what_the_rows_come_to(
    addresses: RoleAddresses, tmp_path: Path, seed: int, count: int, at_once: bool
) -> None:
    async def run() -> None:
        chance = Random(seed)
        told = list(stories(chance, count))
        storage = PostgresStorage(addresses.app, keyring=KEYRING)
        await storage.open()
        try:
            books = await opened(addresses, storage, tmp_path, told)
            async with storage.transaction(books.company.id, books.company.actor) as store:
                claim_ids = [each.id for each in await store.claims.all(ClaimFilter())]
            deeds = [
                *(books.post_file(each) for each in Sending(books, told, chance, 3).files),
                *(do_something(books, claim_ids, chance.randrange(2**32)) for _ in range(30)),
            ]
            chance.shuffle(deeds)
            if at_once:
                await asyncio.gather(*deeds)
            else:
                for deed in deeds:
                    await deed
            await assert_kept_is_reckoned(books)
        finally:
            await storage.close()

    asyncio.run(run())
