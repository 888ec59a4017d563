"""What partners answer moves files and claims; what does not fit waits for a person."""

import asyncio
from collections.abc import Callable

import pytest

from services.claims.clearing.acknowledgement_scan import (
    UnreadableAcknowledgement,
    scan_acknowledgements,
)
from services.claims.clearing.applying import FileStillUnderWay, judge, record_judgement
from services.claims.clearing.sending import NothingToSend
from services.claims.clearing.verdicts import verdict_of
from services.claims.clearing.waiting import (
    AnswerDoesNotFit,
    AnswersAFile,
    AnswerUnclear,
    Assignment,
    Dismissal,
    assign_waiting,
    dismiss_waiting,
)
from services.claims.submission import submit_claims
from services.claims.write_offs.writing_off import NewWriteOff, reverse_write_off, write_off
from storage.filters import AcknowledgementFileFilter, ByClaim, ClaimFilter
from storage.identifiers import new_id
from storage.interface import Actor
from storage.postgres.transaction import PostgresStorage
from storage.tables.claims import Claim
from storage.tables.clearing import ClaimFile
from storage.tables.money import WriteOff
from storage.vocabulary.claims import AcknowledgementOutcome, AdjudicationStatus, ClaimStatus
from storage.vocabulary.clearing import (
    ClaimFileStatus,
    FiledClaimStatus,
    WaitingReason,
    WaitingStatus,
)
from storage.vocabulary.money import BalanceSide
from tests.approvals.conftest import signed_in
from tests.builders.answers import answer_277, answer_999, ta1
from tests.builders.claims import transmission
from tests.builders.clearing import Desk
from tests.builders.clocks import FixedClock
from tests.builders.statements import counted
from tests.claims.x12.acknowledgement_files import AcknowledgementFile

pytestmark = pytest.mark.anyio


def number(claim: Claim) -> str:
    return claim.patient_control_number


async def test_an_accepted_999_accepts_the_file_and_moves_no_claim(desk: Desk) -> None:
    claims = await desk.ready_claims(2)
    sent = await desk.send(*claims)
    heard = await desk.hear(answer_999(sent))
    file = await desk.look_at(sent)
    assert (file.status, heard.waiting_count) == (ClaimFileStatus.ACCEPTED, 0)
    assert file.acknowledged_at is not None
    assert heard.partner_id is None
    assert set(await desk.statuses(*claims)) == {ClaimStatus.SUBMITTED}


@pytest.mark.parametrize("answer", [ta1, lambda file: answer_999(file, "R")])
async def test_what_rejects_a_file_makes_all_of_its_claims_ready_again_with_the_reason(
    desk: Desk, answer: Callable[[ClaimFile], bytes]
) -> None:
    claims = await desk.ready_claims(3)
    sent = await desk.send(*claims)
    heard = await desk.hear(answer(sent))
    assert heard.rejected_count == 3
    file = await desk.look_at(sent)
    assert file.status is ClaimFileStatus.REJECTED
    for claim in claims:
        now = await desk.claim(claim)
        assert (now.status, now.submitted_at) == (ClaimStatus.READY_TO_SUBMIT, None)
        assert now.insurance_balance_cents == 0
        assert now.status_reason == file.status_reason
        assert await desk.charge_in_ledger(claim) == 0
    assert {each.status for each in await desk.filed(file)} == {FiledClaimStatus.RETURNED}


async def test_a_claim_that_a_file_was_rejected_for_has_to_be_mended_the_others_go_again(
    desk: Desk,
) -> None:
    guilty, innocent = await desk.ready_claims(2)
    sent = await desk.send(guilty, innocent)
    await desk.hear(answer_999(sent, "R", blames=[guilty]))
    assert await desk.statuses(guilty, innocent) == [
        ClaimStatus.REJECTED,
        ClaimStatus.READY_TO_SUBMIT,
    ]
    again = await desk.send(innocent)
    assert again.status is ClaimFileStatus.SENT
    assert await desk.charge_in_ledger(innocent) == 10_000
    with pytest.raises(NothingToSend):
        await desk.ask(claim_ids=[str(guilty.id)])


