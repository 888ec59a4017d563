"""The HTTP server, and how it leaves without losing a request.

Asked to stop, it first only says so: readiness turns red, and every answer asks its client to
connect anew (``Connection: close``). When the time to drain is over it stops listening, takes the
connections that the system has made for it already, closes those that nothing is asked on, and
answers what is under way. At an address that it shares with others it leaves new connections to
them from the beginning.
"""

import asyncio
import contextlib
import select
import socket
from collections.abc import Callable, Iterator

import uvicorn
from litestar import Litestar
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.settings import Settings

LONGEST_STOP_SECONDS = 30
"""How long requests that are under way and the job at hand may take to finish."""

_FIRST_REQUEST_SECONDS = 2.0
"""How long a new connection may take to ask for something before a server that leaves closes it."""

KEEP_ALIVE_SECONDS = 75
"""How long a connection may idle: longer than balancers keep theirs (nginx and the clouds' 60), so
that it is they who close it, and never in the moment in which they use it again."""


def server_configuration(app: Litestar, settings: Settings) -> uvicorn.Config:
    """How the application is served. Who asks is who connected, because limits go by it; only a
    trusted proxy's word is taken for who connected to it."""
    trusted = settings.trusted_networks
    return uvicorn.Config(
        app,
        loop="none",
        http=HttpToolsProtocol,
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=bool(trusted),
        forwarded_allow_ips=[str(network) for network in trusted],
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=LONGEST_STOP_SECONDS,
    )


class HttpServer(uvicorn.Server):
    """Leaves signals to the program, tells when it answers, and leaves gracefully.

    ``stopping`` is set when it is asked to stop. Of a listener that ``is_shared`` with another
    process, what waits there is left to that.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        *,
        ready: Callable[[], None],
        stopping: asyncio.Event,
        drain_seconds: int,
        is_shared: bool,
    ) -> None:
        super().__init__(config)
        self.servers = []  # told to stop before it has started, it has none yet
        self._ready = ready
        self._stopping = stopping
        self._drain_seconds = drain_seconds
        self._is_shared = is_shared

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def stop(self) -> None:
        """Leave once the time to drain is over; asked a second time, leave at once."""
        if self._stopping.is_set():
            self.force_exit = self.should_exit = True
            return
        self._stopping.set()
        if self._is_shared:
            self._stop_listening()
        asyncio.get_running_loop().call_later(self._drain_seconds, self._leave)

    def _leave(self) -> None:
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        waiting = [] if self._is_shared else [each.dup() for each in sockets or []]
        self._stop_listening()
        for listener in waiting:
            await self._take_what_waits(listener)
            listener.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_FIRST_REQUEST_SECONDS):
                await self._until(lambda: not any(_is_new(each) for each in self._idle()))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_FIRST_REQUEST_SECONDS):
                await self._until(lambda: not self._is_asked_unheard())
        await super().shutdown(sockets)

    def _stop_listening(self) -> None:
        for server in self.servers:
            server.close()

    async def _until(self, condition: Callable[[], bool]) -> None:
        """Let the loop turn until something is so, or nothing is to be waited for any more."""
        await asyncio.sleep(0)
        while True:
            if condition() or self.force_exit:
                return
            await asyncio.sleep(0.001)

    def _idle(self) -> Iterator[HttpToolsProtocol]:
        """Connections on which nothing is under way."""
        for each in self.server_state.connections:
            assert isinstance(each, HttpToolsProtocol)
            is_idle = each.cycle is None or each.cycle.response_complete
            if is_idle and not each.transport.is_closing():
                yield each

    def _is_asked_unheard(self) -> bool:
        """Whether on a connection that seems idle something has come that is not read yet."""
        poll = select.poll()
        for each in self._idle():
            poll.register(each.transport.get_extra_info("socket").fileno(), select.POLLIN)
        return bool(poll.poll(0))

    async def _take_what_waits(self, listener: socket.socket) -> None:
        """Take the connections that nobody took yet: to close the listener would reset them."""
        loop = asyncio.get_running_loop()
        listener.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                connection, _ = listener.accept()
                connection.setblocking(False)
                await loop.connect_accepted_socket(
                    lambda: HttpToolsProtocol(
                        config=self.config,
                        server_state=self.server_state,
                        app_state=self.lifespan.state,
                    ),
                    connection,
                )


def _is_new(connection: HttpToolsProtocol) -> bool:
    """Whether nothing was ever asked on it."""
    return connection.cycle is None
