"""The trail from the command line: sealing, verifying, exporting roots, maintenance."""

import asyncio
import base64
import sys
from collections.abc import Sequence
from enum import IntEnum
from pathlib import Path
from typing import Annotated

import typer

from app.cli.exit_codes import ExitCode
from app.cli.failures import explained
from app.cli.files import retire
from app.deletions import gone_on_with
from app.folders import root_folder
from app.runtime import Installation, installation
from app.settings import Settings, SettingsError
from storage.clock import SystemClock
from storage.deletion.proof import ClosedCompany, closed_companies
from storage.maintenance import maintain as run_maintenance
from storage.maintenance import survey
from storage.maintenance.deeds import PartitionRetired, RowsForgotten
from storage.postgres.directory import ListedCompany, companies
from storage.postgres.transaction import PostgresStorage
from storage.trail.findings import Finding, LogReport
from storage.trail.keys import KnownKeys, Signer, key_id_of
from storage.trail.roots import RootsUnusable, read_roots, roots_of, write_roots
from storage.trail.sealer import SealReport, seal_company
from storage.trail.verification import LONGEST_WAIT, Roots, verify_company

CompanySlug = Annotated[str | None, typer.Option(help="One company's slug; all without it.")]


class Verdict(IntEnum):
    """What ``audit verify`` finds; any other end of it is one of ExitCode."""

    CLEAN = 0
    TAMPERED = ExitCode.REFUSED
    NOT_CHECKED = ExitCode.NOT_CHECKED
    """Something could not be checked: a company, the roots, or rows that no seal covers."""


class CompanyUnknown(SettingsError):
    """No company has the slug."""


def verify(
    company: CompanySlug = None,
    roots: Annotated[
        Path | None, typer.Option(help="Roots exported earlier, kept away from the database.")
    ] = None,
) -> None:
    """Check every row against the seals, and the seals against keys and exported ROOTS.

    Without ROOTS those of the folder that WELLKEPT_ROOTS_DIRECTORY names are compared.

    Exits with 0 if all is in order, 1 if something was tampered with, 9 if it could not be checked,
    or with the code of what kept it from that (3 settings, 4 database, ...).
    """
    try:
        with installation(Settings.from_environment()) as place:
            keys = place.signing.known
            exported = _exported(place, roots, keys)
            verdict = asyncio.run(_verify(place, company, keys, exported))
    except Exception as error:
        failure = explained(error)
        if failure is None and not isinstance(error, RootsUnusable | OSError):
            raise
        print(f"could not check: {failure.line if failure else error}", file=sys.stderr)  # noqa: T201
        if failure is None or failure.code is ExitCode.REFUSED:
            raise typer.Exit(Verdict.NOT_CHECKED) from error
        raise typer.Exit(failure.code) from error
    raise typer.Exit(verdict)


def export(company: CompanySlug = None) -> None:
    """Print the present end of every chain as JSON lines, to be kept away from the database."""
    with installation(Settings.from_environment()) as place:
        typer.echo(asyncio.run(_export(place, company)), nl=False)


def public_key() -> None:
    """Print the public key of the signing key.

    Before the signing key is replaced, append the line to ``former-signing-keys`` in the ``keys``
    folder of the data directory, so that earlier seals go on being believed.
    """
    with installation(Settings.from_environment()) as place:
        typer.echo(base64.b64encode(Signer(place.signing_key).public_key).decode())


def seal(company: CompanySlug = None) -> None:
    """Seal now what was committed; the worker does it by itself twice a minute."""
    with installation(Settings.from_environment()) as place:
        reports = asyncio.run(_seal(place, company))
    seals, rows = sum(each.seals for each in reports), sum(each.members for each in reports)
    typer.echo(f"{rows} rows sealed under {seals} seals, {len(reports)} companies")


