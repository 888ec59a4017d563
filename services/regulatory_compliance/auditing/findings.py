"""Findings: numbered within their audit, shown by evidence, closed with evidence."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Self
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue, model_validator

from services.approvals.involvement import worked
from services.company_calendar import company_today
from services.inputs import Identifier, Input, LongText, Name, Reason, left_out
from services.refusals import Fault, IllegalTransition, InvalidInput, Refusal
from services.regulatory_compliance.auditing.audits import requirements_in_scope
from services.regulatory_compliance.auditing.lifecycle import require_status
from services.regulatory_compliance.corrective_actions.unfinished import unfinished_actions
from services.regulatory_compliance.evidence import Day
from storage.errors import VersionConflict
from storage.filters import ByFindings
from storage.interface import Store
from storage.tables.audits import (
    AuditFinding,
    AuditFindingFields,
    FindingEvidence,
    FindingEvidenceFields,
    FindingStep,
    FindingStepFields,
)
from storage.tables.compliance import ComplianceEvidence
from storage.vocabulary.audits import (
    AuditStatus,
    FindingSeverity,
    FindingStatus,
    FindingStepKind,
)

ENTITY = "audit_findings"
EvidenceIds = Annotated[list[UUID], Field(max_length=50)]

_EXAMPLE: JsonValue = {
    "severity": "major",
    "category": "access control",
    "description": "Three accounts of people who have left are enabled.",
    "impact": "They could read patients' records.",
    "requirement_id": "01a1fd87-34ee-71ca-b850-10bcf0bfc799",
    "out_of_scope_reason": None,
    "identified_on": "2026-03-02",
    "identified_by": "Ada Lindqvist",
    "evidence_ids": ["01a1fd87-34ee-71ca-b850-10bcf0bfc799"],
}


class NewFinding(Input):
    """What was found. ``requirement_id`` is in the audit's scope, or ``out_of_scope_reason`` says
    why a finding outside of it is one."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    severity: FindingSeverity
    category: Identifier
    description: LongText
    impact: LongText
    root_cause: LongText | None = None
    requirement_id: UUID | None = None
    out_of_scope_reason: Reason | None = None
    identified_on: Day
    identified_by: Name
    evidence_ids: EvidenceIds = []

    @model_validator(mode="after")
    def _only_a_requirement_is_out_of_scope(self) -> Self:
        if self.out_of_scope_reason is not None and self.requirement_id is None:
            raise ValueError("out_of_scope_reason is about a requirement_id")
        return self


class FindingChanges(Input):
    """What to change of an open finding; what is left out stays."""

    severity: FindingSeverity = left_out()
    category: Identifier = left_out()
    description: LongText = left_out()
    impact: LongText = left_out()
    root_cause: LongText | None = None


class FindingClosing(Input):
    """What shows that the finding is mended, and what one has seen there."""

    evidence_id: UUID
    note: LongText


class FindingReopening(Input):
    """Why it is not mended after all."""

    reason: Reason


class FindingEvidenceAddition(Input):
    """A version of evidence that shows what was found."""

    evidence_id: UUID


@dataclass
class RootCauseMissing(Refusal):
    """What nobody knows the cause of comes again."""

    title: ClassVar[str] = "The finding has no root cause yet"


@dataclass
class ActionsUnfinished(Refusal):
    """Something that was to be done about it is not done, or nobody has checked its effect."""

    title: ClassVar[str] = "Corrective actions of the finding are not finished"
    actions: list[str]
    """Their numbers."""


async def add_finding(store: Store, audit_id: UUID, new: NewFinding) -> AuditFinding:
    """Record what was found, under the audit's next number.

    Raises RowNotFound, IllegalTransition unless the audit is in progress, InvalidInput.
    """
    audit = await store.regulatory_audits.lock(audit_id)
    require_status(audit.status, "given a finding", AuditStatus.IN_PROGRESS)
    if new.identified_on > await company_today(store):
        raise InvalidInput([Fault("/identified_on", "lies in the future")])
    await _check_requirement(store, audit_id, new)
    await check_evidence(store, new.evidence_ids, "/evidence_ids")
    given = dict(new)
    evidence_ids = dict.fromkeys(given.pop("evidence_ids"))
    ordinal = audit.finding_count + 1
    await store.regulatory_audits.update(
        audit_id, {"finding_count": ordinal}, expected_version=audit.version
    )
    finding = await store.audit_findings.create(
        AuditFindingFields(
            audit_id=audit_id, ordinal=ordinal, number=f"{audit.number}-F{ordinal}", **given
        )
    )
    await store.finding_evidence.create_many(
        [FindingEvidenceFields(finding_id=finding.id, evidence_id=each) for each in evidence_ids]
    )
    return finding


async def update_finding(
    store: Store, finding_id: UUID, changes: FindingChanges, *, expected_version: int
) -> AuditFinding:
    """Change an open finding. What was agreed about it holds no more once it is more severe.

    Raises RowNotFound, VersionConflict, IllegalTransition, DecidedBefore.
    """
    finding = await held_open(store, finding_id, expected_version, "changed")
    await worked(store, ENTITY, finding_id)
    if "severity" in changes.model_fields_set and _is_worse(changes.severity, finding.severity):
        note = f"{finding.severity} before, {changes.severity} now"
        await _record(store, finding_id, FindingStepKind.RAISED, note, None)
    return await store.audit_findings.update(
        finding_id, changes.given(), expected_version=finding.version
    )


