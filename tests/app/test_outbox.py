"""What leaves the house, over HTTP: narrowed, paged, looked at, and tried again."""

from collections.abc import Sequence
from uuid import UUID

import httpx
import pytest

from services.identity.scopes import Scope
from services.outbox.emails import Email, send_email
from storage.postgres.transaction import PostgresStorage
from storage.tables.outbox import OutboxAttemptFields, OutboxMessageFields
from storage.vocabulary.outbox import Channel, DeliveryFailure, MessageStatus
from tests.builders.companies import CompanyForTests, make_key

pytestmark = pytest.mark.anyio

MESSAGES = "/api/v1/outbox-messages"
FIRST, SECOND = {"If-Match": '"1"'}, {"If-Match": '"2"'}
SECRET = "https://wellkept.test/choose-password#wr_a-door"


async def write(storage: PostgresStorage, company: CompanyForTests) -> str:
    """An e-mail that waits."""
    email = Email(to="ana@example.org", subject="A link", text=SECRET)
    async with storage.transaction(company.id, company.actor) as store:
        return str((await send_email(store, email, purpose="invitation")).id)


async def give_up(storage: PostgresStorage, company: CompanyForTests, message_id: str) -> None:
    """What became of a message after two tries."""
    failure = DeliveryFailure.UNREACHABLE
    async with storage.transaction(company.id, company.actor) as store:
        await store.outbox_attempts.create_many(
            [
                OutboxAttemptFields(message_id=UUID(message_id), number=number, failure=failure)
                for number in (1, 2)
            ]
        )
        changes = {
            "status": MessageStatus.FAILED,
            "attempts": 2,
            "failures": 2,
            "next_attempt_at": None,
            "last_failure": failure,
            "settled_at": store.now,
        }
        await store.outbox_messages.update(UUID(message_id), changes, expected_version=1)


async def put_file(storage: PostgresStorage, company: CompanyForTests) -> str:
    """A message of another channel."""
    async with storage.transaction(company.id, company.actor) as store:
        message = await store.outbox_messages.create(
            OutboxMessageFields(
                channel=Channel.MAILBOX,
                purpose="file",
                destination="mailbox/x",
                next_attempt_at=store.now,
            )
        )
    return str(message.id)


async def shown(client: httpx.AsyncClient, **query: str) -> Sequence[str]:
    answer = await client.get(MESSAGES, params=query)
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["items"]]


async def test_messages_are_narrowed_by_channel_and_status(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    waiting, failed = [await write(storage, company) for _ in range(2)]
    await give_up(storage, company, failed)
    file = await put_file(storage, company)
    assert await shown(client) == [file, failed, waiting]
    assert await shown(client, channel="email") == [failed, waiting]
    assert await shown(client, status="failed") == [failed]
    assert await shown(client, channel="mailbox", status="failed") == []
    unknown = await client.get(MESSAGES, params={"channel": "pigeon"})
    assert unknown.status_code == 400


async def test_each_message_appears_on_one_page_while_others_are_written(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    written = [await write(storage, company) for _ in range(5)]
    first = (await client.get(MESSAGES, params={"limit": "2"})).json()
    await write(storage, company)
    found, cursor = [each["id"] for each in first["items"]], first["next_cursor"]
    while cursor is not None:
        page = (await client.get(MESSAGES, params={"limit": "2", "cursor": cursor})).json()
        found += [each["id"] for each in page["items"]]
        cursor = page["next_cursor"]
    assert found == written[::-1]


async def test_a_message_is_shown_with_its_tries_and_never_with_what_it_says(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    message_id = await write(storage, company)
    await give_up(storage, company, message_id)
    message = await client.get(f"{MESSAGES}/{message_id}")
    assert message.headers["ETag"] == '"2"'
    assert {
        "recipient": "ana@example.org",
        "purpose": "invitation",
        "status": "failed",
        "attempts": 2,
        "last_failure": "unreachable",
    }.items() <= message.json().items()
    tries = await client.get(f"{MESSAGES}/{message_id}/attempts", params={"limit": "1"})
    (newest,) = tries.json()["items"]
    assert (newest["number"], newest["failure"]) == (2, "unreachable")
    older = {"cursor": tries.json()["next_cursor"]}
    rest = await client.get(f"{MESSAGES}/{message_id}/attempts", params=older)
    assert [each["number"] for each in rest.json()["items"]] == [1]
    listed = await client.get(MESSAGES)
    for answer in (message, tries, listed):
        assert "wr_a-door" not in answer.text
        assert "payload" not in answer.text


async def test_what_was_given_up_is_tried_again_once_under_its_own_id(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    message_id = await write(storage, company)
    replay = f"{MESSAGES}/{message_id}/replay"
    waiting = await client.post(replay, headers=FIRST)
    assert (waiting.status_code, waiting.json()["type"]) == (409, "/problems/illegal-transition")
    await give_up(storage, company, message_id)
    assert (await client.post(replay)).status_code == 428
    assert (await client.post(replay, headers=FIRST)).status_code == 412
    again = await client.post(replay, headers=SECOND)
    assert (again.status_code, again.json()["id"]) == (200, message_id)
    assert (again.json()["status"], again.json()["failures"]) == ("waiting", 0)
    assert again.json()["attempts"] == 2, "it goes on counting"
    assert (await client.post(replay, headers=SECOND)).status_code == 412


async def test_another_companys_messages_are_like_none(
    client: httpx.AsyncClient,
    storage: PostgresStorage,
    other_company: CompanyForTests,
) -> None:
    theirs = await write(storage, other_company)
    await give_up(storage, other_company, theirs)
    assert await shown(client) == []
    for path in ("", "/attempts"):
        answer = await client.get(f"{MESSAGES}/{theirs}{path}")
        assert answer.status_code == 404
        assert theirs not in answer.text
    assert (await client.post(f"{MESSAGES}/{theirs}/replay", headers=SECOND)).status_code == 404
    own = await client.get(f"{MESSAGES}/{theirs}", headers=other_company.headers)
    assert own.json()["status"] == "failed"


async def test_looking_does_not_allow_to_try_again(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    message_id = await write(storage, company)
    key, _ = await make_key(storage, company.id, scopes=(Scope.OUTBOX_READ,))
    reader = {"Authorization": f"Bearer {key}"}
    assert (await client.get(f"{MESSAGES}/{message_id}", headers=reader)).status_code == 200
    refused = await client.post(f"{MESSAGES}/{message_id}/replay", headers={**reader, **FIRST})
    assert (refused.status_code, refused.json()["scope"]) == (403, "outbox:manage")
