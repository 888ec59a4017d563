"""What partners leave in their folders is read once, and done with what it turns out to be."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from services.claims.clearing.drop_folder import DropDirectory
from services.claims.clearing.inboxes import inboxes
from services.claims.clearing.partners import create_partner
from services.claims.clearing.pickup import InboxUnavailable, pick_up
from services.outbox.mailboxes import NewMailbox, create_mailbox
from storage.filters import PickedUpFileFilter, RemittanceFilter
from storage.tables.clearing import PickedUpFile, TradingPartner
from storage.vocabulary.claims import ClaimStatus
from storage.vocabulary.clearing import ClaimFileStatus, Delivery, PickedUpAs
from tests.builders.answers import answer_277, answer_999
from tests.builders.certificates import Authority
from tests.builders.clearing import SYSTEM, Desk, new_partner
from tests.builders.remittance_files import Claim, RemittanceFile, Transaction
from tests.builders.sftp_servers import PASSWORD, USER_NAME, ServerForTests, serving

pytestmark = pytest.mark.anyio


async def look(desk: Desk, server: ServerForTests | None = None, **known: Authority) -> int:
    """Look into the inboxes of the company, as the job does."""
    guard = (server or ServerForTests(desk.folder)).guard(known["authority"])
    async with desk.storage.transaction(desk.company.id, SYSTEM) as store:
        found = await inboxes(store, guard, DropDirectory(desk.folder))
    return sum(
        [
            await pick_up(
                desk.storage,
                desk.vault,
                desk.company.id,
                SYSTEM,
                partner_id=partner_id,
                inbox=inbox,
            )
            for partner_id, inbox in found.items()
        ]
    )


async def picked_up(desk: Desk) -> dict[str, PickedUpFile]:
    async with desk.storage.transaction(desk.company.id, SYSTEM) as store:
        rows = await store.picked_up_files.all(PickedUpFileFilter())
    return {each.name: each for each in rows}


def inbound(desk: Desk) -> Path:
    folder = DropDirectory(desk.folder).of(desk.company.id, desk.partner.id).inbound
    folder.mkdir(parents=True, exist_ok=True)
    return folder


async def test_answers_and_remittances_in_the_drop_folder_are_read_once(
    desk: Desk, authority: Authority
) -> None:
    (claim,) = await desk.ready_claims(1)
    sent = await desk.send(claim)
    folder = inbound(desk)
    (folder / "a.999").write_bytes(answer_999(sent))
    (folder / "b.277").write_bytes(answer_277((claim.patient_control_number, "A2")))
    (folder / "c.835").write_bytes(
        RemittanceFile(transactions=[Transaction(claims=[Claim()])]).render()
    )
    (folder / "letter.txt").write_bytes(b"Dear partner, all is well.")
    (folder / ".d.999.part").write_bytes(b"ISA*00")
    assert await look(desk, authority=authority) == 4
    turned_out = {name: each.turned_out for name, each in (await picked_up(desk)).items()}
    assert turned_out == {
        "a.999": PickedUpAs.ACKNOWLEDGEMENT,
        "b.277": PickedUpAs.ACKNOWLEDGEMENT,
        "c.835": PickedUpAs.REMITTANCE,
        "letter.txt": PickedUpAs.UNREADABLE,
    }
    assert (await desk.look_at(sent)).status is ClaimFileStatus.ACCEPTED
    assert await desk.statuses(claim) == [ClaimStatus.ACCEPTED]
    async with desk.storage.transaction(desk.company.id, SYSTEM) as store:
        assert len(await store.remittances.all(RemittanceFilter())) == 1
    assert await look(desk, authority=authority) == 0
    assert len(list(folder.iterdir())) == 5


async def test_a_file_that_was_cut_off_is_read_again_once_it_is_whole(
    desk: Desk, authority: Authority
) -> None:
    (claim,) = await desk.ready_claims(1)
    sent = await desk.send(claim)
    content = answer_999(sent)
    (inbound(desk) / "a.999").write_bytes(content[:150])
    await look(desk, authority=authority)
    assert (await picked_up(desk))["a.999"].detail is not None
    (inbound(desk) / "a.999").write_bytes(content)
    assert await look(desk, authority=authority) == 1
    assert (await desk.look_at(sent)).status is ClaimFileStatus.ACCEPTED


async def test_an_answer_that_comes_before_its_file_is_on_record_is_left_for_the_next_round(
    desk: Desk, authority: Authority
) -> None:
    await desk.ready_claims(1)
    prepared = await desk.prepare((await desk.ask()).file)
    (inbound(desk) / "a.999").write_bytes(answer_999(prepared))
    assert await look(desk, authority=authority) == 0
    assert await picked_up(desk) == {}
    await desk.deliver()
    assert await look(desk, authority=authority) == 1
    assert (await desk.look_at(prepared)).status is ClaimFileStatus.ACCEPTED


async def test_a_crash_between_reading_and_recording_reads_it_again(
    desk: Desk, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Died(Exception):
        pass

    async def die(*_: object, **__: object) -> None:
        raise Died

    (claim,) = await desk.ready_claims(1)
    await desk.send(claim)
    (inbound(desk) / "b.277").write_bytes(answer_277((claim.patient_control_number, "A3")))
    with monkeypatch.context() as patch:
        patch.setattr("services.claims.clearing.pickup._record", die)
        with pytest.raises(Died):
            await look(desk, authority=authority)
    assert await desk.statuses(claim) == [ClaimStatus.SUBMITTED]
    assert await look(desk, authority=authority) == 1
    assert await desk.statuses(claim) == [ClaimStatus.REJECTED]
    assert await desk.charge_in_ledger(claim) == 0


async def mailbox_partner(desk: Desk, server: ServerForTests) -> TradingPartner:
    async with desk.storage.transaction(desk.company.id, desk.company.actor) as store:
        mailbox = await create_mailbox(
            store,
            NewMailbox(
                name="Harbor",
                host="localhost",
                port=server.port,
                host_key=server.public_key,
                user_name=USER_NAME,
                password=SecretStr(PASSWORD),
                write_folder="/in",
                read_folder="/out",
            ),
        )
        new = new_partner("Harbor", delivery=Delivery.MAILBOX, mailbox_id=str(mailbox.id))
        return await create_partner(store, new)


async def test_what_lies_on_the_partners_server_is_read_and_stays_there(
    desk: Desk, authority: Authority, tmp_path: Path
) -> None:
    (claim,) = await desk.ready_claims(1)
    await desk.send(claim)
    async with serving(ServerForTests(tmp_path / "sftp")) as server:
        partner = await mailbox_partner(desk, server)
        content = answer_277((claim.patient_control_number, "A2"))
        (server.folder / "out" / "b.277").write_bytes(content)
        (server.folder / "out" / "archive").mkdir()
        assert await look(desk, server, authority=authority) == 1
        assert await look(desk, server, authority=authority) == 0
        assert (server.folder / "out" / "b.277").read_bytes() == content
    row = (await picked_up(desk))["b.277"]
    assert (row.partner_id, row.turned_out) == (partner.id, PickedUpAs.ACKNOWLEDGEMENT)
    assert await desk.statuses(claim) == [ClaimStatus.ACCEPTED]


async def test_a_server_that_does_not_answer_is_looked_into_later(
    desk: Desk, authority: Authority, tmp_path: Path
) -> None:
    async with serving(ServerForTests(tmp_path / "sftp")) as server:
        await mailbox_partner(desk, server)
    with pytest.raises(InboxUnavailable, match="unreachable"):
        await look(desk, server, authority=authority)
