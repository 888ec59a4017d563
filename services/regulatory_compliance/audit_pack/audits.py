"""The audits of an audit pack: what was found, and everything that was done about it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar
from uuid import UUID

from sqlmodel import SQLModel

from services.regulatory_compliance.audit_pack.documents import document, plain
from storage.filters import (
    ActionProgressFilter,
    AuditFindingFilter,
    ByActions,
    ByAudit,
    ByFindings,
    CorrectiveActionFilter,
    RegulatoryAuditFilter,
)
from storage.interface import Store
from storage.vocabulary.compliance import Program

Part = TypeVar("Part", bound=SQLModel)


async def audit_documents(
    store: Store, program: Program
) -> tuple[list[tuple[str, bytes]], set[UUID]]:
    """A document for each audit of a program, and the ids of the evidence that they name, in a
    constant number of statements."""
    audits = await store.regulatory_audits.all(RegulatoryAuditFilter(program=program))
    if not audits:
        return [], set()
    of = {each.id: each.id for each in audits}
    requirements = await store.audited_requirements.all(ByAudit())
    findings = [
        each for each in await store.audit_findings.all(AuditFindingFilter()) if each.audit_id in of
    ]
    of_finding = {each.id: each.audit_id for each in findings}
    actions = [
        each
        for each in await store.corrective_actions.all(CorrectiveActionFilter())
        if each.finding_id in of_finding
    ]
    of_action = {each.id: each.audit_id for each in actions}
    finding_ids, action_ids = list(of_finding), list(of_action)
    evidence = await store.finding_evidence.all(ByFindings(finding_ids=finding_ids))
    closings = await store.finding_steps.all(ByFindings(finding_ids=finding_ids))
    steps = await store.action_steps.all(ByActions(action_ids=action_ids))
    parts: dict[str, Mapping[UUID, Sequence[SQLModel]]] = {
        "requirements": _grouped(requirements, "audit_id", of),
        "recommendations": _grouped(
            await store.audit_recommendations.all(ByAudit()), "audit_id", of
        ),
        "findings": _grouped(findings, "audit_id", of),
        "finding_evidence": _grouped(evidence, "finding_id", of_finding),
        "finding_steps": _grouped(closings, "finding_id", of_finding),
        "actions": _grouped(actions, "audit_id", of),
        "action_participants": _grouped(
            await store.action_participants.all(ByActions(action_ids=action_ids)),
            "action_id",
            of_action,
        ),
        "action_progress": _grouped(
            await store.action_progress.all(ActionProgressFilter(action_ids=action_ids)),
            "action_id",
            of_action,
        ),
        "action_steps": _grouped(steps, "action_id", of_action),
    }
    named = {each.evidence_id for each in evidence}
    named |= {each.closing_evidence_id for each in findings if each.closing_evidence_id is not None}
    named |= {each.evidence_id for each in steps if each.evidence_id is not None}
    named |= {each.evidence_id for each in closings if each.evidence_id is not None}
    documents = [
        (
            f"audits/{each.id}.json",
            document(
                {"audit": plain(each)}
                | {name: [plain(row) for row in rows[each.id]] for name, rows in parts.items()}
            ),
        )
        for each in audits
    ]
    return documents, named


def _grouped(
    rows: Iterable[Part], column: str, audits: Mapping[UUID, UUID]
) -> dict[UUID, list[Part]]:
    """By the audit that each belongs to, by what its column names; others are left out."""
    groups: dict[UUID, list[Part]] = defaultdict(list)
    for each in rows:
        audit_id = audits.get(getattr(each, column))
        if audit_id is not None:
            groups[audit_id].append(each)
    return groups
