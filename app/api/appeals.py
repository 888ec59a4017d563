"""Appeals over HTTP: drafted, put into a packet, approved, sent, answered."""

import asyncio
import datetime as dt
from typing import Any
from uuid import UUID

from litestar import Controller, Response, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody
from pydantic import field_serializer

from app.answers import PageAnswer, RowAnswer, created, decode_cursor, one, page
from app.api.approvals import unless_asked
from app.api.denials import DenialAnswer
from app.api.parameters import Cursor, Limit
from app.api.remittances import Reason
from app.call import Call
from app.downloads import downloaded
from services.claims.appealing import answering, approving, drafting, late, packet, submitting
from services.claims.appealing.answering import Answer as PayersAnswer
from services.claims.appealing.answering import Payment
from services.claims.appealing.approving import PacketApproval
from services.claims.appealing.drafting import AppealChanges, NewAppeal, NewAttachment
from services.claims.appealing.submitting import Submission
from services.claims.appealing.typesetting import Enclosure, Typeset, typeset
from services.files.keeping import Bytes, written
from services.files.reading import ReadableFile
from services.identity.scopes import Scope
from storage.files import FileVault
from storage.filters import ClaimAppealFilter
from storage.interface import Actor, Page
from storage.vocabulary.appeals import AppealMethod, AppealStatus

APPEAL = "/appeals/{appeal_id:uuid}"


class AppealAnswer(RowAnswer):
    """A request that a payer decide again.

    ``started_on`` is the day from which the days until ``due_on`` are counted, ``appealed_on`` the
    day it was sent, ``resolved_on`` the day the answer came, and ``adjudication_id`` the decision
    by which money came. ``packet_sha256`` names the packet's bytes.
    """

    claim_id: UUID
    patient_id: UUID
    payer_id: UUID
    appeal_number: int
    level: int
    level_name: str
    plan: str | None
    reason: str
    supporting_documents: list[str]
    notes: str | None
    amount_cents: int
    status: AppealStatus
    started_on: dt.date | None
    due_on: dt.date | None
    due_is_verified: bool
    due_source: str | None
    packet_sha256: str | None
    packet_page_count: int | None
    approved_by_person_id: UUID | None
    approved_at: dt.datetime | None
    is_approved_alone: bool
    late_reason: str | None
    late_approved_by_person_id: UUID | None
    appealed_on: dt.date | None
    method: AppealMethod | None
    reference: str | None
    is_aggregated: bool
    resolved_on: dt.date | None
    resolution_cents: int | None
    adjudication_id: UUID | None

    @field_serializer("packet_sha256")
    def _in_hexadecimal(self, value: bytes | None) -> str | None:
        return None if value is None else value.hex()


class AttachmentAnswer(RowAnswer):
    """A kept file that goes with an appeal."""

    appeal_id: UUID
    file_id: UUID
    title: str


