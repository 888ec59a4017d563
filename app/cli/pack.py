"""``wellkept pack``: audit packs checked without a database; packs of requirements stand beside."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.exit_codes import ExitCode
from app.cli.signing_keys import KeysTrusted, trusted_keys
from services.regulatory_compliance.audit_pack.verification import verify_pack

_MOST_LINES = 50


def verify(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="An audit pack.")
    ],
    key: KeysTrusted = None,
) -> None:
    """Check that nothing of a pack is missing, added or changed, that every signature follows from
    the one before it, and that it is signed with a KEY. Says what does not fit, and exits with 1
    then.

    Without KEY it says whose signature it bears, which has to be compared: anybody can make a key.
    """
    trusted = trusted_keys(key)
    verdict = verify_pack(file, trusted)
    if verdict.manifest is not None:
        said = verdict.manifest
        typer.echo(
            f"{said.company_name}, {said.program}, at the end of {said.on}:"
            f" {len(said.files)} files, {verdict.checked_signatures} signatures"
        )
    for each in verdict.misfits[:_MOST_LINES]:
        typer.echo(f"{each.path}: {each.problem}", err=True)
    if len(verdict.misfits) > _MOST_LINES:
        typer.echo(f"and {len(verdict.misfits) - _MOST_LINES} more", err=True)
    if not verdict.is_sound:
        raise typer.Exit(ExitCode.REFUSED)
    typer.echo(f"signed with the key {verdict.signed_by}")
    if not trusted:
        typer.echo("compare it with the fingerprint that the installation publishes, or give --key")
    typer.echo("the pack is whole")
