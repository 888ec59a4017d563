"""Whatever lies in the outbox and whatever holds stand, retention removes what is over, past its
years and held by nothing, each with its trail, and leaves everything else."""

import asyncio
import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from storage.embedded import EmbeddedServer, RoleAddresses
from storage.identifiers import new_id
from storage.interface import Actor
from storage.maintenance import maintain
from storage.postgres.transaction import PostgresStorage
from storage.retention import kept_until, past_since
from storage.tables.identity import ApiKeyFields, LegalHoldFields, PersonFields, PrincipalFields
from storage.tables.notifications import NotificationFields
from storage.tables.outbox import (
    EventFields,
    OutboxAttemptFields,
    OutboxMessageFields,
    WebhookEndpointFields,
)
from storage.trail.keys import Signer
from storage.vocabulary.claims import ClaimStatus
from storage.vocabulary.identity import PrincipalKind, Role
from storage.vocabulary.notifications import NotificationKind, Timing
from storage.vocabulary.outbox import Channel, EventType, MessageStatus
from tests.builders.claims import make_claims, make_patient
from tests.builders.clocks import FixedClock
from tests.builders.companies import make_company
from tests.builders.keys import KEYRING
from tests.builders.tenant_rows import bind
from tests.servers import migrated_database

TODAY = dt.datetime(2051, 6, 15, 12, tzinfo=dt.UTC)
"""When maintenance runs: the ids of rows that are made in a test are earlier."""

SETTLED = frozenset({MessageStatus.DELIVERED, MessageStatus.FAILED})


class Subject(Enum):
    """What an event or a notification names."""

    CLAIM = auto()
    """Of the patient on whom a hold may be."""
    CLAIM_MOVED = auto()
    """That was the patient's before."""
    CLAIM_OF_ANOTHER = auto()
    RECORD = auto()
    """On which a hold may be; another's claim."""
    REMITTANCE = auto()
    """Nobody knows of whom."""
    KEY = auto()


class Hold(Enum):
    """A legal hold, and what it is about."""

    ON_EVERYTHING = frozenset(Subject)
    ON_THE_PATIENT = frozenset({Subject.CLAIM, Subject.CLAIM_MOVED, Subject.REMITTANCE})
    ON_THE_RECORD = frozenset({Subject.RECORD})
    RELEASED = frozenset[Subject]()


@dataclass(frozen=True)
class AboutAnEvent:
    """A message, and since how many days its end is past the retention."""

    status: MessageStatus
    days_past: int


@dataclass(frozen=True)
class AnEvent:
    subject: Subject
    days_past: int
    message: AboutAnEvent | None


@dataclass(frozen=True)
class ANotification:
    subject: Subject
    days_past: int
    timing: Timing
    is_told: bool


@dataclass(frozen=True)
class AKey:
    """Since how many days its end is past the retention."""

    revoked: int | None
    expired: int | None


ages = st.sampled_from([-800, 0, 1, 800])
subjects = st.sampled_from(Subject)
messages = st.builds(AboutAnEvent, st.sampled_from(MessageStatus), ages)
events = st.builds(AnEvent, subjects, ages, st.none() | messages)
notifications = st.builds(ANotification, subjects, ages, st.sampled_from(Timing), st.booleans())
keys = st.builds(AKey, st.none() | ages, st.none() | ages)


@dataclass(frozen=True)
class Company:
    """What there is to name, and whose retention it is."""

    id: UUID
    actor: Actor
    years: int
    person_id: UUID
    endpoint_id: UUID
    named: dict[Subject, tuple[str, UUID]]


