"""A server that is not ours comes back to a moment by the steps of the manual, laid out as Debian
does it: its configuration is outside of the data directory."""

import datetime as dt
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import psycopg
import pytest

from storage.backup.contents import Contents, contents_of, differences
from storage.embedded.account import Account, server_account
from tests.running.program import ROOT, free_port, wellkept
from tests.servers import servers

MANUAL = (ROOT / "docs" / "backup.md").read_text("utf-8")
ARCHIVING, BACKING_UP, CONFIGURATION, RESTORING, LOOKING = re.findall(
    r"^```(?:ini|sh)\n(.*?)^```",
    MANUAL[MANUAL.index("### Any moment, with a server of your own") :],
    re.DOTALL | re.MULTILINE,
)
(ROLES,) = re.findall(
    r"^```sql\n(CREATE ROLE wellkept_owner.*?)^```",
    (ROOT / "README.md").read_text("utf-8"),
    re.DOTALL | re.MULTILINE,
)
MOMENT = "2026-03-01 14:30:00+00"
COMPANY = ("--time-zone", "America/New_York")


class OwnServer:
    """A cluster in a folder that stands for the whole machine of the manual."""

    def __init__(self, place: Path, binaries: Path) -> None:
        self.place = place
        self.cluster = place / "var"
        self.etc = place / "etc" / "postgresql" / "15" / "main"
        self.port, self.other_port = free_port(), free_port()
        self.account: Account = server_account(place)
        self._path = f"{binaries}:{os.environ['PATH']}"
        for folder in (self.etc, place / "mnt" / "archive", place / "mnt" / "backups"):
            folder.mkdir(parents=True)
        self.account.give(place)

    def here(self, text: str) -> str:
        """Commands of the manual, on this machine."""
        placed = re.sub(r"(?<!\w)/(mnt|etc)/", rf"{self.place}/\1/", text)
        return placed.replace("5433", str(self.other_port))

    def do(self, commands: str) -> subprocess.CompletedProcess[str]:
        """What an operator types as the account of the server."""
        shell = ("-euo", "pipefail", "-c", f"umask 077; {self.here(commands)}")
        known = {"PATH": self._path, "PGHOST": str(self.place), "PGUSER": "postgres"}
        return subprocess.run(
            self.account.command(Path("/bin/bash"), *shell, reach=[self.place]),
            cwd=self.place,
            env=known | {"PGPORT": str(self.port), "HOME": str(self.place)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def make(self) -> None:
        """As Debian's pg_createcluster does, with what the manual adds.

        It does not wait for the disk, which no test takes away; the restored one does.
        """
        settings = (
            f"data_directory = '{self.cluster}'\nhba_file = '{self.etc}/pg_hba.conf'\n"
            f"ident_file = '{self.etc}/pg_ident.conf'\nport = {self.port}\n"
            f"listen_addresses = ''\nunix_socket_directories = '{self.place}'\n"
        )
        done = self.do(
            f"initdb --no-sync --pgdata={self.cluster} --username=postgres --auth=trust"
            " --encoding=UTF8;"
            f" mv {self.cluster}/*.conf {self.etc}/;"
            f" mv {self.etc}/postgresql.auto.conf {self.cluster}/;"
            f" cat >> {self.etc}/postgresql.conf <<'END'\n{settings}{ARCHIVING}END\n"
            f"pg_ctl --pgdata={self.cluster} --log={self.place}/log --wait start"
            f" --options='-c config_file={self.etc}/postgresql.conf -c fsync=off'"
        )
        assert done.returncode == 0, done.stdout
        with psycopg.connect(self.url("postgres", database="postgres"), autocommit=True) as all_of:
            for statement in ROLES.split(";\n"):
                if statement.strip():
                    all_of.execute(statement.encode())

    def url(self, role: str, *, database: str = "wellkept", port: int | None = None) -> str:
        return f"postgresql://{role}@/{database}?host={self.place}&port={port or self.port}"

    def run(self, *arguments: str, port: int | None = None) -> str:
        """A command of the program, on the one server or the other."""
        done = wellkept(
            *arguments,
            settings={
                "database_url": self.url("wellkept_app", port=port),
                "worker_url": self.url("wellkept_worker", port=port),
                "owner_url": self.url("wellkept_owner", port=port),
                "data_directory": self.place.with_name(f"{self.place.name}-data"),
            },
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def contents(self, port: int | None = None) -> Contents:
        with psycopg.connect(self.url("postgres", port=port)) as superuser:
            return contents_of(superuser)

    def now(self) -> dt.datetime:
        """The server's time, in a second of its own."""
        with psycopg.connect(self.url("postgres")) as superuser:
            time.sleep(1)
            (row,) = superuser.execute("SELECT clock_timestamp()").fetchall()
            time.sleep(1)
        assert isinstance(row[0], dt.datetime)
        return row[0]

    def archive_all(self) -> None:
        """Have all of the log in the archive."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as superuser:
            ((segment,),) = superuser.execute("SELECT pg_walfile_name(pg_current_wal_lsn())")
            superuser.execute("SELECT pg_switch_wal()")
        for _ in range(1_200):
            if (self.place / "mnt" / "archive" / str(segment)).is_file():
                return
            time.sleep(0.05)
        pytest.fail(f"{segment} was not archived")

    def stop(self) -> None:
        for cluster in (self.cluster, self.place / "mnt" / "restored"):
            if (cluster / "postmaster.pid").exists():
                self.do(f"pg_ctl --pgdata={cluster} --mode=immediate --wait stop")


@pytest.fixture
def own() -> Iterator[OwnServer]:
    binaries = next((each.binaries for each in servers() if each.major == 15), None)
    if binaries is None or not (binaries / "pg_verifybackup").is_file():
        pytest.skip("needs Debian's postgresql-15")
    place = Path(mkdtemp(prefix="wellkept-own-"))
    place.chmod(0o711)
    server = OwnServer(place, binaries)
    try:
        server.make()
        yield server
    finally:
        server.stop()
        shutil.rmtree(place)
        shutil.rmtree(place.with_name(f"{place.name}-data"), ignore_errors=True)


def test_an_own_server_comes_back_to_a_moment_as_the_manual_says(own: OwnServer) -> None:
    own.run("migrate")
    own.run("company", "create", "--slug", "riverbend", "--name", "Riverbend", *COMPANY)
    for commands in (BACKING_UP, CONFIGURATION):
        done = own.do(commands)
        assert done.returncode == 0, done.stdout
    assert "successfully verified" in own.do("pg_verifybackup /mnt/backups/base").stdout

    own.run("company", "create", "--slug", "hillside", "--name", "Hillside", *COMPANY)
    own.run("seal")
    roots = own.place / "roots.jsonl"
    roots.write_text(own.run("audit", "export"))
    moment = own.now()
    wanted = own.contents()
    own.run("company", "create", "--slug", "mistaken", "--name", "Mistaken", *COMPANY)
    own.archive_all()

    done = own.do(RESTORING.replace(MOMENT, f"{moment:%Y-%m-%d %H:%M:%S.%f+00}"))
    log = own.place / "mnt" / "restored.log"
    assert done.returncode == 0, done.stdout + (log.read_text() if log.exists() else "")
    assert differences(wanted, own.contents(own.other_port)) == []
    status, verify = LOOKING.splitlines()
    assert "fit to serve    yes" in own.run(*status.split()[1:], port=own.other_port)
    arguments = verify.replace("roots.jsonl", str(roots)).split()[1:]
    shown = own.run(*arguments, port=own.other_port)
    assert "hillside" in shown
    assert "mistaken" not in shown

    assert differences(own.contents(), own.contents(own.other_port)) != [], "which runs on"


def test_a_moment_that_the_archive_does_not_reach_is_no_database(own: OwnServer) -> None:
    assert own.do(BACKING_UP + CONFIGURATION).returncode == 0
    own.archive_all()
    later = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    done = own.do(RESTORING.replace(MOMENT, f"{later:%Y-%m-%d %H:%M:%S+00}"))
    assert done.returncode != 0
    log = (own.place / "mnt" / "restored.log").read_text()
    assert "recovery ended before configured recovery target was reached" in log


def test_what_is_wrong_with_the_base_backup_is_found_by_its_own_program(own: OwnServer) -> None:
    assert own.do(BACKING_UP).returncode == 0
    control = own.place / "mnt" / "backups" / "base" / "global" / "pg_control"
    content = control.read_bytes()
    for damaged in (content[:-1], content + b"x", bytes([content[0] ^ 1]) + content[1:]):
        control.write_bytes(damaged)
        assert own.do("pg_verifybackup /mnt/backups/base").returncode == 1
    control.write_bytes(content)
    assert own.do("pg_verifybackup /mnt/backups/base").returncode == 0
    control.with_name("more").touch()
    assert own.do("pg_verifybackup /mnt/backups/base").returncode == 1
