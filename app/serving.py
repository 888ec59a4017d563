"""The HTTP server and the worker beside it, from start to graceful stop."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import structlog
import uvloop

from app.folders import backup_folder, root_folder
from app.http_server import HttpServer, server_configuration
from app.jobs.worker import run_worker
from app.listener import Listener
from app.metrics import Metrics
from app.monitoring import answering_probes, measuring
from app.runtime import Installation
from app.server import create_app
from app.supervision import supervised
from storage.postgres.checks import check_server, readiness
from storage.secrets.usage import check_master_keys

log = structlog.get_logger("wellkept")


def serve(
    installation: Installation,
    listener: Listener,
    *,
    with_worker: bool,
    ready: Callable[[], None] = lambda: None,
) -> None:
    """Serve until SIGTERM or SIGINT; requests under way are finished first.

    ``ready`` is called once it answers. Raises what check_server and check_master_keys raise.
    """
    check_server(installation.app_url)
    check_master_keys(installation.app_url, installation.keyring)
    if with_worker:
        check_server(installation.worker)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(installation, listener, with_worker=with_worker, ready=ready))


def work(installation: Installation) -> None:
    """Run jobs until SIGTERM or SIGINT; the job at hand is finished first.

    Raises what check_server and check_master_keys raise.
    """
    check_server(installation.worker)
    check_master_keys(installation.worker, installation.keyring)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_work(installation))


async def _serve(
    installation: Installation,
    listener: Listener,
    *,
    with_worker: bool,
    ready: Callable[[], None],
) -> None:
    stopping = asyncio.Event()
    metrics = Metrics()
    async with supervised(installation.embedded), installation.storage() as storage:
        metrics.watch_pool("requests", storage)

        async def fault() -> str | None:
            return "the program is stopping" if stopping.is_set() else await readiness(storage)

        app = create_app(
            installation.settings,
            storage,
            installation.vault,
            readiness=fault,
            is_stopping=stopping.is_set,
            metrics=metrics,
            signing=installation.signing,
        )
        server = HttpServer(
            server_configuration(app, installation.settings),
            ready=ready,
            stopping=stopping,
            drain_seconds=installation.settings.drain_seconds,
            is_shared=listener.is_shared,
        )
        worker = _beside(installation, stopping, metrics)
        async with worker if with_worker else contextlib.nullcontext():
            with _on_stop(server.stop):
                await server.serve(sockets=[listener.socket])
        log.info("stopped")


async def _work(installation: Installation) -> None:
    async with (
        supervised(installation.embedded),
        installation.worker_storage() as storage,
    ):
        stop, metrics = asyncio.Event(), Metrics()
        if (folder := root_folder(installation.settings)) is not None:
            metrics.watch_roots(folder)
        if (backups := backup_folder(installation.settings)) is not None:
            metrics.watch_backups(backups)
        metrics.watch_pool("jobs", storage)
        with _on_stop(stop.set):
            async with (
                measuring(storage, metrics),
                answering_probes(installation, storage, metrics),
            ):
                await run_worker(installation, storage, stop, metrics)
        log.info("stopped")


@asynccontextmanager
async def _beside(
    installation: Installation, stopping: asyncio.Event, metrics: Metrics
) -> AsyncIterator[None]:
    """The worker, running while something else does; told to stop, it begins no other job."""
    async with installation.worker_storage() as storage, measuring(storage, metrics):
        metrics.watch_pool("jobs", storage)
        worker = asyncio.create_task(run_worker(installation, storage, stopping, metrics))
        try:
            yield
        finally:
            stopping.set()
            await worker


@contextlib.contextmanager
def _on_stop(stop: Callable[[], None]) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
