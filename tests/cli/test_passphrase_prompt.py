"""Who gives no file is asked for the passphrase, twice for a new archive, and never sees it."""

import os
import pty
import sys
import time
from pathlib import Path

from app.cli.archives import SHORTEST_PASSPHRASE
from tests.programs import program

PASSPHRASE = "correct horse battery staple"


def asked(answers: list[str], *arguments: str, folder: Path) -> tuple[int, str]:
    """Run a command on a terminal of its own, and answer each question; its code, what it showed.

    The address of the database is one at which nobody answers: the questions come first.
    """
    parent, child = pty.openpty()
    environment = {
        **os.environ,
        "WELLKEPT_DATA_DIRECTORY": str(folder / "data"),
        "WELLKEPT_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
        "WELLKEPT_OWNER_URL": "postgresql://nobody@127.0.0.1:1/nothing",
    }
    with program(
        [sys.executable, "-m", "app.cli", "company", *arguments],
        stdin=child,
        stdout=child,
        stderr=child,
        env=environment,
        start_new_session=True,
    ) as running:
        os.close(child)
        shown = ""
        for answer in answers:
            shown += _read_until(parent, ": ")
            os.write(parent, answer.encode() + b"\n")
        shown += _read_until(parent, None)
        os.close(parent)
        return running.wait(60), shown


def _read_until(terminal: int, end: str | None) -> str:
    found = ""
    give_up_at = time.monotonic() + 120
    while time.monotonic() < give_up_at:
        try:
            piece = os.read(terminal, 4096)
        except OSError:  # the program has closed its side
            return found
        if not piece:
            return found
        found += piece.decode()
        if end is not None and found.endswith(end):
            return found
    raise AssertionError(found)


def test_a_new_archive_asks_twice_and_shows_nothing(tmp_path: Path) -> None:
    code, shown = asked(
        [PASSPHRASE, PASSPHRASE],
        "export",
        "riverbend",
        str(tmp_path / "a"),
        folder=tmp_path,
    )
    assert shown.startswith("Passphrase: ")
    assert "Repeat for confirmation: " in shown
    assert PASSPHRASE not in shown
    assert code == 4, "then it goes on, to a database that does not answer"


def test_two_that_differ_are_asked_for_again(tmp_path: Path) -> None:
    code, shown = asked(
        [PASSPHRASE, PASSPHRASE[:-1], PASSPHRASE, PASSPHRASE],
        "export",
        "riverbend",
        str(tmp_path / "a"),
        folder=tmp_path,
    )
    assert shown.count("Passphrase: ") == 2
    assert code == 4


def test_bringing_in_asks_once_and_a_short_one_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / "a"
    archive.write_bytes(b"")
    code, shown = asked(["short"], "import-archive", str(archive), folder=tmp_path)
    assert "Repeat" not in shown
    assert f"at least {SHORTEST_PASSPHRASE}" in shown
    assert code == 2
