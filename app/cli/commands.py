"""The commands of the program, by name."""

import typer

from app.cli import codes, database, files, identity, mips, packs, remittances, secrets
from app.cli.archives import export, import_archive
from app.cli.backup import backup, restore
from app.cli.deletions import certificate, delete, deletions, verify_certificate
from app.cli.held import held
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
identity.company.command("held")(held)
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
