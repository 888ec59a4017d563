"""``wellkept status``."""

from collections.abc import Iterable
from contextlib import suppress

import psycopg
import typer

from app.cli.failures import explained
from app.runtime import Installation, installation
from app.settings import Settings
from storage import migrations
from storage.deletion.closing import reading_as_owner
from storage.deletion.register import under_way
from storage.errors import StorageError
from storage.postgres.checks import check_server
from storage.secrets.usage import check_master_keys


def status() -> None:
    """Say what this installation is made of and whether it is fit to serve."""
    settings = Settings.from_environment()
    with installation(settings) as place:
        for name, value in _facts(place):
            typer.echo(f"{name:<16}{value}")
        if place.owner_url is not None:
            with suppress(StorageError, psycopg.Error):  # said below, as what keeps it from serving
                for line in _deletions(place.owner_url):
                    typer.echo(f"{'closed company':<16}{line}")
        try:
            check_server(place.app_url)
            check_master_keys(place.app_url, place.keyring)
        except Exception as error:
            failure = explained(error)
            if failure is None:
                raise
            typer.echo(f"{'fit to serve':<16}no: {failure.line}")
            raise typer.Exit(failure.code) from None
        typer.echo(f"{'fit to serve':<16}yes")


def _facts(place: Installation) -> Iterable[tuple[str, str]]:
    settings = place.settings
    yield "address", settings.url
    yield "database", "embedded PostgreSQL" if place.is_embedded else "WELLKEPT_DATABASE_URL"
    yield "data directory", str(settings.data_directory.absolute())
    yield "schema needed", migrations.expected_revision()
    yield "worker", "configured" if place.worker_url is not None else "WELLKEPT_WORKER_URL missing"
    yield "e-mail", "configured" if settings.smtp_url else "WELLKEPT_SMTP_URL missing: e-mails wait"
    yield "owner", "configured" if place.owner_url is not None else "WELLKEPT_OWNER_URL missing"


def _deletions(owner_url: str) -> Iterable[str]:
    """Companies that are on their way out, and what keeps each from getting on."""
    with reading_as_owner(owner_url) as owner:
        for each in under_way(owner):
            got_on = "never" if each.got_on_at is None else f"{each.got_on_at:%Y-%m-%d %H:%M}"
            kept = "" if each.obstacle is None else f", kept by: {each.obstacle}"
            yield f"{each.slug} since {each.closed_at:%Y-%m-%d}, last got on {got_on}{kept}"
