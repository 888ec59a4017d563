"""Acknowledgements over HTTP: handed in, looked at, and worked where a person has to."""

import asyncio
import datetime as dt
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from app.answers import (
    JSON,
    PageAnswer,
    RecordAnswer,
    RowAnswer,
    decode_cursor,
    encode,
    one,
    page,
)
from app.api.parameters import Cursor, Limit, SearchText
from app.api.remittances import UPLOADED_AS, FileName
from app.call import Call
from app.downloads import downloaded
from app.uploads import spooled_body
from services.claims.clearing import acknowledgements, pickup, waiting
from services.claims.clearing.acknowledgement_scan import scan_acknowledgements
from services.claims.clearing.acknowledgements import ReceivedAcknowledgement
from services.claims.clearing.waiting import Assignment, Dismissal
from services.files.keeping import written
from services.identity.scopes import Scope
from storage.filters import (
    AcknowledgementFileFilter,
    PickedUpFileFilter,
    WaitingAcknowledgementFilter,
)
from storage.interface import Actor
from storage.tables.clearing import AcknowledgementFile
from storage.vocabulary.clearing import (
    AcknowledgementStanding,
    PickedUpAs,
    WaitingReason,
    WaitingStatus,
)

LOCATION = "/api/v1/acknowledgements/{id}"

Partner = Annotated[
    UUID | None,
    QueryParameter(description="Whose answers these are, where their envelope does not say it."),
]


class AcknowledgementAnswer(RecordAnswer):
    """A file of TA1, 999 and 277CA, and what it came to: claims that were accepted, claims that
    came back, and answers that wait for a person."""

    file_name: str
    byte_count: int
    partner_id: UUID | None
    kinds: list[str]
    claim_count: int
    accepted_count: int
    rejected_count: int
    waiting_count: int
    anomaly_count: int


class WaitingAcknowledgementAnswer(RowAnswer):
    """An answer that waits for a person, and why. `control_number` is that of a file, where it
    answers one as a whole; `claim_id` the claim that it names, where there is one."""

    acknowledgement_file_id: UUID
    position: int
    standing: AcknowledgementStanding
    waits_because: WaitingReason
    status: WaitingStatus
    control_number: str | None
    patient_control_number: str | None
    payer_claim_number: str | None
    answered_on: dt.date | None
    status_codes: list[str]
    detail: str
    claim_id: UUID | None
    resolution_note: str | None
    resolved_at: dt.datetime | None


class PickedUpFileAnswer(RecordAnswer):
    """A file that a partner left for us, and what it turned out to be. It is left where it is."""

    partner_id: UUID
    name: str
    byte_count: int
    modified_at: dt.datetime | None
    turned_out: PickedUpAs
    detail: str | None
    acknowledgement_file_id: UUID | None
    remittance_id: UUID | None


def _recorded(result: tuple[AcknowledgementFile, bool]) -> Response[Any]:
    file, is_new = result
    return Response(
        encode(AcknowledgementAnswer, file),
        media_type=JSON,
        status_code=201 if is_new else 200,
        headers={"Location": LOCATION.replace("{id}", str(file.id))},
    )


class AcknowledgementController(Controller):
    """Files of TA1, 999 and 277CA."""

    path = "/acknowledgements"
    tags = ("Clearinghouses",)

    @post(
        operation_id="post_acknowledgement",
        scope=Scope.CLAIMS_WRITE,
        request_max_body_size=None,
        media_types=UPLOADED_AS,
        also_answers=(200,),
    )
    async def receive(
        self,
        request: Call,
        file_name: FileName = "acknowledgement.x12",
        partner_id: Partner = None,
    ) -> Response[AcknowledgementAnswer]:
        """Hand in a file of acknowledgements, sent as the body.

        It is read to its end and kept; what it says of claims and files is done before the answer
        (201). The same bytes again are the same file (200). One that cannot be read, or answers
        nothing, is refused and nothing is recorded.
        """
        await request.authenticated()
        vault, storage = request.platform.vault, request.platform.storage
        company_id = request.principal.company_id
        actor = Actor(request.principal.id, request.request_id)
        async with spooled_body(request) as upload:
            found = await asyncio.to_thread(scan_acknowledgements, upload.chunks())
            new = acknowledgements.new_file(file_name)
            async with written(storage, vault, company_id, actor, new, upload) as file:
                received = ReceivedAcknowledgement(file, found, partner_id)
                return await request.run(
                    lambda store: acknowledgements.receive_acknowledgement(store, vault, received),
                    _recorded,
                )

    @get(operation_id="list_acknowledgements", scope=Scope.CLAIMS_READ)
    async def browse(
        self,
        request: Call,
        partner_id: FromQuery[UUID | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[AcknowledgementAnswer]]:
        """Files of acknowledgements, newest first."""
        conditions = AcknowledgementFileFilter(partner_id=partner_id)
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: acknowledgements.list_acknowledgement_files(
                store, conditions, limit=limit, after=after
            ),
            page(AcknowledgementAnswer),
        )

    @get(
        "/{acknowledgement_id:uuid}",
        operation_id="get_acknowledgement",
        scope=Scope.CLAIMS_READ,
    )
    async def read(
        self, request: Call, acknowledgement_id: FromPath[UUID]
    ) -> Response[AcknowledgementAnswer]:
        """One file, and what it came to."""
        return await request.run(
            lambda store: acknowledgements.get_acknowledgement_file(store, acknowledgement_id),
            one(AcknowledgementAnswer),
        )

    @get(
        "/{acknowledgement_id:uuid}/file",
        operation_id="download_acknowledgement",
        scope=Scope.CLAIMS_READ,
        is_export=True,
        media_type="application/octet-stream",
    )
    async def download(self, request: Call, acknowledgement_id: FromPath[UUID]) -> Response[Any]:
        """The file as it came, byte for byte. Who downloaded it is on record."""
        return await downloaded(
            request,
            lambda store: acknowledgements.acknowledgement_content(store, acknowledgement_id),
        )


