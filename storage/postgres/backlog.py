"""What waits to be done in the whole installation, for whoever watches it; never by company."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from storage.identifiers import SYSTEM_ACTOR_ID, moment_of, new_id
from storage.interface import Actor, Store
from storage.postgres.directory import companies
from storage.postgres.transaction import PostgresStorage
from storage.trail.chain import Pending, Span
from storage.trail.forms import CURRENT_FORM, SEALED_LOGS
from storage.vocabulary.work import Queue

_JOBS = """
SELECT count(*) FILTER (WHERE j.status = 'todo'),
       count(*) FILTER (WHERE j.status = 'failed'),
       coalesce(extract(epoch FROM now() - min(
           greatest(j.scheduled_at, e.at)) FILTER (WHERE j.status = 'todo')), 0)::float
FROM procrastinate_jobs AS j
LEFT JOIN procrastinate_events AS e ON e.job_id = j.id AND e.type = 'deferred'
WHERE j.queue_name = ANY(%(queues)s)
  AND (j.status = 'failed' OR j.status = 'todo' AND coalesce(j.scheduled_at, now()) <= now())
"""


@dataclass(frozen=True)
class Backlog:
    """What waits, and for how long the oldest has."""

    jobs_waiting: int
    """Jobs that are due and not begun."""
    jobs_failed: int
    """Jobs that the worker gave up on."""
    jobs_oldest_waiting_seconds: float
    unsealed_rows: int
    """Rows of the logs that no seal covers yet."""
    unsealed_oldest_seconds: float
    backlog_measured_timestamp_seconds: float


async def measure_backlog(storage: PostgresStorage) -> Backlog:
    """Look at the queue and at every company, one after another. Storage is open as the worker.

    Raises StorageUnavailable, psycopg.Error.
    """
    async with storage.pool.connection() as connection:
        cursor = await connection.execute(_JOBS, {"queues": [queue.value for queue in Queue]})
        waiting, failed, oldest_job_seconds = await cursor.fetchone() or (0, 0, 0.0)
    unsealed: list[Pending] = []
    for company in await companies(storage):
        unsealed += await _unsealed(storage, company.id)
    now = storage.clock.now()
    return Backlog(
        jobs_waiting=waiting,
        jobs_failed=failed,
        jobs_oldest_waiting_seconds=oldest_job_seconds,
        unsealed_rows=sum(each.count for each in unsealed),
        unsealed_oldest_seconds=_age_of_oldest(unsealed, now),
        backlog_measured_timestamp_seconds=now.timestamp(),
    )


async def _unsealed(storage: PostgresStorage, company_id: UUID) -> list[Pending]:
    actor = Actor(SYSTEM_ACTOR_ID, new_id())
    async with storage.transaction(company_id, actor, durable=False) as store:
        return [await _unsealed_of(store, log) for log in SEALED_LOGS]


async def _unsealed_of(store: Store, log: str) -> Pending:
    last = await store.sealing.last_seal(log)
    span = Span(
        log=log,
        form=CURRENT_FORM,
        from_xid=0 if last is None else last.until_xid,
        until_xid=None,
        after_id=None if last is None else last.after_id,
    )
    return await store.sealing.pending(span)


def _age_of_oldest(pending: Iterable[Pending], now: dt.datetime) -> float:
    made = [moment_of(each.oldest_id) for each in pending if each.oldest_id is not None]
    return (now - min(made)).total_seconds() if made else 0.0
