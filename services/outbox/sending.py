"""How a line of the outbox gets a worker."""

import datetime as dt

from storage.interface import Store
from storage.vocabulary.outbox import Channel
from storage.vocabulary.work import Queue

DELIVER = "deliver"
"""The job that delivers what is due in one line."""


async def enqueue_delivery(
    store: Store,
    line: str,
    channel: Channel,
    *,
    due: dt.datetime | None = None,
    once: bool = False,
) -> None:
    """Have a worker deliver what is due in a line, once this transaction has committed.

    ``once``: unless it has been asked to already, and has not begun.
    """
    await store.enqueue(
        DELIVER,
        {"destination": line, "channel": channel.value},
        due=due,
        queue=Queue.DELIVERIES,
        once=f"{DELIVER}/{line}" if once else None,
    )
