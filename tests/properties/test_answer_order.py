"""In whatever order answers come, a claim ends up the same."""

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from services.claims.clearing.verdicts import Standing, Verdict, move_of
from storage.identifiers import new_id
from storage.vocabulary.claims import ClaimStatus
from storage.vocabulary.clearing import AcknowledgementStanding, FiledClaimStatus

FILE_ID = new_id()
ON_ITS_WAY = {ClaimStatus.SUBMITTED, ClaimStatus.ACCEPTED}

answers = st.lists(st.sampled_from(AcknowledgementStanding), min_size=1, max_size=6)


def verdict(standing: AcknowledgementStanding) -> Verdict:
    return Verdict(
        acknowledgement_file_id=FILE_ID, position=1, standing=standing, status_codes=(), detail="x"
    )


def followed(
    order: Sequence[AcknowledgementStanding], *, is_adjudicated: bool = False
) -> tuple[list[ClaimStatus], FiledClaimStatus]:
    """The states of a submitted claim, one answer after another, and how it is filed at the end."""
    states, filed = [ClaimStatus.SUBMITTED], FiledClaimStatus.SENT
    for standing in order:
        now = Standing(status=states[-1], is_adjudicated=is_adjudicated, filed=filed)
        move = move_of(verdict(standing), now)
        states.append(move.status or states[-1])
        filed = move.filed or filed
    return states, filed


@given(answers.flatmap(lambda given: st.tuples(st.just(given), st.permutations(given))))
def test_the_order_of_answers_does_not_matter(
    orders: tuple[list[AcknowledgementStanding], list[AcknowledgementStanding]],
) -> None:
    (first, first_filed), (second, second_filed) = map(followed, orders)
    assert (first[-1], first_filed) == (second[-1], second_filed)


@given(answers)
def test_the_same_answers_again_change_nothing(order: list[AcknowledgementStanding]) -> None:
    once, filed = followed(order)
    twice, filed_again = followed([*order, *order])
    assert (once[-1], filed) == (twice[-1], filed_again)


@given(answers)
def test_the_charge_leaves_the_ledger_at_most_once(order: list[AcknowledgementStanding]) -> None:
    states, _ = followed(order)
    leaves = [
        1 for before, after in pairwise(states) if before in ON_ITS_WAY and after not in ON_ITS_WAY
    ]
    returns = [
        1 for before, after in pairwise(states) if before not in ON_ITS_WAY and after in ON_ITS_WAY
    ]
    assert len(leaves) <= 1
    assert returns == []


@given(answers)
def test_what_a_payer_has_decided_about_never_comes_back(
    order: list[AcknowledgementStanding],
) -> None:
    states, _ = followed(order, is_adjudicated=True)
    assert set(states) <= ON_ITS_WAY


@given(answers, st.sampled_from(AcknowledgementStanding))
def test_an_answer_that_is_not_done_waits_for_a_person(
    order: list[AcknowledgementStanding], last: AcknowledgementStanding
) -> None:
    states, filed = followed(order)
    move = move_of(verdict(last), Standing(status=states[-1], is_adjudicated=False, filed=filed))
    is_acceptance = last is AcknowledgementStanding.ACCEPTED
    if is_acceptance and states[-1] not in ON_ITS_WAY:
        assert move.waits is not None
