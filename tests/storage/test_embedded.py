"""The embedded server: what it promises about starting, ending and who may enter."""

import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from storage.embedded import (
    BinariesNotFound,
    CredentialsMissing,
    EmbeddedServer,
    ServerDied,
    VersionMismatch,
    create_database,
)
from tests.servers import (
    ServerSpec,
    ask,
    copy_data,
    postmaster_pid,
    servers,
    start_test_server,
)

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module", params=servers(), ids=lambda spec: spec.name)
def spec(request: pytest.FixtureRequest) -> ServerSpec:
    chosen = request.param
    assert isinstance(chosen, ServerSpec)
    return chosen


@pytest.fixture(scope="module")
def lasting(spec: ServerSpec, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """For tests that neither stop nor break the server."""
    yield from started(spec, tmp_path_factory.mktemp("lasting"))


@pytest.fixture
def server(spec: ServerSpec, tmp_path: Path) -> Iterator[EmbeddedServer]:
    yield from started(spec, tmp_path)


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[EmbeddedServer]:
    """For what does not depend on the version."""
    yield from started(servers()[0], tmp_path)


def started(spec: ServerSpec, directory: Path) -> Iterator[EmbeddedServer]:
    server = start_test_server(spec, directory)
    yield server
    server.stop("immediate")
    shutil.rmtree(server.directory.path)


def do(server: EmbeddedServer, *statements: str) -> None:
    with server.connect_as_superuser() as connection:
        for statement in statements:
            connection.execute(statement.encode())


def same_directory(server: EmbeddedServer, spec: ServerSpec) -> EmbeddedServer:
    return EmbeddedServer(server.directory.path, binaries=spec.binaries)


def test_a_new_directory_gets_a_server_and_a_clean_end(spec: ServerSpec, tmp_path: Path) -> None:
    with EmbeddedServer(tmp_path / "new" / "data", binaries=spec.binaries) as server:
        assert ask(server, "SHOW server_version_num")[:2] == str(spec.major)
        assert server.is_running
    assert not server.is_running
    assert "database system is shut down" in server.directory.log.read_text()


def test_it_is_set_up_to_keep_what_it_acknowledges(lasting: EmbeddedServer) -> None:
    for setting in ("fsync", "full_page_writes", "synchronous_commit", "data_checksums"):
        assert ask(lasting, f"SHOW {setting}") == "on"
    assert ask(lasting, "SHOW server_encoding") == "UTF8"
    assert ask(lasting, "SHOW timezone") == "UTC"


def test_text_sorts_by_code_point_and_knows_letters(lasting: EmbeddedServer) -> None:
    assert ask(lasting, "SELECT 'B' < 'a' AND 'z' < 'é'") == "True"
    assert ask(lasting, "SELECT lower('É')") == "é"


def test_what_was_written_is_there_after_a_restart(server: EmbeddedServer) -> None:
    do(server, "CREATE TABLE kept AS SELECT 1 AS n")
    server.stop()
    assert not server.is_running
    server.start()
    assert ask(server, "SELECT n FROM kept") == "1"


def test_a_committed_row_outlives_sigkill(server: EmbeddedServer) -> None:
    do(server, "CREATE TABLE kept (n int)")
    with server.connect_as_superuser() as connection:
        connection.execute("INSERT INTO kept VALUES (7)")
        server.kill()
        assert not server.is_running
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    server.start()
    assert ask(server, "SELECT sum(n) FROM kept") == "7"
    assert "automatic recovery in progress" in server.directory.log.read_text()


def test_processes_left_by_a_killed_postmaster_are_waited_for(
    server: EmbeddedServer, spec: ServerSpec
) -> None:
    del spec
    sleeper = server.connect_as_superuser()
    busy = threading.Thread(target=_ignore_loss, args=(sleeper, "SELECT count(*) FROM busy"))
    sleeper.execute("CREATE TEMPORARY VIEW busy AS SELECT FROM generate_series(1, 3000000)")
    busy.start()
    time.sleep(0.1)
    os.kill(postmaster_pid(server), signal.SIGKILL)
    server.start()
    busy.join()
    sleeper.close()
    assert ask(server, "SELECT 1") == "1"


def _ignore_loss(connection: psycopg.Connection[tuple[object, ...]], question: str) -> None:
    try:
        connection.execute(question.encode())
    except psycopg.OperationalError:
        return


def test_starting_a_running_server_changes_nothing(
    lasting: EmbeddedServer, spec: ServerSpec
) -> None:
    pid = postmaster_pid(lasting)
    lasting.start()
    same_directory(lasting, spec).start()
    assert postmaster_pid(lasting) == pid


def test_a_wrong_password_is_refused(lasting: EmbeddedServer) -> None:
    wrong = psycopg.conninfo.make_conninfo(
        lasting.conninfo("postgres", "postgres"), password="guess"
    )
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)
    without = psycopg.conninfo.make_conninfo(
        lasting.conninfo("postgres", "postgres"), password="", passfile=os.devnull
    )
    with pytest.raises(psycopg.OperationalError, match="no password supplied"):
        psycopg.connect(without)


