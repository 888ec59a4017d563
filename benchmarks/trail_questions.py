"""Whether the questions about the trail find their index in logs of a million rows each.

    python -m benchmarks.trail_questions

One company has 1,000,000 changes and 1,000,000 requests over four months. Each question is the
statement of the product itself, asked as the program's role under row-level security; its plan must
read every month by the index that is meant for it and nothing in sequence, or this exits with 1.
The yardstick is the newest page of the same log without any condition, in the same run. Who looked
at a patient is asked of an array, which no index serves (docs/audit-trail.md): its time is printed
and its plan is not judged.
"""

from __future__ import annotations

import hashlib
import statistics
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from sqlmodel import SQLModel

from benchmarks.database import Place, temporary_database
from storage.filters import AccessFilter, AuditFilter, Filter
from storage.identifiers import new_id
from storage.postgres.selecting import conditions_given, select_page
from storage.tables.trail import AccessEntry, AuditEntry

ROWS = 1_000_000
BATCHES = 50
DAYS = 80
PEOPLE = 500
PATIENTS = 20_000
PAGE = 50
ROUNDS = 7

_ID = "uuidv7(make_interval(secs => random() * %(days)s * 86400))"
_SOMEBODY = "md5('person' || (random() * %(people)s)::int)::uuid"
_A_PATIENT = "md5('patient' || (random() * %(patients)s)::int)::uuid"

_CHANGES = f"""
INSERT INTO audit_log (company_id, id, recorded_at, recorded_by, request_id, action, entity,
                       entity_id, before, after, patient_id, former_patient_id)
SELECT %(company)s, {_ID}, now(), {_SOMEBODY}, gen_random_uuid(), 'update',
       (ARRAY['claims', 'claim_lines', 'denials', 'patients'])[1 + at %% 4],
       md5('record' || at %% 100000)::uuid, '{{"status": "draft"}}', '{{"status": "ready"}}',
       CASE WHEN at %% 4 > 0 THEN {_A_PATIENT} END, CASE WHEN at %% 50 = 0 THEN {_A_PATIENT} END
FROM generate_series(1, %(rows)s) AS at
"""

_REQUESTS = f"""
INSERT INTO api_log (company_id, id, recorded_at, recorded_by, request_id, operation, outcome,
                     patient_ids, record_id, emergency_access_id)
SELECT %(company)s, {_ID}, now(), {_SOMEBODY}, gen_random_uuid(), 'get_claim', 200,
       ARRAY[{_A_PATIENT}], CASE WHEN at %% 2 = 0 THEN md5('record' || at %% 100000)::uuid END,
       CASE WHEN at %% 1000 = 0 THEN md5('emergency' || at %% 7000)::uuid END
FROM generate_series(1, %(rows)s) AS at
"""


@dataclass(frozen=True)
class Question:
    """What is asked, and the column whose index must serve it."""

    words: str
    row: type[SQLModel]
    conditions: Filter
    column: str | None


def known(kind: str, number: int) -> UUID:
    """An id as the statements above make them."""
    return UUID(hashlib.md5(f"{kind}{number}".encode(), usedforsecurity=False).hexdigest())


PERSON, PATIENT, RECORD = known("person", 7), known("patient", 7), known("record", 8)
QUESTIONS = (
    Question("changes, the newest", AuditEntry, AuditFilter(), "company_id"),
    Question("changes by a person", AuditEntry, AuditFilter(recorded_by=PERSON), "recorded_by"),
    Question("changes of a patient", AuditEntry, AuditFilter(patient_id=PATIENT), "patient_id"),
    Question(
        "changes away from a patient",
        AuditEntry,
        AuditFilter(former_patient_id=PATIENT),
        "former_patient_id",
    ),
    Question("changes of a record", AuditEntry, AuditFilter(entity_id=RECORD), "entity_id"),
    Question("changes of a kind", AuditEntry, AuditFilter(entity="denials"), "entity"),
    Question("requests, the newest", AccessEntry, AccessFilter(), "company_id"),
    Question("requests by a person", AccessEntry, AccessFilter(recorded_by=PERSON), "recorded_by"),
    Question("requests for a record", AccessEntry, AccessFilter(record_id=RECORD), "record_id"),
    Question(
        "requests with an emergency access",
        AccessEntry,
        AccessFilter(emergency_access_id=known("emergency", 1000)),
        "emergency_access_id",
    ),
    Question("requests that read a patient", AccessEntry, AccessFilter(patient_id=PATIENT), None),
)


def load(place: Place, company_id: UUID) -> None:
    given = {
        "company": company_id,
        "rows": ROWS // BATCHES,
        "days": DAYS,
        "people": PEOPLE,
        "patients": PATIENTS,
    }
    with place.as_superuser() as connection:
        connection.autocommit = True
        for statement in (_CHANGES, _REQUESTS):
            for _ in range(BATCHES):
                connection.execute(statement.encode(), given)
        connection.execute("VACUUM ANALYZE audit_log, api_log")


def nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A plan's nodes, outermost first."""
    yield plan
    for below in plan.get("Plans", []):
        yield from nodes(below)


def faults(plan: Mapping[str, Any], column: str) -> list[str]:
    """What reads a month otherwise than by the index that begins with the company and a column.

    The default partition is empty, so that it costs nothing however it is read.
    """
    found = []
    for node in nodes(plan):
        if "Relation Name" not in node and "Index Name" not in node:
            continue
        name = node.get("Index Name", "no index")
        serves = f"_company_id_{column}_" in name or (column == "company_id" and "pkey" in name)
        is_empty = node.get("Relation Name", "").endswith("_default")
        if node["Node Type"] == "Bitmap Heap Scan" or serves or is_empty:
            continue
        found.append(f"{node['Node Type']} on {node.get('Relation Name', '?')} by {name}")
    return found


def ask(connection: psycopg.Connection, company_id: UUID, question: Question) -> list[str]:
    """Print how long a question takes; returns what is wrong with its plan."""
    names = conditions_given(question.conditions)
    statement = select_page(question.row, type(question.conditions), names, continued=False)
    given = {f"where_{name}": getattr(question.conditions, name) for name in names}
    given |= {"company_id": company_id, "row_limit": PAGE + 1}
    row = connection.execute(f"EXPLAIN (FORMAT JSON) {statement}".encode(), given).fetchone()
    assert row is not None
    taken = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        rows = connection.execute(statement.encode(), given).fetchall()
        taken.append((time.perf_counter() - begun) * 1000)
    wrong = [] if question.column is None else faults(row[0][0]["Plan"], question.column)
    verdict = "; ".join(wrong) or ("not judged" if question.column is None else "by its index")
    sys.stdout.write(
        f"{question.words:<34} {statistics.median(taken):8.2f} ms  {len(rows):3} rows  {verdict}\n"
    )
    return wrong


def main() -> None:
    company_id = new_id()
    with temporary_database() as place:
        load(place, company_id)
        with psycopg.connect(place.addresses.app) as connection:
            connection.execute(f"SET LOCAL app.company_id = '{company_id}'".encode())
            sys.stdout.write(f"{ROWS:,} rows in each log, a page of {PAGE}\n")
            wrong = [ask(connection, company_id, question) for question in QUESTIONS]
    if any(wrong):
        sys.exit("a question does not use its index")


if __name__ == "__main__":
    main()
