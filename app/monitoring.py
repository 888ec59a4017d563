"""What a process without an API answers about itself, and the backlog that it measures."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog
from litestar import Litestar
from litestar.datastructures import State

from app.api import health
from app.http_server import HttpServer, server_configuration
from app.listener import probe_listener
from app.metrics import Metrics
from app.runtime import Installation
from app.settings import Settings
from services.claims.clearing.silence_totals import measure_silences
from services.ending import end_all
from storage.postgres.backlog import measure_backlog
from storage.postgres.checks import readiness
from storage.postgres.deletions import measure_deletions
from storage.postgres.directory import companies
from storage.postgres.log_archive import measure_log_archive
from storage.postgres.transaction import PostgresStorage

log = structlog.get_logger("wellkept.monitoring")

_MEASURE_EVERY_SECONDS = 30
_MEASURE_SILENCES_EVERY_SECONDS = 600


@asynccontextmanager
async def measuring(storage: PostgresStorage, metrics: Metrics) -> AsyncIterator[None]:
    """Measure the backlog, the log's archive and deletions twice a minute, and what was not
    answered every ten, while this lasts. Storage is open as the worker's role."""
    tasks = [
        asyncio.create_task(_measure(storage, metrics)),
        asyncio.create_task(_measure_silences(storage, metrics)),
    ]
    try:
        yield
    finally:
        await end_all(*tasks)


async def _measure(storage: PostgresStorage, metrics: Metrics) -> None:
    while True:
        try:
            metrics.note_backlog(await measure_backlog(storage))
        except Exception as error:
            log.warning("backlog not measured", exc_info=error)
        try:
            metrics.note_log_archive(await measure_log_archive(storage))
        except Exception as error:
            log.warning("archive of the log not measured", exc_info=error)
        try:
            metrics.note_deletions(await measure_deletions(storage))
        except Exception as error:
            log.warning("deletions not measured", exc_info=error)
        await asyncio.sleep(_MEASURE_EVERY_SECONDS)


async def _measure_silences(storage: PostgresStorage, metrics: Metrics) -> None:
    while True:
        try:
            ids = [company.id for company in await companies(storage)]
            metrics.note_silences(await measure_silences(storage, ids, storage.clock.now()))
        except Exception as error:
            log.warning("silences not measured", exc_info=error)
        await asyncio.sleep(_MEASURE_SILENCES_EVERY_SECONDS)


@asynccontextmanager
async def answering_probes(
    installation: Installation, storage: PostgresStorage, metrics: Metrics
) -> AsyncIterator[None]:
    """Answer /health and /metrics while this lasts, where the settings name a port for it.

    Raises PortInUse.
    """
    settings = installation.settings
    if not settings.metrics_port:
        yield
        return
    with probe_listener(settings) as listening:
        app = probe_app(
            settings,
            metrics,
            readiness=lambda: readiness(storage),
            warnings=lambda: health.warnings_of(settings, storage.clock),
        )
        server = HttpServer(
            server_configuration(app, settings),
            ready=lambda: None,
            stopping=asyncio.Event(),
            drain_seconds=0,
            is_shared=False,
        )
        serving = asyncio.create_task(server.serve(sockets=[listening.socket]))
        try:
            yield
        finally:
            server.stop()
            await serving


def probe_app(
    settings: Settings,
    metrics: Metrics,
    *,
    readiness: Callable[[], Awaitable[str | None]],
    warnings: Callable[[], list[str]],
) -> Litestar:
    """The application that answers for a worker."""
    return Litestar(
        route_handlers=[health.live, health.ready, health.metrics],
        openapi_config=None,
        state=State(
            {
                "metrics": metrics,
                "readiness": readiness,
                "warnings": warnings,
                "metrics_token": settings.metrics_token,
            }
        ),
        debug=False,
        logging_config=None,
    )
