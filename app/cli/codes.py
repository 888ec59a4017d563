"""``wellkept codes``: code tables from files, edition by edition."""

import asyncio
import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from app.runtime import Installation, installation
from app.settings import Settings
from services.claims.scrubbing import icd_10_cm
from services.claims.scrubbing.code_tables import (
    ROWS_AT_ONCE,
    Chunks,
    NewCodeTable,
    load_code_table,
    read_code_file,
)
from storage.filters import CodeTableFilter, PayerFilter
from storage.identifiers import OPERATOR_ACTOR_ID, new_id
from storage.interface import Actor
from storage.postgres.transaction import PostgresStorage
from storage.tables.codes import CodeTable
from storage.vocabulary.codes import CodeKind

_READ_BYTES = 1 << 18
_TOLD_EVERY = 5 * ROWS_AT_ONCE
_DATES = ["%Y-%m-%d"]

Company = Annotated[str, typer.Option(help="The company's slug.")]


@dataclass(frozen=True)
class _Given:
    """What the command line says of an edition, as it was typed."""

    kind: CodeKind
    path: Path | None
    edition: str | None
    source: str | None
    effective_from: dt.date | None
    effective_to: dt.date | None
    schedule: str | None
    payer: str | None


def load(
    kind: Annotated[CodeKind, typer.Argument(help="Which table it is.")],
    company: Company,
    file: Annotated[
        Path | None,
        typer.Argument(
            exists=True,
            dir_okay=False,
            readable=True,
            help="A CSV file with a heading. Only diagnoses need none: the ICD-10-CM that comes"
            " with the program is loaded then.",
        ),
    ] = None,
    edition: Annotated[str | None, typer.Option(help="What the issuer calls it: 2026Q4.")] = None,
    source: Annotated[str | None, typer.Option(help="Who issues it.")] = None,
    effective_from: Annotated[
        dt.datetime | None, typer.Option(formats=_DATES, help="The first day on which it holds.")
    ] = None,
    effective_to: Annotated[
        dt.datetime | None,
        typer.Option(formats=_DATES, help="The last day, if it ends without another edition."),
    ] = None,
    schedule: Annotated[
        str | None, typer.Option(help="A fee schedule's name; charges: what you charge.")
    ] = None,
    payer: Annotated[
        str | None, typer.Option(help="Whose authorizations they are: its payer identifier.")
    ] = None,
) -> None:
    """Load an edition of a table from FILE: all of it, or nothing.

    The same file for the same days a second time changes nothing.
    """
    given = _Given(
        kind,
        file,
        edition,
        source,
        None if effective_from is None else effective_from.date(),
        None if effective_to is None else effective_to.date(),
        schedule,
        payer,
    )
    with installation(Settings.from_environment()) as place:
        table, is_new = asyncio.run(_load(place, company, given))
    what = "loaded" if is_new else "was loaded before, nothing changed"
    days = f"from {table.effective_from}" + (
        "" if table.effective_to is None else f" to {table.effective_to}"
    )
    typer.echo(f"{table.kind} {table.edition}: {table.row_count:,} rows {days}: {what}")


def list_(company: Company) -> None:
    """List the editions of a company's tables, the newest first."""
    with installation(Settings.from_environment()) as place:
        found = asyncio.run(_list(place, company))
    shown = Table("Table", "Edition", "From", "To", "Rows", "Source", "Loaded", "State")
    for each in found:
        shown.add_row(
            each.kind if each.schedule is None else f"{each.kind}: {each.schedule}",
            each.edition,
            str(each.effective_from),
            "" if each.effective_to is None else str(each.effective_to),
            f"{each.row_count:,}",
            each.source,
            f"{each.created_at:%Y-%m-%d}",
            "" if each.withdrawn_at is None else f"withdrawn: {each.withdrawal_reason}",
        )
    Console().print(shown)


async def _load(place: Installation, slug: str, given: _Given) -> tuple[CodeTable, bool]:
    async with place.storage() as storage:
        company_id = await _company(storage, slug)
        actor = Actor(OPERATOR_ACTOR_ID, new_id())
        payer_id = None
        if given.payer is not None:
            async with storage.transaction(company_id, actor) as store:
                payers = await store.payers.all(PayerFilter(payer_identifier=given.payer))
            if not payers:
                raise typer.BadParameter(f"no payer has the identifier {given.payer!r}")
            payer_id = payers[0].id
        new, chunks = _named(given, payer_id)
        file = await asyncio.to_thread(read_code_file, chunks)
        async with storage.transaction(company_id, actor) as store:
            return await load_code_table(store, new, file, told=_tell)


def _tell(row_count: int) -> None:
    if row_count % _TOLD_EVERY == 0:
        typer.echo(f"{row_count:,} rows read", err=True)


async def _list(place: Installation, slug: str) -> list[CodeTable]:
    async with place.storage() as storage:
        company_id = await _company(storage, slug)
        async with storage.transaction(company_id, Actor(OPERATOR_ACTOR_ID, new_id())) as store:
            return (await store.code_tables.all(CodeTableFilter()))[::-1]


async def _company(storage: PostgresStorage, slug: str) -> UUID:
    company_id = await storage.company_of_slug(slug)
    if company_id is None:
        raise typer.BadParameter(f"no company has the slug {slug!r}", param_hint="--company")
    return company_id


def _named(given: _Given, payer_id: UUID | None) -> tuple[NewCodeTable, Chunks]:
    """What is loaded and where its bytes come from. Raises BadParameter."""
    edition, source, path = given.edition, given.source, given.path
    if path is None:
        if given.kind is not CodeKind.DIAGNOSES:
            raise typer.BadParameter(f"{given.kind} are loaded from a file", param_hint="FILE")
        edition, source = edition or icd_10_cm.EDITION, source or icd_10_cm.SOURCE
        file_name, chunks = icd_10_cm.FILE_NAME, _once_made(icd_10_cm.icd_10_cm_file())
    else:
        file_name, chunks = path.name, _read(path)
    if edition is None or source is None or given.effective_from is None:
        raise typer.BadParameter("--edition, --source and --effective-from are needed")
    try:
        new = NewCodeTable(
            kind=given.kind,
            edition=edition,
            source=source,
            effective_from=given.effective_from,
            effective_to=given.effective_to,
            schedule=given.schedule,
            payer_id=payer_id,
            file_name=file_name[-255:],
        )
    except ValidationError as error:
        first = error.errors()[0]
        raise typer.BadParameter(f"{first['loc'][0]}: {first['msg']}") from None
    return new, chunks


def _read(path: Path) -> Chunks:
    def chunks() -> Iterator[bytes]:
        with path.open("rb") as file:
            while chunk := file.read(_READ_BYTES):
                yield chunk

    return chunks


def _once_made(made: Iterable[bytes]) -> Chunks:
    """Bytes that take long to make, kept to be read again."""
    kept = list(made)
    return lambda: kept
