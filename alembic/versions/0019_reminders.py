"""Reminders, what is told of approvals and reviews, and where a company's roots go."""

from pathlib import Path

from alembic import op
from storage.migrations import unforced

revision = "0019"
down_revision = "0023"

_UP = Path(__file__).with_suffix(".sql")
_DOWN = _UP.with_name(f"{_UP.stem}_down.sql")


def upgrade() -> None:
    _run(_UP)
    with unforced(op.get_bind(), "companies", "mailboxes"):
        op.execute(
            "ALTER TABLE companies ADD CONSTRAINT fk_companies_roots_mailbox_id"
            " FOREIGN KEY (company_id, roots_mailbox_id) REFERENCES mailboxes (company_id, id)"
        )


def downgrade() -> None:
    tables = ("notifications", "notification_preferences", "events", "outbox_messages")
    with unforced(op.get_bind(), *tables, "outbox_attempts", "mailbox_files", "stored_files"):
        _run(_DOWN)


def _run(script: Path) -> None:
    op.get_bind().exec_driver_sql(
        script.read_text("utf-8"), execution_options={"no_parameters": True}
    )
