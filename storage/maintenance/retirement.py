"""A month of a log is dropped once nobody's retention, hold or missing seal keeps it."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import psycopg

from storage.identifiers import OPERATOR_ACTOR_ID, new_id
from storage.maintenance.deeds import PartitionKept, PartitionRetired
from storage.maintenance.partition_upkeep import Owner, months_of
from storage.partitions import bounds, partition_name
from storage.retention import LEAST_YEARS, ROWS_HELD, retirable_on
from storage.tables.trail import RetirementFields
from storage.trail.chain import retirement_message
from storage.trail.keys import Signer

_TERMS = """
SELECT slug,
       retention_years,
       (SELECT id FROM legal_holds
        WHERE legal_holds.company_id = companies.company_id AND released_at IS NULL
          AND patient_id IS NULL AND record_id IS NULL
        ORDER BY id LIMIT 1)
FROM companies
WHERE company_id = %s
"""

_NARROW_HOLD = """
SELECT hold.id, hold.patient_id IS NOT NULL
FROM legal_holds AS hold
WHERE hold.company_id = %(company_id)s AND hold.released_at IS NULL
  AND EXISTS (
      SELECT FROM {leaf} AS entry WHERE entry.company_id = hold.company_id AND ({rows})
  )
ORDER BY hold.id LIMIT 1
"""

_UNSEALED = """
SELECT EXISTS (
    SELECT FROM {leaf} AS entry
    LEFT JOIN (
        SELECT company_id, until_xid, after_id FROM seals
        WHERE company_id = %(company_id)s AND log = %(log)s ORDER BY sequence DESC LIMIT 1
    ) AS last ON last.company_id = entry.company_id
    WHERE entry.company_id = %(company_id)s
      AND (last.after_id IS NULL OR entry.id > last.after_id)
      AND (last.until_xid IS NULL OR entry.xid >= last.until_xid::text::xid8)
)
"""

_RECORD = """
INSERT INTO retirements (company_id, id, recorded_at, recorded_by, log, low_id, high_id,
                         row_count, policy, key_id, signature)
VALUES (%(company_id)s, %(id)s, %(recorded_at)s, %(recorded_by)s, %(log)s, %(low_id)s,
        %(high_id)s, %(row_count)s, %(policy)s, %(key_id)s, %(signature)s)
"""


def retire(owner: Owner, table: str, signer: Signer) -> list[PartitionRetired | PartitionKept]:
    """Drop the months that nobody needs any more; each company's loss is signed and on record."""
    today = owner.now.date()
    due = [m for m in months_of(owner, table) if retirable_on(m, years=LEAST_YEARS) <= today]
    companies = _companies(owner) if due else []
    return [
        _evidently_kept(owner, table, month, companies)
        or _retire_month(owner, table, month, signer)
        for month in due
    ]


@dataclass(frozen=True)
class _Terms:
    """What a company wants kept."""

    company_id: UUID
    slug: str
    years: int
    hold_id: UUID | None
    """A hold on everything."""

    def keeping(self, month: dt.date, today: dt.date) -> str | None:
        """Why a month's rows have to stay, if they do."""
        until = retirable_on(month, years=self.years)
        if until > today:
            return f"its retention of {self.years} years lasts until {until}"
        return None if self.hold_id is None else f"legal hold {self.hold_id} stands"


@dataclass(frozen=True)
class _Share:
    """What a company has in a month, and what keeps it."""

    company_id: UUID
    rows: int
    company: str
    years: int
    keeping: str | None


def _companies(owner: Owner) -> list[_Terms]:
    """The terms of all companies; each is read bound to it, so it takes a statement a company."""
    found = []
    for (company_id,) in owner.run("SELECT company_id FROM company_directory").fetchall():
        with owner.transaction():
            terms = _terms(owner, UUID(str(company_id)))
        if terms is not None:
            found.append(terms)
    return found


def _terms(owner: Owner, company_id: UUID) -> _Terms | None:
    """A company's terms, and the transaction bound to it."""
    owner.bind(company_id)
    row = owner.run(_TERMS, company_id).fetchone()
    if row is None:
        return None
    hold_id = None if row[2] is None else UUID(str(row[2]))
    return _Terms(company_id, str(row[0]), int(str(row[1])), hold_id)


def _evidently_kept(
    owner: Owner, table: str, month: dt.date, companies: Sequence[_Terms]
) -> PartitionKept | None:
    """A company whose terms keep the month and that has rows in it: found without any lock."""
    leaf = partition_name(table, month)
    for terms in companies:
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
        _record(owner, table, month, shares, signer)
        owner.run(f"DROP TABLE {leaf}")
    return PartitionRetired(table, month, sum(share.rows for share in shares))


def _share(owner: Owner, table: str, month: dt.date, company_id: UUID, rows: int) -> _Share:
    """One company's share of a month."""
    terms = _terms(owner, company_id)
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
        _UNSEALED.format(leaf=partition_name(table, month)).encode(),
        {"company_id": company_id, "log": table},
    )
    return cursor.fetchone() == (True,)


def _record(
    owner: Owner, table: str, month: dt.date, shares: Sequence[_Share], signer: Signer
) -> None:
    low, high = (UUID(bound) for bound in bounds(month))
    for share in shares:
        retirement = RetirementFields(
            log=table,
            low_id=low,
            high_id=high,
            row_count=share.rows,
            policy=f"{share.years} years from the end of {month:%Y-%m}, no legal hold",
            key_id=signer.key_id,
            signature=b"",
        )
        retirement_id = new_id()
        message = retirement_message(share.company_id, retirement_id, owner.now, retirement)
        retirement.signature = signer.sign(message)
        owner.bind(share.company_id)
        owner.connection.execute(
            _RECORD,
            {
                **retirement.model_dump(),
                "company_id": share.company_id,
                "id": retirement_id,
                "recorded_at": owner.now,
                "recorded_by": OPERATOR_ACTOR_ID,
            },
        )
