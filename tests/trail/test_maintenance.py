"""Maintenance: partitions ahead, rows moved to their month, and nothing dropped too early."""

import asyncio
import datetime as dt
from collections.abc import Callable
from uuid import UUID

import psycopg
import pytest

from storage.embedded import EmbeddedServer, RoleAddresses
from storage.identifiers import lowest_id_at, new_id
from storage.maintenance import keep_up_with_bulk, maintain, survey
from storage.maintenance.deeds import Deed, PartitionKept, PartitionMade, PartitionRetired
from storage.partitions import partition_name
from storage.postgres.transaction import PostgresStorage
from storage.retention import retirable_on
from storage.tables.emergency import EmergencyAccessFields
from storage.tables.identity import LegalHold, LegalHoldFields, PersonFields, PersonSessionFields
from storage.tables.work import StoredAnswerFields
from storage.trail.keys import KnownKeys, Signer
from storage.trail.sealer import seal_company
from storage.vocabulary.emergency import EmergencyReason
from storage.vocabulary.identity import Role
from tests.builders.claims import make_patient
from tests.builders.companies import CompanyForTests
from tests.servers import migrated_database
from tests.trail.conftest import Tamper
from tests.trail.logs import access, look, look_in, report

pytestmark = pytest.mark.anyio

Superuser = psycopg.Connection[tuple[object, ...]]
Maintain = Callable[..., list[Deed]]


class ClockAt:
    """Stands still."""

    def __init__(self, moment: dt.datetime) -> None:
        self._moment = moment

    def now(self) -> dt.datetime:
        return self._moment


@pytest.fixture(scope="module")
def addresses(server: EmbeddedServer) -> RoleAddresses:
    """A database of this module's own: maintenance looks at every company that there is."""
    return migrated_database(server, "kept_in_order")


@pytest.fixture
def upkeep(addresses: RoleAddresses, signer: Signer) -> Maintain:
    """Maintenance as the owner, at some time."""

    def run(*, at: dt.datetime | None = None, dry_run: bool = False) -> list[Deed]:
        clock = None if at is None else ClockAt(at)
        return maintain(addresses.owner, signer, clock=clock, dry_run=dry_run)

    return run


def partitions(superuser: Superuser, table: str) -> set[str]:
    rows = superuser.execute(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass", [table]
    )
    return {str(name) for (name,) in rows}


def partition_of(superuser: Superuser, row_id: UUID) -> str:
    row = superuser.execute("SELECT tableoid::regclass::text FROM api_log WHERE id = %s", [row_id])
    return str((row.fetchone() or ("nowhere",))[0])


def test_a_month_goes_only_when_its_last_day_has_its_years_in_full() -> None:
    assert retirable_on(dt.date(2019, 12, 1), years=7) == dt.date(2027, 1, 1)
    assert retirable_on(dt.date(2019, 11, 1), years=3) == dt.date(2025, 12, 1)


def test_partitions_are_made_ahead_once_and_guarded_like_their_table(
    as_superuser: Superuser, upkeep: Maintain
) -> None:
    later = dt.datetime(2031, 1, 31, 12, tzinfo=dt.UTC)
    rehearsed = upkeep(at=later, dry_run=True)
    assert "audit_log_2031_04" not in partitions(as_superuser, "audit_log")
    made = upkeep(at=later)
    made_again = upkeep(at=later)
    months = [dt.date(2031, month, 1) for month in (1, 2, 3, 4)]
    tables = ("audit_log", "api_log")
    expected = [PartitionMade(table, month, 0) for table in tables for month in months]
    ahead = [each for each in made if isinstance(each, PartitionMade) and each.month in months]
    assert ahead == expected
    assert rehearsed == made
    assert made_again == []
    name = "audit_log_2031_04"
    guards = as_superuser.execute(
        "SELECT relrowsecurity, relforcerowsecurity, relacl IS NULL,"
        " (SELECT count(*) FROM pg_policy WHERE polrelid = pg_class.oid) FROM pg_class"
        " WHERE relname = %s",
        [name],
    ).fetchone()
    assert guards == (True, True, True, 2)


