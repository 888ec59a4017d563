"""From a ready claim to its payer's answer and on to the next payer, through files alone."""

from dataclasses import replace
from typing import cast

import pytest

from services.claims.x12.claim_file_check import check_claim_file
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.claims import AdjudicationStatus, ClaimStatus
from storage.vocabulary.clearing import (
    ClaimFileKind,
    ClaimFileStatus,
    FiledClaimStatus,
    WaitingReason,
)
from tests.builders.answers import answer_277, answer_999
from tests.builders.clearing import Desk
from tests.builders.remittance_files import Cas, Line
from tests.builders.statements import CountingStorage
from tests.claims.x12.claims_to_write import segments_of

pytestmark = pytest.mark.anyio

INSTITUTIONAL = ClaimFileKind.INSTITUTIONAL
FEW = 100
"""As many as are planned for whatever company it is, which is asked for once."""
MANY = 1_200
"""More than a page, a bundle of the writer's chunks, and a thousand of anything."""
PAID = [Line(charge_cents=10_000, adjustments=[Cas("CO", "45", 2_000), Cas("PR", "2", 1_000)])]


async def test_stays_go_out_as_an_837i_and_are_accepted_or_come_back_one_by_one(
    desk: Desk,
) -> None:
    stays = await desk.ready_stays(3)
    sent = await desk.send(*stays, kind=INSTITUTIONAL)
    content = desk.outbound[str(sent.name)]
    assert check_claim_file([content]) == []
    segments = segments_of(content)
    assert segments[1].endswith("*X*005010X223A2")
    assert sum(each.startswith("SV2*0510*") for each in segments) == 3
    await desk.hear(answer_999(sent))
    await desk.hear(
        answer_277(
            (stays[0].patient_control_number, "A2"),
            (stays[1].patient_control_number, "A7"),
            payer_claim_number="ICN1",
        )
    )
    assert await desk.statuses(*stays) == [
        ClaimStatus.ACCEPTED,
        ClaimStatus.REJECTED,
        ClaimStatus.SUBMITTED,
    ]
    assert [await desk.charge_in_ledger(stay) for stay in stays] == [10_000, 0, 10_000]


async def test_a_stay_goes_into_no_file_of_professional_claims(desk: Desk) -> None:
    (claim,), (stay,) = await desk.ready_claims(1), await desk.ready_stays(1)
    asked = await desk.ask(claim_ids=[str(claim.id), str(stay.id)])
    assert [each.claim_id for each in asked.left_out] == [stay.id]


@pytest.mark.parametrize("is_stay", [False, True])
async def test_a_decided_claim_goes_to_the_next_payer_and_is_answered_there(
    desk: Desk, is_stay: bool
) -> None:
    second = await desk.next_payer()
    ready = desk.ready_stays if is_stay else desk.ready_claims
    kind = INSTITUTIONAL if is_stay else ClaimFileKind.PROFESSIONAL
    taken, turned_away = await ready(2, payers=[desk.payer, second])
    await desk.send(taken, turned_away, kind=kind)
    await desk.decide(taken, turned_away, lines=[replace(PAID[0], procedure_code="92014")])
    sent = await desk.send(taken, turned_away, kind=kind)
    content = desk.outbound[str(sent.name)]
    assert check_claim_file([content]) == []
    segments = segments_of(content)
    assert sum(each.startswith("SBR*S*18*") for each in segments) == 1, "one subscriber"
    svd = "SVD*87726*70*HC:92014*" + ("0510*1" if is_stay else "*1")
    assert segments.count(svd) == 2
    assert segments.count("AMT*D*70") == 2
    await desk.hear(answer_999(sent))
    await desk.hear(
        answer_277(
            (taken.patient_control_number, "A2"),
            (turned_away.patient_control_number, "A3"),
            reference=str(sent.reference),
        )
    )
    filed = {each.claim_id: each.status for each in await desk.filed(sent)}
    assert filed == {
        taken.id: FiledClaimStatus.ACCEPTED,
        turned_away.id: FiledClaimStatus.REJECTED,
    }
    assert {each.waits_because for each in await desk.waiting()} == {WaitingReason.NEXT_PAYER}
    rest = [Line(charge_cents=10_000, adjustments=[Cas("OA", "23", 9_000)], procedure_code="92014")]
    await desk.decide(taken, lines=rest, payer=second)
    now = await desk.claim(taken)
    assert now.adjudication_status is AdjudicationStatus.PAID
    assert (now.payment_cents, now.insurance_balance_cents) == (8_000, 0)


async def test_a_large_file_takes_as_many_statements_as_a_small_one(desk: Desk) -> None:
    few, many = [await _statements_of(desk, count) for count in (FEW, MANY)]
    assert many == few


async def _statements_of(desk: Desk, count: int) -> dict[str, int]:
    """What a file of so many claims takes: asked for, written, delivered, accepted, answered."""
    counting = CountingStorage(desk.storage)
    counted = replace(desk, storage=cast("PostgresStorage", counting))
    claims = await desk.ready_claims(count)
    taken: dict[str, int] = {}

    def note(step: str) -> None:
        taken[step], counting.statements = counting.statements, 0

    asked = await counted.ask(claim_ids=[str(claim.id) for claim in claims])
    note("asked for")
    prepared = await counted.prepare(asked.file)
    assert (prepared.status, prepared.claim_count) == (ClaimFileStatus.PREPARED, count)
    note("written")
    await counted.deliver()
    note("delivered")
    sent = await desk.look_at(asked.file)
    await counted.hear(answer_999(sent))
    note("accepted")
    numbers = [claim.patient_control_number for claim in claims]
    heard = await counted.hear(answer_277(*((each, "A2") for each in numbers)))
    note("answered")
    assert (heard.accepted_count, heard.waiting_count) == (count, 0)
    assert set(await desk.statuses(*claims)) == {ClaimStatus.ACCEPTED}
    return taken
