"""The same routes on advanced-alchemy repositories, as its documentation would have them written.

Same tables, same row-level security (bound when the session begins), same key lookup, trail and
access log; SQLAlchemy's asynchronous session over psycopg.
"""

import datetime as dt
import secrets
import string
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from advanced_alchemy.base import AdvancedDeclarativeBase, CommonTableAttributes
from advanced_alchemy.config import AsyncSessionConfig, EngineConfig
from advanced_alchemy.extensions.litestar import SQLAlchemyAsyncConfig, SQLAlchemyPlugin
from advanced_alchemy.filters import LimitOffset, OrderBy
from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from advanced_alchemy.service import SQLAlchemyAsyncRepositoryService
from litestar import Litestar, Request, Response, get, post
from litestar.di import Provide
from litestar.exceptions import NotAuthorizedException
from litestar.params import FromPath, FromQuery, JSONBody, SkipValidation
from sqlalchemy.ext.asyncio import AsyncAttrs, AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, relationship
from sqlmodel import SQLModel

from benchmarks.servers.by_hand import NewClaim
from services.identity.credentials import KEY_PREFIX, parse_credential
from storage.identifiers import new_id
from storage.tables import claims, identity, trail  # noqa: F401 -- they make the tables

tables = SQLModel.metadata.tables


class Base(CommonTableAttributes, AdvancedDeclarativeBase, AsyncAttrs, DeclarativeBase):
    __abstract__ = True


class ApiKey(Base):
    __table__ = tables["api_keys"]


class Patient(Base):
    __table__ = tables["patients"]


class Payer(Base):
    __table__ = tables["payers"]


class ClaimLine(Base):
    __table__ = tables["claim_lines"]


class Claim(Base):
    __table__ = tables["claims"]
    lines: Mapped[list[ClaimLine]] = relationship(
        ClaimLine, lazy="selectin", order_by=tables["claim_lines"].c.line_number
    )


class ClaimWithoutLines(Base):
    __table__ = tables["claims"]


class AuditEntry(Base):
    __table__ = tables["audit_log"]


class AccessEntry(Base):
    __table__ = tables["api_log"]


class ApiKeyRepository(SQLAlchemyAsyncRepository[ApiKey]):
    model_type = ApiKey


class PatientRepository(SQLAlchemyAsyncRepository[Patient]):
    model_type = Patient


class PayerRepository(SQLAlchemyAsyncRepository[Payer]):
    model_type = Payer


class AuditRepository(SQLAlchemyAsyncRepository[AuditEntry]):
    model_type = AuditEntry


class AccessRepository(SQLAlchemyAsyncRepository[AccessEntry]):
    model_type = AccessEntry


class ClaimRepository(SQLAlchemyAsyncRepository[Claim]):
    model_type = Claim


class ClaimListRepository(SQLAlchemyAsyncRepository[ClaimWithoutLines]):
    model_type = ClaimWithoutLines


class ClaimService(SQLAlchemyAsyncRepositoryService[Claim]):
    repository_type = ClaimRepository


class ClaimListService(SQLAlchemyAsyncRepositoryService[ClaimWithoutLines]):
    repository_type = ClaimListRepository


class Summary(msgspec.Struct):
    id: UUID
    version: int
    created_at: dt.datetime
    created_by: UUID
    updated_at: dt.datetime
    updated_by: UUID
    claim_number: str
    patient_control_number: str
    type: str
    status: str
    status_reason: str | None
    patient_id: UUID
    subscriber_id: str
    rendering_provider_id: str
    billing_provider_id: str
    facility_id: str | None
    primary_payer_id: UUID
    secondary_payer_id: UUID | None
    tertiary_payer_id: UUID | None
    payer_claim_number: str | None
    service_date: dt.date
    admission_date: dt.date | None
    discharge_date: dt.date | None
    diagnosis_codes: list[str]
    authorization_number: str | None
    notes: str | None
    total_charge_cents: int
    submitted_at: dt.datetime | None
    appeal_count: int
    adjudication_status: str
    last_adjudicated_on: dt.date | None
    payment_cents: int
    write_off_cents: int
    insurance_balance_cents: int
    patient_balance_cents: int


class LineAnswer(msgspec.Struct):
    id: UUID
    version: int
    created_at: dt.datetime
    created_by: UUID
    updated_at: dt.datetime
    updated_by: UUID
    line_number: int
    line_control_number: str
    service_date: dt.date
    procedure_code: str
    modifiers: list[str]
    diagnosis_codes: list[str]
    units: Decimal
    charge_cents: int
    place_of_service: str
    rendering_provider_id: str | None
    description: str | None


