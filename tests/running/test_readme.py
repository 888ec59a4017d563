"""What the manual says is so: its tour works, its SQL suffices, its tables are the code's."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from app.manual import with_written_parts
from storage import migrations
from storage.embedded import EmbeddedServer, Role
from storage.postgres.checks import check_server
from tests.running.program import ROOT, Program, environment
from tests.servers import chosen_server

README = (ROOT / "README.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    """The fenced blocks of a language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def test_the_tour_can_be_pasted_and_does_what_it_says(
    demonstration: Program, tmp_path: Path
) -> None:
    (tmp_path / "data").symlink_to(demonstration.data_directory)
    tour = "".join(blocks("sh"))
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", tour],
        cwd=tmp_path,
        env=environment() | {"BASE": demonstration.url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said = [line for line in done.stdout.splitlines() if len(line) < 60]
    assert said == [
        *["ready_to_submit", "submitted"] * 2,
        "posted",
        "2500",
        "posted",
        "12000",
        "processed",
        "9500",
        "True",
        "Two accounts of people who have left are enabled.",
    ]


def test_the_tables_of_settings_and_exit_codes_are_those_of_the_code() -> None:
    assert with_written_parts(README) == README, "run: python -m app.manual README.md"


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """A server that knows nothing of the program's roles."""
    directory = tmp_path_factory.mktemp("own") / "data"
    with EmbeddedServer(directory, binaries=chosen_server().binaries) as server:
        yield server


def test_the_sql_for_an_own_server_is_all_that_the_program_needs(
    own_server: EmbeddedServer,
) -> None:
    (script,) = blocks("sql")
    with own_server.connect_as_superuser() as superuser:
        for statement in script.split(";\n"):
            superuser.execute(statement.encode())
    migrations.upgrade(_url(own_server, Role.OWNER))
    check_server(_url(own_server, Role.APP))
    check_server(_url(own_server, Role.WORKER))


def test_what_was_saved_with_the_backup_role_can_be_restored(
    own_server: EmbeddedServer, tmp_path: Path
) -> None:
    dump = tmp_path / "wellkept.dump"
    with psycopg.connect(_url(own_server, Role.OWNER)) as owner:
        owner.execute("SET LOCAL app.company_id = '01a1fd87-34ee-71ca-b850-10bcf0bfc799'")
        owner.execute(
            "INSERT INTO counters (company_id, id, version, created_at, created_by, updated_at,"
            " updated_by, name, last_number) SELECT c, c, 1, now(), c, now(), c, 'claim', 7"
            " FROM (SELECT current_setting('app.company_id')::uuid AS c) AS bound"
        )
    _postgresql(own_server, "pg_dump", "--format=custom", f"--file={dump}", _backup(own_server))
    with own_server.connect_as_superuser() as superuser:
        superuser.execute("CREATE DATABASE restored OWNER wellkept_owner TEMPLATE template0")
    restored = own_server.url("postgres", "restored")
    _postgresql(own_server, "pg_restore", "--exit-on-error", f"--dbname={restored}", str(dump))
    with psycopg.connect(_url(own_server, Role.APP, "restored")) as app:
        assert app.execute("SELECT last_number FROM counters").fetchall() == []
        app.execute("SET LOCAL app.company_id = '01a1fd87-34ee-71ca-b850-10bcf0bfc799'")
        assert app.execute("SELECT last_number FROM counters").fetchall() == [(7,)]


def _postgresql(server: EmbeddedServer, program: str, *arguments: str) -> None:
    subprocess.run([server._installation.program(program), *arguments], check=True)


def _url(server: EmbeddedServer, role: Role, database: str = "wellkept") -> str:
    """An address with the password that the manual gives."""
    word = role.value.removeprefix("wellkept_")
    return server.url("postgres", database).replace(_user(server), f"{role.value}:{word}-secret@")


def _backup(server: EmbeddedServer) -> str:
    return _url(server, Role.BACKUP)


def _user(server: EmbeddedServer) -> str:
    found = re.search(r"//(.*?@)", server.url("postgres", "wellkept"))
    assert found is not None
    return found[1]
