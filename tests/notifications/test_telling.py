"""People are told: on their list at once, by e-mail when they want it, once, and of no patient."""

import asyncio
import datetime as dt
from contextlib import nullcontext
from uuid import UUID

import msgspec
import pytest

from services.notifications.own import NewPreferences, choose
from services.notifications.telling import notify, tell
from services.outbox.emails import SEALED_PAYLOAD, EmailContent
from storage.errors import DuplicateValue
from storage.filters import NotificationDigestFilter, OutboxFilter
from storage.identifiers import new_id
from storage.interface import Actor
from storage.postgres.transaction import PostgresStorage
from storage.tables.notifications import NotificationDigestFields
from storage.vocabulary.notifications import NotificationKind, Timing
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests
from tests.builders.people import PersonForTests, make_person

pytestmark = pytest.mark.anyio

NOON = dt.datetime(2026, 5, 4, 16, tzinfo=dt.UTC)
"""In New York, where the companies of the tests are."""
AT_ONCE, DAILY = NotificationKind.ENDPOINT_DISABLED, NotificationKind.REMITTANCE_PROCESSED


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


class People:
    """A person to tell, and what they are told."""

    def __init__(self, storage: PostgresStorage, person: PersonForTests) -> None:
        self._storage = storage
        self.person = person

    async def notify(self, kind: NotificationKind) -> str:
        about = new_id()
        async with self._storage.transaction(*self._who) as store:
            await notify(store, [self.person.id], kind, "remittances", about)
        return str(about)

    async def tell(self) -> int:
        async with self._storage.transaction(*self._who) as store:
            return await tell(store, public_url="https://wellkept.test")

    async def emails(self) -> list[EmailContent]:
        async with self._storage.transaction(*self._who) as store:
            rows = await store.outbox_messages.all(OutboxFilter())
            return [
                msgspec.json.decode(
                    await store.secrets.open(SEALED_PAYLOAD, row.id, row.sealed_payload or b""),
                    type=EmailContent,
                )
                for row in rows
            ]

    async def digests(self) -> list[dt.date]:
        async with self._storage.transaction(*self._who) as store:
            found = await store.notification_digests.all(NotificationDigestFilter())
        return [each.day for each in found]

    async def choose(self, timings: dict[NotificationKind, Timing], **plan: int) -> None:
        usual = {"quiet_from_minute": 0, "quiet_until_minute": 0, "digest_minute": 420}
        new = NewPreferences.model_validate({"timings": timings, **usual, **plan})
        async with self._storage.transaction(*self._who) as store:
            await choose(store, new, person_id=self.person.id)

    @property
    def _who(self) -> tuple[UUID, Actor]:
        return self.person.company.id, self.person.company.actor


@pytest.fixture
async def people(worker: PostgresStorage, company: CompanyForTests) -> People:
    return People(worker, await make_person(worker, company))


async def test_what_is_told_at_once_leads_to_its_subject_and_is_told_once(people: People) -> None:
    about = await people.notify(AT_ONCE)
    assert [await people.tell(), await people.tell()] == [1, 0]
    (email,) = await people.emails()
    assert f"https://wellkept.test/api/v1/webhook-endpoints/{about}" in email.text


async def test_two_workers_at_once_tell_once(people: People) -> None:
    await people.notify(AT_ONCE)
    assert sorted(await asyncio.gather(people.tell(), people.tell())) == [0, 1]
    assert len(await people.emails()) == 1


async def test_two_workers_at_once_send_one_digest(people: People, clock: FixedClock) -> None:
    await people.notify(DAILY)
    clock.move(dt.timedelta(hours=19))
    assert sorted(await asyncio.gather(*(people.tell() for _ in range(3)))) == [0, 0, 1]
    assert len(await people.emails()) == len(await people.digests()) == 1


async def test_the_key_leaves_no_room_for_a_second_digest_of_a_day(
    people: People, worker: PostgresStorage, company: CompanyForTests
) -> None:
    digest = NotificationDigestFields(person_id=people.person.id, day=dt.date(2026, 5, 5))
    for expected in (nullcontext(), pytest.raises(DuplicateValue)):
        with expected:
            async with worker.transaction(company.id, company.actor) as store:
                await store.notification_digests.create_many([digest])


async def test_quiet_hours_are_waited_for(people: People, clock: FixedClock) -> None:
    clock.move(dt.timedelta(hours=8))
    await people.notify(AT_ONCE)
    assert await people.tell() == 0
    clock.move(dt.timedelta(hours=10, minutes=59))
    assert await people.tell() == 0
    clock.move(dt.timedelta(minutes=1))
    assert await people.tell() == 1


async def test_a_digest_comes_once_a_day_with_all_of_its_day_and_never_empty(
    people: People, clock: FixedClock
) -> None:
    first, second = await people.notify(DAILY), await people.notify(DAILY)
    assert await people.tell() == 0
    clock.move(dt.timedelta(hours=19))
    assert [await people.tell(), await people.tell()] == [1, 0]
    (digest,) = await people.emails()
    assert first in digest.text
    assert second in digest.text
    await people.notify(DAILY)
    clock.move(dt.timedelta(hours=12))
    assert await people.tell() == 0
    clock.move(dt.timedelta(hours=12))
    assert await people.tell() == 1
    clock.move(dt.timedelta(days=1))
    assert await people.tell() == 0
    assert await people.digests() == [dt.date(2026, 5, 5), dt.date(2026, 5, 6)]


async def test_somebody_who_wants_no_email_gets_none_and_still_has_their_list(
    people: People,
) -> None:
    await people.choose({AT_ONCE: Timing.OFF})
    await people.notify(AT_ONCE)
    assert await people.tell() == 0
    await people.choose({AT_ONCE: Timing.DAILY_DIGEST, DAILY: Timing.AT_ONCE})
    await people.notify(AT_ONCE)
    await people.notify(DAILY)
    assert await people.tell() == 1
    (email,) = await people.emails()
    assert "remittance" in email.text
    assert "endpoint" not in email.text
