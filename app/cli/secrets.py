"""``wellkept secrets``: which master keys seal what, and sealing anew under the current one."""

import asyncio
from dataclasses import dataclass

import typer

from app.runtime import Installation, installation
from app.settings import Settings
from storage.filters import StoredFileFilter
from storage.identifiers import OPERATOR_ACTOR_ID, new_id
from storage.interface import Actor
from storage.postgres.directory import companies
from storage.secrets.keyring import BEFORE_DATA_KEYS
from storage.secrets.rotation import bind_to_rows, replace_data_key, reseal_data_keys
from storage.secrets.usage import check_master_keys, master_keys_in_use


def status() -> None:
    """Say how many data keys each master key seals, and which keys were given."""
    with installation(Settings.from_environment()) as place:
        in_use = master_keys_in_use(place.app_url)
        given, current = place.keyring.ids, place.keyring.current.id
        for key_id in sorted(given | set(in_use), key=lambda each: (each != current, each)):
            state = "current" if key_id == current else "former" if key_id in given else "MISSING"
            typer.echo(f"{key_id}  {state:<7}  seals {in_use.get(key_id, 0)} data keys")
        check_master_keys(place.app_url, place.keyring)


def reseal() -> None:
    """Seal every data key anew under the current master key, while the program runs, and bind to
    its row every secret that a program of before had not.

    Every running program must know both keys before: see docs/secrets.md.
    """
    with installation(Settings.from_environment()) as place:
        check_master_keys(place.worker, place.keyring)
        done = asyncio.run(_reseal(place))
        typer.echo(
            f"{done.data_keys} data keys sealed anew under master key {place.keyring.current.id}"
        )
        if done.rows:
            typer.echo(f"secrets in {done.rows} rows bound to their row")
        in_use = master_keys_in_use(place.worker)
        for key_id in sorted(place.keyring.ids - {place.keyring.current.id}):
            left = in_use.get(key_id, 0)
            typer.echo(_what_is_left(key_id, left, done.files))


def new_data_keys() -> None:
    """Give every company that has secrets a new data key, and seal its secrets anew under it.

    Earlier data keys stay, for pseudonyms and kept files. The program may run meanwhile.
    """
    with installation(Settings.from_environment()) as place:
        check_master_keys(place.worker, place.keyring)
        count = asyncio.run(_replace_data_keys(place))
    typer.echo(f"secrets in {count} rows sealed anew under new data keys")


def _what_is_left(key_id: str, data_keys: int, files: int) -> str:
    """Whether a former master key is still needed."""
    if data_keys:
        return f"former master key {key_id} seals {data_keys} data keys: run this again"
    if files:
        return (
            f"former master key {key_id} seals no data key any more; {files} files of before there"
            " were data keys may need it: keep it"
        )
    return f"former master key {key_id} seals nothing any more: it can be removed"


@dataclass
class _Resealed:
    """What was sealed anew, and how many files a master key itself has sealed."""

    data_keys: int = 0
    rows: int = 0
    files: int = 0


async def _reseal(place: Installation) -> _Resealed:
    done = _Resealed()
    before = StoredFileFilter(data_key_number=BEFORE_DATA_KEYS, is_kept=True)
    async with place.worker_storage() as storage:
        for company in await companies(storage):
            done.data_keys += await reseal_data_keys(storage, company.id, place.keyring)
            done.rows += await bind_to_rows(storage, company.id)
            actor = Actor(OPERATOR_ACTOR_ID, new_id())
            async with storage.transaction(company.id, actor) as store:
                done.files += await store.stored_files.count(before)
    return done


async def _replace_data_keys(place: Installation) -> int:
    count = 0
    async with place.worker_storage() as storage:
        for company in await companies(storage):
            count += await replace_data_key(storage, company.id, place.keyring)
    return count
