"""``wellkept mips``, run as an operator runs it."""

import json
from pathlib import Path

import pytest

from tests.builders.companies import CompanyForTests
from tests.builders.mips import BENCHMARKS, MEASURES
from tests.cli.conftest import Run
from tests.regulatory_compliance.mips.published import FOLDER, needs_published


@pytest.fixture
def run(wellkept: Run, company: CompanyForTests) -> Run:
    """``wellkept mips`` for the company."""
    return lambda *arguments: wellkept("mips", *arguments, "--company", company.slug)


def written(folder: Path, content: object) -> str:
    file = folder / "list.json"
    file.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return str(file)


def test_a_list_is_loaded_once_and_listed(run: Run, tmp_path: Path) -> None:
    file = written(tmp_path, BENCHMARKS)
    code, said = run("load", file)
    assert (code, said.startswith("benchmarks of 2026: 4 rows, ")) == (0, True)
    assert said.endswith(": loaded\n")
    code, again = run("load", file)
    assert (code, again.endswith(": was loaded before, nothing changed\n")) == (0, True)
    code, listed = run("list")
    assert (code, listed.count("benchmarks")) == (0, 1)


def test_a_list_of_measures_is_told_its_year(run: Run, tmp_path: Path) -> None:
    file = written(tmp_path, MEASURES)
    code, said = run("load", file)
    assert (code, "does not say its year" in said) == (1, True)
    code, said = run("load", file, "--year", "2026")
    assert (code, said.startswith("measures of 2026: ")) == (0, True)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "no list in JSON"),
        (b"[]", "list is empty"),
        (json.dumps(BENCHMARKS).encode()[:-9], "no list in JSON"),
        ([{"code": "99213"}], "none of CMS's lists"),
        ([*BENCHMARKS, BENCHMARKS[0]], "entry 5: 236 by registry in 2026 stands there twice"),
    ],
)
def test_of_a_file_that_cannot_be_used_nothing_is_loaded(
    run: Run, tmp_path: Path, content: object, fault: str
) -> None:
    code, said = run("load", written(tmp_path, content))
    assert (code, fault in said) == (1, True)
    assert said.endswith("Nothing was loaded.\n")
    assert "benchmarks" not in run("list")[1]


@needs_published
def test_cms_own_files_are_loaded(run: Run) -> None:
    code, said = run("load", str(FOLDER / "benchmarks-2026.json"))
    assert (code, said.startswith("benchmarks of 2026: 293 rows")) == (0, True)
    code, said = run("load", str(FOLDER / "measures-data-2026.json"), "--year", "2026")
    assert (code, said.startswith("measures of 2026: 574 rows")) == (0, True)


def test_every_constant_of_a_year_is_shown_with_where_it_was_read(
    wellkept: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    code, printed = wellkept("mips", "rules", "2026")
    assert code == 0
    (case_minimum,) = [each for each in printed.splitlines() if "case_minimum" in each]
    assert "20" in case_minimum
    assert "NOT CHECKED" not in case_minimum
    assert any("threshold" in e and "NOT CHECKED" in e for e in printed.splitlines())
    assert any("quality 30, cost 30" in e and "1848(q)" in e for e in printed.splitlines())
    assert wellkept("mips", "rules", "1999")[0] == 2
