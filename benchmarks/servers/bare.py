"""Handlers of one raw statement each, on a copy of the table that nothing protects.

No key, no tenant, no trail: what the framework and the database do at the most.
"""

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import msgspec
from litestar import Litestar, Request, Response, get, post
from litestar.params import FromPath, FromQuery
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from benchmarks.servers.by_hand import CLAIM_AT, CLAIM_SHOWN, NewClaim, shown
from storage.identifiers import new_id

JSON = "application/json"
Caller = Request[Any, Any, Any]

COLUMNS = ", ".join(CLAIM_AT)
CLAIM = f"SELECT {COLUMNS} FROM bare_claims WHERE id = %s"
CLAIMS_OF_STATUS = f"SELECT {COLUMNS} FROM bare_claims WHERE status = %s ORDER BY id DESC LIMIT %s"
GIVEN = (
    "id",
    "claim_number",
    "created_at",
    "type",
    "status",
    "patient_id",
    "subscriber_id",
    "rendering_provider_id",
    "billing_provider_id",
    "primary_payer_id",
    "service_date",
    "diagnosis_codes",
)
INSERT = (
    f"INSERT INTO bare_claims ({', '.join(GIVEN)}) VALUES ({', '.join(['%s'] * len(GIVEN))})"
    f" RETURNING {', '.join(name for name, _ in CLAIM_SHOWN)}"
)


def _pool(request: Caller) -> "AsyncConnectionPool[AsyncConnection[Any]]":
    pool: AsyncConnectionPool[AsyncConnection[Any]] = request.app.state.pool
    return pool


@get("/api/v1/claims/{claim_id:uuid}")
async def get_claim(request: Caller, claim_id: FromPath[UUID]) -> Response[bytes]:
    async with _pool(request).connection() as connection:
        cursor = await connection.execute(CLAIM, [claim_id], binary=True)
        (claim,) = await cursor.fetchall()
    return Response(msgspec.json.encode(shown(claim)), media_type=JSON)


@get("/api/v1/claims")
async def list_claims(
    request: Caller, status: FromQuery[str], limit: FromQuery[int] = 50
) -> Response[bytes]:
    async with _pool(request).connection() as connection:
        cursor = await connection.execute(CLAIMS_OF_STATUS, [status, limit], binary=True)
        claims = await cursor.fetchall()
    return Response(msgspec.json.encode([shown(claim) for claim in claims]), media_type=JSON)


@post("/api/v1/claims")
async def create_claim(request: Caller) -> Response[bytes]:
    new = msgspec.json.decode(await request.body(), type=NewClaim)
    row_id = new_id()
    values = [
        row_id,
        f"CLM-{row_id}",
        dt.datetime.now(dt.UTC),
        new.type,
        "draft",
        new.patient_id,
        new.subscriber_id,
        new.rendering_provider_id,
        new.billing_provider_id,
        new.primary_payer_id,
        new.service_date,
        new.diagnosis_codes,
    ]
    async with _pool(request).connection() as connection:
        cursor = await connection.execute(INSERT, values, binary=True)
        (claim,) = await cursor.fetchall()
    content = msgspec.json.encode(dict(zip([name for name, _ in CLAIM_SHOWN], claim, strict=True)))
    return Response(content, media_type=JSON, status_code=201)


@asynccontextmanager
async def application(url: str, connections: int) -> AsyncIterator[Litestar]:
    pool: AsyncConnectionPool[AsyncConnection[Any]] = AsyncConnectionPool(
        url, min_size=1, max_size=connections, open=False, kwargs={"autocommit": True}
    )
    await pool.open()
    app = Litestar([get_claim, list_claims, create_claim], logging_config=None, openapi_config=None)
    app.state.pool = pool
    yield app
    await pool.close()