def maintain(
    dry_run: Annotated[bool, typer.Option(help="Only say what would be done.")] = False,
) -> None:
    """Make partitions ahead, retire what is past its retention, delete what has done its work."""
    with installation(Settings.from_environment()) as place:
        deeds = run_maintenance(place.owner, Signer(place.signing_key), dry_run=dry_run)
        retires = place.worker_url is not None and not dry_run
        files = asyncio.run(retire(place)) if retires else 0
        outcomes = [] if dry_run else gone_on_with(place)
    for deed in deeds:
        typer.echo(f"would: {deed}" if dry_run else str(deed))
    if files:
        typer.echo(f"stored_files: the content of {files} files removed")
    for outcome in outcomes:
        if outcome.kept_from is not None:
            typer.echo(f"{outcome.deletion.slug}: {outcome.obstacle}")
        elif outcome.certificate is not None:
            typer.echo(f"{outcome.deletion.slug}: {outcome.certificate.deleted} rows deleted")
    if not deeds and not files and not outcomes:
        typer.echo("nothing to do")
    if any(outcome.failure is not None for outcome in outcomes):
        raise typer.Exit(ExitCode.REFUSED)


def retention() -> None:
    """Say how far it all reaches back, what would be retired now, and what is kept for whom."""
    with installation(Settings.from_environment()) as place:
        found = survey(place.owner, Signer(place.signing_key))
    for state in found.logs:
        reach = f"since {state.months[0]:%Y-%m}" if state.months else "nothing"
        typer.echo(f"{state.table}: kept {reach}, {len(state.months)} months with those ahead")
        for deed in state.due:
            typer.echo(f"would: {deed}" if isinstance(deed, PartitionRetired) else str(deed))
    for table in found.tables:
        since = f"since {table.oldest:%Y-%m-%d}" if table.oldest else "nothing"
        typer.echo(f"{table.table}: kept {since}")
        for each in table.due:
            typer.echo(f"would: {each}" if isinstance(each, RowsForgotten) else str(each))


def _exported(place: Installation, roots: Path | None, keys: KnownKeys) -> Roots:
    """Roots to compare with. Raises RootsUnusable, OSError."""
    if roots is not None:
        return read_roots(roots.read_text("utf-8"), keys)
    folder = root_folder(place.settings)
    if folder is None:
        return {}
    exported = folder.read(keys)
    last = folder.last_export()
    until = "never" if last is None else f"until {last:%Y-%m-%d %H:%M} UTC"
    typer.echo(f"roots: {place.settings.roots_directory}, exported {until}")
    if (silence := folder.silence(SystemClock().now())) is not None:
        print(f"warning: {silence}", file=sys.stderr)  # noqa: T201
    return exported


async def _chosen(storage: PostgresStorage, slug: str | None) -> list[ListedCompany]:
    found = [each for each in await companies(storage) if slug in (None, each.slug)]
    if slug is not None and not found:
        raise CompanyUnknown(f"no company has the slug {slug!r}")
    return found


async def _verify(
    place: Installation, slug: str | None, keys: KnownKeys, exported: Roots
) -> Verdict:
    async with place.worker_storage() as storage:
        there = await companies(storage)
        closed = [] if place.owner_url is None else _closed(place, exported, slug, there)
        chosen = [each for each in there if slug in (None, each.slug)]
        if slug is not None and not chosen and not closed:
            raise CompanyUnknown(f"no company has the slug {slug!r}")
        verdict = await _verified(storage, chosen, keys, exported)
    gone = [each for each in closed if not each.has_trail]
    if held := [each.deletion for each in closed if each.has_trail]:
        async with place.owner_storage() as storage:
            left = [ListedCompany(each.company_id, each.slug) for each in held]
            verdict = worse(verdict, await _verified(storage, left, keys, exported))
    for each in gone:
        said = "deleted, as its certificate says"
        if each.objection is not None:
            said, verdict = f"TAMPERED company gone: {each.objection}", Verdict.TAMPERED
        typer.echo(f"{each.deletion.slug}: {said}")
    if slug is None:
        known = {each.id for each in chosen} | {each.deletion.company_id for each in closed}
        for company_id in {found for found, _ in exported} - known:
            typer.echo(f"{company_id}: TAMPERED company gone: it was exported and is not there")
            verdict = Verdict.TAMPERED
    return verdict


