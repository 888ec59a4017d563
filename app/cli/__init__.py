"""``wellkept``: the program's commands."""

import sys

import typer

from app.cli import remittances
from app.cli.failures import explained
from app.cli.jobs import app as jobs
from app.cli.migrate import migrate
from app.cli.run import run
from app.cli.serve import serve
from app.cli.status import status
from app.cli.work import work

application = typer.Typer(
    name="wellkept",
    help="Claims, remittances, quality and compliance records, kept in PostgreSQL.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for command in (run, serve, work, migrate, status):
    application.command()(command)
application.add_typer(jobs, name="jobs")
application.add_typer(remittances.app, name="remittance")


def main() -> None:
    """Run a command. What the operator can mend is one line and an exit code."""
    try:
        application()
    except Exception as error:
        failure = explained(error)
        if failure is None:
            raise
        print(f"wellkept: {failure.line}", file=sys.stderr)  # noqa: T201
        sys.exit(failure.code)
