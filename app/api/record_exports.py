"""Claims and the ledger as files, for spreadsheets and data warehouses."""

import datetime as dt
from uuid import UUID

from litestar import Controller, get
from litestar.params import FromQuery
from litestar.response import Stream

from app.api.books import LedgerEntryAnswer
from app.api.claim_answers import ClaimSummary
from app.api.parameters import SearchText
from app.call import Call
from app.exports import EXPORTED, ExportForm, Form, exported
from services.claims.claims import list_claims
from services.identity.scopes import Scope
from storage.filters import ClaimFilter, LedgerFilter
from storage.vocabulary.claims import AdjudicationStatus, ClaimStatus, LedgerKind


class RecordExportController(Controller):
    """Whole lists as CSV, JSON Lines or Parquet."""

    path = "/"
    tags = ("Exports",)

    @get(
        "/claims/export",
        operation_id="export_claims",
        scope=Scope.CLAIMS_READ,
        is_export=True,
        produces=EXPORTED,
    )
    async def claims(
        self,
        request: Call,
        form: Form = ExportForm.CSV,
        patient_id: FromQuery[UUID | None] = None,
        provider_id: SearchText = None,
        payer_id: FromQuery[UUID | None] = None,
        status: FromQuery[ClaimStatus | None] = None,
        adjudication_status: FromQuery[AdjudicationStatus | None] = None,
        service_from: FromQuery[dt.date | None] = None,
        service_until: FromQuery[dt.date | None] = None,
        is_submitted: FromQuery[bool | None] = None,
    ) -> Stream:
        """Claims without their lines, newest first: the rows that the list has. That they left,
        and whose they are, is on record before they do."""
        conditions = ClaimFilter(
            patient_id=patient_id,
            provider_id=provider_id,
            payer_id=payer_id,
            status=status,
            adjudication_status=adjudication_status,
            service_from=service_from,
            service_until=service_until,
            is_submitted=is_submitted,
        )
        return await exported(
            request,
            lambda store, limit, after: list_claims(store, conditions, limit=limit, after=after),
            ClaimSummary,
            form=form,
            name="claims",
        )

    @get(
        "/ledger/export",
        operation_id="export_ledger",
        scope=Scope.REMITTANCES_READ,
        is_export=True,
        produces=EXPORTED,
    )
    async def ledger(
        self,
        request: Call,
        form: Form = ExportForm.CSV,
        kind: FromQuery[LedgerKind | None] = None,
        claim_id: FromQuery[UUID | None] = None,
        effective_from: FromQuery[dt.date | None] = None,
        effective_until: FromQuery[dt.date | None] = None,
    ) -> Stream:
        """Entries of the ledger, newest first. That they left is on record before they do."""
        conditions = LedgerFilter(
            kind=kind,
            claim_id=claim_id,
            effective_from=effective_from,
            effective_until=effective_until,
        )
        return await exported(
            request,
            lambda store, limit, after: store.ledger_entries.list(
                conditions, limit=limit, after=after
            ),
            LedgerEntryAnswer,
            form=form,
            name="ledger",
        )
