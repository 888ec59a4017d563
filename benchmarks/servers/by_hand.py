"""Handlers written by hand that make the product's very statements with asynchronous psycopg.

The texts of the statements are the product's own, so they are always the same; parameters, rows
and JSON are handled as somebody would who has only these three routes to write.
"""

import datetime as dt
import secrets
import string
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Litestar, Request, Response, get, post
from litestar.exceptions import NotAuthorizedException, NotFoundException
from litestar.params import FromPath, FromQuery
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from app.api.claim_answers import ClaimLineAnswer, ClaimSummary
from services.identity.credentials import KEY_PREFIX, parse_credential
from storage.filters import ApiKeyFilter, ByClaim, ClaimFilter
from storage.identifiers import new_id
from storage.postgres import changing, numbers, selecting
from storage.postgres.sql import table_of
from storage.tables.claims import Claim, ClaimLine, Patient, Payer
from storage.tables.identity import ApiKey
from storage.tables.trail import AccessEntry

JSON = "application/json"
Row = Sequence[Any]
Caller = Request[Any, Any, Any]

KEY = selecting.select_all(ApiKey, ApiKeyFilter, ("secret_sha256",))
CLAIM = selecting.select_one(Claim)
LINES = selecting.select_all(ClaimLine, ByClaim, ("claim_id",))
CLAIMS_OF_STATUS = selecting.select_page(Claim, ClaimFilter, ("status",), continued=False)
PATIENTS = selecting.select_by_ids(Patient)
PAYERS = selecting.select_by_ids(Payer)
TAKE_NUMBER = numbers.TAKE
INSERT_CLAIM = changing.insert_one(Claim)
INSERT_LINES = changing.insert_many(ClaimLine)
INSERT_ACCESS = changing.insert_one(AccessEntry)


def _places(row: type[Any]) -> dict[str, int]:
    return {column.name: at for at, column in enumerate(table_of(row).columns)}


KEY_AT = _places(ApiKey)
CLAIM_AT = _places(Claim)
LINE_AT = _places(ClaimLine)
PATIENT_AT = _places(Patient)
PAYER_AT = _places(Payer)
CLAIM_SHOWN = [(name, CLAIM_AT[name]) for name in ClaimSummary.model_fields]
LINE_SHOWN = [(name, LINE_AT[name]) for name in ClaimLineAnswer.model_fields]
LINE_NUMBER_AT = LINE_AT["line_number"]

Code = Annotated[str, msgspec.Meta(min_length=1, max_length=20)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]


class NewLine(msgspec.Struct, forbid_unknown_fields=True):
    procedure_code: Code
    charge_cents: Annotated[int, msgspec.Meta(ge=1)]
    place_of_service: Annotated[str, msgspec.Meta(pattern="^[0-9]{2}$")]
    diagnosis_codes: list[Code] = []


class NewClaim(msgspec.Struct, forbid_unknown_fields=True):
    type: str
    patient_id: UUID
    subscriber_id: Name
    rendering_provider_id: Name
    billing_provider_id: Name
    primary_payer_id: UUID
    service_date: dt.date
    lines: list[NewLine]
    diagnosis_codes: list[Code] = []


@dataclass
class Bound:
    """A transaction bound to the caller's company."""

    connection: AsyncConnection[Any]
    company_id: UUID
    principal_id: UUID
    request_id: UUID
    now: dt.datetime

    async def rows(self, sql: str, parameters: Mapping[str, Any]) -> list[Row]:
        cursor = await self.connection.execute(
            sql, {"company_id": self.company_id, **parameters}, binary=True
        )
        return await cursor.fetchall()

    async def run(self, sql: str, parameters: Mapping[str, Any]) -> None:
        await self.connection.execute(
            sql, {"company_id": self.company_id, **parameters}, binary=True
        )

    async def log_access(self, operation: str, status: int, patients: list[UUID]) -> None:
        await self.run(
            INSERT_ACCESS,
            {
                "id": new_id(),
                "recorded_at": self.now,
                "recorded_by": self.principal_id,
                "request_id": self.request_id,
                "operation": operation,
                "outcome": status,
                "patient_ids": patients,
            },
        )


