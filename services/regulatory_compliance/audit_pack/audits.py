"""The audits of an audit pack: what was found, everything that was done about it, and how all of
it stood on the pack's day."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar
from uuid import UUID

from sqlmodel import SQLModel

from services.regulatory_compliance.audit_pack.documents import (
    NO_PART,
    PackPart,
    document,
    plain,
)
from services.regulatory_compliance.auditing.standing import SAID
from services.regulatory_compliance.past_rows import gone_since
from services.regulatory_compliance.reporting.audit_figures import (
    AuditRecords,
    audit_records,
    status_at,
)
from storage.filters import (
    ActionProgressFilter,
    AuditFindingFilter,
    ByActions,
    ByAudit,
    ByFindings,
    CorrectiveActionFilter,
    FindingAcceptanceFilter,
    RegulatoryAuditFilter,
)
from storage.interface import Store
from storage.vocabulary.compliance import Program

Part = TypeVar("Part", bound=SQLModel)


async def audit_documents(
    store: Store, program: Program, *, on: dt.date, known_at: dt.datetime
) -> tuple[PackPart, set[UUID]]:
    """A document for each audit of a program, and the ids of the evidence that they name, in a
    constant number of statements."""
    audits = await store.regulatory_audits.all(RegulatoryAuditFilter(program=program))
    if not audits:
        return NO_PART, set()
    of = {each.id: each.id for each in audits}
    records = await audit_records(store, program, on=on, known_at=known_at)
    requirements = await store.audited_requirements.all(ByAudit())
    left_out = await gone_since(
        store, "audited_requirements", ("audit_id", "requirement_id"), records.moment
    )
    scopes: dict[UUID, list[str]] = defaultdict(list)
    for row in requirements:
        if row.created_at <= records.moment:
            scopes[row.audit_id].append(str(row.requirement_id))
    for gone in left_out.values():
        scopes[UUID(gone["audit_id"])].append(str(gone["requirement_id"]))
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
    acceptances = await store.finding_acceptances.all(
        FindingAcceptanceFilter(finding_ids=finding_ids)
    )
    progress = await store.action_progress.all(ActionProgressFilter(action_ids=action_ids))
    parts: dict[str, Mapping[UUID, Sequence[SQLModel]]] = {
        "requirements": _grouped(requirements, "audit_id", of),
        "recommendations": _grouped(
            await store.audit_recommendations.all(ByAudit()), "audit_id", of
        ),
        "findings": _grouped(findings, "audit_id", of),
        "finding_evidence": _grouped(evidence, "finding_id", of_finding),
        "finding_steps": _grouped(closings, "finding_id", of_finding),
        "finding_acceptances": _grouped(acceptances, "finding_id", of_finding),
        "actions": _grouped(actions, "audit_id", of),
        "action_participants": _grouped(
            await store.action_participants.all(ByActions(action_ids=action_ids)),
            "action_id",
            of_action,
        ),
        "action_progress": _grouped(progress, "action_id", of_action),
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
                {"audit": plain(each), "on_the_day": _on_the_day(each.id, records, scopes)}
                | {name: [plain(row) for row in rows[each.id]] for name, rows in parts.items()}
            ),
        )
        for each in audits
    ]
    own = [each for each in requirements if each.audit_id in of]
    trail_ids = [*of, *of_finding, *left_out]
    trail_ids += [each.id for each in (*own, *acceptances, *progress)]
    return PackPart(documents, trail_ids), named


def _on_the_day(
    audit_id: UUID, records: AuditRecords, scopes: Mapping[UUID, Sequence[str]]
) -> dict[str, object] | None:
    """An audit with its findings and actions as they stood; None where nobody knew of it."""
    audit = records.audits.get(audit_id)
    if audit is None:
        return None
    return {
        "status": status_at(audit, records.moment),
        "scheduled_on": audit.scheduled_on,
        "scope": audit.scope,
        "auditor": audit.auditor,
        "audit_firm": audit.audit_firm,
        "requirement_ids": sorted(scopes[audit_id]),
        "findings": [
            {"id": each.id, "number": each.number, "standing": records.standings[each.id]}
            | {name: getattr(each, name) for name in SAID}
            for each in records.findings
            if each.audit_id == audit_id
        ],
        "actions": [
            {
                "id": each.action_id,
                "status": each.status,
                "assignee_id": each.assignee_id,
                "due_on": each.due_on,
                "is_overdue": each.is_overdue,
            }
            for each in records.actions
            if each.audit_id == audit_id
        ],
    }


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
