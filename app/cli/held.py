"""``wellkept company held``: what retention keeps of a company that was deleted."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from app.cli.archives import PassphraseFile, given_passphrase, told
from app.runtime import installation
from app.settings import Settings
from storage.deletion.opening import LONGEST_REASON, hand_out, held_tables
from storage.deletion.planning import PlannedTable


def held(
    slug: Annotated[str, typer.Argument(help="The slug that the company had.")],
    export: Annotated[
        Path | None, typer.Option(help="Write it to this archive, which must not be there yet.")
    ] = None,
    reason: Annotated[
        str | None,
        typer.Option(help="Who demands it, and on what ground; stands in the company's trail."),
    ] = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Say what retention holds of a company that was deleted, table by table; with --export write
    it to an archive of the form of `wellkept company export`, for whoever may demand it.

    That it was handed out, and why, stands in the trail of the company, which is held with it.
    """
    given = (reason or "").strip()
    if export is not None and not 0 < len(given) <= LONGEST_REASON:
        raise typer.BadParameter(
            f"who demands it and why, in up to {LONGEST_REASON} characters", param_hint="--reason"
        )
    if export is not None and export.exists():
        raise typer.BadParameter(f"{export} is there already", param_hint="--export")
    passphrase = None if export is None else given_passphrase(passphrase_file, is_new=True)
    with installation(Settings.from_environment()) as place:
        if export is None or passphrase is None:
            deletion, tables = held_tables(place.owner, slug)
            _print(tables)
            rows = sum(each.held for each in tables)
            typer.echo(f"{deletion.name} ({slug}), {deletion.company_id}: {rows} rows are held")
            return
        made = hand_out(
            place.owner,
            slug,
            export,
            passphrase,
            reason=given,
            vault=place.vault,
            keyring=place.keyring,
        )
    typer.echo(f"{export}: {told(made)}")
    typer.echo("keep the passphrase apart from it: nobody can open it without", err=True)


def _print(tables: list[PlannedTable]) -> None:
    shown = Table("Table", "Held", "Until", "Because of")
    for each in tables:
        until = "" if each.held_until is None else each.held_until.isoformat()
        shown.add_row(each.name, str(each.held), until, "; ".join(each.reasons))
    Console().print(shown)
