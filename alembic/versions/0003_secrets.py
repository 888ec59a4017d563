"""Data keys of each company, and which master keys they are sealed under."""

from pathlib import Path

from alembic import op
from storage.security import APP_ROLE, WORKER_ROLE

revision = "0003"
down_revision = "0002"
expands = True

_TABLES = Path(__file__).with_suffix(".sql")

_MASTER_KEYS_IN_USE = """
CREATE FUNCTION master_keys_in_use() RETURNS TABLE (key_id text, data_keys bigint)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    bound text := coalesce(current_setting('app.company_id', true), '');
    company uuid;
BEGIN
    FOR company IN SELECT company_id FROM company_directory LOOP
        EXECUTE format('SET LOCAL app.company_id = %L', company);
        RETURN QUERY SELECT k.master_key_id, count(*) FROM data_keys AS k
                     WHERE k.company_id = company GROUP BY k.master_key_id;
    END LOOP;
    EXECUTE format('SET LOCAL app.company_id = %L', bound);
END;
$$
"""


def upgrade() -> None:
    script = _TABLES.read_text("utf-8")
    op.get_bind().exec_driver_sql(script, execution_options={"no_parameters": True})
    op.get_bind().exec_driver_sql(_MASTER_KEYS_IN_USE, execution_options={"no_parameters": True})
    op.execute("REVOKE ALL ON FUNCTION master_keys_in_use() FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION master_keys_in_use() TO {APP_ROLE}, {WORKER_ROLE}")


def downgrade() -> None:
    op.execute("DROP FUNCTION master_keys_in_use()")
    op.execute("DROP TABLE data_keys")
