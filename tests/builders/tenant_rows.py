"""A row in every tenant table, made from the tables' own declarations.

A new table is filled the day it is declared. Where a CHECK wants more than a value of the right
type, ``SPECIAL`` says what.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

import psycopg
import sqlalchemy as sa
from psycopg import sql
from psycopg.types.json import Jsonb
from sqlalchemy.dialects import postgresql as pg
from sqlmodel import SQLModel

from storage.identifiers import OPERATOR_ACTOR_ID, new_id
from storage.partitions import PARTITIONED
from storage.rows import BOOKKEEPING, TransactionId
from storage.secrets.data_key import place_of
from storage.security import tenant_tables
from storage.vocabulary.compliance import AttestationStatus, RequirementStatus
from tests.builders.keys import KEYRING

ROW_COUNTS: Mapping[str, int] = {
    "action_participants": 3,
    "approval_participants": 3,
    "corrective_actions": 3,
    "emergency_accesses": 3,
    "outbox_messages": 3,
    "payers": 3,
    "people": 3,
    "policy_versions": 3,
    "risk_assessments": 3,
    "principals": 3,
    "statement_runs": 3,
    "stored_files": 3,
}
"""How many rows a table gets where one is not enough: a claim's three payers differ, and so do
who asks for an approval and who decides about it."""

ITEM = {"entity": "claims"}
"""What is approved: with the ``entity_id``, a row that is there."""

SOME_HASH = "\\x" + "ab" * 32
"""What rows that refer to each other by a hash agree on."""

ASSESSMENT = {
    "number": "RA-0001",
    "kind": "hipaa",
    "title": "A risk analysis",
    "scope": "Everything.",
    "assessed_on": "2025-03-03",
    "next_due_on": "2026-03-03",
    "inherent_level": "low",
    "overall_level": "low",
    "parts": [],
    "risks": [],
    "controls": [],
}

REQUIREMENT = {
    "citation": None,
    "name": "A requirement",
    "description": "Do it.",
    "category": "all",
    "specification": None,
    "is_mandatory": True,
    "frequency": "ongoing",
    "first_due_on": None,
    "business_day_rule": "as_is",
    "late_rule": "keep_schedule",
    "evidence_required": [],
    "quorum": 1,
}

SCORE = {
    "percent": "50",
    "percent_exact": "50",
    "facts": {
        "is_small_practice": False,
        "needs_fewer_activities": False,
        "is_medical_home": False,
        "required_measures": None,
        "quality_improvement_pct": "0",
        "cost_improvement_pct": "0",
    },
    "measures": [],
    "missing": [],
    "steps": [],
}

SPECIAL: Mapping[str, Mapping[str, object]] = {
    "action_participants": {"role": "involved"},
    "action_progress": {
        "status": "planned",
        "started_at": None,
        "completed_at": None,
        "verified_at": None,
        "verified_by": None,
        "check_due_on": None,
        "checked_at": None,
        "checked_by": None,
        "verifier_role": "verifier",
    },
    "action_steps": {"role": "involved", "person_id": None},
    "approval_decisions": {**ITEM, "role": "decider"},
    "approval_participants": {**ITEM, "role": "decider"},
    "approval_thresholds": {"amount_cents": None, "quorum": 1},
    "approvals": {**ITEM, "approved_count": 0, "closed_at": None, "quorum": 1},
    "audit_accesses": {
        "ends_at": "2125-03-03T12:00:00Z",
        "revoked_at": None,
        "revocation_reason": None,
    },
    "audit_findings": {
        "closed_at": None,
        "closing_note": None,
        "closing_evidence_id": None,
    },
    "bank_lines": {"amount_cents": 100},
    "cash_items": {"amount_cents": 100, "kind": "reversal", "status": "deposited"},
    "appeal_rules": {"start_event": "remittance_received"},
    "claim_appeals": {"resolved_on": None, "status": "submitted"},
    "claim_files": {"sent_at": None},
    "claim_lines": {"drug": None},
    "claims": {
        "submitted_at": None,
        "replaces_id": None,
        "professional": None,
        "institutional": None,
        "insurance_credit_since": None,
        "patient_credit_since": None,
    },
    "care_providers": {
        "first_name": "Ada",
        "address": None,
        "pay_to": None,
        "contact": None,
    },
    "claim_rules": {"revision": 1, "enabled_revision": 1},
    "claim_rule_revisions": {
        "revision": 1,
        "condition": {"type": "compare", "field": "kind", "operator": "is_absent", "values": []},
    },
    "claim_rule_trials": {"revision": 1},
    "contract_terms": {
        "code_from": "99213",
        "code_to": "99213",
        "schedule": "Medicare",
        "percent": 100,
        "amount_cents": None,
    },
    "payment_variances": {"verdict": "as_expected"},
    "underpayments": {
        "amount_cents": 1,
        "resolution": None,
        "recovered_cents": None,
        "resolved_on": None,
        "superseded_because": None,
    },
    "code_tables": {
        "kind": "authorizations",
        "schedule": None,
        "withdrawn_at": None,
        "withdrawal_reason": None,
    },
    "api_keys": {"flagged_at": None, "flag": None},
    "compliance_attestations": {"content_number": 1, "supersedes_id": None},
    "compliance_evidence": {"kind": "system_fact", "file_id": None, "url": None},
    "compliance_requirements": {"content": REQUIREMENT, "retired_on": None},
    "compliance_packs": {
        "source_text": 'id = "own"\nversion = "1"\nprogram = "MIPS"\nname = "Own"\n'
        'source = "us"\nrequirements = []\n',
        "pack_id": "own",
        "pack_version": "1",
    },
    "compliance_report_drafts": {"issued_at": None, "issued_hash": None},
    "compliance_reports": {
        "content": json.dumps(
            {
                "report_number": "CR-00001",
                "company_name": "C",
                "title": "T",
                "program": "MIPS",
                "period_from": "2025-01-01",
                "period_to": "2025-03-02",
                "known_at": "2025-03-03T12:00:00Z",
                "rate": {"numerator": 0, "denominator": 0, "rate_pct": None},
                "statuses": dict.fromkeys(RequirementStatus, 0),
                "requirements": [],
                "attestations": {"signed": 0, **dict.fromkeys(AttestationStatus, 0)},
                "audits": {
                    "total": 0,
                    "scheduled": 0,
                    "in_progress": 0,
                    "completed": 0,
                    "passed": 0,
                    "failed": 0,
                    "findings": 0,
                    "critical_findings": 0,
                    "open_findings": 0,
                    "actions": {"total": 0, "completed": 0, "overdue": 0},
                },
                "findings": [],
                "trend": [],
                "advice": [],
                "recommendations": [],
            }
        )
    },
    "requirement_versions": {"content": REQUIREMENT},
    "policies": {"review_months": 12, "archived_on": None, "archive_reason": None},
    "risk_assessments": {
        "status": "submitted",
        "next_due_on": "2026-03-03",
        "follows_id": None,
        "content_hash": SOME_HASH,
        "approved_on": None,
    },
    "assessment_records": {"content": ASSESSMENT, "content_hash": SOME_HASH},
    "finding_acceptances": {"accepted_on": None},
    "mitigation_items": {"done_on": None},
    "policy_members": {"role": None, "role_id": None},
    "policy_texts": {"file_id": None, "content_hash": SOME_HASH},
    "policy_versions": {"stage": "approved", "major": 1, "minor": 0, "content_hash": SOME_HASH},
    "policy_approvals": {"major": 1, "minor": 0, "content_hash": SOME_HASH},
    "policy_acknowledgements": {"content_hash": SOME_HASH},
    "denials": {
        "resolution": None,
        "resolved_on": None,
        "superseded_because": None,
    },
    "companies": {
        "retention_years": 7,
        "session_idle_minutes": 30,
        "session_hours": 12,
        "emergency_access_minutes": 60,
        "access_review_days": 90,
        "correction_cost_cents": 2_500,
        "appeal_cost_cents": 11_800,
    },
    "coverages": {"relationship": "18", "subscriber": None},
    "data_imports": {"refusal": None},
    "emergency_accesses": {"expires_at": "2025-03-03T13:00:00Z", "reviewed_at": None},
    "decided_line_matches": {"withdrawn_at": "2025-03-03T13:00:00Z"},
    "filed_claims": {"faults": None},
    "import_records": {"reason": None},
    "facilities": {"address": {"line_1": "12 Harbor Drive", "city": "Duluth"}},
    "figure_checks": {"finished_at": None, "is_sound": None},
    "figure_inputs": {"month": "2025-03-01"},
    "figure_sums": {"month": "2025-03-01"},
    "legal_holds": {"record_id": None},
    "mailboxes": {"sealed_private_key": None, "disabled_at": None},
    "mips_lists": {"performance_year": 2026, "withdrawn_at": None, "withdrawal_reason": None},
    "mips_benchmarks": {"cut_offs": {"percentiles": list(range(0, 110, 10))}},
    "mips_clinicians": {"performance_year": 2026, "tin": "123456789", "npi": "1234567893"},
    "mips_prior_submissions": {
        "tin": "123456789",
        "npi": "1234567893",
        "content": {"measures": []},
    },
    "mips_submissions": {
        "performance_year": 2026,
        "submitted_at": None,
        "score_number": None,
        "score_pct": None,
    },
    "mips_measures": {
        "eligible": 4,
        **dict.fromkeys(("met", "not_met", "exceptions", "exclusions"), 1),
        "value": None,
        "cases": None,
        "numerator": None,
        "denominator": None,
    },
    "mips_scores": {"content": SCORE},
    "outbox_messages": {"channel": "webhook", "settled_at": None},
    "write_offs": {"amount_cents": 100, "posted_on": None, "reversed_on": None},
    "webhook_endpoints": {"disabled_at": None, "disabled_because": None},
    "manual_remittances": {
        "status": "reversed",
        "content": {
            "claims": [{"patient_control_number": "PCN", "charge_cents": 0, "paid_cents": 0}]
        },
    },
    "patient_statements": {
        "amount_cents": 100,
        "content": {
            "company_name": "C",
            "patient_name": "P",
            "patient_address": [],
            "lines": [],
        },
    },
    "patient_payments": {"amount_cents": 100, "reversed_on": None},
    "payers": {"is_active": True, "address": None},
    "statement_runs": {"finished_at": None, "is_dry": False},
    "refunds": {
        "amount_cents": 100,
        "booked_on": None,
        "claim_id": None,
        "exception_id": None,
        "paid_on": None,
        "payer_id": None,
    },
    "refund_takebacks": {"amount_cents": 100, "settled_on": None, "status": "dismissed"},
    "picked_up_files": {"detail": "is a picture", "turned_out": "unreadable"},
    "waiting_acknowledgements": {"resolved_at": None},
    "identity_providers": {"new_role": None, "new_role_id": None, "break_glass_id": None},
    "patients": {"address": None},
    "people": {"role": None},
    "second_factors": {"recovery_codes_left": 0},
    "risk_acceptances": {"accepted_on": None},
    "rule_bypasses": {"ended_at": None},
    "stored_files": {"deleted_at": None, "deletion": None},
    "regulatory_audits": {
        "status": "scheduled",
        "started_at": None,
        "completed_at": None,
        "concluded_at": None,
        "conclusion": None,
    },
    "remittance_exceptions": {
        "content": {
            "position": 1,
            "ordinal": 1,
            "patient_control_number": "PCN",
            "status_code": "1",
            "charge_cents": 0,
            "paid_cents": 0,
        }
    },
}
"""Values that a table's CHECKs want, and documents that its readers understand."""

