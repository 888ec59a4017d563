"""When, why and by whom what is held of a deleted company was handed out."""

from alembic import op

revision = "0091"
down_revision = "0090"
expands = True


def upgrade() -> None:
    op.execute("ALTER TABLE company_deletions ADD COLUMN openings jsonb DEFAULT '[]' NOT NULL")


def downgrade() -> None:
    op.execute("ALTER TABLE company_deletions DROP COLUMN openings")