async def test_what_has_changed_is_known_to_the_planner_afterwards(
    as_superuser: Superuser,
    addresses: RoleAddresses,
    company: CompanyForTests,
    upkeep: Maintain,
) -> None:
    def known_companies() -> bool:
        found = as_superuser.execute(
            "SELECT FROM pg_stats WHERE tablename = 'companies' AND attname = 'slug'"
        )
        return found.fetchone() is not None

    def change() -> None:
        with as_superuser.transaction():
            as_superuser.execute("DELETE FROM pg_statistic WHERE starelid = 'companies'::regclass")
            as_superuser.execute("UPDATE companies SET name = name WHERE id = %s", [company.id])
            as_superuser.execute("SELECT pg_stat_force_next_flush()")

    change()
    upkeep(dry_run=True)
    assert not known_companies()
    upkeep()
    assert known_companies()
    change()
    keep_up_with_bulk(addresses.owner, bulk=2)
    assert not known_companies(), "a row is no bulk"
    change()
    keep_up_with_bulk(addresses.owner, bulk=2)
    assert known_companies()


async def test_rows_of_a_clock_that_jumped_get_the_partition_of_their_month(
    worker: PostgresStorage,
    company: CompanyForTests,
    other_company: CompanyForTests,
    signer: Signer,
    keys: KnownKeys,
    as_superuser: Superuser,
    upkeep: Maintain,
) -> None:
    month = dt.date(2077, 5, 1)
    mine = await look_in(worker, company, month, 2)
    theirs = await look_in(worker, other_company, month, 3)
    await seal_company(worker, company.id, signer)
    assert partition_of(as_superuser, mine[0]) == "api_log_default"
    assert PartitionMade("api_log", month, 5) in upkeep()
    assert {partition_of(as_superuser, row_id) for row_id in mine + theirs} == {"api_log_2077_05"}
    assert (await report(worker, company, keys)).is_clean
    forced = as_superuser.execute(
        "SELECT relforcerowsecurity FROM pg_class WHERE relname = 'api_log_default'"
    ).fetchone()
    assert forced == (True,)


async def test_two_at_once_do_the_work_once(
    worker: PostgresStorage, company: CompanyForTests, upkeep: Maintain
) -> None:
    month = dt.date(2078, 5, 1)
    await look_in(worker, company, month)
    rounds = await asyncio.gather(*(asyncio.to_thread(upkeep) for _ in range(2)))
    made = [deed for deeds in rounds for deed in deeds if isinstance(deed, PartitionMade)]
    assert made == [PartitionMade("api_log", month, 1)]


async def test_what_is_past_its_retention_is_retired_and_not_called_removed(
    worker: PostgresStorage,
    company: CompanyForTests,
    signer: Signer,
    keys: KnownKeys,
    as_superuser: Superuser,
    upkeep: Maintain,
) -> None:
    month = dt.date(2009, 2, 1)
    await look_in(worker, company, month, 3)
    await seal_company(worker, company.id, signer)
    await look(worker, company)
    await seal_company(worker, company.id, signer)
    deeds = upkeep()
    assert PartitionRetired("api_log", month, 3) in deeds
    assert partition_name("api_log", month) not in partitions(as_superuser, "api_log")
    found = await report(worker, company, keys)
    assert (found.is_clean, found.retired_rows, found.sealed_rows) == (True, 3, 4)


