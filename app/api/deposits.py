"""The bank's lines and what is expected there, over HTTP."""

import asyncio
import datetime as dt
from types import SimpleNamespace
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from app.answers import (
    JSON,
    Answer,
    PageAnswer,
    RowAnswer,
    decode_cursor,
    encode,
    entity_tag,
    page,
)
from app.api.parameters import Cursor, Limit, SearchText
from app.api.remittances import Reason
from app.call import Call
from app.uploads import UploadTooLarge, spooled_body
from services.claims.deposits import bank_lines
from services.claims.deposits.bank_lines import (
    BankLineInFull,
    DepositMatch,
    Imported,
    NewBankLines,
)
from services.claims.deposits.statement_file import LARGEST_BYTES, read_statement
from services.identity.scopes import Scope
from services.inputs import PARAMETER
from storage.filters import BankLineFilter, CashItemFilter
from storage.interface import Page, Store
from storage.vocabulary.money import BankLineStatus, CashKind, CashStatus

UPLOADED_AS = ("text/csv", "text/plain", "application/octet-stream")

Account = Annotated[
    str,
    QueryParameter(
        min_length=1, max_length=80, pattern=PARAMETER, description="The account it is of."
    ),
]


class BankLineAnswer(RowAnswer):
    """One booking of the bank; below zero it went out."""

    account: str
    booked_on: dt.date
    amount_cents: int
    reference: str | None
    description: str | None
    status: BankLineStatus
    closing_note: str | None


class CashItemAnswer(RowAnswer):
    """An amount that the bank is to show: of a remittance transaction, a patient's payment, a
    refund (``source_id``), or of its going back."""

    kind: CashKind
    source_id: UUID
    patient_id: UUID | None
    payer_id: UUID | None
    amount_cents: int
    expected_on: dt.date
    trace: str | None
    status: CashStatus
    bank_line_id: UUID | None
    reverses_id: UUID | None


class BankLineDetail(Answer):
    """A line and what it was matched to. The ETag is the line's."""

    line: BankLineAnswer
    cash_items: list[CashItemAnswer]


class ImportedAnswer(Answer):
    """What became of a statement: lines that are new, that were known, and new matches."""

    added: int
    known: int
    matched: int


class MatchedAnswer(Answer):
    """How many lines were matched."""

    matched: int


