"""How long payers can be asked to decide again, over HTTP."""

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from app.answers import (
    Answer,
    PageAnswer,
    RowAnswer,
    created,
    decode_cursor,
    one,
    page,
    ready_made,
)
from app.api.parameters import Cursor, Limit, SearchText
from app.call import Call
from services.claims.appealing import rules
from services.claims.appealing.deadlines import ControversyAmount, Level
from services.claims.appealing.rules import EndOfRule, NewAppealRule
from services.identity.scopes import Scope
from storage.filters import AppealRuleFilter
from storage.vocabulary.appeals import StartEvent
from storage.vocabulary.claims import ClaimType

KindOfClaim = Annotated[ClaimType, QueryParameter(description="For claims of this kind.")]


class AppealRuleAnswer(RowAnswer):
    """A rule of the company: who confirmed it, and where it stands."""

    payer_id: UUID
    plan: str | None
    claim_type: ClaimType | None
    level: int
    name: str
    start_event: StartEvent
    days: int
    source: str
    effective_from: dt.date
    effective_to: dt.date | None
    confirmed_by_person_id: UUID


class AppealLevelAnswer(Answer):
    """A level as it holds today: by the company's rule (``rule_id``), or by a shipped default,
    which a person has to confirm unless it is verified. ``least_source`` says where the least
    amount in dispute stands, ``least_is_verified`` whether it was read there for this year."""

    level: int
    name: str
    start: StartEvent
    days: int
    is_verified: bool
    source: str
    rule_id: UUID | None
    least_cents: int | None
    least_is_verified: bool | None
    least_source: str | None


class AppealRuleController(Controller):
    """Levels of appeal and their days."""

    path = "/"
    tags = ("Appeals",)

    @post("/appeal-rules", operation_id="record_appeal_rule", scope=Scope.PAYERS_WRITE)
    async def record(
        self, request: Call, data: JSONBody[NewAppealRule]
    ) -> Response[AppealRuleAnswer]:
        """Record how long a level can be asked of a payer, as one has read it. Open denials and
        unsent appeals count by it from now on. Only a signed-in person can."""
        return await request.run(
            lambda store: rules.record_rule(store, request.principal, data),
            created(AppealRuleAnswer, "/api/v1/appeal-rules/{id}"),
        )

    @get("/appeal-rules", operation_id="list_appeal_rules", scope=Scope.PAYERS_READ)
    async def browse(
        self,
        request: Call,
        payer_id: FromQuery[UUID | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[AppealRuleAnswer]]:
        """The company's own rules, newest first."""
        conditions = AppealRuleFilter(payer_id=payer_id)
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: rules.list_rules(store, conditions, limit=limit, after=after),
            page(AppealRuleAnswer),
        )

    @get(
        "/appeal-rules/{deadline_id:uuid}", operation_id="get_appeal_rule", scope=Scope.PAYERS_READ
    )
    async def read(self, request: Call, deadline_id: FromPath[UUID]) -> Response[AppealRuleAnswer]:
        """One rule."""
        return await request.run(
            lambda store: rules.get_rule(store, deadline_id), one(AppealRuleAnswer)
        )

    @patch(
        "/appeal-rules/{deadline_id:uuid}", operation_id="end_appeal_rule", scope=Scope.PAYERS_WRITE
    )
    async def end(
        self, request: Call, deadline_id: FromPath[UUID], data: JSONBody[EndOfRule]
    ) -> Response[AppealRuleAnswer]:
        """Let it hold until a day."""
        version = request.expected_version
        return await request.run(
            lambda store: rules.end_rule(store, deadline_id, data, expected_version=version),
            one(AppealRuleAnswer),
        )

    @get(
        "/payers/{payer_id:uuid}/appeal-levels",
        operation_id="list_appeal_levels",
        scope=Scope.PAYERS_READ,
    )
    async def levels(
        self,
        request: Call,
        payer_id: FromPath[UUID],
        claim_type: KindOfClaim = ClaimType.PROFESSIONAL,
        plan: SearchText = None,
    ) -> Response[PageAnswer[AppealLevelAnswer]]:
        """The levels of a payer as they hold today, with what each takes to be in dispute."""
        return await request.run(
            lambda store: rules.levels_of(store, payer_id, claim_type, plan), _levels
        )


def _levels(found: Sequence[tuple[Level, ControversyAmount | None]]) -> Response[Any]:
    items = [
        AppealLevelAnswer(
            level=level.level,
            name=level.name,
            start=level.start,
            days=level.days,
            is_verified=level.is_verified,
            source=level.source,
            rule_id=level.rule_id,
            least_cents=None if least is None else least.cents,
            least_is_verified=None if least is None else least.verified,
            least_source=None if least is None else least.source,
        )
        for level, least in found
    ]
    return ready_made(PageAnswer[AppealLevelAnswer](items=items))
