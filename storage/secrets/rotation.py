"""Replacing keys while the program runs: readers accept old and new ones meanwhile."""

from collections.abc import Mapping
from functools import cache
from typing import Any
from uuid import UUID

from storage.errors import VersionConflict
from storage.filters import NoFilter
from storage.identifiers import OPERATOR_ACTOR_ID, new_id
from storage.interface import MAXIMUM_LIMIT, Actor, IStorage, Repository, Store
from storage.postgres.sql import table_of
from storage.postgres.transaction import ROW_CLASSES
from storage.secrets.company_secrets import CompanySecrets
from storage.secrets.data_key import names_its_row, number_of
from storage.secrets.keyring import Keyring

_ATTEMPTS = 5


async def reseal_data_keys(storage: IStorage, company_id: UUID, keyring: Keyring) -> int:
    """Seal a company's data keys anew under the current master key; returns how many those were.

    Storage is open as the worker. May be repeated; one that was sealed meanwhile is left alone.
    Raises MasterKeyUnknown, SecretUnreadable, StorageUnavailable.
    """
    async with storage.transaction(company_id, _operator()) as store:
        return await CompanySecrets(store, keyring).reseal_keys()


async def replace_data_key(storage: IStorage, company_id: UUID, keyring: Keyring) -> int:
    """Give a company that has secrets a new data key, and seal them anew under it, a page a
    transaction; returns how many rows those stood in.

    Earlier data keys stay: pseudonyms, files, and what was sealed meanwhile need them. May be
    repeated. Raises MasterKeyUnknown, SecretUnreadable, VersionConflict, StorageUnavailable.
    """
    async with storage.transaction(company_id, _operator()) as store:
        if not await store.data_keys.count(NoFilter()):
            return 0
        number = (await CompanySecrets(store, keyring).add_key()).number
    return await _reseal_rows(storage, company_id, number)


async def bind_to_rows(storage: IStorage, company_id: UUID) -> int:
    """Seal anew what a program of before had sealed for no row in particular, a page a transaction;
    returns how many rows that stood in. May be repeated.

    Raises MasterKeyUnknown, SecretUnreadable, VersionConflict, StorageUnavailable.
    """
    return await _reseal_rows(storage, company_id, 0)


async def _reseal_rows(storage: IStorage, company_id: UUID, number: int) -> int:
    """Seal anew what an earlier data key than this one sealed, or names no row."""
    resealed = 0
    for name in sealed_columns():
        after: UUID | None = None
        while True:
            count, after = await _reseal_page(storage, company_id, name, after, number)
            resealed += count
            if after is None:
                break
    return resealed


@cache
def sealed_columns() -> Mapping[str, tuple[str, ...]]:
    """The sealed columns of each table that has some, by the name of its repository."""
    found = {
        name: tuple(each.name for each in table_of(row).columns if each.info.get("sealed"))
        for name, row in ROW_CLASSES.items()
    }
    return {name: columns for name, columns in found.items() if columns}


async def _reseal_page(
    storage: IStorage, company_id: UUID, name: str, after: UUID | None, number: int
) -> tuple[int, UUID | None]:
    """Seal a page of rows anew, again where somebody else changed one of them meanwhile."""
    for _ in range(_ATTEMPTS - 1):
        try:
            async with storage.transaction(company_id, _operator()) as store:
                return await _resealed(store, name, after, number)
        except VersionConflict:
            continue
    async with storage.transaction(company_id, _operator()) as store:
        return await _resealed(store, name, after, number)


async def _resealed(
    store: Store, name: str, after: UUID | None, number: int
) -> tuple[int, UUID | None]:
    repository: Repository[Any, Any, NoFilter] = getattr(store, name)
    table = table_of(ROW_CLASSES[name]).name
    page = await repository.list(NoFilter(), limit=MAXIMUM_LIMIT, after=after)
    versions: dict[UUID, int] = {}
    changes: dict[str, list[bytes | None]] = {column: [] for column in sealed_columns()[name]}
    for row in page.rows:
        values = {column: getattr(row, column) for column in changes}
        fresh = {
            column: await _fresh(store, f"{table}.{column}", row.id, value, number)
            for column, value in values.items()
        }
        if fresh != values:
            versions[row.id] = row.version
            for column, value in fresh.items():
                changes[column].append(value)
    await repository.update_many(versions, changes)
    return len(versions), page.next_after


async def _fresh(
    store: Store, purpose: str, row_id: UUID, sealed: bytes | None, number: int
) -> bytes | None:
    """A secret under the newest data key and bound to its row; as it is where it is so already."""
    if sealed is None or (number_of(purpose, sealed) >= number and names_its_row(sealed)):
        return sealed
    plain = await store.secrets.open(purpose, row_id, sealed)
    return await store.secrets.seal(purpose, row_id, plain)


def _operator() -> Actor:
    return Actor(OPERATOR_ACTOR_ID, new_id())
