"""Running the migrations: the only way that the schema changes."""

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.migration import MigrationContext, MigrationInfo
from alembic.script import ScriptDirectory

from alembic import command

_SCRIPTS = Path(__file__).resolve().parent.parent / "alembic"


def _configuration(connection: sa.Connection | None = None) -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", str(_SCRIPTS))
    configuration.attributes["connection"] = connection
    return configuration


@cache
def _scripts() -> ScriptDirectory:
    """The migrations as they are on disk, read once: `note_oldest_program` asks at every step."""
    return ScriptDirectory.from_config(_configuration())


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


@contextmanager
def unforced(connection: sa.Connection, *tables: str) -> Iterator[None]:
    """Let the owner see every company's rows of some tables, for a migration's data steps.

    FORCE binds the owner as well: without this a backfill changes nothing, and a foreign key is
    validated over an orphan that it cannot see. Name both tables of a foreign key. The locks that
    this takes keep everybody out until the transaction ends, so nobody meets a table without its
    guard; whatever happens inside, no such table is ever committed.
    """
    assert connection.in_transaction(), "outside of a transaction others would see it"
    for table in tables:
        connection.execute(sa.text(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"))
    try:
        yield
    except BaseException:
        with suppress(sa.exc.DBAPIError):  # a statement failed: the transaction is lost anyway
            _force(connection, tables)
        raise
    _force(connection, tables)


def _force(connection: sa.Connection, tables: tuple[str, ...]) -> None:
    for table in tables:
        connection.execute(sa.text(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY"))


def admit_words(connection: sa.Connection, table: str, column: str, words: Collection[str]) -> None:
    """Let a closed vocabulary hold some words more, whichever it holds by then."""
    _close_vocabulary(connection, table, column, [*_words_held(connection, table, column), *words])


def forget_words(
    connection: sa.Connection, table: str, column: str, words: Collection[str]
) -> None:
    """Let it hold them no more; no row has one of them by then."""
    held = _words_held(connection, table, column)
    _close_vocabulary(connection, table, column, [each for each in held if each not in words])


def _words_held(connection: sa.Connection, table: str, column: str) -> list[str]:
    definition = connection.scalar(
        sa.text(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conrelid = cast(:table AS regclass) AND conname = :name"
        ),
        {"table": table, "name": _vocabulary_check(table, column)},
    )
    return re.findall(r"'([^']+)'::text", definition or "")


def _close_vocabulary(
    connection: sa.Connection, table: str, column: str, words: Collection[str]
) -> None:
    name = _vocabulary_check(table, column)
    held = ", ".join(f"'{each}'" for each in dict.fromkeys(words))
    connection.execute(
        sa.text(
            f"ALTER TABLE {table} DROP CONSTRAINT {name},"
            f" ADD CONSTRAINT {name} CHECK ({column} IN ({held}))"
        )
    )


def _vocabulary_check(table: str, column: str) -> str:
    return f"ck_{table}_{column}_is_known"


def note_oldest_program(
    ctx: MigrationContext, step: MigrationInfo, heads: set[str], run_args: Mapping[str, object]
) -> None:
    """Write down beside the revision, in the migration's own transaction, which program is the
    oldest that works with it: alembic calls this after every step."""
    del step, run_args  # the heads say where it has come to
    revision = max(heads, default="none")
    oldest = oldest_program(revision) if heads else None
    comment = "NULL" if oldest is None else f"'{_note(revision, oldest)}'"
    assert ctx.connection is not None
    ctx.connection.execute(sa.text(f"COMMENT ON TABLE alembic_version IS {comment}"))


def oldest_program(revision: str) -> str | None:
    """The revision of the oldest program that works with a schema: a migration whose module says
    that it ``expands`` leaves the program before it in order."""
    return next((step for step, expands in reversed(steps(revision)) if not expands), None)


def steps(revision: str = "head") -> list[tuple[str, bool]]:
    """The migrations up to a revision, the first one first, and whether each only expands."""
    scripts = _scripts().iterate_revisions(revision, "base")
    found = [(str(each.revision), getattr(each.module, "expands", False)) for each in scripts]
    return found[::-1]


@dataclass(frozen=True)
class SchemaState:
    """Where a schema is."""

    revision: str
    oldest_program: str | None
    """The oldest program that works with it, by its revision; None where nobody wrote it down."""

    @classmethod
    def of(cls, revision: str, note: str | None) -> "SchemaState":
        """From the revision and the comment on alembic's table; one on another revision says
        nothing of this."""
        oldest = (note or "").rpartition(" ")[2]
        return cls(revision, oldest if oldest and note == _note(revision, oldest) else None)


def _note(revision: str, oldest: str) -> str:
    return f"revision {revision} is for programs from {oldest}"


ASK_STATE = """
SELECT version_num, obj_description('alembic_version'::regclass, 'pg_class') FROM alembic_version
"""
"""The revision and the comment beside it."""


def expected_revision() -> str:
    """The revision that this program was written for."""
    head = _scripts().get_current_head()
    assert head is not None
    return head


def is_known(revision: str) -> bool:
    """Whether this program knows a revision; one that it does not is newer than the program."""
    return revision in {script.revision for script in _scripts().walk_revisions()}
