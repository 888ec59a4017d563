"""The ClamAV daemon as a scanner: its INSTREAM command (clamd(8))."""

import socket
from collections.abc import Iterator
from contextlib import suppress

from storage.errors import MalwareFound, MalwareScannerUnavailable

_CONNECT_SECONDS = 5
_SCAN_SECONDS = 120
_LONGEST_ANSWER = 4096
_LENGTH_BYTES = 4
_PIECE_BYTES = 1 << 18


class ClamdScanner:
    """See ``storage.files.malware.MalwareScanner``."""

    def __init__(self, address: str | tuple[str, int]) -> None:
        """``address`` is the path of a socket, or a host and a port."""
        self._address = address

    def scan(self, content: Iterator[bytes]) -> None:
        try:
            with self._connected() as connection:
                answer = _asked(connection, content)
        except OSError as error:
            raise MalwareScannerUnavailable(error.strerror or type(error).__name__) from error
        result = answer.rpartition(": ")[2]
        if result == "OK":
            return
        if result.endswith(" FOUND"):
            raise MalwareFound(result.removesuffix(" FOUND"))
        raise MalwareScannerUnavailable(result or "it said nothing")

    def _connected(self) -> socket.socket:
        if isinstance(self._address, tuple):
            connection = socket.create_connection(self._address, _CONNECT_SECONDS)
        else:
            connection = socket.socket(socket.AF_UNIX)
            connection.settimeout(_CONNECT_SECONDS)
            try:
                connection.connect(self._address)
            except OSError:
                connection.close()
                raise
        connection.settimeout(_SCAN_SECONDS)
        return connection


def _asked(connection: socket.socket, content: Iterator[bytes]) -> str:
    """The daemon's answer. One that hangs up early, for it has had enough, has given its reason."""
    with suppress(BrokenPipeError, ConnectionResetError):
        connection.sendall(b"zINSTREAM\0")
        for chunk in content:
            for at in range(0, len(chunk), _PIECE_BYTES):
                piece = chunk[at : at + _PIECE_BYTES]
                connection.sendall(len(piece).to_bytes(_LENGTH_BYTES, "big") + piece)
        connection.sendall(bytes(_LENGTH_BYTES))
    answer = b""
    while len(answer) < _LONGEST_ANSWER and (piece := connection.recv(_LONGEST_ANSWER)):
        answer += piece
    return answer.rstrip(b"\0\n").decode("utf-8", "replace")