def _closed(
    place: Installation, exported: Roots, slug: str | None, there: Sequence[ListedCompany]
) -> list[ClosedCompany]:
    """Companies that were deleted, those left out that have come back."""
    present = {each.id for each in there}
    key_ids = {key_id_of(each) for each in place.signing.public_keys}
    return [
        each
        for each in closed_companies(place.owner, key_ids, exported)
        if each.deletion.company_id not in present and slug in (None, each.deletion.slug)
    ]


async def _verified(
    storage: PostgresStorage, chosen: Sequence[ListedCompany], keys: KnownKeys, exported: Roots
) -> Verdict:
    verdict = Verdict.CLEAN
    for company in chosen:
        progress = _Progress(company.slug)
        reports = await verify_company(storage, company.id, keys, exported, progress=progress.tell)
        progress.end()
        verdict = worse(verdict, print_reports(company.slug, reports))
    return verdict


class _Progress:
    """Says on a terminal how far it is; in files and pipes nothing of it is left."""

    def __init__(self, slug: str) -> None:
        self._slug = slug

    def tell(self, log: str, rows: int) -> None:
        """Replace what was said before."""
        self._say(f"{self._slug} {log}: {rows} rows checked")

    def end(self) -> None:
        """Leave the line to others."""
        self._say("")

    def _say(self, text: str) -> None:
        if sys.stderr.isatty():
            print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)  # noqa: T201


def worse(one: Verdict, other: Verdict) -> Verdict:
    """Tampering outweighs what could not be checked, which outweighs a clean log."""
    order = (Verdict.CLEAN, Verdict.NOT_CHECKED, Verdict.TAMPERED)
    return max(one, other, key=order.index)


def print_reports(slug: str, reports: Sequence[LogReport]) -> Verdict:
    """A line or more for each log of a company."""
    verdict = Verdict.CLEAN
    for report in reports:
        typer.echo(f"{slug} {report.log}: {_summary(report)}")
        for finding in report.findings:
            typer.echo(f"{slug} {report.log}: TAMPERED {_described(finding)}")
        if report.is_overdue:
            hours = LONGEST_WAIT.total_seconds() / 3600
            typer.echo(
                f"{slug} {report.log}: NOT CHECKED rows since {report.pending_since:%Y-%m-%d %H:%M}"
                f" have waited over {hours:.0f} h for a seal: no sealer ran, or seals were removed;"
                " compare with exported roots, then run: wellkept seal"
            )
            verdict = worse(verdict, Verdict.NOT_CHECKED)
        if not report.is_clean:
            verdict = worse(verdict, Verdict.TAMPERED)
    return verdict


def _summary(report: LogReport) -> str:
    parts = [f"{report.sealed_rows} rows under {report.seals} seals"]
    if report.retired_rows:
        parts.append(f"{report.retired_rows} of them retired")
    if report.pending_rows:
        parts.append(f"{report.pending_rows} rows not sealed yet")
    return ", ".join(parts) + (", in order" if report.is_clean else "")


def _described(finding: Finding) -> str:
    parts: list[str] = [finding.kind.value]
    if finding.row_id is not None:
        parts.append(f"row {finding.row_id}")
    if finding.at is not None:
        parts.append(f"of {finding.at:%Y-%m-%d %H:%M:%S} UTC")
    if finding.sequence is not None:
        parts.append(f"seal {finding.sequence}")
    if finding.count > 1:
        parts.append(f"the first of {finding.count}")
    return ", ".join(parts)


async def _export(place: Installation, slug: str | None) -> str:
    async with place.worker_storage() as storage:
        found = [
            root
            for company in await _chosen(storage, slug)
            for root in await roots_of(storage, company.id, company.slug)
        ]
    return write_roots(found)


async def _seal(place: Installation, slug: str | None) -> list[SealReport]:
    signer = Signer(place.signing_key)
    async with place.worker_storage() as storage:
        return [
            await seal_company(storage, company.id, signer)
            for company in await _chosen(storage, slug)
        ]
