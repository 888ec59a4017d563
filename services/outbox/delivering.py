"""Delivering what is due: one message of a line at a time, each at least once.

A worker takes a message with a lease, delivers it outside of any transaction, and records how it
went. A worker that dies in between leaves a lease that runs out; the message is then delivered
again, under the same id, so that the receiver can tell.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from services.outbox.lifecycle import require_move
from services.outbox.retries import retry_schedules
from services.outbox.sending import enqueue_delivery
from storage.errors import FileStoreUnavailable
from storage.interface import Actor, IStorage, Store
from storage.tables.outbox import OutboxAttemptFields, OutboxMessage
from storage.vocabulary.outbox import Channel, DeliveryFailure, MessageStatus

LEASE = dt.timedelta(minutes=2)
"""Longer than any try may take."""

LEASES = {Channel.MAILBOX: dt.timedelta(minutes=20)}
"""The same where a try takes long: a file may be large."""

ROUND = 20
"""How many messages of a line are delivered before other lines have their turn."""

OVERDUE = dt.timedelta(minutes=1)
"""A message that has been due for so long has lost its job, or waits for a channel to be set up."""

PERMANENT = frozenset(
    {
        DeliveryFailure.REFUSED,
        DeliveryFailure.UNREADABLE,
        DeliveryFailure.GONE,
        DeliveryFailure.DISABLED,
        DeliveryFailure.WITHDRAWN,
    }
)
"""What another try would not mend."""

OF_THE_LINE = frozenset(
    {
        DeliveryFailure.UNREACHABLE,
        DeliveryFailure.TIMEOUT,
        DeliveryFailure.UNVERIFIED,
        DeliveryFailure.LOGIN_REFUSED,
        DeliveryFailure.HOST_REFUSED,
        DeliveryFailure.STORE_UNAVAILABLE,
    }
)
"""What the next message of the line would meet as well: the round ends."""


@dataclass(frozen=True)
class Outcome:
    """How a try went; without a failure, well."""

    failure: DeliveryFailure | None = None
    reply_code: int | None = None


class Carrier(Protocol):
    """Takes messages of one channel out of the house."""

    async def carry(self, store: Store, message: OutboxMessage) -> "Errand":
        """What is needed to deliver a message, read in the transaction that takes it."""

    async def settle(self, store: Store, message: OutboxMessage, outcome: Outcome) -> None:
        """What else a try means, in the transaction that records it."""


class Errand(Protocol):
    """One try at one message, outside of any transaction."""

    async def run(self) -> Outcome:
        """Deliver. Never raises for what the receiver does, and ends within half a lease.

        Raises FileStoreUnavailable.
        """


@dataclass(frozen=True)
class _Taken:
    message: OutboxMessage
    errand: Errand


async def deliver_due(
    storage: IStorage,
    carriers: Mapping[Channel, Carrier],
    company_id: UUID,
    actor: Actor,
    *,
    line: str,
    channel: Channel,
) -> None:
    """Deliver what is due in a line, up to a round; the rest gets another job.

    Without a carrier for the channel everything waits.
    """
    carrier = carriers.get(channel)
    if carrier is None:
        return
    for _ in range(ROUND):
        async with storage.transaction(company_id, actor) as store:
            taken = await _take(store, carrier, line)
        if taken is None:
            return
        outcome = await _tried(taken.errand)
        async with storage.transaction(company_id, actor) as store:
            await record(store, taken.message, outcome)
            await carrier.settle(store, taken.message, outcome)
        if outcome.failure in OF_THE_LINE:
            return
    async with storage.transaction(company_id, actor) as store:
        if await store.outbox_lines.count_due(line):
            await enqueue_delivery(store, line, channel)


async def _tried(errand: Errand) -> Outcome:
    """A try at one message. That our own files cannot be read now is on record like what a receiver
    does: nobody waits for the lease to run out."""
    try:
        return await errand.run()
    except FileStoreUnavailable:
        return Outcome(DeliveryFailure.STORE_UNAVAILABLE)


async def _take(store: Store, carrier: Carrier, line: str) -> _Taken | None:
    """The next message of a line, leased; None while another of the line is under way."""
    await store.wait_for_lock(f"outbox/{line}")
    message_id = await store.outbox_lines.next_due(line)
    if message_id is None:
        return None
    waiting = await store.outbox_messages.lock(message_id)
    require_move(waiting.channel, waiting.status, MessageStatus.DELIVERING)
    message = await store.outbox_messages.update(
        message_id,
        {
            "status": MessageStatus.DELIVERING,
            "attempts": waiting.attempts + 1,
            "next_attempt_at": store.now + LEASES.get(waiting.channel, LEASE),
        },
        expected_version=waiting.version,
    )
    return _Taken(message, await carrier.carry(store, message))


async def record(store: Store, taken: OutboxMessage, outcome: Outcome) -> None:
    """Write down a try, and where the message stands after it.

    Where the lease ran out and another worker has taken the message since, only the try is
    written down: the other one knows more.
    """
    await store.outbox_attempts.create(
        OutboxAttemptFields(
            message_id=taken.id,
            number=taken.attempts,
            failure=outcome.failure,
            reply_code=outcome.reply_code,
        )
    )
    held = await store.outbox_messages.lock(taken.id)
    if held.version != taken.version:
        return
    if outcome.failure is None:
        await _settle(store, taken, MessageStatus.DELIVERED, {"sealed_payload": None})
        return
    failures = taken.failures + 1
    noted = {"failures": failures, "last_failure": outcome.failure}
    wait = retry_schedules()[taken.channel].wait(failures)
    if wait is None or outcome.failure in PERMANENT:
        await _settle(store, taken, MessageStatus.FAILED, noted)
    else:
        await _wait(store, taken, store.now + wait, noted)


async def replay(store: Store, message: OutboxMessage) -> OutboxMessage:
    """Have a message that was given up tried again, from now on and under its own id.

    Raises IllegalTransition, VersionConflict.
    """
    return await _wait(store, message, store.now, {"failures": 0})


async def _settle(
    store: Store, message: OutboxMessage, status: MessageStatus, noted: Mapping[str, object]
) -> OutboxMessage:
    """End a message's way. The content of a delivered one is not kept: it may open doors."""
    require_move(message.channel, message.status, status)
    changes = {**noted, "status": status, "next_attempt_at": None, "settled_at": store.now}
    return await store.outbox_messages.update(message.id, changes, expected_version=message.version)


async def _wait(
    store: Store, message: OutboxMessage, until: dt.datetime, noted: Mapping[str, object]
) -> OutboxMessage:
    """Have a message tried (again), and see to it that a worker comes then."""
    require_move(message.channel, message.status, MessageStatus.WAITING)
    changes = {
        **noted,
        "status": MessageStatus.WAITING,
        "next_attempt_at": until,
        "settled_at": None,
    }
    await enqueue_delivery(store, message.destination, message.channel, due=until)
    return await store.outbox_messages.update(message.id, changes, expected_version=message.version)


async def sweep(store: Store) -> int:
    """Give every line that has lost its job a new one; returns how many."""
    lines = await store.outbox_lines.overdue(since=store.now - OVERDUE)
    for channel, line in lines:
        await enqueue_delivery(store, line, channel, once=True)
    return len(lines)
