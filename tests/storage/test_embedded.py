"""The embedded server: what it promises about starting, ending and who may enter."""

import os
import pwd
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
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
from storage.embedded.installation import Installation
from tests.servers import ServerSpec, copy_data, servers, start_test_server

REPOSITORY = Path(__file__).resolve().parents[2]
POSTMASTER_PID = Path("cluster", "postmaster.pid")

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root changes accounts")


@pytest.fixture(params=servers(), ids=lambda spec: spec.name)
def spec(request: pytest.FixtureRequest) -> ServerSpec:
    chosen = request.param
    assert isinstance(chosen, ServerSpec)
    return chosen


@pytest.fixture
def server(spec: ServerSpec, tmp_path: Path) -> Iterator[EmbeddedServer]:
    started = start_test_server(spec, tmp_path)
    yield started
    started.stop("immediate")


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[EmbeddedServer]:
    """For what does not depend on the version."""
    started = start_test_server(servers()[0], tmp_path)
    yield started
    started.stop("immediate")


def do(server: EmbeddedServer, *statements: str) -> None:
    with server.connect_as_superuser() as connection:
        for statement in statements:
            connection.execute(statement.encode())


def ask(server: EmbeddedServer, question: str) -> str:
    with server.connect_as_superuser() as connection:
        row = connection.execute(question.encode()).fetchone()
    assert row is not None
    return str(row[0])


def same_directory(server: EmbeddedServer, spec: ServerSpec) -> EmbeddedServer:
    return EmbeddedServer(server.directory.path, binaries=spec.binaries)


def postmaster_pid(server: EmbeddedServer) -> int:
    return int((server.directory.path / POSTMASTER_PID).read_text().splitlines()[0])


def test_a_new_directory_gets_a_server_and_a_clean_end(spec: ServerSpec, tmp_path: Path) -> None:
    with EmbeddedServer(tmp_path / "new" / "data", binaries=spec.binaries) as server:
        assert ask(server, "SHOW server_version_num")[:2] == str(spec.major)
        assert server.is_running
    assert not server.is_running
    assert "database system is shut down" in server.directory.log.read_text()


def test_it_is_set_up_to_keep_what_it_acknowledges(server: EmbeddedServer) -> None:
    for setting in ("fsync", "full_page_writes", "synchronous_commit", "data_checksums"):
        assert ask(server, f"SHOW {setting}") == "on"
    assert ask(server, "SHOW server_encoding") == "UTF8"
    assert ask(server, "SHOW timezone") == "UTC"


def test_text_sorts_by_code_point_and_knows_letters(server: EmbeddedServer) -> None:
    assert ask(server, "SELECT 'B' < 'a' AND 'z' < 'é'") == "True"
    assert ask(server, "SELECT lower('É')") == "é"


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
    server: EmbeddedServer, spec: ServerSpec
) -> None:
    pid = postmaster_pid(server)
    server.start()
    same_directory(server, spec).start()
    assert postmaster_pid(server) == pid


def test_a_wrong_password_is_refused(server: EmbeddedServer) -> None:
    wrong = psycopg.conninfo.make_conninfo(
        server.conninfo("postgres", "postgres"), password="guess"
    )
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)
    without = psycopg.conninfo.make_conninfo(
        server.conninfo("postgres", "postgres"), password="", passfile=os.devnull
    )
    with pytest.raises(psycopg.OperationalError, match="no password supplied"):
        psycopg.connect(without)


def test_the_address_works_as_url_and_as_conninfo(server: EmbeddedServer) -> None:
    create_database(server, "odd name/1")
    for address in (
        server.url("postgres", "odd name/1"),
        server.conninfo("postgres", "odd name/1"),
    ):
        with psycopg.connect(address) as connection:
            assert connection.info.dbname == "odd name/1"


def test_nothing_trusts_and_nothing_listens_on_tcp(server: EmbeddedServer) -> None:
    assert ask(server, "SHOW listen_addresses") == ""
    assert ask(server, "SELECT string_agg(DISTINCT auth_method, ' ') FROM pg_hba_file_rules") == (
        "scram-sha-256"
    )
    for file in server.directory.path.rglob("pg_hba.conf"):
        rules = [line for line in file.read_text().splitlines() if not line.startswith("#")]
        assert not any("trust" in rule for rule in rules)
    listening = re.findall('listening on (.*) "', server.directory.log.read_text())
    assert set(listening) == {"Unix socket"}


