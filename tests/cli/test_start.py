"""A command is known by name and line before it is imported, and imports what it needs alone."""

import subprocess
import sys
from pathlib import Path

import pytest

from app.cli.commands import COMMANDS
from app.cli.deferred import Deferred

ROOT = Path(__file__).resolve().parents[2]
ROWS = frozenset({"sqlalchemy", "sqlmodel"})
RUN = """
import atexit, sys
from app.cli import main
atexit.register(lambda: print(*sys.modules, sep="\\n", file=sys.stderr))
main()
"""
HEAVY = frozenset({"asyncssh", "icalendar", "litestar", "procrastinate", "pyarrow", "pypdf"})
"""Packages that take long to import, each needed by a few commands or routes alone."""

EVERY_COMMAND = {
    str(each.name) if each is command else f"{each.name} {command.name}": command
    for each in COMMANDS
    for command in ([each] if isinstance(each, Deferred) else each.commands.values())
}


def imported_by(*arguments: str, **settings: str) -> frozenset[str]:
    """The packages that a run of the program has imported."""
    run = subprocess.run(
        [sys.executable, "-c", RUN, *arguments],
        cwd=ROOT,
        env={f"WELLKEPT_{name.upper()}": value for name, value in settings.items()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "app.cli" in run.stderr.split()
    return frozenset(name.partition(".")[0] for name in run.stderr.split())


@pytest.mark.parametrize("name", EVERY_COMMAND)
def test_the_line_of_a_command_is_how_its_help_begins(name: str) -> None:
    command = EVERY_COMMAND[name]
    assert isinstance(command, Deferred)
    line = str(command.short_help)
    assert line.endswith(".")
    assert " ".join(str(command.imported().help).split()).startswith(line.removesuffix("."))


@pytest.mark.parametrize("arguments", [["--help"], ["company", "--help"], ["no-such-command"]])
def test_a_list_of_commands_imports_none_of_them(arguments: list[str]) -> None:
    imported = imported_by(*arguments)
    assert imported.isdisjoint({"services", "storage"} | ROWS | HEAVY)


def test_a_command_that_reads_no_row_imports_no_table(tmp_path: Path) -> None:
    imported = imported_by(
        "signing-keys", database_url="postgresql:///unasked", data_directory=str(tmp_path)
    )
    assert (tmp_path / "keys").is_dir()
    assert imported.isdisjoint(ROWS | HEAVY)


def test_the_status_imports_no_server(tmp_path: Path) -> None:
    imported = imported_by(
        "status",
        database_url=f"postgresql:///wellkept?host={tmp_path}",
        data_directory=str(tmp_path / "data"),
    )
    assert "alembic" in imported
    assert imported.isdisjoint(HEAVY)


def test_the_server_imports_what_writes_parquet_when_that_is_asked_for() -> None:
    imported = imported_by("serve", "--help")
    assert "litestar" in imported
    assert "pyarrow" not in imported
