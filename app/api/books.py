"""The books over HTTP: adjudications, ledger, provider-level adjustments."""

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response, get
from litestar.params import FromPath, QueryParameter

from app.answers import JSON, Answer, PageAnswer, RecordAnswer, decode_cursor, encode, page
from app.api.parameters import Cursor, Limit
from app.api.wording import CodeWordingAnswer
from app.call import Call
from services.claims.ledger import books_queries
from services.identity.scopes import Scope
from services.refusals import Fault, InvalidParameter
from storage.vocabulary.claims import (
    AdjudicationOutcome,
    AdjustmentLevel,
    LedgerAccount,
    LedgerKind,
)

LONGEST_WINDOW = dt.timedelta(days=366 * 3)

First = Annotated[dt.date, QueryParameter(description="The first day, by payment date.")]
Last = Annotated[dt.date, QueryParameter(description="The last day, by payment date.")]


class AdjudicationAnswer(RecordAnswer):
    """What one CLP decided about a claim. A reversal names the decision that it takes back."""

    claim_id: UUID
    transaction_id: UUID
    payer_id: UUID
    payer_sequence: int
    claim_ordinal: int
    position: int
    status_code: str
    is_forwarded: bool
    outcome: AdjudicationOutcome
    reverses_id: UUID | None
    effective_on: dt.date
    charge_cents: int
    paid_cents: int
    patient_responsibility_cents: int
    payer_claim_number: str | None
    remark_codes: list[str]


class AdjudicationLineAnswer(RecordAnswer):
    """One service line of a decision, and the claim line that it was matched to."""

    ordinal: int
    claim_line_id: UUID | None
    match_note: str | None
    procedure_code: str
    modifiers: list[str]
    outcome: AdjudicationOutcome
    charge_cents: int
    paid_cents: int
    allowed_cents: int | None
    paid_units: Decimal | None
    submitted_units: Decimal | None
    submitted_procedure_code: str | None
    remark_codes: list[str]


class AdjustmentAnswer(RecordAnswer):
    """One reason and amount of a CAS, as received."""

    level: AdjustmentLevel
    line_ordinal: int | None
    ordinal: int
    group_code: str
    reason_code: str
    amount_cents: int
    quantity: str | None


class AdjudicationInFullAnswer(Answer):
    """A decision with its lines and adjustments, and what its reasons and remarks are called."""

    adjudication: AdjudicationAnswer
    lines: list[AdjudicationLineAnswer]
    adjustments: list[AdjustmentAnswer]
    wording: list[CodeWordingAnswer]


class AdjudicationsAnswer(Answer):
    """Everything that payers decided about a claim, in the order it was posted."""

    items: list[AdjudicationInFullAnswer]


class LedgerEntryAnswer(RecordAnswer):
    """An amount that moved from the credit to the debit account; negative moves it back."""

    kind: LedgerKind
    debit_account: LedgerAccount
    credit_account: LedgerAccount
    amount_cents: int
    effective_on: dt.date
    claim_id: UUID | None
    payer_id: UUID | None
    transaction_id: UUID | None
    adjudication_id: UUID | None
    adjustment_id: UUID | None
    exception_id: UUID | None
    provider_adjustment_id: UUID | None
    source_id: UUID | None


class AccountBalanceAnswer(Answer):
    """Debits less credits of an account over the window."""

    account: LedgerAccount
    balance_cents: int


class AccountBalancesAnswer(Answer):
    """The ledger's accounts over a window; they sum to zero."""

    first: dt.date
    last: dt.date
    items: list[AccountBalanceAnswer]


class OpenItemAnswer(Answer):
    """Provider adjustments of one payer, payee and reference that do not sum to zero."""

    payer_key: str
    payee_key: str
    reference: str
    balance_cents: int
    item_count: int
    first_on: dt.date
    last_on: dt.date
    reasons: list[str]


class OpenItemsAnswer(Answer):
    """Open items, the oldest first."""

    items: list[OpenItemAnswer]


class BooksCheckAnswer(Answer):
    """Whether every claim equals its ledger and every deposit is cleared."""

    is_sound: bool
    claims_that_differ: list[UUID]
    transactions_not_cleared: list[UUID]


