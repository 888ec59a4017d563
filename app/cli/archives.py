"""``wellkept company export`` and ``import-archive``: a company's whole records as one file."""

import asyncio
from http import HTTPStatus
from pathlib import Path
from typing import Annotated

import typer

from app.cli.identity import NoSuchCompany
from app.keys import FORMER_SIGNING_KEYS
from app.runtime import Installation, installation
from app.settings import Settings
from services.identity.companies import is_slug
from storage.archive.exporting import export_company
from storage.archive.importing import import_company
from storage.archive.manifest import Manifest
from storage.identifiers import OPERATOR_ACTOR_ID, new_id
from storage.interface import Actor
from storage.postgres.checks import check_schema
from storage.tables.trail import AccessFields

SHORTEST_PASSPHRASE = 12

PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        exists=True,
        dir_okay=False,
        readable=True,
        help="A file whose first line is the passphrase; without it you are asked.",
    ),
]


def export(
    slug: Annotated[str, typer.Argument(help="The company's slug.")],
    file: Annotated[Path, typer.Argument(help="The archive, which must not be there yet.")],
    passphrase_file: PassphraseFile = None,
) -> None:
    """Write all of a company's records and kept files to FILE, encrypted with a passphrase.

    The program may run meanwhile. Nothing that signs anybody in is in it.
    """
    passphrase = given_passphrase(passphrase_file, is_new=True)
    with installation(Settings.from_environment()) as place:
        asyncio.run(_put_export_on_record(place, slug))
        made = export_company(
            place.owner, slug, file, passphrase, vault=place.vault, keyring=place.keyring
        )
    typer.echo(f"{file}: {told(made)}")
    _warn_of_jobs(made)
    typer.echo("keep the passphrase apart from it: nobody can open it without", err=True)


def import_archive(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="The archive.")
    ],
    slug: Annotated[str | None, typer.Option(help="Another slug than it had.")] = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Bring a company in from an archive: all of it, every row compared, or nothing.

    The schema must be at the revision that the archive was written at.
    """
    if slug is not None and not is_slug(slug):
        raise typer.BadParameter("lower-case letters, digits and hyphens", param_hint="--slug")
    passphrase = given_passphrase(passphrase_file, is_new=False)
    with installation(Settings.from_environment()) as place:
        found = import_company(
            place.owner, file, passphrase, slug=slug, vault=place.vault, keyring=place.keyring
        )
    typer.echo(f"{slug or found.slug}: {told(found)}, every row compared")
    _warn_of_jobs(found)
    typer.echo(
        "left out, so to be made anew: passwords (`wellkept user create` makes an administrator,"
        " who gives the others theirs), second factors, API keys (`wellkept key rotate`), links to"
        " calendars, the secrets of mailboxes, identity providers and webhook endpoints",
        err=True,
    )
    former = place.settings.data_directory / "keys" / FORMER_SIGNING_KEYS
    typer.echo(
        f"from another installation: append its `wellkept audit public-key` to {former}, or"
        " `wellkept audit verify` tells its seals as of an unknown key",
        err=True,
    )


async def _put_export_on_record(place: Installation, slug: str) -> None:
    """Have the company's access log say that the operator wants it, whatever becomes of it.

    Raises NoSuchCompany.
    """
    async with place.storage() as storage:
        await check_schema(storage)
        company_id = await storage.company_of_slug(slug) if is_slug(slug) else None
        if company_id is None:
            raise NoSuchCompany(slug)
        actor = Actor(OPERATOR_ACTOR_ID, new_id())
        async with storage.transaction(company_id, actor) as store:
            await store.api_log.create(
                AccessFields(
                    request_id=actor.request_id,
                    operation="export_company",
                    outcome=HTTPStatus.OK,
                    patient_ids=[],
                    record_id=company_id,
                )
            )


def _warn_of_jobs(manifest: Manifest) -> None:
    if manifest.jobs_left_out:
        typer.echo(
            f"{manifest.jobs_left_out} jobs were still to be done and are not in it: messages"
            " leave all the same, anything else has to be asked for again",
            err=True,
        )


def told(manifest: Manifest) -> str:
    return (
        f"{len(manifest.tables)} tables, {manifest.rows} rows, {manifest.file_count} files"
        f" ({manifest.file_bytes} bytes) of {manifest.slug}"
        f" at {manifest.exported_at:%Y-%m-%d %H:%M:%S} UTC"
    )


def given_passphrase(file: Path | None, *, is_new: bool) -> str:
    """What the operator gives, never on the command line. Raises BadParameter."""
    if file is None:
        given = str(typer.prompt("Passphrase", hide_input=True, confirmation_prompt=is_new))
    else:
        given = file.read_text("utf-8").partition("\n")[0].removesuffix("\r")
    if len(given) < SHORTEST_PASSPHRASE:
        raise typer.BadParameter(f"a passphrase has at least {SHORTEST_PASSPHRASE} characters")
    return given
