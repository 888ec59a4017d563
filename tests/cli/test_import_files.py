"""What ``wellkept import`` is asked to read may be anything: what it cannot follow is one line and
an exit code, and nothing is left behind."""

import json
import os
import pty
import signal
import sys
from functools import partial
from pathlib import Path

import pytest

from app.cli.exit_codes import ExitCode
from storage.embedded import EmbeddedServer
from tests.builders.companies import CompanyForTests
from tests.builders.dumps import keyed, payer
from tests.cli.conftest import Run
from tests.programs import program

PAYERS = json.dumps(keyed(payer()))


def kept_of(server: EmbeddedServer, company: CompanyForTests) -> int:
    """How many imports and files the company has."""
    with server.connect_as_superuser("wellkept") as connection:
        row = connection.execute(
            "SELECT (SELECT count(*) FROM data_imports WHERE company_id = %(id)s)"
            " + (SELECT count(*) FROM stored_files WHERE company_id = %(id)s)",
            {"id": company.id},
        ).fetchone()
    assert row is not None
    return int(row[0])


def put(kind: str, place: Path) -> None:
    """Put something that is no dump into a folder."""
    odd = place / "claims.json"
    match kind:
        case "folder":
            odd.mkdir()
        case "dangling":
            odd.symlink_to("/nowhere.json")
        case "loop":
            odd.symlink_to(odd)
        case "fifo":
            os.mkfifo(odd)
        case "unprintable":
            (place / "\x1b[2J.json").write_text("[]", "utf-8")
        case _:
            Path(os.fsdecode(bytes(place) + b"/\xff.json")).write_text("[]", "utf-8")


@pytest.mark.parametrize(
    ("kind", "problem"),
    [
        ("folder", "is no file"),
        ("dangling", "is not there"),
        ("loop", "is not there"),
        ("fifo", "is no file"),
        ("unprintable", "has a name that cannot be kept"),
        ("undecodable", "has a name that cannot be kept"),
    ],
)
def test_a_folder_with_something_else_among_its_files_says_so(
    kind: str,
    problem: str,
    company: CompanyForTests,
    server: EmbeddedServer,
    wellkept: Run,
    tmp_path: Path,
) -> None:
    place = tmp_path / "dump"
    place.mkdir()
    (place / "payers.json").write_text(PAYERS, "utf-8")
    put(kind, place)
    code, out = wellkept("import", str(place), "--company", company.slug)
    assert code == 1
    assert f"{problem}: " in out
    assert "\x1b" not in out
    assert kept_of(server, company) == 0


def test_links_and_endings_in_capitals_are_files(
    company: CompanyForTests, wellkept: Run, tmp_path: Path
) -> None:
    place = tmp_path / "dump"
    place.mkdir()
    (tmp_path / "kept").write_text(PAYERS, "utf-8")
    (place / "payers.JSON").symlink_to(tmp_path / "kept")
    code, out = wellkept("import", str(place), "--company", company.slug)
    assert (code, "Verdict: agrees" in out) == (0, True)


@pytest.mark.parametrize(
    ("option", "value", "problem"),
    [
        ("--company", "nobody", "names no company"),
        ("--source", "", "--source is no name"),
        ("--source", "x" * 81, "--source is no name"),
        ("--steward", "nobody@example.org", "nobody who works here"),
        ("--report", "/nowhere/report.html", "is no place for the report"),
        ("--report", "{dump}", "is no place for the report"),
    ],
)
def test_a_command_that_cannot_be_followed_is_refused_before_anything_is_done(
    option: str,
    value: str,
    problem: str,
    company: CompanyForTests,
    server: EmbeddedServer,
    wellkept: Run,
    tmp_path: Path,
) -> None:
    dump = tmp_path / "payers.json"
    dump.write_text(PAYERS, "utf-8")
    named = () if option == "--company" else ("--company", company.slug)
    code, out = wellkept("import", str(dump), *named, option, value.format(dump=dump))
    assert (code, problem in out) == (1, True)
    assert out.startswith("wellkept: Nothing was imported: ")
    assert dump.read_text("utf-8") == PAYERS
    assert kept_of(server, company) == 0


@pytest.mark.parametrize("name", ["none.json", ""])
def test_where_there_is_nothing_nothing_is_imported(
    name: str, company: CompanyForTests, wellkept: Run, tmp_path: Path
) -> None:
    code, out = wellkept("import", str(tmp_path / name), "--company", company.slug)
    assert (code, "Nothing was imported" in out) == (1, True)


def test_names_of_maps_are_shown_as_they_are(
    company: CompanyForTests, wellkept: Run, tmp_path: Path
) -> None:
    dump = tmp_path / "dump.json"
    dump.write_text(json.dumps({"[/red]": [1], "[bold]x": [2]}), "utf-8")
    code, out = wellkept("import", str(dump), "--company", company.slug)
    assert code == ExitCode.RECORDS_WAIT
    assert "[/red]" in out
    assert "[bold]x" in out


@pytest.mark.parametrize("leaving", [signal.SIGINT, signal.SIGHUP])
def test_who_leaves_at_the_question_has_nothing_written_and_waits_for_nothing(
    company: CompanyForTests,
    wellkept: Run,
    server: EmbeddedServer,
    tmp_path: Path,
    leaving: signal.Signals,
) -> None:
    """By Ctrl-C, or because the terminal is closed."""
    dump = tmp_path / "payers.json"
    dump.write_text(PAYERS, "utf-8")
    assert wellkept("import", str(dump), "--company", company.slug)[0] == 0
    dump.write_text(json.dumps(keyed(payer(name="Northlake"))), "utf-8")
    terminal, inner = pty.openpty()
    words = [sys.executable, "-m", "app.cli", "import", str(dump), "--company", company.slug]
    # tests that run in the background have such signals ignored, and so would what they start
    heard = partial(signal.signal, leaving, signal.SIG_DFL)
    with program(words, stdin=inner, stdout=inner, stderr=inner, preexec_fn=heard) as running:
        os.close(inner)
        said = b""
        while b"Write it?" not in said:
            said += os.read(terminal, 4096)
        running.send_signal(leaving)
        assert running.wait(60) > 0  # ended by itself, and not by the signal
    os.close(terminal)
    with server.connect_as_superuser("wellkept") as connection:
        names = connection.execute(
            "SELECT name FROM payers WHERE company_id = %s", [company.id]
        ).fetchall()
    assert names == [("Northlake Health",)]


@pytest.mark.skipif(
    not Path("/proc/sys/kernel/random/uuid").exists(), reason="needs /proc/sys/kernel/random/uuid"
)
def test_a_file_that_changes_while_it_is_read_is_not_imported(
    company: CompanyForTests, wellkept: Run, server: EmbeddedServer
) -> None:
    code, out = wellkept("import", "/proc/sys/kernel/random/uuid", "--company", company.slug)
    assert (code, "/proc/sys/kernel/random/uuid changed while it was read: " in out) == (1, True)
    assert kept_of(server, company) == 0
