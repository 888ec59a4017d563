"""``wellkept company delete`` and what belongs to it: an end, with a certificate."""

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from app.cli.signing_keys import KeysTrusted, trusted_keys
from app.deletions import gone_on_with
from app.runtime import installation
from app.settings import Settings
from storage.archive.manifest import Connection
from storage.clock import SystemClock
from storage.deletion.certificate import DeletionCertificate, checked
from storage.deletion.closing import as_owner, close_company, reading_as_owner
from storage.deletion.errors import CertificateUnusable, DeletionRefused
from storage.deletion.planning import Plan, plan
from storage.deletion.register import (
    Decision,
    Deletion,
    all_deletions,
    certificate_of,
    removed,
)

Slug = Annotated[str, typer.Argument(help="The company's slug.")]
HandedOver = Annotated[
    bool,
    typer.Option(
        "--records-handed-over",
        help="The company has its records (`wellkept company export`), so only what the operator"
        " has to keep is held.",
    ),
]


def delete(
    slug: Slug,
    name: Annotated[
        str | None, typer.Option(help="The company's name in full: that it is this one.")
    ] = None,
    asked_by: Annotated[
        str | None, typer.Option(help="Who of the company has asked for it, and how.")
    ] = None,
    records_handed_over: HandedOver = False,
    certificate: Annotated[
        Path | None, typer.Option(help="Where the certificate goes; must not be there yet.")
    ] = None,
    dry_run: Annotated[bool, typer.Option(help="Only say what would go and what stays.")] = False,
) -> None:
    """Delete a company for good: nobody enters it from now on, and all that no retention holds
    goes. A legal hold keeps it from that. A run that breaks off is gone on with by the worker, by
    `wellkept maintain`, or by this command again.

    Prints what went and what is held, and how long.
    """
    if certificate is not None and certificate.exists():
        raise typer.BadParameter(f"{certificate} is there already", param_hint="--certificate")
    with installation(Settings.from_environment()) as place:
        if dry_run:
            _print_plan(plan(place.owner, slug, is_handed_over=records_handed_over))
            return
        if name is None or asked_by is None:
            raise typer.BadParameter("--name and --asked-by are needed, or --dry-run")
        with as_owner(place.owner) as owner:
            known = [each for each in all_deletions(owner) if each.slug == slug]
            if not known or known[-1].ended_at is not None:
                now = SystemClock().now()
                decision = Decision(
                    asked_by=asked_by,
                    asked_at=now,
                    approved_by="the operator, who gave the company's name",
                    approved_at=now,
                    is_handed_over=records_handed_over,
                )
                close_company(owner, slug, name, decision, now)
            company_id = _of(slug, owner).company_id
        for outcome in gone_on_with(place, company_id=company_id):
            if outcome.kept_from is not None:
                raise outcome.kept_from
        with reading_as_owner(place.owner) as owner:
            text = certificate_of(owner, _of(slug, owner).id)
    assert text is not None
    _print(checked(text)[0])
    if certificate is not None:
        certificate.write_text(text, "utf-8")
        typer.echo(f"{certificate}: the certificate", err=True)


def deletions() -> None:
    """List the companies that are closed: since when, what is left of them and until when, and
    what keeps a deletion from getting on."""
    table = Table("Company", "Closed", "Deleted", "Held", "Until", "Last got on", "Kept by")
    with installation(Settings.from_environment()) as place, reading_as_owner(place.owner) as owner:
        for each in all_deletions(owner):
            text = certificate_of(owner, each.id)
            said = None if text is None else checked(text)[0]
            so_far = sum(part.contents.rows for part in removed(owner, each).values())
            table.add_row(
                f"{each.slug} ({each.name})",
                _day(each.closed_at),
                f"{so_far} so far" if said is None else str(so_far),
                "" if said is None else str(said.held),
                "" if said is None or said.held_until is None else said.held_until.isoformat(),
                "never" if each.got_on_at is None else f"{each.got_on_at:%Y-%m-%d %H:%M}",
                each.obstacle or "",
            )
    Console().print(table if table.rows else "no company was deleted")


def certificate(slug: Slug) -> None:
    """Print the newest certificate of a company that was deleted."""
    with installation(Settings.from_environment()) as place, reading_as_owner(place.owner) as owner:
        text = certificate_of(owner, _of(slug, owner).id)
    if text is None:
        raise DeletionRefused(f"{slug} is closed, and nothing was removed yet")
    typer.echo(text, nl=False)


def verify_certificate(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="A certificate.")
    ],
    key: KeysTrusted = None,
) -> None:
    """Check a certificate of deletion without a database: that nothing of it was changed, and that
    it is signed with a KEY. Exits with 1 where it does not hold.

    Without KEY it says whose signature it bears, which has to be compared: anybody can make a key.
    """
    keys = trusted_keys(key)
    try:
        said, signature = checked(file.read_text("utf-8"))
    except UnicodeDecodeError as error:
        raise CertificateUnusable("it is no certificate of this form") from error
    if keys and signature.key_id not in keys:
        raise CertificateUnusable(f"it is signed with another key, {signature.key_id}")
    _print(said)
    typer.echo(f"signed with the key {signature.key_id}")
    if not keys:
        typer.echo("compare it with the fingerprint that the installation publishes, or give --key")
    typer.echo("the certificate holds")


def _of(slug: str, owner: Connection) -> Deletion:
    """The newest deletion of a company that had the slug. Raises DeletionRefused."""
    known = [each for each in all_deletions(owner) if each.slug == slug]
    if not known:
        raise DeletionRefused(f"no company of the slug {slug!r} was deleted")
    return known[-1]


def _print_plan(found: Plan) -> None:
    table = Table("Table", "Goes", "Held", "Until", "Because of")
    for each in found.tables:
        table.add_row(
            each.name,
            str(each.going),
            str(each.held),
            "" if each.held_until is None else each.held_until.isoformat(),
            "; ".join(each.reasons),
        )
    Console().print(table)
    typer.echo(
        f"{found.name}: {sum(each.going for each in found.tables)} rows would go,"
        f" {sum(each.held for each in found.tables)} would be held"
    )
    for hold in found.holds:
        typer.echo(f"legal hold {hold} stands: nothing is deleted before it is released", err=True)


def _print(said: DeletionCertificate) -> None:
    table = Table("Table", "Deleted", "Held", "Until", "Because of")
    for each in said.tables:
        if each.deleted or each.held:
            table.add_row(
                each.name,
                str(each.deleted),
                str(each.held),
                "" if each.held_until is None else each.held_until.isoformat(),
                "; ".join(each.reasons),
            )
    Console().print(table)
    held = "nothing is held" if said.held_until is None else f"held until {said.held_until}"
    typer.echo(
        f"{said.name} ({said.slug}), {said.company_id}: {said.deleted} rows and"
        f" {said.files_deleted} files deleted, {said.held} rows left, {held}"
    )
    typer.echo(f"asked for by {said.asked_by}, approved by {said.approved_by}")
    typer.echo(said.backups)


def _day(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).date().isoformat()
