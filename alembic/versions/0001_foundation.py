"""The foundation."""

import datetime as dt
from pathlib import Path

from alembic import op
from storage import job_queue
from storage.partitions import PARTITIONED, create_default_partition, create_partition, month_start
from storage.security import APP_ROLE, WORKER_ROLE

revision = "0001"
down_revision = None

_TABLES = Path(__file__).with_suffix(".sql")
_ENQUEUE_JOB = Path(__file__).with_name("0001_enqueue_job.sql")
_MONTHS_AT_FIRST = 4

_CREATED = (
    "api_log",
    "audit_log",
    "companies",
    "company_directory",
    "counters",
    "legal_holds",
    "patients",
    "payers",
    "principals",
    "remittances",
    "retirements",
    "seals",
    "stored_answers",
    "api_keys",
    "claim_batches",
    "claims",
    "people",
    "remittance_anomalies",
    "remittance_transactions",
    "claim_acknowledgements",
    "claim_appeals",
    "claim_batch_items",
    "claim_lines",
    "claim_transmissions",
    "person_sessions",
    "provider_adjustments",
    "remittance_exceptions",
    "adjudications",
    "adjudication_adjustments",
    "adjudication_lines",
    "denials",
    "ledger_entries",
)


def upgrade() -> None:
    _run(_TABLES.read_text("utf-8"))
    today = dt.datetime.now(dt.UTC).date()
    for table in PARTITIONED:
        for statement in create_default_partition(table):
            op.execute(statement)
        for months in range(_MONTHS_AT_FIRST):
            for statement in create_partition(table, month_start(today, months)):
                op.execute(statement)
    op.execute(f"GRANT SELECT ON company_directory TO {WORKER_ROLE}")
    op.execute(
        "CREATE FUNCTION company_of_slug(wanted text) RETURNS uuid LANGUAGE sql STABLE"
        " SECURITY DEFINER SET search_path = pg_catalog, pg_temp"
        " AS 'SELECT company_id FROM public.company_directory WHERE slug = wanted'"
    )
    op.execute("REVOKE ALL ON FUNCTION company_of_slug(text) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION company_of_slug(text) TO {APP_ROLE}, {WORKER_ROLE}")
    op.execute(f"GRANT SELECT ON alembic_version TO {APP_ROLE}, {WORKER_ROLE}")
    _run(job_queue.schema_script())
    _run(_ENQUEUE_JOB.read_text("utf-8"))
    for statement in job_queue.securing_statements():
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP FUNCTION enqueue_job(text, jsonb, text, timestamptz)")
    for statement in job_queue.dropping_statements():
        op.execute(statement)
    op.execute("DROP FUNCTION company_of_slug(text)")
    for table in reversed(_CREATED):
        op.execute(f"DROP TABLE {table}")


def _run(script: str) -> None:
    """Several statements as they are, with no parameter looked for in them."""
    op.get_bind().exec_driver_sql(script, execution_options={"no_parameters": True})