def _computed(model: type[Answer], **fields: object) -> Response[Any]:
    """An answer whose fields were computed instead of read from one row."""
    return Response(encode(model, SimpleNamespace(**fields)), media_type=JSON)


class BooksController(Controller):
    """What the payers decided and where the money is."""

    path = "/"
    tags = ("Books",)

    @get(
        "/claims/{claim_id:uuid}/adjudications",
        operation_id="list_claim_adjudications",
        scope=Scope.CLAIMS_READ,
    )
    async def claim_adjudications(
        self, request: Call, claim_id: FromPath[UUID]
    ) -> Response[AdjudicationsAnswer]:
        """Every decision about a claim, with lines and adjustments."""
        return await request.run(
            lambda store: books_queries.adjudications_of_claim(store, claim_id),
            lambda found: _computed(AdjudicationsAnswer, items=found),
        )

    @get(
        "/claims/{claim_id:uuid}/ledger",
        operation_id="list_claim_ledger",
        scope=Scope.CLAIMS_READ,
    )
    async def claim_ledger(
        self, request: Call, claim_id: FromPath[UUID], limit: Limit = 50, cursor: Cursor = None
    ) -> Response[PageAnswer[LedgerEntryAnswer]]:
        """The entries that a claim's balances are the sums of."""
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: books_queries.ledger_of_claim(store, claim_id, limit=limit, after=after),
            page(LedgerEntryAnswer),
        )

    @get(
        "/remittance-transactions/{transaction_id:uuid}/adjudications",
        operation_id="list_transaction_adjudications",
        scope=Scope.REMITTANCES_READ,
    )
    async def transaction_adjudications(
        self,
        request: Call,
        transaction_id: FromPath[UUID],
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[AdjudicationAnswer]]:
        """What a transaction was posted as."""
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: books_queries.adjudications_of_transaction(
                store, transaction_id, limit=limit, after=after
            ),
            page(AdjudicationAnswer),
        )

    @get(
        "/remittance-transactions/{transaction_id:uuid}/ledger",
        operation_id="list_transaction_ledger",
        scope=Scope.REMITTANCES_READ,
    )
    async def transaction_ledger(
        self,
        request: Call,
        transaction_id: FromPath[UUID],
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[LedgerEntryAnswer]]:
        """The balanced entries of a transaction."""
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: books_queries.ledger_of_transaction(
                store, transaction_id, limit=limit, after=after
            ),
            page(LedgerEntryAnswer),
        )

    @get("/ledger/balances", operation_id="get_ledger_balances", scope=Scope.STATISTICS_READ)
    async def balances(
        self, request: Call, first: First, last: Last
    ) -> Response[AccountBalancesAnswer]:
        """Debits less credits of each account between two days."""
        if not dt.timedelta() <= last - first <= LONGEST_WINDOW:
            raise InvalidParameter([Fault("/last", "lies from 0 days to 3 years after first")])
        return await request.run(
            lambda store: books_queries.account_balances(store, first=first, last=last),
            lambda found: _computed(AccountBalancesAnswer, first=first, last=last, items=found),
        )

    @get("/ledger/check", operation_id="check_books", scope=Scope.STATISTICS_READ)
    async def check(self, request: Call) -> Response[BooksCheckAnswer]:
        """Recompute every balance from the ledger and name what differs."""
        return await request.run(
            books_queries.check_books,
            lambda found: _computed(
                BooksCheckAnswer,
                is_sound=found.is_sound,
                claims_that_differ=found.claims_that_differ,
                transactions_not_cleared=found.transactions_not_cleared,
            ),
        )

    @get(
        "/provider-adjustments/open-items",
        operation_id="list_open_provider_adjustments",
        scope=Scope.REMITTANCES_READ,
    )
    async def open_items(self, request: Call, limit: Limit = 50) -> Response[OpenItemsAnswer]:
        """PLB amounts that wait for their opposite, the oldest first."""
        return await request.run(
            lambda store: books_queries.open_provider_items(store, limit=limit),
            lambda found: _computed(OpenItemsAnswer, items=found),
        )
