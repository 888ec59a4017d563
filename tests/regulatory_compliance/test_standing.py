"""A requirement's status follows from what was recorded, as of any day and as known at any time."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.regulatory_compliance.standing import (
    Decision,
    History,
    Standing,
    attestation_states,
    standing,
)
from storage.vocabulary.compliance import (
    AttestationStatus,
    DecisionKind,
    RequirementStatus,
    SignatureKind,
    StatusReason,
)
from tests.regulatory_compliance.histories import (
    ANNUAL,
    DAY,
    attestation,
    content,
    day,
    histories,
    moment,
    replayed,
    signed,
)


def found(history: History, on: int, known: int = 9999) -> Standing:
    result = standing(
        history,
        on=day(on),
        known_at=moment(known),
        is_business_day=lambda each: each.weekday() < 5,
    )
    assert result is not None
    return result


def test_before_it_was_recorded_there_is_no_status() -> None:
    history = History(contents=[content(at=5)])
    unknown = standing(history, on=day(9), known_at=moment(4), is_business_day=lambda _: True)
    assert unknown is None


def test_nothing_attested_is_in_progress_until_it_is_due() -> None:
    history = History(contents=[content(schedule=ANNUAL)])
    due = (ANNUAL.first_due_on - DAY).days
    assert found(history, due).status is RequirementStatus.IN_PROGRESS
    late = found(history, due + 1)
    assert (late.status, late.reason) == (RequirementStatus.NON_COMPLIANT, StatusReason.OVERDUE)
    assert late.due_on == ANNUAL.first_due_on


def test_an_attestation_completes_its_period_and_the_next_is_due() -> None:
    made = attestation(10, period_number=1)
    history = History(
        contents=[content(schedule=ANNUAL)], attestations=[made], signatures=[signed(made, at=10)]
    )
    after = found(history, 200)
    assert after.status is RequirementStatus.COMPLIANT
    assert after.due_on == dt.date(2027, 6, 30)
    assert found(history, 200, known=9).status is RequirementStatus.NON_COMPLIANT


@pytest.mark.parametrize(
    ("valid_until", "evidence_until", "reason"),
    [
        (20, None, StatusReason.ATTESTATION_EXPIRED),
        (None, 20, StatusReason.EVIDENCE_EXPIRED),
        (25, 20, StatusReason.EVIDENCE_EXPIRED),
    ],
)
def test_expiry_reopens_it(
    valid_until: int | None, evidence_until: int | None, reason: StatusReason
) -> None:
    made = attestation(
        valid_until=None if valid_until is None else day(valid_until),
        evidence_until=None if evidence_until is None else day(evidence_until),
    )
    history = History(contents=[content()], attestations=[made], signatures=[signed(made)])
    assert found(history, 20).status is RequirementStatus.COMPLIANT
    assert found(history, 20).covered_until == day(20)
    after = found(history, 21)
    assert (after.status, after.reason) == (RequirementStatus.NON_COMPLIANT, reason)


def test_a_revocation_reopens_it_only_where_no_other_attestation_covers_it() -> None:
    first, second = attestation(valid_until=day(50)), attestation(5, valid_until=day(90))
    history = History(
        contents=[content()],
        attestations=[first, second],
        signatures=[
            signed(first),
            signed(second, at=5),
            signed(second, SignatureKind.REVOKED, at=10),
        ],
    )
    assert found(history, 40).status is RequirementStatus.COMPLIANT
    assert found(history, 60).status is RequirementStatus.NON_COMPLIANT
    assert found(history, 60, known=9).status is RequirementStatus.COMPLIANT


@pytest.mark.parametrize("kind", [SignatureKind.REVOKED, SignatureKind.DISPUTED])
def test_a_period_whose_attestation_falls_is_not_overdue_while_another_attestation_covers(
    kind: SignatureKind,
) -> None:
    first = attestation(10, period_number=1)
    second = attestation(200, period_number=2, valid_until=day(400))
    history = History(
        contents=[content(schedule=ANNUAL)],
        attestations=[first, second],
        signatures=[signed(first, at=10), signed(second, at=200), signed(first, kind, at=210)],
    )
    covered = found(history, 300)
    assert (covered.status, covered.reason) == (RequirementStatus.COMPLIANT, StatusReason.ATTESTED)
    assert covered.due_on == ANNUAL.first_due_on, "the period is there to be made up"
    assert found(history, 190).reason is StatusReason.OVERDUE
    assert found(history, 401).reason is StatusReason.OVERDUE


def test_what_covers_excuses_no_period_after_the_last_that_was_completed() -> None:
    first, second = attestation(10, period_number=1), attestation(200, period_number=2)
    history = History(
        contents=[content(schedule=ANNUAL)],
        attestations=[first, second],
        signatures=[
            signed(first, at=10),
            signed(second, at=200),
            signed(first, SignatureKind.REVOKED, at=210),
        ],
    )
    due = (dt.date(2028, 6, 30) - DAY).days
    assert found(history, due).status is RequirementStatus.COMPLIANT
    assert found(history, due + 1).reason is StatusReason.OVERDUE


def test_a_quorum_is_needed_before_it_counts() -> None:
    made = attestation(quorum=2)
    one = [signed(made)]
    history = History(contents=[content()], attestations=[made], signatures=one)
    assert found(history, 1).status is RequirementStatus.IN_PROGRESS
    both = History(
        contents=[content()],
        attestations=[made],
        signatures=[*one, signed(made, SignatureKind.COSIGNED, at=3)],
    )
    assert found(both, 1).status is RequirementStatus.COMPLIANT
    assert found(both, 1, known=2).status is RequirementStatus.IN_PROGRESS


def test_a_dispute_suspends_and_upholding_restores() -> None:
    made = attestation()
    history = History(
        contents=[content()],
        attestations=[made],
        signatures=[
            signed(made),
            signed(made, SignatureKind.DISPUTED, at=2),
            signed(made, SignatureKind.UPHELD, at=4),
        ],
    )
    assert found(history, 1, known=1).status is RequirementStatus.COMPLIANT
    assert found(history, 1, known=3).status is RequirementStatus.IN_PROGRESS
    assert found(history, 1, known=5).status is RequirementStatus.COMPLIANT


def test_what_is_superseded_stays_so_even_when_its_successor_is_revoked() -> None:
    first = attestation()
    second = attestation(5, supersedes_id=first.id)
    signatures = [signed(first), signed(second, at=5)]
    history = History(contents=[content()], attestations=[first, second], signatures=signatures)
    assert attestation_states(history, moment(9))[first.id] is AttestationStatus.SUPERSEDED
    assert attestation_states(history, moment(4))[first.id] is AttestationStatus.ATTESTED
    revoked = History(
        contents=[content()],
        attestations=[first, second],
        signatures=[*signatures, signed(second, SignatureKind.REVOKED, at=8)],
    )
    assert found(revoked, 9).status is RequirementStatus.IN_PROGRESS


def test_a_material_change_asks_for_a_new_attestation() -> None:
    made = attestation()
    contents = [content(), content(2, at=5, material_number=2)]
    history = History(contents=contents, attestations=[made], signatures=[signed(made)])
    assert found(history, 9, known=4).status is RequirementStatus.COMPLIANT
    assert found(history, 9).status is RequirementStatus.IN_PROGRESS


def test_what_does_not_apply_is_never_overdue_and_may_apply_again() -> None:
    history = History(
        contents=[content(schedule=ANNUAL)],
        decisions=[
            Decision(DecisionKind.NOT_APPLICABLE, day(10), moment(12)),
            Decision(DecisionKind.APPLICABLE, day(300), moment(300)),
        ],
    )
    assert found(history, 250).status is RequirementStatus.NOT_APPLICABLE
    assert found(history, 250, known=11).status is RequirementStatus.NON_COMPLIANT
    assert found(history, 9).status is RequirementStatus.IN_PROGRESS
    assert found(history, 300).status is RequirementStatus.NON_COMPLIANT


@given(history=histories(), on=st.integers(0, 1200), known=st.integers(0, 14))
def test_the_status_is_what_a_replay_of_the_events_leaves(
    history: History, on: int, known: int
) -> None:
    result = standing(history, on=day(on), known_at=moment(known), is_business_day=lambda _: True)
    assert (None if result is None else result.status) == replayed(history, moment(known)).status(
        day(on)
    )


@given(history=histories(), on=st.integers(0, 1200))
def test_more_knowledge_never_changes_what_was_known_before(history: History, on: int) -> None:
    """What a report said then can be said again: later records do not reach back."""
    earlier = moment(5)
    cut = History(
        contents=[each for each in history.contents if each.recorded_at <= earlier],
        decisions=[each for each in history.decisions if each.recorded_at <= earlier],
        attestations=[each for each in history.attestations if each.recorded_at <= earlier],
        signatures=[each for each in history.signatures if each.recorded_at <= earlier],
    )
    then, now = (
        standing(each, on=day(on), known_at=known_at, is_business_day=lambda _: True)
        for each, known_at in ((cut, moment(99)), (history, earlier))
    )
    assert then == now