@asynccontextmanager
async def bound(request: Caller, scope: str, *, durable: bool) -> AsyncIterator[Bound]:
    kind, _, text = request.headers.get("authorization", "").partition(" ")
    credential = parse_credential(KEY_PREFIX, text) if kind == "Bearer" else None
    if credential is None:
        raise NotAuthorizedException
    company_id = credential.company_id
    opening = f"BEGIN; SET LOCAL app.company_id = '{company_id}'"
    if not durable:
        opening += "; SET LOCAL synchronous_commit = off"
    pool: AsyncConnectionPool[AsyncConnection[Any]] = request.app.state.pool
    async with pool.connection() as connection:
        await connection.execute(opening)
        try:
            now = dt.datetime.now(dt.UTC)
            cursor = await connection.execute(
                KEY,
                {"company_id": company_id, "where_secret_sha256": credential.secret_sha256},
                binary=True,
            )
            key = await cursor.fetchone()
            if key is None or not admits(key, scope, now):
                raise NotAuthorizedException  # noqa: TRY301 -- rolled back below
            yield Bound(connection, company_id, key[KEY_AT["id"]], new_id(), now)
        except BaseException:
            await connection.execute("ROLLBACK")
            raise
        await connection.execute("COMMIT")


def admits(key: Row, scope: str, now: dt.datetime) -> bool:
    expires_at = key[KEY_AT["expires_at"]]
    is_over = expires_at is not None and expires_at <= now
    return key[KEY_AT["revoked_at"]] is None and not is_over and scope in key[KEY_AT["scopes"]]


def shown(claim: Row) -> dict[str, Any]:
    return {name: claim[at] for name, at in CLAIM_SHOWN}


def shown_with_lines(claim: Row, lines: list[Row]) -> bytes:
    document = shown(claim)
    document["lines"] = [
        {name: line[at] for name, at in LINE_SHOWN}
        for line in sorted(lines, key=lambda line: line[LINE_NUMBER_AT])
    ]
    return msgspec.json.encode(document)


@get("/api/v1/claims/{claim_id:uuid}")
async def get_claim(request: Caller, claim_id: FromPath[UUID]) -> Response[bytes]:
    async with bound(request, "claims:read", durable=False) as transaction:
        found = await transaction.rows(CLAIM, {"id": claim_id})
        if not found:
            raise NotFoundException
        (claim,) = found
        lines = await transaction.rows(LINES, {"where_claim_id": claim_id})
        content = shown_with_lines(claim, lines)
        await transaction.log_access("get_claim", 200, [claim[CLAIM_AT["patient_id"]]])
    version = claim[CLAIM_AT["version"]]
    return Response(content, media_type=JSON, headers={"ETag": f'"{version}"'})


@get("/api/v1/claims")
async def list_claims(
    request: Caller, status: FromQuery[str], limit: FromQuery[int] = 50
) -> Response[bytes]:
    async with bound(request, "claims:read", durable=False) as transaction:
        found = await transaction.rows(
            CLAIMS_OF_STATUS, {"where_status": status, "row_limit": limit + 1}
        )
        claims = found[:limit]
        more = len(found) > limit
        content = msgspec.json.encode(
            {
                "items": [shown(claim) for claim in claims],
                "next_cursor": str(claims[-1][CLAIM_AT["id"]]) if more else None,
            }
        )
        patients = sorted({claim[CLAIM_AT["patient_id"]] for claim in claims})
        await transaction.log_access("list_claims", 200, patients)
    return Response(content, media_type=JSON)


