"""The schema goes up, down and up again to the same, and its data steps see every row."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlmodel import SQLModel

import storage.tables  # noqa: F401 -- fills the metadata
from storage import migrations
from storage.catalogue import EXEMPT, broken_rules
from storage.embedded import EmbeddedServer, RoleAddresses, provision
from storage.identifiers import new_id
from storage.rows import TransactionId
from tests.builders.tenant_rows import bind, fill_every_table, insert, made_row, tables
from tests.servers import ask

MIGRATION_LOCK = 0x77656C6C

DUMP = {
    "columns": """
        SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
               pg_get_expr(d.adbin, d.adrelid), a.attcollation::regcollation::text
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        WHERE c.relnamespace = 'public'::regnamespace AND NOT a.attisdropped
    """,
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    """,
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "policies": """
        SELECT tablename, policyname, permissive, roles, cmd, qual, with_check
        FROM pg_policies WHERE schemaname = 'public'
    """,
    "tables": """
        SELECT relname, relkind, relrowsecurity, relforcerowsecurity, relowner::regrole::text,
               array(SELECT unnest(relacl)::text ORDER BY 1), pg_get_expr(relpartbound, oid)
        FROM pg_class WHERE relnamespace = 'public'::regnamespace
    """,
    "functions": """
        SELECT oid::regprocedure::text, prosecdef, proconfig, prosrc,
               array(SELECT unnest(proacl)::text ORDER BY 1)
        FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    """,
    "types": """
        SELECT typname, typtype FROM pg_type
        WHERE typnamespace = 'public'::regnamespace AND left(typname, 1) <> '_'
    """,
}
"""Everything about a schema that could differ, in words."""


def dump(owner_url: str) -> dict[str, list[str]]:
    with psycopg.connect(owner_url) as connection:
        return {
            name: sorted(repr(row) for row in connection.execute(query.encode()))
            for name, query in DUMP.items()
        }


@pytest.fixture(scope="module")
def travelling(server: EmbeddedServer) -> RoleAddresses:
    """A database of this module's own, migrated."""
    addresses = provision(server, "travelling")
    migrations.upgrade(addresses.owner)
    return addresses


def make_companies(owner_url: str) -> list[UUID]:
    """Two companies with rows in every table."""
    made = [new_id(), new_id()]
    (companies,) = (table for table in tables() if table.name == "companies")
    for company_id in made:
        with psycopg.connect(owner_url) as connection:
            bind(connection, company_id)
            row = made_row(companies, company_id, {}, 1) | {"id": str(company_id)}
            insert(connection, "companies", row)
        fill_every_table(owner_url, company_id)
    return made


def test_the_schema_comes_back_the_same(travelling: RoleAddresses) -> None:
    make_companies(travelling.owner)
    before = dump(travelling.owner)
    migrations.downgrade(travelling.owner, "base")
    left = dump(travelling.owner)
    migrations.upgrade(travelling.owner)
    make_companies(travelling.owner)
    assert dump(travelling.owner) == before
    assert [row for row in left["tables"] if "alembic_version" not in row] == []
    assert left["functions"] == left["policies"] == []
    with psycopg.connect(travelling.app) as connection:
        assert broken_rules(connection) == []


def test_migrating_what_is_up_to_date_changes_nothing(travelling: RoleAddresses) -> None:
    before = dump(travelling.owner)
    migrations.upgrade(travelling.owner)
    assert dump(travelling.owner) == before


def test_the_migrated_schema_is_the_declared_one(
    travelling: RoleAddresses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ischema_names, "xid8", TransactionId)
    with migrations.engine_for(travelling.owner).connect() as connection:
        partitions = set(
            connection.scalars(sa.text("SELECT relname FROM pg_class WHERE relispartition"))
        )

        def is_ours(name: str | None, kind: str, _: object) -> bool:
            undeclared = partitions | (set(EXEMPT) - {"company_directory"})
            return kind != "table" or name not in undeclared

        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "include_name": is_ours}
        )
        assert compare_metadata(context, SQLModel.metadata) == []


def test_a_revision_of_the_future_is_not_known() -> None:
    assert migrations.is_known(migrations.expected_revision())
    assert not migrations.is_known("later")


