"""``wellkept run``: everything at once, which is what ``make run`` does."""

import sys

from app import logs, serving
from app.runtime import Installation, installation
from app.settings import Settings


def run() -> None:
    """Start the database, bring its schema up to date, and serve with the worker beside.

    The first time two demonstration companies are made, and their credentials printed.
    """
    settings = Settings.from_environment()
    logs.configure(settings.log_format)
    with serving.listening_socket(settings) as listener:
        _say("starting the database")
        with installation(settings, progress=_say) as place:
            place.migrate()
            _demonstrate(place)
            serving.serve(
                place,
                listener,
                with_worker=place.worker_url is not None,
                ready=lambda: _announce(settings),
            )


def _demonstrate(place: Installation) -> None:
    pass


def _announce(settings: Settings) -> None:
    _say(f"Wellkept answers at        {settings.url}")
    _say(f"its API is described at    {settings.url}/api/v1/reference")
    _say("Ctrl-C stops it")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201
