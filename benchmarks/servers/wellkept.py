"""The product itself: key, row-level security, trail, access log, limits, log lines, metrics."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from litestar import Litestar

from app import logs
from app.runtime import opened
from app.server import create_app
from app.settings import Settings
from storage.files import FileVault
from storage.files.local import LocalFileStore

UNLIMITED = "1000000000/minute"


@asynccontextmanager
async def application(url: str, connections: int) -> AsyncIterator[Litestar]:
    """As ``wellkept serve`` makes it, with the limits out of reach."""
    settings = Settings(
        pool_size=connections, rate_per_address=UNLIMITED, rate_per_principal=UNLIMITED
    )
    logs.configure(settings.log_format)
    async with opened(url, settings) as storage:
        yield create_app(settings, storage, FileVault(LocalFileStore(Path("files"))))
