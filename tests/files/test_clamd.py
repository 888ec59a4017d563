"""What nobody has looked through is never kept."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.files.keeping import Bytes
from storage.errors import MalwareFound, MalwareScannerUnavailable
from storage.files import FileStore, FileVault
from storage.files.clamd import ClamdScanner
from storage.identifiers import new_id
from storage.secrets.data_key import DataKey
from tests.files.clamav import CLAMD, LARGEST_BYTES, MALWARE, SIGNATURE, Clamd


@pytest.fixture(scope="module")
def clamd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clamd]:
    if CLAMD is None:
        pytest.skip("clamd is not installed: apt-get install clamav-daemon")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    daemon = Clamd(tmp_path_factory.mktemp("clamd"), port)
    try:
        daemon.start()
        yield daemon
    finally:
        daemon.stop()


@pytest.fixture(params=["port", "socket"])
def scanner(request: pytest.FixtureRequest, clamd: Clamd) -> ClamdScanner:
    if request.param == "port":
        return ClamdScanner(("127.0.0.1", clamd.port))
    return ClamdScanner(str(clamd.folder / "clamd.ctl"))


def test_what_is_harmless_passes(scanner: ClamdScanner) -> None:
    scanner.scan(iter([b"Dear payer,\n", b"", b"x" * 1_000_000]))


def test_what_it_knows_is_found_however_it_comes(scanner: ClamdScanner) -> None:
    for pieces in ([MALWARE], [MALWARE[:7], MALWARE[7:]], [bytes([byte]) for byte in MALWARE]):
        with pytest.raises(MalwareFound) as found:
            scanner.scan(iter(pieces))
        assert found.value.signature == SIGNATURE


def test_what_is_too_large_for_it_does_not_pass(scanner: ClamdScanner) -> None:
    with pytest.raises(MalwareScannerUnavailable):
        scanner.scan(bytes(1 << 20) for _ in range(LARGEST_BYTES // (1 << 20) + 4))


def test_the_vault_keeps_nothing_of_what_was_found(clamd: Clamd, store: FileStore) -> None:
    vault = FileVault(store, ClamdScanner(("127.0.0.1", clamd.port)))
    company_id = new_id()
    key = DataKey(company_id, 1, bytes(32)).file_key(new_id())
    with pytest.raises(MalwareFound):
        vault.write(key, Bytes(MALWARE))
    assert list(vault.objects(company_id)) == []


@pytest.mark.parametrize("answer", [b"", b"nonsense\0", b"stream: Can't allocate ERROR\0"])
def test_an_answer_that_is_not_ok_does_not_pass(answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                while not connection.recv(65536).endswith(bytes(4)):
                    pass
                connection.sendall(answer)

        daemon = threading.Thread(target=serve)
        daemon.start()
        with pytest.raises(MalwareScannerUnavailable):
            ClamdScanner(server.getsockname()).scan(iter([b"x"]))
        daemon.join()


def test_a_daemon_that_is_not_there_lets_nothing_pass(tmp_path: Path, store: FileStore) -> None:
    vault = FileVault(store, ClamdScanner(str(tmp_path / "nobody.ctl")))
    company_id = new_id()
    key = DataKey(company_id, 1, bytes(32)).file_key(new_id())
    with pytest.raises(MalwareScannerUnavailable):
        vault.write(key, Bytes(b"x"))
    assert list(vault.objects(company_id)) == []