class PickedUpFileController(Controller):
    """Files that trading partners left for us."""

    path = "/picked-up-files"
    tags = ("Clearinghouses",)

    @get(operation_id="list_picked_up_files", scope=Scope.CLAIMS_READ)
    async def browse(
        self,
        request: Call,
        partner_id: FromQuery[UUID | None] = None,
        turned_out: FromQuery[PickedUpAs | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[PickedUpFileAnswer]]:
        """Files that were read, newest first; `turned_out=unreadable` are those that say
        nothing."""
        conditions = PickedUpFileFilter(partner_id=partner_id, turned_out=turned_out)
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: pickup.list_picked_up(store, conditions, limit=limit, after=after),
            page(PickedUpFileAnswer),
        )


class WaitingAcknowledgementController(Controller):
    """The queue of answers that a person looks at."""

    path = "/waiting-acknowledgements"
    tags = ("Clearinghouses",)

    @get(operation_id="list_waiting_acknowledgements", scope=Scope.CLAIMS_READ)
    async def browse(
        self,
        request: Call,
        status: FromQuery[WaitingStatus | None] = None,
        waits_because: FromQuery[WaitingReason | None] = None,
        claim_id: FromQuery[UUID | None] = None,
        acknowledgement_id: FromQuery[UUID | None] = None,
        patient_control_number: SearchText = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[WaitingAcknowledgementAnswer]]:
        """Answers that wait or waited, newest first; `status=open` is the queue."""
        conditions = WaitingAcknowledgementFilter(
            status=status,
            waits_because=waits_because,
            claim_id=claim_id,
            acknowledgement_file_id=acknowledgement_id,
            patient_control_number=patient_control_number,
        )
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: waiting.list_waiting(store, conditions, limit=limit, after=after),
            page(WaitingAcknowledgementAnswer),
        )

    @get(
        "/{waiting_id:uuid}",
        operation_id="get_waiting_acknowledgement",
        scope=Scope.CLAIMS_READ,
    )
    async def read(
        self, request: Call, waiting_id: FromPath[UUID]
    ) -> Response[WaitingAcknowledgementAnswer]:
        """One answer that waits or waited."""
        return await request.run(
            lambda store: waiting.get_waiting(store, waiting_id),
            one(WaitingAcknowledgementAnswer),
        )

    @post(
        "/{waiting_id:uuid}/assign",
        operation_id="assign_waiting_acknowledgement",
        scope=Scope.CLAIMS_WRITE,
        status_code=200,
    )
    async def assign(
        self, request: Call, waiting_id: FromPath[UUID], data: JSONBody[Assignment]
    ) -> Response[WaitingAcknowledgementAnswer]:
        """Have an answer do to a claim what it says; where it does not say it, say what it
        means."""
        version = request.expected_version
        return await request.run(
            lambda store: waiting.assign_waiting(store, waiting_id, data, expected_version=version),
            one(WaitingAcknowledgementAnswer),
        )

    @post(
        "/{waiting_id:uuid}/dismiss",
        operation_id="dismiss_waiting_acknowledgement",
        scope=Scope.CLAIMS_WRITE,
        status_code=200,
    )
    async def dismiss(
        self, request: Call, waiting_id: FromPath[UUID], data: JSONBody[Dismissal]
    ) -> Response[WaitingAcknowledgementAnswer]:
        """Let nothing follow from an answer, and say why."""
        version = request.expected_version
        return await request.run(
            lambda store: waiting.dismiss_waiting(
                store, waiting_id, data, expected_version=version
            ),
            one(WaitingAcknowledgementAnswer),
        )
