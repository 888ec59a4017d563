"""How migrations run: as the owner, one at a time, with timeouts, never filtered silently."""

import sqlalchemy as sa
from sqlmodel import SQLModel

import storage.tables  # noqa: F401 -- fills the metadata that drift is measured against
from alembic import context
from storage.migrations import note_oldest_program

MIGRATION_LOCK = 0x77656C6C
"""The advisory lock that migrations queue for ("well")."""

connection = context.config.attributes["connection"]
connection.execute(sa.text("SELECT pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
connection.execute(sa.text("SET lock_timeout = '10s'"))
connection.execute(sa.text("SET statement_timeout = '15min'"))
connection.execute(sa.text("SET row_security = off"))
connection.commit()
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    transaction_per_migration=True,
    on_version_apply=note_oldest_program,
)
with context.begin_transaction():
    context.run_migrations()
connection.execute(sa.text("SELECT pg_advisory_unlock(:key)"), {"key": MIGRATION_LOCK})
connection.commit()
