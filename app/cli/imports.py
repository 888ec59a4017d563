"""``wellkept import``: the records of another installation, and whether the books agree then."""

import asyncio
import json
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from pydantic import TypeAdapter, ValidationError
from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from app.answers import encode
from app.api.imports import ImportReconciliation
from app.cli.exit_codes import ExitCode
from app.cli.import_files import (
    NotImported,
    dump_files,
    require_writable,
    shown_path,
    unreadable,
)
from app.cli.import_progress import ProgressShown
from app.file_reading import FileReading
from app.import_page import import_page
from app.runtime import Installation, installation
from app.settings import Settings
from services.files.keeping import written
from services.importing import receiving
from services.importing.conversions import shown
from services.importing.reporting import MapReport, Reconciliation, Verdict, reconcile
from services.importing.running import Progress as ImportProgress
from services.importing.running import run_import
from storage.files import FileDamaged
from storage.filters import ImportRecordFilter, PersonFilter
from storage.identifiers import OPERATOR_ACTOR_ID, new_id
from storage.interface import Actor, Store
from storage.postgres.transaction import PostgresStorage
from storage.tables.importing import DataImport, ImportRecord
from storage.vocabulary.importing import ImportOutcome

_SHOWN = 20
_LONGEST_KEY = 200
_SOURCE = TypeAdapter[str](receiving.SourceName)
_CODES = {
    Verdict.AGREES: 0,
    Verdict.WAITS: ExitCode.RECORDS_WAIT,
    Verdict.DIFFERS: ExitCode.REFUSED,
    Verdict.UNDECIDED: ExitCode.REFUSED,
}


def import_dump(
    path: Annotated[Path, typer.Argument(metavar="FILE|FOLDER")],
    company: Annotated[str, typer.Option(help="The company's slug.")],
    source: Annotated[
        str, typer.Option(help="The installation that it comes from, by a name of your choice.")
    ] = "original",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check every record and write nothing.")
    ] = False,
    steward: Annotated[
        str | None,
        typer.Option(help="The e-mail address of who gets what the dump gives to nobody here."),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Write what an earlier import's rows change to unasked.")
    ] = False,
    report: Annotated[
        Path | None, typer.Option(help="Write the report there: .json or .html by its name.")
    ] = None,
) -> None:
    """Bring in the records of another installation from FILE, or from every .json of a FOLDER.

    Where rows of an earlier import change, what differs is shown and asked about before anything
    is written; where there is nobody to ask, --yes agrees to it.

    Exits with 0 when the books agree, with 10 when they do and some records wait (in quarantine, or
    held), with 1 when they do not agree or nothing was written. A dry run exits as the import
    would: with 10 when some records would wait.
    """
    files = dump_files(path)
    _require_name(source)
    if report is not None:
        require_writable(report, files)
    console = Console()
    with installation(Settings.from_environment()) as place:
        found, waiting = asyncio.run(
            _import(place, files, company, source, steward, is_trial=dry_run, is_agreed=yes)
        )
    for each in waiting:
        _print_record(console, each)
    _print_report(console, found)
    if report is not None:
        try:
            _write_report(report, found)
        except OSError as error:
            typer.echo(f"The report could not be written: {error.strerror}.", err=True)
    raise typer.Exit(_trial_code(found) if dry_run else _CODES[found.verdict])


def _print_report(console: Console, found: Reconciliation) -> None:
    for table in report_tables(found):
        console.print(table)
    if found.refusal is not None:
        console.print(found.refusal, style="red", highlight=False, markup=False)
    for of in found.maps:
        if of.posted_count or of.waiting_count or of.lost_count:
            console.print(_settled(of), highlight=False)
    for fault in found.faults[:_SHOWN]:
        where = f"{fault.map_name} {fault.field or ''}".strip()
        line = f"{fault.count:,} x {where} {fault.reason}: {fault.remedy}"
        console.print(line, highlight=False, markup=False)
    for of in found.maps:
        if of.unknown_fields:
            fields = ", ".join(of.unknown_fields)
            line = f"{of.name}: fields that have no place, kept as they came: {fields}"
            console.print(line, highlight=False, markup=False)
    console.print(f"Verdict: {found.verdict}")


