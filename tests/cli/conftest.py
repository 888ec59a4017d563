"""The program's commands, run as an operator runs them."""

import base64
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from app.cli import main
from storage.embedded import RoleAddresses
from tests.builders.companies import CompanyForTests, found_company
from tests.builders.keys import MASTER_KEY

Run = Callable[..., tuple[int, str]]
"""Runs a command; its exit code and all that it printed."""


@pytest.fixture
def company(
    addresses: RoleAddresses, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> CompanyForTests:
    """A company in the database that commands of the test work on."""
    monkeypatch.setenv("WELLKEPT_DATABASE_URL", addresses.app)
    monkeypatch.setenv("WELLKEPT_DATA_DIRECTORY", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("WELLKEPT_MASTER_KEY", base64.b64encode(MASTER_KEY).decode())
    return found_company(addresses)


@pytest.fixture
def wellkept(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The program, in this process."""

    def run(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["wellkept", *arguments])
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    return run
