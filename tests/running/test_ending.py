"""What lasts as long as something else ends with it, even if its first cancellation is lost."""

import asyncio
import contextlib

import pytest

from services.ending import end_all

pytestmark = pytest.mark.anyio


async def test_a_task_ends_that_lost_its_first_cancellation() -> None:
    lost = asyncio.Event()

    async def lasting() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        lost.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(lasting())
    await asyncio.sleep(0)
    async with asyncio.timeout(30):
        await end_all(task)
    assert lost.is_set()
    assert task.cancelled()


async def test_tasks_that_failed_or_are_over_are_ended_already() -> None:
    async def failing() -> None:
        raise ValueError

    async def over() -> None: ...

    tasks = (asyncio.create_task(failing()), asyncio.create_task(over()))
    await asyncio.wait(tasks)
    await end_all(*tasks)
    assert isinstance(tasks[0].exception(), ValueError)


async def test_nothing_to_end_is_no_fault() -> None:
    await end_all()
