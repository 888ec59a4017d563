"""``wellkept pack``, run as an operator runs it."""

import sys
from pathlib import Path

import pytest

from app.cli import main
from tests.builders.companies import CompanyForTests

PACK = """\
id = "house"
version = "1"
program = "HIPAA"
name = "House rules"
source = "the committee"

[[requirements]]
code = "HOUSE-1"
citation = "minutes"
name = "Lock the record room"
description = "Lock it."
category = "physical"
frequency = "annual"
"""


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """A command's exit code."""
    monkeypatch.setattr(sys, "argv", ["wellkept", "pack", *arguments])
    with pytest.raises(SystemExit) as left:
        main()
    return int(left.value.code or 0)


def test_what_ships_is_listed_and_shown_without_a_database(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert run(monkeypatch, "list") == 0
    assert "hipaa-security" in capsys.readouterr().out
    assert run(monkeypatch, "show", "hipaa-security") == 0
    assert "164.308" in capsys.readouterr().out


def test_a_pack_of_ones_own_is_imported_for_a_company(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    company: CompanyForTests,
    tmp_path: Path,
) -> None:
    file = tmp_path / "house.toml"
    file.write_text(PACK)
    assert run(monkeypatch, "show", str(file)) == 0
    for _ in range(2):
        assert run(monkeypatch, "import", str(file), "--company", company.slug) == 0
    assert run(monkeypatch, "list", "--company", company.slug) == 0
    shown = capsys.readouterr().out
    assert "house 1: 1 requirements" in shown
    assert "brought by the company" in shown


def test_every_fault_of_a_file_is_named_and_nothing_kept(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    company: CompanyForTests,
    tmp_path: Path,
) -> None:
    file = tmp_path / "house.toml"
    file.write_text(PACK.replace("HOUSE-1", "HOUSE 1").replace('"minutes"', '""'))
    assert run(monkeypatch, "import", str(file), "--company", company.slug) == 1
    said = capsys.readouterr().err
    assert "has at most 120 characters and no spaces" in said
    assert "citation" in said
    assert run(monkeypatch, "list", "--company", company.slug) == 0
    assert "brought by the company" not in capsys.readouterr().out
