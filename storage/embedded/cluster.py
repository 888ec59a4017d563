"""Makes the server's files and runs its programs."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from storage.embedded.account import Account
from storage.embedded.credentials import sync_directory, write_private
from storage.embedded.directory import DataDirectory
from storage.embedded.errors import DirectoryUnusable, ServerDied, VersionMismatch
from storage.embedded.installation import Installation
from storage.embedded.settings import STARTING_POINT, SUPERUSER

_BUILTIN_LOCALES_FROM = 17

_children: list[subprocess.Popen[bytes]] = []
"""Servers that this process started: they may outlive their object, not the process's care."""


def make_cluster(
    directory: DataDirectory, installation: Installation, account: Account, *, running: int
) -> None:
    """Run initdb, once: the cluster appears complete under its name, or not at all.

    `running` is the descriptor of the held lock, which initdb inherits.
    """
    found = _version(directory.cluster)
    if found is not None:
        if found != str(installation.major):
            raise VersionMismatch(
                directory=directory.cluster, found=found, wanted=installation.major
            )
        if directory.cluster.stat().st_uid != account.uid:
            account.give(directory.cluster)
        return
    if directory.cluster.exists():
        raise DirectoryUnusable(
            directory=directory.cluster,
            reason="it holds no PostgreSQL",
            remedy="move it away or choose another data directory",
        )
    fresh = directory.unfinished_cluster
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    password = directory.credentials.ensure([SUPERUSER])[SUPERUSER]
    write_private(directory.initial_password, password)
    account.give(fresh)
    account.give(directory.initial_password)
    try:
        _run_initdb(directory, installation, account, running=running)
    finally:
        directory.initial_password.unlink(missing_ok=True)
    with (fresh / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write("\n# Wellkept's starting point for a small machine: yours to change.\n")
        file.writelines(f"{name} = '{value}'\n" for name, value in STARTING_POINT.items())
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(directory.cluster)
    sync_directory(directory.path)


def spawn(
    directory: DataDirectory,
    installation: Installation,
    account: Account,
    settings: Mapping[str, str],
    *,
    running: int,
) -> None:
    """Start the server in a session of its own, so that Ctrl-C does not reach it."""
    arguments = ["-D", str(directory.cluster)]
    for name, value in settings.items():
        arguments += ["-c", f"{name}={value}"]
    command = account.command(
        installation.program("postgres"),
        *arguments,
        reach=(directory.cluster, directory.socket_directory()),
    )
    log = directory.open_log()
    try:
        child = subprocess.Popen(  # noqa: S603 - programs of the installation
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(running,),
            cwd="/",
            env=environment(),
            start_new_session=True,
        )
    except OSError as error:
        raise ServerDied(program="postgres", log=directory.log, tail=str(error)) from error
    finally:
        os.close(log)
    _children.append(child)


def reap() -> None:
    """Let servers that have ended leave the process table."""
    _children[:] = [child for child in _children if child.poll() is None]


def _run_initdb(
    directory: DataDirectory, installation: Installation, account: Account, *, running: int
) -> None:
    command = account.command(
        installation.program("initdb"),
        "-D",
        str(directory.unfinished_cluster),
        "--auth=scram-sha-256",
        f"--pwfile={directory.initial_password}",
        f"--username={SUPERUSER}",
        "--encoding=UTF8",
        "--data-checksums",
        "--no-instructions",
        *_locale(installation.major),
        reach=(directory.unfinished_cluster,),
    )
    try:
        done = subprocess.run(  # noqa: S603 - programs of the installation
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=(running,),
            cwd="/",
            env=environment(),
            start_new_session=True,
            check=False,
        )
    except OSError as error:
        raise ServerDied(program="initdb", log=directory.log, tail=str(error)) from error
    log = directory.open_log()
    try:
        os.write(log, done.stdout)
    finally:
        os.close(log)
    if done.returncode != 0:
        tail = done.stdout.decode("utf-8", "replace").strip()
        raise ServerDied(program="initdb", log=directory.log, tail=tail)


def _version(cluster: Path) -> str | None:
    try:
        return (cluster / "PG_VERSION").read_text("ascii").strip()
    except FileNotFoundError:
        return None


def _locale(major: int) -> list[str]:
    """Text sorts by code point everywhere; upper and lower know all of Unicode where they can."""
    if major >= _BUILTIN_LOCALES_FROM:
        return ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return ["--locale=C", *(["--lc-ctype=C.UTF-8"] if sys.platform == "linux" else [])]


def environment() -> dict[str, str]:
    """Nothing of the program's own environment, which holds its master key."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}
