"""Files of claims over HTTP: asked for, followed, taken back and downloaded."""

import datetime as dt
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody

from app.answers import (
    JSON,
    Answer,
    PageAnswer,
    RowAnswer,
    decode_cursor,
    encode,
    entity_tag,
    one,
    page,
)
from app.api.parameters import Cursor, Limit
from app.call import Call
from app.downloads import downloaded
from services.claims.clearing import sending
from services.claims.clearing.sending import Cancellation, ClaimFileOutcome, NewClaimFile
from services.identity.scopes import Scope
from storage.filters import ClaimFileFilter
from storage.vocabulary.clearing import (
    ClaimFileKind,
    ClaimFileStatus,
    FiledClaimStatus,
    InterchangeUsage,
)

LOCATION = "/api/v1/claim-files/{id}"


class ClaimFileAnswer(RowAnswer):
    """A file of claims for a trading partner. Its numbers are there once it is written; how its
    delivery goes, says `/outbox-messages/{message_id}`."""

    partner_id: UUID
    kind: ClaimFileKind
    usage: InterchangeUsage
    status: ClaimFileStatus
    status_reason: str | None
    batch_id: UUID | None
    is_all_or_nothing: bool
    interchange_control_number: int | None
    group_control_number: int | None
    set_control_number: int | None
    reference: str | None
    name: str | None
    message_id: UUID | None
    claim_count: int
    refused_count: int
    total_charge_cents: int
    prepared_at: dt.datetime | None
    sent_at: dt.datetime | None
    acknowledged_at: dt.datetime | None


class LeftOutClaimAnswer(Answer):
    """A claim that does not go along, and why. A foreign claim and an absent one read alike."""

    claim_id: UUID
    reason: str


class ClaimFileOutcomeAnswer(ClaimFileAnswer):
    """A file that is being prepared, and the claims that do not go along with it."""

    left_out: list[LeftOutClaimAnswer]


class ClaimFaultAnswer(Answer):
    """One thing that keeps a claim from leaving. `pointer` leads into the claim."""

    pointer: str
    code: str
    detail: str


class ClaimFaultsAnswer(Answer):
    """Why a claim stayed behind."""

    faults: list[ClaimFaultAnswer]


class FiledClaimAnswer(RowAnswer):
    """A claim of a file, and what became of it there."""

    claim_file_id: UUID
    claim_id: UUID
    patient_control_number: str
    position: int | None
    charge_cents: int
    submits_claim: bool
    responsibility: str | None
    status: FiledClaimStatus
    faults: ClaimFaultsAnswer | None
    status_codes: list[str]
    reason: str | None
    answered_at: dt.datetime | None


class _Whole:
    """A file and what was left out side by side, as the answer shows them."""

    def __init__(self, outcome: ClaimFileOutcome) -> None:
        self.__dict__.update(outcome.file.__dict__, left_out=outcome.left_out)


def _accepted(outcome: ClaimFileOutcome) -> Response[Any]:
    headers = {
        "Location": LOCATION.replace("{id}", str(outcome.file.id)),
        "ETag": entity_tag(outcome.file.version),
    }
    body = encode(ClaimFileOutcomeAnswer, _Whole(outcome))
    return Response(body, media_type=JSON, status_code=202, headers=headers)


class ClaimFileController(Controller):
    """Files of claims."""

    path = "/claim-files"
    tags = ("Clearinghouses",)

    @post(operation_id="create_claim_file", scope=Scope.CLAIMS_WRITE, status_code=202)
    async def create(
        self, request: Call, data: JSONBody[NewClaimFile]
    ) -> Response[ClaimFileOutcomeAnswer]:
        """Send claims to a trading partner, as one file.

        The file is written, checked and handed over behind this answer: follow it at its
        Location. A claim is submitted once the file with it is delivered; until then, or until the
        file is cancelled, it stays as it is.
        """
        return await request.run(lambda store: sending.create_claim_file(store, data), _accepted)

    @get(operation_id="list_claim_files", scope=Scope.CLAIMS_READ)
    async def browse(
        self,
        request: Call,
        status: FromQuery[ClaimFileStatus | None] = None,
        partner_id: FromQuery[UUID | None] = None,
        batch_id: FromQuery[UUID | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[ClaimFileAnswer]]:
        """Files of claims, newest first."""
        conditions = ClaimFileFilter(status=status, partner_id=partner_id, batch_id=batch_id)
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: sending.list_claim_files(store, conditions, limit=limit, after=after),
            page(ClaimFileAnswer),
        )

    @get("/{claim_file_id:uuid}", operation_id="get_claim_file", scope=Scope.CLAIMS_READ)
    async def read(self, request: Call, claim_file_id: FromPath[UUID]) -> Response[ClaimFileAnswer]:
        """One file: how far it is."""
        return await request.run(
            lambda store: sending.get_claim_file(store, claim_file_id), one(ClaimFileAnswer)
        )

    @get(
        "/{claim_file_id:uuid}/claims",
        operation_id="list_filed_claims",
        scope=Scope.CLAIMS_READ,
    )
    async def claims(
        self,
        request: Call,
        claim_file_id: FromPath[UUID],
        status: FromQuery[FiledClaimStatus | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[FiledClaimAnswer]]:
        """The claims of a file; with `status=refused`, those that stayed behind and why."""
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: sending.list_filed_claims(
                store, claim_file_id, status=status, limit=limit, after=after
            ),
            page(FiledClaimAnswer),
        )

    @post(
        "/{claim_file_id:uuid}/cancel",
        operation_id="cancel_claim_file",
        scope=Scope.CLAIMS_WRITE,
        status_code=200,
    )
    async def cancel(
        self, request: Call, claim_file_id: FromPath[UUID], data: JSONBody[Cancellation]
    ) -> Response[ClaimFileAnswer]:
        """Take back a file that was not delivered; its claims are free again.

        Where a try at delivering it has failed, its receiver is asked first whether it came.
        """
        version = request.expected_version
        return await request.run(
            lambda store: sending.cancel_claim_file(
                store, claim_file_id, data, expected_version=version
            ),
            one(ClaimFileAnswer),
        )

    @get(
        "/{claim_file_id:uuid}/file",
        operation_id="download_claim_file",
        scope=Scope.CLAIMS_READ,
        is_export=True,
        media_type="application/octet-stream",
    )
    async def download(self, request: Call, claim_file_id: FromPath[UUID]) -> Response[Any]:
        """The bytes that were sent. Who downloaded them is on record."""
        return await downloaded(request, lambda store: sending.sent_file(store, claim_file_id))
