"""Attestations and their signatures, over HTTP."""

import datetime as dt
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody
from pydantic import field_serializer

from app.answers import (
    Answer,
    PageAnswer,
    RecordAnswer,
    created,
    decode_cursor,
    one,
    page,
    ready_made,
)
from app.api.parameters import Cursor, Limit
from app.call import Call
from services.identity.scopes import Scope
from services.regulatory_compliance import attesting
from services.regulatory_compliance.attesting import (
    AttestationDetail,
    AttestationReason,
    NewAttestation,
)
from storage.filters import AttestationFilter
from storage.vocabulary.compliance import AttestationKind, AttestationStatus, SignatureKind

LOCATION = "/api/v1/compliance/attestations/{id}"


class AttestationAnswer(RecordAnswer):
    """What somebody put their name to, bound to a version of the requirement and to evidence.

    ``content_hash`` is the SHA-256 of all of it; its signatures cover that hash.
    """

    requirement_id: UUID
    content_number: int
    period_number: int | None
    kind: AttestationKind
    statement: str
    signed_on: dt.date
    valid_from: dt.date
    valid_until: dt.date | None
    evidence_ids: list[UUID]
    evidence_until: dt.date | None
    notes: str | None
    quorum: int
    supersedes_id: UUID | None
    content_hash: bytes

    @field_serializer("content_hash")
    def _as_hex(self, digest: bytes) -> str:
        return digest.hex()


class SignatureAnswer(RecordAnswer):
    """A link in the requirement's chain: who signed what, when, and what they meant by it."""

    requirement_id: UUID
    attestation_id: UUID
    number: int
    kind: SignatureKind
    person_id: UUID
    printed_name: str
    meaning: str
    reason: str | None
    signed_at: dt.datetime
    content_hash: bytes
    previous_hash: bytes
    signature_hash: bytes

    @field_serializer("content_hash", "previous_hash", "signature_hash")
    def _as_hex(self, digest: bytes) -> str:
        return digest.hex()


class AttestationDetailAnswer(Answer):
    """An attestation, where it stands today by its signatures, and these, oldest first."""

    attestation: AttestationAnswer
    status: AttestationStatus
    signatures: list[SignatureAnswer]


class AttestationController(Controller):
    """What was attested. Nothing here changes; it is superseded, disputed and revoked."""

    path = "/compliance"
    tags = ("Compliance",)

    @post(
        "/requirements/{requirement_id:uuid}/attestations",
        operation_id="create_attestation",
        scope=Scope.COMPLIANCE_ATTEST,
    )
    async def create(
        self, request: Call, requirement_id: FromPath[UUID], data: JSONBody[NewAttestation]
    ) -> Response[AttestationAnswer]:
        """Attest: as a signed-in person who has just proved who they are."""
        return await request.run(
            lambda store: attesting.attest(store, request.principal, requirement_id, data),
            created(AttestationAnswer, LOCATION),
        )

    @get("/attestations", operation_id="list_attestations", scope=Scope.COMPLIANCE_READ)
    async def browse(
        self,
        request: Call,
        requirement_id: FromQuery[UUID | None] = None,
        kind: FromQuery[AttestationKind | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[AttestationAnswer]]:
        """Attestations, newest first."""
        conditions = AttestationFilter(requirement_id=requirement_id, kind=kind)
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: attesting.list_attestations(store, conditions, limit=limit, after=after),
            page(AttestationAnswer),
        )

    @get(
        "/attestations/{attestation_id:uuid}",
        operation_id="get_attestation",
        scope=Scope.COMPLIANCE_READ,
    )
    async def read(
        self, request: Call, attestation_id: FromPath[UUID]
    ) -> Response[AttestationDetailAnswer]:
        """One attestation, where it stands, and its signatures."""
        return await request.run(lambda store: attesting.detail_of(store, attestation_id), _detail)

    @post(
        "/attestations/{attestation_id:uuid}/cosign",
        operation_id="cosign_attestation",
        scope=Scope.COMPLIANCE_ATTEST,
    )
    async def cosign(
        self, request: Call, attestation_id: FromPath[UUID]
    ) -> Response[SignatureAnswer]:
        """Attest to it as well, where the requirement asks for several people."""
        return await request.run(
            lambda store: attesting.sign(
                store, request.principal, attestation_id, SignatureKind.COSIGNED
            ),
            one(SignatureAnswer, status=201),
        )

    @post(
        "/attestations/{attestation_id:uuid}/dispute",
        operation_id="dispute_attestation",
        scope=Scope.COMPLIANCE_ATTEST,
    )
    async def dispute(
        self, request: Call, attestation_id: FromPath[UUID], data: JSONBody[AttestationReason]
    ) -> Response[SignatureAnswer]:
        """Dispute it: it counts for nothing until the dispute is settled."""
        return await self._sign(request, attestation_id, SignatureKind.DISPUTED, data)

    @post(
        "/attestations/{attestation_id:uuid}/uphold",
        operation_id="uphold_attestation",
        scope=Scope.COMPLIANCE_APPROVE,
    )
    async def uphold(
        self, request: Call, attestation_id: FromPath[UUID], data: JSONBody[AttestationReason]
    ) -> Response[SignatureAnswer]:
        """Settle a dispute in its favour: by somebody who neither signed nor disputed it."""
        return await self._sign(request, attestation_id, SignatureKind.UPHELD, data)

    @post(
        "/attestations/{attestation_id:uuid}/revoke",
        operation_id="revoke_attestation",
        scope=Scope.COMPLIANCE_ATTEST,
    )
    async def revoke(
        self, request: Call, attestation_id: FromPath[UUID], data: JSONBody[AttestationReason]
    ) -> Response[SignatureAnswer]:
        """Revoke it, for good."""
        return await self._sign(request, attestation_id, SignatureKind.REVOKED, data)

    async def _sign(
        self, request: Call, attestation_id: UUID, kind: SignatureKind, data: AttestationReason
    ) -> Response[SignatureAnswer]:
        return await request.run(
            lambda store: attesting.sign(
                store, request.principal, attestation_id, kind, data.reason
            ),
            one(SignatureAnswer, status=201),
        )


def _detail(found: AttestationDetail) -> Response[Any]:
    return ready_made(AttestationDetailAnswer.model_validate(found))
