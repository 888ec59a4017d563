"""What waits to be done in the whole installation, for whoever watches it; never by company."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from storage.identifiers import SYSTEM_ACTOR_ID, moment_of, new_id
from storage.interface import Actor, Store
from storage.postgres.directory import companies
from storage.postgres.transaction import PostgresStorage, PostgresStore
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


_OUTBOX = """
SELECT count(*) FILTER (WHERE status <> 'failed'), count(*) FILTER (WHERE status = 'failed'),
       min(created_at) FILTER (WHERE status <> 'failed')
FROM outbox_messages
WHERE company_id = %(company_id)s AND status IN ('waiting', 'delivering', 'failed')
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
    outbox_waiting: int
    """Messages that are to leave the house and have not arrived."""
    outbox_oldest_seconds: float
    outbox_failed: int
    """Messages that were given up."""
    backlog_measured_timestamp_seconds: float


async def measure_backlog(storage: PostgresStorage) -> Backlog:
    """Look at the queue and at every company, one after another. Storage is open as the worker.

    Raises StorageUnavailable, psycopg.Error.
    """
    async with storage.pool.connection() as connection:
        cursor = await connection.execute(_JOBS, {"queues": [queue.value for queue in Queue]})
        waiting, failed, oldest_job_seconds = await cursor.fetchone() or (0, 0, 0.0)
    found = [await _of_company(storage, company.id) for company in await companies(storage)]
    now = storage.clock.now()
    unsealed = [each.unsealed_since for each in found if each.unsealed_since is not None]
    unsent = [each.unsent_since for each in found if each.unsent_since is not None]
    return Backlog(
        jobs_waiting=waiting,
        jobs_failed=failed,
        jobs_oldest_waiting_seconds=oldest_job_seconds,
        unsealed_rows=sum(each.unsealed for each in found),
        unsealed_oldest_seconds=_age(unsealed, now),
        outbox_waiting=sum(each.unsent for each in found),
        outbox_oldest_seconds=_age(unsent, now),
        outbox_failed=sum(each.given_up for each in found),
        backlog_measured_timestamp_seconds=now.timestamp(),
    )


@dataclass(frozen=True)
class _Waiting:
    """What waits of one company, and since when the oldest has."""

    unsealed: int
    unsealed_since: dt.datetime | None
    unsent: int
    unsent_since: dt.datetime | None
    given_up: int


async def _of_company(storage: PostgresStorage, company_id: UUID) -> _Waiting:
    actor = Actor(SYSTEM_ACTOR_ID, new_id())
    async with storage.transaction(company_id, actor, durable=False) as store:
        pending = [await _unsealed_of(store, log) for log in SEALED_LOGS]
        assert isinstance(store, PostgresStore)
        cursor = await store.execute(_OUTBOX, {"company_id": company_id})
        unsent, given_up, unsent_since = await cursor.fetchone() or (0, 0, None)
    oldest = [moment_of(each.oldest_id) for each in pending if each.oldest_id is not None]
    return _Waiting(
        unsealed=sum(each.count for each in pending),
        unsealed_since=min(oldest, default=None),
        unsent=unsent,
        unsent_since=unsent_since,
        given_up=given_up,
    )


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


def _age(since: Sequence[dt.datetime], now: dt.datetime) -> float:
    """Of the oldest, in seconds."""
    return (now - min(since)).total_seconds() if since else 0.0
