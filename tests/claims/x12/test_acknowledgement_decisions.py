"""What acknowledgements decide: about every set of a group, and about every claim."""

from __future__ import annotations

import pytest

from services.claims.x12.acknowledgement_codes import (
    CODES,
    ClaimStanding,
    CodeList,
    InvalidCodeTable,
    parse_code_table,
)
from services.claims.x12.acknowledgement_decisions import (
    ClaimDecision,
    Outcome,
    Reason,
    claim_decision,
    interchange_outcome,
    party_decision,
    reasons_of,
    set_decisions,
)
from services.claims.x12.acknowledgement_model import (
    ClaimAcknowledgement,
    GroupAcknowledgement,
    InterchangeAcknowledgement,
    LineStatus,
    PartyStatus,
    SetAcknowledgement,
    Status,
    StatusCode,
    StatusLevel,
)
from services.claims.x12.acknowledgement_reader import read_acknowledgements
from tests.claims.x12.acknowledgement_files import AcknowledgementFile
from tests.claims.x12.test_acknowledgement_reader import REJECTED

SENT = ("0001", "0002", "0003")


def group(
    decision: str, received: int | None = 3, accepted: int | None = 3
) -> GroupAcknowledgement:
    return GroupAcknowledgement(9, 1, "HC", "17", None, decision, received, received, accepted)


def listed(**decisions: str) -> list[SetAcknowledgement]:
    return [
        SetAcknowledgement(5, 1, "17", "837", number.removeprefix("set"), None, decision)
        for number, decision in decisions.items()
    ]


def outcomes(answer: GroupAcknowledgement, *sets: SetAcknowledgement) -> list[str]:
    return [decision.outcome.value for decision in set_decisions(answer, sets, SENT)]


def test_a_set_of_which_a_part_was_taken_is_told_apart() -> None:
    only = [listed(set0001="E")[0]]
    assert [each.outcome for each in set_decisions(group("P", 1, 1), only, ["0001"])] == [
        Outcome.PARTLY_ACCEPTED
    ]
    assert outcomes(group("P"), *listed(set0001="P", set0002="E", set0003="R")) == [
        "partly_accepted",
        "accepted_with_errors",
        "rejected",
    ]


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("A", Outcome.ACCEPTED),
        ("E", Outcome.ACCEPTED_WITH_ERRORS),
        ("R", Outcome.REJECTED),
        ("M", Outcome.UNDECIDED),
        ("", Outcome.UNDECIDED),
    ],
)
def test_a_ta1_decides_about_its_interchange(code: str, outcome: Outcome) -> None:
    assert interchange_outcome(InterchangeAcknowledgement(2, "1", "", "", code, "")) is outcome


def test_every_set_is_decided_by_its_own_answer() -> None:
    answers = listed(set0001="A", set0002="E", set3="R")
    assert outcomes(group("P", 3, 2), *answers) == ["accepted", "accepted_with_errors", "rejected"]


@pytest.mark.parametrize("code", ["M", "R", "W", "X"])
def test_a_set_is_rejected_for_security_as_for_its_content(code: str) -> None:
    assert outcomes(group("P", 3, 2), *listed(set0001=code))[0] == "rejected"


@pytest.mark.parametrize("code", ["M", "R", "W", "X"])
def test_a_rejected_group_takes_all_of_its_sets_along(code: str) -> None:
    assert outcomes(group(code, 3, 0), *listed(set0001="A")) == 3 * ["rejected"]


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (group("A"), "accepted"),
        (group("E"), "accepted_with_errors"),
        (group(""), "undecided"),
        (group("Q"), "undecided"),
        (group("P", 3, 2), "accepted"),
        (group("P", 3, 1), "undecided"),
        (group("P", None, None), "undecided"),
    ],
)
def test_sets_without_an_answer_share_that_of_the_group(
    answer: GroupAcknowledgement, outcome: str
) -> None:
    assert outcomes(answer, *listed(set0001="R"))[1:] == 2 * [outcome]


def test_a_set_that_is_answered_in_two_ways_is_undecided() -> None:
    answers = [*listed(set0001="A"), *listed(set0001="R")]
    assert outcomes(group("P", 3, 2), *answers)[0] == "undecided"


def test_a_set_whose_ik5_is_absent_is_undecided() -> None:
    assert outcomes(group("A"), *listed(set0001=""))[0] == "undecided"


def test_the_reasons_say_codes_places_and_the_claim() -> None:
    events = read_acknowledgements([AcknowledgementFile(sets=[REJECTED]).render()])
    answer = next(event for event in events if isinstance(event, SetAcknowledgement))
    assert reasons_of(answer) == (
        Reason(CodeList.SET_ERRORS, "5"),
        Reason(CodeList.SET_ERRORS, "I5"),
        Reason(CodeList.SEGMENT_ERRORS, "8", "NM1", 8, claim="PCN0001"),
        Reason(CodeList.ELEMENT_ERRORS, "I12", "NM1", 8, None, 9, 2, "PCN0001"),
        Reason(CodeList.ELEMENT_ERRORS, "1", "NM1", 8, None, 3, None, "PCN0001"),
        Reason(CodeList.SEGMENT_ERRORS, "3", "REF", 12, "2010"),
    )


