"""Rules of the house that no tool checks by itself."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PRODUCT = ("app", "services", "storage", "alembic")


def sources(*folders: str) -> list[Path]:
    """The Python files below some folders."""
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def offenders(pattern: str, paths: list[Path]) -> list[str]:
    """The lines that match, with where they stand."""
    wanted = re.compile(pattern)
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in paths
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if wanted.search(line)
    ]


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param(r"\b(TODO|FIXME|XXX)\b|NotImplementedError", id="nothing is left for later"),
        pytest.param(r"from unittest.mock|\brandom\.random\(\)", id="nothing is pretended"),
    ],
)
def test_the_product_holds_no_line_like(pattern: str) -> None:
    own = [path for path in sources(*PRODUCT) if "demo" not in path.parts]
    assert offenders(pattern, own) == []


def test_only_the_clock_asks_what_time_it_is() -> None:
    asked = offenders(
        r"datetime\.now\(|date\.today\(|utcnow\(", sources("app", "services", "storage")
    )
    assert [each.split(":")[0] for each in asked] == ["storage/clock.py"]


def test_no_module_is_a_drawer_for_odds_and_ends() -> None:
    names = {"utils", "util", "helpers", "helper", "common", "misc"}
    assert [path for path in sources(*PRODUCT, "tests") if path.stem in names] == []


def test_the_checks_of_the_repository_are_make_test_with_the_packages_that_it_uses() -> None:
    run = ROOT / ".ci" / "run"
    lines = [line.strip() for line in run.read_text("utf-8").splitlines()]
    assert lines[-1] == "exec make test"
    done = [line for line in lines if not line.startswith("#")]
    assert [line for line in done if re.search(r"\b(make|pytest|python)\b", line)] == [done[-1]]
    (installs,) = [line for line in lines if "apt-get install" in line]
    command = installs.removesuffix(" || true")
    assert f"    {command}\n" in (ROOT / "README.md").read_text("utf-8")
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for package in command.removeprefix("apt-get install -y ").split():
        assert f"Debian's package {package} is not installed here" in makefile
    assert run.stat().st_mode & 0o111


@pytest.mark.parametrize("name", ["", "-dev", "-benchmark"])
def test_a_lock_pins_every_package_with_hashes_and_names_no_host(name: str) -> None:
    text = (ROOT / f"requirements{name}.lock").read_text("utf-8")
    packages = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]
    assert packages
    assert all("==" in each and "--hash=sha256:" in each for each in packages)
    assert not re.search(r"https?://|file:|--(extra-)?index-url|--find-links", text)


def test_each_lock_holds_what_the_smaller_one_holds() -> None:
    pins = [
        set(re.findall(r"^[A-Za-z0-9][^ ]*==[^ ]+", path.read_text("utf-8"), re.MULTILINE))
        for path in (ROOT / f"requirements{name}.lock" for name in ("", "-dev", "-benchmark"))
    ]
    assert pins[0] <= pins[1] <= pins[2]


def test_make_knows_every_target_that_it_names() -> None:
    said = subprocess.run(
        ["make", "-n", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in re.findall(r"make ([a-z]+) ", said.stdout):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)