def test_the_address_works_as_url_and_as_conninfo(lasting: EmbeddedServer) -> None:
    create_database(lasting, "odd name/1")
    for address in (
        lasting.url("postgres", "odd name/1"),
        lasting.conninfo("postgres", "odd name/1"),
    ):
        with psycopg.connect(address) as connection:
            assert connection.info.dbname == "odd name/1"


def test_nothing_trusts_and_nothing_listens_on_tcp(lasting: EmbeddedServer) -> None:
    assert ask(lasting, "SHOW listen_addresses") == ""
    assert ask(lasting, "SELECT string_agg(DISTINCT auth_method, ' ') FROM pg_hba_file_rules") == (
        "scram-sha-256"
    )
    for file in lasting.directory.path.rglob("pg_hba.conf"):
        rules = [line for line in file.read_text().splitlines() if not line.startswith("#")]
        assert not any("trust" in rule for rule in rules)
    listening = re.findall('listening on (.*) "', lasting.directory.log.read_text())
    assert set(listening) == {"Unix socket"}


def test_secrets_are_readable_by_their_owner_only(lasting: EmbeddedServer) -> None:
    directory = lasting.directory
    for file in (directory.credentials.path, directory.log):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(directory.cluster.stat().st_mode) == 0o700
    assert stat.S_IMODE(directory.socket_directory().stat().st_mode) == 0o700
    assert not directory.initial_password.exists()
    with_rights = stat.S_IMODE(directory.path.stat().st_mode) & 0o066
    assert with_rights == 0


def test_no_password_and_no_secret_of_the_program_is_passed_on(
    spec: ServerSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WELLKEPT_MASTER_KEY", "a-secret-of-the-program")
    server = start_test_server(spec, tmp_path)
    process = Path("/proc", str(postmaster_pid(server)))
    try:
        if process.exists():
            assert b"a-secret-of-the-program" not in (process / "environ").read_bytes()
            password = server.directory.credentials.password("postgres").encode()
            assert password not in (process / "cmdline").read_bytes()
    finally:
        server.stop("immediate")


def test_the_log_quotes_no_rows(lasting: EmbeddedServer) -> None:
    do(lasting, "CREATE TABLE patients (name text PRIMARY KEY)")
    with lasting.connect_as_superuser() as connection:
        connection.execute("INSERT INTO patients VALUES ('Jane Roe')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO patients VALUES ('Jane Roe')")
    log = lasting.directory.log.read_text()
    assert "duplicate key value" in log
    assert "Jane Roe" not in log


def test_a_pid_file_whose_number_another_process_got_does_not_hinder(
    server: EmbeddedServer,
) -> None:
    left_behind = (server.directory.cluster / "postmaster.pid").read_text()
    pid = str(postmaster_pid(server))
    server.kill()
    for number in (pid, str(os.getpid())):
        stale = left_behind.replace(pid, number, 1)
        (server.directory.cluster / "postmaster.pid").write_text(stale)
        assert not server.is_running
        server.start()
        server.kill()


def test_starts_at_the_same_time_end_with_one_server(spec: ServerSpec, tmp_path: Path) -> None:
    several = [EmbeddedServer(tmp_path / "data", binaries=spec.binaries) for _ in range(4)]
    with ThreadPoolExecutor(len(several)) as pool:
        list(pool.map(EmbeddedServer.start, several))
    assert len({ask(server, "SELECT pg_postmaster_start_time()") for server in several}) == 1
    for server in several[:-1]:
        server.leave()
        assert several[-1].is_running
    several[-1].leave()
    assert not several[-1].is_running


def test_a_server_outlives_its_killed_program_and_is_found_again(
    server: EmbeddedServer, spec: ServerSpec
) -> None:
    server.stop()
    program = _other_program(server, spec)
    assert program.stdout is not None
    assert program.stdout.readline() == "True\n"
    pid = postmaster_pid(server)
    assert os.getsid(pid) != os.getsid(program.pid)
    program.kill()
    program.wait()
    program.stdout.close()
    server.start()
    assert postmaster_pid(server) == pid
    server.leave()
    assert not server.is_running


def test_the_last_program_to_leave_stops_the_server(embedded: EmbeddedServer) -> None:
    program = _other_program(embedded, servers()[0])
    assert program.stdout is not None
    program.stdout.readline()
    embedded.leave()
    assert embedded.is_running
    program.terminate()
    program.wait()
    program.stdout.close()
    with EmbeddedServer(embedded.directory.path):
        pass
    assert not embedded.is_running


def _other_program(server: EmbeddedServer, spec: ServerSpec) -> subprocess.Popen[str]:
    binaries = None if spec.binaries is None else str(spec.binaries)
    program = (
        "import time\nfrom pathlib import Path\nfrom storage.embedded import EmbeddedServer\n"
        f"binaries = {binaries!r}\n"
        f"server = EmbeddedServer(Path({str(server.directory.path)!r}), "
        "binaries=Path(binaries) if binaries else None)\n"
        "server.start()\nprint(server.is_running, flush=True)\ntime.sleep(600)\n"
    )
    command = [sys.executable, "-c", program]
    return subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)


