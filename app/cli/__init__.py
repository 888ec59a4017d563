"""``wellkept``: the program's commands."""

import signal
import sys
from types import FrameType

from app.memory import look_for_cycles_rarely


def _leave(number: int, _: FrameType | None) -> None:
    """Stop as Ctrl-C does, so that the embedded server is not left behind: when told to, and when
    the terminal is closed."""
    sys.exit(128 + number)


def main() -> None:
    """Run a command. What the operator can mend is one line and an exit code.

    They are imported here, after collections were made rare: they would look through all that is
    imported again and again, which is a third of a start.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _leave)
    look_for_cycles_rarely()
    from app.cli.commands import application  # noqa: PLC0415

    try:
        application()
    except Exception as error:
        from app.cli.failures import explained  # noqa: PLC0415

        failure = explained(error)
        if failure is None:
            raise
        print(f"wellkept: {failure.line}", file=sys.stderr)  # noqa: T201
        sys.exit(failure.code)
