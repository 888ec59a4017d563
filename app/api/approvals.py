"""Requests that a second person approve something, over HTTP."""

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from app.answers import (
    JSON,
    Answer,
    PageAnswer,
    RecordAnswer,
    Render,
    RowAnswer,
    decode_cursor,
    encode,
    entity_tag,
    one,
    page,
)
from app.api.parameters import Cursor, Limit
from app.approval_steps import STEPS
from app.call import Call
from services.approvals import asking, deciding, reading, thresholds
from services.approvals.asking import Asked
from services.approvals.deciding import Ruling
from services.approvals.reading import ApprovalWithDecisions
from services.approvals.thresholds import KindOfStep, NewThreshold
from services.identity.scopes import Scope
from services.inputs import Input, Reason
from storage.filters import ApprovalFilter
from storage.vocabulary.approvals import ApprovalKind, ApprovalStatus, ThresholdRule, Verdict

LOCATION = "/api/v1/approvals/{id}"

LeftToMe = Annotated[
    bool | None,
    QueryParameter(description="True: only what I can decide. The other filters stay off."),
]


class ApprovalAnswer(RowAnswer):
    """A request that somebody else approve something: the row ``entity_id`` of ``entity`` as it
    was at ``subject_version``. It is approved by ``quorum`` people before ``expires_at``, or not
    at all; a row that changes meanwhile makes it void."""

    kind: ApprovalKind
    entity: str
    entity_id: UUID
    subject_version: int
    amount_cents: int | None
    reason: str
    requested_by: UUID
    quorum: int
    approved_count: int
    status: ApprovalStatus
    expires_at: dt.datetime
    closed_at: dt.datetime | None


class ApprovalDecisionAnswer(RecordAnswer):
    """What one person decided: ``recorded_by``, signed in by ``session_id``."""

    verdict: Verdict
    note: str | None
    session_id: UUID


class ApprovalDetail(Answer):
    """A request and what was decided about it, oldest first."""

    approval: ApprovalAnswer
    decisions: list[ApprovalDecisionAnswer]


class Approving(Input):
    """What one wants to say along with the approval."""

    note: Reason | None = None


class Refusing(Input):
    """Why not."""

    note: Reason


class KindOfStepAnswer(Answer):
    """A kind of step and when it takes a second person here. ``is_fixed``: always, whatever a
    company says. ``version`` is what a change names in If-Match: 0 while the default holds."""

    kind: ApprovalKind
    title: str
    asking_scope: str
    deciding_scope: str
    is_fixed: bool
    rule: ThresholdRule
    amount_cents: int | None
    quorum: int
    version: int


