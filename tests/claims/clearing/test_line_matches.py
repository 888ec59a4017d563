"""A decided line that fits no line of the claim is matched by a person, and can go on then."""

import asyncio
from uuid import UUID

import pytest

from services.claims.clearing.hold import ClaimInFile
from services.claims.outgoing.line_matches import (
    DecidedLineHasItsLine,
    MatchWithdrawn,
    NewDecidedLineMatch,
    NextPayerHasIt,
    match_decided_line,
    withdraw_match,
)
from services.claims.x12.claim_file_check import check_claim_file
from services.refusals import InvalidInput
from storage.errors import RowNotFound, VersionConflict
from storage.filters import AdjudicationFilter, ByAdjudication, ByClaim
from storage.identifiers import new_id
from storage.tables.claims import Claim, ClaimLine, Payer
from storage.tables.clearing import ClaimFile
from storage.tables.decided_lines import DecidedLineMatch
from storage.tables.ledger import AdjudicationLine
from storage.vocabulary.clearing import ClaimFileStatus, FiledClaimStatus
from tests.builders.answers import answer_999
from tests.builders.clearing import Desk
from tests.builders.remittance_files import Cas, Line
from tests.claims.x12.claims_to_write import segments_of

pytestmark = pytest.mark.anyio

SPLIT = [
    Line(charge_cents=7_000, adjustments=[Cas("CO", "45", 2_000)]),
    Line(charge_cents=3_000, adjustments=[Cas("PR", "1", 3_000)], units="0"),
]
"""One line of 100.00 that the payer decided about as two."""


async def test_a_claim_whose_lines_the_payer_split_goes_on_once_they_are_matched(
    desk: Desk,
) -> None:
    claim, second = await split_claim(desk)
    refused = await try_to_send(desk, claim)
    assert refused.status is ClaimFileStatus.REFUSED
    (filed,) = await desk.filed(refused)
    assert [each.code for each in filed.faults.faults if filed.faults] == ["decided_line_unknown"]
    (line,), unmatched = await lines_of(desk, claim)
    for decided in unmatched:
        await match(desk, claim, decided.id, line.id)
    sent = await desk.send(claim)
    assert sent.status is ClaimFileStatus.SENT
    content = desk.outbound[str(sent.name)]
    assert check_claim_file([content]) == []
    segments = segments_of(content)
    assert f"NM1*PR*2*{second.name}*****PI*60054" in segments
    for wanted in ("SVD*87726*50*HC:99213**1", "CAS*CO*45*20", "CAS*PR*1*30", "AMT*EAF*30"):
        assert wanted in segments, wanted


async def test_a_match_is_withdrawn_until_the_next_payer_has_it(desk: Desk) -> None:
    claim, _ = await split_claim(desk)
    (line,), (first, other) = await lines_of(desk, claim)
    mistaken = await match(desk, claim, first.id, line.id)
    withdrawn = await withdraw(desk, mistaken)
    assert withdrawn.withdrawn_at is not None
    with pytest.raises(MatchWithdrawn):
        await withdraw(desk, withdrawn)
    standing = [await match(desk, claim, each.id, line.id) for each in (first, other)]
    asked = await desk.ask(claim_ids=[str(claim.id)])
    with pytest.raises(ClaimInFile):
        await withdraw(desk, standing[0])
    await desk.prepare(asked.file)
    await desk.deliver()
    with pytest.raises(NextPayerHasIt):
        await withdraw(desk, standing[0])
    (filed,) = await desk.filed(asked.file)
    assert filed.status is FiledClaimStatus.SENT


async def test_one_that_came_back_from_the_next_payer_is_open_again(desk: Desk) -> None:
    claim, _ = await split_claim(desk)
    (line,), decided = await lines_of(desk, claim)
    matches = [await match(desk, claim, each.id, line.id) for each in decided]
    sent = await desk.send(claim)
    await desk.hear(answer_999(sent, "R"))
    assert (await withdraw(desk, matches[0])).withdrawn_at is not None


async def test_a_decided_line_has_one_match_and_two_at_once_make_one(desk: Desk) -> None:
    claim, _ = await split_claim(desk)
    (line,), (first, _) = await lines_of(desk, claim)
    both = await asyncio.gather(
        *(match(desk, claim, first.id, line.id) for _ in range(2)), return_exceptions=True
    )
    assert sorted(type(each).__name__ for each in both) == [
        "DecidedLineHasItsLine",
        "DecidedLineMatch",
    ]