SPECIAL_ROWS: Mapping[tuple[str, int], Mapping[str, object]] = {
    ("approval_participants", 1): {"role": "involved"},
    ("assessment_parts", 9): {"kind": "asset", "element": None},
    ("risk_acceptances", 9): {"status": "not_accepted"},
    ("policy_versions", 2): {"minor": 1},
    ("policy_versions", 3): {"minor": 2},
    ("policy_versions", 9): {"minor": 9},
    ("policy_approvals", 9): {"minor": 2},
    ("approvals", 9): {"status": "refused", "closed_at": "2025-03-03T12:00:00Z"},
}
"""The same for one of a table's rows, by its ordinal."""

OF_ANOTHER = frozenset(
    {("approval_decisions", "recorded_by"), ("emergency_reviews", "recorded_by")}
)
"""Columns that name any row but the first: another one in each row of their table."""

OF_THE_FIRST = frozenset({("policy_acknowledgements", "policy_version_id")})
"""Columns that name the first row always: the version that has an approval."""

Connection = psycopg.Connection[tuple[Any, ...]]
Ids = dict[str, list[UUID]]


def tables() -> Iterator[sa.Table]:
    """Every tenant table, referenced ones before those that refer to them, the logs last."""
    names = tenant_tables()
    known = [table for table in SQLModel.metadata.sorted_tables if table.name in names]
    yield from sorted(known, key=lambda table: table.name in PARTITIONED)


