"""A 999 that tells an error by its place alone blames the claim that stands there, and only it."""

import pytest

from storage.tables.claims import Claim
from storage.tables.clearing import ClaimFile
from storage.vocabulary.claims import ClaimStatus
from storage.vocabulary.clearing import ClaimFileStatus, WaitingReason
from tests.builders.answers import answer_999
from tests.builders.clearing import Desk
from tests.claims.x12.claims_to_write import segments_of

pytestmark = pytest.mark.anyio

READY, REJECTED = ClaimStatus.READY_TO_SUBMIT, ClaimStatus.REJECTED
SUBMITTED = ClaimStatus.SUBMITTED


async def test_the_claim_at_the_place_is_mended_the_others_go_out_again(desk: Desk) -> None:
    claims, sent = await sent_claims(desk)
    place = place_of(desk, "SV1", of=claims[1])
    errors = [f"IK3*SV1*{place}*2400*8", "IK4*2*782*7"]
    await desk.hear(answer_999(sent, "R", errors=errors))
    assert (await desk.look_at(sent)).status is ClaimFileStatus.REJECTED
    assert await desk.statuses(*claims) == [READY, REJECTED, READY]
    guilty, innocent = await desk.claim(claims[1]), await desk.claim(claims[2])
    assert str(guilty.status_reason).startswith("The file was rejected for this claim: ")
    assert f"SV102 at segment {place}" in str(guilty.status_reason)
    assert str(innocent.status_reason).startswith("The file was rejected: ")


async def test_places_in_several_claims_blame_each_of_them_for_its_own(desk: Desk) -> None:
    claims, sent = await sent_claims(desk)
    places = [place_of(desk, "HI", of=claim) for claim in claims]
    errors = [f"IK3*HI*{places[0]}*2300*8", f"IK3*HI*{places[2]}*2300*5"]
    await desk.hear(answer_999(sent, "R", errors=errors))
    assert await desk.statuses(*claims) == [REJECTED, READY, REJECTED]
    reasons = [str((await desk.claim(claim)).status_reason) for claim in (claims[0], claims[2])]
    assert [f"segment {places[0]}" in reasons[0], f"segment {places[2]}" in reasons[0]] == [
        True,
        False,
    ]
    assert f"segment {places[2]}" in reasons[1]


@pytest.mark.parametrize(
    "error",
    [
        "IK3*SV1*9999*2400*8",  # beyond the end
        "IK3*SV1*1*2400*8",  # another segment stands there
        "IK3*SV1**2400*8",
        "IK3*SV1*two*2400*8",
        "IK3*NM1*5*1000B*8",  # of no claim
        "IK3*ST*1**8",
    ],
)
async def test_a_place_that_cannot_be_believed_blames_nobody(desk: Desk, error: str) -> None:
    claims, sent = await sent_claims(desk)
    await desk.hear(answer_999(sent, "R", errors=[error]))
    assert set(await desk.statuses(*claims)) == {READY}


async def test_a_place_in_another_partners_file_of_the_same_number_blames_nobody_here(
    desk: Desk,
) -> None:
    other = await desk.beside("Harbor")
    claims, sent = await sent_claims(desk)
    elsewhere, theirs = await sent_claims(other)
    place = place_of(desk, "SV1", of=claims[0])
    answer = answer_999(theirs, "R", errors=[f"IK3*SV1*{place}*2400*8"])
    await desk.hear(answer, partner_id=other.partner.id)
    assert set(await desk.statuses(*claims)) == {SUBMITTED}
    assert sorted(await desk.statuses(*elsewhere)) == [READY, READY, REJECTED]
    assert (await desk.look_at(sent)).status is ClaimFileStatus.SENT


@pytest.mark.parametrize(("decision", "of_group"), [("P", "P"), ("E", "P")])
async def test_of_a_file_of_which_a_part_was_taken_only_that_comes_back(
    desk: Desk, decision: str, of_group: str
) -> None:
    claims, sent = await sent_claims(desk)
    place = place_of(desk, "CLM", of=claims[2])
    errors = [f"IK3*CLM*{place}*2300*8", "IK4*5:3*1325*7"]
    await desk.hear(answer_999(sent, decision, errors=errors, of_group=of_group))
    assert (await desk.look_at(sent)).status is ClaimFileStatus.ACCEPTED
    assert await desk.statuses(*claims) == [SUBMITTED, SUBMITTED, REJECTED]
    assert await desk.charge_in_ledger(claims[2]) == 0
    assert await desk.charge_in_ledger(claims[0]) == 10_000
    assert await desk.waiting() == []


async def test_which_part_was_not_taken_is_a_persons_to_find_where_nothing_says_it(
    desk: Desk,
) -> None:
    claims, sent = await sent_claims(desk)
    await desk.hear(answer_999(sent, "P", errors=["IK3*SV1*9999*2400*8"]))
    (waiting,) = await desk.waiting()
    assert waiting.waits_because is WaitingReason.UNDECIDED
    assert "does not say for which claims" in waiting.detail
    assert set(await desk.statuses(*claims)) == {SUBMITTED}
    assert (await desk.look_at(sent)).status is ClaimFileStatus.SENT


async def test_errors_that_a_file_was_accepted_with_move_no_claim(desk: Desk) -> None:
    claims, sent = await sent_claims(desk)
    place = place_of(desk, "SV1", of=claims[0])
    await desk.hear(answer_999(sent, "E", errors=[f"IK3*SV1*{place}*2400*8"]))
    assert (await desk.look_at(sent)).status is ClaimFileStatus.ACCEPTED
    assert set(await desk.statuses(*claims)) == {SUBMITTED}


async def sent_claims(desk: Desk) -> tuple[list[Claim], ClaimFile]:
    """Three claims in one file."""
    claims = await desk.ready_claims(3)
    return claims, await desk.send(*claims)


def place_of(desk: Desk, name: str, *, of: Claim) -> int:
    """Where a segment of a claim stands in its set, as a 999 counts: from ST, which is 1."""
    (content,) = desk.outbound.values()
    segments = segments_of(content)
    names = [each.split("*")[0] for each in segments]
    claim = segments.index(
        next(each for each in segments if each.startswith(f"CLM*{of.patient_control_number}*"))
    )
    return names.index(name, claim) - names.index("ST") + 1