async def test_a_record_of_retirement_that_nobody_signed_excuses_nothing(
    worker: PostgresStorage,
    company: CompanyForTests,
    signer: Signer,
    keys: KnownKeys,
    tamper: Tamper,
) -> None:
    (row_id,) = await look(worker, company)
    await look(worker, company)
    await seal_company(worker, company.id, signer)
    tamper("DELETE FROM api_log WHERE id = %s", row_id)
    tamper(
        "INSERT INTO retirements VALUES (%s, %s, now(), %s, 'api_log', %s, %s, 1, 'x', %s, '')",
        company.id,
        new_id(),
        new_id(),
        UUID(int=0),
        UUID(int=2**128 - 1),
        signer.key_id,
    )
    found = await report(worker, company, keys)
    assert [finding.kind for finding in found.findings] == ["removed", "retirement forged"]


async def test_a_hold_a_longer_term_and_a_missing_seal_each_keep_a_month(
    worker: PostgresStorage,
    company: CompanyForTests,
    signer: Signer,
    tamper: Tamper,
    upkeep: Maintain,
) -> None:
    month = dt.date(2011, 2, 1)
    await look_in(worker, company, month)

    def why() -> str | None:
        kept = [d for d in upkeep() if isinstance(d, PartitionKept) and d.month == month]
        return kept[0].reason if kept else None

    assert why() == "rows are not sealed yet"
    await seal_company(worker, company.id, signer)
    tamper("UPDATE companies SET retention_years = 90 WHERE id = %s", company.id)
    assert why() == "its retention of 90 years lasts until 2101-03-01"
    tamper("UPDATE companies SET retention_years = 6 WHERE id = %s", company.id)
    async with worker.transaction(company.id, company.actor) as store:
        hold = await store.legal_holds.create(
            LegalHoldFields(reason="litigation", starts_on=dt.date(2026, 1, 1))
        )
    assert why() == f"legal hold {hold.id} stands"
    async with worker.transaction(company.id, company.actor) as store:
        released = {"released_at": store.now, "release_reason": "settled"}
        await store.legal_holds.update(hold.id, released, expected_version=1)
    assert why() is None


async def test_a_month_that_two_companies_share_is_kept_for_either(
    worker: PostgresStorage,
    company: CompanyForTests,
    other_company: CompanyForTests,
    signer: Signer,
    as_superuser: Superuser,
    tamper: Tamper,
    upkeep: Maintain,
) -> None:
    month = dt.date(2012, 2, 1)
    for each in (company, other_company):
        await look_in(worker, each, month)
        await seal_company(worker, each.id, signer)
    tamper("UPDATE companies SET retention_years = 80 WHERE id = %s", other_company.id)
    kept = [d for d in upkeep() if isinstance(d, PartitionKept) and d.month == month]
    assert [deed.company for deed in kept] == [other_company.slug]
    assert "api_log_2012_02" in partitions(as_superuser, "api_log")
    tamper("UPDATE companies SET retention_years = 7 WHERE id = %s", other_company.id)
    assert PartitionRetired("api_log", month, 2) in upkeep()


async def test_expired_answers_and_sessions_long_over_are_deleted_with_a_trail(
    worker: PostgresStorage, company: CompanyForTests, as_superuser: Superuser, upkeep: Maintain
) -> None:
    now = dt.datetime.now(dt.UTC)
    async with worker.transaction(company.id, company.actor) as store:
        for hours in (-1, 1):
            await store.stored_answers.create(
                StoredAnswerFields(
                    principal_id=company.actor.principal_id,
                    operation="create_claim",
                    idempotency_key=f"key {hours}",
                    request_sha256=b"",
                    status=201,
                    expires_at=now + dt.timedelta(hours=hours),
                )
            )
        person_id = company.actor.principal_id
        fields = PersonFields(
            principal_id=person_id, email="a@example.org", name="A", role=Role.VIEWER
        )
        await store.people.create_many([fields], ids=[person_id])
        for days, secret in ((-31, b"long over"), (-1, b"over"), (1, b"going on")):
            await store.person_sessions.create(
                PersonSessionFields(
                    person_id=person_id,
                    secret_sha256=secret,
                    csrf_sha256=b"",
                    expires_at=now + dt.timedelta(days=days),
                    last_seen_at=now,
                    idle_until=now,
                )
            )
    upkeep(dry_run=True)
    upkeep()
    left = as_superuser.execute(
        "SELECT idempotency_key FROM stored_answers WHERE company_id = %s", [company.id]
    ).fetchall()
    sessions = as_superuser.execute(
        "SELECT secret_sha256 FROM person_sessions WHERE company_id = %s ORDER BY id", [company.id]
    ).fetchall()
    trail = as_superuser.execute(
        "SELECT before ->> 'person_id', before ? 'secret_sha256' FROM audit_log"
        " WHERE company_id = %s AND entity = 'person_sessions' AND action = 'delete'",
        [company.id],
    ).fetchall()
    assert left == [("key 1",)]
    assert sessions == [(b"over",), (b"going on",)]
    assert trail == [(str(person_id), False)]


