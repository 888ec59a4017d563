"""What an accounting of disclosures contains."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.disclosures.accounting_rules import accounted, is_free, years_before
from services.disclosures.authorities import AUTHORITIES, InvalidAuthorityTable, checked
from storage.vocabulary.disclosures import DisclosureAuthority

DAY = dt.date(2026, 3, 2)


@dataclass(frozen=True)
class Told:
    """A disclosure, as far as the rules look at it."""

    id: UUID
    disclosed_on: dt.date = DAY
    is_accountable: bool = True
    is_withdrawn: bool = False
    supersedes_id: UUID | None = None
    suspended_from: dt.date | None = None
    suspended_until: dt.date | None = None


FIRST = Told(UUID(int=1))


def account(*recorded: Told, first: dt.date = DAY, last: dt.date = DAY) -> Sequence[UUID]:
    return accounted(recorded, first=first, last=last, today=DAY)


def test_an_accountable_disclosure_of_the_period_is_named() -> None:
    assert account(FIRST) == [FIRST.id]
    assert account(replace(FIRST, is_accountable=False)) == []
    assert account(FIRST, last=DAY - dt.timedelta(days=1)) == []
    assert account(FIRST, first=DAY + dt.timedelta(days=1), last=dt.date.max) == []


def test_the_last_version_counts_and_a_withdrawn_one_is_gone() -> None:
    correction = Told(UUID(int=2), supersedes_id=FIRST.id)
    withdrawal = Told(UUID(int=3), supersedes_id=correction.id, is_withdrawn=True)
    assert account(FIRST, correction) == [correction.id]
    assert account(FIRST, correction, withdrawal) == []


def test_a_correction_that_moves_a_disclosure_out_of_the_period_takes_it_along() -> None:
    moved = Told(UUID(int=2), supersedes_id=FIRST.id, disclosed_on=dt.date(2025, 1, 1))
    assert account(FIRST, moved) == []


@pytest.mark.parametrize(("before", "after", "named"), [(0, 0, []), (-1, 5, [1]), (5, -1, [1])])
def test_a_suspension_leaves_it_out_while_it_stands(
    before: int, after: int, named: list[int]
) -> None:
    suspended = replace(
        FIRST,
        suspended_from=DAY - dt.timedelta(days=before),
        suspended_until=DAY + dt.timedelta(days=after),
    )
    assert account(suspended) == [UUID(int=each) for each in named]


def test_the_first_in_twelve_months_is_free() -> None:
    assert is_free(DAY, [])
    assert is_free(DAY, [dt.date(2025, 3, 2)])
    assert not is_free(DAY, [dt.date(2025, 3, 3)])
    assert not is_free(DAY, [DAY])


def test_a_leap_day_has_an_anniversary() -> None:
    assert years_before(dt.date(2028, 2, 29), 6) == dt.date(2022, 2, 28)


def test_the_right_is_suspended_for_oversight_and_law_enforcement_alone() -> None:
    named = {each for each, rule in AUTHORITIES.items() if rule.can_be_suspended}
    assert named == {DisclosureAuthority.HEALTH_OVERSIGHT, DisclosureAuthority.LAW_ENFORCEMENT}
    assert all(AUTHORITIES[each].is_accountable for each in named)


def test_a_table_with_a_gap_is_refused() -> None:
    with pytest.raises(InvalidAuthorityTable):
        checked(list(AUTHORITIES.values())[1:])


days = st.integers(-400, 400).map(lambda n: DAY + dt.timedelta(days=n))


@st.composite
def histories(draw: st.DrawFn) -> list[Told]:
    """Disclosures, each followed by corrections of it."""
    made: list[Told] = []
    for _ in range(draw(st.integers(0, 5))):
        before: UUID | None = None
        for _ in range(draw(st.integers(1, 4))):
            suspension: Mapping[str, dt.date] = {}
            if draw(st.booleans()):
                ends = sorted([draw(days), draw(days)])
                suspension = {"suspended_from": ends[0], "suspended_until": ends[1]}
            made.append(
                Told(
                    UUID(int=len(made) + 1),
                    disclosed_on=draw(days),
                    is_accountable=draw(st.booleans()),
                    is_withdrawn=before is not None and draw(st.booleans()),
                    supersedes_id=before,
                    **suspension,
                )
            )
            before = made[-1].id
    return made


@given(histories(), days, days, st.randoms())
def test_an_accounting_recounts_whatever_the_order_and_wherever_it_is_cut(
    recorded: list[Told], one: dt.date, other: dt.date, random: Random
) -> None:
    first, last = sorted([one, other])
    whole = accounted(recorded, first=first, last=last, today=DAY)
    shuffled = list(recorded)
    random.shuffle(shuffled)
    assert accounted(shuffled, first=first, last=last, today=DAY) == whole
    middle = first + (last - first) // 2
    early = accounted(recorded, first=first, last=middle, today=DAY)
    late = accounted(recorded, first=middle + dt.timedelta(days=1), last=last, today=DAY)
    assert [*early, *late] == whole
    assert len(set(whole)) == len(whole)