def _require_name(source: str) -> None:
    """Raises NotImported."""
    try:
        _SOURCE.validate_python(source)
    except ValidationError:
        raise NotImported(
            "--source", "is no name", "give 1 to 80 characters that can be seen"
        ) from None


def _trial_code(found: Reconciliation) -> int:
    if found.refusal is not None:
        return ExitCode.REFUSED
    waits = any(each.quarantined_count or each.held_count for each in found.maps)
    return ExitCode.RECORDS_WAIT if waits else 0


async def _import(
    place: Installation,
    files: list[Path],
    slug: str,
    source: str,
    steward: str | None,
    *,
    is_trial: bool,
    is_agreed: bool,
) -> tuple[Reconciliation, list[ImportRecord]]:
    async with place.storage() as storage:
        company_id = await storage.company_of_slug(slug)
        if company_id is None:
            raise NotImported("--company", f"{slug!r} names no company", "give the slug of one")
        actor = Actor(OPERATOR_ACTOR_ID, new_id())
        steward_id = None
        if steward is not None:
            async with storage.transaction(company_id, actor) as store:
                steward_id = await _person(store, steward)
        with ProgressShown() as progress:
            progress.say("copying")
            import_id = await _received(
                place, storage, company_id, actor, files, source, steward_id, is_trial=is_trial
            )

            async def agree(_: DataImport) -> bool:
                """Show what changes, and ask."""
                conditions = ImportRecordFilter(import_id=import_id, outcome=ImportOutcome.CHANGED)
                async with storage.transaction(company_id, actor) as store:
                    count = await store.import_records.count(conditions)
                    first = await store.import_records.list(conditions, limit=_SHOWN)
                if not count:
                    return True
                with progress.aside():
                    _print_changes(first.rows, count)
                    return is_agreed or await _asked()

            done = await run_import(
                storage,
                place.vault,
                company_id,
                actor,
                import_id,
                tell=progress.tell,
                agree=agree,
            )
            progress.say("comparing the books")
            async with storage.transaction(company_id, actor) as store:
                waiting = await store.import_records.list(
                    ImportRecordFilter(
                        import_id=import_id,
                        outcomes=[ImportOutcome.QUARANTINED, *([ImportOutcome.CHANGED] * is_trial)],
                    ),
                    limit=_SHOWN,
                )
                found = await reconcile(store, import_id)
            count = done.record_count
            progress.tell(ImportProgress(done.status, "", count, count))
            return found, list(waiting.rows)


def _print_changes(first: Sequence[ImportRecord], count: int) -> None:
    """The first of the records that change rows of earlier imports, and how many there are."""
    console = Console()
    for each in first:
        _print_record(console, each)
    more = count - len(first)
    console.print(
        f"{count:,} rows of earlier imports change"
        + (f", {more:,} more than are shown." if more else "."),
        highlight=False,
    )


async def _asked() -> bool:
    """What the person at the terminal says; nobody there says no, and so does who leaves.

    The thread that waits for an answer is none that the program waits for: Ctrl-C ends it.
    """
    if not sys.stdin.isatty():
        typer.echo("Nobody is here to be asked: --yes agrees to it.", err=True)
        return False
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[bool] = loop.create_future()

    def told(said: bool) -> None:
        if not answer.done():
            answer.set_result(said)

    def ask() -> None:
        said = False
        with suppress(typer.Abort):
            said = typer.confirm("Write it?")
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(told, said)

    threading.Thread(target=ask, daemon=True).start()
    return await answer


