"""Wanting the company deleted: one person asks, another one approves, and the database knows.

Not one that expands: a program of before could not say what such an approval is.
"""

from pathlib import Path

from alembic import op
from storage.migrations import admit_words, forget_words, unforced

revision = "0068"
down_revision = "0067"

_TABLES = Path(__file__).with_suffix(".sql")
_WORDS = ("company_deletion",)
_OF_KINDS = ("approvals", "approval_thresholds")


def upgrade() -> None:
    script = _TABLES.read_text("utf-8")
    op.get_bind().exec_driver_sql(script, execution_options={"no_parameters": True})
    for table in _OF_KINDS:
        admit_words(op.get_bind(), table, "kind", _WORDS)


def downgrade() -> None:
    """Requests for it go, with who decided about them: the schema before knows no such word."""
    connection = op.get_bind()
    with unforced(connection, "approval_decisions", "approval_participants", *_OF_KINDS):
        for table in ("approval_decisions", "approvals", "approval_participants"):
            op.execute(f"DELETE FROM {table} WHERE entity = 'deletion_requests'")  # noqa: S608
        op.execute("DELETE FROM approval_thresholds WHERE kind = 'company_deletion'")
    for table in _OF_KINDS:
        forget_words(connection, table, "kind", _WORDS)
    op.execute("DROP FUNCTION close_company(uuid, uuid, timestamptz)")
    op.execute("DROP TABLE deletion_requests")
