"""``wellkept migration-status``."""

from pathlib import Path
from typing import Annotated

import typer

from app.migration_status import FILE, migration_status
from app.server import create_app
from app.settings import Settings
from storage.files import FileVault
from storage.files.local import LocalFileStore
from storage.postgres.transaction import PostgresStorage


def write_migration_status(
    check: Annotated[bool, typer.Option(help="Only say whether it is up to date.")] = False,
) -> None:
    """Write MIGRATION_STATUS.md from the code and the schema."""
    never_opened = PostgresStorage("postgresql://")
    app = create_app(Settings(), never_opened, FileVault(LocalFileStore(Path("files"))))
    written = migration_status(app)
    if not check:
        FILE.write_text(written, "utf-8")
        return
    if not FILE.exists() or FILE.read_text("utf-8") != written:
        typer.echo("MIGRATION_STATUS.md is out of date: run wellkept migration-status")
        raise typer.Exit(1)
