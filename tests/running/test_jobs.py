"""The queue and its worker: a job exists if its work is committed, and is done in any weather."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import psycopg
import pytest

from app.approval_steps import STEPS
from app.jobs import worker as worker_module
from app.jobs.catalogue import PERIODIC_JOBS, CompanyJob, Workplace
from app.jobs.worker import run_worker
from app.runtime import Installation
from app.settings import Settings
from services.approvals.steps import Step
from services.outbox.emails import Email, send_email
from storage.embedded import EmbeddedServer, RoleAddresses
from storage.filters import ApprovalFilter
from storage.identifiers import new_id
from storage.postgres.transaction import PostgresStorage
from storage.tables.approvals import ApprovalFields, ApprovalParticipantFields
from storage.vocabulary.approvals import ApprovalKind, ParticipantRole
from storage.vocabulary.outbox import MessageStatus
from storage.vocabulary.work import Queue
from tests.builders.companies import CompanyForTests, make_company
from tests.builders.mail_servers import Inbox, mail_server_of
from tests.builders.people import make_person

pytestmark = pytest.mark.anyio

Asked = list[tuple[UUID, Mapping[str, str]]]


@pytest.fixture
def installation(
    addresses: RoleAddresses, database_settings: Mapping[str, bool], tmp_path: Path
) -> Installation:
    """The test database as the program sees it."""
    return Installation(
        settings=Settings(data_directory=tmp_path, **database_settings),
        app_url=addresses.app,
        owner_url=addresses.owner,
        worker_url=addresses.worker,
        master_key=bytes(32),
        signing_key=bytes(32),
        embedded=None,
    )


@asynccontextmanager
async def _working(
    installation: Installation, monkeypatch: pytest.MonkeyPatch, *jobs: CompanyJob
) -> AsyncIterator[None]:
    """A worker that knows these jobs, for as long as this lasts."""
    monkeypatch.setattr(worker_module, "COMPANY_JOBS", jobs)
    monkeypatch.setattr(worker_module, "PERIODIC_JOBS", ())
    stop = asyncio.Event()
    async with installation.worker_storage() as storage:
        running = asyncio.create_task(run_worker(installation, storage, stop))
        try:
            yield
        finally:
            stop.set()
            await running


async def _until(condition: Callable[[], Awaitable[bool] | bool]) -> None:
    async with asyncio.timeout(20):
        while True:
            met = condition()
            if met if isinstance(met, bool) else await met:
                return
            await asyncio.sleep(0.02)


def _noted(asked: Asked, name: str) -> CompanyJob:
    async def note(_: Workplace, company_id: UUID, arguments: Mapping[str, str]) -> None:
        asked.append((company_id, dict(arguments)))

    return CompanyJob(name, note)


async def test_a_job_of_committed_work_is_done_and_one_of_undone_work_never_was(
    installation: Installation,
    storage: PostgresStorage,
    company: CompanyForTests,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: Asked = []
    name = f"note_{new_id().hex}"
    with pytest.raises(ZeroDivisionError):  # noqa: PT012 -- what is raised undoes the work
        async with storage.transaction(company.id, company.actor) as store:
            await store.enqueue(name, {"which": "undone"})
            raise ZeroDivisionError
    async with storage.transaction(company.id, company.actor) as store:
        await store.enqueue(name, {"which": "committed"})
    async with _working(installation, monkeypatch, _noted(asked, name)):
        await _until(lambda: bool(asked))
    assert asked == [(company.id, {"which": "committed"})]


async def test_a_job_speaks_for_the_bound_company_whatever_its_arguments_say(
    installation: Installation,
    storage: PostgresStorage,
    company: CompanyForTests,
    other_company: CompanyForTests,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: Asked = []
    name = f"note_{new_id().hex}"
    async with storage.transaction(company.id, company.actor) as store:
        await store.enqueue(name, {"company_id": str(other_company.id)})
    async with _working(installation, monkeypatch, _noted(asked, name)):
        await _until(lambda: bool(asked))
    assert asked == [(company.id, {})]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM procrastinate_jobs",
        "INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('wellkept', 'x')",
        "SELECT procrastinate_fetch_job_v2(NULL, 1)",
        "SELECT enqueue_job('x', '{}', NULL, NULL, 'wellkept', NULL)",
    ],
)
def test_the_programs_role_can_neither_read_the_queue_nor_write_it_past_its_company(
    addresses: RoleAddresses, statement: str
) -> None:
    with (
        psycopg.connect(addresses.app) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement.encode())


async def test_a_job_that_fails_is_tried_again_and_one_that_always_fails_becomes_a_dead_letter(
    installation: Installation,
    storage: PostgresStorage,
    company: CompanyForTests,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    attempts: list[str] = []
    moody, hopeless = f"moody_{new_id().hex}", f"hopeless_{new_id().hex}"

    async def fail_once(_: Workplace, __: UUID, ___: Mapping[str, str]) -> None:
        attempts.append(moody)
        if attempts.count(moody) == 1:
            raise ZeroDivisionError

    async def fail(_: Workplace, __: UUID, ___: Mapping[str, str]) -> None:
        attempts.append(hopeless)
        raise ZeroDivisionError

    retry: Any = worker_module.RetryStrategy(max_attempts=2, wait=0)
    monkeypatch.setattr(worker_module, "RETRY", retry)
    async with storage.transaction(company.id, company.actor) as store:
        await store.enqueue(moody, {})
        await store.enqueue(hopeless, {})
    jobs = (CompanyJob(moody, fail_once), CompanyJob(hopeless, fail))
    async with _working(installation, monkeypatch, *jobs):
        await _until(lambda: _state(installation, hopeless) == ["failed"])
        await _until(lambda: _state(installation, moody) == [])
    assert attempts.count(moody) == 2
    assert attempts.count(hopeless) == 3


async def test_the_job_of_a_worker_that_died_is_done_by_the_next_one(
    installation: Installation,
    storage: PostgresStorage,
    company: CompanyForTests,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: Asked = []
    name = f"note_{new_id().hex}"
    async with storage.transaction(company.id, company.actor) as store:
        await store.enqueue(name, {})
    with psycopg.connect(installation.worker, autocommit=True) as dead:
        (dead_worker,) = dead.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat)"
            " VALUES (now() - interval '1 hour') RETURNING id"
        ).fetchone() or (0,)
        dead.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s WHERE task_name = %s",
            [dead_worker, name],
        )
    async with _working(installation, monkeypatch, _noted(asked, name)):
        await _until(lambda: bool(asked))
    assert asked == [(company.id, {})]


async def test_the_worker_goes_on_after_its_connections_were_cut(
    installation: Installation,
    server: EmbeddedServer,
    storage: PostgresStorage,
    company: CompanyForTests,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: Asked = []
    name = f"note_{new_id().hex}"
    async with _working(installation, monkeypatch, _noted(asked, name)):
        async with storage.transaction(company.id, company.actor) as store:
            await store.enqueue(name, {"which": "before"})
        await _until(lambda: len(asked) == 1 and not _state(installation, name))
        with server.connect_as_superuser() as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE usename = 'wellkept_worker'"
            )
        async with storage.transaction(company.id, company.actor) as store:
            await store.enqueue(name, {"which": "after"})
        await _until(lambda: len(asked) == 2)
    assert [arguments["which"] for _, arguments in asked] == ["before", "after"]


async def test_told_to_stop_the_worker_ends_the_job_at_hand_and_begins_no_other(
    installation: Installation,
    storage: PostgresStorage,
    company: CompanyForTests,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun, release = asyncio.Event(), asyncio.Event()
    ended: list[str] = []
    name = f"slow_{new_id().hex}"

    async def work_slowly(_: Workplace, __: UUID, arguments: Mapping[str, str]) -> None:
        begun.set()
        await release.wait()
        ended.append(arguments["which"])

    monkeypatch.setattr(worker_module, "COMPANY_JOBS", (CompanyJob(name, work_slowly),))
    monkeypatch.setattr(worker_module, "PERIODIC_JOBS", ())
    async with storage.transaction(company.id, company.actor) as store:
        await store.enqueue(name, {"which": "at hand"}, lock=name)
        await store.enqueue(name, {"which": "next"}, lock=name)
    stop = asyncio.Event()
    async with installation.worker_storage() as worker_storage, asyncio.timeout(60):
        running = asyncio.create_task(run_worker(installation, worker_storage, stop))
        await begun.wait()
        stop.set()
        await asyncio.sleep(0.2)
        assert not running.done()
        release.set()
        await running
    assert ended == ["at hand"]
    assert _state(installation, name) == ["todo"]


async def test_slow_receivers_keep_no_other_work_waiting(
    installation: Installation,
    storage: PostgresStorage,
    company: CompanyForTests,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: Asked = []
    slow, quick = f"slow_{new_id().hex}", f"quick_{new_id().hex}"
    released = asyncio.Event()

    async def wait(_: Workplace, __: UUID, ___: Mapping[str, str]) -> None:
        await released.wait()

    async with storage.transaction(company.id, company.actor) as store:
        for _ in range(2 * worker_module.JOBS_AT_ONCE[Queue.DELIVERIES]):
            await store.enqueue(slow, {}, queue=Queue.DELIVERIES)
    jobs = (CompanyJob(slow, wait, Queue.DELIVERIES), _noted(asked, quick))
    async with _working(installation, monkeypatch, *jobs):
        await _until(lambda: "doing" in _state(installation, slow))
        async with storage.transaction(company.id, company.actor) as store:
            await store.enqueue(quick, {})
        await _until(lambda: bool(asked))
        assert "doing" in _state(installation, slow)
        released.set()
        await _until(lambda: _state(installation, slow) == [])


async def test_what_is_asked_for_once_is_in_the_queue_once_until_it_begins(
    installation: Installation, storage: PostgresStorage, company: CompanyForTests
) -> None:
    name = f"note_{new_id().hex}"
    for _ in range(2):
        async with storage.transaction(company.id, company.actor) as store:
            await store.enqueue(name, {}, once=name)
            await store.enqueue(name, {})
    assert _state(installation, name) == ["todo"] * 3


async def test_an_email_leaves_the_house_once_its_work_is_committed(
    installation: Installation, storage: PostgresStorage, company: CompanyForTests
) -> None:
    inbox = Inbox()
    async with mail_server_of(inbox) as port:
        settings = replace(
            installation.settings,
            smtp_url=f"smtp://127.0.0.1:{port}",
            mail_from="no-reply@wellkept.test",
        )
        working = replace(installation, settings=settings)
        stop = asyncio.Event()
        async with working.worker_storage() as worker:
            running = asyncio.create_task(run_worker(working, worker, stop))
            async with storage.transaction(company.id, company.actor) as store:
                email = Email(to="ana@example.org", subject="Hello", text="Hello")
                message = await send_email(store, email, purpose="greeting")
            await _until(lambda: bool(inbox.received))
            stop.set()
            await running
    async with storage.transaction(company.id, company.actor) as store:
        delivered = await store.outbox_messages.get(message.id)
    assert delivered.status == MessageStatus.DELIVERED


def _state(installation: Installation, task: str) -> list[str]:
    with psycopg.connect(installation.worker) as connection:
        found = connection.execute(
            "SELECT status::text FROM procrastinate_jobs WHERE task_name = %s", [task]
        )
        return [str(row[0]) for row in found]


async def test_one_company_that_fails_keeps_no_others_requests_from_expiring(
    installation: Installation,
    addresses: RoleAddresses,
    storage: PostgresStorage,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The failing one has a kind of request that this program does not know, as after a rolling
    restart that was taken back."""
    companies = [await make_company(addresses.owner, storage) for _ in range(3)]
    unknown = ApprovalKind.REMITTANCE_RETURN
    kinds = [ApprovalKind.LEGAL_HOLD_RELEASE, unknown, ApprovalKind.LEGAL_HOLD_RELEASE]
    for company, kind in zip(companies, kinds, strict=True):
        await _overdue_request(storage, company, kind)
    monkeypatch.delitem(cast("dict[ApprovalKind, Step]", STEPS), unknown)
    (job,) = [each for each in PERIODIC_JOBS if each.name == "expire_approvals"]
    monkeypatch.setattr(worker_module, "COMPANY_JOBS", ())
    every_second = replace(job, schedule="* * * * * *")
    monkeypatch.setattr(worker_module, "PERIODIC_JOBS", (every_second,))
    stop = asyncio.Event()
    async with installation.worker_storage() as worker_storage:
        running = asyncio.create_task(run_worker(installation, worker_storage, stop))
        try:

            async def are_closed() -> bool:
                states = [await _states(storage, company) for company in companies]
                return states == [["expired"], ["requested"], ["expired"]]

            await _until(are_closed)
        finally:
            stop.set()
            await running


async def _overdue_request(
    storage: PostgresStorage, company: CompanyForTests, kind: ApprovalKind
) -> None:
    person = await make_person(storage, company)
    about = {"entity": "legal_holds", "entity_id": new_id()}
    role = ParticipantRole.INVOLVED
    async with storage.transaction(company.id, company.actor) as store:
        await store.approval_participants.create(
            ApprovalParticipantFields(**about, person_id=person.id, role=role)
        )
        await store.approvals.create(
            ApprovalFields(
                **about,
                kind=kind,
                subject_version=1,
                reason="x",
                requested_by=person.id,
                expires_at=store.now - dt.timedelta(hours=1),
            )
        )


async def _states(storage: PostgresStorage, company: CompanyForTests) -> list[str]:
    async with storage.transaction(company.id, company.actor) as store:
        return [each.status.value for each in await store.approvals.all(ApprovalFilter())]
