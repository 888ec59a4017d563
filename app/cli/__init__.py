"""``wellkept``: the program's commands."""

import signal
import sys
from types import FrameType

import typer

from app.cli import codes, database, files, identity, mips, packs, remittances, secrets
from app.cli.archives import export, import_archive
from app.cli.backup import backup, restore
from app.cli.deletions import certificate, delete, deletions, verify_certificate
from app.cli.failures import explained
from app.cli.imports import import_dump
from app.cli.jobs import app as jobs
from app.cli.migrate import migrate
from app.cli.migration_status import write_migration_status
from app.cli.run import run
from app.cli.serve import serve
from app.cli.signing_keys import signing_keys
from app.cli.status import status
from app.cli.trail import audit, maintain, retention, seal
from app.cli.work import work
from app.memory import look_for_cycles_rarely

application = typer.Typer(
    name="wellkept",
    help="Claims, remittances and regulatory compliance, kept in PostgreSQL.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for command in (run, serve, work, migrate, status, backup, restore, seal, maintain, retention):
    application.command()(command)
application.command("import")(import_dump)
application.command("signing-keys")(signing_keys)
application.command("migration-status")(write_migration_status)
identity.company.command("export")(export)
identity.company.command("import-archive")(import_archive)
identity.company.command("delete")(delete)
identity.company.command("deletions")(deletions)
identity.company.command("certificate")(certificate)
identity.company.command("verify-certificate")(verify_certificate)
application.add_typer(identity.company, name="company")
application.add_typer(identity.user, name="user")
application.add_typer(identity.key, name="key")
application.add_typer(audit, name="audit")
application.add_typer(jobs, name="jobs")
application.add_typer(database.app, name="database")
application.add_typer(secrets.app, name="secrets")
application.add_typer(files.app, name="files")
application.add_typer(codes.app, name="codes")
application.add_typer(mips.app, name="mips")
application.add_typer(packs.app, name="pack")
application.add_typer(remittances.app, name="remittance")


def _leave(number: int, _: FrameType | None) -> None:
    """Stop as Ctrl-C does, so that the embedded server is not left behind."""
    sys.exit(128 + number)


def main() -> None:
    """Run a command. What the operator can mend is one line and an exit code."""
    signal.signal(signal.SIGTERM, _leave)
    look_for_cycles_rarely()
    try:
        application()
    except Exception as error:
        failure = explained(error)
        if failure is None:
            raise
        print(f"wellkept: {failure.line}", file=sys.stderr)  # noqa: T201
        sys.exit(failure.code)
