"""What should have been answered by now is told, and nothing else is."""

import datetime as dt
from collections.abc import Awaitable, Callable
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from services.claims.claims import ClaimWithLines
from services.claims.clearing.silence import (
    BUSINESS_DAYS,
    FEWEST_DECISIONS,
    GRACE_DAYS,
    USUAL_DAYS,
    Silence,
    overdue_answers,
)
from services.claims.clearing.silence_reminders import remind_of_silences
from services.claims.clearing.silence_totals import SilenceTotal, measure_silences
from services.claims.replacing.drafting import correct_claim, void_at_payer
from services.claims.submission import submit_claims
from services.company_calendar import CompanyCalendar
from storage.filters import NotificationFilter
from storage.tables.claims import Claim
from storage.vocabulary.claims import ClaimStatus
from storage.vocabulary.clearing import SilenceKind
from storage.vocabulary.identity import Role
from storage.vocabulary.notifications import NotificationKind
from tests.builders.answers import answer_277, answer_999
from tests.builders.claims import transmission
from tests.builders.clearing import Desk
from tests.builders.clocks import FixedClock
from tests.builders.people import make_person
from tests.builders.remittance_files import Cas, Line

pytestmark = pytest.mark.anyio

NEW_YORK = ZoneInfo("America/New_York")


async def silences(desk: Desk) -> list[Silence]:
    async with desk.storage.transaction(desk.company.id, desk.company.actor) as store:
        return (await overdue_answers(store)).silences


@pytest.mark.parametrize(
    ("today", "day"),
    [
        (dt.date(2026, 11, 19), dt.date(2026, 11, 17)),  # Thursday: Wednesday and Tuesday passed
        (dt.date(2026, 11, 23), dt.date(2026, 11, 19)),  # Monday: Friday and Thursday
        (dt.date(2026, 11, 22), dt.date(2026, 11, 19)),  # Sunday
        (dt.date(2026, 11, 27), dt.date(2026, 11, 24)),  # the day after Thanksgiving
    ],
)
def test_weekends_and_holidays_are_no_business_days(today: dt.date, day: dt.date) -> None:
    calendar = CompanyCalendar("America/New_York", "US")
    assert calendar.business_days_before(today, BUSINESS_DAYS) == day


async def test_a_file_without_a_999_is_told_after_two_business_days(
    desk: Desk, clock: FixedClock
) -> None:
    move_to(clock, dt.date(2026, 11, 19))  # a Thursday
    sent = await desk.send(*await desk.ready_claims(2))
    for day in (20, 23):
        move_to(clock, dt.date(2026, 11, day))
        assert await silences(desk) == []
    move_to(clock, dt.date(2026, 11, 24))
    (silence,) = await silences(desk)
    assert (silence.kind, silence.claim_file_id, silence.claim_count, silence.charge_cents) == (
        SilenceKind.NO_FUNCTIONAL_ACKNOWLEDGEMENT,
        sent.id,
        2,
        20_000,
    )


async def test_claims_without_a_277ca_are_told_although_their_file_was_accepted(
    desk: Desk, clock: FixedClock
) -> None:
    move_to(clock, dt.date(2026, 11, 16))
    answered, silent = await desk.ready_claims(2)
    sent = await desk.send(answered, silent)
    await desk.hear(answer_999(sent))
    await desk.hear(answer_277((answered.patient_control_number, "A1")))
    move_to(clock, dt.date(2026, 11, 20))
    (silence,) = await silences(desk)
    assert (silence.kind, silence.claim_count) == (SilenceKind.NO_CLAIM_ACKNOWLEDGEMENT, 1)
    await desk.hear(answer_277((silent.patient_control_number, "A2")))
    assert await silences(desk) == []


async def test_a_payer_that_does_not_decide_is_told_after_the_usual_days(
    desk: Desk, clock: FixedClock
) -> None:
    start = dt.date(2026, 9, 1)
    move_to(clock, start)
    (claim,) = await desk.ready_claims(1)
    await desk.send(claim)
    await desk.hear(answer_277((claim.patient_control_number, "A2")))
    move_to(clock, start + dt.timedelta(days=USUAL_DAYS))
    assert await silences(desk) == []
    move_to(clock, start + dt.timedelta(days=USUAL_DAYS + 1))
    (silence,) = await silences(desk)
    assert (silence.kind, silence.payer_id, silence.claim_count, silence.usual_days) == (
        SilenceKind.NO_REMITTANCE,
        desk.payer.id,
        1,
        USUAL_DAYS,
    )