async def test_a_277ca_moves_single_claims_with_their_codes_and_the_payers_number(
    desk: Desk,
) -> None:
    taken, turned_away, passed_on = await desk.ready_claims(3)
    sent = await desk.send(taken, turned_away, passed_on)
    heard = await desk.hear(
        answer_277(
            (number(taken), "A2"),
            (number(turned_away), "A3"),
            (number(passed_on), "A1"),
            payer_claim_number="ICN77",
        )
    )
    assert (heard.claim_count, heard.accepted_count, heard.rejected_count) == (3, 1, 1)
    assert await desk.statuses(taken, turned_away, passed_on) == [
        ClaimStatus.ACCEPTED,
        ClaimStatus.REJECTED,
        ClaimStatus.SUBMITTED,
    ]
    assert (await desk.claim(taken)).payer_claim_number == "ICN77"
    assert await desk.charge_in_ledger(turned_away) == 0
    by_claim = {each.claim_id: each for each in await desk.filed(sent)}
    assert by_claim[turned_away.id].status_codes == ["A3:21:85"]
    assert by_claim[passed_on.id].status is FiledClaimStatus.RECEIVED
    async with desk.storage.transaction(desk.company.id, desk.company.actor) as store:
        (record,) = await store.claim_acknowledgements.all(ByClaim(claim_id=turned_away.id))
        denials = (await desk.claim(turned_away)).adjudication_status
    assert record.outcome is AcknowledgementOutcome.REJECTED
    assert (record.status_codes, record.acknowledgement_file_id) == (["A3:21:85"], heard.id)
    assert denials is AdjudicationStatus.NOT_ADJUDICATED


async def test_a_later_acceptance_brings_the_payers_number(desk: Desk) -> None:
    (claim,) = await desk.ready_claims(1)
    await desk.send(claim)
    await desk.hear(answer_277((number(claim), "A2")))
    await desk.hear(answer_277((number(claim), "A2"), payer_claim_number="ICN1"))
    assert (await desk.claim(claim)).payer_claim_number == "ICN1"


async def test_a_rejected_submission_is_found_by_its_trace_number_and_returned_whole(
    desk: Desk,
) -> None:
    claims = await desk.ready_claims(3)
    sent = await desk.send(*claims)
    other = await desk.send(*await desk.ready_claims(1))
    await desk.hear(answer_277(reference=str(sent.reference), receiver_status="A3"))
    assert (await desk.look_at(sent)).status is ClaimFileStatus.REJECTED
    assert (await desk.look_at(other)).status is ClaimFileStatus.SENT
    assert set(await desk.statuses(*claims)) == {ClaimStatus.READY_TO_SUBMIT}


async def test_the_same_file_again_and_twice_at_once_is_one(desk: Desk) -> None:
    (claim,) = await desk.ready_claims(1)
    await desk.send(claim)
    content = answer_277((number(claim), "A3"))
    both = await asyncio.gather(desk.hear_again(content), desk.hear_again(content))
    assert sorted(is_new for _, is_new in both) == [False, True]
    assert both[0][0].id == both[1][0].id
    again, is_new = await desk.hear_again(content)
    assert (again.id, is_new) == (both[0][0].id, False)
    assert await desk.charge_in_ledger(claim) == 0


async def test_two_files_at_once_about_one_claim_take_turns(desk: Desk) -> None:
    (claim,) = await desk.ready_claims(1)
    sent = await desk.send(claim)
    await asyncio.gather(
        desk.hear(answer_277((number(claim), "A3"))), desk.hear(answer_999(sent, "R"))
    )
    assert await desk.statuses(claim) == [ClaimStatus.REJECTED]
    assert await desk.charge_in_ledger(claim) == 0


async def test_an_old_rejection_says_nothing_of_a_claim_that_was_sent_again(desk: Desk) -> None:
    (claim,) = await desk.ready_claims(1)
    first = await desk.send(claim)
    await desk.hear(answer_999(first, "R"))
    second = await desk.send(claim)
    await desk.hear(answer_277((number(claim), "A3"), reference=str(first.reference)))
    assert await desk.statuses(claim) == [ClaimStatus.SUBMITTED]
    undated = await desk.hear(answer_277((number(claim), "A3"), on="20200101"))
    assert undated.waiting_count == 1
    assert [each.waits_because for each in await desk.waiting()] == [WaitingReason.OUTDATED]
    await desk.hear(answer_277((number(claim), "A2"), reference=str(second.reference)))
    assert await desk.statuses(claim) == [ClaimStatus.ACCEPTED]


@pytest.mark.parametrize("accepted_first", [True, False])
async def test_a_claim_that_was_accepted_out_of_a_rejected_file_is_looked_at(
    desk: Desk, accepted_first: bool
) -> None:
    """It would be sent a second time; whichever answer comes first."""
    claim, beside = await desk.ready_claims(2)
    sent = await desk.send(claim, beside)
    answers = [answer_277((number(claim), "A2")), answer_999(sent, "R")]
    for content in answers if accepted_first else reversed(answers):
        await desk.hear(content)
    assert set(await desk.statuses(claim, beside)) == {ClaimStatus.READY_TO_SUBMIT}
    (waiting,) = await desk.waiting()
    assert (waiting.claim_id, waiting.waits_because) == (claim.id, WaitingReason.CONTRADICTS)


