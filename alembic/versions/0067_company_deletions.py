"""Closing a company for good: who asked, what was removed of it, and a door that stays shut.

Not one that expands: a program of before does not ask whether a company is closed.
"""

from pathlib import Path

from alembic import op

revision = "0067"
down_revision = "0066"

_TABLES = Path(__file__).with_suffix(".sql")

_NONE_IS_CLOSED = """
DO $$
BEGIN
    IF EXISTS (SELECT FROM company_directory WHERE closed_at IS NOT NULL) THEN
        RAISE 'companies are closed, and the schema before would open them again';
    END IF;
END;
$$
"""


def upgrade() -> None:
    script = _TABLES.read_text("utf-8")
    op.get_bind().exec_driver_sql(script, execution_options={"no_parameters": True})


def downgrade() -> None:
    """Only while no company is closed."""
    op.get_bind().exec_driver_sql(_NONE_IS_CLOSED, execution_options={"no_parameters": True})
    op.execute("DROP FUNCTION enter_company()")
    op.execute(
        "CREATE OR REPLACE FUNCTION company_of_slug(wanted text) RETURNS uuid LANGUAGE sql STABLE"
        " SECURITY DEFINER SET search_path = pg_catalog, pg_temp"
        " AS 'SELECT company_id FROM public.company_directory WHERE slug = wanted'"
    )
    op.execute("DROP TABLE company_deletions")
    op.execute("ALTER TABLE company_directory DROP COLUMN closed_at")
