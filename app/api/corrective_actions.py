"""Corrective actions over HTTP: planned, done, verified by somebody else, checked later."""

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody

from app.answers import (
    Answer,
    PageAnswer,
    RecordAnswer,
    decode_cursor,
    encode_cursor,
    entity_tag,
    page,
    ready_made,
)
from app.api.parameters import Cursor, Limit
from app.call import Call
from services.identity.scopes import Scope
from services.regulatory_compliance.corrective_actions import (
    escalating,
    listing,
    verifying,
    working,
)
from services.regulatory_compliance.corrective_actions.escalating import ActionEscalation
from services.regulatory_compliance.corrective_actions.listing import (
    ActionConditions,
    ListedAction,
)
from services.regulatory_compliance.corrective_actions.steps import TrackedAction
from services.regulatory_compliance.corrective_actions.verifying import (
    ActionReturn,
    EffectCheck,
    Verification,
)
from services.regulatory_compliance.corrective_actions.working import (
    ActionAssignment,
    ActionRemark,
    ActionSchedule,
    NewAction,
)
from storage.interface import Page
from storage.vocabulary.audits import ActionStatus, ActionStepKind

LOCATION = "/api/v1/compliance/corrective-actions/"


class CorrectiveActionAnswer(RecordAnswer):
    """What is to be done about a finding. ``follows_id`` is the action that had no effect and that
    this one was taken instead of."""

    audit_id: UUID
    finding_id: UUID
    ordinal: int
    number: str
    description: str
    follows_id: UUID | None


class ActionProgressAnswer(Answer):
    """Where an action is now. Its ETag is the ``version``."""

    version: int
    updated_at: dt.datetime
    updated_by: UUID
    status: ActionStatus
    assignee_id: UUID
    due_on: dt.date
    escalation_person_id: UUID | None
    escalated_due_on: dt.date | None
    started_at: dt.datetime | None
    completed_at: dt.datetime | None
    verified_at: dt.datetime | None
    verified_by: UUID | None
    check_due_on: dt.date | None
    checked_at: dt.datetime | None
    checked_by: UUID | None


class ActionStateAnswer(Answer):
    """Where an action was at the end of the day asked for: derived from its steps."""

    status: ActionStatus
    assignee_id: UUID
    due_on: dt.date
    is_overdue: bool


class TrackedActionAnswer(Answer):
    """A corrective action and where it is."""

    action: CorrectiveActionAnswer
    progress: ActionProgressAnswer


class ListedActionAnswer(Answer):
    """A corrective action, where it is now, and where it was on the day asked for."""

    action: CorrectiveActionAnswer
    progress: ActionProgressAnswer
    state: ActionStateAnswer


class ActionStepAnswer(RecordAnswer):
    """What somebody did with an action, and where that brought it."""

    action_id: UUID
    number: int
    kind: ActionStepKind
    status: ActionStatus
    person_id: UUID | None
    assignee_id: UUID
    due_on: dt.date
    taken_on: dt.date
    note: str | None
    evidence_id: UUID | None


