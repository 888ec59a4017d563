"""Taking a closed company's rows out, table by table, children before their parents.

What goes is decided anew by every run: all that is not held today. So a run that breaks off is
gone on with by the next one, and what retention held goes by itself once it is past.
"""

import asyncio
import datetime as dt
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

import psycopg
from psycopg import sql

from storage.archive.manifest import Connection, program_version
from storage.clock import Clock, SystemClock
from storage.deletion.certificate import (
    DeletedTable,
    DeletionCertificate,
    LastRoot,
    checked,
    issued,
)
from storage.deletion.closing import (
    LONGEST_WAIT,
    as_owner,
    bound,
    forget_jobs,
    standing_holds,
    wait_until_empty,
    wipe_secrets,
)
from storage.deletion.errors import (
    AnotherAtWork,
    CompanyBusy,
    DeletionBrokenOff,
    LegalHoldsStand,
)
from storage.deletion.holding import Held, HeldRows, company_tables
from storage.deletion.pieces import ROWS_AT_ONCE, Departure
from storage.deletion.register import (
    NOTHING_REMOVED,
    Deletion,
    Removed,
    certificate_of,
    certify,
    note_run,
    removed,
    under_way,
)
from storage.errors import StorageError
from storage.files import FileVault
from storage.maintenance.retirement_records import UNSEALED
from storage.postgres.transaction import PostgresStorage
from storage.trail.forms import SEALED_LOGS
from storage.trail.keys import Signer
from storage.trail.roots import roots_of
from storage.trail.sealer import seal_company

BACKUPS_UNKNOWN = (
    "Backups that were made before hold the company until they are removed; for how long the"
    " installation keeps them is not stated."
)


@dataclass(frozen=True)
class Outcome:
    """What a run did about one company."""

    deletion: Deletion
    certificate: DeletionCertificate | None = None
    """What was issued; None where nothing had changed since the last one."""
    kept_from: StorageError | psycopg.Error | None = None
    """Why it did not come to its end."""

    @property
    def failure(self) -> StorageError | psycopg.Error | None:
        """What kept it from that and is nobody's decision, nor over by itself."""
        is_awaited = isinstance(self.kept_from, LegalHoldsStand | CompanyBusy | DeletionBrokenOff)
        return None if is_awaited else self.kept_from

    @property
    def is_through(self) -> bool:
        """Whether nothing more can be done today: what a legal hold keeps stays by decision."""
        return self.kept_from is None or isinstance(self.kept_from, LegalHoldsStand)

    @property
    def obstacle(self) -> str | None:
        """The reason in words that hold nobody's data."""
        match self.kept_from:
            case None:
                return None
            case psycopg.Error() as error:
                return f"{type(error).__name__} ({error.sqlstate})"
            case error:
                return str(error)


def go_on(
    owner_url: str,
    *,
    vault: FileVault,
    signer: Signer,
    backups: str = BACKUPS_UNKNOWN,
    only_new: bool = False,
    company_id: UUID | None = None,
    rows_at_once: int = ROWS_AT_ONCE,
    is_stopping: Callable[[], bool] = lambda: False,
    waits: bool = True,
    clock: Clock | None = None,
) -> Sequence[Outcome]:
    """Take out of every closed company what nothing holds any more; may be repeated. What fails
    for one company keeps no other from it.

    With ``only_new`` companies are left alone of which all but what is held is gone: what is held
    today is read to its last row, which once a day is enough. With ``company_id`` it is about that
    one. Once the program ``is_stopping``, the piece at hand is the last one. Without ``waits``
    nothing is done while maintenance or another deletion is at work.

    Raises SchemaUnfit, psycopg.OperationalError where the database is away; what was done stays
    done.
    """
    now = (clock or SystemClock()).now()

    def require_running() -> None:
        if is_stopping():
            raise DeletionBrokenOff

    outcomes: list[Outcome] = []
    with suppress(AnotherAtWork), as_owner(owner_url, waits=waits) as owner:
        for deletion in under_way(owner, only_new=only_new, company_id=company_id):
            if not is_stopping():
                removal = _Removal(
                    owner, owner_url, deletion, signer, now, rows_at_once, require_running
                )
                outcomes.append(removal.run(vault, backups))
    return outcomes