def test_a_long_or_odd_path_works(spec: ServerSpec, tmp_path: Path) -> None:
    odd = tmp_path / 'it\'s, "odd"'
    odd.mkdir()
    long = tmp_path / ("long" * 30)
    long.mkdir()
    for parent in (odd, long):
        server = start_test_server(spec, parent)
        socket_directory = server.directory.socket_directory()
        assert stat.S_IMODE(socket_directory.stat().st_mode) == 0o700
        assert ask(server, "SELECT 1") == "1"
        server.stop()
        server.start()
        assert server.directory.socket_directory() == socket_directory
        server.stop("immediate")
        if not socket_directory.is_relative_to(tmp_path):
            shutil.rmtree(socket_directory)


def test_a_copied_directory_is_a_server_of_its_own(
    embedded: EmbeddedServer, tmp_path: Path
) -> None:
    embedded.stop()
    copy_data(embedded.directory.path, tmp_path / "copy")
    embedded.start()
    with EmbeddedServer(tmp_path / "copy") as copy:
        assert ask(copy, "SHOW data_directory") == str(tmp_path / "copy" / "cluster")
        assert ask(embedded, "SHOW data_directory") == str(embedded.directory.cluster)


def test_a_wait_is_told_of(embedded: EmbeddedServer) -> None:
    lines: list[str] = []
    descriptor = embedded.directory.starting.acquire()
    waiting = EmbeddedServer(embedded.directory.path, progress=lines.append)
    release = threading.Timer(0.3, os.close, [descriptor])
    release.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("storage.embedded.server._REPORT_EVERY_SECONDS", 0.1)
        waiting.start()
    release.join()
    assert "another program" in lines[0]
    assert "ready to accept connections" in lines[0]


def test_the_log_is_bounded_at_start(embedded: EmbeddedServer) -> None:
    embedded.stop()
    os.truncate(embedded.directory.log, 9 * 1024 * 1024)
    embedded.start()
    assert embedded.directory.log.stat().st_size < 1024 * 1024
    assert embedded.directory.log.with_name("server.log.previous").exists()


def test_a_directory_without_programs_is_named(tmp_path: Path) -> None:
    with pytest.raises(BinariesNotFound, match="initdb: there is no such file"):
        EmbeddedServer(tmp_path / "data", binaries=tmp_path).start()
    assert not (tmp_path / "data").exists()


def test_a_server_that_dies_shows_the_end_of_its_log(embedded: EmbeddedServer) -> None:
    embedded.stop()
    with (embedded.directory.cluster / "postgresql.conf").open("a") as file:
        file.write("shared_buffers = 'plenty'\n")
    with pytest.raises(ServerDied, match='invalid value for parameter "shared_buffers"'):
        embedded.start()
    assert not EmbeddedServer(embedded.directory.path).is_running


def test_files_of_another_version_are_refused(embedded: EmbeddedServer) -> None:
    embedded.stop()
    (embedded.directory.cluster / "PG_VERSION").write_text("14\n")
    with pytest.raises(VersionMismatch, match="made by PostgreSQL 14"):
        embedded.start()


def test_an_unfinished_set_up_is_done_again(tmp_path: Path) -> None:
    unfinished = tmp_path / "data" / "cluster.new"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("half")
    with EmbeddedServer(tmp_path / "data") as server:
        assert ask(server, "SELECT 1") == "1"
    assert not unfinished.exists()


def test_lost_passwords_are_named(embedded: EmbeddedServer) -> None:
    embedded.stop()
    embedded.directory.credentials.path.unlink()
    with pytest.raises(CredentialsMissing, match="no password for postgres"):
        embedded.start()
    assert not embedded.is_running
