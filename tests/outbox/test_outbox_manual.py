"""What the manual shows to integrators does what it says."""

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from services.outbox.endpoints import webhook_limits
from services.outbox.retries import retry_schedules
from services.outbox.sftp import LONGEST_SECONDS
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.outbox import Channel
from tests.builders.certificates import Authority
from tests.builders.companies import CompanyForTests
from tests.builders.receivers import Receiver, receiving
from tests.outbox.deliveries import Hooks

pytestmark = pytest.mark.anyio

MANUAL = Path(__file__).parents[2] / "docs" / "outbox.md"


def example() -> Callable[[str, bytes, dict[str, str]], str | None]:
    """The function that the manual tells integrators to write."""
    (code,) = re.findall(r"```python\n(.*?)```", MANUAL.read_text("utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(code, str(MANUAL), "exec"), names)  # noqa: S102 -- our own manual
    take: Callable[[str, bytes, dict[str, str]], str | None] = names["take"]
    return take


async def test_the_receiver_of_the_manual_takes_a_message_once_and_no_forged_one(
    worker: PostgresStorage, company: CompanyForTests, authority: Authority
) -> None:
    hooks, receiver, take = Hooks(worker, company, authority), Receiver(), example()
    async with receiving(receiver, tls=authority.server) as port:
        made = await hooks.endpoint(port)
        await hooks.happen()
        await hooks.deliver(made.endpoint, port)
    (received,) = receiver.received
    assert take(made.secret, received.body + b" ", received.headers) is None
    assert take(made.secret, received.body, received.headers) == "key.revoked"
    assert take(made.secret, received.body, received.headers) is None


def test_the_figures_of_the_manual_are_those_of_the_schedules() -> None:
    text = MANUAL.read_text("utf-8")
    webhook, email, mailbox = (
        retry_schedules()[each] for each in (Channel.WEBHOOK, Channel.EMAIL, Channel.MAILBOX)
    )
    waits = [int(webhook.longest_wait(at).total_seconds()) for at in (1, 2, 3)]
    assert f"{webhook.attempts} times" in text
    assert f"{waits[0]} seconds, {waits[1]}, {waits[2]}" in text
    assert f"at most {webhook.longest_seconds // 3600} hours" in text
    assert f"up to {email.attempts} times" in text
    waits = [mailbox.longest_wait(at) for at in range(1, mailbox.attempts)]
    assert f"up to {mailbox.attempts} times over at most six days" in text
    assert dt.timedelta(days=6) <= sum(waits, dt.timedelta()) < dt.timedelta(days=7)
    assert (LONGEST_SECONDS, "nine minutes" in text) == (9 * 60, True)
    assert webhook_limits().lasting_failure_days == 5
    assert "five days" in text
