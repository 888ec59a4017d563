"""The report on the database: it finds what was planted, and shows no value of anybody's."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.embedded import EmbeddedServer, Role, RoleAddresses, provision
from storage.postgres.report import Section, database_report, without_constants
from tests.running.program import wellkept
from tests.servers import ServerSpec, servers, start_test_server

SECRET = "Osgood, Edith"
NUMBER = "8675309"
SOUGHT = f"SELECT count(*) FROM large WHERE filler = '{SECRET}' OR n = {NUMBER}"  # noqa: S608


def has_statements(spec: ServerSpec) -> bool:
    """Whether the installation has the extension: the wheel's does not."""
    return (
        spec.binaries is not None
        and (spec.binaries.parent / "lib" / "pg_stat_statements.so").exists()
    )


@pytest.fixture(scope="module", params=servers(), ids=lambda spec: spec.name)
def spec(request: pytest.FixtureRequest) -> ServerSpec:
    found: ServerSpec = request.param
    return found


@pytest.fixture(scope="module")
def server(spec: ServerSpec, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    server = start_test_server(spec, tmp_path_factory.mktemp("report"), unsafe_fast=True)
    if has_statements(spec):
        with (server.directory.cluster / "postgresql.conf").open("a") as file:
            file.write("shared_preload_libraries = 'pg_stat_statements'\n")
        server.stop()
        server.start()
    yield server
    server.stop("immediate")


@pytest.fixture(scope="module")
def addresses(server: EmbeddedServer, spec: ServerSpec) -> RoleAddresses:
    """A database with something of everything that the report is to find."""
    addresses = provision(server, "reported")
    if has_statements(spec):
        with server.connect_as_superuser("reported") as superuser:
            superuser.execute("CREATE EXTENSION pg_stat_statements")
    with psycopg.connect(addresses.owner, autocommit=True) as owner:
        owner.execute("CREATE TABLE large (n int, filler text)")
        owner.execute("CREATE INDEX large_n ON large (n)")
        owner.execute("CREATE INDEX large_n_again ON large (n)")
        owner.execute(
            "INSERT INTO large SELECT n, repeat('x', 900) FROM generate_series(1, 12000) AS n"
        )
        owner.execute("DELETE FROM large WHERE n % 2 = 0")
        owner.execute(SOUGHT.encode())
        owner.execute("SELECT pg_stat_force_next_flush()")
    return addresses


def report(addresses: RoleAddresses) -> Mapping[str, Section]:
    return {section.title.split()[0]: section for section in database_report(addresses.owner)}


def first_column(section: Section) -> set[str]:
    return {row[0] for row in section.rows}


def test_indexes_without_use_and_twice_over_are_named(addresses: RoleAddresses) -> None:
    by_title = [s for s in database_report(addresses.owner) if s.title.startswith("Indexes")]
    unused, twice = by_title
    assert {"large_n", "large_n_again"} <= first_column(unused)
    assert [row[:3] for row in twice.rows] == [["large_n_again", "large_n", "large"]]


def test_tables_that_want_vacuum_or_an_index_are_named(addresses: RoleAddresses) -> None:
    found = report(addresses)
    assert "large" in first_column(found["Tables"])
    assert "large" in first_column(found["Large"])


def test_an_open_transaction_is_shown_with_its_age(addresses: RoleAddresses) -> None:
    with psycopg.connect(addresses.owner) as open_one:
        open_one.execute("SELECT 1")
        section = report(addresses)["Oldest"]
        assert str(open_one.info.backend_pid) in first_column(section)


def test_slow_statements_are_shown_without_what_was_in_them_or_it_says_what_is_missing(
    addresses: RoleAddresses, spec: ServerSpec
) -> None:
    section = report(addresses)["Slowest"]
    if not has_statements(spec):
        (missing,) = section.missing
        assert "comes without pg_stat_statements" in missing
        assert section.rows == []
        return
    statements = [row[-1] for row in section.rows]
    assert any("FROM large WHERE filler" in each for each in statements)
    assert not any(SECRET in each or NUMBER in each for each in statements)
    (missing,) = section.missing
    assert "GRANT pg_read_all_stats TO wellkept_owner" in missing


def test_with_the_right_to_see_all_nothing_is_said_to_be_missing(
    server: EmbeddedServer, addresses: RoleAddresses, spec: ServerSpec
) -> None:
    with server.connect_as_superuser("reported") as superuser:
        superuser.execute(f"GRANT pg_read_all_stats TO {Role.OWNER}")
    try:
        found = report(addresses)
        assert found["Oldest"].missing == []
        assert has_statements(spec) == (found["Slowest"].missing == [])
    finally:
        with server.connect_as_superuser("reported") as superuser:
            superuser.execute(f"REVOKE pg_read_all_stats FROM {Role.OWNER}")


@given(value=st.text(st.characters(categories=["L", "N", "P", "Z"], exclude_characters="?")))
def test_no_text_that_stands_in_a_statement_is_shown(value: str) -> None:
    quoted = value.replace("'", "''")
    statement = f"SELECT a FROM b WHERE c = '{quoted}' AND d"  # noqa: S608
    assert without_constants(statement) == "SELECT a FROM b WHERE c = ? AND d"


def test_names_and_parameters_stay_what_they_are() -> None:
    text = "SELECT n1 FROM t2 WHERE a = $1 AND b = 17 AND c IN (1.5, -3)"
    assert without_constants(text) == ("SELECT n1 FROM t2 WHERE a = $1 AND b = ? AND c IN (?, -?)")


def test_a_server_that_has_statistics_of_statements_is_told_how_to_load_them(
    server: EmbeddedServer, spec: ServerSpec
) -> None:
    if has_statements(spec):
        (missing,) = report(provision(server, "unprepared"))["Slowest"].missing
        assert "CREATE EXTENSION pg_stat_statements" in missing


def test_the_command_prints_every_section(addresses: RoleAddresses, tmp_path: Path) -> None:
    done = wellkept(
        "database",
        "report",
        settings={
            "data_directory": tmp_path / "data",
            "database_url": addresses.app,
            "owner_url": addresses.owner,
        },
    )
    assert done.returncode == 0, done.stderr
    for section in database_report(addresses.owner):
        assert section.title.split(",")[0] in done.stdout
