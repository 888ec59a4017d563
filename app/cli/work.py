"""``wellkept work``."""

import sys

from app import logs, serving
from app.runtime import installation
from app.settings import Settings


def work() -> None:
    """Run the jobs of the queue until SIGTERM or Ctrl-C."""
    settings = Settings.from_environment()
    logs.configure(settings.log_format)
    with installation(settings, progress=lambda line: print(line, file=sys.stderr)) as place:  # noqa: T201
        serving.work(place)
