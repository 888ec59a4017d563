"""Scores and levels over all 25 cells, and what bands have to be."""

import datetime as dt
from dataclasses import dataclass
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.regulatory_compliance.risks.matrix import (
    InvalidBands,
    level_of,
    overall,
    read_bands,
    score,
)
from services.regulatory_compliance.risks.mitigating import OPEN, TRANSITIONS, is_overdue
from services.regulatory_compliance.risks.templates import hipaa_risk_analysis
from storage.vocabulary.risks import (
    AnalysisElement,
    Impact,
    Likelihood,
    MitigationStatus,
    RiskLevel,
)

CELLS = list(product(Likelihood, Impact))
LEVELS = list(RiskLevel)


@pytest.mark.parametrize(("likelihood", "impact"), CELLS)
def test_every_cell_has_a_level_that_is_never_lower_for_more(
    likelihood: Likelihood, impact: Impact
) -> None:
    points = score(likelihood, impact)
    assert 1 <= points <= 25
    for more_likely, worse in CELLS:
        at_least = list(Likelihood).index(more_likely) >= list(Likelihood).index(likelihood)
        as_bad = list(Impact).index(worse) >= list(Impact).index(impact)
        if at_least and as_bad:
            assert score(more_likely, worse) >= points
            higher = LEVELS.index(level_of(score(more_likely, worse)))
            assert higher >= LEVELS.index(level_of(points))


@pytest.mark.parametrize(
    ("points", "level"),
    [
        (1, "low"),
        (5, "low"),
        (6, "medium"),
        (11, "medium"),
        (12, "high"),
        (19, "high"),
        (20, "critical"),
        (25, "critical"),
    ],
)
def test_the_bands_are_those_of_before(points: int, level: str) -> None:
    assert level_of(points) == level


@given(st.lists(st.integers(1, 25)))
def test_the_overall_level_is_that_of_the_highest_risk(scores: list[int]) -> None:
    found = overall(scores)
    assert (found is None) == (not scores)
    if found is not None:
        assert found == max((level_of(each) for each in scores), key=LEVELS.index)


@pytest.mark.parametrize(
    "fault",
    [
        'level = "low"\nleast_score = 2',
        'level = "lowest"\nleast_score = 1',
        'level = "low"',
    ],
)
def test_bands_that_leave_a_score_out_are_refused(fault: str) -> None:
    rest = [("medium", 6), ("high", 12), ("critical", 20)]
    bands = [fault, *(f'level = "{level}"\nleast_score = {least}' for level, least in rest)]
    text = 'source = "a test"\n' + "\n".join(f"[[bands]]\n{each}" for each in bands)
    with pytest.raises(InvalidBands):
        read_bands(text)


def test_the_template_has_each_of_the_nine_elements_once() -> None:
    elements = [each.element for each in hipaa_risk_analysis().elements]
    assert sorted(elements) == sorted(AnalysisElement)


@dataclass
class _Item:
    status: MitigationStatus


@given(st.lists(st.sampled_from(MitigationStatus)), st.integers(-3, 3))
def test_what_is_not_open_is_never_overdue(moves: list[MitigationStatus], days: int) -> None:
    item = _Item(MitigationStatus.PLANNED)
    today = dt.date(2026, 3, 2)
    for wanted in moves:
        if wanted in TRANSITIONS[item.status]:
            item.status = wanted
        late = is_overdue(item.status, today - dt.timedelta(days=days), today)
        assert late == (item.status in OPEN and days > 0)
        assert item.status is not MitigationStatus.CARRIED_OVER
