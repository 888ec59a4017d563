"""``wellkept serve``."""

import sys
from typing import Annotated

import typer

from app import logs, serving
from app.listener import listener
from app.runtime import installation
from app.settings import Settings


def serve(
    worker: Annotated[bool, typer.Option(help="Run jobs beside the server.")] = True,
) -> None:
    """Answer HTTP requests, with the worker beside, until SIGTERM or Ctrl-C."""
    settings = Settings.from_environment()
    logs.configure(settings.log_format)
    with (
        listener(settings) as listening,
        installation(settings, progress=_say) as place,
    ):
        with_worker = worker and place.worker_url is not None
        if worker and not with_worker:
            _say("WELLKEPT_WORKER_URL is not set: jobs wait until wellkept work runs")
        serving.serve(
            place,
            listening,
            with_worker=with_worker,
            ready=lambda: _say(f"serving at {listening.address}"),
        )


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201