class AppealController(Controller):
    """Requests that payers decide again."""

    path = "/"
    tags = ("Appeals",)

    @post("/claims/{claim_id:uuid}/appeals", operation_id="draft_appeal", scope=Scope.CLAIMS_WRITE)
    async def draft(
        self, request: Call, claim_id: FromPath[UUID], data: JSONBody[NewAppeal]
    ) -> Response[AppealAnswer]:
        """Begin the next appeal of a claim. If-Match is the claim's ETag."""
        version = request.expected_version
        return await request.run(
            lambda store: drafting.draft_appeal(store, claim_id, data, expected_version=version),
            created(AppealAnswer, "/api/v1/appeals/{id}"),
        )

    @get("/appeals", operation_id="list_appeals", scope=Scope.CLAIMS_READ)
    async def browse(
        self,
        request: Call,
        claim_id: FromQuery[UUID | None] = None,
        payer_id: FromQuery[UUID | None] = None,
        status: FromQuery[AppealStatus | None] = None,
        due_until: FromQuery[dt.date | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[AppealAnswer]]:
        """Appeals, newest first."""
        conditions = ClaimAppealFilter(
            claim_id=claim_id, payer_id=payer_id, status=status, due_until=due_until
        )
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: drafting.list_appeals(store, conditions, limit=limit, after=after),
            page(AppealAnswer),
        )

    @get(APPEAL, operation_id="get_appeal", scope=Scope.CLAIMS_READ)
    async def read(self, request: Call, appeal_id: FromPath[UUID]) -> Response[AppealAnswer]:
        """One appeal."""
        return await request.run(
            lambda store: drafting.get_appeal(store, appeal_id), one(AppealAnswer)
        )

    @get(f"{APPEAL}/denials", operation_id="list_appeal_denials", scope=Scope.CLAIMS_READ)
    async def denials(
        self, request: Call, appeal_id: FromPath[UUID]
    ) -> Response[PageAnswer[DenialAnswer]]:
        """The denials that it is about."""
        return await request.run(
            lambda store: drafting.denials_of(store, appeal_id),
            lambda found: page(DenialAnswer)(Page(found, None)),
        )

    @get(f"{APPEAL}/attachments", operation_id="list_appeal_attachments", scope=Scope.CLAIMS_READ)
    async def attachments(
        self, request: Call, appeal_id: FromPath[UUID]
    ) -> Response[PageAnswer[AttachmentAnswer]]:
        """The kept files that go along, in their order."""
        return await request.run(
            lambda store: drafting.attachments_of(store, appeal_id),
            lambda found: page(AttachmentAnswer)(Page(found, None)),
        )

    @patch(APPEAL, operation_id="update_appeal", scope=Scope.CLAIMS_WRITE)
    async def update(
        self, request: Call, appeal_id: FromPath[UUID], data: JSONBody[AppealChanges]
    ) -> Response[AppealAnswer]:
        """Change what it says, before it is sent; its packet is then to be made anew."""
        version = request.expected_version
        return await request.run(
            lambda store: drafting.change_appeal(store, appeal_id, data, expected_version=version),
            one(AppealAnswer),
        )

    @post(
        f"{APPEAL}/attachments",
        operation_id="attach_to_appeal",
        scope=Scope.CLAIMS_WRITE,
        status_code=200,
    )
    async def attach(
        self, request: Call, appeal_id: FromPath[UUID], data: JSONBody[NewAttachment]
    ) -> Response[AppealAnswer]:
        """Let a kept file (PDF, PNG or JPEG) go along, as the last one."""
        version = request.expected_version
        return await request.run(
            lambda store: drafting.attach(store, appeal_id, data, expected_version=version),
            one(AppealAnswer),
        )

    @delete(
        f"{APPEAL}/attachments/{{attachment_id:uuid}}",
        operation_id="detach_from_appeal",
        scope=Scope.CLAIMS_WRITE,
        status_code=200,
    )
    async def detach(
        self, request: Call, appeal_id: FromPath[UUID], attachment_id: FromPath[UUID]
    ) -> Response[AppealAnswer]:
        """Let a file not go along. If-Match is the appeal's ETag."""
        version = request.expected_version
        return await request.run(
            lambda store: drafting.detach(
                store, appeal_id, attachment_id, expected_version=version
            ),
            one(AppealAnswer),
        )

    @post(
        f"{APPEAL}/packet",
        operation_id="render_appeal_packet",
        scope=Scope.CLAIMS_WRITE,
        status_code=200,
    )
    async def render(self, request: Call, appeal_id: FromPath[UUID]) -> Response[AppealAnswer]:
        """Put the packet together: cover sheet, letter and attachments as one PDF, kept as a
        file. What was approved before has to be approved anew."""
        version = request.expected_version
        platform = request.platform
        async with request.transaction() as (store, principal):
            content = await packet.content_of(store, appeal_id, expected_version=version)
        made = await asyncio.to_thread(_typeset, platform.vault, content)
        async with written(
            platform.storage,
            platform.vault,
            principal.company_id,
            Actor(principal.id, request.request_id),
            content.new_file,
            Bytes(made.content),
        ) as file:
            return await request.run(
                lambda store: packet.record_packet(
                    store, appeal_id, file, made.page_count, expected_version=version
                ),
                one(AppealAnswer),
            )

    @get(
        f"{APPEAL}/packet",
        operation_id="download_appeal_packet",
        scope=Scope.CLAIMS_READ,
        is_export=True,
        media_type="application/octet-stream",
    )
    async def download(self, request: Call, appeal_id: FromPath[UUID]) -> Response[Any]:
        """The packet, byte for byte. Who downloaded it is on record."""
        return await downloaded(request, lambda store: packet.readable_packet(store, appeal_id))

    @post(
        f"{APPEAL}/approve",
        operation_id="approve_appeal",
        scope=Scope.APPEALS_APPROVE,
        status_code=200,
        also_answers=(202,),
    )
    async def approve(
        self, request: Call, appeal_id: FromPath[UUID], data: JSONBody[PacketApproval]
    ) -> Response[AppealAnswer]:
        """Approve the packet with this hash: exactly these bytes may go out. Only a signed-in
        person can; whoever had a hand in it asks so for somebody else's approval (202, with the
        request as Location), unless the company lets one person suffice."""
        version = request.expected_version
        return await request.run(
            lambda store: approving.approve_packet(
                store, request.principal, appeal_id, data, expected_version=version
            ),
            unless_asked(one(AppealAnswer)),
        )

    @post(
        f"{APPEAL}/late-submission",
        operation_id="request_late_appeal",
        scope=Scope.CLAIMS_WRITE,
        status_code=202,
    )
    async def ask_to_be_late(
        self, request: Call, appeal_id: FromPath[UUID], data: JSONBody[Reason]
    ) -> Response[AppealAnswer]:
        """Ask that it may go out after its deadline: 202, with the request for a second person's
        approval as Location."""
        version = request.expected_version
        return await request.run(
            lambda store: late.ask_for_late_submission(
                store, request.principal, appeal_id, data.reason, expected_version=version
            ),
            unless_asked(one(AppealAnswer)),
        )

    @post(
        f"{APPEAL}/submit", operation_id="submit_appeal", scope=Scope.CLAIMS_WRITE, status_code=200
    )
    async def submit(
        self, request: Call, appeal_id: FromPath[UUID], data: JSONBody[Submission]
    ) -> Response[AppealAnswer]:
        """Send the approved packet, or put on record that it was sent. Not after the deadline,
        unless a second person has allowed it."""
        version = request.expected_version
        return await request.run(
            lambda store: submitting.submit_appeal(
                store, appeal_id, data, expected_version=version
            ),
            one(AppealAnswer),
        )

    @post(
        f"{APPEAL}/confirm-receipt",
        operation_id="confirm_appeal_receipt",
        scope=Scope.CLAIMS_WRITE,
        status_code=200,
    )
    async def confirm(self, request: Call, appeal_id: FromPath[UUID]) -> Response[AppealAnswer]:
        """The payer has said that it has it."""
        version = request.expected_version
        return await request.run(
            lambda store: submitting.confirm_receipt(store, appeal_id, expected_version=version),
            one(AppealAnswer),
        )

    @post(
        f"{APPEAL}/answer", operation_id="answer_appeal", scope=Scope.CLAIMS_WRITE, status_code=200
    )
    async def answer(
        self, request: Call, appeal_id: FromPath[UUID], data: JSONBody[PayersAnswer]
    ) -> Response[AppealAnswer]:
        """Put the payer's answer on record. Money is posted from its remittance, never here."""
        version = request.expected_version
        return await request.run(
            lambda store: answering.answer_appeal(store, appeal_id, data, expected_version=version),
            one(AppealAnswer),
        )

    @post(
        f"{APPEAL}/payment",
        operation_id="link_appeal_payment",
        scope=Scope.CLAIMS_WRITE,
        status_code=200,
    )
    async def link_payment(
        self, request: Call, appeal_id: FromPath[UUID], data: JSONBody[Payment]
    ) -> Response[AppealAnswer]:
        """Name the posted decision that brought what it has won."""
        version = request.expected_version
        return await request.run(
            lambda store: answering.link_payment(store, appeal_id, data, expected_version=version),
            one(AppealAnswer),
        )

    @post(
        f"{APPEAL}/withdraw",
        operation_id="withdraw_appeal",
        scope=Scope.CLAIMS_WRITE,
        status_code=200,
    )
    async def withdraw(
        self, request: Call, appeal_id: FromPath[UUID], data: JSONBody[Reason]
    ) -> Response[AppealAnswer]:
        """Pursue it no further; its denials stay as they are."""
        version = request.expected_version
        return await request.run(
            lambda store: submitting.withdraw_appeal(
                store, appeal_id, data.reason, expected_version=version
            ),
            one(AppealAnswer),
        )


def _typeset(vault: FileVault, content: packet.PacketContent) -> Typeset:
    """Reads the enclosures and typesets the whole; takes its time."""
    enclosures = [
        Enclosure(title, file.row.media_type, _content_of(vault, file))
        for title, file in content.enclosures
    ]
    return typeset(content.facts, enclosures)


def _content_of(vault: FileVault, file: ReadableFile) -> bytes:
    return b"".join(vault.read(file.key))
