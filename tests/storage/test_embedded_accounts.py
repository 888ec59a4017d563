"""Root starts servers as another account, wherever the files lie; others keep to their own."""

import os
import pwd
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from storage.embedded import EmbeddedServer
from storage.embedded.installation import Installation
from tests.servers import ask, postmaster_pid, servers, start_test_server

REPOSITORY = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root changes accounts")


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


def test_root_adopts_files_that_root_copied(tmp_path: Path) -> None:
    server = start_test_server(servers()[0], tmp_path)
    server.stop()
    for path in (server.directory.cluster, *server.directory.cluster.rglob("*")):
        os.chown(path, 0, 0)
    with server:
        assert ask(server, "SELECT 1") == "1"
        assert server.directory.cluster.stat().st_uid != 0


def test_an_ordinary_user_starts_one_and_may_not_touch_that_of_root() -> None:
    account = pwd.getpwnam("nobody")
    program = (
        "import os, sys\nfrom pathlib import Path\n"
        "from storage.embedded import BinariesNotFound, DirectoryUnusable, EmbeddedServer\n"
        "from storage.embedded.installation import Installation\n"
        "os.setgroups([])\n"
        f"os.setresgid(*[{account.pw_gid}] * 3)\nos.setresuid(*[{account.pw_uid}] * 3)\n"
        "theirs, roots = map(Path, sys.argv[1:])\n"
        "try:\n    is_open = os.access(Installation.of_wheel().programs, os.R_OK)\n"
        "except BinariesNotFound:\n    is_open = False\n"
        "if not is_open:\n    sys.exit('the checkout is closed to ordinary users')\n"
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
