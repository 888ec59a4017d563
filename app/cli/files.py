"""``wellkept files``: kept files held against their rows, both ways."""

import asyncio
from typing import Annotated

import typer

from app.cli.exit_codes import ExitCode
from app.runtime import Installation, installation
from app.settings import Settings
from services.files.sweeping import FileCheck, check_files, retire_files, sweep_files
from storage.postgres.directory import companies


def check(
    read: Annotated[bool, typer.Option(help="Read every file to its end as well.")] = False,
    remove_orphans: Annotated[
        bool, typer.Option(help="Remove objects of a day and older that no row names.")
    ] = False,
) -> None:
    """Hold the store against the database: files without an object, objects without a file.

    Exits with 1 if a file is missing or damaged.
    """
    with installation(Settings.from_environment()) as place:
        found = asyncio.run(_check(place, is_read=read, removes=remove_orphans))
    for slug, each in found:
        typer.echo(f"{slug}: {each.files} files, {each.objects} objects, {each.byte_count} bytes")
        for orphan in each.orphans:
            done = "removed" if remove_orphans else f"since {orphan.stored_at:%Y-%m-%d}"
            typer.echo(f"{slug}: object without a row, {done}: {orphan.name}")
        for file_id in each.missing:
            typer.echo(f"{slug}: MISSING file {file_id}")
    if not all(each.is_sound for _, each in found):
        raise typer.Exit(ExitCode.REFUSED)


async def _check(
    place: Installation, *, is_read: bool, removes: bool
) -> list[tuple[str, FileCheck]]:
    found = []
    async with place.worker_storage() as storage:
        for company in await companies(storage):
            removed = (
                await sweep_files(storage, place.vault, company.id, however_many=True)
                if removes
                else None
            )
            each = await check_files(storage, place.vault, company.id, is_read=is_read)
            if removed is not None:
                each.orphans = removed.orphans
            found.append((company.slug, each))
    return found


async def retire(place: Installation) -> int:
    """Remove what is past its retention, of all companies; returns how many files."""
    count = 0
    async with place.worker_storage() as storage:
        for company in await companies(storage):
            count += await retire_files(storage, place.vault, company.id)
    return count