class _Removal:
    """One company on its way out."""

    def __init__(
        self,
        connection: Connection,
        owner_url: str,
        deletion: Deletion,
        signer: Signer,
        now: dt.datetime,
        rows_at_once: int,
        require_running: Callable[[], None],
    ) -> None:
        self._connection = connection
        self._owner_url = owner_url
        self._deletion = deletion
        self._company_id = deletion.company_id
        self._signer = signer
        self._now = now
        self._rows_at_once = rows_at_once
        self._require_running = require_running

    def run(self, vault: FileVault, backups: str) -> Outcome:
        """Do what can be done today, and have it on record how that ended."""
        try:
            outcome = self._done(vault, backups)
        except (StorageError, psycopg.Error) as reason:
            if self._connection.broken:
                raise
            outcome = Outcome(self._deletion, kept_from=reason)
        note_run(
            self._connection,
            self._deletion,
            got_on_at=self._now if outcome.is_through else None,
            obstacle=outcome.obstacle,
        )
        return outcome

    def _done(self, vault: FileVault, backups: str) -> Outcome:
        before = certificate_of(self._connection, self._deletion.id)
        known = None if before is None else checked(before)[0]
        roots = self._made_ready(is_first=known is None)
        held = self._held()
        departure = Departure(
            self._connection,
            self._deletion,
            held,
            self._signer,
            self._now,
            self._require_running,
            self._rows_at_once,
        )
        for table in reversed(list(company_tables())):
            departure.remove(table)
        self._sweep(vault)
        gone = removed(self._connection, self._deletion)
        if known is not None and known.deleted == sum(each.contents.rows for each in gone.values()):
            return Outcome(self._deletion)
        made = self._certificate(held, gone, roots or (known.roots if known else []), backups)
        with self._connection.transaction():
            ended_at = self._now if made.is_final else None
            certify(self._connection, self._deletion, issued(made, self._signer), ended_at)
        return Outcome(self._deletion, made)

    def _made_ready(self, *, is_first: bool) -> list[LastRoot]:
        """Nobody is inside, nothing opens anything, and the trail is sealed to its end."""
        wait_until_empty(self._connection, self._company_id, self._require_running)
        forget_jobs(self._connection, self._company_id)
        with bound(self._connection, self._company_id):
            if holds := standing_holds(self._connection, self._company_id):
                raise LegalHoldsStand(holds)
            if is_first:
                wipe_secrets(self._connection)
        return asyncio.run(self._sealed())

    async def _sealed(self) -> list[LastRoot]:
        """Seal what the company wrote last. Raises CompanyBusy while others' transactions that
        are older keep it from being settled."""
        owner = PostgresStorage(self._owner_url)
        await owner.open()
        try:
            give_up_at = time.monotonic() + LONGEST_WAIT.seconds
            await seal_company(owner, self._company_id, self._signer)
            while self._has_unsealed():
                if time.monotonic() > give_up_at:
                    raise CompanyBusy(LONGEST_WAIT)
                self._require_running()
                await asyncio.sleep(0.5)
                await seal_company(owner, self._company_id, self._signer)
            roots = await roots_of(owner, self._company_id, self._deletion.slug)
        finally:
            await owner.close()
        return [LastRoot(log=each.log, sequence=each.sequence, hash=each.hash) for each in roots]

    def _has_unsealed(self) -> bool:
        with bound(self._connection, self._company_id):
            return any(
                self._connection.execute(
                    UNSEALED.format(leaf=log).encode(),
                    {"company_id": self._company_id, "log": log},
                ).fetchone()
                == (True,)
                for log in SEALED_LOGS
            )

    def _held(self) -> Held:
        with bound(self._connection, self._company_id):
            held = Held.found(
                self._connection,
                self._company_id,
                years=self._deletion.retention_years,
                is_handed_over=self._deletion.is_handed_over,
                now=self._now,
                require_running=self._require_running,
            )
            if held.has_company:  # the company's row stays, and names no mailbox any more
                self._connection.execute(
                    b"UPDATE companies SET roots_mailbox_id = NULL, roots_email = NULL"
                )
        self._connection.execute(b"ANALYZE held")
        return held

    def _sweep(self, vault: FileVault) -> None:
        """Remove every object of the company that no row names: what was kept, and what uploads
        that were broken off have left."""
        with bound(self._connection, self._company_id):
            found = self._connection.execute(
                b"SELECT object_key FROM stored_files WHERE deletion IS NULL"
            ).fetchall()
        named = {str(key) for (key,) in found}
        for each in vault.objects(self._company_id):
            if each.name.rpartition("/")[2] not in named:
                vault.delete_object(each)

    def _certificate(
        self,
        held: Held,
        gone: Mapping[str, Removed],
        roots: list[LastRoot],
        backups: str,
    ) -> DeletionCertificate:
        with bound(self._connection, self._company_id):
            stays = held.summary()
            left = {table.name: self._count(table.name) for table in company_tables()}
        assert {name: rows for name, rows in left.items() if rows} == {
            name: each.rows for name, each in stays.items()
        }, "rows are there that nothing holds"
        deletion = self._deletion
        return DeletionCertificate(
            program=program_version(),
            company_id=deletion.company_id,
            slug=deletion.slug,
            name=deletion.name,
            asked_by=deletion.asked_by,
            asked_at=deletion.asked_at,
            approved_by=deletion.approved_by,
            approved_at=deletion.approved_at,
            records_were_handed_over=deletion.is_handed_over,
            closed_at=deletion.closed_at,
            issued_at=self._now,
            is_final=not stays,
            tables=[
                self._told(name, gone.get(name, NOTHING_REMOVED), stays.get(name))
                for name in sorted(left)
            ],
            files_deleted=sum(each.files for each in gone.values()),
            file_bytes_deleted=sum(each.file_bytes for each in gone.values()),
            keys_destroyed="data_keys" not in stays,
            roots=roots,
            backups=backups,
        )

    def _count(self, table: str) -> int:
        query = sql.SQL("SELECT count(*) FROM {} WHERE company_id = %s")
        ((rows,),) = self._connection.execute(
            query.format(sql.Identifier(table)), [self._company_id]
        ).fetchall()
        return int(str(rows))

    def _told(self, name: str, gone: Removed, stays: HeldRows | None) -> DeletedTable:
        return DeletedTable(
            name=name,
            deleted=gone.contents.rows,
            digest=gone.contents.digest,
            held=0 if stays is None else stays.rows,
            held_until=None if stays is None else stays.until,
            reasons=[] if stays is None else list(stays.reasons),
        )
