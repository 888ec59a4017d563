"""A file arrives by SFTP whole under its name or not at all, whatever dies on the way."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import asyncssh
import pytest

from services.guarded_http import Guard
from services.outbox.delivering import Outcome
from services.outbox.sftp import SftpServer, outcome_of, try_out, upload
from storage.vocabulary.outbox import DeliveryFailure
from tests.builders.certificates import Authority
from tests.builders.sftp_servers import FSYNC, POSIX_RENAME, Meddle, ServerForTests, serving

pytestmark = pytest.mark.anyio

CONTENT = bytes(range(256)) * 1000
NAME = "claims-20260302.837"
IN_PLACE = {NAME: CONTENT}


def pieces() -> Iterator[bytes]:
    return iter([CONTENT[:100_000], CONTENT[100_000:]])


async def put(guard: Guard, server: SftpServer, folder: str = "/in") -> Outcome:
    work = upload(guard, server, folder, NAME, pieces(), byte_count=len(CONTENT))
    return await outcome_of(work, longest_seconds=20)


@pytest.fixture
def server(tmp_path: Path) -> ServerForTests:
    return ServerForTests(tmp_path / "sftp")


async def test_a_file_is_written_beside_its_name_kept_and_then_named(
    server: ServerForTests, authority: Authority
) -> None:
    async with serving(server):
        assert await put(server.guard(authority), server.seen()) == Outcome()
    assert server.files() == IN_PLACE
    assert list(dict.fromkeys(server.steps)) == [
        "stat",
        "open",
        "write",
        "fsync",
        "close",
        "rename",
    ]


async def test_one_signs_in_by_a_private_key(server: ServerForTests, authority: Authority) -> None:
    key = server.client_key = asyncssh.generate_private_key("ssh-ed25519")
    async with serving(server):
        seen = server.seen(password=None, private_key=key)
        assert await put(server.guard(authority), seen) == Outcome()
        other = asyncssh.generate_private_key("ssh-ed25519")
        refused = await put(server.guard(authority), server.seen(password=None, private_key=other))
    assert refused.failure == DeliveryFailure.LOGIN_REFUSED


@pytest.mark.parametrize("lacks", [frozenset(), frozenset({POSIX_RENAME, FSYNC})])
async def test_wherever_the_connection_is_cut_one_whole_file_is_there_in_the_end(
    tmp_path: Path, authority: Authority, lacks: frozenset[bytes]
) -> None:
    cuts = 0
    while True:
        server = ServerForTests(tmp_path / str(cuts), meddle=_cut_at(cuts), lacks=lacks)
        async with serving(server):
            first = await put(server.guard(authority), server.seen())
            assert server.files().get(NAME, CONTENT) == CONTENT
            server.meddle = _cut_at(None)
            assert await put(server.guard(authority), server.seen()) == Outcome()
        assert server.files() == IN_PLACE
        if first == Outcome():
            break
        assert first.failure == DeliveryFailure.UNREACHABLE
        cuts += 1
    assert cuts >= 2 * (5 if lacks else 6), "before and after each step"


def _cut_at(at: int | None) -> Meddle:
    """Cuts a client off at one moment: before or after a step."""
    moments = count()
    return lambda *_: next(moments) == at


@pytest.mark.parametrize(
    ("lacks", "steps"),
    [
        ({FSYNC}, ["stat", "open", "write", "close", "rename"]),
        ({POSIX_RENAME}, ["stat", "open", "write", "fsync", "close", "plain rename"]),
        ({POSIX_RENAME, FSYNC}, ["stat", "open", "write", "close", "plain rename"]),
    ],
)
async def test_a_server_without_the_extensions_of_openssh_gets_the_file_as_whole(
    server: ServerForTests, authority: Authority, lacks: set[bytes], steps: list[str]
) -> None:
    server.lacks = frozenset(lacks)
    async with serving(server):
        (server.folder / "in" / f".{NAME}.part").write_bytes(b"begun by an earlier try")
        assert await put(server.guard(authority), server.seen()) == Outcome()
        assert await put(server.guard(authority), server.seen()) == Outcome()
    assert server.files() == IN_PLACE
    assert list(dict.fromkeys(server.steps)) == steps


@pytest.mark.parametrize(("step", "instead"), [("fsync", "rename"), ("rename", "plain rename")])
async def test_a_server_that_claims_an_extension_and_refuses_it_gets_the_file_as_whole(
    server: ServerForTests, authority: Authority, step: str, instead: str
) -> None:
    server.refusal = (step, asyncssh.SFTPOpUnsupported("not here"))
    async with serving(server):
        assert await put(server.guard(authority), server.seen()) == Outcome()
    assert server.files() == IN_PLACE
    assert server.steps[-1] == instead


async def test_a_server_that_renames_nothing_is_named_and_shows_no_half_file(
    server: ServerForTests, authority: Authority
) -> None:
    server.lacks = frozenset({POSIX_RENAME})
    server.refusal = ("plain rename", asyncssh.SFTPOpUnsupported("not here"))
    async with serving(server):
        refused = await put(server.guard(authority), server.seen())
    assert refused == Outcome(DeliveryFailure.REFUSED_FOR_NOW, asyncssh.SFTPOpUnsupported("").code)
    assert NAME not in server.files()


async def test_what_an_earlier_try_has_begun_is_written_over(
    server: ServerForTests, authority: Authority
) -> None:
    async with serving(server):
        (server.folder / "in" / f".{NAME}.part").write_bytes(b"longer than the file" * 100_000)
        assert await put(server.guard(authority), server.seen()) == Outcome()
    assert server.files() == IN_PLACE


async def test_a_file_that_is_there_already_is_not_sent_again(
    server: ServerForTests, authority: Authority
) -> None:
    async with serving(server):
        for _ in range(2):
            assert await put(server.guard(authority), server.seen()) == Outcome()
    assert server.steps.count("rename") == 1


async def test_somebody_elses_file_of_that_name_is_left_alone(
    server: ServerForTests, authority: Authority
) -> None:
    async with serving(server):
        (server.folder / "in" / NAME).write_bytes(b"another")
        refused = await put(server.guard(authority), server.seen())
    assert refused.failure == DeliveryFailure.REFUSED
    assert server.files() == {NAME: b"another"}


async def test_a_server_that_proves_itself_by_another_key_is_told_nothing(
    server: ServerForTests, authority: Authority
) -> None:
    async with serving(server):
        for kind in ("ssh-ed25519", "ecdsa-sha2-nistp256"):
            expected = asyncssh.generate_private_key(kind).convert_to_public()
            refused = await put(server.guard(authority), server.seen(host_key=expected))
            assert refused.failure == DeliveryFailure.UNVERIFIED
    assert server.steps == []


async def test_a_server_inside_is_never_connected_to(
    server: ServerForTests, authority: Authority
) -> None:
    async with serving(server):
        refused = await put(Guard(tls=authority.client), server.seen())
    assert refused.failure == DeliveryFailure.HOST_REFUSED
    assert server.connections == 0


async def test_a_server_that_is_not_there_is_not_reached(
    server: ServerForTests, authority: Authority
) -> None:
    async with serving(server):
        guard, seen = server.guard(authority), server.seen()
    assert (await put(guard, seen)).failure == DeliveryFailure.UNREACHABLE


@pytest.mark.parametrize(
    ("step", "error", "reply_code"),
    [
        ("write", asyncssh.SFTPFailure("no space left on device"), 4),
        ("open", asyncssh.SFTPPermissionDenied("not here"), 3),
        ("rename", asyncssh.SFTPFailure("no"), 4),
    ],
)
async def test_a_server_that_is_full_or_does_not_let_one_write_may_take_it_later(
    server: ServerForTests,
    authority: Authority,
    step: str,
    error: asyncssh.SFTPError,
    reply_code: int,
) -> None:
    async with serving(server):
        server.refusal = (step, error)
        refused = await put(server.guard(authority), server.seen())
        assert refused == Outcome(DeliveryFailure.REFUSED_FOR_NOW, reply_code)
        assert NAME not in server.files()
        server.refusal = None
        assert await put(server.guard(authority), server.seen()) == Outcome()
    assert server.files() == IN_PLACE


async def test_a_folder_that_is_not_there_may_be_there_later(
    server: ServerForTests, authority: Authority
) -> None:
    async with serving(server):
        refused = await put(server.guard(authority), server.seen(), "/elsewhere")
    assert refused.failure == DeliveryFailure.REFUSED_FOR_NOW


@pytest.mark.parametrize("step", ["stat", "open", "write", "rename"])
async def test_a_server_that_hangs_is_left(
    server: ServerForTests, authority: Authority, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    monkeypatch.setattr("services.outbox.sftp.STEP_SECONDS", 1.0)
    server.hangs_at = step
    async with serving(server):
        left = await put(server.guard(authority), server.seen())
    assert left.failure == DeliveryFailure.TIMEOUT


async def test_a_trial_leaves_nothing_behind(server: ServerForTests, authority: Authority) -> None:
    async with serving(server):
        trial = try_out(server.guard(authority), server.seen(), ["/in", "/out"])
        assert await outcome_of(trial, longest_seconds=20) == Outcome()
    assert (server.files(), server.files("out")) == ({}, {})
    assert {"write", "remove"} <= set(server.steps)


async def test_a_trial_finds_a_folder_that_is_none(
    server: ServerForTests, authority: Authority
) -> None:
    async with serving(server):
        (server.folder / "in" / "file").write_bytes(b"")
        for folder in ("/elsewhere", "/in/file"):
            trial = try_out(server.guard(authority), server.seen(), ["/in", folder])
            found = await outcome_of(trial, longest_seconds=20)
            assert found.failure == DeliveryFailure.REFUSED_FOR_NOW
