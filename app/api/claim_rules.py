"""Rules for claims over HTTP: the program's, and those that a company makes itself."""

import datetime as dt
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody
from pydantic import JsonValue

from app.answers import (
    Answer,
    PageAnswer,
    RecordAnswer,
    Render,
    RowAnswer,
    created,
    decode_cursor,
    one,
    page,
)
from app.api.parameters import Cursor, Limit
from app.call import Call
from services.claims.scrubbing import bypasses, company_rules
from services.claims.scrubbing.bypasses import NewBypass
from services.claims.scrubbing.company_rules import (
    DaysToTry,
    NewClaimRule,
    RuleContent,
    RuleWithContent,
)
from services.claims.scrubbing.rules_in_force import RulesInForce, rules_in_force
from services.identity.scopes import Scope
from storage.filters import ClaimRuleFilter, RuleBypassFilter
from storage.vocabulary.scrubbing import RuleSeverity

LOCATION = "/api/v1/claim-rules/{id}"


class ClaimRuleAnswer(RowAnswer):
    """A rule of the company. Claims are held against ``enabled_revision``, if any."""

    rule_key: str
    revision: int
    enabled_revision: int | None


class ClaimRuleRevisionAnswer(RecordAnswer):
    """What a revision of a rule says."""

    rule_id: UUID
    revision: int
    severity: RuleSeverity
    title: str
    remedy: str
    condition: dict[str, JsonValue]


class ClaimRuleDetail(ClaimRuleAnswer):
    """A rule with what its last revision says."""

    content: ClaimRuleRevisionAnswer


class ClaimRuleTrialAnswer(RecordAnswer):
    """What a revision would have done to past claims: how many were considered, could be looked at
    and fit, and the control numbers of the first that do."""

    rule_id: UUID
    revision: int
    service_from: dt.date
    service_until: dt.date
    considered: int
    examined: int
    matched: int
    examples: list[str]


class RuleBypassAnswer(RowAnswer):
    """That the company does not hold its claims against a rule of the program, and why."""

    rule_id: str
    reason: str
    ended_at: dt.datetime | None


class RuleInForceAnswer(Answer):
    """A rule that claims are held against, or passed by because of ``bypassed_because``."""

    rule_id: str
    rule_version: int
    severity: RuleSeverity
    title: str
    remedy: str
    source: str
    bypassed_because: str | None


class RulesInForceAnswer(Answer):
    """Every rule, in the order in which they are asked."""

    rules: list[RuleInForceAnswer]


class _Whole:
    """A rule and its content side by side, as the answer shows them."""

    id: UUID

    def __init__(self, found: RuleWithContent) -> None:
        self.__dict__.update(found.rule.__dict__, content=found.content)


def _flat(render: Render[_Whole]) -> Render[RuleWithContent]:
    return lambda found: render(_Whole(found))


def _in_force(found: RulesInForce) -> Response[Any]:
    return one(RulesInForceAnswer)(
        RulesInForceAnswer(
            rules=[
                RuleInForceAnswer(
                    rule_id=rule.id,
                    rule_version=rule.version,
                    severity=rule.severity,
                    title=rule.title,
                    remedy=rule.remedy,
                    source=rule.source,
                    bypassed_because=found.bypassed.get(rule.id),
                )
                for rule in found.rules
            ]
        )
    )