async def test_a_payer_of_which_enough_is_known_is_held_to_its_own_pace(
    desk: Desk, clock: FixedClock
) -> None:
    start = dt.date(2026, 9, 1)
    move_to(clock, start)
    quick, late = await desk.ready_claims(FEWEST_DECISIONS - 2), await desk.ready_claims(2)
    await desk.send(*quick, *late)
    await decided(desk, clock, quick, start + dt.timedelta(days=8))
    await decided(desk, clock, late, start + dt.timedelta(days=40))
    sent_on = start + dt.timedelta(days=41)
    move_to(clock, sent_on)
    (claim,) = await desk.ready_claims(1)
    await desk.send(claim)
    await desk.hear(answer_277((claim.patient_control_number, "A2")))
    pace = 8 + GRACE_DAYS  # nine in ten came within eight days
    move_to(clock, sent_on + dt.timedelta(days=pace))
    assert [each for each in await silences(desk) if each.payer_id] == []
    move_to(clock, sent_on + dt.timedelta(days=pace + 1))
    (silence,) = [each for each in await silences(desk) if each.payer_id]
    assert (silence.kind, silence.usual_days) == (SilenceKind.NO_REMITTANCE, pace)


async def test_a_pace_is_in_days_of_the_company(desk: Desk, clock: FixedClock) -> None:
    start = dt.date(2026, 9, 1)
    clock.set(dt.datetime(2026, 9, 1, 22, tzinfo=NEW_YORK).astimezone(dt.UTC))
    quick = await desk.ready_claims(FEWEST_DECISIONS)
    await desk.send(*quick)
    await decided(desk, clock, quick, start + dt.timedelta(days=8))
    async with desk.storage.transaction(desk.company.id, desk.company.actor) as store:
        since = store.now - dt.timedelta(days=365)
        (pace,) = await store.silence_figures.payer_paces(since=since, time_zone=NEW_YORK.key)
    assert pace.usual_days == 8


async def test_one_decision_short_of_enough_a_payer_has_the_usual_days(
    desk: Desk, clock: FixedClock
) -> None:
    start = dt.date(2026, 9, 1)
    move_to(clock, start)
    known = await desk.ready_claims(FEWEST_DECISIONS - 1)
    (waiting,) = await desk.ready_claims(1)
    await desk.send(*known, waiting)
    await desk.hear(answer_277((waiting.patient_control_number, "A2")))
    await decided(desk, clock, known, start + dt.timedelta(days=8))
    move_to(clock, start + dt.timedelta(days=8 + GRACE_DAYS + 1))
    assert [each for each in await silences(desk) if each.payer_id] == []
    move_to(clock, start + dt.timedelta(days=USUAL_DAYS + 1))
    assert [each.usual_days for each in await silences(desk) if each.payer_id] == [USUAL_DAYS]


async def unpaid(desk: Desk) -> list[tuple[UUID | None, int]]:
    """Payers that have not decided in time, with how many claims."""
    return [
        (each.payer_id, each.claim_count)
        for each in await silences(desk)
        if each.kind is SilenceKind.NO_REMITTANCE
    ]


PAID_IN_PART = Line(
    charge_cents=10_000,
    adjustments=[Cas("CO", "45", 2_000), Cas("PR", "2", 1_000)],
    procedure_code="92014",
)


@pytest.mark.parametrize("is_forwarded", [False, True])
async def test_the_next_payer_is_waited_for_like_the_first(
    desk: Desk, clock: FixedClock, is_forwarded: bool
) -> None:
    start = dt.date(2026, 9, 1)
    move_to(clock, start)
    second = await desk.next_payer()
    (claim,) = await desk.ready_claims(1, payers=[desk.payer, second])
    await desk.send(claim)
    given_on = start + dt.timedelta(days=20)
    move_to(clock, given_on)
    await desk.decide(claim, lines=[PAID_IN_PART], status_code="19" if is_forwarded else "1")
    if not is_forwarded:
        await desk.send(claim)
    move_to(clock, given_on + dt.timedelta(days=USUAL_DAYS))
    assert await unpaid(desk) == []
    move_to(clock, given_on + dt.timedelta(days=USUAL_DAYS + 1))
    assert await unpaid(desk) == [(second.id, 1)]
    rest = Line(charge_cents=10_000, adjustments=[Cas("OA", "23", 9_000)], procedure_code="92014")
    await desk.decide(claim, lines=[rest], payer=second, status_code="2")
    assert await unpaid(desk) == []