def foreign_keys(table: sa.Table) -> Iterator[tuple[sa.ForeignKeyConstraint, str, str]]:
    """Each foreign key of a table: itself, the column that tells its rows apart, and the table
    whose id that column holds."""
    for key in sorted(table.foreign_key_constraints, key=lambda key: str(key.name)):
        element = key.elements[1]
        yield key, element.parent.name, _holder(element.column)


def _holder(column: "sa.Column[Any]") -> str:
    """The table whose id a column holds."""
    if column.name == "id":
        return column.table.name
    (key,) = column.foreign_keys
    return _holder(key.column)


def bind(connection: Connection, company_id: UUID) -> None:
    """Begin a transaction's work for a company, as the program does."""
    connection.execute(f"SET LOCAL app.company_id = '{company_id}'".encode())


def fill_every_table(owner_url: str, company_id: UUID) -> Ids:
    """Give a company rows in every tenant table but ``companies``; their ids by table."""
    ids: Ids = {"companies": [company_id]}
    with psycopg.connect(owner_url) as connection:
        bind(connection, company_id)
        for table in tables():
            if table.name == "companies":
                continue
            ids[table.name] = []
            for ordinal in range(1, ROW_COUNTS.get(table.name, 1) + 1):
                row = made_row(table, company_id, ids, ordinal)
                ids[table.name].append(UUID(str(row["id"])))
                insert(connection, table.name, row)
    return ids


