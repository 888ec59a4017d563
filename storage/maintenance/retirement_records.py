"""What retention removed is signed and on record, so that no deletion can pass for it."""

from dataclasses import dataclass
from uuid import UUID

from storage.identifiers import OPERATOR_ACTOR_ID, new_id
from storage.maintenance.partition_upkeep import Owner
from storage.tables.trail import RetirementFields
from storage.trail.chain import retirement_message
from storage.trail.keys import Signer

_RECORD = """
INSERT INTO retirements (company_id, id, recorded_at, recorded_by, log, low_id, high_id,
                         row_count, policy, key_id, signature)
VALUES (%(company_id)s, %(id)s, %(recorded_at)s, %(recorded_by)s, %(log)s, %(low_id)s,
        %(high_id)s, %(row_count)s, %(policy)s, %(key_id)s, %(signature)s)
"""

UNSEALED = """
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
"""Whether a company has rows in a place of a log (the log or a part of it) that no seal covers."""


@dataclass(frozen=True)
class Removed:
    """Rows of a table with ids from ``low`` and below ``high``, and by which rule they went."""

    table: str
    low: UUID
    high: UUID
    rows: int
    policy: str


def put_on_record(owner: Owner, company_id: UUID, removed: Removed, signer: Signer) -> None:
    """Sign a removal and write it down, in the transaction that removes, bound to the company."""
    retirement = RetirementFields(
        log=removed.table,
        low_id=removed.low,
        high_id=removed.high,
        row_count=removed.rows,
        policy=removed.policy,
        key_id=signer.key_id,
        signature=b"",
    )
    retirement_id = new_id()
    message = retirement_message(company_id, retirement_id, owner.now, retirement)
    retirement.signature = signer.sign(message)
    owner.connection.execute(
        _RECORD,
        {
            **retirement.model_dump(),
            "company_id": company_id,
            "id": retirement_id,
            "recorded_at": owner.now,
            "recorded_by": OPERATOR_ACTOR_ID,
        },
    )
