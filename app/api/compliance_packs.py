"""Library packs of requirements, over HTTP."""

from collections.abc import Sequence
from typing import Annotated, Any

from litestar import Controller, Response, get, post
from litestar.params import JSONBody, QueryParameter
from pydantic import Field, field_serializer

from app.answers import Answer, PageAnswer, RecordAnswer, one, page, ready_made
from app.api.compliance_requirements import RequirementAnswer
from app.call import Call
from services.identity.scopes import Scope
from services.inputs import PARAMETER, Identifier, Input
from services.regulatory_compliance.adopting import adopt_pack
from services.regulatory_compliance.pack_shelf import (
    PackFile,
    ShelvedPack,
    import_pack,
    named_pack,
    shelved_packs,
)
from services.regulatory_compliance.upgrading import (
    Merge,
    PackUpgrade,
    UpgradePlan,
    plan_upgrade,
    upgrade_pack,
)
from storage.interface import Page, Store
from storage.tables.compliance import ComplianceRequirement, RequirementContent
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
    """One version of a pack; ``is_shipped``: as it comes with the program."""

    id: str
    version: str
    program: Program
    name: str
    source: str
    is_shipped: bool
    requirements: list[PackRequirementAnswer]


class PacksAnswer(Answer):
    """Every version of every pack that the company knows."""

    items: list[PackAnswer]


class ImportedPackAnswer(RecordAnswer):
    """A pack that the company has brought. ``content_hash`` is the SHA-256 of its text."""

    pack_id: str
    pack_version: str
    program: Program
    content_hash: bytes

    @field_serializer("content_hash")
    def _as_hex(self, digest: bytes) -> str:
        return digest.hex()


class PackChoice(Input):
    """The pack to adopt, by its id; without a version the one that ships, or was brought last."""

    pack: Annotated[Identifier, Field(examples=["hipaa-security"])]
    version: Annotated[Identifier | None, Field(examples=["2026.1"])] = None


class PackChangeAnswer(Answer):
    """A requirement that both versions have.

    ``fields`` are those in which they differ: ``taken`` follow the pack, ``kept`` the company has
    changed itself. ``content`` is what becomes of the company's requirement.
    """

    code: str
    before: PackRequirementAnswer
    after: PackRequirementAnswer
    fields: tuple[str, ...]
    taken: tuple[str, ...]
    kept: tuple[str, ...]
    content: RequirementContent


class PackDifferenceAnswer(Answer):
    """What an upgrade brings, takes out of use and changes. Requirements under ``own_codes``,
    which are new in the pack and the company's own or retired, stay as they are."""

    pack: str
    from_version: str
    version: str
    added: list[PackRequirementAnswer]
    retired: list[PackRequirementAnswer]
    changed: list[PackChangeAnswer]
    own_codes: list[str]


PackName = Annotated[
    str,
    QueryParameter(description="The pack's id.", min_length=1, max_length=80, pattern=PARAMETER),
]
PackVersion = Annotated[
    str | None,
    QueryParameter(
        description="The version to move on to; the shipped one if left out.",
        min_length=1,
        max_length=40,
        pattern=PARAMETER,
    ),
]


class CompliancePackController(Controller):
    """Lists of requirements that a company adopts."""

    path = "/compliance/packs"
    tags = ("Compliance",)

    @get(operation_id="list_compliance_packs", scope=Scope.COMPLIANCE_READ)
    async def browse(self, request: Call) -> Response[PacksAnswer]:
        """The packs that come with the program, and those that the company has brought."""
        return await request.run(shelved_packs, _packs)

    @post(operation_id="import_compliance_pack", scope=Scope.COMPLIANCE_WRITE)
    async def bring(self, request: Call, data: JSONBody[PackFile]) -> Response[ImportedPackAnswer]:
        """Bring a pack of one's own. Every fault in it is named."""
        return await request.run(
            lambda store: import_pack(store, data.text), one(ImportedPackAnswer, status=201)
        )

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

        async def adopted(store: Store) -> list[ComplianceRequirement]:
            pack, text = await named_pack(store, data.pack, data.version)
            return await adopt_pack(store, pack, text)

        return await request.run(adopted, _adopted)

    @get(
        "/difference",
        operation_id="get_pack_difference",
        scope=Scope.COMPLIANCE_READ,
        also_refuses=(409,),
    )
    async def compare(
        self, request: Call, pack: PackName, version: PackVersion = None
    ) -> Response[PackDifferenceAnswer]:
        """What moving on from the adopted version of a pack to another would change."""
        return await request.run(lambda store: plan_upgrade(store, pack, version), _difference)

    @post(
        "/upgrade",
        operation_id="upgrade_compliance_pack",
        scope=Scope.COMPLIANCE_WRITE,
        status_code=200,
    )
    async def upgrade(
        self, request: Call, data: JSONBody[PackUpgrade]
    ) -> Response[PackDifferenceAnswer]:
        """Move on to another version, all of it or nothing; answers with what was changed.

        Attestations stay bound to the versions that they were of.
        """
        return await request.run(lambda store: upgrade_pack(store, data), _difference)


def _adopted(rows: Sequence[ComplianceRequirement]) -> Response[Any]:
    return page(RequirementAnswer)(Page(rows, None))


def _packs(found: Sequence[ShelvedPack]) -> Response[Any]:
    items = [
        PackAnswer(
            id=each.pack.id,
            version=each.pack.version,
            program=each.pack.program,
            name=each.pack.name,
            source=each.pack.source,
            is_shipped=each.is_shipped,
            requirements=_as_said(each.pack.requirements),
        )
        for each in found
    ]
    return ready_made(PacksAnswer(items=items))


def _as_said(requirements: Sequence[object]) -> list[PackRequirementAnswer]:
    return [PackRequirementAnswer.model_validate(each) for each in requirements]


def _difference(plan: UpgradePlan) -> Response[Any]:
    return ready_made(
        PackDifferenceAnswer(
            pack=plan.pack.id,
            from_version=plan.from_version,
            version=plan.pack.version,
            added=_as_said(plan.added),
            retired=_as_said(plan.retired),
            changed=[_change(each) for each in plan.merges],
            own_codes=list(plan.own_codes),
        )
    )


def _change(merge: Merge) -> PackChangeAnswer:
    return PackChangeAnswer(
        code=merge.change.after.code,
        before=PackRequirementAnswer.model_validate(merge.change.before),
        after=PackRequirementAnswer.model_validate(merge.change.after),
        fields=merge.change.fields,
        taken=merge.taken,
        kept=merge.kept,
        content=merge.content,
    )
