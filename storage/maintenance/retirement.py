"""A month of a log is dropped once nobody's retention, hold or missing seal keeps it."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import psycopg

from storage.maintenance.deeds import PartitionKept, PartitionRetired
from storage.maintenance.partition_upkeep import Owner, months_of
from storage.maintenance.retirement_records import UNSEALED, Removed, put_on_record
from storage.maintenance.terms import Terms, companies, terms_of
from storage.partitions import bounds, partition_name
from storage.retention import LEAST_YEARS, ROWS_HELD, retirable_on
from storage.trail.keys import Signer

_NARROW_HOLD = """
SELECT hold.id, hold.patient_id IS NOT NULL
FROM legal_holds AS hold
WHERE hold.company_id = %(company_id)s AND hold.released_at IS NULL
  AND EXISTS (
      SELECT FROM {leaf} AS entry WHERE entry.company_id = hold.company_id AND ({rows})
  )
ORDER BY hold.id LIMIT 1
"""


def retire(owner: Owner, table: str, signer: Signer) -> list[PartitionRetired | PartitionKept]:
    """Drop the months that nobody needs any more; each company's loss is signed and on record."""
    today = owner.now.date()
    due = [m for m in months_of(owner, table) if retirable_on(m, years=LEAST_YEARS) <= today]
    known = companies(owner, closed_too=True) if due else []
    return [
        _evidently_kept(owner, table, month, known) or _retire_month(owner, table, month, signer)
        for month in due
    ]


@dataclass(frozen=True)
class _Share:
    """What a company has in a month, and what keeps it."""

    company_id: UUID
    rows: int
    company: str
    years: int
    keeping: str | None


def _evidently_kept(
    owner: Owner, table: str, month: dt.date, known: Sequence[Terms]
) -> PartitionKept | None:
    """A company whose terms keep the month and that has rows in it: found without any lock."""
    leaf = partition_name(table, month)
    for terms in known:
        reason = terms.keeping(month, owner.now.date())
        with owner.transaction():
            owner.bind(terms.company_id)
            reason = reason or _narrow_hold(owner, table, month, terms.company_id)
            if reason is None:
                continue
            probe = f"SELECT FROM {leaf} WHERE company_id = %s LIMIT 1"
            if owner.run(probe, terms.company_id).rowcount:
                return PartitionKept(table, month, terms.slug, reason)
    return None


def _retire_month(
    owner: Owner, table: str, month: dt.date, signer: Signer
) -> PartitionRetired | PartitionKept:
    """Decide and drop in one transaction, in which no hold can be placed and no term changed."""
    leaf = partition_name(table, month)
    with owner.transaction():
        owner.run("LOCK TABLE companies, legal_holds IN SHARE MODE")
        owner.run(f"ALTER TABLE {leaf} NO FORCE ROW LEVEL SECURITY")
        found = owner.run(
            f"SELECT company_id, count(*) FROM {leaf} GROUP BY company_id ORDER BY company_id"  # noqa: S608
        ).fetchall()
        shares = [
            _share(owner, table, month, UUID(str(company)), int(str(rows)))
            for company, rows in found
        ]
        kept = next((share for share in shares if share.keeping is not None), None)
        if kept is not None:
            owner.run(f"ALTER TABLE {leaf} FORCE ROW LEVEL SECURITY")
            return PartitionKept(table, month, kept.company, kept.keeping or "")
        low, high = (UUID(bound) for bound in bounds(month))
        for share in shares:
            owner.bind(share.company_id)
            policy = f"{share.years} years from the end of {month:%Y-%m}, no legal hold"
            removed = Removed(table, low, high, share.rows, policy)
            put_on_record(owner, share.company_id, removed, signer)
        owner.run(f"DROP TABLE {leaf}")
    return PartitionRetired(table, month, sum(share.rows for share in shares))


def _share(owner: Owner, table: str, month: dt.date, company_id: UUID, rows: int) -> _Share:
    """One company's share of a month."""
    terms = terms_of(owner, company_id)
    if terms is None:
        return _Share(company_id, rows, str(company_id), 0, "the company is not known")
    keeping = terms.keeping(month, owner.now.date()) or _narrow_hold(
        owner, table, month, company_id
    )
    if keeping is None and _is_unsealed(owner, table, month, company_id):
        keeping = "rows are not sealed yet"
    return _Share(company_id, rows, terms.slug, terms.years, keeping)


def _narrow_hold(owner: Owner, table: str, month: dt.date, company_id: UUID) -> str | None:
    """A hold on a patient or record about whom the month has rows of the company bound."""
    statement = _NARROW_HOLD.format(leaf=partition_name(table, month), rows=ROWS_HELD[table])
    found = owner.connection.execute(statement.encode(), {"company_id": company_id}).fetchone()
    if found is None:
        return None
    hold_id, is_on_patient = found
    return f"legal hold {hold_id} on {'a patient' if is_on_patient else 'a record'} stands"


def _is_unsealed(owner: Owner, table: str, month: dt.date, company_id: UUID) -> bool:
    cursor: psycopg.Cursor[tuple[object, ...]] = owner.connection.execute(
        UNSEALED.format(leaf=partition_name(table, month)).encode(),
        {"company_id": company_id, "log": table},
    )
    return cursor.fetchone() == (True,)
