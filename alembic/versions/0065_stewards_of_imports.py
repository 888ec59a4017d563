"""Imports name who gets what names nobody here, and records say how many rows they make."""

from alembic import op
from storage.migrations import unforced

revision = "0065"
down_revision = "0062"


def upgrade() -> None:
    with unforced(op.get_bind(), "data_imports", "people"):
        op.execute(
            "ALTER TABLE data_imports ADD steward_person_id uuid,"
            " ADD CONSTRAINT fk_data_imports_steward_person_id"
            " FOREIGN KEY (company_id, steward_person_id) REFERENCES people (company_id, id)"
        )
    op.execute("ALTER TABLE import_records ADD part_count integer NOT NULL DEFAULT 0")
    op.execute("ALTER TABLE import_records ALTER part_count DROP DEFAULT")


def downgrade() -> None:
    op.execute("ALTER TABLE import_records DROP part_count")
    op.execute("ALTER TABLE data_imports DROP steward_person_id")
