"""``wellkept audit verify``: streams a company's chains and the rows beside them."""

import datetime as dt
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import aclosing
from uuid import UUID

from storage.filters import ByLog
from storage.identifiers import SYSTEM_ACTOR_ID, new_id
from storage.interface import Actor, IStorage, Store
from storage.tables.trail import Seal
from storage.trail.chain import Pending, SealedText, SealRun, Span, made_at
from storage.trail.findings import FindingKind, LogReport
from storage.trail.forms import CURRENT_FORM, FORMS, SEALED_LOGS
from storage.trail.keys import KnownKeys
from storage.trail.row_check import RowCheck
from storage.trail.seal_check import SealCheck, is_backdated, is_signed
from storage.trail.tally import Tally

LONGEST_WAIT = dt.timedelta(hours=1)
"""A sealer that runs leaves no row unsealed for this long."""

Roots = Mapping[tuple[UUID, str], Mapping[int, Collection[bytes]]]
"""Exported hashes of seals, by company and log, then by sequence: one each, where nobody wrote a
chain anew between two exports."""

Progress = Callable[[str, int], None]
"""Is told a log and how many of its rows have been checked, now and then."""

_TOLD_EVERY = 20_000


async def verify_company(
    storage: IStorage,
    company_id: UUID,
    keys: KnownKeys,
    roots: Roots | None = None,
    *,
    progress: Progress = lambda _log, _rows: None,
) -> list[LogReport]:
    """Check every log of a company; each is seen as it is at one moment, and nothing is changed.

    Raises StorageUnavailable.
    """
    reports = []
    actor = Actor(SYSTEM_ACTOR_ID, new_id())
    for log in SEALED_LOGS:
        async with storage.transaction(company_id, actor) as store:
            await store.sealing.freeze()
            exported = (roots or {}).get((company_id, log), {})
            verification = _LogVerification(store, log, keys, exported, progress)
            reports.append(await verification.report())
    return reports


class _LogVerification:
    """One log: its seals in order, and under each the rows that it covers."""

    def __init__(
        self,
        store: Store,
        log: str,
        keys: KnownKeys,
        roots: Mapping[int, Collection[bytes]],
        progress: Progress,
    ) -> None:
        self._progress = progress
        self._store = store
        self._log = log
        self._keys = keys
        self._tally = Tally(log)
        self._seals = SealCheck(keys, roots, self._tally)
        self._seal_count = 0

    async def report(self) -> LogReport:
        retirements = await self._store.retirements.all(ByLog(log=self._log))
        signed = [each for each in retirements if is_signed(each, self._keys)]
        for each in retirements:
            if each not in signed:
                self._tally.note(FindingKind.RETIREMENT_FORGED, sequence=None, at=each.recorded_at)
        rows = RowCheck(signed, self._tally)
        runs = await self._store.sealing.runs(self._log)
        async with aclosing(self._store.sealing.seals(self._log)) as seals:
            ahead = _Ahead(seals)
            for at, run in enumerate(runs):
                following = runs[at + 1] if at + 1 < len(runs) else None
                span = _span(self._log, run, following)
                async with aclosing(self._store.sealing.texts(span)) as texts:
                    await self._check_run(texts, following, ahead, rows)
        self._seals.end()
        rows.conclude()
        pending = await self._pending(runs)
        since = None if pending.oldest_id is None else made_at(pending.oldest_id)
        return LogReport(
            company_id=self._store.company_id,
            log=self._log,
            seals=self._seal_count,
            sealed_rows=rows.sealed_rows,
            retired_rows=rows.retired_rows,
            pending_rows=pending.count,
            pending_since=since,
            is_overdue=since is not None and since < self._store.now - LONGEST_WAIT,
            findings=self._tally.findings(),
        )

    async def _check_run(
        self,
        texts: AsyncIterator[SealedText],
        following: SealRun | None,
        seals: "_Ahead",
        rows: RowCheck,
    ) -> None:
        """The seals of one run beside the rows of its span."""
        row = await anext(texts, None)
        until = None if following is None else following.first_sequence
        told = rows.sealed_rows // _TOLD_EVERY
        while (seal := await seals.next_below(until)) is not None:
            self._seals.take(seal)
            self._seal_count += 1
            rows.begin(seal)
            while row is not None and row[0] < seal.until_xid:
                if row[0] >= seal.from_xid:
                    rows.take(row[1], row[2])
                row = await anext(texts, None)
            rows.end()
            if rows.sealed_rows // _TOLD_EVERY > told:
                told = rows.sealed_rows // _TOLD_EVERY
                self._progress(self._log, rows.sealed_rows)
        while row is not None:
            rows.take_uncovered(row[1])
            row = await anext(texts, None)

    async def _pending(self, runs: list[SealRun]) -> Pending:
        last = self._seals.last
        pending = await self._store.sealing.pending(
            Span(
                log=self._log,
                form=CURRENT_FORM,
                from_xid=runs[-1].until_xid if runs else 0,
                until_xid=None,
                after_id=runs[-1].after_id if runs else None,
            )
        )
        if (
            pending.oldest_id is not None
            and last is not None
            and is_backdated(pending.oldest_id, last)
        ):
            self._tally.note_row(FindingKind.INSERTED, pending.oldest_id.bytes, None)
        return pending


def _span(log: str, run: SealRun, following: SealRun | None) -> Span:
    """The rows that a run of seals answers for. The last one's end with its last seal: what comes
    later is pending. Those of an era that is over have no end but its highest id."""
    is_last_of_era = following is None or following.after_id != run.after_id
    until_xid = run.until_xid if following is None or not is_last_of_era else None
    return Span(
        log=log,
        form=run.form if run.form in FORMS else CURRENT_FORM,
        from_xid=run.from_xid,
        until_xid=until_xid,
        after_id=run.after_id,
        last_id=following.after_id if following is not None and is_last_of_era else None,
    )


class _Ahead:
    """A chain of seals that can be read up to a sequence."""

    def __init__(self, seals: AsyncIterator[Seal]) -> None:
        self._seals = seals
        self._held: Seal | None = None

    async def next_below(self, sequence: int | None) -> Seal | None:
        """The next seal, unless it is the one of this sequence or a later one."""
        seal = self._held or await anext(self._seals, None)
        self._held = None
        if seal is not None and sequence is not None and seal.sequence >= sequence:
            self._held = seal
            return None
        return seal
