"""``wellkept migrate``."""

from typing import Annotated

import typer

from app.runtime import installation
from app.settings import Settings
from storage import migrations


def migrate(
    revision: Annotated[str, typer.Option(help="Where to stop; without it, the newest.")] = "head",
) -> None:
    """Bring the schema of the database up to date, as its owner."""
    settings = Settings.from_environment()
    with installation(settings) as place:
        migrations.upgrade(place.owner, revision)
    reached = migrations.expected_revision() if revision == "head" else revision
    typer.echo(f"the schema is at revision {reached}")
