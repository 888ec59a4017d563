"""Risks over HTTP, with their controls, acceptances and what is planned about them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Controller, Response, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody

from app.answers import (
    JSON,
    PageAnswer,
    created,
    decode_cursor,
    encode,
    encode_cursor,
    entity_tag,
    one,
    page,
    ready_made,
)
from app.api.approvals import unless_asked
from app.api.parameters import Cursor, Limit
from app.api.risk_answers import (
    AssessedRiskAnswer,
    MitigationItemAnswer,
    PlannedMitigationAnswer,
    RiskAcceptanceAnswer,
    RiskControlAnswer,
    ScoredRiskAnswer,
)
from app.call import Call
from services.identity.scopes import Scope
from services.regulatory_compliance.risks import accepting, mitigating, risks
from services.regulatory_compliance.risks.accepting import NewRiskAcceptance
from services.regulatory_compliance.risks.mitigating import (
    MitigationItemChanges,
    NewMitigationItem,
    Planned,
)
from services.regulatory_compliance.risks.risks import (
    NewRisk,
    NewRiskControl,
    RiskChanges,
    Scored,
)
from storage.filters import MitigationItemFilter
from storage.interface import Page, Store
from storage.vocabulary.risks import MitigationStatus


class RiskController(Controller):
    """Risks, as their assessments see them."""

    path = "/compliance"
    tags = ("Risk assessments",)

    @post(
        "/risk-assessments/{assessment_id:uuid}/risks",
        operation_id="add_risk",
        scope=Scope.COMPLIANCE_WRITE,
    )
    async def add(
        self, request: Call, assessment_id: FromPath[UUID], data: JSONBody[NewRisk]
    ) -> Response[AssessedRiskAnswer]:
        """Add a risk to a draft."""
        return await request.run(
            lambda store: risks.add_risk(store, assessment_id, data),
            created(AssessedRiskAnswer, "/api/v1/compliance/risks/{id}"),
        )

    @get(
        "/risk-assessments/{assessment_id:uuid}/risks",
        operation_id="list_assessed_risks",
        scope=Scope.COMPLIANCE_READ,
    )
    async def of_assessment(
        self, request: Call, assessment_id: FromPath[UUID]
    ) -> Response[PageAnswer[ScoredRiskAnswer]]:
        """Its risks, scored, the highest residual score first."""
        return await request.run(lambda store: risks.risks_of(store, assessment_id), _risks)

    @get("/risks/{risk_id:uuid}", operation_id="get_risk", scope=Scope.COMPLIANCE_READ)
    async def read(self, request: Call, risk_id: FromPath[UUID]) -> Response[ScoredRiskAnswer]:
        """One risk, scored."""
        return await request.run(lambda store: risks.get_risk(store, risk_id), _risk)

    @patch("/risks/{risk_id:uuid}", operation_id="update_risk", scope=Scope.COMPLIANCE_WRITE)
    async def update(
        self, request: Call, risk_id: FromPath[UUID], data: JSONBody[RiskChanges]
    ) -> Response[AssessedRiskAnswer]:
        """Change a risk of a draft."""
        version = request.expected_version
        return await request.run(
            lambda store: risks.change_risk(store, risk_id, data, expected_version=version),
            one(AssessedRiskAnswer),
        )

    @delete("/risks/{risk_id:uuid}", operation_id="remove_risk", scope=Scope.COMPLIANCE_WRITE)
    async def remove(self, request: Call, risk_id: FromPath[UUID]) -> Response[None]:
        """Remove a risk without controls or plans from a draft."""
        version = request.expected_version
        return await request.run(
            lambda store: risks.remove_risk(store, risk_id, expected_version=version),
            lambda _: Response(None, status_code=204),
        )

    @post(
        "/risks/{risk_id:uuid}/controls",
        operation_id="add_risk_control",
        scope=Scope.COMPLIANCE_WRITE,
    )
    async def add_control(
        self, request: Call, risk_id: FromPath[UUID], data: JSONBody[NewRiskControl]
    ) -> Response[RiskControlAnswer]:
        """Add what lowers the risk, or is planned to."""
        return await request.run(
            lambda store: risks.add_control(store, risk_id, data),
            one(RiskControlAnswer, status=201),
        )

    @get(
        "/risks/{risk_id:uuid}/controls",
        operation_id="list_risk_controls",
        scope=Scope.COMPLIANCE_READ,
    )
    async def controls(
        self, request: Call, risk_id: FromPath[UUID]
    ) -> Response[PageAnswer[RiskControlAnswer]]:
        """What lowers the risk, or is planned to."""
        return await request.run(
            lambda store: risks.controls_of(store, risk_id),
            lambda rows: page(RiskControlAnswer)(Page(rows, None)),
        )

    @delete(
        "/risks/{risk_id:uuid}/controls/{risk_control_id:uuid}",
        operation_id="remove_risk_control",
        scope=Scope.COMPLIANCE_WRITE,
    )
    async def remove_control(
        self, request: Call, risk_id: FromPath[UUID], risk_control_id: FromPath[UUID]
    ) -> Response[None]:
        """Remove a control from a draft."""
        version = request.expected_version
        return await request.run(
            lambda store: risks.remove_control(
                store, risk_id, risk_control_id, expected_version=version
            ),
            lambda _: Response(None, status_code=204),
        )

    @post(
        "/risks/{risk_id:uuid}/acceptances",
        operation_id="propose_risk_acceptance",
        scope=Scope.COMPLIANCE_WRITE,
        status_code=202,
    )
    async def propose(
        self, request: Call, risk_id: FromPath[UUID], data: JSONBody[NewRiskAcceptance]
    ) -> Response[RiskAcceptanceAnswer]:
        """Ask somebody else to accept the risk until a day: 202, with the request for their
        approval as Location."""
        return await request.run(
            lambda store: accepting.propose_acceptance(store, request.principal, risk_id, data),
            unless_asked(one(RiskAcceptanceAnswer)),
        )

    @get(
        "/risks/{risk_id:uuid}/acceptances",
        operation_id="list_risk_acceptances",
        scope=Scope.COMPLIANCE_READ,
    )
    async def acceptances(
        self, request: Call, risk_id: FromPath[UUID]
    ) -> Response[PageAnswer[RiskAcceptanceAnswer]]:
        """What was proposed and accepted, oldest first."""
        return await request.run(
            lambda store: accepting.acceptances_of(store, risk_id),
            lambda rows: page(RiskAcceptanceAnswer)(Page(rows, None)),
        )

    @post(
        "/risks/{risk_id:uuid}/mitigation-items",
        operation_id="create_mitigation_item",
        scope=Scope.COMPLIANCE_WRITE,
    )
    async def plan(
        self, request: Call, risk_id: FromPath[UUID], data: JSONBody[NewMitigationItem]
    ) -> Response[MitigationItemAnswer]:
        """Plan something about the risk; its assessment may be approved."""
        return await request.run(
            lambda store: mitigating.plan(store, risk_id, data),
            created(MitigationItemAnswer, "/api/v1/compliance/mitigation-items/{id}"),
        )


class MitigationController(Controller):
    """What is to be done about risks."""

    path = "/compliance/mitigation-items"
    tags = ("Risk assessments",)

    @get(operation_id="list_mitigation_items", scope=Scope.COMPLIANCE_READ)
    async def browse(
        self,
        request: Call,
        assessment_id: FromQuery[UUID | None] = None,
        owner_person_id: FromQuery[UUID | None] = None,
        status: FromQuery[MitigationStatus | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[PlannedMitigationAnswer]]:
        """Items of every plan, newest first."""
        conditions = MitigationItemFilter(
            assessment_id=assessment_id, owner_person_id=owner_person_id, status=status
        )
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: mitigating.list_items(store, conditions, limit=limit, after=after),
            _items,
        )

    @get("/overdue", operation_id="list_overdue_mitigation_items", scope=Scope.COMPLIANCE_READ)
    async def overdue(
        self,
        request: Call,
        owner_person_id: FromQuery[UUID | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[PlannedMitigationAnswer]]:
        """What was to be done before today and is not, newest first."""
        after = decode_cursor(cursor)

        async def work(store: Store) -> tuple[list[Planned], UUID | None]:
            conditions = await mitigating.overdue_conditions(store, owner_person_id)
            return await mitigating.list_items(store, conditions, limit=limit, after=after)

        return await request.run(work, _items)

    @get(
        "/{mitigation_item_id:uuid}",
        operation_id="get_mitigation_item",
        scope=Scope.COMPLIANCE_READ,
    )
    async def read(
        self, request: Call, mitigation_item_id: FromPath[UUID]
    ) -> Response[PlannedMitigationAnswer]:
        """One item of a plan."""
        return await request.run(
            lambda store: mitigating.get_item(store, mitigation_item_id), _item
        )

    @patch(
        "/{mitigation_item_id:uuid}",
        operation_id="update_mitigation_item",
        scope=Scope.COMPLIANCE_WRITE,
    )
    async def update(
        self,
        request: Call,
        mitigation_item_id: FromPath[UUID],
        data: JSONBody[MitigationItemChanges],
    ) -> Response[MitigationItemAnswer]:
        """Say how far it has come, or change it."""
        version = request.expected_version
        return await request.run(
            lambda store: mitigating.change_item(
                store, mitigation_item_id, data, expected_version=version
            ),
            one(MitigationItemAnswer),
        )


def _risk(found: Scored) -> Response[Any]:
    return Response(
        encode(ScoredRiskAnswer, found),
        media_type=JSON,
        headers={"ETag": entity_tag(found.risk.version)},
    )


def _risks(found: Sequence[Scored]) -> Response[Any]:
    items = [ScoredRiskAnswer.model_validate(each) for each in found]
    return ready_made(PageAnswer[ScoredRiskAnswer](items=items))


def _item(found: Planned) -> Response[Any]:
    return Response(
        encode(PlannedMitigationAnswer, found),
        media_type=JSON,
        headers={"ETag": entity_tag(found.item.version)},
    )


def _items(found: tuple[Sequence[Planned], UUID | None]) -> Response[Any]:
    rows, after = found
    return ready_made(
        PageAnswer[PlannedMitigationAnswer](
            items=[PlannedMitigationAnswer.model_validate(each) for each in rows],
            next_cursor=None if after is None else encode_cursor(after),
        )
    )
