"""``wellkept import``, run as an operator runs it."""

import asyncio
import base64
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.cli import main
from app.cli.exit_codes import ExitCode
from storage.embedded import RoleAddresses
from storage.postgres.transaction import PostgresStorage
from tests.builders.companies import make_company
from tests.builders.dumps import claim, keyed, payer, requirement
from tests.builders.keys import KEYRING, MASTER_KEY


@dataclass
class Place:
    """An installation with one company, and its command."""

    slug: str
    folder: Path
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]
    progress: str = ""
    """What the last run said on standard error."""

    def run(self, *arguments: str) -> tuple[int, str]:
        """The exit code, and what was printed."""
        words = ["wellkept", "import", *arguments, "--company", self.slug]
        self.monkeypatch.setattr(sys, "argv", words)
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        printed, self.progress = self.capsys.readouterr()
        return code, printed

    def write(self, name: str, content: object) -> str:
        """A file, and its path."""
        path = self.folder / name
        path.write_text(json.dumps(content), "utf-8")
        return str(path)


@pytest.fixture
def place(
    addresses: RoleAddresses,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> Place:
    data, folder = tmp_path / "data", tmp_path / "dumps"
    data.mkdir()
    folder.mkdir()
    monkeypatch.setenv("WELLKEPT_DATABASE_URL", addresses.app)
    monkeypatch.setenv("WELLKEPT_DATA_DIRECTORY", str(data))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("WELLKEPT_MASTER_KEY", base64.b64encode(MASTER_KEY).decode())

    async def slug() -> str:
        storage = PostgresStorage(addresses.app, keyring=KEYRING)
        await storage.open()
        try:
            return (await make_company(addresses.owner, storage)).slug
        finally:
            await storage.close()

    return Place(asyncio.run(slug()), folder, monkeypatch, capsys)


def test_where_nobody_looks_at_a_terminal_each_step_is_a_line(place: Place) -> None:
    dump = place.write("dump.json", {"payers": [payer()], "claims": [claim("c1"), claim("c2")]})

    place.run(dump)

    assert place.progress.splitlines() == [
        "copying",
        "checking payers: 1 of 3 records",
        "checking claims: 3 of 3 records",
        "writing payers: 3 of 3 records",
        "writing claims.patients: 3 of 3 records",
        "writing claims: 3 of 3 records",
        "comparing the books",
        "done: 3 of 3 records",
    ]


def test_a_folder_is_tried_imported_and_reconciled(place: Place) -> None:
    place.write("payers.json", keyed(payer()))
    place.write("claims.json", [claim()])
    code, out = place.run(str(place.folder), "--dry-run")
    assert (code, "Verdict: undecided" in out) == (0, True)
    report = place.folder.parent / "report.json"
    code, out = place.run(str(place.folder), "--report", str(report))
    assert (code, "142.50" in out, "Verdict: agrees" in out) == (0, True, True)
    assert json.loads(report.read_text("utf-8"))["verdict"] == "agrees"


def test_what_waits_is_named_and_told_by_the_exit_code(place: Place) -> None:
    dump = {"payers": keyed(payer(name="<b>")), "claims": [claim(type="legal")]}
    report = place.folder / "report.html"
    code, out = place.run(place.write("dump.json", dump), "--report", str(report))
    assert code == ExitCode.RECORDS_WAIT
    assert "quarantined claims c1 /type is none of the words that are known" in out
    page = report.read_text("utf-8")
    assert "waits" in page
    assert "142.50" in page


def test_a_file_that_cannot_be_read_is_refused(place: Place) -> None:
    path = place.folder / "dump.json"
    path.write_text('{"payers": [', "utf-8")
    code, out = place.run(str(path))
    assert (code, "at character" in out) == (1, True)


def test_what_a_newer_dump_changes_is_shown_before_it_is_written(place: Place) -> None:
    older, newer = keyed(payer()), keyed(payer(name="Northlake"))
    assert place.run(place.write("old.json", {"payers": older}))[0] == 0
    path = place.write("new.json", {"payers": newer})
    code, out = place.run(path)
    assert code == 1
    assert "/name: 'Northlake Health' has become 'Northlake'" in out
    assert "nobody agreed to what it changes" in out
    code, out = place.run(path, "--yes")
    assert (code, "1 rows of earlier imports change." in out) == (0, True)
    assert place.run(path) == (0, place.run(path)[1])


def test_the_report_can_be_read_in_a_terminal_of_the_usual_width(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    place.write("payers.json", keyed(payer(color="green")))
    claims = [claim(f"c{number}") for number in range(3)]
    place.write("claims.json", [*claims, claims[0], claim("c9", primaryPayerId="p9")])
    place.write("complianceRequirements.json", [requirement()])
    place.write("riskScores.json", [{"id": "r1"}])
    _, out = place.run(str(place.folder))
    assert "…" not in out
    for told in ("complianceRequirements", "claims.patients", "712.50", "427.50"):
        assert told in out
    assert "payers: fields that have no place, kept as they came: color" in out
