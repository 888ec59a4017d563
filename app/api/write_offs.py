"""Write-offs over HTTP, and the reasons for which money is given up or given back."""

import datetime as dt
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody

from app.answers import (
    JSON,
    Answer,
    PageAnswer,
    RowAnswer,
    created,
    decode_cursor,
    encode,
    no_work,
    one,
    page,
)
from app.api.approvals import unless_asked
from app.api.parameters import Cursor, Limit
from app.api.remittances import Reason
from app.call import Call
from services.claims.ledger.money_reasons import REFUND_REASONS, WRITE_OFF_REASONS
from services.claims.write_offs import writing_off
from services.claims.write_offs.writing_off import NewWriteOff
from services.identity.scopes import Scope
from storage.filters import WriteOffFilter
from storage.vocabulary.money import BalanceSide, WriteOffStatus


class WriteOffAnswer(RowAnswer):
    """A part of a claim's balance that the company gives up."""

    write_off_number: str
    claim_id: UUID
    patient_id: UUID
    side: BalanceSide
    reason_code: str
    note: str | None
    amount_cents: int
    status: WriteOffStatus
    posted_on: dt.date | None
    reversed_on: dt.date | None
    closing_note: str | None


class MoneyReasonAnswer(Answer):
    """A reason, the sides of a claim on which it serves, and for how much at most."""

    code: str
    meaning: str
    sides: list[BalanceSide]
    effective_from: dt.date
    effective_until: dt.date | None
    most_cents: int | None
    needs_note: bool


class MoneyReasonsAnswer(Answer):
    """What people choose from."""

    write_offs: list[MoneyReasonAnswer]
    refunds: list[MoneyReasonAnswer]


class WriteOffController(Controller):
    """What is given up, by two people from an amount on."""

    path = "/write-offs"
    tags = ("Write-offs",)

    @post(operation_id="write_off", scope=Scope.PAYMENTS_WRITE, also_answers=(202,))
    async def write_off(
        self, request: Call, data: JSONBody[NewWriteOff]
    ) -> Response[WriteOffAnswer]:
        """Write off a part of what is owed on a claim. Where the company wants a second person for
        the amount: 202, with the request for their approval as Location; it is void as soon as the
        claim changes."""
        return await request.run(
            lambda store: writing_off.write_off(store, request.principal, data),
            unless_asked(created(WriteOffAnswer, "/api/v1/write-offs/{id}")),
        )

    @get(operation_id="list_write_offs", scope=Scope.PAYMENTS_READ)
    async def browse(
        self,
        request: Call,
        claim_id: FromQuery[UUID | None] = None,
        status: FromQuery[WriteOffStatus | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[WriteOffAnswer]]:
        """Write-offs, newest first."""
        conditions = WriteOffFilter(claim_id=claim_id, status=status)
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: writing_off.list_write_offs(store, conditions, limit=limit, after=after),
            page(WriteOffAnswer),
        )

    @get("/{write_off_id:uuid}", operation_id="get_write_off", scope=Scope.PAYMENTS_READ)
    async def read(self, request: Call, write_off_id: FromPath[UUID]) -> Response[WriteOffAnswer]:
        """One write-off."""
        return await request.run(
            lambda store: writing_off.get_write_off(store, write_off_id), one(WriteOffAnswer)
        )

    @post(
        "/{write_off_id:uuid}/reverse",
        operation_id="reverse_write_off",
        scope=Scope.PAYMENTS_WRITE,
        status_code=200,
    )
    async def reverse(
        self, request: Call, write_off_id: FromPath[UUID], data: JSONBody[Reason]
    ) -> Response[WriteOffAnswer]:
        """It is owed again: somebody pays after all, or it was a mistake."""
        version = request.expected_version
        return await request.run(
            lambda store: writing_off.reverse_write_off(
                store, write_off_id, data.reason, expected_version=version
            ),
            one(WriteOffAnswer),
        )


class MoneyReasonController(Controller):
    """The reasons that write-offs and refunds name."""

    path = "/money-reasons"
    tags = ("Write-offs",)

    @get(operation_id="get_money_reasons", scope=Scope.PAYMENTS_READ)
    async def read(self, request: Call) -> Response[MoneyReasonsAnswer]:
        """The reasons, and the days on which they hold."""
        return await request.run(no_work, _reasons)


def _reasons(_: object) -> Response[Any]:
    found = SimpleNamespace(
        write_offs=[_described(each) for each in WRITE_OFF_REASONS.reasons],
        refunds=[_described(each) for each in REFUND_REASONS.reasons],
    )
    return Response(encode(MoneyReasonsAnswer, found), media_type=JSON)


def _described(reason: object) -> SimpleNamespace:
    """A reason by its names: it has slots, which an answer is not written from."""
    names = MoneyReasonAnswer.model_fields
    return SimpleNamespace(**{name: getattr(reason, name) for name in names})
