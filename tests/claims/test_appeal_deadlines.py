"""Until when payers can be asked to decide again."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.claims.appealing.deadlines import (
    DEADLINES,
    InvalidDeadlineTable,
    Ladder,
    due_of,
    parse_deadline_table,
)
from storage.identifiers import new_id
from storage.tables.appeals import AppealRule
from storage.vocabulary.appeals import StartEvent
from storage.vocabulary.claims import ClaimType, PayerType

PAYER = new_id()
TODAY = dt.date(2026, 11, 21)
PROFESSIONAL = ClaimType.PROFESSIONAL


def rule(
    *,
    days: int,
    level: int = 1,
    plan: str | None = None,
    claim_type: ClaimType | None = None,
    effective_from: dt.date = dt.date(2020, 1, 1),
    effective_to: dt.date | None = None,
) -> AppealRule:
    return AppealRule.model_construct(
        id=new_id(),
        payer_id=PAYER,
        plan=plan,
        claim_type=claim_type,
        level=level,
        name=f"{days} days",
        start_event=StartEvent.REMITTANCE_RECEIVED if level == 1 else StartEvent.DECISION_RECEIVED,
        days=days,
        source="the contract",
        effective_from=effective_from,
        effective_to=effective_to,
    )


def days_of(ladder: Ladder, on: dt.date = TODAY, plan: str | None = None) -> int | None:
    level = ladder.level(1, on=on, claim_type=PROFESSIONAL, plan=plan)
    return None if level is None else level.days


def test_medicare_has_five_levels_with_their_days_and_sources() -> None:
    levels = Ladder(PAYER, PayerType.MEDICARE, []).levels(TODAY, PROFESSIONAL, None)
    assert [(each.level, each.days, each.start) for each in levels] == [
        (1, 120, StartEvent.REMITTANCE_RECEIVED),
        (2, 180, StartEvent.DECISION_RECEIVED),
        (3, 60, StartEvent.DECISION_RECEIVED),
        (4, 60, StartEvent.DECISION_RECEIVED),
        (5, 60, StartEvent.DECISION_RECEIVED),
    ]
    assert all(each.is_verified and "42 CFR 405" in each.source for each in levels)


def test_medicare_is_appealed_within_120_days_of_receipt() -> None:
    """42 CFR 405.942(a)."""
    ladder = Ladder(PAYER, PayerType.MEDICARE, [])
    due = ladder.first_due(dt.date(2026, 1, 1), claim_type=PROFESSIONAL, is_appealable=True)
    assert (due.due_on, due.is_verified, due.level) == (dt.date(2026, 5, 1), True, 1)


def least_cents(amount: str, filed_on: dt.date) -> int | None:
    found = DEADLINES.least(amount, filed_on)
    return None if found is None else found.cents


@pytest.mark.parametrize(
    ("year", "hearing", "court"),
    [(2024, 18_000, 184_000), (2025, 19_000, 190_000), (2026, 20_000, 196_000)],
)
def test_the_amounts_in_controversy_move_with_the_year(year: int, hearing: int, court: int) -> None:
    """42 CFR 405.1006; 90 FR 55869 for 2026."""
    for day in (dt.date(year, 1, 1), dt.date(year, 12, 31)):
        assert least_cents("medicare_hearing", day) == hearing
        assert least_cents("medicare_court", day) == court


def test_a_year_that_is_not_known_yet_takes_the_last_amount_and_one_before_all_none() -> None:
    assert least_cents("medicare_hearing", dt.date(2031, 1, 1)) == 20_000
    assert least_cents("medicare_hearing", dt.date(2001, 1, 1)) is None


def test_only_medicare_is_verified_and_every_kind_of_payer_has_a_first_level() -> None:
    for payer_type in PayerType:
        level = Ladder(PAYER, payer_type, []).level(1, on=TODAY, claim_type=PROFESSIONAL)
        assert level is not None
        assert level.source
        assert level.is_verified is (payer_type is PayerType.MEDICARE)


def test_what_cannot_be_appealed_is_corrected_soon_and_of_no_level() -> None:
    ladder = Ladder(PAYER, PayerType.MEDICARE, [])
    due = ladder.first_due(TODAY, claim_type=PROFESSIONAL, is_appealable=False)
    assert (due.due_on, due.level) == (TODAY + dt.timedelta(days=30), None)
    assert not due.is_verified


@pytest.mark.parametrize(
    ("payer_type", "arrived", "paid", "received"),
    [
        (PayerType.COMMERCIAL, "2026-03-05", None, "2026-03-05"),
        (PayerType.COMMERCIAL, "2026-03-05", "2026-03-07", "2026-03-05"),  # before the money
        (PayerType.COMMERCIAL, "2026-06-05", "2026-03-02", "2026-03-02"),  # loaded months later
        (PayerType.MEDICARE, "2026-03-05", "2026-03-02", "2026-03-05"),
        (PayerType.MEDICARE, "2026-06-05", "2026-03-02", "2026-03-07"),  # presumed: 5 days
    ],
)
def test_a_remittance_is_received_when_it_comes_but_never_long_after_it_was_paid(
    payer_type: PayerType, arrived: str, paid: str | None, received: str
) -> None:
    found = DEADLINES.received_on(
        payer_type,
        arrived_on=dt.date.fromisoformat(arrived),
        paid_on=None if paid is None else dt.date.fromisoformat(paid),
    )
    assert found == dt.date.fromisoformat(received)


def test_a_companys_rule_comes_before_the_shipped_one_and_is_verified() -> None:
    ladder = Ladder(PAYER, PayerType.COMMERCIAL, [rule(days=120)])
    level = ladder.level(1, on=TODAY, claim_type=PROFESSIONAL)
    assert level is not None
    assert (level.days, level.is_verified, level.source) == (120, True, "the contract")
    assert days_of(Ladder(new_id(), PayerType.COMMERCIAL, [rule(days=120)])) == 90


def test_a_rule_for_the_plan_comes_before_one_for_the_kind_of_claim() -> None:
    rules = [
        rule(days=10),
        rule(days=20, claim_type=PROFESSIONAL),
        rule(days=30, plan="Gold"),
        rule(days=40, claim_type=ClaimType.INSTITUTIONAL),
    ]
    ladder = Ladder(PAYER, PayerType.COMMERCIAL, rules)
    assert days_of(ladder) == 20
    assert days_of(ladder, plan="Gold") == 30
    assert days_of(ladder, plan="Silver") == 20


def test_a_rule_holds_from_its_first_day_to_its_last() -> None:
    first, last = dt.date(2026, 1, 1), dt.date(2026, 6, 30)
    ladder = Ladder(
        PAYER, PayerType.COMMERCIAL, [rule(days=7, effective_from=first, effective_to=last)]
    )
    day = dt.timedelta(days=1)
    assert [days_of(ladder, on) for on in (first - day, first, last, last + day)] == [90, 7, 7, 90]


def test_a_company_can_add_levels_but_none_above_a_gap_counts() -> None:
    ladder = Ladder(PAYER, PayerType.COMMERCIAL, [rule(days=30, level=2), rule(days=30, level=4)])
    assert [each.level for each in ladder.levels(TODAY, PROFESSIONAL, None)] == [1, 2]


@given(
    days=st.integers(1, 3650),
    started=st.dates(min_value=dt.date(2000, 1, 1), max_value=dt.date(2100, 1, 1)),
)
def test_a_deadline_is_so_many_calendar_days_after_its_start(days: int, started: dt.date) -> None:
    ladder = Ladder(PAYER, PayerType.COMMERCIAL, [rule(days=days, effective_from=dt.date.min)])
    level = ladder.level(1, on=started, claim_type=PROFESSIONAL)
    assert level is not None
    assert (due_of(level, started).due_on - started).days == days


RULE = (
    '{{payer_type="{}", level={}, name="n", start="{}", days=10, verified=true,'
    ' effective_from=2020-01-01, source="s"{}}}'
)


def table(*rules: str) -> str:
    return (
        f"edition=2026-01-01\nrules=[{','.join(rules)}]\namounts=[]\n"
        '[correction]\ndays=1\nsource="s"\n[answer]\ndays=1\nsource="s"'
    )


FIRST = [RULE.format(each, 1, "remittance_received", "") for each in PayerType]


@pytest.mark.parametrize(
    "rules",
    [
        [],
        FIRST[1:],
        [*FIRST, RULE.format("medicare", 3, "decision_received", "")],
        [*FIRST, RULE.format("medicare", 2, "remittance_received", "")],
        [*FIRST, RULE.format("medicare", 2, "decision_received", ', amount="unknown"')],
    ],
)
def test_a_table_with_a_gap_is_refused(rules: list[str]) -> None:
    with pytest.raises(InvalidDeadlineTable):
        parse_deadline_table(table(*rules))
    parse_deadline_table(table(*FIRST))
