"""A company of many years of compliance, written by set-based SQL: what ``compliance`` measures.

A requirement in two is due every year, one in four every quarter, one in sixteen every month, the
others twice a year, all since 2019; every period but the last has its attestation with a signature
and a version of evidence of its own, one in fifty was disputed and upheld, one in forty revoked
after another had taken its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import psycopg

from benchmarks.database import Place
from tests.builders.companies import CompanyForTests

REQUIREMENTS = 5_000
POLICIES = 200
PEOPLE = 1_000
AUDITS = 500
FINDINGS = 6
"""Of each audit; each has two corrective actions."""

_ACTOR = "'00000000-0000-7000-8000-000000000002'::uuid"
_HASH = "sha256('x'::bytea)"
_MUTABLE = f"""1 AS version, now() - interval '7 years' AS created_at, {_ACTOR} AS created_by,
       now() AS updated_at, {_ACTOR} AS updated_by"""
_RECORDED = f"{_ACTOR} AS recorded_by"

_GIVEN: Mapping[str, str] = {
    "requirements_given": f"""
        SELECT uuidv7() AS id, number,
               CASE WHEN number % 2 = 0 THEN 'annual' WHEN number % 4 = 1 THEN 'quarterly'
                    WHEN number % 16 = 3 THEN 'monthly' ELSE 'semiannual' END AS frequency,
               CASE WHEN number % 2 = 0 THEN 12 WHEN number % 4 = 1 THEN 3
                    WHEN number % 16 = 3 THEN 1 ELSE 6 END AS months
        FROM generate_series(1, {REQUIREMENTS}) AS number""",
    "attested": """
        SELECT uuidv7() AS id, given.id AS requirement_id, uuidv7() AS evidence_id, period,
               given.months, period * 7919 + given.number AS seed,
               (date '2019-01-31' + make_interval(months => months * (period - 1)))::date AS due_on
        FROM requirements_given AS given
        CROSS JOIN LATERAL generate_series(
            1, 1 + (extract(year FROM age(current_date, date '2019-01-31')) * 12
                    + extract(month FROM age(current_date, date '2019-01-31')))::int
               / given.months - (given.number % 10 = 0)::int) AS period""",
    "people_given": f"""
        SELECT uuidv7() AS id, number FROM generate_series(1, {PEOPLE}) AS number""",
    "policies_given": f"""
        SELECT uuidv7() AS id, number, number % 4 = 0 AS is_listed
        FROM generate_series(1, {POLICIES}) AS number""",
    "versions_given": """
        SELECT uuidv7() AS id, uuidv7() AS text_id, given.id AS policy_id, major,
               date '2022-01-01' + major * 400 AS in_force_on, given.is_listed
        FROM policies_given AS given, generate_series(1, 3) AS major""",
    "audits_given": f"""
        SELECT uuidv7() AS id, number, date '2019-06-01' + number * 5 AS day
        FROM generate_series(1, {AUDITS}) AS number""",
    "findings_given": f"""
        SELECT uuidv7() AS id, audits_given.id AS audit_id, audits_given.day, ordinal,
               audits_given.number, (audits_given.number + ordinal) % 3 = 0 AS is_open,
               (SELECT id FROM requirements_given
                WHERE number = 1 + (audits_given.number * 7 + ordinal) % {REQUIREMENTS})
                   AS requirement_id
        FROM audits_given, generate_series(1, {FINDINGS}) AS ordinal""",
    "actions_given": """
        SELECT uuidv7() AS id, findings_given.id AS finding_id, audit_id, day, is_open,
               (number * 13 + findings_given.ordinal * 2 + action) AS number, action,
               (SELECT id FROM people_given
                WHERE people_given.number = 1 + (findings_given.number * 3 + action) % 500)
                   AS assignee_id,
               (SELECT id FROM people_given
                WHERE people_given.number = 501 + findings_given.number % 500) AS verifier_id
        FROM findings_given, generate_series(1, 2) AS action""",
}
"""What the rows are made of, in temporary tables."""

_CONTENT = """jsonb_build_object(
    'citation', '45 CFR 164.308', 'name', 'Requirement ' || number,
    'description', repeat('Review who has access, and say so. ', 8), 'category', 'safeguards',
    'specification', 'required', 'is_mandatory', true, 'frequency', frequency,
    'first_due_on', '2019-01-31', 'business_day_rule', 'following', 'late_rule', 'keep_schedule',
    'evidence_required', '[]'::jsonb, 'quorum', 1)"""

_ROWS: Mapping[str, str] = {
    "compliance_requirements": f"""
        SELECT id, {_MUTABLE}, 'BM-' || lpad(number::text, 5, '0') AS code,
               CASE WHEN number % 3 = 0 THEN 'OSHA' ELSE 'HIPAA' END AS program,
               {_CONTENT} AS content, 1 AS content_number
        FROM requirements_given""",
    "requirement_versions": f"""
        SELECT uuidv7() AS id, timestamptz '2018-12-01' AS recorded_at, {_RECORDED},
               id AS requirement_id, 1 AS number, {_CONTENT} AS content, {_HASH} AS content_hash,
               1 AS material_number, 1 AS schedule_number
        FROM requirements_given""",
    "compliance_evidence": f"""
        SELECT evidence_id AS id, due_on::timestamptz AS recorded_at, {_RECORDED},
               first_value(evidence_id) OVER (PARTITION BY requirement_id ORDER BY period)
                   AS series_id,
               period AS number, 'system_fact' AS kind, 'Review of period ' || period AS title,
               'Reviewed by the committee.' AS fact, {_HASH} AS content_hash,
               due_on AS effective_on
        FROM attested""",
    "evidence_links": f"""
        SELECT uuidv7() AS id, {_MUTABLE}, requirement_id, evidence_id AS series_id
        FROM attested WHERE period = 1""",
    "compliance_attestations": f"""
        SELECT id, due_on::timestamptz AS recorded_at, {_RECORDED}, requirement_id,
               1 AS content_number, 1 AS schedule_number, period AS period_number,
               'self_attestation' AS kind,
               repeat('Reviewed by the committee, which found nothing. ', 4) AS statement,
               due_on AS signed_on, due_on AS valid_from,
               (due_on + make_interval(months => months, days => 14))::date AS valid_until,
               ARRAY[evidence_id] AS evidence_ids, 1 AS quorum, {_HASH} AS content_hash
        FROM attested""",
    "compliance_signatures": f"""
        SELECT uuidv7() AS id, due_on::timestamptz + step * interval '1 hour' AS recorded_at,
               {_RECORDED}, '0'::xid8 AS xid, requirement_id, attested.id AS attestation_id,
               period * 3 + step AS number,
               (ARRAY['attested', 'disputed', 'upheld'])[step + 1] AS kind,
               (SELECT id FROM people_given WHERE people_given.number = 1 + step) AS person_id,
               uuidv7() AS session_id, 'Ada Lindqvist' AS printed_name,
               'I attest that the statement is true and rests on the evidence named.' AS meaning,
               CASE step WHEN 0 THEN NULL ELSE 'Looked at again.' END AS reason,
               due_on::timestamptz AS signed_at, {_HASH} AS content_hash,
               {_HASH} AS previous_hash, {_HASH} AS signature_hash
        FROM attested, generate_series(0, CASE WHEN seed % 50 = 0 THEN 2 ELSE 0 END) AS step""",
    "principals": f"""
        SELECT id, {_MUTABLE}, 'person' AS kind, 'Person ' || number AS name FROM people_given""",
    "people": f"""
        SELECT id, {_MUTABLE}, id AS principal_id, 'p' || number || '@example.org' AS email,
               'Person ' || number AS name,
               (ARRAY['rcm_staff', 'viewer', 'rcm_manager'])[1 + number % 3] AS role,
               false AS password_is_temporary, 0 AS failed_sign_ins,
               CASE WHEN number % 20 = 0 THEN now() - interval '1 year' END AS disabled_at
        FROM people_given""",
    "audit_log": f"""
        SELECT uuidv7() AS id, now() - number * interval '1 minute' AS recorded_at, {_RECORDED},
               '0'::xid8 AS xid, uuidv7() AS request_id, 'update' AS action, 'people' AS entity,
               (SELECT id FROM people_given WHERE people_given.number = 1 + times.number % {PEOPLE})
                   AS entity_id,
               CASE WHEN number % 100 = 0 THEN '{{"role": "viewer", "role_id": null}}'::jsonb
                    ELSE '{{"failed_sign_ins": 1}}'::jsonb END AS before,
               '{{}}'::jsonb AS after
        FROM generate_series(1, 50000) AS times(number)""",
    "policies": f"""
        SELECT id, {_MUTABLE}, 'POL-' || lpad(number::text, 4, '0') AS number,
               'Policy ' || number AS title, 'safeguards' AS category, 'HIPAA' AS program,
               (SELECT id FROM people_given WHERE number = 1) AS owner_person_id,
               12 AS review_months, 30 AS acknowledge_days,
               CASE WHEN is_listed THEN 'listed' ELSE 'everybody' END AS audience
        FROM policies_given""",
    "policy_members": f"""
        SELECT uuidv7() AS id, {_MUTABLE}, id AS policy_id, 'rcm_staff' AS role
        FROM policies_given WHERE is_listed""",
    "policy_texts": f"""
        SELECT text_id AS id, in_force_on::timestamptz AS recorded_at, {_RECORDED}, policy_id,
               repeat('Whoever breaks a rule is told so. ', 300) AS content,
               {_HASH} AS content_hash
        FROM versions_given""",
    "policy_versions": f"""
        SELECT id, {_MUTABLE}, policy_id, major, 0 AS minor, 'approved' AS stage, text_id,
               {_HASH} AS content_hash, in_force_on AS effective_on
        FROM versions_given""",
    "policy_approvals": f"""
        SELECT uuidv7() AS id, in_force_on::timestamptz AS recorded_at, {_RECORDED}, policy_id,
               id AS policy_version_id, major, 0 AS minor, {_HASH} AS content_hash,
               in_force_on AS effective_on, in_force_on AS approved_on, in_force_on,
               uuidv7() AS approval_id,
               (SELECT id FROM people_given WHERE number = 2) AS requested_by
        FROM versions_given""",
    "policy_acknowledgements": f"""
        SELECT uuidv7() AS id,
               in_force_on::timestamptz + number * interval '1 hour' AS recorded_at,
               people_given.id AS recorded_by, policy_id, versions_given.id AS policy_version_id,
               {_HASH} AS content_hash, uuidv7() AS session_id, 'Person ' || number AS printed_name
        FROM versions_given, people_given
        WHERE major > 1 AND number % 10 <> 0 AND (NOT is_listed OR number % 3 = 0)""",
    "regulatory_audits": f"""
        SELECT id, {_MUTABLE}, 'AUD-' || lpad(number::text, 6, '0') AS number, 'HIPAA' AS program,
               'internal' AS audit_type, 'Who has access to what.' AS scope,
               'Ada Lindqvist' AS auditor, day AS scheduled_on, 'in_progress' AS status,
               day::timestamptz AS started_at, {FINDINGS} AS finding_count,
               0 AS recommendation_count
        FROM audits_given""",
    "audited_requirements": f"""
        SELECT DISTINCT ON (audit_id, requirement_id) uuidv7() AS id, {_MUTABLE}, audit_id,
               requirement_id
        FROM findings_given""",
    "audit_findings": f"""
        SELECT id, {_MUTABLE}, audit_id, ordinal,
               'AUD-' || lpad(number::text, 6, '0') || '-F' || ordinal AS number,
               (ARRAY['minor', 'moderate', 'major'])[1 + ordinal % 3] AS severity,
               'access control' AS category, 'Accounts of people who have left.' AS description,
               'They could read records.' AS impact, 'No list.' AS root_cause, requirement_id,
               day AS identified_on, 'Ada Lindqvist' AS identified_by,
               CASE WHEN is_open THEN 'open' ELSE 'closed' END AS status,
               CASE WHEN NOT is_open THEN day::timestamptz + interval '60 days' END AS closed_at,
               CASE WHEN NOT is_open THEN 'Mended.' END AS closing_note,
               CASE WHEN NOT is_open THEN (SELECT evidence_id FROM attested LIMIT 1) END
                   AS closing_evidence_id, 2 AS action_count
        FROM findings_given""",
    "corrective_actions": f"""
        SELECT id, day::timestamptz AS recorded_at, {_RECORDED}, audit_id, finding_id,
               action AS ordinal, 'A-' || id AS number, 'Disable accounts.' AS description
        FROM actions_given""",
    "action_participants": f"""
        SELECT uuidv7() AS id, day::timestamptz AS recorded_at, {_RECORDED}, actions_given.id
               AS action_id, hand.person_id, hand.role
        FROM actions_given CROSS JOIN LATERAL (
            VALUES (assignee_id, 'involved'), (verifier_id, 'verifier')
        ) AS hand(person_id, role)""",
    "action_progress": f"""
        SELECT uuidv7() AS id, {_MUTABLE}, id AS action_id,
               CASE WHEN is_open THEN 'in_progress' ELSE 'completed' END AS status, assignee_id,
               'involved' AS assignee_role, day + 30 AS due_on, day::timestamptz AS started_at,
               CASE WHEN NOT is_open THEN day::timestamptz END AS completed_at,
               'verifier' AS verifier_role, CASE WHEN is_open THEN 2 ELSE 4 END AS step_count
        FROM actions_given""",
    "action_steps": f"""
        SELECT uuidv7() AS id, day::timestamptz + steps.number * interval '1 day' AS recorded_at,
               {_RECORDED}, actions_given.id AS action_id, steps.number, steps.kind, steps.status,
               assignee_id AS person_id, 'involved' AS role, assignee_id,
               'involved' AS assignee_role, day + 30 AS due_on, day + steps.number AS taken_on
        FROM actions_given CROSS JOIN LATERAL (
            VALUES (1, 'planned', 'planned'), (2, 'started', 'in_progress'),
                   (3, 'completed', 'completed'), (4, 'noted', 'completed')
        ) AS steps(number, kind, status)
        WHERE steps.number <= 2 OR NOT is_open""",
}


@dataclass(frozen=True)
class Filled:
    """Some of what was written."""

    requirement_id: UUID
    policy_id: UUID
    person_id: UUID
    rows: Mapping[str, int]


def fill(place: Place, company: CompanyForTests) -> Filled:
    """Write all of it."""
    counts = {}
    with place.as_superuser() as connection, connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")  # no foreign key checks
        connection.execute("SET LOCAL work_mem = '256MB'")
        for name, select in _GIVEN.items():
            connection.execute(f"CREATE TEMPORARY TABLE {name} ON COMMIT DROP AS {select}".encode())
            connection.execute(f"ANALYZE {name}".encode())
        for table, select in _ROWS.items():
            described = connection.execute(f"{select} LIMIT 0".encode()).description or ()
            columns = ", ".join(column.name for column in described)
            made = connection.execute(
                f"INSERT INTO {table} (company_id, {columns})"
                f" SELECT '{company.id}', {columns} FROM ({select}) AS made".encode()
            )
            counts[table] = made.rowcount
        filled = Filled(
            requirement_id=_one(connection, "requirements_given"),
            policy_id=_one(connection, "policies_given"),
            person_id=_one(connection, "people_given"),
            rows=counts,
        )
    with place.as_superuser() as connection:
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")
    return filled


def _one(connection: psycopg.Connection, table: str) -> UUID:
    row = connection.execute(f"SELECT id FROM {table} WHERE number = 101".encode()).fetchone()
    assert row is not None
    found = row[0]
    assert isinstance(found, UUID)
    return found
