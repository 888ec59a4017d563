"""Claims go out as files: what is in one, when its claims are submitted, and what holds them."""

import asyncio
import datetime as dt

import pytest

from services.claims import submission
from services.claims.clearing.hold import ClaimInFile
from services.claims.clearing.sending import (
    FileBeingDelivered,
    FileMayHaveArrived,
    NotAllCanGo,
    NothingToSend,
)
from services.claims.x12.claim_file_check import check_claim_file
from services.outbox.delivering import LEASE
from services.refusals import IllegalTransition
from storage.filters import ByClaim
from storage.vocabulary.claims import ClaimStatus
from storage.vocabulary.clearing import ClaimFileStatus, FiledClaimStatus
from tests.builders.claims import make_claim, make_claims, transmission
from tests.builders.clearing import Desk
from tests.builders.clocks import FixedClock
from tests.claims.x12.claims_to_write import segments_of

pytestmark = pytest.mark.anyio


async def test_a_claim_is_submitted_when_its_file_is_delivered_and_not_before(desk: Desk) -> None:
    claims = await desk.ready_claims(3)
    asked = await desk.ask()
    assert asked.file.status is ClaimFileStatus.PREPARING
    prepared = await desk.prepare(asked.file)
    assert (prepared.status, prepared.claim_count) == (ClaimFileStatus.PREPARED, 3)
    assert prepared.total_charge_cents == 30_000
    assert set(await desk.statuses(*claims)) == {ClaimStatus.READY_TO_SUBMIT}
    assert await desk.charge_in_ledger(claims[0]) == 0
    await desk.deliver()
    sent = await desk.look_at(asked.file)
    assert sent.status is ClaimFileStatus.SENT
    assert set(await desk.statuses(*claims)) == {ClaimStatus.SUBMITTED}
    assert await desk.charge_in_ledger(claims[0]) == 10_000
    async with desk.storage.transaction(desk.company.id, desk.company.actor) as store:
        (recorded,) = await store.claim_transmissions.all(ByClaim(claim_id=claims[0].id))
    assert recorded.reference == f"{sent.interchange_control_number:09}"


async def test_what_lies_in_the_drop_folder_is_an_837_that_the_guide_accepts(desk: Desk) -> None:
    claims = await desk.ready_claims(2)
    sent = await desk.send(*claims)
    ((name, content),) = desk.outbound.items()
    assert name == sent.name
    assert name.startswith(f"{sent.interchange_control_number:09}-")
    assert check_claim_file([content]) == []
    segments = segments_of(content)
    assert segments[0].split("*")[15] == "T"
    assert f"BHT*0019*00*{sent.reference}" in "\n".join(segments)
    in_file = [each.split("*")[1] for each in segments if each.startswith("CLM*")]
    filed = sorted(await desk.filed(sent), key=lambda each: each.position or 0)
    assert in_file == [each.patient_control_number for each in filed]
    assert [each.position for each in filed] == [1, 2]


async def test_numbers_are_never_given_twice_even_where_a_file_came_to_nothing(desk: Desk) -> None:
    numbers = []
    for _ in range(3):
        await desk.ready_claims(1)
        asked = await desk.ask()
        prepared = await desk.prepare(asked.file)
        numbers.append(prepared.interchange_control_number)
        await desk.cancel(prepared)
    assert len(set(numbers)) == 3
    assert None not in numbers


