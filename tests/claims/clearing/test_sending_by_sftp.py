"""Files of claims reach a partner's SFTP server, and are submitted when they have."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from services.claims.clearing.delivery import ClaimFileCarrier
from services.claims.clearing.partners import create_partner
from services.outbox.delivering import deliver_due
from services.outbox.mailbox_files import MailboxCarrier, line_of
from services.outbox.mailboxes import NewMailbox, create_mailbox
from storage.vocabulary.claims import ClaimStatus
from storage.vocabulary.clearing import ClaimFileStatus, Delivery
from storage.vocabulary.outbox import Channel
from tests.builders.certificates import Authority
from tests.builders.clearing import SYSTEM, Desk, new_partner
from tests.builders.clocks import FixedClock
from tests.builders.sftp_servers import PASSWORD, USER_NAME, ServerForTests, serving

pytestmark = pytest.mark.anyio


async def test_claims_are_submitted_when_their_file_lies_on_the_partners_server(
    desk: Desk, authority: Authority, clock: FixedClock, tmp_path: Path
) -> None:
    async with serving(ServerForTests(tmp_path / "sftp")) as server:
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
                ),
            )
            new = new_partner("Harbor", delivery=Delivery.MAILBOX, mailbox_id=str(mailbox.id))
            partner = await create_partner(store, new)
        await desk.beside("Lake")  # the payer's claims may go through any partner
        by_sftp = replace(desk, partner=partner)
        (claim,) = await by_sftp.ready_claims(1)
        prepared = await by_sftp.prepare((await by_sftp.ask(claim_ids=[str(claim.id)])).file)

        async def deliver() -> None:
            carrier = MailboxCarrier(server.guard(authority), desk.vault)
            await deliver_due(
                desk.storage,
                {Channel.MAILBOX: ClaimFileCarrier(carrier)},
                desk.company.id,
                SYSTEM,
                line=line_of(mailbox.id),
                channel=Channel.MAILBOX,
            )

        server.meddle = lambda step, is_done: step == "write" and is_done
        await deliver()
        assert server.files().keys() == {f".{prepared.name}.part"}
        assert await desk.statuses(claim) == [ClaimStatus.READY_TO_SUBMIT]
        server.meddle = lambda *_: False
        clock.move(dt.timedelta(minutes=1))
        await deliver()
        assert set(server.files()) == {prepared.name}
    assert (await desk.look_at(prepared)).status is ClaimFileStatus.SENT
    assert await desk.statuses(claim) == [ClaimStatus.SUBMITTED]
