"""That a finding turns out more severe is a step of it: what was agreed covers it no more."""

from alembic import op
from storage.migrations import admit_words, forget_words, unforced

revision = "0077"
down_revision = "0073"


def upgrade() -> None:
    admit_words(op.get_bind(), "finding_steps", "kind", ("raised",))


def downgrade() -> None:
    """Such steps go: the schema before knows none."""
    connection = op.get_bind()
    with unforced(connection, "finding_steps"):
        op.execute("DELETE FROM finding_steps WHERE kind = 'raised'")
    forget_words(connection, "finding_steps", "kind", ("raised",))