class Whole(Summary):
    lines: list[LineAnswer]


class PageOfClaims(msgspec.Struct):
    items: list[Summary]
    next_cursor: str | None


@dataclass
class Caller:
    """Who asks, found out before the handler runs."""

    session: AsyncSession
    company_id: UUID
    principal_id: UUID
    scopes: list[str]
    request_id: UUID
    now: dt.datetime

    def require(self, scope: str) -> None:
        if scope not in self.scopes:
            raise NotAuthorizedException

    @property
    def authorship(self) -> dict[str, Any]:
        return {
            "company_id": self.company_id,
            "version": 1,
            "created_at": self.now,
            "created_by": self.principal_id,
            "updated_at": self.now,
            "updated_by": self.principal_id,
        }

    @property
    def record(self) -> dict[str, Any]:
        return {
            "company_id": self.company_id,
            "id": new_id(),
            "recorded_at": self.now,
            "recorded_by": self.principal_id,
            "request_id": self.request_id,
        }

    async def log_access(self, operation: str, status: int, patients: list[UUID]) -> None:
        entry = AccessEntry(
            **self.record, operation=operation, outcome=status, patient_ids=patients
        )
        await AccessRepository(session=self.session).add(entry)

    async def leave_trail(self, entity: str, rows: list[Any]) -> None:
        entries = [
            AuditEntry(
                **self.record,
                action="create",
                entity=entity,
                entity_id=row.id,
                after=msgspec.to_builtins(row.to_dict(exclude={"lines"})),
            )
            for row in rows
        ]
        await AuditRepository(session=self.session).add_many(entries)


@sa.event.listens_for(Session, "after_begin")
def bind_company(session: Session, _: object, connection: sa.Connection) -> None:
    """Bind the transaction to the company that the request's key names."""
    setting = "SELECT set_config('app.company_id', %(company)s, true)"
    if not session.info["durable"]:
        setting += ", set_config('synchronous_commit', 'off', true)"
    connection.exec_driver_sql(setting, {"company": str(session.info["company_id"])})


async def provide_caller(
    request: Request[Any, Any, Any], db_session: SkipValidation[AsyncSession]
) -> Caller:
    kind, _, text = request.headers.get("authorization", "").partition(" ")
    credential = parse_credential(KEY_PREFIX, text) if kind == "Bearer" else None
    if credential is None:
        raise NotAuthorizedException
    db_session.info["company_id"] = credential.company_id
    db_session.info["durable"] = request.method != "GET"
    now = dt.datetime.now(dt.UTC)
    key = await ApiKeyRepository(session=db_session).get_one_or_none(
        sa.or_(
            ApiKey.secret_sha256 == credential.secret_sha256,
            ApiKey.previous_secret_sha256 == credential.secret_sha256,
        )
    )
    if key is None or key.revoked_at is not None:
        raise NotAuthorizedException
    if key.expires_at is not None and key.expires_at <= now:
        raise NotAuthorizedException
    return Caller(db_session, credential.company_id, key.id, key.scopes, new_id(), now)


async def provide_claims(
    db_session: SkipValidation[AsyncSession],
) -> AsyncIterator[ClaimService]:
    async with ClaimService.new(session=db_session) as service:
        yield service


async def provide_claim_list(
    db_session: SkipValidation[AsyncSession],
) -> AsyncIterator[ClaimListService]:
    async with ClaimListService.new(session=db_session) as service:
        yield service


@get("/api/v1/claims/{claim_id:uuid}")
async def get_claim(
    caller: SkipValidation[Caller],
    service: SkipValidation[ClaimService],
    claim_id: FromPath[UUID],
) -> Response[Whole]:
    caller.require("claims:read")
    claim = await service.get((caller.company_id, claim_id))
    await caller.log_access("get_claim", 200, [claim.patient_id])
    shown = service.to_schema(claim, schema_type=Whole)
    return Response(shown, headers={"ETag": f'"{claim.version}"'})


