"""What compliance has due: calendar feeds, and reminders at lead times that a company chooses."""

import re
from pathlib import Path

import sqlalchemy as sa

from alembic import op
from storage.migrations import unforced

revision = "0057"
down_revision = "0060"

_TABLES = Path(__file__).with_suffix(".sql")
_WORDS = (
    ("notifications", "kind", "requirement_due"),
    ("notification_preferences", "kind", "requirement_due"),
    ("reminders", "subject", "compliance_cover"),
    ("reminders", "subject", "compliance_requirement"),
)


def upgrade() -> None:
    script = _TABLES.read_text("utf-8")
    op.get_bind().exec_driver_sql(script, execution_options={"no_parameters": True})
    op.execute(
        "ALTER TABLE companies ADD compliance_lead_days integer[] NOT NULL DEFAULT '{30,7,0,-1}'"
    )
    op.execute("ALTER TABLE companies ALTER compliance_lead_days DROP DEFAULT")
    for table, column, word in _WORDS:
        _change_words(table, column, more=word)


def downgrade() -> None:
    """What people were told of it goes: the schema before knows no such word."""
    op.execute("DROP TABLE calendar_feeds")
    op.execute("ALTER TABLE companies DROP compliance_lead_days")
    with unforced(op.get_bind(), *{table for table, _, _ in _WORDS}):
        for table, column, word in _WORDS:
            op.execute(f"DELETE FROM {table} WHERE {column} = '{word}'")  # noqa: S608
    for table, column, word in _WORDS:
        _change_words(table, column, fewer=word)


def _change_words(table: str, column: str, *, more: str = "", fewer: str = "") -> None:
    """Open a vocabulary for a word or close it to one, whatever else stands in it."""
    name = f"ck_{table}_{column}_is_known"
    definition = op.get_bind().execute(
        sa.text(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conname = :name AND conrelid = CAST(:table AS regclass)"
        ),
        {"name": name, "table": table},
    )
    words = dict.fromkeys([*re.findall(r"'(\w+)'", definition.scalar_one()), more])
    listed = ", ".join(f"'{word}'" for word in words if word not in ("", fewer))
    op.execute(
        f"ALTER TABLE {table} DROP CONSTRAINT {name},"
        f" ADD CONSTRAINT {name} CHECK ({column} IN ({listed}))"
    )