class ApprovalController(Controller):
    """What waits for a second person. A key can read; only signed-in persons decide."""

    path = "/approvals"
    tags = ("Approvals",)

    @get(operation_id="list_approvals", scope=Scope.APPROVALS_READ)
    async def browse(
        self,
        request: Call,
        status: FromQuery[ApprovalStatus | None] = None,
        kind: FromQuery[ApprovalKind | None] = None,
        requested_by_person_id: FromQuery[UUID | None] = None,
        is_left_to_me: LeftToMe = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[ApprovalAnswer]]:
        """Requests, newest first; ``is_left_to_me=true`` is what one can decide oneself."""
        after = decode_cursor(cursor)
        conditions = ApprovalFilter(status=status, kind=kind, requested_by=requested_by_person_id)
        return await request.run(
            lambda store: (
                reading.list_left_to(store, request.principal, STEPS, limit=limit, after=after)
                if is_left_to_me
                else reading.list_approvals(store, conditions, limit=limit, after=after)
            ),
            page(ApprovalAnswer),
        )

    @get("/{approval_id:uuid}", operation_id="get_approval", scope=Scope.APPROVALS_READ)
    async def read(self, request: Call, approval_id: FromPath[UUID]) -> Response[ApprovalDetail]:
        """One request with its decisions."""
        return await request.run(lambda store: reading.get_approval(store, approval_id), _detail)

    @post(
        "/{approval_id:uuid}/approve",
        operation_id="approve",
        scope=Scope.APPROVALS_READ,
        status_code=200,
    )
    async def approve(
        self, request: Call, approval_id: FromPath[UUID], data: JSONBody[Approving]
    ) -> Response[ApprovalAnswer]:
        """Approve it: with the scope of its kind, signed in, and without a hand in its item.

        With the last approval that it needs, the step itself is done.
        """
        version = request.expected_version
        ruling = Ruling(Verdict.APPROVE, data.note)
        return await request.run(
            lambda store: deciding.decide(
                store, request.principal, STEPS, approval_id, ruling, expected_version=version
            ),
            one(ApprovalAnswer),
        )

    @post(
        "/{approval_id:uuid}/refuse",
        operation_id="refuse",
        scope=Scope.APPROVALS_READ,
        status_code=200,
    )
    async def refuse(
        self, request: Call, approval_id: FromPath[UUID], data: JSONBody[Refusing]
    ) -> Response[ApprovalAnswer]:
        """Refuse it, for everybody: one refusal is enough."""
        version = request.expected_version
        ruling = Ruling(Verdict.REFUSE, data.note)
        return await request.run(
            lambda store: deciding.decide(
                store, request.principal, STEPS, approval_id, ruling, expected_version=version
            ),
            one(ApprovalAnswer),
        )

    @post(
        "/{approval_id:uuid}/withdraw",
        operation_id="withdraw_approval",
        scope=Scope.APPROVALS_READ,
        status_code=200,
    )
    async def withdraw(
        self, request: Call, approval_id: FromPath[UUID]
    ) -> Response[ApprovalAnswer]:
        """Take back what one has asked for oneself."""
        version = request.expected_version
        return await request.run(
            lambda store: asking.withdraw(
                store, request.principal, STEPS, approval_id, expected_version=version
            ),
            one(ApprovalAnswer),
        )


class ApprovalThresholdController(Controller):
    """When the company wants a second person."""

    path = "/approval-thresholds"
    tags = ("Approvals",)

    @get(operation_id="list_approval_thresholds", scope=Scope.APPROVALS_READ)
    async def browse(self, request: Call) -> Response[PageAnswer[KindOfStepAnswer]]:
        """Every kind of step, who may ask and decide, and when a second person is needed."""
        return await request.run(lambda store: thresholds.list_kinds(store, STEPS), _kinds)

    @put(operation_id="change_approval_threshold", scope=Scope.COMPANY_MANAGE)
    async def change(
        self, request: Call, data: JSONBody[NewThreshold]
    ) -> Response[KindOfStepAnswer]:
        """Say when a kind of step takes a second person, from now on. If-Match names the
        ``version`` of the kind, which is 0 as long as its default holds."""
        version = request.expected_version
        return await request.run(
            lambda store: thresholds.change_threshold(store, STEPS, data, expected_version=version),
            one(KindOfStepAnswer),
        )


def unless_asked(render: Render[Any]) -> Render[object]:
    """Answers with the item; where a second person was asked, with 202 and where the request is."""

    def answer(result: object) -> Response[Any]:
        if not isinstance(result, Asked):
            return render(result)
        response = render(result.item)
        response.status_code = 202
        response.headers["Location"] = LOCATION.replace("{id}", str(result.approval.id))
        return response

    return answer


def _detail(found: ApprovalWithDecisions) -> Response[Any]:
    return Response(
        encode(ApprovalDetail, found),
        media_type=JSON,
        headers={"ETag": entity_tag(found.approval.version)},
    )


def _kinds(found: Sequence[KindOfStep]) -> Response[Any]:
    items = [KindOfStepAnswer.model_validate(each) for each in found]
    content = PageAnswer[KindOfStepAnswer](items=items).model_dump_json().encode()
    return Response(content, media_type=JSON)
