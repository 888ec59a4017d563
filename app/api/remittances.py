"""Remittances over HTTP: an 835 comes in, is posted, and can be followed."""

import asyncio
import datetime as dt
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from app.answers import JSON as JSON_TYPE
from app.answers import (
    Answer,
    PageAnswer,
    RecordAnswer,
    RowAnswer,
    decode_cursor,
    encode,
    entity_tag,
    one,
    page,
)
from app.api.approvals import unless_asked
from app.api.parameters import Cursor, Limit, SearchText
from app.call import Call
from app.downloads import downloaded
from app.uploads import spooled_body
from services.claims.remittances import (
    receiving,
    remittance_queries,
    remittance_review,
    remittances,
)
from services.claims.remittances.remittance_scan import scan
from services.files.keeping import written
from services.identity.scopes import Scope
from services.inputs import PARAMETER, Input
from services.inputs import Reason as ReasonText
from storage.filters import RemittanceFilter, RemittanceTransactionFilter
from storage.interface import Actor, Store
from storage.tables.remittances import Remittance
from storage.vocabulary.claims import RemittanceStatus, TransactionStatus

UPLOADED_AS = ("application/octet-stream", "application/edi-x12", "text/plain")
"""The media types that an 835 may be sent as."""

POSTED_AT_ONCE_BYTES = 1_000_000
POSTED_AT_ONCE_CLAIMS = 1_000
POSTED_AT_ONCE_TRANSACTIONS = 20
SHOWN_TRANSACTIONS = 100
"""How many transactions of a file its answer holds."""

FileName = Annotated[
    str,
    QueryParameter(
        max_length=255, min_length=1, pattern=PARAMETER, description="What the file is called."
    ),
]


class RemittanceAnswer(RowAnswer):
    """An 835 file. ``status`` is processed once each of its transactions was gone through;
    ``done_count`` says how many of its claims were, until then."""

    file_name: str
    byte_count: int
    status: RemittanceStatus
    transaction_count: int
    claim_count: int
    anomaly_count: int
    done_count: int
    processed_at: dt.datetime | None


class RemittanceTransactionAnswer(RowAnswer):
    """One ST: a deposit and the claims it pays."""

    remittance_id: UUID
    ordinal: int
    position: int
    control_number: str
    status: TransactionStatus
    status_reason: str | None
    duplicate_of_id: UUID | None
    payer_id: UUID | None
    payer_name: str | None
    payer_identifier: str | None
    payer_trace_identifier: str | None
    payee_identifier: str | None
    trace_number: str | None
    payment_method: str | None
    payment_date: dt.date | None
    payment_cents: int
    charge_cents: int
    paid_cents: int
    provider_adjustment_cents: int
    difference_cents: int
    claim_count: int
    posted_count: int
    exception_count: int
    posted_at: dt.datetime | None


class RemittanceProgress(Answer):
    """A remittance with its first hundred transactions: what was posted and what waits. All of
    them: ``GET /remittance-transactions?remittance_id=``."""

    remittance: RemittanceAnswer
    transactions: list[RemittanceTransactionAnswer]


class RemittanceAnomalyAnswer(RecordAnswer):
    """Something odd in the file, and the segment where it stands."""

    kind: str
    position: int
    transaction_ordinal: int | None
    claim_ordinal: int | None
    detail: str


class Reason(Input):
    """Why."""

    reason: ReasonText


class RemittanceController(Controller):
    """835 files."""

    path = "/remittances"
    tags = ("Remittances",)

    @post(
        operation_id="post_remittance",
        scope=Scope.REMITTANCES_POST,
        request_max_body_size=None,
        media_types=UPLOADED_AS,
        also_answers=(200, 202),
    )
    async def receive(
        self, request: Call, file_name: FileName = "remittance.835"
    ) -> Response[RemittanceProgress]:
        """Post an 835 file, sent as the body.

        It is read to its end and kept before anything is posted. A small file is posted before
        the answer (201); a large one is answered with 202 and posted behind it, to be followed at
        its Location. The same bytes again are the same remittance (200).
        """
        await request.authenticated()
        vault, storage = request.platform.vault, request.platform.storage
        company_id = request.principal.company_id
        actor = Actor(request.principal.id, request.request_id)
        outcome: list[tuple[Remittance, bool]] = []

        def accepted(result: tuple[Remittance, bool]) -> Response[Any]:
            outcome.append(result)
            is_done = result[0].status is RemittanceStatus.PROCESSED
            return _answer(result[0], b"", 200 if is_done else 202)

        async with spooled_body(request) as upload:
            found = await asyncio.to_thread(scan, upload.chunks())
            new = receiving.new_file(file_name)
            async with written(storage, vault, company_id, actor, new, upload) as file:
                received = receiving.ReceivedFile(file, found)
                response = await request.run(
                    lambda store: receiving.receive_and_enqueue(store, received),
                    accepted,
                )
        at_once = (
            upload.byte_count <= POSTED_AT_ONCE_BYTES
            and found.claim_count <= POSTED_AT_ONCE_CLAIMS
            and len(found.transactions) <= POSTED_AT_ONCE_TRANSACTIONS
        )
        if "Location" not in response.headers:
            return response
        if not outcome or not at_once:
            return await self._followed(request, response)
        remittance, is_new = outcome[-1]
        posted = await remittances.post_remittance(storage, vault, company_id, actor, remittance.id)
        return await self._progress(request, posted.id, 201 if is_new else 200)

    async def _followed(
        self, request: Call, response: Response[Any]
    ) -> Response[RemittanceProgress]:
        """The 202 with the state of the remittance so far."""
        remittance_id = UUID((response.headers["Location"] or "").rpartition("/")[2])
        return await self._progress(request, remittance_id, response.status_code or 202)

    async def _progress(
        self, request: Call, remittance_id: UUID, status: int
    ) -> Response[RemittanceProgress]:
        async with request.transaction() as (store, _):
            progress = await _progress(store, remittance_id)
        return _answer(progress.remittance, encode(RemittanceProgress, progress), status)

    @get(operation_id="list_remittances", scope=Scope.REMITTANCES_READ)
    async def browse(
        self,
        request: Call,
        status: FromQuery[RemittanceStatus | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[RemittanceAnswer]]:
        """Files, newest first."""
        conditions = RemittanceFilter(status=status)
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: remittance_queries.list_remittances(
                store, conditions, limit=limit, after=after
            ),
            page(RemittanceAnswer),
        )

    @get("/{remittance_id:uuid}", operation_id="get_remittance", scope=Scope.REMITTANCES_READ)
    async def read(
        self, request: Call, remittance_id: FromPath[UUID]
    ) -> Response[RemittanceProgress]:
        """A file with its first hundred transactions: follow a large one here until it is
        processed."""
        return await request.run(
            lambda store: _progress(store, remittance_id),
            lambda progress: _answer(
                progress.remittance, encode(RemittanceProgress, progress), 200
            ),
        )

    @get(
        "/{remittance_id:uuid}/anomalies",
        operation_id="list_remittance_anomalies",
        scope=Scope.REMITTANCES_READ,
    )
    async def anomalies(
        self,
        request: Call,
        remittance_id: FromPath[UUID],
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[RemittanceAnomalyAnswer]]:
        """What was odd in the file."""
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: remittance_queries.list_anomalies(
                store, remittance_id, limit=limit, after=after
            ),
            page(RemittanceAnomalyAnswer),
        )

    @get(
        "/{remittance_id:uuid}/file",
        operation_id="download_remittance",
        scope=Scope.REMITTANCES_READ,
        is_export=True,
        media_type="application/octet-stream",
    )
    async def download(self, request: Call, remittance_id: FromPath[UUID]) -> Response[Any]:
        """The file as it came, byte for byte. Who downloaded it is on record."""
        return await downloaded(
            request, lambda store: remittance_queries.whole_file(store, remittance_id)
        )


