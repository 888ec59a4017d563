"""An Idempotency-Key: the same request is answered once, and from then on alike.

The answer is stored in the transaction of the work itself, so that a crash leaves neither.
"""

import datetime as dt
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from litestar import Response

from app.answers import JSON, Render
from app.problems import problem_of
from services.identity.authentication import Principal
from services.refusals import Category, Refusal
from storage.errors import StorageError
from storage.filters import StoredAnswerFilter
from storage.interface import Store
from storage.tables.work import StoredAnswer, StoredAnswerFields

LIFETIME = dt.timedelta(hours=24)
"""How long an answer is kept."""

Result = TypeVar("Result")


@dataclass
class IdempotencyKeyReused(Refusal):
    """The key came before with another request."""

    category: ClassVar[Category] = Category.INVALID
    title: ClassVar[str] = "This Idempotency-Key belongs to another request"


@dataclass
class StillRunning(Refusal):
    """The first request with this key has not been answered yet."""

    title: ClassVar[str] = "The first request with this Idempotency-Key is still running"


@dataclass
class AnswerNotKept(Refusal):
    """The first answer bore a secret and was not kept."""

    title: ClassVar[str] = "The first answer bore a secret and is not repeated"
    resource: str


@dataclass(frozen=True)
class KeyedRequest:
    """A request with an Idempotency-Key: keys are a principal's own, and apart for each route."""

    principal: Principal
    operation: str
    key: str
    fingerprint: Callable[[], Awaitable[bytes]]
    """What makes two requests the same one."""


async def answered_once(
    store: Store,
    request: KeyedRequest,
    operation: Callable[[Store], Awaitable[Result]],
    render: Render[Result],
) -> Response[Any]:
    """The stored answer, or the operation's, which is stored; a domain refusal is final, too.

    Whose records a replayed answer shows is noted as if they were read again. Raises StillRunning,
    IdempotencyKeyReused, AnswerNotKept and whatever is not final (5xx, 429).
    """
    fingerprint = await request.fingerprint()
    if not await store.try_lock(f"answer/{request.principal.id}/{request.operation}/{request.key}"):
        raise StillRunning
    found = await store.stored_answers.all(
        StoredAnswerFilter(
            principal_id=request.principal.id,
            operation=request.operation,
            idempotency_key=request.key,
            expires_from=store.now,
        )
    )
    if found:
        store.patients_read.update(found[-1].patient_ids)
        return _replayed(found[-1], fingerprint)
    try:
        async with store.savepoint():
            response = render(await operation(store))
    except (Refusal, StorageError) as refusal:
        problem = problem_of(refusal)
        if not problem.is_final:
            raise
        response = problem.response()
    await _keep(store, request, fingerprint, response)
    return response


def _replayed(stored: StoredAnswer, fingerprint: bytes) -> Response[Any]:
    if stored.request_sha256 != fingerprint:
        raise IdempotencyKeyReused
    if stored.body is None:
        raise AnswerNotKept(stored.resource or "")
    headers = {**json.loads(stored.headers), "Idempotent-Replayed": "true"}
    return Response(stored.body, status_code=stored.status, headers=headers)


async def _keep(
    store: Store, request: KeyedRequest, fingerprint: bytes, response: Response[Any]
) -> None:
    bears_secret = response.headers.get("Cache-Control") == "no-store"
    headers = {name: value for name, value in response.headers.items() if value is not None}
    headers["Content-Type"] = response.media_type or JSON
    patients: list[UUID] = sorted(each for each in store.patients_read if each is not None)
    await store.stored_answers.create(
        StoredAnswerFields(
            principal_id=request.principal.id,
            operation=request.operation,
            idempotency_key=request.key,
            request_sha256=fingerprint,
            status=response.status_code or 200,
            body=None if bears_secret else response.content,
            headers=json.dumps(headers),
            resource=headers.get("Location"),
            patient_ids=patients,
            expires_at=store.now + LIFETIME,
        )
    )
