"""Exporting the ends of every company's chains to a folder outside of the database."""

import asyncio
from pathlib import Path

from storage.postgres.directory import companies
from storage.postgres.transaction import PostgresStorage
from storage.trail.root_folder import RootFolder
from storage.trail.roots import roots_of


async def export_roots(storage: PostgresStorage, folder: RootFolder) -> Path | None:
    """Append the present roots to the file of the day; None where nothing is sealed yet.

    Raises StorageUnavailable, RootsUnusable.
    """
    roots = [
        root
        for company in await companies(storage)
        for root in await roots_of(storage, company.id, company.slug)
    ]
    if not roots:
        return None
    return await asyncio.to_thread(folder.append, roots, storage.clock.now())
