"""The history of a claim over HTTP."""

import datetime as dt
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Controller, Response, get
from litestar.params import FromPath
from pydantic import Field, TypeAdapter

from app.answers import JSON, PageAnswer, RecordAnswer, decode_cursor, encode_cursor
from app.api.parameters import Cursor, Limit
from app.call import Call
from services.claims.history import HistoryEntry, claim_history
from services.identity.scopes import Scope
from storage.interface import Page
from storage.tables.claims import ClaimAcknowledgement, ClaimTransmission
from storage.tables.ledger import Adjudication, LedgerEntry
from storage.tables.trail import AuditEntry
from storage.vocabulary.claims import (
    AcknowledgementOutcome,
    LedgerAccount,
    LedgerKind,
    SubmissionMethod,
)
from storage.vocabulary.identity import AuditAction


class ChangeItem(RecordAnswer):
    """A row of the claim was made, changed or removed; only what changed is shown."""

    kind: Literal["change"] = "change"
    request_id: UUID
    action: AuditAction
    entity: str
    entity_id: UUID
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class TransmissionItem(RecordAnswer):
    """The claim went out."""

    kind: Literal["transmission"] = "transmission"
    batch_id: UUID | None
    method: SubmissionMethod
    reference: str
    transmitted_at: dt.datetime


class AcknowledgementItem(RecordAnswer):
    """The claim was taken in or turned away before any decision."""

    kind: Literal["acknowledgement"] = "acknowledgement"
    outcome: AcknowledgementOutcome
    reference: str
    reason: str | None
    payer_claim_number: str | None


class DecisionItem(RecordAnswer):
    """A payer decided, or took a decision back (`reverses_id`)."""

    kind: Literal["decision"] = "decision"
    payer_id: UUID
    payer_sequence: int
    transaction_id: UUID
    outcome: str
    reverses_id: UUID | None
    effective_on: dt.date
    charge_cents: int
    paid_cents: int
    patient_responsibility_cents: int
    payer_claim_number: str | None


class LedgerItem(RecordAnswer):
    """Money moved from the credit to the debit account; a negative amount moved back."""

    kind: Literal["ledger_entry"] = "ledger_entry"
    entry_kind: LedgerKind
    debit_account: LedgerAccount
    credit_account: LedgerAccount
    amount_cents: int
    effective_on: dt.date
    transaction_id: UUID | None
    adjudication_id: UUID | None


HistoryItem = Annotated[
    ChangeItem | TransmissionItem | AcknowledgementItem | DecisionItem | LedgerItem,
    Field(discriminator="kind"),
]
_PAGE = TypeAdapter(PageAnswer[HistoryItem])


def _item(
    entry: HistoryEntry,
) -> ChangeItem | TransmissionItem | AcknowledgementItem | DecisionItem | LedgerItem:
    match entry:
        case AuditEntry():
            return ChangeItem.model_validate(entry)
        case ClaimTransmission():
            return TransmissionItem.model_validate(entry)
        case ClaimAcknowledgement():
            return AcknowledgementItem.model_validate(entry)
        case Adjudication():
            return DecisionItem.model_validate(entry)
        case LedgerEntry():
            content = {name: getattr(entry, name) for name in _LEDGER_FIELDS}
            return LedgerItem(**content, entry_kind=entry.kind)


_LEDGER_FIELDS = set(LedgerItem.model_fields) - {"kind", "entry_kind"}


def _render(found: Page[HistoryEntry]) -> Response[bytes]:
    cursor = None if found.next_after is None else encode_cursor(found.next_after)
    answer = PageAnswer[HistoryItem](
        items=[_item(entry) for entry in found.rows], next_cursor=cursor
    )
    return Response(_PAGE.dump_json(answer), media_type=JSON)


class ClaimHistoryController(Controller):
    """What ever happened to a claim."""

    path = "/claims/{claim_id:uuid}/history"
    tags = ("Claims",)

    @get(operation_id="get_claim_history", scope=Scope.CLAIMS_READ)
    async def history(
        self,
        request: Call,
        claim_id: FromPath[UUID],
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[HistoryItem]]:
        """Changes of the claim and its lines, transmissions, acknowledgements, decisions and
        ledger entries, newest first."""
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: claim_history(store, claim_id, limit=limit, after=after), _render
        )
