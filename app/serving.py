"""The HTTP server and the worker beside it, from start to graceful stop."""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import structlog
import uvicorn
import uvloop
from litestar import Litestar

from app.jobs.worker import run_worker
from app.runtime import Installation
from app.server import create_app
from app.settings import Settings
from storage.postgres.checks import check_server, readiness
from storage.secrets.usage import check_master_keys

log = structlog.get_logger("wellkept")

LONGEST_STOP_SECONDS = 30
"""How long requests that are under way and the job at hand may take to finish."""


class PortInUse(Exception):
    """Something else listens at the address."""


def listening_socket(settings: Settings) -> socket.socket:
    """The socket to serve at. Raises PortInUse."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=1024)
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise PortInUse(
            f"cannot listen at {settings.host} port {settings.port} ({reason}); choose another"
            " with WELLKEPT_PORT"
        ) from error


def serve(
    installation: Installation,
    listener: socket.socket,
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
    check_master_keys(installation.worker, installation.keyring)
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
    listener: socket.socket,
    *,
    with_worker: bool,
    ready: Callable[[], None],
) -> None:
    async with installation.storage() as storage:
        app = create_app(
            installation.settings,
            storage,
            installation.vault,
            readiness=lambda: readiness(storage),
        )
        server = _Server(server_configuration(app), ready)
        async with _beside(installation) if with_worker else contextlib.nullcontext():
            with _on_stop(server.stop):
                await server.serve(sockets=[listener])
        log.info("stopped")


def server_configuration(app: Litestar) -> uvicorn.Config:
    """How the application is served. Who asks is who connected: a header that names another
    address is not believed, because limits go by it."""
    return uvicorn.Config(
        app,
        loop="none",
        http="httptools",
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=LONGEST_STOP_SECONDS,
    )


class _Server(uvicorn.Server):
    """Leaves signals to the program and tells when it answers."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def stop(self) -> None:
        """Finish what is under way; asked a second time, do not wait for it."""
        self.force_exit = self.should_exit
        self.should_exit = True


async def _work(installation: Installation) -> None:
    async with installation.worker_storage() as storage:
        stop = asyncio.Event()
        with _on_stop(stop.set):
            await run_worker(installation, storage, stop)
        log.info("stopped")


@asynccontextmanager
async def _beside(installation: Installation) -> AsyncIterator[None]:
    """The worker, running while something else does."""
    async with installation.worker_storage() as storage:
        stop = asyncio.Event()
        worker = asyncio.create_task(run_worker(installation, storage, stop))
        try:
            yield
        finally:
            stop.set()
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