async def test_what_a_payer_has_decided_about_is_not_rejected_any_more(desk: Desk) -> None:
    (claim,) = await desk.ready_claims(1)
    sent = await desk.send(claim)
    now = await desk.claim(claim)
    async with desk.storage.transaction(desk.company.id, desk.company.actor) as store:
        decided = {"adjudication_status": AdjudicationStatus.PAID}
        await store.claims.update(claim.id, decided, expected_version=now.version)
    await desk.hear(answer_277((number(claim), "A3")))
    await desk.hear(answer_999(sent, "R"))
    assert await desk.statuses(claim) == [ClaimStatus.SUBMITTED]
    assert {each.waits_because for each in await desk.waiting()} == {WaitingReason.CONTRADICTS}
    await desk.hear(answer_277((number(claim), "A2")))
    assert await desk.statuses(claim) == [ClaimStatus.ACCEPTED]


async def test_a_claim_on_which_money_stands_is_rejected_once_that_is_taken_back(
    desk: Desk, storage: PostgresStorage, clock: FixedClock
) -> None:
    claim, beside = await desk.ready_claims(2)
    sent = await desk.send(claim, beside)
    clerk = await signed_in(storage, clock, desk.company)
    given = NewWriteOff(
        claim_id=claim.id,
        side=BalanceSide.INSURANCE,
        reason_code="small_balance",
        amount_cents=500,
    )
    async with storage.transaction(desk.company.id, Actor(clerk.id, new_id())) as store:
        given_up = await write_off(store, clerk, given)
    assert isinstance(given_up, WriteOff)
    await desk.hear(answer_277((number(claim), "A3")))
    await desk.hear(answer_999(sent, "R"))
    assert await desk.statuses(claim, beside) == [
        ClaimStatus.SUBMITTED,
        ClaimStatus.READY_TO_SUBMIT,
    ]
    first, *others = await desk.waiting()
    assert {each.waits_because for each in (first, *others)} == {WaitingReason.CONTRADICTS}
    assert (await desk.claim(claim)).insurance_balance_cents == 9_500
    async with storage.transaction(desk.company.id, desk.company.actor) as store:
        await reverse_write_off(
            store, given_up.id, "it came back", expected_version=given_up.version
        )
        await assign_waiting(
            store, first.id, Assignment(claim_id=claim.id), expected_version=first.version
        )
        assert await store.ledger_figures.claims_that_differ(limit=10) == []
    assert await desk.statuses(claim) == [ClaimStatus.REJECTED]
    assert await desk.charge_in_ledger(claim) == 0


async def test_what_no_rule_decides_waits_for_a_person(desk: Desk) -> None:
    split, lost = await desk.ready_claims(2)
    sent = await desk.send(split, lost)
    await desk.hear(answer_277((number(split), "A5"), (number(lost), "A4"), ("STRANGE", "A2")))
    waits = {each.patient_control_number: each.waits_because for each in await desk.waiting()}
    assert waits == {
        number(split): WaitingReason.SPLIT,
        number(lost): WaitingReason.NOT_FOUND,
        "STRANGE": WaitingReason.UNKNOWN_CLAIM,
    }
    assert set(await desk.statuses(split, lost)) == {ClaimStatus.SUBMITTED}
    assert {each.status for each in await desk.filed(sent)} == {FiledClaimStatus.RECEIVED}


async def test_an_answer_to_what_was_never_sent_waits(desk: Desk) -> None:
    sent = await desk.send(*await desk.ready_claims(1))
    await desk.hear(answer_999(sent, "R", group=77))
    await desk.hear(ta1(sent, number=78))
    waiting = await desk.waiting()
    assert {(each.waits_because, each.control_number) for each in waiting} == {
        (WaitingReason.UNKNOWN_FILE, "77"),
        (WaitingReason.UNKNOWN_FILE, "000000078"),
    }
    assert (await desk.look_at(sent)).status is ClaimFileStatus.SENT


async def test_a_number_that_two_partners_have_used_needs_to_be_said_whose_it_is(
    desk: Desk,
) -> None:
    other = await desk.beside("Harbor")
    first = await desk.send(*await desk.ready_claims(1))
    second = await other.send(*await desk.ready_claims(1))
    assert first.group_control_number == second.group_control_number
    await desk.hear(answer_999(first, "R"))
    (waiting,) = await desk.waiting()
    assert waiting.waits_because is WaitingReason.UNKNOWN_FILE
    assert "say whose" in waiting.detail
    await desk.hear(answer_999(first), partner_id=other.partner.id)
    assert (await desk.look_at(first)).status is ClaimFileStatus.SENT
    assert (await desk.look_at(second)).status is ClaimFileStatus.ACCEPTED