@get("/api/v1/claims")
async def list_claims(
    caller: SkipValidation[Caller],
    listing: SkipValidation[ClaimListService],
    status: FromQuery[str],
    limit: FromQuery[int] = 50,
) -> PageOfClaims:
    caller.require("claims:read")
    found = await listing.list(
        OrderBy("id", "desc"), LimitOffset(limit=limit + 1, offset=0), status=status
    )
    rows = found[:limit]
    await caller.log_access("list_claims", 200, sorted({claim.patient_id for claim in rows}))
    shown = listing.to_schema(rows, schema_type=Summary)
    return PageOfClaims(list(shown.items), str(rows[-1].id) if len(found) > limit else None)


@post("/api/v1/claims")
async def create_claim(
    caller: SkipValidation[Caller],
    service: SkipValidation[ClaimService],
    data: JSONBody[NewClaim],
) -> Response[Whole]:
    caller.require("claims:write")
    session = caller.session
    patient = await PatientRepository(session=session).get((caller.company_id, data.patient_id))
    payer = await PayerRepository(session=session).get((caller.company_id, data.primary_payer_id))
    if not payer.is_active:
        raise NotAuthorizedException
    number = await session.scalar(
        sa.text(
            "INSERT INTO counters AS held (company_id, id, version, created_at, created_by,"
            " updated_at, updated_by, name, last_number)"
            " VALUES (:company_id, :id, 1, :now, :actor_id, :now, :actor_id, 'claim', 1)"
            " ON CONFLICT (company_id, name) DO UPDATE"
            " SET last_number = held.last_number + 1, version = held.version + 1,"
            " updated_at = excluded.updated_at, updated_by = excluded.updated_by"
            " RETURNING last_number"
        ),
        {
            "company_id": caller.company_id,
            "id": new_id(),
            "now": caller.now,
            "actor_id": caller.principal_id,
        },
    )
    claim = await service.create(_claim(data, caller, f"CLM-{number:06}", patient.name_key))
    await caller.leave_trail("claims", [claim])
    await caller.leave_trail("claim_lines", claim.lines)
    await caller.log_access("create_claim", 201, [data.patient_id])
    shown = service.to_schema(claim, schema_type=Whole)
    headers = {"ETag": '"1"', "Location": f"/api/v1/claims/{claim.id}"}
    return Response(shown, status_code=201, headers=headers)


def _claim(new: NewClaim, caller: Caller, number: str, name_key: str) -> Claim:
    alphabet = string.ascii_uppercase + string.digits
    control_number = "".join(secrets.choice(alphabet) for _ in range(17))
    claim_id = new_id()
    return Claim(
        id=claim_id,
        **caller.authorship,
        claim_number=number,
        patient_control_number=control_number,
        type=new.type,
        status="draft",
        patient_id=new.patient_id,
        patient_name_key=name_key,
        subscriber_id=new.subscriber_id,
        rendering_provider_id=new.rendering_provider_id,
        billing_provider_id=new.billing_provider_id,
        primary_payer_id=new.primary_payer_id,
        service_date=new.service_date,
        diagnosis_codes=new.diagnosis_codes,
        total_charge_cents=sum(line.charge_cents for line in new.lines),
        appeal_count=0,
        adjudication_status="not_adjudicated",
        payment_cents=0,
        write_off_cents=0,
        insurance_balance_cents=0,
        patient_balance_cents=0,
        removed_line_ids=[],
        lines=[
            ClaimLine(
                id=new_id(),
                **caller.authorship,
                line_number=at,
                line_control_number=f"{control_number}L{at}",
                service_date=new.service_date,
                procedure_code=line.procedure_code,
                modifiers=[],
                diagnosis_codes=line.diagnosis_codes,
                units=Decimal(1),
                charge_cents=line.charge_cents,
                place_of_service=line.place_of_service,
            )
            for at, line in enumerate(new.lines, start=1)
        ],
    )


@asynccontextmanager
async def application(url: str, connections: int) -> AsyncIterator[Litestar]:
    config = SQLAlchemyAsyncConfig(
        connection_string=url.replace("postgresql://", "postgresql+psycopg://"),
        before_send_handler="autocommit",
        session_config=AsyncSessionConfig(expire_on_commit=False),
        engine_config=EngineConfig(pool_size=connections, max_overflow=0),
    )
    yield Litestar(
        [get_claim, list_claims, create_claim],
        plugins=[SQLAlchemyPlugin(config=config)],
        dependencies={
            "caller": Provide(provide_caller),
            "service": Provide(provide_claims),
            "listing": Provide(provide_claim_list),
        },
        logging_config=None,
        openapi_config=None,
    )