class ClaimRuleController(Controller):
    """Rules that the company makes."""

    path = "/claim-rules"
    tags = ("Scrubbing",)

    @post(operation_id="create_claim_rule", scope=Scope.CODES_LOAD)
    async def create(
        self, request: Call, data: JSONBody[NewClaimRule]
    ) -> Response[ClaimRuleDetail]:
        """Write a rule. It does nothing before it has been tried and switched on."""
        return await request.run(
            lambda store: company_rules.create_rule(store, data),
            _flat(created(ClaimRuleDetail, LOCATION)),
        )

    @get(operation_id="list_claim_rules", scope=Scope.CODES_READ)
    async def browse(
        self,
        request: Call,
        is_disabled: FromQuery[bool | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[ClaimRuleAnswer]]:
        """The company's rules, newest first."""
        conditions = ClaimRuleFilter(is_disabled=is_disabled)
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: company_rules.list_rules(store, conditions, limit=limit, after=after),
            page(ClaimRuleAnswer),
        )

    @get("/in-force", operation_id="get_rules_in_force", scope=Scope.CODES_READ)
    async def in_force(self, request: Call) -> Response[RulesInForceAnswer]:
        """Every rule that claims are held against now, the program's and the company's."""
        return await request.run(rules_in_force, _in_force)

    @get("/{rule_id:uuid}", operation_id="get_claim_rule", scope=Scope.CODES_READ)
    async def read(self, request: Call, rule_id: FromPath[UUID]) -> Response[ClaimRuleDetail]:
        """One rule, and what its last revision says."""
        return await request.run(
            lambda store: company_rules.get_rule(store, rule_id), _flat(one(ClaimRuleDetail))
        )

    @put("/{rule_id:uuid}", operation_id="revise_claim_rule", scope=Scope.CODES_LOAD)
    async def revise(
        self, request: Call, rule_id: FromPath[UUID], data: JSONBody[RuleContent]
    ) -> Response[ClaimRuleDetail]:
        """Let a rule say something else; the revision that is switched on holds until this one
        is."""
        version = request.expected_version
        return await request.run(
            lambda store: company_rules.revise_rule(store, rule_id, data, expected_version=version),
            _flat(one(ClaimRuleDetail)),
        )

    @get(
        "/{rule_id:uuid}/revisions",
        operation_id="list_claim_rule_revisions",
        scope=Scope.CODES_READ,
    )
    async def revisions(
        self, request: Call, rule_id: FromPath[UUID], limit: Limit = 50, cursor: Cursor = None
    ) -> Response[PageAnswer[ClaimRuleRevisionAnswer]]:
        """What a rule has said over time, newest first."""
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: company_rules.list_revisions(store, rule_id, limit=limit, after=after),
            page(ClaimRuleRevisionAnswer),
        )

    @post("/{rule_id:uuid}/trials", operation_id="try_claim_rule", scope=Scope.CODES_LOAD)
    async def try_out(
        self, request: Call, rule_id: FromPath[UUID], data: JSONBody[DaysToTry]
    ) -> Response[ClaimRuleTrialAnswer]:
        """Say what the rule would have done to past claims; nothing happens to them."""
        return await request.run(
            lambda store: company_rules.try_rule(store, rule_id, data),
            created(ClaimRuleTrialAnswer, f"/api/v1/claim-rules/{rule_id}/trials"),
        )

    @get("/{rule_id:uuid}/trials", operation_id="list_claim_rule_trials", scope=Scope.CODES_READ)
    async def trials(
        self, request: Call, rule_id: FromPath[UUID], limit: Limit = 50, cursor: Cursor = None
    ) -> Response[PageAnswer[ClaimRuleTrialAnswer]]:
        """What came of trying a rule, newest first."""
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: company_rules.list_trials(store, rule_id, limit=limit, after=after),
            page(ClaimRuleTrialAnswer),
        )

    @post(
        "/{rule_id:uuid}/enable",
        operation_id="enable_claim_rule",
        scope=Scope.CODES_LOAD,
        status_code=200,
    )
    async def enable(self, request: Call, rule_id: FromPath[UUID]) -> Response[ClaimRuleDetail]:
        """Hold claims against the last revision, which must have been tried."""
        version = request.expected_version
        return await request.run(
            lambda store: company_rules.enable_rule(store, rule_id, expected_version=version),
            _flat(one(ClaimRuleDetail)),
        )

    @post(
        "/{rule_id:uuid}/disable",
        operation_id="disable_claim_rule",
        scope=Scope.CODES_LOAD,
        status_code=200,
    )
    async def disable(self, request: Call, rule_id: FromPath[UUID]) -> Response[ClaimRuleDetail]:
        """Hold no claim against it any more."""
        version = request.expected_version
        return await request.run(
            lambda store: company_rules.disable_rule(store, rule_id, expected_version=version),
            _flat(one(ClaimRuleDetail)),
        )


class RuleBypassController(Controller):
    """Rules of the program that the company passes by."""

    path = "/rule-bypasses"
    tags = ("Scrubbing",)

    @post(operation_id="create_rule_bypass", scope=Scope.CODES_LOAD)
    async def create(self, request: Call, data: JSONBody[NewBypass]) -> Response[RuleBypassAnswer]:
        """Hold no claim against a rule of the program, and say why."""
        return await request.run(
            lambda store: bypasses.create_bypass(store, data),
            created(RuleBypassAnswer, "/api/v1/rule-bypasses"),
        )

    @get(operation_id="list_rule_bypasses", scope=Scope.CODES_READ)
    async def browse(
        self,
        request: Call,
        is_standing: FromQuery[bool | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[RuleBypassAnswer]]:
        """Bypasses, newest first."""
        conditions = RuleBypassFilter(is_standing=is_standing)
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: bypasses.list_bypasses(store, conditions, limit=limit, after=after),
            page(RuleBypassAnswer),
        )

    @post(
        "/{bypass_id:uuid}/end",
        operation_id="end_rule_bypass",
        scope=Scope.CODES_LOAD,
        status_code=200,
    )
    async def end(self, request: Call, bypass_id: FromPath[UUID]) -> Response[RuleBypassAnswer]:
        """Hold claims against the rule again."""
        version = request.expected_version
        return await request.run(
            lambda store: bypasses.end_bypass(store, bypass_id, expected_version=version),
            one(RuleBypassAnswer),
        )
