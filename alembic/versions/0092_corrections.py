"""A check of what is kept for figures may put right what differs."""

from alembic import op

revision = "0092"
down_revision = "0084"
expands = True


def upgrade() -> None:
    op.execute("ALTER TABLE figure_checks ADD COLUMN corrects boolean DEFAULT false NOT NULL")


def downgrade() -> None:
    op.execute("ALTER TABLE figure_checks DROP COLUMN corrects")
