"""Whether the program lives, and whether it can work."""

from typing import Any

from litestar import Request, Response, get
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from app.api.routes import PUBLIC
from app.problems import http_problem

_PROMETHEUS = CONTENT_TYPE_LATEST.removesuffix("; charset=utf-8")
"""The framework names the charset of every text by itself."""


@get("/health/live", operation_id="live", scope=PUBLIC, tags=["Health"], sync_to_thread=False)
def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "alive"}


@get("/health/ready", operation_id="ready", scope=PUBLIC, tags=["Health"])
async def ready(request: Request[Any, Any, Any]) -> Response[Any]:
    """The database answers and its schema is the one that this program was written for."""
    fault = await request.app.state.readiness()
    if fault is None:
        return Response({"status": "ready"})
    return http_problem(503, fault).response()


@get("/metrics", operation_id="metrics", scope=PUBLIC, include_in_schema=False)
async def metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Figures for Prometheus."""
    content = generate_latest(request.app.state.metrics.registry)
    return Response(content, media_type=_PROMETHEUS)
