"""``wellkept remittance post FILE...``: 835 files from the command line."""

import asyncio
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, BinaryIO
from uuid import UUID

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from app.runtime import Installation, installation
from app.settings import Settings
from services.claims.remittances import receiving, remittance_queries, remittances
from services.claims.remittances.remittance_queries import Progress as RemittanceProgress
from services.claims.remittances.remittance_scan import UnreadableRemittance, scan
from services.files.keeping import written
from storage.files import FileDamaged
from storage.identifiers import OPERATOR_ACTOR_ID, new_id
from storage.interface import Actor
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.claims import TransactionStatus

_READ_BYTES = 1 << 18
_LONGEST_NAME = 255
_WAITING = frozenset({TransactionStatus.UNBALANCED, TransactionStatus.IN_REVIEW})


@dataclass(frozen=True)
class _Outcome:
    """What became of one file: its progress, or why it was refused."""

    path: Path
    progress: RemittanceProgress | None
    refusal: str | None = None

    @property
    def needs_attention(self) -> bool:
        """Whether it was refused or anything of it waits for a person."""
        if self.progress is None:
            return True
        return any(
            each.status in _WAITING or each.exception_count for each in self.progress.transactions
        )


def post(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, readable=True)],
    company: Annotated[str, typer.Option(help="The company's slug.")],
) -> None:
    """Post 835 FILES to the claims of a company and print what was posted and what waits.

    Exits with 1 when a file was refused or something waits for a person.
    """
    with installation(Settings.from_environment()) as place:
        outcomes = asyncio.run(_post_all(place, files, company))
    console = Console()
    console.print(_summary(outcomes))
    for outcome in outcomes:
        if outcome.refusal is not None:
            console.print(f"{outcome.path.name}: {outcome.refusal}", style="red", highlight=False)
    if any(outcome.needs_attention for outcome in outcomes):
        raise typer.Exit(1)


async def _post_all(place: Installation, files: list[Path], slug: str) -> list[_Outcome]:
    async with place.storage() as storage:
        company_id = await storage.company_of_slug(slug)
        if company_id is None:
            raise typer.BadParameter(f"no company has the slug {slug!r}", param_hint="--company")
        actor = Actor(OPERATOR_ACTOR_ID, new_id())
        bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed:,.0f} of {task.total:,.0f} claims"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
        )
        with bar:
            return [await _post_one(place, storage, company_id, actor, path, bar) for path in files]


async def _post_one(
    place: Installation,
    storage: PostgresStorage,
    company_id: UUID,
    actor: Actor,
    path: Path,
    bar: Progress,
) -> _Outcome:
    vault = place.vault
    try:
        with path.open("rb") as file:
            reading = _Reading(file)
            found = await asyncio.to_thread(scan, reading.chunks())
            reading.is_finished = True
            new = receiving.new_file(path.name[-_LONGEST_NAME:])
            async with (
                written(storage, vault, company_id, actor, new, reading) as kept,
                storage.transaction(company_id, actor) as store,
            ):
                received = receiving.ReceivedFile(kept, found)
                remittance, _ = await receiving.receive_and_enqueue(store, received)
    except UnreadableRemittance as refusal:
        return _Outcome(path, None, refusal.detail)
    except FileDamaged:
        return _Outcome(path, None, "It changed while it was read. Nothing was posted.")
    task = bar.add_task(path.name, total=found.claim_count)
    await remittances.post_remittance(
        storage,
        vault,
        company_id,
        actor,
        remittance.id,
        progress=lambda claims: bar.advance(task, claims),
    )
    bar.update(task, completed=found.claim_count)
    async with storage.transaction(company_id, actor) as store:
        return _Outcome(path, await remittance_queries.progress(store, remittance.id))


class _Reading:
    """A file that is read more than once, and what its bytes came to the first time."""

    def __init__(self, file: BinaryIO) -> None:
        self.byte_count = 0
        self.is_finished = False
        self._digest = hashlib.sha256()
        self._file = file

    @property
    def sha256(self) -> bytes:
        return self._digest.digest()

    def chunks(self) -> Iterator[bytes]:
        self._file.seek(0)
        while chunk := self._file.read(_READ_BYTES):
            if not self.is_finished:
                self._digest.update(chunk)
                self.byte_count += len(chunk)
            yield chunk


def _summary(outcomes: list[_Outcome]) -> Table:
    table = Table("File", "Trace", "Status", "Payment", "Claims", "Posted", "Waiting")
    for column in table.columns[3:]:
        column.justify = "right"
    for outcome in outcomes:
        if outcome.progress is None:
            table.add_row(outcome.path.name, "", "refused", "", "", "", "")
            continue
        for each in outcome.progress.transactions:
            table.add_row(
                outcome.path.name,
                each.trace_number or "",
                each.status
                if each.status_reason is None
                else f"{each.status}: {each.status_reason}",
                _dollars(each.payment_cents),
                str(each.claim_count),
                str(each.posted_count),
                str(each.exception_count),
            )
    return table


def _dollars(cents: int) -> str:
    whole, rest = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}{whole:,}.{rest:02}"