async def test_an_answer_waits_for_its_claim_and_is_done_when_that_goes_out(desk: Desk) -> None:
    (claim,) = await desk.ready_claims(1)
    await desk.hear(answer_277((number(claim), "A2"), payer_claim_number="ICN1"))
    (waiting,) = await desk.waiting()
    assert waiting.waits_because is WaitingReason.UNKNOWN_CLAIM
    async with desk.storage.transaction(desk.company.id, desk.company.actor) as store:
        held = await store.claims.lock_all(ClaimFilter(ids=[claim.id]))
        await submit_claims(store, held, transmission(store.now))
    now = await desk.claim(claim)
    assert (now.status, now.payer_claim_number) == (ClaimStatus.ACCEPTED, "ICN1")
    assert await desk.waiting() == []


async def test_an_answer_before_the_delivery_is_on_record_is_to_be_handed_in_again(
    desk: Desk,
) -> None:
    (claim,) = await desk.ready_claims(1)
    prepared = await desk.prepare((await desk.ask()).file)
    for content in (answer_999(prepared), answer_277((number(claim), "A2"))):
        with pytest.raises(FileStillUnderWay):
            await desk.hear(content)
    async with desk.storage.transaction(desk.company.id, desk.company.actor) as store:
        assert await store.acknowledgement_files.all(AcknowledgementFileFilter()) == []
    await desk.deliver()
    await desk.hear(answer_277((number(claim), "A2")))
    assert await desk.statuses(claim) == [ClaimStatus.ACCEPTED]


async def test_a_person_assigns_an_answer_or_dismisses_it_with_a_reason(desk: Desk) -> None:
    mistyped, split, fileless = await desk.ready_claims(3)
    sent = await desk.send(mistyped, split)
    await desk.hear(answer_277(("MISTYPED", "A3"), (number(split), "A5")))
    await desk.hear(answer_999(sent, group=77))
    by_reason = {each.waits_because: each for each in await desk.waiting()}

    async def assign(reason: WaitingReason, claim: Claim, **said: object) -> None:
        given = Assignment.model_validate({"claim_id": str(claim.id)} | said)
        async with desk.storage.transaction(desk.company.id, desk.company.actor) as store:
            await assign_waiting(store, by_reason[reason].id, given, expected_version=1)

    with pytest.raises(AnswersAFile):
        await assign(WaitingReason.UNKNOWN_FILE, split)
    with pytest.raises(AnswerUnclear):
        await assign(WaitingReason.SPLIT, split)
    with pytest.raises(AnswerDoesNotFit):
        await assign(WaitingReason.UNKNOWN_CLAIM, fileless)
    await assign(WaitingReason.SPLIT, split, outcome="accepted")
    await assign(WaitingReason.UNKNOWN_CLAIM, mistyped)
    assert await desk.statuses(mistyped, split) == [ClaimStatus.REJECTED, ClaimStatus.ACCEPTED]
    async with desk.storage.transaction(desk.company.id, desk.company.actor) as store:
        dismissed = await dismiss_waiting(
            store,
            by_reason[WaitingReason.UNKNOWN_FILE].id,
            Dismissal(reason="Theirs, by mistake"),
            expected_version=1,
        )
    assert dismissed.status is WaitingStatus.DISMISSED
    assert await desk.waiting() == []


async def test_the_statements_do_not_grow_with_the_answers(desk: Desk) -> None:
    counts = []
    for many in (2, 12):
        claims = await desk.ready_claims(many)
        await desk.send(*claims)
        scan = scan_acknowledgements([answer_277(*((number(each), "A3") for each in claims))])
        heard = await desk.hear(answer_277(("STRANGE", f"A{many % 3}")))
        async with desk.storage.transaction(desk.company.id, desk.company.actor) as store:
            with counted(store) as counting:
                verdicts = [verdict_of(each, heard.id) for each in scan.claims]
                judgement = await judge(store, verdicts)
                await record_judgement(store, judgement, source="a test")
            counts.append(counting.statements)
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"%PDF-1.7 a letter",
        b"\x00\x01\x02",
        b"Dear partner, all is well.",
        AcknowledgementFile().render(),
    ],
)
def test_what_is_no_acknowledgement_is_refused_whole(content: bytes) -> None:
    with pytest.raises(UnreadableAcknowledgement):
        scan_acknowledgements([content])


def test_one_that_is_cut_off_is_refused_wherever_it_is_cut() -> None:
    content = answer_277(("A", "A2"), ("B", "A3"))
    body = content.rstrip().rfind(b"SE*")
    for at in range(110, body, 7):
        with pytest.raises(UnreadableAcknowledgement):
            scan_acknowledgements([content[:at]])
