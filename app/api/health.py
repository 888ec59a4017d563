"""Whether the program lives, whether it can work, and its figures."""

import asyncio
import hmac
from dataclasses import replace
from ipaddress import ip_address
from typing import Any

from litestar import Request, Response, get
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from app.api.routes import PUBLIC
from app.folders import backup_folder, root_folder
from app.problems import http_problem
from app.settings import Settings
from storage.clock import Clock

_PROMETHEUS = CONTENT_TYPE_LATEST.removesuffix("; charset=utf-8")
"""The framework names the charset of every text by itself."""

_FORWARDING = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


@get("/health/live", operation_id="live", scope=PUBLIC, tags=["Health"], sync_to_thread=False)
def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "alive"}


@get("/health/ready", operation_id="ready", scope=PUBLIC, tags=["Health"])
async def ready(request: Request[Any, Any, Any]) -> Response[Any]:
    """The database answers and its schema is the one that this program was written for.

    `warnings` are what has to be mended although it does not stop the program.
    """
    fault = await request.app.state.readiness()
    if fault is None:
        warnings = await asyncio.to_thread(request.app.state.warnings)
        return Response({"status": "ready", "warnings": warnings})
    return http_problem(503, fault).response()


def warnings_of(settings: Settings, clock: Clock) -> list[str]:
    """What the operator has to mend although it stops nothing."""
    folder = root_folder(settings)
    silence = None if folder is None else folder.silence(clock.now())
    backups = backup_folder(settings)
    no_backup = None if backups is None else backups.silence(clock.now())
    no_mail = None if settings.smtp_url else "e-mails wait: WELLKEPT_SMTP_URL is not set"
    return [each for each in (silence, no_backup, no_mail) if each is not None]


@get("/metrics", operation_id="metrics", scope=PUBLIC, include_in_schema=False)
async def metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Figures for Prometheus."""
    state = request.app.state
    refusal = _refusal(request, state.metrics_token)
    if refusal is not None:
        return refusal
    state.metrics.note_readiness(is_ready=await state.readiness() is None)
    return Response(generate_latest(state.metrics.registry), media_type=_PROMETHEUS)


def _refusal(request: Request[Any, Any, Any], token: str | None) -> Response[bytes] | None:
    """The answer to somebody who may not see figures, None for who may."""
    if token is None:
        if _is_of_this_machine(request):
            return None
        return http_problem(
            403, "Figures are shown to this machine only; WELLKEPT_METRICS_TOKEN opens them."
        ).response()
    given = request.headers.get("authorization", "").encode()
    if hmac.compare_digest(given, f"Bearer {token}".encode()):
        return None
    refused = replace(http_problem(401), headers={"WWW-Authenticate": "Bearer"})
    return refused.response()


def _is_of_this_machine(request: Request[Any, Any, Any]) -> bool:
    """Whether somebody on this machine asks, and no proxy on it for somebody else."""
    if any(name in request.headers for name in _FORWARDING):
        return False
    return request.client is not None and ip_address(request.client.host).is_loopback
