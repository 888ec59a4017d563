"""Around every request: its id, the limit per address, the log line, the figures."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import structlog
from litestar import Request
from litestar.enums import ScopeType

from app.limits import Allowance, Limiter, TooManyRequests
from app.metrics import Metrics
from app.problems import problem_of
from storage.identifiers import new_id

if TYPE_CHECKING:
    from litestar.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger("wellkept.http")


class Envelope:
    """Gives each request its id and its log line; knows routes by name, never paths with ids.

    Stands around the router as well, so that what finds no route is counted and limited alike.
    """

    def __init__(
        self,
        inner: "ASGIApp",
        limiter: Limiter,
        metrics: Metrics,
        is_stopping: Callable[[], bool],
    ) -> None:
        self._inner = inner
        self._limiter = limiter
        self._metrics = metrics
        self._is_stopping = is_stopping

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._inner(scope, receive, send)
            return
        begun = time.perf_counter()
        request_id = new_id()
        state = scope["state"]
        state["request_id"] = request_id
        status = 500

        async def answer(message: "Message") -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = [*message["headers"], (b"x-content-type-options", b"nosniff")]
                if status != 404:  # noqa: PLR2004 -- an absent row and a foreign one answer alike
                    headers.append((b"x-request-id", str(request_id).encode()))
                if not any(name == b"cache-control" for name, _ in headers):
                    headers.append((b"cache-control", b"no-store"))
                if self._is_stopping():
                    headers.append((b"connection", b"close"))
                allowance = state.get("allowance")
                if isinstance(allowance, Allowance):
                    headers += (
                        (b"ratelimit-limit", b"%d" % allowance.limit),
                        (b"ratelimit-remaining", b"%d" % allowance.remaining),
                        (b"ratelimit-reset", b"%d" % allowance.resets_in_seconds),
                    )
                message["headers"] = headers
            await send(message)

        try:
            client = scope.get("client")
            self._limiter.count_address(client[0] if client else "local")
        except TooManyRequests as refusal:
            problem = problem_of(refusal)
            response = problem.response()
            await response.to_asgi_response(None, Request(scope))(scope, receive, answer)
        else:
            await self._inner(scope, receive, answer)
        finally:
            handler = scope.get("route_handler")
            operation = handler.opt.get("operation", "none") if handler is not None else "none"
            taken = time.perf_counter() - begun
            self._metrics.observe(operation, status, taken)
            log.info(
                "request",
                operation=operation,
                method=scope.get("method"),
                status=status,
                milliseconds=round(taken * 1000, 1),
                request_id=str(request_id),
            )