class CorrectiveActionController(Controller):
    """What is done about findings. Who ever had a hand in an action never verifies it."""

    path = "/compliance"
    tags = ("Audits",)

    @post(
        "/findings/{finding_id:uuid}/actions",
        operation_id="create_corrective_action",
        scope=Scope.AUDITS_WRITE,
    )
    async def create(
        self, request: Call, finding_id: FromPath[UUID], data: JSONBody[NewAction]
    ) -> Response[TrackedActionAnswer]:
        """Plan what is to be done about an open finding."""
        return await request.run(
            lambda store: working.plan_action(store, finding_id, data), _planned
        )

    @get("/corrective-actions", operation_id="list_corrective_actions", scope=Scope.AUDITS_READ)
    async def browse(
        self,
        request: Call,
        audit_id: FromQuery[UUID | None] = None,
        finding_id: FromQuery[UUID | None] = None,
        status: FromQuery[ActionStatus | None] = None,
        assignee_id: FromQuery[UUID | None] = None,
        is_overdue: FromQuery[bool | None] = None,
        on: FromQuery[dt.date | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[ListedActionAnswer]]:
        """Actions, oldest first, by where they are at the end of a day (today if left out)."""
        conditions = ActionConditions(
            audit_id=audit_id,
            finding_id=finding_id,
            on=on,
            status=status,
            assignee_id=assignee_id,
            is_overdue=is_overdue,
        )
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: listing.list_actions(store, conditions, limit=limit, after=after),
            action_page,
        )

    @get(
        "/corrective-actions/{action_id:uuid}",
        operation_id="get_corrective_action",
        scope=Scope.AUDITS_READ,
    )
    async def read(
        self, request: Call, action_id: FromPath[UUID], on: FromQuery[dt.date | None] = None
    ) -> Response[ListedActionAnswer]:
        """One action, with where it is."""
        return await request.run(lambda store: listing.get_action(store, action_id, on), _listed)

    @get(
        "/corrective-actions/{action_id:uuid}/steps",
        operation_id="list_action_steps",
        scope=Scope.AUDITS_READ,
    )
    async def steps(
        self, request: Call, action_id: FromPath[UUID]
    ) -> Response[PageAnswer[ActionStepAnswer]]:
        """How it came where it is, oldest first."""
        return await request.run(
            lambda store: listing.steps_of(store, action_id),
            lambda rows: page(ActionStepAnswer)(Page(rows, None)),
        )

    @post(
        "/corrective-actions/{action_id:uuid}/assign",
        operation_id="assign_corrective_action",
        scope=Scope.AUDITS_WRITE,
        status_code=200,
    )
    async def assign(
        self, request: Call, action_id: FromPath[UUID], data: JSONBody[ActionAssignment]
    ) -> Response[TrackedActionAnswer]:
        """Give it to somebody else; whoever had it cannot verify it either."""
        version = request.expected_version
        return await request.run(
            lambda store: working.assign_action(store, action_id, data, expected_version=version),
            tracked,
        )

    @post(
        "/corrective-actions/{action_id:uuid}/reschedule",
        operation_id="reschedule_corrective_action",
        scope=Scope.AUDITS_WRITE,
        status_code=200,
    )
    async def reschedule(
        self, request: Call, action_id: FromPath[UUID], data: JSONBody[ActionSchedule]
    ) -> Response[TrackedActionAnswer]:
        """Let it be due on another day."""
        version = request.expected_version
        return await request.run(
            lambda store: working.reschedule_action(
                store, action_id, data, expected_version=version
            ),
            tracked,
        )

    @post(
        "/corrective-actions/{action_id:uuid}/escalate",
        operation_id="escalate_corrective_action",
        scope=Scope.AUDITS_WRITE,
        status_code=200,
    )
    async def escalate(
        self, request: Call, action_id: FromPath[UUID], data: JSONBody[ActionEscalation]
    ) -> Response[TrackedActionAnswer]:
        """Tell the named person, or another, that it needs them: once for the day that it is due
        on. An overdue action is escalated by itself."""
        version = request.expected_version
        return await request.run(
            lambda store: escalating.escalate_action(
                store, action_id, data, expected_version=version
            ),
            tracked,
        )

    @post(
        "/corrective-actions/{action_id:uuid}/notes",
        operation_id="note_on_corrective_action",
        scope=Scope.AUDITS_WRITE,
    )
    async def note(
        self, request: Call, action_id: FromPath[UUID], data: JSONBody[ActionRemark]
    ) -> Response[TrackedActionAnswer]:
        """Say what was done, without being done."""
        version = request.expected_version
        return await request.run(
            lambda store: working.note_on_action(store, action_id, data, expected_version=version),
            lambda found: tracked(found, status=201),
        )

    @post(
        "/corrective-actions/{action_id:uuid}/start",
        operation_id="start_corrective_action",
        scope=Scope.AUDITS_WRITE,
        status_code=200,
    )
    async def start(
        self, request: Call, action_id: FromPath[UUID]
    ) -> Response[TrackedActionAnswer]:
        """Begin with it."""
        version = request.expected_version
        return await request.run(
            lambda store: working.start_action(store, action_id, expected_version=version),
            tracked,
        )

    @post(
        "/corrective-actions/{action_id:uuid}/complete",
        operation_id="complete_corrective_action",
        scope=Scope.AUDITS_WRITE,
        status_code=200,
    )
    async def complete(
        self, request: Call, action_id: FromPath[UUID], data: JSONBody[ActionRemark]
    ) -> Response[TrackedActionAnswer]:
        """Say that it is done, and what shows it."""
        version = request.expected_version
        return await request.run(
            lambda store: working.complete_action(store, action_id, data, expected_version=version),
            tracked,
        )

    @post(
        "/corrective-actions/{action_id:uuid}/return",
        operation_id="return_corrective_action",
        scope=Scope.COMPLIANCE_APPROVE,
        status_code=200,
    )
    async def give_back(
        self, request: Call, action_id: FromPath[UUID], data: JSONBody[ActionReturn]
    ) -> Response[TrackedActionAnswer]:
        """As its verifier, give back what is not done."""
        version = request.expected_version
        return await request.run(
            lambda store: verifying.return_action(
                store, request.principal, action_id, data.note, expected_version=version
            ),
            tracked,
        )

    @post(
        "/corrective-actions/{action_id:uuid}/verify",
        operation_id="verify_corrective_action",
        scope=Scope.COMPLIANCE_APPROVE,
        status_code=200,
    )
    async def verify(
        self, request: Call, action_id: FromPath[UUID], data: JSONBody[Verification]
    ) -> Response[TrackedActionAnswer]:
        """Verify that it is done: as a signed-in person who had no hand in it and has just proved
        who they are."""
        version = request.expected_version
        return await request.run(
            lambda store: verifying.verify_action(
                store, request.principal, action_id, data, expected_version=version
            ),
            tracked,
        )

    @post(
        "/corrective-actions/{action_id:uuid}/check-effect",
        operation_id="check_corrective_action_effect",
        scope=Scope.COMPLIANCE_APPROVE,
        status_code=200,
    )
    async def check(
        self, request: Call, action_id: FromPath[UUID], data: JSONBody[EffectCheck]
    ) -> Response[TrackedActionAnswer]:
        """Say whether it has had its effect: as somebody who may verify it."""
        version = request.expected_version
        return await request.run(
            lambda store: verifying.check_effect(
                store, request.principal, action_id, data, expected_version=version
            ),
            tracked,
        )

    @post(
        "/corrective-actions/{action_id:uuid}/reopen",
        operation_id="reopen_corrective_action",
        scope=Scope.AUDITS_WRITE,
        status_code=200,
    )
    async def reopen(
        self, request: Call, action_id: FromPath[UUID], data: JSONBody[ActionSchedule]
    ) -> Response[TrackedActionAnswer]:
        """Take up again what had no effect."""
        version = request.expected_version
        return await request.run(
            lambda store: working.reopen_action(store, action_id, data, expected_version=version),
            tracked,
        )


def tracked(found: TrackedAction, *, status: int = 200) -> Response[Any]:
    """Answers with an action and where it is."""
    response = ready_made(TrackedActionAnswer.model_validate(found), status=status)
    response.headers["ETag"] = entity_tag(found.progress.version)
    return response


def _planned(found: TrackedAction) -> Response[Any]:
    response = tracked(found, status=201)
    response.headers["Location"] = f"{LOCATION}{found.action.id}"
    return response


def _listed(found: ListedAction) -> Response[Any]:
    response = ready_made(ListedActionAnswer.model_validate(found))
    response.headers["ETag"] = entity_tag(found.progress.version)
    return response


def action_page(found: tuple[Sequence[ListedAction], UUID | None]) -> Response[Any]:
    """Answers with a page of actions."""
    rows, after = found
    answer = PageAnswer[ListedActionAnswer](
        items=[ListedActionAnswer.model_validate(each) for each in rows],
        next_cursor=None if after is None else encode_cursor(after),
    )
    return ready_made(answer)
