"""Records that are imported are found by their names before their rows are written."""

from alembic import op

revision = "0059"
down_revision = "0049"
expands = True


def upgrade() -> None:
    op.execute("ALTER TABLE import_records ADD name text")


def downgrade() -> None:
    op.execute("ALTER TABLE import_records DROP name")