class Books:
    """Puts rows into a company and knows which of them should stay."""

    def __init__(
        self, storage: PostgresStorage, clock: FixedClock, company: Company, holds: set[Hold]
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._company = company
        self._held = frozenset[Subject]().union(*(hold.value for hold in holds))
        self._all_held = Hold.ON_EVERYTHING in holds
        self.stay: set[tuple[str, UUID]] = set()
        self.go: set[tuple[str, UUID]] = set()

    async def event(self, drawn: AnEvent) -> None:
        """An event, with the message that tells of it and a try at that."""
        entity, entity_id = self._company.named[drawn.subject]
        is_held = drawn.subject in self._held
        self._clock.set(self._moment(drawn.days_past))
        fields = EventFields(
            type=EventType.CLAIM_STATUS_CHANGED, entity=entity, entity_id=entity_id
        )
        async with self._storage.transaction(self._company.id, self._company.actor) as store:
            event = await store.events.create(fields)
        told = drawn.message
        message_stays = told is not None and (
            is_held or told.status not in SETTLED or told.days_past <= 0
        )
        self._expect("events", event.id, message_stays or is_held or drawn.days_past <= 0)
        if told is None:
            return
        settled_at = self._moment(told.days_past) if told.status in SETTLED else None
        async with self._storage.transaction(self._company.id, self._company.actor) as store:
            message = await store.outbox_messages.create(
                OutboxMessageFields(
                    channel=Channel.WEBHOOK,
                    purpose="claim.status_changed",
                    destination="webhook",
                    endpoint_id=self._company.endpoint_id,
                    event_id=event.id,
                    status=told.status,
                    next_attempt_at=None if settled_at else TODAY,
                    settled_at=settled_at,
                )
            )
            attempt = await store.outbox_attempts.create(
                OutboxAttemptFields(message_id=message.id, number=1)
            )
        self._expect("outbox_messages", message.id, message_stays)
        self._expect("outbox_attempts", attempt.id, message_stays)

    async def notification(self, drawn: ANotification) -> None:
        entity, entity_id = self._company.named[drawn.subject]
        self._clock.set(self._moment(drawn.days_past))
        async with self._storage.transaction(self._company.id, self._company.actor) as store:
            made = await store.notifications.create(
                NotificationFields(
                    person_id=self._company.person_id,
                    kind=NotificationKind.REMITTANCE_PROCESSED,
                    entity=entity,
                    entity_id=entity_id,
                    timing=drawn.timing,
                    told_at=store.now if drawn.is_told else None,
                )
            )
        is_untold = drawn.timing is not Timing.OFF and not drawn.is_told
        is_held = drawn.subject in self._held
        self._expect("notifications", made.id, is_untold or is_held or drawn.days_past <= 0)

    async def key(self, drawn: AKey) -> None:
        key_id = new_id()
        async with self._storage.transaction(self._company.id, self._company.actor) as store:
            await store.principals.create_many(
                [PrincipalFields(kind=PrincipalKind.API_KEY, name="over")], ids=[key_id]
            )
            fields = ApiKeyFields(
                principal_id=key_id,
                name="over",
                scopes=[],
                secret_sha256=key_id.bytes,
                revoked_at=self._moment(drawn.revoked),
                expires_at=self._moment(drawn.expired),
            )
            await store.api_keys.create_many([fields], ids=[key_id])
        is_over = max(drawn.revoked or -1, drawn.expired or -1) > 0
        self._expect("api_keys", key_id, self._all_held or not is_over)

    def _moment(self, days_past: int | None) -> dt.datetime | None:
        """When something ended that is past its retention since so many days (from 1 on)."""
        if days_past is None:
            return None
        return TODAY.replace(year=TODAY.year - self._company.years) - dt.timedelta(days_past)

    def _expect(self, table: str, row_id: UUID, stays: bool) -> None:
        (self.stay if stays else self.go).add((table, row_id))


async def found_company(
    owner_url: str, storage: PostgresStorage, years: int, holds: set[Hold]
) -> Company:
    """A company with two patients, a claim for each way to name one, and legal holds."""
    made = await make_company(owner_url, storage)
    patient, other = [await make_patient(storage, made) for _ in range(2)]
    theirs = await make_claims(storage, made, 2, patient=patient, status=ClaimStatus.DRAFT)
    others = await make_claims(storage, made, 2, patient=other, status=ClaimStatus.DRAFT)
    named = {
        Subject.CLAIM: ("claims", theirs[0].claim.id),
        Subject.CLAIM_MOVED: ("claims", theirs[1].claim.id),
        Subject.CLAIM_OF_ANOTHER: ("claims", others[0].claim.id),
        Subject.RECORD: ("claims", others[1].claim.id),
        Subject.REMITTANCE: ("remittances", new_id()),
        Subject.KEY: ("api_keys", new_id()),
    }
    person_id = made.actor.principal_id
    on = {
        Hold.ON_THE_PATIENT: {"patient_id": patient.id},
        Hold.ON_THE_RECORD: {"record_id": others[1].claim.id},
        Hold.RELEASED: {"released_at": TODAY, "release_reason": "settled"},
    }
    async with storage.transaction(made.id, made.actor) as store:
        company = await store.companies.get(made.id)
        await store.companies.update(
            made.id, {"retention_years": years}, expected_version=company.version
        )
        moved = theirs[1].claim
        await store.claims.update(
            moved.id, {"patient_id": other.id}, expected_version=moved.version
        )
        person = PersonFields(
            principal_id=person_id, email="a@example.org", name="A", role=Role.VIEWER
        )
        await store.people.create_many([person], ids=[person_id])
        endpoint = await store.webhook_endpoints.create(
            WebhookEndpointFields(name="e", url="u", event_types=[], sealed_secret=b"")
        )
        for hold in holds:
            await store.legal_holds.create(
                LegalHoldFields(reason="litigation", starts_on=TODAY.date(), **on.get(hold, {}))
            )
    return Company(made.id, made.actor, years, person_id, endpoint.id, named)


def left_of(
    connection: psycopg.Connection[tuple[object, ...]], company_id: UUID, table: str
) -> set[tuple[str, UUID]]:
    query = sql.SQL("SELECT id FROM {} WHERE company_id = %s").format(sql.Identifier(table))
    found = connection.execute(query, [company_id])
    return {(table, UUID(str(row_id))) for (row_id,) in found}


@pytest.fixture(scope="module")
def retired(server: EmbeddedServer) -> RoleAddresses:
    """A database of this module's own, in which decades pass."""
    return migrated_database(server, "retired")


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(
    years=st.sampled_from([6, 9]),
    holds=st.sets(st.sampled_from(Hold), max_size=2),
    told=st.lists(events, max_size=8),
    listed=st.lists(notifications, max_size=4),
    over=st.lists(keys, max_size=3),
)
def test_what_should_stay_stays_and_the_rest_goes_with_its_trail(
    retired: RoleAddresses,
    runner: asyncio.Runner,
    years: int,
    holds: set[Hold],
    told: Sequence[AnEvent],
    listed: Sequence[ANotification],
    over: Sequence[AKey],
) -> None:
    clock = FixedClock(TODAY)

    async def fill() -> tuple[Company, Books]:
        storage = PostgresStorage(retired.worker, clock=clock, keyring=KEYRING)
        await storage.open()
        try:
            company = await found_company(retired.owner, storage, years, holds)
            books = Books(storage, clock, company, holds)
            for event in told:
                await books.event(event)
            for notification in listed:
                await books.notification(notification)
            for key in over:
                await books.key(key)
        finally:
            await storage.close()
        return company, books

    company, books = runner.run(fill())
    maintain(retired.owner, Signer(bytes(range(32))), clock=FixedClock(TODAY))
    with psycopg.connect(retired.owner) as connection:
        bind(connection, company.id)
        tables = ("events", "outbox_messages", "outbox_attempts", "notifications", "api_keys")
        left = set[tuple[str, UUID]]().union(
            *(left_of(connection, company.id, table) for table in tables)
        )
        trail = connection.execute(
            "SELECT entity, entity_id FROM audit_log WHERE company_id = %s AND action = 'delete'",
            [company.id],
        ).fetchall()
        signed = dict(
            connection.execute(
                "SELECT log, sum(row_count) FROM retirements WHERE company_id = %s GROUP BY log",
                [company.id],
            ).fetchall()
        )
    assert left - {("api_keys", company.actor.principal_id)} == books.stay
    unchanging = {"events", "outbox_attempts"}
    assert sorted(trail) == sorted(each for each in books.go if each[0] not in unchanging)
    assert signed == {
        table: count
        for table in unchanging
        if (count := sum(name == table for name, _ in books.go))
    }


@given(
    day=st.dates(dt.date(1990, 1, 1), dt.date(2060, 12, 31)),
    years=st.integers(6, 30),
    slack=st.integers(-3, 3),
    zone=st.sampled_from(["America/New_York", "Pacific/Kiritimati", "UTC"]).map(ZoneInfo),
    hour=st.integers(0, 23),
)
def test_what_is_past_is_what_was_kept_until_a_day_before(
    day: dt.date, years: int, slack: int, zone: ZoneInfo, hour: int
) -> None:
    today = kept_until(day, years=years) + dt.timedelta(slack)
    now = dt.datetime.combine(today, dt.time(hour, 30), zone).astimezone(dt.UTC)
    last_moment = dt.datetime.combine(day, dt.time.max, zone)
    is_past = last_moment < past_since(now, years=years, zone=zone)
    assert is_past == (kept_until(day, years=years) < today)
