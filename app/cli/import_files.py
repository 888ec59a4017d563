"""What ``wellkept import`` is asked to read and to write, looked at before anything is done."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from services.importing.conversions import shown
from services.refusals import Refusal

_LONGEST_PATH = 4096


@dataclass
class NotImported(Refusal):
    """The command was understood and cannot be followed; nothing was kept or written."""

    title: ClassVar[str] = "Nothing was imported"
    what: str
    problem: str
    remedy: str

    @property
    def detail(self) -> str:
        return f"{self.what} {self.problem}: {self.remedy}"


def dump_files(path: Path) -> list[Path]:
    """The file, or every .json of the folder, by name. Raises NotImported."""
    if not path.is_dir():
        _require_readable(path)
        return [path]
    try:
        files = sorted(each for each in path.iterdir() if each.suffix.lower() == ".json")
    except OSError as error:
        raise NotImported(shown_path(path), _said(error), "let it be read") from error
    if not files:
        raise NotImported(shown_path(path), "holds no .json file", "name the folder of the dump")
    for each in files:
        _require_readable(each)
    return files


def require_writable(report: Path, files: Sequence[Path]) -> None:
    """Raises NotImported for where no report can be written, before there is one."""
    is_dump = report.exists() and any(each.samefile(report) for each in files)
    if is_dump or report.is_dir() or not report.parent.is_dir():
        raise NotImported(shown_path(report), "is no place for the report", "name another file")
    if not os.access(report if report.exists() else report.parent, os.W_OK):
        raise NotImported(shown_path(report), "may not be written", "name another file")


def unreadable(path: Path, error: OSError) -> NotImported:
    """A file that cannot be read after all."""
    return NotImported(shown_path(path), _said(error), "let it be read, or leave it out")


def shown_path(path: Path) -> str:
    """A path for a terminal."""
    return shown(str(path), _LONGEST_PATH)


def _require_readable(path: Path) -> None:
    """A file is read more than once: what can be read only once, or has no end, is none."""
    if not path.name.isprintable():
        raise NotImported(shown_path(path), "has a name that cannot be kept", "rename it")
    if not path.exists():
        raise NotImported(shown_path(path), "is not there", "correct the name, or the link")
    if not path.is_file():
        raise NotImported(shown_path(path), "is no file", "write it into one, or leave it out")
    if not os.access(path, os.R_OK):
        raise NotImported(shown_path(path), "may not be read", "let it be read, or leave it out")


def _said(error: OSError) -> str:
    return f"cannot be read ({error.strerror or type(error).__name__})"