def test_a_rejected_group_says_why() -> None:
    answer = GroupAcknowledgement(9, 1, "HC", "17", None, "R", 1, 1, 0, ("2",))
    (decision,) = set_decisions(answer, (), ["0001"])
    assert decision.reasons == (Reason(CodeList.GROUP_ERRORS, "2"),)
    assert CODES.label(CodeList.GROUP_ERRORS, "2") == "Version of the group is not supported"
    assert CODES.label(CodeList.GROUP_ERRORS, "99") is None


# 277CA


def statuses(*categories: str, action: str | None = None) -> tuple[Status, ...]:
    return tuple(Status((StatusCode(each, "20"),), action=action) for each in categories)


def answered(*categories: str, **more: object) -> ClaimAcknowledgement:
    return ClaimAcknowledgement(9, 1, 1, "PCN0001", statuses=statuses(*categories), **more)


def party(level: StatusLevel, *categories: str) -> PartyStatus:
    return PartyStatus(5, 1, level, statuses=statuses(*categories))


def line(*categories: str) -> LineStatus:
    return LineStatus(12, "99213", 5_000, statuses=statuses(*categories))


@pytest.mark.parametrize(
    ("category", "standing"),
    [
        ("A0", "received"),
        ("A1", "received"),
        ("A2", "accepted"),
        ("A3", "rejected"),
        ("A4", "not_found"),
        ("A5", "split"),
        ("A6", "rejected"),
        ("A7", "rejected"),
        ("A8", "rejected"),
        ("P1", "received"),
        ("F1", "undecided"),
        ("", "undecided"),
    ],
)
def test_a_category_decides_about_the_claim(category: str, standing: str) -> None:
    decision = claim_decision(answered(category))
    assert decision == ClaimDecision(
        ClaimStanding(standing), StatusLevel.CLAIM, (StatusCode(category, "20"),)
    )
    assert CODES.category(category) is None or CODES.standing_of(category).value == standing


def test_received_and_then_accepted_is_accepted() -> None:
    decision = claim_decision(answered("A1", "A2"))
    assert (decision.standing, decision.contradicts) == (ClaimStanding.ACCEPTED, False)


def test_accepted_and_rejected_is_rejected_and_a_contradiction() -> None:
    decision = claim_decision(answered("A2", "A7"))
    assert (decision.standing, decision.contradicts) == (ClaimStanding.REJECTED, True)
    assert decision.codes == (StatusCode("A7", "20"),)


def test_the_action_rejects_whatever_the_category_says() -> None:
    claim = ClaimAcknowledgement(9, 1, 1, "PCN0001", statuses=statuses("A1", action="U"))
    assert claim_decision(claim).standing is ClaimStanding.REJECTED


@pytest.mark.parametrize("level", [StatusLevel.RECEIVER, StatusLevel.PROVIDER])
def test_a_rejection_above_holds_for_every_claim_below(level: StatusLevel) -> None:
    above = {level.value: party(level, "A3")}
    assert claim_decision(answered("A3", **above)).contradicts is False
    decision = claim_decision(answered("A2", **above))
    assert (decision.standing, decision.level, decision.contradicts) == (
        ClaimStanding.REJECTED,
        level,
        True,
    )
    assert claim_decision(answered(**above)).standing is ClaimStanding.REJECTED


def test_an_acceptance_above_says_nothing_about_a_claim() -> None:
    above = party(StatusLevel.RECEIVER, "A2")
    assert claim_decision(answered("A7", receiver=above)).standing is ClaimStanding.REJECTED
    assert claim_decision(answered(receiver=above)).standing is ClaimStanding.UNDECIDED


def test_lines_decide_only_where_the_claim_says_nothing() -> None:
    decision = claim_decision(answered(lines=(line("A7"), line("A1"))))
    assert (decision.standing, decision.level) == (ClaimStanding.REJECTED, StatusLevel.LINE)
    accepted = claim_decision(answered("A2", lines=(line("A7"),)))
    assert (accepted.standing, accepted.contradicts) == (ClaimStanding.ACCEPTED, True)


def test_a_party_of_which_nothing_is_said_decides_nothing() -> None:
    assert party_decision(party(StatusLevel.PROVIDER)) is None


def test_a_category_is_described_once() -> None:
    entry = '[[claim_categories]]\ncode = "A1"\nstanding = "received"\nlabel = "x"\n'
    lists = "".join(f"[{each}]\n" for each in CodeList)
    with pytest.raises(InvalidCodeTable):
        parse_code_table(f'edition = 2026-01-01\nsource = "x"\n{entry}{entry}{lists}')
