"""The foundation."""

import datetime as dt

from alembic import op
from sqlmodel import SQLModel

from storage import job_queue
from storage.partitions import PARTITIONED, create_default_partition, create_partition, month_start
from storage.security import APP_ROLE, BACKUP_ROLE, WORKER_ROLE, securing_statements

revision = "0001"
down_revision = None


def upgrade() -> None:
    SQLModel.metadata.create_all(op.get_bind())
    for statement in securing_statements():
        op.execute(statement)
    today = dt.datetime.now(dt.UTC).date()
    for table in PARTITIONED:
        for statement in create_default_partition(table):
            op.execute(statement)
        for months in range(4):
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
    op.get_bind().exec_driver_sql(
        job_queue.schema_script(), execution_options={"no_parameters": True}
    )
    for statement in job_queue.securing_statements():
        op.execute(statement)


def downgrade() -> None:
    for statement in job_queue.dropping_statements():
        op.execute(statement)
    op.execute("DROP FUNCTION company_of_slug(text)")
    SQLModel.metadata.drop_all(op.get_bind())
