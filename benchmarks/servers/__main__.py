"""``python -m benchmarks.servers NAME URL``: serve one of them, and print its port once it listens.

All of them get the same: uvicorn on uvloop and httptools, one worker, ten connections at most.
"""

from __future__ import annotations

import asyncio
import importlib
import socket
import sys
from typing import TYPE_CHECKING

import uvicorn
import uvloop

from app.memory import look_for_cycles_rarely

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from litestar import Litestar

CONNECTIONS = 10


async def serve(name: str, url: str) -> None:
    module = importlib.import_module(f"benchmarks.servers.{name}")
    opening: AbstractAsyncContextManager[Litestar] = module.application(url, CONNECTIONS)
    async with opening as application:
        listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        config = uvicorn.Config(
            application,
            loop="none",
            http="httptools",
            ws="none",
            access_log=False,
            log_config=None,
            server_header=False,
        )
        sys.stdout.write(f"{listener.getsockname()[1]}\n")
        sys.stdout.flush()
        await uvicorn.Server(config).serve(sockets=[listener])


if __name__ == "__main__":
    look_for_cycles_rarely()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(*sys.argv[1:]))
