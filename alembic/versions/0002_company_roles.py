"""Roles that companies define."""

from pathlib import Path

from alembic import op
from storage.migrations import unforced

revision = "0002"
down_revision = "0001"

_TABLES = Path(__file__).with_suffix(".sql")


def upgrade() -> None:
    connection = op.get_bind()
    connection.exec_driver_sql(
        _TABLES.read_text("utf-8"), execution_options={"no_parameters": True}
    )
    op.execute("ALTER TABLE people ADD role_id uuid, ALTER role DROP NOT NULL")
    op.execute(
        "ALTER TABLE people ADD CONSTRAINT ck_people_has_exactly_one_role"
        " CHECK ((role IS NULL) <> (role_id IS NULL))"
    )
    with unforced(connection, "people", "company_roles"):
        op.execute(
            "ALTER TABLE people ADD CONSTRAINT fk_people_role_id"
            " FOREIGN KEY (company_id, role_id) REFERENCES company_roles (company_id, id)"
        )
    op.execute(
        "CREATE INDEX ix_people_role_id ON people (company_id, role_id) WHERE role_id IS NOT NULL"
    )


def downgrade() -> None:
    """Whoever held a role of the company's own becomes a viewer: what they may do only shrinks."""
    op.execute("DROP INDEX ix_people_role_id")
    op.execute("ALTER TABLE people DROP CONSTRAINT ck_people_has_exactly_one_role")
    with unforced(op.get_bind(), "people"):
        op.execute("UPDATE people SET role = 'viewer' WHERE role IS NULL")
    op.execute("ALTER TABLE people ALTER role SET NOT NULL, DROP role_id")
    op.execute("DROP TABLE company_roles")
