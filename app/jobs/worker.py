"""Runs the jobs of the queue until it is told to stop, whatever the database does meanwhile."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from uuid import UUID

import procrastinate
import structlog
from procrastinate import JobContext, PsycopgConnector, RetryStrategy
from procrastinate.worker import Worker

from app.jobs.catalogue import COMPANY_JOBS, PERIODIC_JOBS, CompanyJob, PeriodicJob, Workplace
from app.metrics import Metrics
from app.runtime import Installation
from services.ending import end_all
from storage.errors import CompanyClosed
from storage.job_queue import COMPANY_ARGUMENT
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.work import Queue

log = structlog.get_logger("wellkept.jobs")

RETRY = RetryStrategy(max_attempts=8, exponential_wait=4)
"""After 4 seconds, 16, a minute, ... four and a half hours; then the job is a dead letter."""

JOBS_AT_ONCE = {Queue.WORK: 2, Queue.DELIVERIES: 16}
"""Deliveries mostly wait for receivers, and hold nothing while they do."""

STALLED_SECONDS = 30
"""A worker that has not been heard of for so long is dead, and its jobs are done again."""

_STOP_SECONDS = 30
_LONGEST_PAUSE_SECONDS = 30.0
_POLL_SECONDS = 1.0


async def run_worker(
    installation: Installation,
    storage: PostgresStorage,
    stop: asyncio.Event,
    metrics: Metrics | None = None,
) -> None:
    """Run jobs until ``stop`` is set; then those at hand are finished first.

    ``storage`` is open as the worker's role. A database that goes away is waited for.
    """
    metrics = metrics or Metrics()
    pause = 1.0
    while not stop.is_set():
        begun = time.monotonic()
        try:
            await _run_until(installation, storage, stop, metrics)
        except Exception as error:
            log.warning("worker interrupted", exc_info=error)
        if time.monotonic() - begun > _LONGEST_PAUSE_SECONDS:
            pause = 1.0
        if not await _is_set_within(stop, pause):
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)


def queue_of(url: str, *, prepares_statements: bool) -> procrastinate.App:
    """The queue as the library sees it, without any job registered."""
    return procrastinate.App(
        connector=PsycopgConnector(
            conninfo=url,
            min_size=1,
            max_size=6,
            timeout=10,
            kwargs={"prepare_threshold": 5 if prepares_statements else None},
        )
    )


async def _run_until(
    installation: Installation, storage: PostgresStorage, stop: asyncio.Event, metrics: Metrics
) -> None:
    settings = installation.settings
    queue = queue_of(installation.worker, prepares_statements=settings.prepares_statements)
    place = Workplace(storage, installation, stop.is_set)
    for job in COMPANY_JOBS:
        queue.task(name=job.name, queue=job.queue, retry=RETRY, pass_context=True)(
            _company_job(place, job, metrics)
        )
    for periodic in PERIODIC_JOBS:
        if periodic.needs_owner and installation.owner_url is None:
            continue
        task = queue.task(
            name=periodic.name, queue=Queue.WORK, queueing_lock=periodic.name, pass_context=True
        )(_periodic_job(place, periodic, metrics))
        queue.periodic(cron=periodic.schedule)(task)
    async with queue.open_async():
        workers = [_worker_of(queue, name, listens=settings.worker_listens) for name in Queue]
        working = [asyncio.create_task(worker.run()) for worker in workers]  # type: ignore[no-untyped-call]
        resuming = asyncio.create_task(_resume_stalled(queue))
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait((*working, resuming, stopping), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for worker in workers:
                worker.stop()  # type: ignore[no-untyped-call]
            await end_all(resuming, stopping)
            await asyncio.gather(*working, return_exceptions=True)
    for ended in (*working, resuming):
        if not ended.cancelled() and (error := ended.exception()) is not None:
            raise error


def _worker_of(queue: procrastinate.App, name: Queue, *, listens: bool) -> Worker:
    """What does the jobs of one queue, beside the others. It is told to stop and never cancelled:
    its jobs at hand are finished, and a cancellation can be lost while it starts."""
    return Worker(
        app=queue,
        queues=[name],
        name=name,
        concurrency=JOBS_AT_ONCE[name],
        install_signal_handlers=False,
        listen_notify=listens,
        fetch_job_polling_interval=5.0 if listens else _POLL_SECONDS,
        delete_jobs="successful",
        shutdown_graceful_timeout=_STOP_SECONDS,
        stalled_worker_timeout=STALLED_SECONDS,
    )


async def _resume_stalled(queue: procrastinate.App) -> None:
    """Put the jobs of workers that died back into the queue, as long as this one lives."""
    while True:
        stalled = await queue.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS)
        for job in stalled:
            log.warning("job resumed", job=job.task_name, job_id=job.id)
            await queue.job_manager.retry_job(job)
        await asyncio.sleep(STALLED_SECONDS / 3)


def _company_job(
    place: Workplace, job: CompanyJob, metrics: Metrics
) -> Callable[..., Awaitable[None]]:
    async def work(context: JobContext, **arguments: str) -> None:
        company_id = UUID(arguments.pop(COMPANY_ARGUMENT))
        with suppress(CompanyClosed):  # whoever asked for it is gone, and so is what it is about
            await _logged(context, job.work(place, company_id, arguments), metrics)

    return work


def _periodic_job(
    place: Workplace, job: PeriodicJob, metrics: Metrics
) -> Callable[..., Awaitable[None]]:
    async def work(context: JobContext, timestamp: int) -> None:  # noqa: ARG001 -- the library's
        await _logged(context, job.work(place), metrics)

    return work


async def _logged(context: JobContext, work: Awaitable[None], metrics: Metrics) -> None:
    begun = time.perf_counter()
    job = context.job
    outcome = "failed"
    try:
        await work
        outcome = "done"
    finally:
        taken = time.perf_counter() - begun
        metrics.observe_job(job.task_name, outcome, taken)
        log.info(
            "job",
            job=job.task_name,
            job_id=job.id,
            attempt=job.attempts + 1,
            outcome=outcome,
            milliseconds=round(taken * 1000, 1),
        )


async def _is_set_within(event: asyncio.Event, seconds: float) -> bool:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()
