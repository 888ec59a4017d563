"""A command is known by name and line before it is imported, and imports what it needs alone."""

import subprocess
import sys
from pathlib import Path

import pytest

from app.cli.commands import COMMANDS
from app.cli.deferred import Deferred

ROOT = Path(__file__).resolve().parents[2]
ROWS = ("storage", "services", "sqlmodel", "sqlalchemy")
HEAVY = (
    "alembic",
    "asyncssh",
    "httpx",
    "icalendar",
    "litestar",
    "procrastinate",
    "pyarrow",
    "pypdf",
)
"""Packages that take long to import, each needed by a few commands or routes alone."""


EVERY_COMMAND = [
    (f"{each.name} {command.name}" if command is not each else str(each.name), command)
    for each in COMMANDS
    for command in ([each] if isinstance(each, Deferred) else each.commands.values())
]


def imported_by(statement: str, **settings: str) -> frozenset[str]:
    """The packages that a process has imported after a statement: a run of the program."""
    ending = "print('\\n' + ' '.join(sys.modules))"
    run = subprocess.run(
        [
            *(sys.executable, "-c"),
            f"import sys\ntry:\n    {statement}\nexcept SystemExit:\n    pass\n{ending}",
        ],
        cwd=ROOT,
        env=settings,
        capture_output=True,
        text=True,
        check=True,
    )
    return frozenset(name.partition(".")[0] for name in run.stdout.splitlines()[-1].split())


def started(*arguments: str, **settings: str) -> frozenset[str]:
    """The packages that a command imports."""
    return imported_by(
        f"sys.argv[1:] = {list(arguments)!r}; from app.cli import main; main()", **settings
    )


@pytest.mark.parametrize("command", [pytest.param(each, id=name) for name, each in EVERY_COMMAND])
def test_the_line_of_a_command_is_how_its_help_begins(command: Deferred) -> None:
    line = str(command.short_help)
    assert line.endswith(".")
    assert " ".join(str(command.imported().help).split()).startswith(line.removesuffix("."))


@pytest.mark.parametrize("arguments", [["--help"], ["company", "--help"], ["no-such-command"]])
def test_a_list_of_commands_imports_none_of_them(arguments: list[str]) -> None:
    assert started(*arguments).isdisjoint((*ROWS, *HEAVY))
