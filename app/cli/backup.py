"""``wellkept backup`` and ``wellkept restore``: the embedded server, and the way back."""

import asyncio
import datetime as dt
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from app.cli.trail import Verdict, print_reports, worse
from app.runtime import (
    DATABASE,
    Installation,
    files_directory,
    installation,
    postgresql_directory,
)
from app.settings import Settings, SettingsError
from storage.backup.description import Backup
from storage.backup.kept_files import kept_files_restored
from storage.backup.restoring import restored
from storage.backup.taking import take_backup
from storage.clock import SystemClock
from storage.embedded import EmbeddedServer, Role
from storage.postgres.directory import companies
from storage.postgres.transaction import PostgresStorage
from storage.trail.keys import KnownKeys
from storage.trail.verification import verify_company

_OWN_SERVER = (
    "{command} is for the embedded server; with a server of your own use its programs, as"
    " docs/backup.md says (WELLKEPT_DATABASE_URL is set)"
)


def backup(
    target: Annotated[
        Path | None,
        typer.Argument(
            help="A folder; each backup gets a new one in it. Without it, the one that"
            " WELLKEPT_BACKUPS_DIRECTORY names."
        ),
    ] = None,
    trial: Annotated[
        bool, typer.Option(help="Restore it beside itself at once, and compare every row.")
    ] = True,
) -> None:
    """Copy the embedded server while it works, with the kept files, and prove that it comes back.

    The keys are not copied: keep them apart (the folder ``keys`` of the data directory).
    Exits with 1 where the trial finds a difference or a broken audit trail.
    """
    settings = _with_embedded("wellkept backup")
    folder = _folder(settings) if target is None else target
    files = files_directory(settings) if settings.files_url is None else None
    with installation(settings, progress=typer.echo) as place:
        assert place.embedded is not None
        taken = take_backup(place.embedded, DATABASE, folder, files=files, now=SystemClock().now())
        typer.echo(
            f"{taken.directory}: {len(taken.contents)} tables, {taken.rows} rows"
            f" at {taken.taken_at:%Y-%m-%d %H:%M:%S} UTC"
        )
        if trial:
            _try(taken, place, folder)
            taken.tried()


def restore(
    source: Annotated[Path, typer.Argument(help="One backup: a folder that `backup` made.")],
    until: Annotated[
        str | None, typer.Option(help="Bring it to this moment, like 2026-03-01T14:30:00Z.")
    ] = None,
    wal: Annotated[
        Path | None, typer.Option(help="The archived log (WELLKEPT_WAL_ARCHIVE of that server).")
    ] = None,
) -> None:
    """Bring a backup back into the data directory, which must not hold a database yet.

    Without UNTIL it is as it was when the backup was taken, and every row is compared with what
    was written down then. Exits with 1 where that differs or the log does not reach UNTIL.
    """
    settings = _with_embedded("wellkept restore")
    moment = None if until is None else _moment(until)
    found = Backup.read(source)
    directory = postgresql_directory(settings)
    with (
        kept_files_restored(found, files_directory(settings)),
        restored(found, directory, until=moment, wal=wal),
    ):
        pass
    state = "every row compared" if moment is None else f"as of {moment.isoformat()}"
    typer.echo(f"{directory}: restored from {found.directory}, {state}")
    typer.echo(
        "now put the folder keys back into the data directory, and run `wellkept audit verify"
        " --roots` with roots that were exported earlier: they say whether anything is missing"
    )


def _with_embedded(command: str) -> Settings:
    settings = Settings.from_environment()
    if settings.database_url is not None:
        raise SettingsError(_OWN_SERVER.format(command=command))
    return settings


def _folder(settings: Settings) -> Path:
    """It is not made: a disk that is not mounted must not be mistaken for it."""
    if settings.backups_directory is None:
        raise typer.BadParameter("name a folder, or set WELLKEPT_BACKUPS_DIRECTORY")
    folder = Path(settings.backups_directory)
    if not folder.is_dir():
        raise SettingsError(f"WELLKEPT_BACKUPS_DIRECTORY: there is no folder {folder}")
    return folder


def _moment(text: str) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise typer.BadParameter("a moment with its zone, like 2026-03-01T14:30:00Z")
    return moment


def _try(taken: Backup, place: Installation, target: Path) -> None:
    with (
        tempfile.TemporaryDirectory(prefix=".trial-", dir=target) as scratch,
        restored(taken, Path(scratch) / "postgresql") as server,
    ):
        verdict = asyncio.run(_verify(server, taken.database, place.signing.known))
    if verdict is Verdict.TAMPERED:
        raise typer.Exit(verdict)
    typer.echo("tried: restored beside itself, every row compared, the audit trail in order")


async def _verify(server: EmbeddedServer, database: str, keys: KnownKeys) -> Verdict:
    verdict = Verdict.CLEAN
    storage = PostgresStorage(server.url(Role.WORKER, database))
    await storage.open()
    try:
        for company in await companies(storage):
            reports = await verify_company(storage, company.id, keys)
            verdict = worse(verdict, print_reports(company.slug, reports))
    finally:
        await storage.close()
    return verdict
