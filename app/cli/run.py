"""``wellkept run``: everything at once, which is what ``make run`` does."""

import asyncio
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from app import logs, serving
from app.demo.founding import Credential, credentials_file, found_demonstration
from app.listener import listener
from app.runtime import Installation, installation
from app.settings import Settings
from storage import migrations


def run() -> None:
    """Start the database, bring its schema up to date, and serve with the worker beside.

    On the embedded database two demonstration companies are made the first time, and their
    credentials printed.
    """
    settings = Settings.from_environment()
    logs.configure(settings.log_format)
    with (
        listener(settings) as listening,
        installation(settings, progress=_say) as place,
    ):
        migrations.upgrade(place.owner)
        credentials = _demonstrate(place) if place.is_embedded else []
        serving.serve(
            place,
            listening,
            with_worker=place.worker_url is not None,
            ready=lambda: _announce(settings, credentials),
        )


def _demonstrate(place: Installation) -> Sequence[Credential]:
    if not credentials_file(place.settings.data_directory).exists():
        _say("making two demonstration companies: a few seconds, this once")
    return asyncio.run(found_demonstration(place))


def _announce(settings: Settings, credentials: Sequence[Credential]) -> None:
    if credentials:
        table = Table("Company", "Role", "Name", "Signs in as", "Password or key", "Authenticator")
        for each in credentials:
            table.add_row(
                each.company,
                each.kind,
                each.name,
                each.sign_in,
                each.secret,
                each.second_factor or "",
            )
        for column in table.columns:
            column.no_wrap = True
            column.overflow = "ignore"
        Console(width=max(200, Console().width)).print(table, crop=False)
    file = credentials_file(settings.data_directory)
    if file.exists():
        _say(f"Credentials are in     {file}")
    _say(f"Wellkept answers at    {settings.url}")
    _say(f"API reference          {settings.url}/api/v1/reference")
    _say("Ctrl-C stops it")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201
