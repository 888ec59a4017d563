"""A try can fail because the house's own file store does not answer."""

from alembic import op
from storage.migrations import unforced

revision = "0039"
down_revision = "0040"

_COLUMNS = {"outbox_attempts": "failure", "outbox_messages": "last_failure"}
_EARLIER = (
    "'unreachable', 'timeout', 'unverified', 'login_refused', 'refused_for_now', 'refused',"
    " 'unreadable', 'host_refused', 'gone', 'disabled', 'withdrawn'"
)


def upgrade() -> None:
    _know(f"{_EARLIER}, 'store_unavailable'")


def downgrade() -> None:
    with unforced(op.get_bind(), *_COLUMNS):
        for table, column in _COLUMNS.items():
            op.execute(
                f"UPDATE {table} SET {column} = 'refused_for_now'"  # noqa: S608 -- names of ours
                f" WHERE {column} = 'store_unavailable'"
            )
        _know(_EARLIER)


def _know(words: str) -> None:
    for table, column in _COLUMNS.items():
        name = f"ck_{table}_{column}_is_known"
        op.execute(
            f"ALTER TABLE {table} DROP CONSTRAINT {name},"
            f" ADD CONSTRAINT {name} CHECK ({column} IN ({words}))"
        )
