"""Answers kept for replay and sessions long over: each company's are deleted bound to it."""

import datetime as dt
from collections.abc import Callable
from uuid import UUID

from storage.maintenance.deeds import RowsForgotten
from storage.maintenance.deletion import delete_with_trail
from storage.maintenance.partition_upkeep import Owner
from storage.maintenance.references import unreferred
from storage.tables.identity import PersonSession

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
  AND {unreferred}
FOR UPDATE
"""


def forget_answers(owner: Owner) -> list[RowsForgotten]:
    """Delete the answers to idempotent requests that nobody may ask for again."""

    def delete(company_id: UUID) -> int:
        parameters = {"company_id": company_id, "now": owner.now}
        return owner.connection.execute(_DELETE_ANSWERS, parameters).rowcount

    return _each_company(owner, "stored_answers", delete)


def forget_sessions(owner: Owner) -> list[RowsForgotten]:
    """Delete the sessions that have long been over; like every change it leaves its trail.

    The one that a person used last stays: it says when that was. So does one in which somebody
    approved something or had an emergency access, whose record names it.
    """
    statement = _SESSIONS_OVER.format(unreferred=unreferred("person_sessions", "session"))

    def delete(company_id: UUID) -> int:
        parameters = {"company_id": company_id, "long_ago": owner.now - SESSIONS_KEPT}
        found = owner.connection.execute(statement.encode(), parameters).fetchall()
        ids = [UUID(str(session_id)) for (session_id,) in found]
        return delete_with_trail(owner, PersonSession, company_id, ids) if ids else 0

    return _each_company(owner, "person_sessions", delete)


def _each_company(owner: Owner, table: str, delete: Callable[[UUID], int]) -> list[RowsForgotten]:
    """Run a deletion bound to each company in turn, each in a transaction of its own."""
    rows = 0
    for (company_id,) in owner.run(
        "SELECT company_id FROM company_directory WHERE closed_at IS NULL"
    ).fetchall():
        with owner.transaction():
            bound = UUID(str(company_id))
            owner.bind(bound)
            rows += delete(bound)
    return [RowsForgotten(table, rows)] if rows else []
