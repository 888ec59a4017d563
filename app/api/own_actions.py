"""Corrective actions over HTTP, for whoever was given them."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody

from app.answers import (
    Answer,
    PageAnswer,
    decode_cursor,
    encode_cursor,
    entity_tag,
    page,
    ready_made,
)
from app.api.corrective_actions import (
    ActionProgressAnswer,
    ActionStateAnswer,
    ActionStepAnswer,
    CorrectiveActionAnswer,
    TrackedActionAnswer,
    tracked,
)
from app.api.parameters import Cursor, Limit
from app.api.routes import OWN
from app.call import Call
from services.regulatory_compliance.corrective_actions import own
from services.regulatory_compliance.corrective_actions.own import OwnAction
from services.regulatory_compliance.corrective_actions.working import ActionRemark
from storage.interface import Page
from storage.vocabulary.audits import ActionStatus, FindingSeverity


class FindingToMend(Answer):
    """What was found: what whoever mends it has to know."""

    number: str
    severity: FindingSeverity
    category: str
    description: str
    impact: str
    root_cause: str | None


class OwnActionAnswer(Answer):
    """An action that one was given, where it is, and the finding that it is about."""

    action: CorrectiveActionAnswer
    progress: ActionProgressAnswer
    state: ActionStateAnswer
    finding: FindingToMend


class OwnActionController(Controller):
    """What one was given to do about findings. It takes no scope: to have it is enough."""

    path = "/own-actions"
    tags = ("Audits",)

    @get(operation_id="list_own_actions", scope=OWN)
    async def browse(
        self,
        request: Call,
        status: FromQuery[ActionStatus | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[OwnActionAnswer]]:
        """What one has to do, and has done, oldest first."""
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: own.own_actions(
                store, request.principal, status, limit=limit, after=after
            ),
            _own_page,
        )

    @get("/{action_id:uuid}", operation_id="get_own_action", scope=OWN)
    async def read(self, request: Call, action_id: FromPath[UUID]) -> Response[OwnActionAnswer]:
        """One of them."""
        return await request.run(
            lambda store: own.own_action(store, request.principal, action_id), _own
        )

    @get("/{action_id:uuid}/steps", operation_id="list_own_action_steps", scope=OWN)
    async def steps(
        self, request: Call, action_id: FromPath[UUID]
    ) -> Response[PageAnswer[ActionStepAnswer]]:
        """How it came where it is, oldest first: also why it was given back."""
        return await request.run(
            lambda store: own.own_steps(store, request.principal, action_id),
            lambda rows: page(ActionStepAnswer)(Page(rows, None)),
        )

    @post("/{action_id:uuid}/start", operation_id="start_own_action", scope=OWN, status_code=200)
    async def start(
        self, request: Call, action_id: FromPath[UUID]
    ) -> Response[TrackedActionAnswer]:
        """Begin with it."""
        version = request.expected_version
        return await request.run(
            lambda store: own.start_own_action(
                store, request.principal, action_id, expected_version=version
            ),
            tracked,
        )

    @post("/{action_id:uuid}/notes", operation_id="note_on_own_action", scope=OWN)
    async def note(
        self, request: Call, action_id: FromPath[UUID], data: JSONBody[ActionRemark]
    ) -> Response[TrackedActionAnswer]:
        """Say what was done, without being done."""
        version = request.expected_version
        return await request.run(
            lambda store: own.note_on_own_action(
                store, request.principal, action_id, data, expected_version=version
            ),
            lambda found: tracked(found, status=201),
        )

    @post(
        "/{action_id:uuid}/complete",
        operation_id="complete_own_action",
        scope=OWN,
        status_code=200,
    )
    async def complete(
        self, request: Call, action_id: FromPath[UUID], data: JSONBody[ActionRemark]
    ) -> Response[TrackedActionAnswer]:
        """Say that it is done, and what shows it."""
        version = request.expected_version
        return await request.run(
            lambda store: own.complete_own_action(
                store, request.principal, action_id, data, expected_version=version
            ),
            tracked,
        )


def _answer(found: OwnAction) -> OwnActionAnswer:
    return OwnActionAnswer(
        action=CorrectiveActionAnswer.model_validate(found.listed.action),
        progress=ActionProgressAnswer.model_validate(found.listed.progress),
        state=ActionStateAnswer.model_validate(found.listed.state),
        finding=FindingToMend.model_validate(found.finding),
    )


def _own(found: OwnAction) -> Response[Any]:
    response = ready_made(_answer(found))
    response.headers["ETag"] = entity_tag(found.listed.progress.version)
    return response


def _own_page(found: tuple[list[OwnAction], UUID | None]) -> Response[Any]:
    rows, after = found
    answer = PageAnswer[OwnActionAnswer](
        items=[_answer(each) for each in rows],
        next_cursor=None if after is None else encode_cursor(after),
    )
    return ready_made(answer)
