"""Remittances on paper over HTTP: typed, corrected, handed in, reversed."""

import datetime as dt
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody

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
from app.api.parameters import Cursor, Limit
from app.api.remittances import Reason
from app.call import Call
from services.claims.manual_remittances import entering
from services.claims.manual_remittances.entering import (
    EnteredRemittance,
    HandingIn,
    ManualRemittanceChanges,
    NewManualRemittance,
)
from services.claims.remittances import remittances
from services.claims.remittances.balancing import Gate
from services.identity.scopes import Scope
from storage.filters import ManualRemittanceFilter
from storage.interface import Actor
from storage.tables.manual_remittances import TypedContent
from storage.vocabulary.money import ManualRemittanceStatus


class ManualRemittanceAnswer(RowAnswer):
    """A remittance on paper. Handed in, it is the remittance ``remittance_id``; what became of that
    stands there."""

    entry_number: str
    payer_id: UUID
    check_number: str
    payment_date: dt.date
    payment_cents: int
    status: ManualRemittanceStatus
    corrects_id: UUID | None
    remittance_id: UUID | None
    reversal_id: UUID | None
    closing_note: str | None


class DifferenceAnswer(Answer):
    """A level that does not add up: what the charges less the adjustments leave of it, less what
    was paid."""

    pointer: str
    gate: Gate
    difference_cents: int


class ManualRemittanceWithContent(ManualRemittanceAnswer):
    """The same with all that was typed."""

    content: TypedContent


class ManualRemittanceDetail(Answer):
    """A remittance on paper, and what does not add up in it. The ETag is the remittance's."""

    remittance: ManualRemittanceWithContent
    differences: list[DifferenceAnswer]


class ManualRemittanceController(Controller):
    """What came on paper. It passes the same gates as an 835: it becomes one."""

    path = "/manual-remittances"
    tags = ("Remittances",)

    @post(operation_id="enter_manual_remittance", scope=Scope.REMITTANCES_POST)
    async def enter(
        self, request: Call, data: JSONBody[NewManualRemittance]
    ) -> Response[ManualRemittanceDetail]:
        """Type a remittance in. It stays a draft, and says what does not add up, until it is
        handed in."""
        return await request.run(
            lambda store: entering.enter(store, data), lambda found: _detail(found, status=201)
        )

    @get(operation_id="list_manual_remittances", scope=Scope.REMITTANCES_READ)
    async def browse(
        self,
        request: Call,
        status: FromQuery[ManualRemittanceStatus | None] = None,
        payer_id: FromQuery[UUID | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[ManualRemittanceAnswer]]:
        """Remittances on paper, newest first."""
        conditions = ManualRemittanceFilter(status=status, payer_id=payer_id)
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: entering.list_entered(store, conditions, limit=limit, after=after),
            page(ManualRemittanceAnswer),
        )

    @get("/{paper_id:uuid}", operation_id="get_manual_remittance", scope=Scope.REMITTANCES_READ)
    async def read(
        self, request: Call, paper_id: FromPath[UUID]
    ) -> Response[ManualRemittanceDetail]:
        """One of them, with what was typed."""
        return await request.run(lambda store: entering.get_entered(store, paper_id), _detail)

    @patch(
        "/{paper_id:uuid}", operation_id="correct_manual_remittance", scope=Scope.REMITTANCES_POST
    )
    async def correct(
        self, request: Call, paper_id: FromPath[UUID], data: JSONBody[ManualRemittanceChanges]
    ) -> Response[ManualRemittanceDetail]:
        """Correct a draft."""
        version = request.expected_version
        return await request.run(
            lambda store: entering.correct(store, paper_id, data, expected_version=version),
            _detail,
        )

    @post(
        "/{paper_id:uuid}/discard",
        operation_id="discard_manual_remittance",
        scope=Scope.REMITTANCES_POST,
        status_code=200,
    )
    async def discard(
        self, request: Call, paper_id: FromPath[UUID], data: JSONBody[Reason]
    ) -> Response[ManualRemittanceDetail]:
        """Never hand a draft in."""
        version = request.expected_version
        return await request.run(
            lambda store: entering.discard(store, paper_id, data.reason, expected_version=version),
            _detail,
        )

    @post(
        "/{paper_id:uuid}/hand-in",
        operation_id="hand_in_manual_remittance",
        scope=Scope.REMITTANCES_POST,
        status_code=200,
    )
    async def hand_in(
        self, request: Call, paper_id: FromPath[UUID], data: JSONBody[HandingIn]
    ) -> Response[ManualRemittanceDetail]:
        """Make an 835 of it, keep that, and post it. What the remittance became, and whether it was
        paid before, says `GET /remittances/{remittance_id}`."""
        version, vault = request.expected_version, request.platform.vault
        done: list[EnteredRemittance] = []
        response = await request.run(
            lambda store: entering.hand_in(store, vault, paper_id, data, expected_version=version),
            _noted(done),
        )
        for each in done[-1:]:
            await _post(request, each.remittance.remittance_id)
        return response

    @post(
        "/{paper_id:uuid}/reverse",
        operation_id="reverse_manual_remittance",
        scope=Scope.REMITTANCES_POST,
        status_code=200,
    )
    async def reverse(
        self, request: Call, paper_id: FromPath[UUID], data: JSONBody[Reason]
    ) -> Response[ManualRemittanceDetail]:
        """Take back all that it was posted as, by contra entries. What comes in its place names it
        in `corrects_id`."""
        version, vault = request.expected_version, request.platform.vault
        done: list[EnteredRemittance] = []
        response = await request.run(
            lambda store: entering.reverse(
                store, vault, paper_id, data.reason, expected_version=version
            ),
            _noted(done),
        )
        for each in done[-1:]:
            await _post(request, each.remittance.reversal_id)
            async with request.transaction() as (store, _):
                await entering.settle_reversal(store, paper_id)
        return response


async def _post(request: Call, remittance_id: UUID | None) -> None:
    """Post what was just received, before the answer leaves; the worker would do it otherwise."""
    assert remittance_id is not None
    platform, principal = request.platform, request.principal
    actor = Actor(principal.id, request.request_id)
    await remittances.post_remittance(
        platform.storage, platform.vault, principal.company_id, actor, remittance_id
    )


def _noted(done: list[EnteredRemittance]) -> Any:
    """The detail, with a note of what it is about."""

    def render(found: EnteredRemittance) -> Response[Any]:
        done.append(found)
        return _detail(found)

    return render


def _detail(found: EnteredRemittance, *, status: int = 200) -> Response[Any]:
    headers = {"ETag": entity_tag(found.remittance.version)}
    if status == 201:  # noqa: PLR2004 -- created
        headers["Location"] = f"/api/v1/manual-remittances/{found.remittance.id}"
    return Response(
        encode(ManualRemittanceDetail, found),
        media_type=JSON,
        status_code=status,
        headers=headers,
    )