async def show_finding(store: Store, finding_id: UUID, evidence_id: UUID) -> FindingEvidence:
    """Add evidence of what was found.

    Raises RowNotFound, IllegalTransition, ReferenceNotFound, DuplicateValue, DecidedBefore.
    """
    finding = await store.audit_findings.lock(finding_id)
    _require_open(finding, "given evidence")
    await worked(store, ENTITY, finding_id)
    return await store.finding_evidence.create(
        FindingEvidenceFields(finding_id=finding_id, evidence_id=evidence_id)
    )


async def evidence_of_findings(
    store: Store, finding_ids: Sequence[UUID]
) -> list[ComplianceEvidence]:
    """What shows what was found, in the order of its ids."""
    links = await store.finding_evidence.all(ByFindings(finding_ids=list(finding_ids)))
    return await store.compliance_evidence.get_many(sorted({each.evidence_id for each in links}))


async def close_finding(
    store: Store, finding_id: UUID, closing: FindingClosing, *, expected_version: int
) -> AuditFinding:
    """Close a finding with evidence that it is mended, once its actions are finished.

    Raises RowNotFound, VersionConflict, IllegalTransition, InvalidInput, RootCauseMissing,
    ActionsUnfinished.
    """
    finding = await held_open(store, finding_id, expected_version, FindingStatus.CLOSED)
    await check_evidence(store, [closing.evidence_id], "/evidence_id")
    if finding.root_cause is None:
        raise RootCauseMissing
    if unfinished := await unfinished_actions(store, finding_id):
        raise ActionsUnfinished([each.number for each in unfinished])
    await _record(store, finding_id, FindingStepKind.CLOSED, closing.note, closing.evidence_id)
    return await store.audit_findings.update(
        finding_id,
        {
            "status": FindingStatus.CLOSED,
            "closed_at": store.now,
            "closing_note": closing.note,
            "closing_evidence_id": closing.evidence_id,
        },
        expected_version=finding.version,
    )


async def reopen_finding(
    store: Store, finding_id: UUID, reason: str, *, expected_version: int
) -> AuditFinding:
    """Open a finding again; that and how it was closed stays among its steps.

    Raises RowNotFound, VersionConflict, IllegalTransition.
    """
    finding = await _held(store, finding_id, expected_version)
    if finding.status is FindingStatus.OPEN:
        raise IllegalTransition("finding", finding.status, "open", [str(FindingStatus.CLOSED)])
    await _record(store, finding_id, FindingStepKind.REOPENED, reason, None)
    return await store.audit_findings.update(
        finding_id,
        {
            "status": FindingStatus.OPEN,
            "reopening_reason": reason,
            "closed_at": None,
            "closing_note": None,
            "closing_evidence_id": None,
        },
        expected_version=finding.version,
    )


async def steps_of_finding(store: Store, finding_id: UUID) -> list[FindingStep]:
    """Each closing and reopening, and each time that it was found more severe, oldest first.

    Raises RowNotFound.
    """
    await store.audit_findings.get(finding_id)
    return await store.finding_steps.all(ByFindings(finding_ids=[finding_id]))


async def held_open(
    store: Store, finding_id: UUID, expected_version: int, wanted: str
) -> AuditFinding:
    """An open finding, held. Raises RowNotFound, VersionConflict, IllegalTransition."""
    finding = await _held(store, finding_id, expected_version)
    _require_open(finding, wanted)
    return finding


def _is_worse(one: FindingSeverity, other: FindingSeverity) -> bool:
    order = list(FindingSeverity)
    return order.index(one) > order.index(other)


async def _record(
    store: Store, finding_id: UUID, kind: FindingStepKind, note: str, evidence_id: UUID | None
) -> None:
    """A step of a finding that is held."""
    earlier = await store.finding_steps.count(ByFindings(finding_ids=[finding_id]))
    await store.finding_steps.create(
        FindingStepFields(
            finding_id=finding_id,
            number=earlier + 1,
            kind=kind,
            taken_on=await company_today(store),
            note=note,
            evidence_id=evidence_id,
        )
    )


async def check_evidence(store: Store, evidence_ids: Sequence[UUID], pointer: str) -> None:
    """Raises InvalidInput where the company has no such evidence."""
    wanted = set(evidence_ids)
    known = {each.id for each in await store.compliance_evidence.get_many(sorted(wanted))}
    if wanted - known:
        raise InvalidInput([Fault(pointer, "names nothing that exists")])


async def _check_requirement(store: Store, audit_id: UUID, new: NewFinding) -> None:
    if new.requirement_id is None:
        return
    if not await store.compliance_requirements.get_many([new.requirement_id]):
        raise InvalidInput([Fault("/requirement_id", "names nothing that exists")])
    is_in_scope = new.requirement_id in await requirements_in_scope(store, audit_id)
    if is_in_scope and new.out_of_scope_reason is not None:
        raise InvalidInput([Fault("/out_of_scope_reason", "the requirement is in the scope")])
    if not is_in_scope and new.out_of_scope_reason is None:
        why = "is outside of the audit's scope: out_of_scope_reason has to say why it is a finding"
        raise InvalidInput([Fault("/requirement_id", why)])


async def _held(store: Store, finding_id: UUID, expected_version: int) -> AuditFinding:
    finding = await store.audit_findings.lock(finding_id)
    if finding.version != expected_version:
        raise VersionConflict(ENTITY)
    return finding


def _require_open(finding: AuditFinding, wanted: str) -> None:
    if finding.status is not FindingStatus.OPEN:
        raise IllegalTransition("finding", finding.status, wanted, [str(FindingStatus.OPEN)])
