"""Whether the program can work, and what has to be mended although it can."""

from pathlib import Path

import httpx
import pytest

from app.server import Routes
from app.settings import Settings
from storage.files import FileVault
from storage.postgres.transaction import PostgresStorage
from tests.builders.people import browser

pytestmark = pytest.mark.anyio

NO_MAIL = "e-mails wait: WELLKEPT_SMTP_URL is not set"


async def ready(
    routes: Routes, storage: PostgresStorage, vault: FileVault, folder: Path | None
) -> httpx.Response:
    text = None if folder is None else str(folder)
    settings = Settings(roots_directory=text, backups_directory=text)
    async with browser(routes.serving(settings, storage, vault)) as client:
        return await client.get("/health/ready")


async def test_roots_and_backups_that_do_not_come_are_warnings_and_no_reason_to_stop(
    routes: Routes, storage: PostgresStorage, vault: FileVault, tmp_path: Path
) -> None:
    quiet = await ready(routes, storage, vault, None)
    silent = await ready(routes, storage, vault, tmp_path)
    assert (quiet.status_code, quiet.json()) == (200, {"status": "ready", "warnings": [NO_MAIL]})
    assert silent.status_code == 200
    assert silent.json()["warnings"] == [
        "no roots of the audit trail were exported yet",
        "WELLKEPT_BACKUPS_DIRECTORY holds no backup that can be read",
        NO_MAIL,
    ]