async def test_a_payer_that_took_its_decision_back_is_waited_for_again(
    desk: Desk, clock: FixedClock
) -> None:
    start = dt.date(2026, 9, 1)
    move_to(clock, start)
    (claim,) = await desk.ready_claims(1)
    await desk.send(claim)
    await desk.decide(claim, lines=[PAID_IN_PART])
    await desk.decide(claim, lines=[PAID_IN_PART], takes_back=True)
    move_to(clock, start + dt.timedelta(days=USUAL_DAYS + 1))
    assert await unpaid(desk) == [(desk.payer.id, 1)]
    await desk.decide(claim, lines=[PAID_IN_PART])
    assert await unpaid(desk) == []


@pytest.mark.parametrize("make", [correct_claim, void_at_payer])
async def test_of_a_claim_and_what_replaces_it_one_answer_is_waited_for(
    desk: Desk, clock: FixedClock, make: Callable[..., Awaitable[ClaimWithLines]]
) -> None:
    """Nothing was decided about the original, so a void of it has no reversal to bring."""
    start = dt.date(2026, 9, 1)
    move_to(clock, start)
    (claim,) = await desk.ready_claims(1)
    await desk.send(claim)
    await desk.hear(answer_277((claim.patient_control_number, "A2"), payer_claim_number="ICN1"))
    held = await desk.claim(claim)
    async with desk.storage.transaction(desk.company.id, desk.company.actor) as store:
        made = await make(store, held.id, expected_version=held.version)
        ready = await store.claims.update(
            made.claim.id,
            {"status": ClaimStatus.READY_TO_SUBMIT},
            expected_version=made.claim.version,
        )
        await submit_claims(store, [ready], transmission(store.now))
    move_to(clock, start + dt.timedelta(days=USUAL_DAYS + 1))
    is_correction = make is correct_claim
    assert await unpaid(desk) == ([(desk.payer.id, 1)] if is_correction else [])


async def test_the_operator_sees_how_much_is_overdue_of_each_kind(
    desk: Desk, clock: FixedClock
) -> None:
    move_to(clock, dt.date(2026, 11, 16))
    first = await desk.send(*await desk.ready_claims(2))
    await desk.hear(answer_999(first))
    move_to(clock, dt.date(2026, 11, 17))
    await desk.send(*await desk.ready_claims(3))
    move_to(clock, dt.date(2026, 11, 20))
    assert await measure_silences(desk.storage, [desk.company.id], clock.now()) == {
        SilenceKind.NO_FUNCTIONAL_ACKNOWLEDGEMENT: SilenceTotal(1, 3, 3 * 86_400),
        SilenceKind.NO_CLAIM_ACKNOWLEDGEMENT: SilenceTotal(1, 2, 4 * 86_400),
        SilenceKind.NO_REMITTANCE: SilenceTotal(0, 0, 0),
    }


async def test_each_silence_is_told_once_to_whoever_sends_claims(
    desk: Desk, clock: FixedClock
) -> None:
    biller = await make_person(desk.storage, desk.company, Role.RCM_STAFF)
    await make_person(desk.storage, desk.company, Role.VIEWER)
    move_to(clock, dt.date(2026, 11, 16))
    sent = await desk.send(*await desk.ready_claims(1))
    move_to(clock, dt.date(2026, 11, 18))
    assert await told(desk) == []
    move_to(clock, dt.date(2026, 11, 19))
    about_the_999 = ("claim_files", sent.id, biller.id)
    for _ in range(2):
        assert await told(desk) == [about_the_999]
    await desk.hear(answer_999(sent))
    assert await told(desk) == [about_the_999, about_the_999]  # of the 277CA that did not come
    move_to(clock, dt.date(2026, 11, 16) + dt.timedelta(days=USUAL_DAYS + 1))
    about_the_835 = ("payers", desk.payer.id, biller.id)
    for _ in range(2):
        assert await told(desk) == [about_the_999, about_the_999, about_the_835]


async def decided(desk: Desk, clock: FixedClock, claims: list[Claim], day: dt.date) -> None:
    """The payer pays these claims on a day, in one file."""
    move_to(clock, day)
    line = Line(charge_cents=10_000, adjustments=[Cas("CO", "45", 2_000)])
    await desk.decide(*claims, lines=[line])


async def told(desk: Desk) -> list[tuple[str, UUID, UUID]]:
    """What people are told of after another look: about what, which one, whom."""
    async with desk.storage.transaction(desk.company.id, desk.company.actor) as store:
        await remind_of_silences(store)
        found = await store.notifications.all(NotificationFilter())
    return [
        (each.entity, each.entity_id, each.person_id)
        for each in found
        if each.kind is NotificationKind.ANSWER_OVERDUE
    ]


def move_to(clock: FixedClock, day: dt.date) -> None:
    """Noon of a day in the company's zone."""
    clock.move(dt.datetime.combine(day, dt.time(12), NEW_YORK) - clock.now())