def made_row(table: sa.Table, company_id: UUID, ids: Ids, ordinal: int) -> dict[str, object]:
    """The values of a row, as JSON can hold them."""
    row_id = new_id()
    if table.name in ("people", "api_keys"):
        row_id = ids["principals"][(ordinal - 1) % len(ids["principals"])]
    row: dict[str, object] = {}
    for column in table.columns:
        if not isinstance(column.type, TransactionId):
            row[column.name] = _value(column, ordinal)
    row |= {"company_id": str(company_id), "id": str(row_id)}
    taken: dict[str, int] = {}
    for _, name, referred in foreign_keys(table):
        if table.name == "companies":
            row[name] = None  # its row comes first: there is nothing to name yet
            continue
        known = [row_id] if referred == table.name else ids[referred]
        first = min(ordinal, 2) if (table.name, name) in OF_ANOTHER else ordinal - 1
        if (table.name, name) in OF_THE_FIRST:
            first = 0
        row[name] = str(known[(first + taken.get(referred, 0)) % len(known)])
        taken[referred] = taken.get(referred, 0) + 1
    if "patient_id" in row:
        row["patient_id"] = str(ids["patients"][0])
    if table.name == "data_keys":
        row |= _sealed_data_key(company_id, ordinal)
    if "entity_id" in row:
        row["entity_id"] = str(ids.get("claims", [row_id])[0])
    special = {**SPECIAL.get(table.name, {}), **SPECIAL_ROWS.get((table.name, ordinal), {})}
    return {**row, **special}


def _sealed_data_key(company_id: UUID, number: int) -> Mapping[str, object]:
    """A data key that the tests' master key opens: what fills the table, routes work with."""
    sealed = KEYRING.current.seal(bytes(32), place_of(company_id, number))
    return {"sealed_key": f"\\x{sealed.hex()}", "master_key_id": KEYRING.current.id}


def insert(connection: Connection, table: str, row: Mapping[str, object]) -> None:
    """Insert a row given by JSON values, whoever the connection speaks for."""
    connection.execute(insertion(table, row))


def insertion(table: str, row: Mapping[str, object]) -> sql.Composed:
    """The statement that inserts a row given by JSON values."""
    return sql.SQL(
        "INSERT INTO {table} ({columns})"
        " SELECT {columns} FROM jsonb_populate_record(NULL::{table}, {row})"
    ).format(
        table=sql.Identifier(table),
        columns=sql.SQL(", ").join(map(sql.Identifier, row)),
        row=sql.Literal(Jsonb(dict(row))),
    )


def rows_of(connection: Connection, table: str) -> list[dict[str, Any]]:
    """The rows of a table that the connection sees, in order, without what the database stamps."""
    query = sql.SQL("SELECT to_jsonb(t) - 'xid' FROM {} AS t ORDER BY company_id, id")
    return [row for (row,) in connection.execute(query.format(sql.Identifier(table)))]


def fingerprints(owner_url: str, company_id: UUID) -> dict[str, str]:
    """A hash of all rows of a company, by table."""
    with psycopg.connect(owner_url) as connection:
        bind(connection, company_id)
        return {
            table.name: hashlib.sha256(repr(rows_of(connection, table.name)).encode()).hexdigest()
            for table in tables()
        }


def _value(column: "sa.Column[Any]", ordinal: int) -> object:  # noqa: C901 -- one case a kind
    vocabulary = column.info.get("vocabulary")
    if vocabulary is not None:
        return next(iter(vocabulary)).value
    match column.type:
        case pg.ARRAY() | sa.ARRAY():
            return []
        case sa.Uuid():
            return str(OPERATOR_ACTOR_ID if column.name in BOOKKEEPING else new_id())
        case sa.Boolean():
            return False
        case sa.Integer():
            return 0 if column.name.endswith("_cents") else ordinal
        case sa.Numeric():
            return 1
        case sa.Date():
            return dt.date(2025, 3, 3).isoformat()
        case sa.DateTime():
            return dt.datetime(2025, 3, 3, 12, tzinfo=dt.UTC).isoformat()
        case sa.LargeBinary():
            return "\\x" + new_id().hex * 2
        case pg.JSONB():
            return {}
        case _:
            return f"{ordinal}{column.name}"[: _length(column)]


def _length(column: "sa.Column[Any]") -> int | None:
    """What the declared fields allow; the database's text knows no length."""
    field = tenant_tables()[column.table.name].model_fields[column.name]
    return next((m.max_length for m in field.metadata if hasattr(m, "max_length")), None)
