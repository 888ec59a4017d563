"""What the operator does with a whole company, in the company's own access log."""

import datetime as dt
from uuid import UUID

import psycopg

from storage.identifiers import OPERATOR_ACTOR_ID, new_id

_ON_RECORD = """
INSERT INTO api_log (company_id, id, recorded_at, recorded_by, request_id, operation, outcome,
                     patient_ids, record_id)
VALUES (%(company_id)s, %(id)s, %(now)s, %(by)s, %(request_id)s, %(operation)s, 200, '{}',
        %(company_id)s)"""


def note_operation(
    connection: psycopg.Connection[tuple[object, ...]],
    company_id: UUID,
    operation: str,
    now: dt.datetime,
) -> None:
    """Have it on record in the owner's transaction that does it, which is bound to the company."""
    connection.execute(
        _ON_RECORD.encode(),
        {
            "company_id": company_id,
            "id": new_id(),
            "now": now,
            "by": OPERATOR_ACTOR_ID,
            "request_id": new_id(),
            "operation": operation,
        },
    )
