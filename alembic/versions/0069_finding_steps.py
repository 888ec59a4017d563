"""Each closing and reopening of a finding is a row, so that any past day can be told."""

from pathlib import Path

from alembic import op
from storage.migrations import unforced

revision = "0069"
down_revision = "0063"

_TABLES = Path(__file__).with_suffix(".sql")

FROM_THE_TRAIL = """
INSERT INTO finding_steps (
    company_id, id, recorded_at, recorded_by, finding_id, number, kind, taken_on, note, evidence_id
)
SELECT
    entry.company_id,
    entry.id,
    entry.recorded_at,
    entry.recorded_by,
    entry.entity_id,
    row_number() OVER (PARTITION BY entry.company_id, entry.entity_id ORDER BY entry.id),
    CASE entry.after ->> 'status' WHEN 'closed' THEN 'closed' ELSE 'reopened' END,
    (entry.recorded_at AT TIME ZONE companies.time_zone)::date,
    coalesce(entry.after ->> 'closing_note', entry.after ->> 'reopening_reason', '-'),
    (entry.after ->> 'closing_evidence_id')::uuid
FROM audit_log AS entry
JOIN companies ON companies.company_id = entry.company_id
JOIN audit_findings AS finding
    ON finding.company_id = entry.company_id AND finding.id = entry.entity_id
WHERE entry.entity = 'audit_findings'
    AND entry.before ->> 'status' IS DISTINCT FROM entry.after ->> 'status'
    AND (entry.before ->> 'status' = 'closed' OR entry.after ->> 'status' = 'closed')
"""

WITHOUT_A_TRAIL = """
INSERT INTO finding_steps (
    company_id, id, recorded_at, recorded_by, finding_id, number, kind, taken_on, note, evidence_id
)
SELECT
    finding.company_id,
    finding.id,
    finding.closed_at,
    finding.updated_by,
    finding.id,
    1,
    'closed',
    (finding.closed_at AT TIME ZONE companies.time_zone)::date,
    finding.closing_note,
    finding.closing_evidence_id
FROM audit_findings AS finding
JOIN companies ON companies.company_id = finding.company_id
WHERE finding.closed_at IS NOT NULL
    AND NOT EXISTS (
        SELECT 1
        FROM finding_steps AS step
        WHERE step.company_id = finding.company_id AND step.finding_id = finding.id
    )
"""


def upgrade() -> None:
    """The trail knows of every change of a finding; where retention has taken it, the last closing
    is left."""
    op.get_bind().exec_driver_sql(
        _TABLES.read_text("utf-8"), execution_options={"no_parameters": True}
    )
    with unforced(op.get_bind(), "audit_log", "audit_findings", "companies", "finding_steps"):
        op.execute(FROM_THE_TRAIL)
        op.execute(WITHOUT_A_TRAIL)


def downgrade() -> None:
    op.execute("DROP TABLE finding_steps")
