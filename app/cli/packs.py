"""``wellkept pack``: lists of compliance requirements, those that ship and those one brings."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

from app.runtime import Installation, installation
from app.settings import Settings
from services.regulatory_compliance.pack_shelf import (
    ShelvedPack,
    checked_pack,
    import_pack,
    shelved_packs,
)
from services.regulatory_compliance.packs import Pack, shipped_packs
from storage.identifiers import OPERATOR_ACTOR_ID, new_id
from storage.interface import Actor
from storage.postgres.transaction import PostgresStorage

_LARGEST_BYTES = 500_000

Company = Annotated[str | None, typer.Option(help="Also those that this company has brought.")]


def list_(company: Company = None) -> None:
    """List packs: those that come with the program, and those of a company."""
    shown = Table("Pack", "Version", "Program", "Requirements", "Name", "Source")
    for each in _known(company):
        pack = each.pack
        shown.add_row(
            pack.id,
            pack.version,
            pack.program,
            str(len(pack.requirements)),
            pack.name,
            "ships with the program" if each.is_shipped else "brought by the company",
        )
    Console().print(shown)


def show(
    pack: Annotated[str, typer.Argument(help="The pack's id, or a TOML file that may become one.")],
    company: Company = None,
    version: Annotated[str | None, typer.Option(help="Which version; the last without it.")] = None,
) -> None:
    """Show the requirements of a pack, or of a file before it is imported."""
    path = Path(pack)
    if path.suffix == ".toml":
        found = checked_pack(_text(path))
    else:
        named = [each.pack for each in _known(company) if each.pack.id == pack]
        chosen = [each for each in named if version in (None, each.version)]
        if not chosen:
            raise typer.BadParameter(f"no pack {pack!r} of that version", param_hint="PACK")
        found = chosen[-1]
    Console().print(f"{found.name} ({found.id} {found.version}), {found.source}", highlight=False)
    Console().print(_table(found))


def import_(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="A pack in TOML.")
    ],
    company: Annotated[str, typer.Option(help="The company's slug.")],
) -> None:
    """Put a pack on a company's shelf, where it can adopt it or upgrade to it.

    Every fault of the file is named, and nothing is kept of a file that has one.
    """
    text = _text(file)
    pack = checked_pack(text)
    with installation(Settings.from_environment()) as place:
        asyncio.run(_import(place, company, text))
    typer.echo(f"{pack.id} {pack.version}: {len(pack.requirements)} requirements")


def _table(pack: Pack) -> Table:
    shown = Table("Code", "Citation", "Name", "Frequency", "Specification")
    for each in pack.requirements:
        shown.add_row(each.code, each.citation, each.name, each.frequency, each.specification or "")
    return shown


def _text(path: Path) -> str:
    """Raises BadParameter."""
    try:
        content = path.read_bytes()
        if len(content) > _LARGEST_BYTES:
            raise typer.BadParameter(f"{path} is larger than {_LARGEST_BYTES:,} bytes")
        return content.decode("utf-8")
    except OSError as error:
        raise typer.BadParameter(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise typer.BadParameter(f"{path} is not UTF-8") from None


def _known(company: str | None) -> Sequence[ShelvedPack]:
    if company is None:
        return [ShelvedPack(each, is_shipped=True) for each in shipped_packs().values()]
    with installation(Settings.from_environment()) as place:
        return asyncio.run(_shelf(place, company))


async def _shelf(place: Installation, slug: str) -> list[ShelvedPack]:
    async with place.storage() as storage:
        company_id = await _company(storage, slug)
        async with storage.transaction(company_id, _operator()) as store:
            return await shelved_packs(store)


async def _import(place: Installation, slug: str, text: str) -> None:
    async with place.storage() as storage:
        company_id = await _company(storage, slug)
        async with storage.transaction(company_id, _operator()) as store:
            await import_pack(store, text)


async def _company(storage: PostgresStorage, slug: str) -> UUID:
    company_id = await storage.company_of_slug(slug)
    if company_id is None:
        raise typer.BadParameter(f"no company has the slug {slug!r}", param_hint="--company")
    return company_id


def _operator() -> Actor:
    return Actor(OPERATOR_ACTOR_ID, new_id())