class RemittanceTransactionController(Controller):
    """The transactions (ST) of all files."""

    path = "/remittance-transactions"
    tags = ("Remittances",)

    @get(operation_id="list_remittance_transactions", scope=Scope.REMITTANCES_READ)
    async def browse(
        self,
        request: Call,
        status: FromQuery[TransactionStatus | None] = None,
        payer_id: FromQuery[UUID | None] = None,
        remittance_id: FromQuery[UUID | None] = None,
        trace_number: SearchText = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[RemittanceTransactionAnswer]]:
        """Transactions, newest first; ``status=in_review`` and ``unbalanced`` wait for a person."""
        conditions = RemittanceTransactionFilter(
            status=status,
            payer_id=payer_id,
            remittance_id=remittance_id,
            trace_number=trace_number,
        )
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: remittance_queries.list_transactions(
                store, conditions, limit=limit, after=after
            ),
            page(RemittanceTransactionAnswer),
        )

    @get(
        "/{transaction_id:uuid}",
        operation_id="get_remittance_transaction",
        scope=Scope.REMITTANCES_READ,
    )
    async def read(
        self, request: Call, transaction_id: FromPath[UUID]
    ) -> Response[RemittanceTransactionAnswer]:
        """One transaction."""
        return await request.run(
            lambda store: remittance_queries.get_transaction(store, transaction_id),
            one(RemittanceTransactionAnswer),
        )

    @post(
        "/{transaction_id:uuid}/dismiss",
        operation_id="dismiss_remittance_transaction",
        scope=Scope.REMITTANCES_RELEASE,
        status_code=200,
    )
    async def dismiss(
        self, request: Call, transaction_id: FromPath[UUID], data: JSONBody[Reason]
    ) -> Response[RemittanceTransactionAnswer]:
        """Do not post it: the payer sends a corrected one, or it came twice."""
        version = request.expected_version
        return await request.run(
            lambda store: remittance_review.dismiss(
                store, transaction_id, data.reason, expected_version=version
            ),
            one(RemittanceTransactionAnswer),
        )

    @post(
        "/{transaction_id:uuid}/accept",
        operation_id="accept_remittance_transaction",
        scope=Scope.REMITTANCES_RELEASE,
        status_code=202,
    )
    async def accept(
        self, request: Call, transaction_id: FromPath[UUID], data: JSONBody[Reason]
    ) -> Response[RemittanceTransactionAnswer]:
        """Post one in review after all: it is another payment under a trace that came before.
        Where the company wants a second person for the amount, the request for their approval is
        the Location."""
        version = request.expected_version
        return await request.run(
            lambda store: remittance_review.accept(
                store, request.principal, transaction_id, data.reason, expected_version=version
            ),
            unless_asked(one(RemittanceTransactionAnswer, status=202)),
        )


async def _progress(store: Store, remittance_id: UUID) -> remittance_queries.Progress:
    remittance = await store.remittances.get(remittance_id)
    found = await remittance_queries.list_transactions(
        store,
        RemittanceTransactionFilter(remittance_id=remittance_id, ordinal_to=SHOWN_TRANSACTIONS),
        limit=SHOWN_TRANSACTIONS,
        after=None,
    )
    in_order = sorted(found.rows, key=lambda each: each.ordinal)
    return remittance_queries.Progress(remittance, in_order)


def _answer(remittance: Remittance, content: bytes, status: int) -> Response[Any]:
    return Response(
        content,
        media_type=JSON_TYPE,
        status_code=status,
        headers={
            "Location": f"/api/v1/remittances/{remittance.id}",
            "ETag": entity_tag(remittance.version),
        },
    )