class BankLineController(Controller):
    """What the bank says. Money is cash once a line of it is matched, and not before."""

    path = "/bank-lines"
    tags = ("Deposits",)

    @post(operation_id="add_bank_lines", scope=Scope.DEPOSITS_WRITE, status_code=200)
    async def add(self, request: Call, data: JSONBody[NewBankLines]) -> Response[ImportedAnswer]:
        """Import bookings. Those that are known are left out; what is exact is matched at once."""
        return await request.run(lambda store: bank_lines.add_lines(store, data), _imported)

    @post(
        "/statement",
        operation_id="import_bank_statement",
        scope=Scope.DEPOSITS_WRITE,
        status_code=200,
        request_max_body_size=None,
        media_types=UPLOADED_AS,
    )
    async def statement(self, request: Call, account: Account) -> Response[ImportedAnswer]:
        """Import a statement, sent as the body: CSV in UTF-8 under the heading
        `booked_on,amount,reference,description`, a day as 2026-03-02 and an amount in dollars as
        -1234.56. All of it or, with every fault named by its line, nothing."""
        await request.authenticated()
        async with spooled_body(request) as upload:
            if upload.byte_count > LARGEST_BYTES:
                raise UploadTooLarge(LARGEST_BYTES)
            content = b"".join(upload.chunks())
            bookings = await asyncio.to_thread(read_statement, content)
            return await request.run(
                lambda store: bank_lines.import_statement(store, account, bookings), _imported
            )

    @post(
        "/match-exact",
        operation_id="match_exact_bank_lines",
        scope=Scope.DEPOSITS_WRITE,
        status_code=200,
    )
    async def match_exact(self, request: Call) -> Response[MatchedAnswer]:
        """Match every open line that has one exact counterpart: the same amount under the same
        trace number, and no other like it."""
        return await request.run(bank_lines.match_exact, _matched)

    @get(operation_id="list_bank_lines", scope=Scope.DEPOSITS_READ)
    async def browse(
        self,
        request: Call,
        status: FromQuery[BankLineStatus | None] = None,
        account: SearchText = None,
        booked_from: FromQuery[dt.date | None] = None,
        booked_until: FromQuery[dt.date | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[BankLineAnswer]]:
        """Lines, newest first; ``status=open`` are those that nothing was matched to."""
        conditions = BankLineFilter(
            status=status, account=account, booked_from=booked_from, booked_until=booked_until
        )
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: bank_lines.list_lines(store, conditions, limit=limit, after=after),
            page(BankLineAnswer),
        )

    @get("/{booking_id:uuid}", operation_id="get_bank_line", scope=Scope.DEPOSITS_READ)
    async def read(self, request: Call, booking_id: FromPath[UUID]) -> Response[BankLineDetail]:
        """One line and what it was matched to."""
        return await request.run(lambda store: bank_lines.get_line(store, booking_id), _detail)

    @get(
        "/{booking_id:uuid}/candidates",
        operation_id="list_bank_line_candidates",
        scope=Scope.DEPOSITS_READ,
    )
    async def candidates(
        self, request: Call, booking_id: FromPath[UUID]
    ) -> Response[PageAnswer[CashItemAnswer]]:
        """What it may be, or a part of it: the same trace first, then the same amount."""

        async def found(store: Store) -> Page[Any]:
            return Page(await bank_lines.line_candidates(store, booking_id), None)

        return await request.run(found, page(CashItemAnswer))

    @post(
        "/{booking_id:uuid}/match",
        operation_id="match_bank_line",
        scope=Scope.DEPOSITS_WRITE,
        status_code=200,
    )
    async def match(
        self, request: Call, booking_id: FromPath[UUID], data: JSONBody[DepositMatch]
    ) -> Response[BankLineDetail]:
        """Match it to one expected amount or to several that sum to it: they are cash then."""
        version = request.expected_version
        return await request.run(
            lambda store: bank_lines.match_line(store, booking_id, data, expected_version=version),
            _detail,
        )

    @post(
        "/{booking_id:uuid}/unmatch",
        operation_id="unmatch_bank_line",
        scope=Scope.DEPOSITS_WRITE,
        status_code=200,
    )
    async def unmatch(self, request: Call, booking_id: FromPath[UUID]) -> Response[BankLineDetail]:
        """Take a matching back, by contra entries."""
        version = request.expected_version
        return await request.run(
            lambda store: bank_lines.unmatch_line(store, booking_id, expected_version=version),
            _detail,
        )

    @post(
        "/{booking_id:uuid}/set-aside",
        operation_id="set_bank_line_aside",
        scope=Scope.DEPOSITS_WRITE,
        status_code=200,
    )
    async def set_aside(
        self, request: Call, booking_id: FromPath[UUID], data: JSONBody[Reason]
    ) -> Response[BankLineDetail]:
        """It is none of what is kept here: a fee of the bank, other business."""
        version = request.expected_version
        return await request.run(
            lambda store: bank_lines.set_aside(
                store, booking_id, data.reason, expected_version=version
            ),
            _detail,
        )

    @post(
        "/{booking_id:uuid}/take-up",
        operation_id="take_bank_line_up",
        scope=Scope.DEPOSITS_WRITE,
        status_code=200,
    )
    async def take_up(self, request: Call, booking_id: FromPath[UUID]) -> Response[BankLineDetail]:
        """Have it back among the open lines after it was set aside."""
        version = request.expected_version
        return await request.run(
            lambda store: bank_lines.take_up(store, booking_id, expected_version=version),
            _detail,
        )


class CashItemController(Controller):
    """What the bank is expected to show."""

    path = "/cash-items"
    tags = ("Deposits",)

    @get(operation_id="list_cash_items", scope=Scope.DEPOSITS_READ)
    async def browse(
        self,
        request: Call,
        status: FromQuery[CashStatus | None] = None,
        kind: FromQuery[CashKind | None] = None,
        expected_from: FromQuery[dt.date | None] = None,
        expected_until: FromQuery[dt.date | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[CashItemAnswer]]:
        """Amounts, newest first; ``status=expected`` are those that no line was matched to."""
        conditions = CashItemFilter(
            status=status, kind=kind, expected_from=expected_from, expected_until=expected_until
        )
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: bank_lines.list_items(store, conditions, limit=limit, after=after),
            page(CashItemAnswer),
        )


def _imported(found: Imported) -> Response[Any]:
    return Response(encode(ImportedAnswer, found), media_type=JSON)


def _matched(count: int) -> Response[Any]:
    return Response(encode(MatchedAnswer, SimpleNamespace(matched=count)), media_type=JSON)


def _detail(found: BankLineInFull) -> Response[Any]:
    headers = {"ETag": entity_tag(found.line.version)}
    return Response(encode(BankLineDetail, found), media_type=JSON, headers=headers)
