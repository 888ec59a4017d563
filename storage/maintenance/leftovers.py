"""Answers kept for replay and sessions long over: each company's are deleted bound to it."""

import datetime as dt
from collections.abc import Callable
from uuid import UUID

from sqlmodel import SQLModel

from storage.identifiers import OPERATOR_ACTOR_ID, new_id, new_ids
from storage.maintenance.deeds import RowsForgotten
from storage.maintenance.partition_upkeep import Owner
from storage.rows import is_trailed

SESSIONS_KEPT = dt.timedelta(days=30)
"""How long a session that is over can still be looked up."""

_DELETE_ANSWERS = """
DELETE FROM stored_answers WHERE company_id = %(company_id)s AND expires_at < %(now)s
"""

_SESSIONS_OVER = """
SELECT id FROM person_sessions AS session
WHERE company_id = %(company_id)s
  AND (expires_at < %(long_ago)s OR revoked_at < %(long_ago)s)
  AND EXISTS (
    SELECT FROM person_sessions AS later
    WHERE later.company_id = %(company_id)s AND later.person_id = session.person_id
      AND (later.last_seen_at, later.id) > (session.last_seen_at, session.id)
  )
FOR UPDATE
"""

_DELETE_SESSIONS = """
WITH gone AS (
    DELETE FROM person_sessions
    USING unnest(%(ids)s::uuid[], %(audit_ids)s::uuid[]) AS given (session_id, audit_id)
    WHERE company_id = %(company_id)s AND id = session_id
    RETURNING person_sessions.*, audit_id
)
INSERT INTO audit_log (company_id, id, recorded_at, recorded_by, request_id, action, entity,
                       entity_id, before)
SELECT company_id, audit_id, %(now)s, %(actor_id)s, %(request_id)s, 'delete', 'person_sessions',
       id, {before}
FROM gone
"""


def forget_answers(owner: Owner) -> list[RowsForgotten]:
    """Delete the answers to idempotent requests that nobody may ask for again."""

    def delete(company_id: UUID) -> int:
        parameters = {"company_id": company_id, "now": owner.now}
        return owner.connection.execute(_DELETE_ANSWERS, parameters).rowcount

    return _each_company(owner, "stored_answers", delete)


def forget_sessions(owner: Owner) -> list[RowsForgotten]:
    """Delete the sessions that have long been over; like every change it leaves its trail.

    The one that a person used last stays: it says when that was.
    """
    table = SQLModel.metadata.tables["person_sessions"]
    shown = ", ".join(f"'{c.name}', {c.name}" for c in table.columns if is_trailed(c))
    statement = _DELETE_SESSIONS.format(before=f"jsonb_build_object({shown})").encode()

    def delete(company_id: UUID) -> int:
        long_ago = owner.now - SESSIONS_KEPT
        parameters: dict[str, object] = {
            "company_id": company_id,
            "long_ago": long_ago,
        }
        found = owner.connection.execute(_SESSIONS_OVER, parameters).fetchall()
        if not found:
            return 0
        parameters |= {
            "ids": [row_id for (row_id,) in found],
            "audit_ids": new_ids(len(found)),
            "now": owner.now,
            "actor_id": OPERATOR_ACTOR_ID,
            "request_id": new_id(),
        }
        return owner.connection.execute(statement, parameters).rowcount

    return _each_company(owner, "person_sessions", delete)


def _each_company(owner: Owner, table: str, delete: Callable[[UUID], int]) -> list[RowsForgotten]:
    """Run a deletion bound to each company in turn, each in a transaction of its own."""
    rows = 0
    for (company_id,) in owner.run("SELECT company_id FROM company_directory").fetchall():
        with owner.transaction():
            bound = UUID(str(company_id))
            owner.bind(bound)
            rows += delete(bound)
    return [RowsForgotten(table, rows)] if rows else []