async def test_the_session_that_a_person_used_last_stays(
    worker: PostgresStorage, company: CompanyForTests, as_superuser: Superuser, upkeep: Maintain
) -> None:
    now = dt.datetime.now(dt.UTC)
    person_id = company.actor.principal_id
    async with worker.transaction(company.id, company.actor) as store:
        fields = PersonFields(
            principal_id=person_id, email="a@example.org", name="A", role=Role.VIEWER
        )
        await store.people.create_many([fields], ids=[person_id])
        for secret, days in ((b"before", 90), (b"last", 60), (b"newer and unused", 61)):
            seen = now - dt.timedelta(days=days)
            await store.person_sessions.create(
                PersonSessionFields(
                    person_id=person_id,
                    secret_sha256=secret,
                    csrf_sha256=b"",
                    expires_at=seen + dt.timedelta(hours=1),
                    last_seen_at=seen,
                    idle_until=seen,
                )
            )
    upkeep()
    left = as_superuser.execute(
        "SELECT secret_sha256 FROM person_sessions WHERE company_id = %s", [company.id]
    ).fetchall()
    assert left == [(b"last",)]


async def test_a_session_in_which_somebody_broke_the_glass_stays_for_the_record_names_it(
    worker: PostgresStorage, company: CompanyForTests, as_superuser: Superuser, upkeep: Maintain
) -> None:
    now = dt.datetime.now(dt.UTC)
    person_id = company.actor.principal_id
    sessions = []
    async with worker.transaction(company.id, company.actor) as store:
        fields = PersonFields(
            principal_id=person_id, email="a@example.org", name="A", role=Role.VIEWER
        )
        await store.people.create_many([fields], ids=[person_id])
        for secret, days in ((b"emergency", 90), (b"nothing", 80), (b"last", 70)):
            seen = now - dt.timedelta(days=days)
            sessions.append(
                await store.person_sessions.create(
                    PersonSessionFields(
                        person_id=person_id,
                        secret_sha256=secret,
                        csrf_sha256=b"",
                        expires_at=seen,
                        last_seen_at=seen,
                        idle_until=seen,
                    )
                )
            )
        await store.emergency_accesses.create(
            EmergencyAccessFields(
                person_id=person_id,
                session_id=sessions[0].id,
                reason=EmergencyReason.TREATMENT,
                explanation="a patient fell",
                expires_at=now + dt.timedelta(hours=1),
                review_due_at=now,
            )
        )
    upkeep()
    left = as_superuser.execute(
        "SELECT secret_sha256 FROM person_sessions WHERE company_id = %s ORDER BY id", [company.id]
    ).fetchall()
    assert left == [(b"emergency",), (b"last",)]


async def test_an_open_transaction_does_not_hold_maintenance_up(
    worker: PostgresStorage, company: CompanyForTests, upkeep: Maintain
) -> None:
    async with worker.transaction(company.id, company.actor) as store:
        await store.api_log.create(access(company))
        assert await asyncio.to_thread(upkeep) == []


