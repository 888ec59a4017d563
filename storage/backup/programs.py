"""Runs one of PostgreSQL's own programs."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

from storage.embedded.cluster import environment


def refusal_of(
    program: Path, *arguments: str, connection: Mapping[str, str] | None = None
) -> str | None:
    """What the program said when it failed, None where it did not.

    `connection` is how it reaches the server, in variables of its environment: a password never
    stands on a command line.
    """
    done = subprocess.run(  # noqa: S603 - a program of the installation
        [program, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**environment(), **(connection or {})},
        check=False,
    )
    said = done.stdout.decode("utf-8", "replace").strip()
    return None if done.returncode == 0 else said or f"exit code {done.returncode}"
