"""The table of reasons and remarks."""

import datetime as dt

import msgspec
import pytest

from services.claims.remittances.adjustment_reasons import (
    REASONS,
    DenialCategory,
    DenialOwner,
    InvalidReasonTable,
    ReasonNature,
    parse_reason_table,
)

TODAY = dt.date(2026, 11, 21)
WELL_KNOWN_REASONS = 250
ROOT_CAUSE_WIDTH = 200  # of the columns of the denials table
NEXT_ACTION_WIDTH = 300


def category(code: str) -> DenialCategory:
    handling = REASONS.reason(code, TODAY).handling
    assert handling is not None, f"reason {code} is no denial"
    return handling.category


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("16", DenialCategory.BILLING_ERROR),
        ("18", DenialCategory.DUPLICATE),
        ("22", DenialCategory.COORDINATION_OF_BENEFITS),
        ("27", DenialCategory.NO_COVERAGE),
        ("29", DenialCategory.TIMELY_FILING),
        ("50", DenialCategory.MEDICAL_NECESSITY),
        ("96", DenialCategory.NOT_COVERED),
        ("107", DenialCategory.LINKAGE),
        ("97", DenialCategory.BUNDLED),
        ("109", DenialCategory.WRONG_PAYER),
        ("151", DenialCategory.FREQUENCY_LIMIT),
        ("197", DenialCategory.AUTHORIZATION),
    ],
)
def test_the_originals_wrong_categories_are_right_here(code: str, expected: str) -> None:
    """The original filed duplicates, ended coverage and wrong payers under authorization."""
    assert category(code) is expected


@pytest.mark.parametrize(
    ("code", "nature"),
    [
        ("1", ReasonNature.PATIENT_SHARE),
        ("2", ReasonNature.PATIENT_SHARE),
        ("3", ReasonNature.PATIENT_SHARE),
        ("23", ReasonNature.EARLIER_PAYER),
        ("24", ReasonNature.CONTRACTUAL),
        ("45", ReasonNature.CONTRACTUAL),
        ("94", ReasonNature.CONTRACTUAL),
        ("253", ReasonNature.PAYMENT_REDUCTION),
        ("246", ReasonNature.INFORMATIONAL),
        ("B11", ReasonNature.INFORMATIONAL),
    ],
)
def test_what_is_no_denial_is_not_called_one(code: str, nature: ReasonNature) -> None:
    reason = REASONS.reason(code, TODAY)
    assert (reason.nature, reason.handling) == (nature, None)


def test_the_common_reasons_are_there() -> None:
    assert len(REASONS.codes) >= WELL_KNOWN_REASONS


def test_every_reason_has_a_label_and_a_source_and_every_denial_can_be_worked() -> None:
    for code in REASONS.codes:
        reason = REASONS.reason(code, TODAY)
        assert reason.label, code
        assert reason.source, code
        if reason.nature is ReasonNature.DENIAL:
            assert reason.handling is not None
            assert reason.handling.root_cause, code
            assert reason.handling.next_action, code
            assert len(reason.handling.root_cause) <= ROOT_CAUSE_WIDTH, code
            assert len(reason.handling.next_action) <= NEXT_ACTION_WIDTH, code


def test_a_reason_says_what_differs_from_its_category() -> None:
    unmatched_npi = REASONS.reason("208", TODAY).handling
    assert unmatched_npi is not None
    assert unmatched_npi.category is DenialCategory.PROVIDER_INFORMATION
    assert unmatched_npi.owner is DenialOwner.CREDENTIALING
    inherited = REASONS.handling(DenialCategory.PROVIDER_INFORMATION)
    assert inherited.owner is DenialOwner.BILLER
    assert unmatched_npi.root_cause == inherited.root_cause


def test_a_code_that_the_table_lacks_is_unknown_and_can_be_worked() -> None:
    unknown = REASONS.reason("9999", TODAY)
    assert unknown.nature is ReasonNature.UNKNOWN
    assert unknown.handling == REASONS.handling(DenialCategory.UNKNOWN)


def test_sequestration_is_known_from_its_first_day() -> None:
    """CMS put CARC 253 in force on 3 June 2013."""
    assert REASONS.reason("253", dt.date(2013, 6, 2)).nature is ReasonNature.UNKNOWN
    assert REASONS.reason("253", dt.date(2013, 6, 3)).nature is ReasonNature.PAYMENT_REDUCTION


def test_ma130_takes_the_appeal_away() -> None:
    remark = REASONS.remark("MA130")
    assert remark is not None
    assert remark.without_appeal is not None
    assert remark.without_appeal.is_correctable
    assert REASONS.remark("N0") is None


HEAD = 'edition = 2026-01-01\neffective_from = 1995-01-01\nsource = "test"\nremarks = []\n'
CATEGORIES = "\n".join(
    f'[[categories]]\ncategory = "{each}"\nroot_cause = "r"\nowner = "biller"\nnext_action = "n"\n'
    "is_correctable = true\nis_appealable = true"
    for each in DenialCategory
)


def table(reasons: str, categories: str = CATEGORIES) -> str:
    return f"{HEAD}reasons = [{reasons}]\n{categories}"


def test_a_code_may_change_its_meaning_on_a_day() -> None:
    changed = parse_reason_table(
        table(
            '{code="X", label="a", nature="contractual", effective_to=2020-12-31},'
            '{code="X", label="b", nature="patient_share", effective_from=2021-01-01}'
        )
    )
    assert changed.reason("X", dt.date(2020, 12, 31)).label == "a"
    assert changed.reason("X", dt.date(2021, 1, 1)).label == "b"
    assert changed.reason("X", dt.date(1994, 12, 31)) is changed.unknown


@pytest.mark.parametrize(
    "reasons",
    [
        '{code="X", label="a", nature="contractual"}, {code="X", label="b", nature="contractual"}',
        '{code="X", label="a", nature="denial"}',
        '{code="X", label="a", nature="contractual", category="bundled"}',
    ],
)
def test_a_table_that_contradicts_itself_is_refused(reasons: str) -> None:
    with pytest.raises(InvalidReasonTable):
        parse_reason_table(table(reasons))


def test_a_table_without_a_category_or_with_an_unknown_word_is_refused() -> None:
    with pytest.raises(InvalidReasonTable):
        parse_reason_table(table("", categories="categories = []"))
    with pytest.raises(msgspec.ValidationError):
        parse_reason_table(table('{code="X", label="a", nature="writeoff"}'))
