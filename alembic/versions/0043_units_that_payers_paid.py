"""Decided lines keep how many units were paid, of how many, and what was billed instead.

Rows of before have none: what was billed counts for them.
"""

from alembic import op

revision = "0043"
down_revision = "0042"
expands = True


def upgrade() -> None:
    op.execute(
        "ALTER TABLE adjudication_lines ADD paid_units numeric(15, 3),"
        " ADD submitted_units numeric(15, 3), ADD submitted_procedure_code text"
    )


def downgrade() -> None:
    op.execute(
        "ALTER TABLE adjudication_lines DROP submitted_procedure_code, DROP submitted_units,"
        " DROP paid_units"
    )
