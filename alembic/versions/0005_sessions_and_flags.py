"""Limits and origins of sessions, and keys that somebody has to look at."""

from alembic import op
from storage.migrations import unforced

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE companies ADD session_idle_minutes integer NOT NULL DEFAULT 30"
        " CONSTRAINT ck_companies_idle_sessions_end CHECK (session_idle_minutes BETWEEN 5 AND 120),"
        " ADD session_hours integer NOT NULL DEFAULT 12"
        " CONSTRAINT ck_companies_sessions_end CHECK (session_hours BETWEEN 1 AND 24)"
    )
    op.execute(
        "ALTER TABLE companies ALTER session_idle_minutes DROP DEFAULT,"
        " ALTER session_hours DROP DEFAULT"
    )
    op.execute(
        "ALTER TABLE person_sessions ADD idle_minutes integer NOT NULL DEFAULT 30,"
        " ADD idle_until timestamptz, ADD browser text, ADD network text"
    )
    with unforced(op.get_bind(), "person_sessions"):
        op.execute("UPDATE person_sessions SET idle_until = last_seen_at + interval '30 minutes'")
    op.execute(
        "ALTER TABLE person_sessions ALTER idle_minutes DROP DEFAULT, ALTER idle_until SET NOT NULL"
    )
    op.execute(
        "ALTER TABLE api_keys ADD rotated_by uuid, ADD flagged_at timestamptz, ADD flag text"
        " CONSTRAINT ck_api_keys_flag_is_known"
        " CHECK (flag IN ('creator_disabled', 'creator_lost_scopes')),"
        " ADD CONSTRAINT ck_api_keys_flag_has_a_time"
        " CHECK ((flagged_at IS NULL) = (flag IS NULL))"
    )


def downgrade() -> None:
    op.execute("ALTER TABLE api_keys DROP rotated_by, DROP flagged_at, DROP flag")
    op.execute(
        "ALTER TABLE person_sessions DROP idle_minutes, DROP idle_until, DROP browser, DROP network"
    )
    op.execute("ALTER TABLE companies DROP session_idle_minutes, DROP session_hours")
