"""With PostgreSQL 18 and 15: a backup comes back to the row, to a moment, or not at all."""

import datetime as dt
import shutil
from pathlib import Path

import pytest

from storage.backup.contents import contents_of
from storage.backup.description import Backup
from storage.backup.errors import RestoreRefused
from storage.embedded import EmbeddedServer
from tests.backup.conftest import Back, Bring
from tests.backup.writing import DATABASE, Superuser, archived, busy, look, payers, register
from tests.servers import ServerSpec, servers


@pytest.fixture(scope="module", params=servers(), ids=lambda spec: spec.name)
def spec(request: pytest.FixtureRequest) -> ServerSpec:
    found = request.param
    assert isinstance(found, ServerSpec)
    return found


def test_a_backup_taken_while_others_write_comes_back_to_the_row(
    server: EmbeddedServer, back: Back, bring: Bring, tmp_path: Path
) -> None:
    with busy(server):
        taken = back()
    with (
        bring(taken, tmp_path / "again") as again,
        again.connect_as_superuser(DATABASE) as superuser,
    ):
        assert contents_of(superuser) == taken.contents
        there = payers(superuser)
        superuser.execute("CREATE TABLE it_can_be_written_again ()")
    assert len(there) == taken.contents["payers"].rows
    assert there < look(server), "what was written after the backup is not in it"


@pytest.fixture(scope="module")
def moments(
    server: EmbeddedServer, untouched: Backup, archive: Path
) -> tuple[dt.datetime, dt.datetime]:
    """Two moments after the backup, three segments of archived log apart."""
    assert untouched.rows
    with server.connect_as_superuser(DATABASE) as superuser:
        register(superuser, "before the moment")
        earlier = _now(superuser)
        for name in ("after the moment", "in the middle", "at the end"):
            archived(superuser)
            register(superuser, name)
        later = _now(superuser)
        register(superuser, "too late")
        archived(superuser)
    assert any(archive.iterdir())
    return earlier, later


def _now(superuser: Superuser) -> dt.datetime:
    moment = superuser.execute("SELECT clock_timestamp()").fetchall()[0][0]
    assert isinstance(moment, dt.datetime)
    return moment


def test_any_moment_after_the_backup_can_be_had_from_the_archived_log(
    moments: tuple[dt.datetime, dt.datetime],
    taken: Backup,
    bring: Bring,
    archive: Path,
    tmp_path: Path,
) -> None:
    with bring(taken, tmp_path / "earlier", until=moments[0], wal=archive) as again:
        there = look(again)
    assert "before the moment" in there
    assert "after the moment" not in there
    with bring(taken, tmp_path / "later", until=moments[1], wal=archive) as again:
        there = look(again)
    assert there >= {"after the moment", "in the middle", "at the end"}
    assert "too late" not in there


@pytest.mark.parametrize("what", ["no log so late", "a segment missing", "a byte of the log"])
def test_a_moment_that_the_log_does_not_reach_is_refused_and_leaves_nothing(
    moments: tuple[dt.datetime, dt.datetime],
    taken: Backup,
    bring: Bring,
    archive: Path,
    tmp_path: Path,
    what: str,
) -> None:
    until = moments[1]
    damaged = tmp_path / "archive"
    shutil.copytree(archive, damaged)
    middle = _segments(damaged)[-3]
    if what == "no log so late":
        until = dt.datetime(2999, 1, 1, tzinfo=dt.UTC)
    elif what == "a segment missing":
        middle.unlink()
    else:
        content = bytearray(middle.read_bytes())
        content[100] ^= 1
        middle.write_bytes(content)
    with (
        pytest.raises(RestoreRefused, match="ends, or is damaged, before the moment"),
        bring(taken, tmp_path / "again", until=until, wal=damaged),
    ):
        pass
    assert not (tmp_path / "again").exists()
    assert not (tmp_path / "again.restoring").exists()


def _segments(archive: Path) -> list[Path]:
    return sorted(each for each in archive.iterdir() if len(each.name) == len("0" * 24))