@pytest.fixture
def owner(travelling: RoleAddresses) -> Iterator[sa.Connection]:
    """The owner in a transaction that leaves nothing behind."""
    with migrations.engine_for(travelling.owner).connect() as connection:
        yield connection
        connection.rollback()


FOREIGN_KEY = sa.text(
    "ALTER TABLE legal_holds ADD FOREIGN KEY (company_id, payer_id)"
    " REFERENCES payers (company_id, id)"
)


def plant_orphan(owner: sa.Connection) -> None:
    """A row that names a payer who does not exist, before there is a foreign key to say so."""
    company_id = new_id()
    owner.execute(sa.text("ALTER TABLE legal_holds ADD payer_id uuid"))
    owner.execute(sa.text(f"SET LOCAL app.company_id = '{company_id}'"))
    owner.execute(
        sa.text(
            "INSERT INTO legal_holds (company_id, id, version, created_at, created_by, updated_at,"
            " updated_by, reason, starts_on, payer_id) VALUES (:company, :id, 1, now(), :id,"
            " now(), :id, 'audit', now(), :absent)"
        ),
        {"company": company_id, "id": new_id(), "absent": new_id()},
    )
    owner.execute(sa.text("SET LOCAL app.company_id = ''"))


def is_forced(owner: sa.Connection, table: str) -> bool:
    found = owner.scalar(
        sa.text("SELECT relforcerowsecurity FROM pg_class WHERE relname = :table"),
        {"table": table},
    )
    return bool(found)


def test_an_orphan_is_found_while_force_is_lifted(owner: sa.Connection) -> None:
    plant_orphan(owner)
    with (
        pytest.raises(sa.exc.IntegrityError, match="foreign key"),
        migrations.unforced(owner, "legal_holds", "payers"),
    ):
        owner.execute(FOREIGN_KEY)


def test_an_orphan_is_overlooked_under_force(owner: sa.Connection) -> None:
    plant_orphan(owner)
    owner.execute(FOREIGN_KEY)


def test_migrations_would_rather_fail_than_overlook(owner: sa.Connection) -> None:
    plant_orphan(owner)
    owner.execute(sa.text("SET LOCAL row_security = off"))
    with pytest.raises(sa.exc.ProgrammingError, match="row-level security"):
        owner.execute(FOREIGN_KEY)


def test_a_backfill_reaches_every_company_while_force_is_lifted(
    owner: sa.Connection, travelling: RoleAddresses
) -> None:
    companies = make_companies(travelling.owner)
    backfill = sa.text("UPDATE payers SET name = 'backfilled' RETURNING company_id")
    assert owner.execute(backfill).all() == []
    with migrations.unforced(owner, "payers"):
        changed = set(owner.scalars(backfill))
    assert changed >= set(companies)
    assert owner.execute(backfill).all() == []


def test_force_returns_whatever_happens(owner: sa.Connection) -> None:
    owner.execute(sa.text("SELECT 1"))
    with contextlib.suppress(KeyError), migrations.unforced(owner, "payers"):
        assert not is_forced(owner, "payers")
        raise KeyError
    assert is_forced(owner, "payers")


def test_force_is_not_lifted_outside_of_a_transaction(owner: sa.Connection) -> None:
    with pytest.raises(AssertionError), migrations.unforced(owner, "payers"):
        pass


def test_two_migrations_at_once_wait_for_each_other(server: EmbeddedServer) -> None:
    addresses = provision(server, "contended")
    program = "import sys; from storage import migrations; migrations.upgrade(sys.stdin.read())"
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory'"
    with psycopg.connect(addresses.owner, autocommit=True) as first:
        first.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        both = [
            subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, text=True)
            for _ in range(2)
        ]
        for each in both:
            assert each.stdin is not None
            each.stdin.write(addresses.owner)
            each.stdin.close()
        while ask(server, waiting) != "2":
            assert all(each.poll() is None for each in both)
        assert dump(addresses.owner)["tables"] == []
    assert [each.wait() for each in both] == [0, 0]
    with psycopg.connect(addresses.app) as connection:
        assert broken_rules(connection) == []
