"""``wellkept jobs``: what the worker gave up on, and trying it again."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import procrastinate
import typer
from procrastinate.jobs import Job, Status
from rich.console import Console
from rich.table import Table

from app.jobs.worker import queue_of
from app.runtime import installation
from app.settings import Settings

Result = TypeVar("Result")


def list_failed() -> None:
    """List the jobs that failed for good."""
    failed = _on_queue(lambda queue: queue.job_manager.list_jobs_async(status=Status.FAILED.value))
    table = Table("Job", "Task", "Attempts", "Arguments")
    for job in failed:
        arguments = ", ".join(f"{name}={value}" for name, value in sorted(job.task_kwargs.items()))
        table.add_row(str(job.id), job.task_name, str(job.attempts), arguments)
    Console().print(table if table.rows else "no job has failed for good")


def retry(job_ids: list[int]) -> None:
    """Put failed jobs back into the queue."""
    retried = _on_queue(lambda queue: _retry(queue, job_ids))
    typer.echo(f"{len(retried)} of {len(job_ids)} jobs are in the queue again")
    if len(retried) < len(job_ids):
        raise typer.Exit(1)


async def _retry(queue: procrastinate.App, job_ids: list[int]) -> list[Job]:
    failed = await queue.job_manager.list_jobs_async(status=Status.FAILED.value)
    wanted = [job for job in failed if job.id in job_ids]
    for job in wanted:
        await queue.job_manager.retry_job(job)
    return wanted


def _on_queue(ask: Callable[[procrastinate.App], Awaitable[Result]]) -> Result:
    settings = Settings.from_environment()

    async def asked(url: str) -> Result:
        queue = queue_of(url, prepares_statements=settings.prepares_statements)
        async with queue.open_async():
            return await ask(queue)

    with installation(settings) as place:
        return asyncio.run(asked(place.worker))