async def test_what_the_program_matched_itself_stays(desk: Desk) -> None:
    second = await desk.next_payer()
    (claim,) = await desk.ready_claims(1, payers=[desk.payer, second])
    await desk.send(claim)
    await desk.decide(claim, lines=[Line(charge_cents=10_000, procedure_code="92014")])
    (line,), _ = await lines_of(desk, claim)
    decided = await decided_lines(desk, claim)
    with pytest.raises(DecidedLineHasItsLine):
        await match(desk, claim, decided[0].id, line.id)


async def test_lines_of_another_claim_and_of_none_are_refused_by_field(desk: Desk) -> None:
    claim, second = await split_claim(desk)
    (stranger,) = await desk.ready_claims(1, payers=[desk.payer, second])
    (line,), (decided, _) = await lines_of(desk, claim)
    (their_line,), _ = await lines_of(desk, stranger)
    for of, decided_id, line_id, pointers in (
        (stranger, decided.id, their_line.id, ["/adjudication_line_id"]),
        (claim, decided.id, their_line.id, ["/claim_line_id"]),
        (claim, new_id(), new_id(), ["/adjudication_line_id", "/claim_line_id"]),
    ):
        with pytest.raises(InvalidInput) as refused:
            await match(desk, of, decided_id, line_id)
        assert [each.pointer for each in refused.value.faults] == pointers
    with pytest.raises(RowNotFound):
        await withdraw(desk, await match(desk, claim, decided.id, line.id), match_id=new_id())


async def test_a_withdrawal_by_an_old_version_is_refused(desk: Desk) -> None:
    claim, _ = await split_claim(desk)
    (line,), (first, _) = await lines_of(desk, claim)
    made = await match(desk, claim, first.id, line.id)
    with pytest.raises(VersionConflict):
        await withdraw(desk, made, version=made.version + 1)


async def split_claim(desk: Desk) -> tuple[Claim, Payer]:
    """A claim on two payers, of which the first has split the line; and the second payer."""
    second = await desk.next_payer()
    (claim,) = await desk.ready_claims(1, payers=[desk.payer, second])
    await desk.send(claim)
    await desk.decide(claim, lines=SPLIT)
    return claim, second


async def try_to_send(desk: Desk, claim: Claim) -> ClaimFile:
    """A file of a claim that cannot go."""
    return await desk.prepare((await desk.ask(claim_ids=[str(claim.id)])).file)


async def lines_of(desk: Desk, claim: Claim) -> tuple[list[ClaimLine], list[AdjudicationLine]]:
    """The lines of a claim, and the decided ones that fit none of them."""
    async with desk.storage.transaction(desk.company.id, desk.company.actor) as store:
        lines = await store.claim_lines.all(ByClaim(claim_id=claim.id))
    decided = await decided_lines(desk, claim)
    return lines, [each for each in decided if each.claim_line_id is None]


async def decided_lines(desk: Desk, claim: Claim) -> list[AdjudicationLine]:
    async with desk.storage.transaction(desk.company.id, desk.company.actor) as store:
        decisions = await store.adjudications.all(AdjudicationFilter(claim_id=claim.id))
        found = await store.adjudication_lines.all(
            ByAdjudication(adjudication_ids=[each.id for each in decisions])
        )
    return sorted(found, key=lambda each: each.ordinal)


async def match(desk: Desk, claim: Claim, decided_id: UUID, line_id: UUID) -> DecidedLineMatch:
    new = NewDecidedLineMatch(adjudication_line_id=decided_id, claim_line_id=line_id)
    async with desk.storage.transaction(desk.company.id, desk.company.actor) as store:
        return await match_decided_line(store, claim.id, new)


async def withdraw(
    desk: Desk, made: DecidedLineMatch, *, match_id: UUID | None = None, version: int | None = None
) -> DecidedLineMatch:
    async with desk.storage.transaction(desk.company.id, desk.company.actor) as store:
        return await withdraw_match(
            store, match_id or made.id, expected_version=version or made.version
        )
