"""Library packs of requirements, over HTTP."""

from collections.abc import Sequence
from typing import Annotated, Any

from litestar import Controller, Response, get, post
from litestar.params import JSONBody
from pydantic import Field

from app.answers import Answer, PageAnswer, no_work, page, ready_made
from app.api.compliance_requirements import RequirementAnswer
from app.call import Call
from services.identity.scopes import Scope
from services.inputs import Identifier, Input
from services.regulatory_compliance.adopting import adopt_pack, shipped_pack
from services.regulatory_compliance.packs import shipped_packs
from storage.interface import Page
from storage.tables.compliance import ComplianceRequirement
from storage.vocabulary.compliance import Frequency, Program, Specification


class PackRequirementAnswer(Answer):
    """A requirement as the pack says it."""

    code: str
    citation: str
    name: str
    description: str
    category: str
    frequency: Frequency
    evidence: tuple[str, ...]
    specification: Specification | None
    standard: str | None
    due_day: str | None
    is_mandatory: bool


class PackAnswer(Answer):
    """A pack that comes with the program."""

    id: str
    version: str
    program: Program
    name: str
    source: str
    requirements: list[PackRequirementAnswer]


class PacksAnswer(Answer):
    """Every pack that comes with the program."""

    items: list[PackAnswer]


class PackChoice(Input):
    """The pack to adopt, by its id."""

    pack: Annotated[Identifier, Field(examples=["hipaa-security"])]


class CompliancePackController(Controller):
    """Lists of requirements that a company adopts."""

    path = "/compliance/packs"
    tags = ("Compliance",)

    @get(operation_id="list_compliance_packs", scope=Scope.COMPLIANCE_READ)
    async def browse(self, request: Call) -> Response[PacksAnswer]:
        """The packs that come with the program."""
        answer = PacksAnswer(
            items=[PackAnswer.model_validate(each) for each in shipped_packs().values()]
        )
        return await request.run(no_work, lambda _: ready_made(answer))

    @post(
        "/adopt",
        operation_id="adopt_compliance_pack",
        scope=Scope.COMPLIANCE_WRITE,
        status_code=200,
    )
    async def adopt(
        self, request: Call, data: JSONBody[PackChoice]
    ) -> Response[PageAnswer[RequirementAnswer]]:
        """Take over the requirements that the company does not have yet; answers with these."""
        pack = shipped_pack(data.pack)
        return await request.run(lambda store: adopt_pack(store, pack), _adopted)


def _adopted(rows: Sequence[ComplianceRequirement]) -> Response[Any]:
    return page(RequirementAnswer)(Page(rows, None))
