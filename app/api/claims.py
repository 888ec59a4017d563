"""Claims and their lines over HTTP."""

import datetime as dt
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK

from app.answers import PageAnswer, decode_cursor, page
from app.api.claim_answers import ClaimAnswer, ClaimSummary, claim_answer, claim_created
from app.api.parameters import Cursor, Limit, SearchText
from app.call import Call
from services.claims import claims, lines
from services.claims.drafts import (
    HIGHEST_CHARGE_CENTS,
    ClaimChanges,
    LineChanges,
    NewClaim,
    NewLine,
)
from services.identity.scopes import Scope
from storage.filters import ClaimFilter
from storage.vocabulary.claims import AdjudicationStatus, ClaimStatus

Cents = Annotated[int | None, QueryParameter(ge=0, le=HIGHEST_CHARGE_CENTS)]


class ClaimController(Controller):
    """Bills to the patients' payers."""

    path = "/claims"
    tags = ("Claims",)

    @post(operation_id="create_claim", scope=Scope.CLAIMS_WRITE)
    async def create(self, request: Call, data: JSONBody[NewClaim]) -> Response[ClaimAnswer]:
        """Draft a claim with its lines."""
        return await request.run(lambda store: claims.create_claim(store, data), claim_created())

    @get(operation_id="list_claims", scope=Scope.CLAIMS_READ)
    async def list(
        self,
        request: Call,
        patient_id: FromQuery[UUID | None] = None,
        provider_id: SearchText = None,
        payer_id: FromQuery[UUID | None] = None,
        status: FromQuery[ClaimStatus | None] = None,
        adjudication_status: FromQuery[AdjudicationStatus | None] = None,
        service_from: FromQuery[dt.date | None] = None,
        service_until: FromQuery[dt.date | None] = None,
        charge_at_least_cents: Cents = None,
        charge_at_most_cents: Cents = None,
        text: SearchText = None,
        is_submitted: FromQuery[bool | None] = None,
        is_appealed: FromQuery[bool | None] = None,
        is_settled: FromQuery[bool | None] = None,
        was_initially_denied: FromQuery[bool | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[ClaimSummary]]:
        """Claims, newest first. `provider_id` is the rendering or billing one, `payer_id` any of
        the claim's; `text` is how a claim number, control number or patient's name begins;
        `is_settled` claims are submitted and nothing is open on them; those that
        `was_initially_denied` finds had a denial in their first decision."""
        conditions = ClaimFilter(
            patient_id=patient_id,
            provider_id=provider_id,
            payer_id=payer_id,
            status=status,
            adjudication_status=adjudication_status,
            service_from=service_from,
            service_until=service_until,
            charge_at_least_cents=charge_at_least_cents,
            charge_at_most_cents=charge_at_most_cents,
            text=text,
            is_submitted=is_submitted,
            is_appealed=is_appealed,
            is_settled=is_settled,
            was_initially_denied=was_initially_denied,
        )
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: claims.list_claims(store, conditions, limit=limit, after=after),
            page(ClaimSummary),
        )

    @get("/{claim_id:uuid}", operation_id="get_claim", scope=Scope.CLAIMS_READ)
    async def get(self, request: Call, claim_id: FromPath[UUID]) -> Response[ClaimAnswer]:
        """One claim with its lines."""
        return await request.run(lambda store: claims.get_claim(store, claim_id), claim_answer())

    @patch("/{claim_id:uuid}", operation_id="update_claim", scope=Scope.CLAIMS_WRITE)
    async def update(
        self, request: Call, claim_id: FromPath[UUID], data: JSONBody[ClaimChanges]
    ) -> Response[ClaimAnswer]:
        """Change a draft, or a rejected claim, which is a draft again after it."""
        version = request.expected_version
        return await request.run(
            lambda store: claims.update_claim(store, claim_id, data, expected_version=version),
            claim_answer(),
        )

    @post(
        "/{claim_id:uuid}/lines",
        operation_id="add_claim_line",
        scope=Scope.CLAIMS_WRITE,
        status_code=HTTP_200_OK,
    )
    async def add_line(
        self, request: Call, claim_id: FromPath[UUID], data: JSONBody[NewLine]
    ) -> Response[ClaimAnswer]:
        """Add a line to a claim. If-Match is the claim's ETag."""
        version = request.expected_version
        return await request.run(
            lambda store: lines.add_line(store, claim_id, data, expected_version=version),
            claim_answer(),
        )

    @patch(
        "/{claim_id:uuid}/lines/{line_id:uuid}",
        operation_id="change_claim_line",
        scope=Scope.CLAIMS_WRITE,
    )
    async def change_line(
        self,
        request: Call,
        claim_id: FromPath[UUID],
        line_id: FromPath[UUID],
        data: JSONBody[LineChanges],
    ) -> Response[ClaimAnswer]:
        """Change a line of a claim. If-Match is the claim's ETag."""
        version = request.expected_version
        return await request.run(
            lambda store: lines.change_line(
                store, claim_id, line_id, data, expected_version=version
            ),
            claim_answer(),
        )

    @delete(
        "/{claim_id:uuid}/lines/{line_id:uuid}",
        operation_id="remove_claim_line",
        scope=Scope.CLAIMS_WRITE,
        status_code=HTTP_200_OK,
    )
    async def remove_line(
        self, request: Call, claim_id: FromPath[UUID], line_id: FromPath[UUID]
    ) -> Response[ClaimAnswer]:
        """Remove a line of a claim. If-Match is the claim's ETag."""
        version = request.expected_version
        return await request.run(
            lambda store: lines.remove_line(store, claim_id, line_id, expected_version=version),
            claim_answer(),
        )
