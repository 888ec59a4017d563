"""The socket to serve at: our own, or one that systemd opened and several processes share."""

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from app.settings import Settings

_FIRST_PASSED_DESCRIPTOR = 3
_BACKLOG = 1024


class PortInUse(Exception):
    """Something else listens at the address."""


class UnfitListener(Exception):
    """What was passed as the socket to listen at is none."""


@dataclass(frozen=True)
class Listener:
    """A socket that listens. One that ``is_shared`` goes on listening when this process ends."""

    socket: socket.socket
    is_shared: bool

    @property
    def address(self) -> str:
        """Where it listens, for people."""
        host, port = self.socket.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def listener(settings: Settings, environment: Mapping[str, str] = os.environ) -> Iterator[Listener]:
    """The socket that was passed to this process (systemd's protocol, sd_listen_fds(3)), or else
    one at the address that the settings name. Raises PortInUse, UnfitListener."""
    if environment.get("LISTEN_PID") == str(os.getpid()):
        with _passed(environment.get("LISTEN_FDS", "")) as passed:
            yield Listener(passed, is_shared=True)
    else:
        with _opened(settings.host, settings.port, "WELLKEPT_PORT") as opened:
            yield Listener(opened, is_shared=False)


@contextmanager
def probe_listener(settings: Settings) -> Iterator[Listener]:
    """The socket at which a worker answers for itself. Raises PortInUse."""
    with _opened(settings.host, settings.metrics_port, "WELLKEPT_METRICS_PORT") as opened:
        yield Listener(opened, is_shared=False)


def _passed(count: str) -> socket.socket:
    if count != "1":
        raise UnfitListener(f"one socket to listen at is expected, and {count or 'none'} passed")
    try:
        passed = socket.socket(fileno=_FIRST_PASSED_DESCRIPTOR)
        is_listening = passed.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    except OSError as error:
        raise UnfitListener("what was passed to listen at is no socket") from error
    if not is_listening or passed.family not in (socket.AF_INET, socket.AF_INET6):
        raise UnfitListener("what was passed to listen at is no TCP socket that listens")
    passed.set_inheritable(False)
    return passed


def _opened(host: str, port: int, variable: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise PortInUse(
            f"cannot listen at {host} port {port} ({reason}); choose another with {variable}"
        ) from error
