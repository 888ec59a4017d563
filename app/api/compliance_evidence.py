"""Evidence, and which requirements it serves, over HTTP."""

import datetime as dt
from uuid import UUID

from litestar import Controller, Response, delete, get, post
from litestar.params import FromPath, FromQuery, JSONBody
from pydantic import field_serializer

from app.answers import PageAnswer, RecordAnswer, RowAnswer, created, decode_cursor, one, page
from app.api.parameters import Cursor, Limit
from app.call import Call
from services.identity.scopes import Scope
from services.inputs import Input
from services.regulatory_compliance import evidence
from services.regulatory_compliance.evidence import NewEvidence
from storage.filters import EvidenceFilter
from storage.interface import Page
from storage.vocabulary.compliance import EvidenceKind

LOCATION = "/api/v1/compliance/evidence/{id}"


class EvidenceAnswer(RecordAnswer):
    """One version of a piece of evidence; ``series_id`` is the id of the first.

    ``content_hash`` is the SHA-256 of the file, or of the link's or fact's text.
    """

    series_id: UUID
    number: int
    kind: EvidenceKind
    title: str
    description: str | None
    file_id: UUID | None
    url: str | None
    fact: str | None
    content_hash: bytes
    effective_on: dt.date
    period_from: dt.date | None
    period_to: dt.date | None
    expires_on: dt.date | None

    @field_serializer("content_hash")
    def _as_hex(self, digest: bytes) -> str:
        return digest.hex()


class EvidenceLinkAnswer(RowAnswer):
    """That a series of evidence serves a requirement."""

    requirement_id: UUID
    series_id: UUID


class EvidenceLinked(Input):
    """What serves the requirement: any version of its series."""

    evidence_id: UUID


class ComplianceEvidenceController(Controller):
    """Files, links and system facts that show requirements to be met."""

    path = "/compliance"
    tags = ("Compliance",)

    @post("/evidence", operation_id="create_compliance_evidence", scope=Scope.COMPLIANCE_WRITE)
    async def create(self, request: Call, data: JSONBody[NewEvidence]) -> Response[EvidenceAnswer]:
        """Add a piece of evidence."""
        return await request.run(
            lambda store: evidence.add_evidence(store, data), created(EvidenceAnswer, LOCATION)
        )

    @get("/evidence", operation_id="list_compliance_evidence", scope=Scope.COMPLIANCE_READ)
    async def browse(
        self,
        request: Call,
        kind: FromQuery[EvidenceKind | None] = None,
        series_id: FromQuery[UUID | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[EvidenceAnswer]]:
        """Every version of everything, newest first."""
        conditions = EvidenceFilter(kind=kind, series_id=series_id)
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: evidence.list_evidence(store, conditions, limit=limit, after=after),
            page(EvidenceAnswer),
        )

    @get(
        "/evidence/{evidence_id:uuid}",
        operation_id="get_compliance_evidence",
        scope=Scope.COMPLIANCE_READ,
    )
    async def read(self, request: Call, evidence_id: FromPath[UUID]) -> Response[EvidenceAnswer]:
        """One version."""
        return await request.run(
            lambda store: evidence.get_evidence(store, evidence_id), one(EvidenceAnswer)
        )

    @post(
        "/evidence/{evidence_id:uuid}/replace",
        operation_id="replace_compliance_evidence",
        scope=Scope.COMPLIANCE_WRITE,
    )
    async def replace(
        self, request: Call, evidence_id: FromPath[UUID], data: JSONBody[NewEvidence]
    ) -> Response[EvidenceAnswer]:
        """Add the next version; attestations stay bound to the one that they named."""
        return await request.run(
            lambda store: evidence.replace_evidence(store, evidence_id, data),
            created(EvidenceAnswer, LOCATION),
        )

    @post(
        "/requirements/{requirement_id:uuid}/evidence",
        operation_id="link_compliance_evidence",
        scope=Scope.COMPLIANCE_WRITE,
    )
    async def link(
        self, request: Call, requirement_id: FromPath[UUID], data: JSONBody[EvidenceLinked]
    ) -> Response[EvidenceLinkAnswer]:
        """Let a piece of evidence serve a requirement; it may serve many."""
        return await request.run(
            lambda store: evidence.link_evidence(store, requirement_id, data.evidence_id),
            one(EvidenceLinkAnswer, status=201),
        )

    @get(
        "/requirements/{requirement_id:uuid}/evidence",
        operation_id="list_requirement_evidence",
        scope=Scope.COMPLIANCE_READ,
    )
    async def of_requirement(
        self, request: Call, requirement_id: FromPath[UUID]
    ) -> Response[PageAnswer[EvidenceAnswer]]:
        """The latest version of everything that serves a requirement."""
        return await request.run(
            lambda store: evidence.evidence_of(store, requirement_id),
            lambda rows: page(EvidenceAnswer)(Page(rows, None)),
        )

    @delete(
        "/requirements/{requirement_id:uuid}/evidence/{link_id:uuid}",
        operation_id="unlink_compliance_evidence",
        scope=Scope.COMPLIANCE_WRITE,
    )
    async def unlink(
        self, request: Call, requirement_id: FromPath[UUID], link_id: FromPath[UUID]
    ) -> Response[None]:
        """Let it serve the requirement no longer; attestations stay bound to it."""
        version = request.expected_version
        return await request.run(
            lambda store: evidence.unlink_evidence(
                store, requirement_id, link_id, expected_version=version
            ),
            lambda _: Response(None, status_code=204),
        )
