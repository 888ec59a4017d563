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
from storage.retention import LEAST_YEARS, retirable_on
from storage.tables.trail import RetirementFields
from storage.trail.chain import retirement_message
from storage.trail.keys import Signer

_TERMS = """
SELECT slug,
       retention_years,
       EXISTS (
           SELECT FROM legal_holds
           WHERE legal_holds.company_id = companies.company_id AND released_at IS NULL
       )
FROM companies
WHERE company_id = %s
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
    return [_retire_month(owner, table, month, signer) for month in due]


@dataclass(frozen=True)
class _Share:
    """What a company has in a month, and what keeps it."""

    company_id: UUID
    rows: int
    company: str
    years: int
    keeping: str | None


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
    """One company's share. Terms are read bound to the company, so one statement a company."""
    owner.bind(company_id)
    terms = owner.run(_TERMS, company_id).fetchone()
    if terms is None:
        return _Share(company_id, rows, str(company_id), 0, "the company is not known")
    company, years, has_hold = str(terms[0]), int(str(terms[1])), bool(terms[2])
    until = retirable_on(month, years=years)
    keeping = None
    if until > owner.now.date():
        keeping = f"its retention of {years} years lasts until {until}"
    elif has_hold:
        keeping = "a legal hold stands"
    elif _is_unsealed(owner, table, month, company_id):
        keeping = "rows are not sealed yet"
    return _Share(company_id, rows, company, years, keeping)


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