async def _received(
    place: Installation,
    storage: PostgresStorage,
    company_id: UUID,
    actor: Actor,
    files: list[Path],
    source: str,
    steward_id: UUID | None,
    *,
    is_trial: bool,
) -> UUID:
    """Every file is kept, and the import is on record. Raises NotImported."""
    async with AsyncExitStack() as stack:
        kept = []
        for path in files:
            try:
                reading = await asyncio.to_thread(FileReading, path)
                new = receiving.new_file(path.name)
                kept.append(
                    await stack.enter_async_context(
                        written(storage, place.vault, company_id, actor, new, reading)
                    )
                )
            except OSError as error:
                raise unreadable(path, error) from error
            except FileDamaged as error:
                raise NotImported(
                    shown_path(path), "changed while it was read", "wait until it is written"
                ) from error
        async with storage.transaction(company_id, actor) as store:
            made = await receiving.receive(
                store, kept, source=source, is_trial=is_trial, steward_person_id=steward_id
            )
    return made.id


async def _person(store: Store, email: str) -> UUID:
    """Somebody who works here, by their address. Raises NotImported."""
    found = await store.people.all(PersonFilter(email=email.lower()))
    if not found or found[0].disabled_at is not None:
        raise NotImported(
            "--steward", "is the address of nobody who works here", "give that of somebody who does"
        )
    return found[0].id


def _print_record(console: Console, record: ImportRecord) -> None:
    where = f"{record.map_name} {shown(record.legacy_key, _LONGEST_KEY)}"
    what = (
        f"{record.field or ''} {record.reason}: {record.remedy}"
        if record.outcome is ImportOutcome.QUARANTINED
        else "; ".join(record.notes)
    )
    console.print(f"{record.outcome} {where} {what}", highlight=False, markup=False)


_COUNTS = (
    ("Came", "record_count"),
    ("Placed", "placed_count"),
    ("Changed", "changed_count"),
    ("As before", "unchanged_count"),
    ("Merged", "merged_count"),
    ("Quaran-\ntined", "quarantined_count"),
    ("Held", "held_count"),
    ("Rows now", "row_count"),
)
_PARTS = (("Parts came", "part_count"), ("Parts now", "part_row_count"))
_ALWAYS = frozenset({"record_count", "placed_count", "quarantined_count", "row_count"})
_MONEY = (
    ("Money came", "record_cents"),
    ("In rows now", "row_cents"),
    ("Merged", "merged_cents"),
    ("Quarantined", "quarantined_cents"),
)


def report_tables(found: Reconciliation) -> Iterator[Table]:
    """The report for a terminal of the usual width; what no map has anything of is left out."""
    counts = [
        (head, name)
        for head, name in _COUNTS
        if name in _ALWAYS or any(getattr(each, name) for each in found.maps)
    ]
    table = _table([head for head, _ in counts], "Verdict")
    for each in found.maps:
        told = (f"{getattr(each, name):,}" for _, name in counts)
        table.add_row(escape(each.name), *told, each.verdict)
    yield table
    beside = [
        each
        for each in found.maps
        if each.record_cents or each.row_cents or each.part_count or each.part_row_count
    ]
    if beside:
        table = _table([head for head, _ in (*_MONEY, *_PARTS)])
        for each in beside:
            money = (_dollars(getattr(each, name)) for _, name in _MONEY)
            parts = (f"{getattr(each, name):,}" for _, name in _PARTS)
            table.add_row(escape(each.name), *money, *parts)
        yield table


def _table(heads: Sequence[str], *last: str) -> Table:
    table = Table("Map", *heads, *last, box=SIMPLE, padding=0)
    for column in table.columns[: len(heads) + 1]:
        column.no_wrap = column is table.columns[0]
        column.justify = "left" if column.no_wrap else "right"
    return table


def _settled(each: MapReport) -> str:
    """What has become of remittances."""
    return (
        f"{each.name}: {each.posted_count:,} posted ({_dollars(each.posted_cents)}),"
        f" {each.waiting_count:,} waiting ({_dollars(each.waiting_cents)}),"
        f" {each.lost_count:,} lost"
    )


def _dollars(cents: int) -> str:
    whole, rest = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}{whole:,}.{rest:02}"


def _write_report(path: Path, found: Reconciliation) -> None:
    if path.suffix == ".html":
        path.write_text(import_page(found), "utf-8")
    else:
        document = json.loads(encode(ImportReconciliation, found))
        path.write_text(json.dumps(document, indent=2) + "\n", "utf-8")