@post("/api/v1/claims")
async def create_claim(request: Caller) -> Response[bytes]:
    new = msgspec.json.decode(await request.body(), type=NewClaim)
    async with bound(request, "claims:write", durable=True) as transaction:
        patients = await transaction.rows(PATIENTS, {"ids": [new.patient_id]})
        payers = await transaction.rows(PAYERS, {"ids": [new.primary_payer_id]})
        if not patients or not payers or not payers[0][PAYER_AT["is_active"]]:
            raise NotFoundException
        ((number,),) = await transaction.rows(
            TAKE_NUMBER,
            {
                "id": new_id(),
                "now": transaction.now,
                "actor_id": transaction.principal_id,
                "name": "claim",
                "count": 1,
            },
        )
        claim = await insert_claim(
            transaction, new, f"CLM-{number:06}", patients[0][PATIENT_AT["name_key"]]
        )
        await insert_lines(transaction, new, claim)
        lines = await transaction.rows(LINES, {"where_claim_id": claim["id"]})
        content = shown_with_lines([claim[name] for name in CLAIM_AT], lines)
        await transaction.log_access("create_claim", 201, [new.patient_id])
    headers = {"ETag": '"1"', "Location": f"/api/v1/claims/{claim['id']}"}
    return Response(content, media_type=JSON, status_code=201, headers=headers)


async def insert_claim(
    transaction: Bound, new: NewClaim, number: str, name_key: str
) -> dict[str, Any]:
    alphabet = string.ascii_uppercase + string.digits
    claim: dict[str, Any] = dict.fromkeys(CLAIM_AT)
    claim |= {
        "company_id": transaction.company_id,
        "id": new_id(),
        "version": 1,
        "created_at": transaction.now,
        "created_by": transaction.principal_id,
        "updated_at": transaction.now,
        "updated_by": transaction.principal_id,
        "claim_number": number,
        "patient_control_number": "".join(secrets.choice(alphabet) for _ in range(17)),
        "type": new.type,
        "status": "draft",
        "patient_id": new.patient_id,
        "patient_name_key": name_key,
        "subscriber_id": new.subscriber_id,
        "rendering_provider_id": new.rendering_provider_id,
        "billing_provider_id": new.billing_provider_id,
        "primary_payer_id": new.primary_payer_id,
        "service_date": new.service_date,
        "diagnosis_codes": new.diagnosis_codes,
        "total_charge_cents": sum(line.charge_cents for line in new.lines),
        "appeal_count": 0,
        "adjudication_status": "not_adjudicated",
        "payment_cents": 0,
        "write_off_cents": 0,
        "insurance_balance_cents": 0,
        "patient_balance_cents": 0,
        "removed_line_ids": [],
    }
    await transaction.run(INSERT_CLAIM, claim | trail(transaction) | {"audit_id": new_id()})
    return claim


async def insert_lines(transaction: Bound, new: NewClaim, claim: Mapping[str, Any]) -> None:
    count = len(new.lines)
    empty = [None] * count
    numbers_in_claim = range(1, count + 1)
    control_number = claim["patient_control_number"]
    await transaction.run(
        INSERT_LINES,
        {
            "version": 1,
            "created_at": transaction.now,
            "created_by": transaction.principal_id,
            "updated_at": transaction.now,
            "updated_by": transaction.principal_id,
            "id": [new_id() for _ in new.lines],
            "claim_id": [claim["id"]] * count,
            "line_number": list(numbers_in_claim),
            "line_control_number": [f"{control_number}L{each}" for each in numbers_in_claim],
            "service_date": [new.service_date] * count,
            "procedure_code": [line.procedure_code for line in new.lines],
            "modifiers": ["{}"] * count,
            "diagnosis_codes": ["{" + ",".join(x.diagnosis_codes) + "}" for x in new.lines],
            "units": "{" + ",".join(["1"] * count) + "}",
            "charge_cents": [line.charge_cents for line in new.lines],
            "place_of_service": [line.place_of_service for line in new.lines],
            "rendering_provider_id": empty,
            "description": empty,
            "audit_ids": [new_id() for _ in new.lines],
        }
        | trail(transaction),
    )


def trail(transaction: Bound) -> dict[str, Any]:
    return {
        "now": transaction.now,
        "actor_id": transaction.principal_id,
        "request_id": transaction.request_id,
    }


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
