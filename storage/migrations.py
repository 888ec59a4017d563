"""Running the migrations: the only way that the schema changes."""

from pathlib import Path

import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from alembic import command

_SCRIPTS = Path(__file__).resolve().parent.parent / "alembic"


def _configuration(connection: sa.Connection | None = None) -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", str(_SCRIPTS))
    configuration.attributes["connection"] = connection
    return configuration


def engine_for(conninfo_url: str) -> sa.Engine:
    """A SQLAlchemy engine for one-off work as the owner; never on a request's way."""
    scheme, _, rest = conninfo_url.partition("://")
    assert scheme in ("postgresql", "postgres"), "a postgresql:// URL is expected"
    return sa.create_engine(f"postgresql+psycopg://{rest}", poolclass=sa.NullPool)


def upgrade(owner_url: str, revision: str = "head") -> None:
    """Bring the schema to ``revision``; waits for another migration that is running."""
    with engine_for(owner_url).connect() as connection:
        command.upgrade(_configuration(connection), revision)


def downgrade(owner_url: str, revision: str) -> None:
    """Take the schema back to ``revision``."""
    with engine_for(owner_url).connect() as connection:
        command.downgrade(_configuration(connection), revision)


def expected_revision() -> str:
    """The revision that this program was written for."""
    head = ScriptDirectory.from_config(_configuration()).get_current_head()
    assert head is not None
    return head


def is_known(revision: str) -> bool:
    """Whether this program knows a revision; one that it does not is newer than the program."""
    scripts = ScriptDirectory.from_config(_configuration())
    return revision in {script.revision for script in scripts.walk_revisions()}


def current_revision(connection: sa.Connection) -> str | None:
    """The revision that a database is at."""
    return MigrationContext.configure(connection).get_current_revision()
