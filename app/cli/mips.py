"""``wellkept mips``: CMS's lists of MIPS measures and benchmarks from files."""

import asyncio
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

from app.runtime import Installation, installation
from app.settings import Settings
from services.regulatory_compliance.mips.years import TABLE, YEARS
from services.regulatory_compliance.mips_reporting.list_files import (
    LARGEST_BYTES,
    read_mips_list,
)
from services.regulatory_compliance.mips_reporting.lists import load_mips_list
from storage.filters import MipsListFilter
from storage.identifiers import OPERATOR_ACTOR_ID, new_id
from storage.interface import Actor
from storage.postgres.transaction import PostgresStorage
from storage.tables.mips_lists import MipsList

Company = Annotated[str, typer.Option(help="The company's slug.")]


def load(
    file: Annotated[
        Path,
        typer.Argument(
            exists=True,
            dir_okay=False,
            readable=True,
            help="A file of CMSgov/qpp-measures-data: benchmarks, measures-data or"
            " benchmark-exclusion-reasons.",
        ),
    ],
    company: Company,
    year: Annotated[
        int | None,
        typer.Option(help="The performance year; only the list of measures does not say it."),
    ] = None,
) -> None:
    """Load one of CMS's lists from FILE: all of it, or nothing.

    The same file a second time changes nothing.
    """
    with file.open("rb") as opened:
        content = opened.read(LARGEST_BYTES + 1)
    with installation(Settings.from_environment()) as place:
        row, is_new = asyncio.run(_load(place, company, content, file.name[-255:], year))
    what = "loaded" if is_new else "was loaded before, nothing changed"
    version = row.sha256.hex()[:12]
    typer.echo(f"{row.kind} of {row.performance_year}: {row.row_count:,} rows, {version}: {what}")


def list_(company: Company) -> None:
    """List a company's lists, the newest first."""
    with installation(Settings.from_environment()) as place:
        found = asyncio.run(_list(place, company))
    shown = Table("List", "Year", "Rows", "Version", "File", "Loaded", "State")
    for each in found:
        shown.add_row(
            each.kind,
            str(each.performance_year),
            f"{each.row_count:,}",
            each.sha256.hex()[:12],
            each.file_name,
            f"{each.created_at:%Y-%m-%d}",
            "" if each.withdrawn_at is None else f"withdrawn: {each.withdrawal_reason}",
        )
    Console().print(shown)


def rules(
    year: Annotated[int, typer.Argument(help="The performance year.")],
) -> None:
    """Show every constant that a year scores by, and where it was read.

    What was read nowhere is to be checked against the year's final rule before a figure that rests
    on it leaves the house.
    """
    if year not in YEARS:
        known = ", ".join(map(str, sorted(YEARS)))
        raise typer.BadParameter(f"there are rules for {known}", param_hint="YEAR")
    shown = Table("Rules", "Constant", "Value", "Read in")
    for name, constants in YEARS[year].sets.items():
        for constant, value in constants.constants.items():
            if constant != "weightings":
                read_in = constants.checked.get(constant, "NOT CHECKED")
                shown.add_row(name, constant, _said(value), read_in)
    for each in YEARS[year].final.weightings:
        whose = " of small practices" if each.is_small_practice else ""
        weights = ", ".join(f"{category} {weight}" for category, weight in each.weights.items())
        shown.add_row("final score", f"weights{whose}", weights, each.checked or "NOT CHECKED")
    Console().print(shown)
    typer.echo(f"edition {TABLE.edition}, {TABLE.sha256.hex()[:12]}")


def _said(value: object) -> str:
    return ", ".join(value) if isinstance(value, tuple) else str(value)


async def _load(
    place: Installation, slug: str, content: bytes, file_name: str, year: int | None
) -> tuple[MipsList, bool]:
    file = await asyncio.to_thread(read_mips_list, content, performance_year=year)
    async with place.storage() as storage:
        company_id = await _company(storage, slug)
        async with storage.transaction(company_id, Actor(OPERATOR_ACTOR_ID, new_id())) as store:
            return await load_mips_list(store, file, file_name)


async def _list(place: Installation, slug: str) -> list[MipsList]:
    async with place.storage() as storage:
        company_id = await _company(storage, slug)
        async with storage.transaction(company_id, Actor(OPERATOR_ACTOR_ID, new_id())) as store:
            return (await store.mips_lists.all(MipsListFilter()))[::-1]


async def _company(storage: PostgresStorage, slug: str) -> UUID:
    company_id = await storage.company_of_slug(slug)
    if company_id is None:
        raise typer.BadParameter(f"no company has the slug {slug!r}", param_hint="--company")
    return company_id
