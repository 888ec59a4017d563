"""Events of the domain: published where they happen, to whoever has subscribed, set by set."""

from collections import Counter
from typing import Any

import pytest

from services.claims.exceptions import exceptions
from services.outbox.endpoints import NewEndpoint, create_endpoint
from services.outbox.events import MEANINGS, PATTERNS, matches
from storage.files import FileVault
from storage.filters import EventFilter, OutboxFilter, WebhookEndpointFilter
from storage.postgres.transaction import PostgresStorage, PostgresStore
from storage.tables.outbox import Event
from storage.vocabulary.outbox import EventType, MessageStatus
from tests.builders.books import Books
from tests.builders.companies import CompanyForTests
from tests.builders.remittance_files import CONTRACTUAL, Claim, Line

pytestmark = pytest.mark.anyio


@pytest.fixture
async def books(storage: PostgresStorage, vault: FileVault, company: CompanyForTests) -> Books:
    """Books with one payer."""
    return await Books.open(storage, vault, company)


async def subscribe(storage: PostgresStorage, company: CompanyForTests, *event_types: str) -> None:
    new = NewEndpoint(name="W", url="https://hooks.example.org/", event_types=list(event_types))
    async with storage.transaction(company.id, company.actor) as store:
        await create_endpoint(store, new)


async def events(storage: PostgresStorage, company: CompanyForTests) -> list[Event]:
    async with storage.transaction(company.id, company.actor) as store:
        return await store.events.all(EventFilter())


def paid(number: str) -> Claim:
    return Claim(patient_control_number=number, lines=[Line(adjustments=[CONTRACTUAL])])


async def test_a_posted_remittance_tells_of_itself_of_its_claims_and_of_what_waits(
    books: Books, storage: PostgresStorage, company: CompanyForTests
) -> None:
    await books.claim("PCN0001")
    await subscribe(storage, company, "*")
    await books.pay(paid("PCN0001"), paid("NOBODY"))
    told = Counter(each.type for each in await events(storage, company))
    assert told == {
        EventType.REMITTANCE_RECEIVED: 1,
        EventType.CLAIM_STATUS_CHANGED: 1,
        EventType.REMITTANCE_EXCEPTION_OPENED: 1,
        EventType.REMITTANCE_PROCESSED: 1,
    }
    (waiting,) = await books.exceptions()
    async with storage.transaction(company.id, company.actor) as store:
        await exceptions.reject(store, waiting.id, "not ours", expected_version=waiting.version)
    last = (await events(storage, company))[-1]
    assert (last.type, last.entity_id) == (EventType.REMITTANCE_EXCEPTION_RESOLVED, waiting.id)


async def test_a_payment_that_changes_no_status_tells_nothing(
    books: Books, storage: PostgresStorage, company: CompanyForTests
) -> None:
    await subscribe(storage, company, "claim.*")
    await books.claim("PCN0001")
    await books.pay(paid("NOBODY"))
    assert await events(storage, company) == []


async def test_telling_of_many_claims_takes_as_many_statements_as_telling_of_two(
    books: Books,
    storage: PostgresStorage,
    company: CompanyForTests,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = PostgresStore.execute
    count = 0

    async def counted(self: PostgresStore, *given: Any, **options: Any) -> Any:
        nonlocal count
        count += 1
        return await run(self, *given, **options)

    async def statements_for(size: int, name: str) -> int:
        nonlocal count
        numbers = [f"{name}{at:04}" for at in range(size)]
        for number in numbers:
            await books.claim(number)
        count = 0
        with monkeypatch.context() as patch:
            patch.setattr(PostgresStore, "execute", counted)
            await books.pay(*map(paid, numbers))
        return count

    await statements_for(2, "Z")  # what is made once is made
    untold = [await statements_for(2, "A"), await statements_for(40, "B")]
    await subscribe(storage, company, "claim.status_changed")
    told = [await statements_for(2, "C"), await statements_for(40, "D")]
    assert untold[0] == untold[1]
    assert told[0] == told[1]
    of_one_set = 3  # the events, their messages, the job that delivers them
    assert told[0] - untold[0] == of_one_set
    async with storage.transaction(company.id, company.actor) as store:
        waiting = await store.outbox_messages.count(OutboxFilter(status=MessageStatus.WAITING))
        assert waiting == len(await events(storage, company)) >= 42
        assert await store.webhook_endpoints.count(WebhookEndpointFilter(is_enabled=True)) == 1


@pytest.mark.parametrize("event_type", EventType)
def test_a_subscription_holds_a_type_its_area_or_everything(event_type: EventType) -> None:
    area = event_type.partition(".")[0]
    assert {each for each in PATTERNS if matches([each], event_type)} == {
        "*",
        f"{area}.*",
        event_type.value,
    }
    assert MEANINGS[event_type]