async def test_a_worker_that_dies_after_the_file_is_in_place_sends_it_once(
    desk: Desk, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Died(Exception):
        pass

    async def die(*_: object) -> None:
        raise Died

    (claim,) = await desk.ready_claims(1)
    asked = await desk.ask()
    await desk.prepare(asked.file)
    with monkeypatch.context() as patch:
        patch.setattr("services.claims.clearing.delivery.record_delivery", die)
        with pytest.raises(Died):
            await desk.deliver()
    assert len(desk.outbound) == 1
    assert await desk.statuses(claim) == [ClaimStatus.READY_TO_SUBMIT]
    clock.move(LEASE + dt.timedelta(seconds=1))
    await desk.deliver()
    assert len(desk.outbound) == 1
    assert await desk.statuses(claim) == [ClaimStatus.SUBMITTED]
    assert await desk.charge_in_ledger(claim) == 10_000


async def test_preparing_twice_at_once_hands_one_file_over(desk: Desk) -> None:
    (claim,) = await desk.ready_claims(1)
    asked = await desk.ask()
    await asyncio.gather(desk.prepare(asked.file), desk.prepare(asked.file))
    await desk.prepare(asked.file)
    await desk.deliver()
    assert len(desk.outbound) == 1
    assert await desk.charge_in_ledger(claim) == 10_000


async def test_a_claim_in_a_file_stays_as_it_is_until_the_file_is_cancelled(desk: Desk) -> None:
    (claim,) = await desk.ready_claims(1)
    asked = await desk.ask()
    prepared = await desk.prepare(asked.file)
    moves = [
        lambda store: submission.reopen(store, claim.id, expected_version=claim.version),
        lambda store: submission.void(store, claim.id, "ours", expected_version=claim.version),
        lambda store: submission.record_transmission(
            store, claim.id, transmission(store.now), expected_version=claim.version
        ),
    ]
    for move in moves:
        with pytest.raises(ClaimInFile) as refused:
            async with desk.storage.transaction(desk.company.id, desk.company.actor) as store:
                await move(store)
        assert refused.value.claim_file_id == asked.file.id
    with pytest.raises(NothingToSend) as twice:
        await desk.ask(claim_ids=[str(claim.id)])
    assert twice.value.left_out[0].reason == "is in another file that is on its way"
    await desk.cancel(prepared)
    async with desk.storage.transaction(desk.company.id, desk.company.actor) as store:
        await submission.void(store, claim.id, "ours", expected_version=claim.version)
    await desk.deliver()
    assert desk.outbound == {}


async def test_a_file_that_was_cancelled_while_it_was_written_does_not_leave(desk: Desk) -> None:
    (claim,) = await desk.ready_claims(1)
    asked = await desk.ask()
    await desk.cancel(asked.file)
    assert (await desk.prepare(asked.file)).status is ClaimFileStatus.CANCELLED
    again = await desk.ask()
    assert again.file.claim_count == 1
    assert await desk.statuses(claim) == [ClaimStatus.READY_TO_SUBMIT]


async def test_a_file_that_may_have_arrived_is_cancelled_only_by_somebody_who_asked(
    desk: Desk, clock: FixedClock
) -> None:
    await desk.ready_claims(1)
    asked = await desk.ask()
    prepared = await desk.prepare(asked.file)
    desk.folder.rename(desk.folder.with_name("unmounted"))
    await desk.deliver()
    desk.folder.with_name("unmounted").rename(desk.folder)
    with pytest.raises(FileMayHaveArrived):
        await desk.cancel(prepared)
    await desk.cancel(prepared, is_known_not_to_have_arrived=True)
    clock.move(dt.timedelta(hours=3))
    await desk.deliver()
    assert desk.outbound == {}


async def test_a_file_is_not_cancelled_while_it_is_being_delivered(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.ready_claims(1)
    prepared = await desk.prepare((await desk.ask()).file)

    async def cancel_meanwhile(*_: object) -> None:
        with pytest.raises(FileBeingDelivered):
            await desk.cancel(prepared)

    monkeypatch.setattr(
        "services.claims.clearing.drop_folder.DropFolderErrand.run", cancel_meanwhile
    )
    with pytest.raises(AttributeError):  # the errand above comes to no outcome
        await desk.deliver()


async def test_what_was_delivered_is_not_cancelled(desk: Desk) -> None:
    sent = await desk.send(*await desk.ready_claims(1))
    with pytest.raises(IllegalTransition):
        await desk.cancel(sent)


async def test_claims_with_faults_stay_behind_and_say_what_they_lack(desk: Desk) -> None:
    (whole,) = await desk.ready_claims(1)
    lacking = await make_claim(
        desk.storage, desk.company, payers=[desk.payer], status=ClaimStatus.READY_TO_SUBMIT
    )
    sent = await desk.send(whole, lacking.claim)
    assert (sent.claim_count, sent.refused_count, sent.total_charge_cents) == (1, 1, 10_000)
    by_claim = {each.claim_id: each for each in await desk.filed(sent)}
    refused = by_claim[lacking.claim.id]
    assert refused.status is FiledClaimStatus.REFUSED
    assert refused.faults is not None
    assert all(fault.detail for fault in refused.faults.faults)
    assert await desk.statuses(whole, lacking.claim) == [
        ClaimStatus.SUBMITTED,
        ClaimStatus.READY_TO_SUBMIT,
    ]


async def test_all_or_nothing_sends_nothing_where_one_has_faults(desk: Desk) -> None:
    (whole,) = await desk.ready_claims(1)
    lacking = await make_claim(
        desk.storage, desk.company, payers=[desk.payer], status=ClaimStatus.READY_TO_SUBMIT
    )
    ids = [str(whole.id), str(lacking.claim.id)]
    asked = await desk.ask(claim_ids=ids, is_all_or_nothing=True)
    refused = await desk.prepare(asked.file)
    assert (refused.status, refused.claim_count) == (ClaimFileStatus.REFUSED, 0)
    statuses = {each.claim_id: each.status for each in await desk.filed(refused)}
    assert statuses == {
        whole.id: FiledClaimStatus.WITHDRAWN,
        lacking.claim.id: FiledClaimStatus.REFUSED,
    }
    assert (await desk.ask(claim_ids=ids[:1])).file.claim_count == 1


async def test_what_cannot_be_sent_is_told_at_once(desk: Desk) -> None:
    (ready,) = await desk.ready_claims(1)
    draft = await make_claim(
        desk.storage, desk.company, payers=[desk.payer], status=ClaimStatus.DRAFT
    )
    absent = "01a1fd87-34ee-71ca-b850-10bcf0bfc799"
    ids = [str(ready.id), str(draft.claim.id), absent]
    with pytest.raises(NotAllCanGo):
        await desk.ask(claim_ids=ids, is_all_or_nothing=True)
    asked = await desk.ask(claim_ids=ids)
    assert {str(each.claim_id): each.reason for each in asked.left_out} == {
        absent: "names no claim",
        str(draft.claim.id): "is draft, not ready_to_submit",
    }


async def test_all_that_is_ready_means_what_goes_through_the_partner(desk: Desk) -> None:
    await desk.ready_claims(2)
    await make_claims(desk.storage, desk.company, 2, status=ClaimStatus.READY_TO_SUBMIT)
    asked = await desk.ask()
    assert (asked.file.claim_count, asked.left_out) == (2, [])
    with pytest.raises(NothingToSend):
        await desk.ask()