async def hold_on(worker: PostgresStorage, company: CompanyForTests, **narrowed: UUID) -> LegalHold:
    async with worker.transaction(company.id, company.actor) as store:
        return await store.legal_holds.create(
            LegalHoldFields(reason="litigation", starts_on=dt.date(2026, 1, 1), **narrowed)
        )


async def looked_at(
    worker: PostgresStorage, company: CompanyForTests, month: dt.date, **about: UUID
) -> None:
    """A row of the access log of a month that is about a patient or a record."""
    first = lowest_id_at(dt.datetime(month.year, month.month, 15, tzinfo=dt.UTC))
    fields = access(company, [about["patient_id"]] if "patient_id" in about else [])
    fields.record_id = about.get("record_id")
    async with worker.transaction(company.id, company.actor) as store:
        await store.api_log.create_many([fields], ids=[UUID(int=first.int + 1)])


@pytest.mark.parametrize(("year", "narrowed"), [(2013, "patient_id"), (2014, "record_id")])
async def test_a_hold_on_a_patient_or_record_keeps_the_months_with_rows_about_them(
    worker: PostgresStorage,
    company: CompanyForTests,
    signer: Signer,
    upkeep: Maintain,
    year: int,
    narrowed: str,
) -> None:
    patient = await make_patient(worker, company)
    about, beside = dt.date(year, 2, 1), dt.date(year, 3, 1)
    await looked_at(worker, company, about, **{narrowed: patient.id})
    await looked_at(worker, company, beside, **{narrowed: new_id()})
    hold = await hold_on(worker, company, **{narrowed: patient.id})
    await seal_company(worker, company.id, signer)
    deeds = upkeep()
    what = narrowed.removesuffix("_id")
    reason = f"legal hold {hold.id} on a {what} stands"
    assert PartitionKept("api_log", about, company.slug, reason) in deeds
    assert PartitionRetired("api_log", beside, 1) in deeds
    async with worker.transaction(company.id, company.actor) as store:
        released = {"released_at": store.now, "release_reason": "settled"}
        await store.legal_holds.update(hold.id, released, expected_version=1)
    assert PartitionRetired("api_log", about, 1) in upkeep()


async def test_a_hold_on_a_patient_keeps_the_months_in_which_something_of_theirs_changed(
    worker: PostgresStorage,
    company: CompanyForTests,
    signer: Signer,
    tamper: Tamper,
    upkeep: Maintain,
) -> None:
    month = dt.date(2015, 2, 1)
    patient = await make_patient(worker, company)
    first = lowest_id_at(dt.datetime(2015, 2, 15, tzinfo=dt.UTC))
    tamper(
        "UPDATE audit_log SET id = %s WHERE company_id = %s AND entity = 'patients'",
        UUID(int=first.int + 1),
        company.id,
    )
    hold = await hold_on(worker, company, patient_id=patient.id)
    await seal_company(worker, company.id, signer)
    kept = [d for d in upkeep() if isinstance(d, PartitionKept) and d.month == month]
    assert [d.reason for d in kept] == [f"legal hold {hold.id} on a patient stands"]


async def test_a_survey_tells_what_retirement_would_do_and_does_nothing(
    worker: PostgresStorage,
    company: CompanyForTests,
    signer: Signer,
    addresses: RoleAddresses,
    upkeep: Maintain,
) -> None:
    month = dt.date(2016, 2, 1)
    await look_in(worker, company, month, 2)
    await seal_company(worker, company.id, signer)
    upkeep(at=dt.datetime(2016, 2, 20, tzinfo=dt.UTC))
    for _ in range(2):
        (state,) = [s for s in survey(addresses.owner, signer).logs if s.table == "api_log"]
        assert month in state.months
        assert PartitionRetired("api_log", month, 2) in state.due
    assert PartitionRetired("api_log", month, 2) in upkeep()