def test_secrets_are_readable_by_their_owner_only(server: EmbeddedServer) -> None:
    directory = server.directory
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


def test_the_log_quotes_no_rows(server: EmbeddedServer) -> None:
    do(server, "CREATE TABLE patients (name text PRIMARY KEY)")
    with server.connect_as_superuser() as connection:
        connection.execute("INSERT INTO patients VALUES ('Jane Roe')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO patients VALUES ('Jane Roe')")
    log = server.directory.log.read_text()
    assert "duplicate key value" in log
    assert "Jane Roe" not in log


def test_a_pid_file_whose_number_another_process_got_does_not_hinder(
    server: EmbeddedServer,
) -> None:
    left_behind = (server.directory.path / POSTMASTER_PID).read_text()
    pid = str(postmaster_pid(server))
    server.kill()
    for number in (pid, str(os.getpid())):
        stale = left_behind.replace(pid, number, 1)
        (server.directory.path / POSTMASTER_PID).write_text(stale)
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


@only_root
def test_root_can_use_programs_and_data_in_a_closed_directory(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    wheel = Installation.of_wheel().programs.parents[1]
    copied = closed / wheel.name
    shutil.copytree(Installation.of_wheel().programs.parent, copied / "pginstall18")
    shutil.copytree(wheel.with_name(f"{wheel.name}.libs"), closed / f"{wheel.name}.libs")
    binaries = copied / "pginstall18" / "bin"
    with EmbeddedServer(closed / "data", binaries=binaries) as server:
        assert ask(server, "SELECT 1") == "1"
        assert Path("/proc", str(postmaster_pid(server))).stat().st_uid != 0
    for path in (copied, *copied.rglob("*")):
        path.chmod(stat.S_IMODE(path.stat().st_mode) & 0o700)
    with EmbeddedServer(closed / "data", binaries=binaries) as server:
        assert ask(server, "SELECT 1") == "1"


@only_root
def test_without_the_capability_the_error_names_a_remedy(tmp_path: Path) -> None:
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("setpriv is not installed")
    tmp_path.chmod(0o700)
    program = (
        "from pathlib import Path\nfrom storage.embedded import EmbeddedServer\n"
        f"EmbeddedServer(Path({str(tmp_path / 'data')!r})).start()\n"
    )
    bounds = "--bounding-set=-dac_override,-dac_read_search"
    command = [setpriv, bounds, sys.executable, "-c", program]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "run as an ordinary user, or open the directories" in done.stderr


@only_root
def test_root_adopts_files_that_root_copied(tmp_path: Path) -> None:
    server = start_test_server(servers()[0], tmp_path)
    server.stop()
    for path in (server.directory.cluster, *server.directory.cluster.rglob("*")):
        os.chown(path, 0, 0)
    with server:
        assert ask(server, "SELECT 1") == "1"
        assert server.directory.cluster.stat().st_uid != 0


@only_root
def test_an_ordinary_user_starts_one_and_may_not_touch_that_of_root() -> None:
    account = pwd.getpwnam("nobody")
    program = (
        "import os, sys\nfrom pathlib import Path\n"
        "from storage.embedded import DirectoryUnusable, EmbeddedServer\n"
        "from storage.embedded.installation import Installation\n"
        "os.setgroups([])\n"
        f"os.setresgid(*[{account.pw_gid}] * 3)\nos.setresuid(*[{account.pw_uid}] * 3)\n"
        "theirs, roots = map(Path, sys.argv[1:])\n"
        "if not os.access(Installation.of_wheel().programs, os.R_OK):\n"
        "    sys.exit('the checkout is closed to ordinary users')\n"
        "with EmbeddedServer(theirs) as server:\n    print(server.is_running)\n"
        "try:\n    EmbeddedServer(roots).start()\nexcept DirectoryUnusable as error:\n"
        "    print(error)\n"
    )
    with tempfile.TemporaryDirectory() as created:
        parent = Path(created)
        parent.chmod(0o755)
        theirs = parent / "theirs"
        theirs.mkdir()
        os.chown(theirs, account.pw_uid, account.pw_gid)
        roots = start_test_server(servers()[0], parent)
        command = [sys.executable, "-c", program, str(theirs / "data"), str(roots.directory.path)]
        done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
        roots.stop("immediate")
    if "is closed to ordinary users" in done.stderr:
        pytest.skip(done.stderr.strip())
    assert done.stdout.startswith("True\n"), done.stderr
    assert "run as its owner or as root" in done.stdout
