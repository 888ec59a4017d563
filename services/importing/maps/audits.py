"""``audits``: audits with what they found and what is done about it.

Findings and corrective actions lay inside the audit and are rows here, numbered within it. What
the original called verified is completed here: who verified it is said in a step, and somebody
verifies it here. An audit is passed, or over, only as far as its findings allow.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from services.importing.conversions import Unusable, choice, coded, day, moment, text, texts
from services.importing.declaration import (
    Draft,
    FieldRule,
    Newer,
    OriginalMap,
    Placed,
    Renumbering,
    Values,
    Wanted,
    Workplace,
    converted,
    wanted_names,
)
from services.importing.maps.audit_rows import AuditRows
from services.importing.maps.following import follows
from services.importing.maps.foreign import (
    items,
    note_missing_requirements,
    want_requirement,
)
from services.importing.maps.people import PERSON
from services.regulatory_compliance.auditing.ratings import risk_rating
from storage.interface import Store
from storage.tables.audits import AuditFinding, AuditRecommendation, RegulatoryAudit
from storage.tables.corrective_actions import CorrectiveAction
from storage.vocabulary.audits import (
    ActionStatus,
    AuditStatus,
    AuditType,
    FindingSeverity,
    RiskRating,
)
from storage.vocabulary.compliance import Program

_MOST_FINDINGS, _MOST_ACTIONS, _MOST_ADVICE = 500, 1000, 200
_LONGEST = 4000
_OVER = frozenset({AuditStatus.COMPLETED, AuditStatus.PASSED, AuditStatus.FAILED})
_ACTION_STATUS = {"overdue": ActionStatus.PLANNED}
"""That an action is overdue is derived here."""

_FINDING = (
    FieldRule("findingNumber", "said_number", text(80)),
    FieldRule("category", "category", text(80), is_required=True),
    FieldRule("severity", "severity", choice(FindingSeverity), is_required=True),
    FieldRule("description", "description", text(_LONGEST, lines=True), is_required=True),
    FieldRule("impact", "impact", text(_LONGEST, lines=True), is_required=True),
    FieldRule("evidenceDate", "identified_on", day, is_required=True),
    FieldRule("identifiedBy", "identified_by", text(200)),
)
_ACTION = (
    FieldRule("findingId", "finding", text(200), is_required=True),
    FieldRule("action", "description", text(_LONGEST, lines=True), is_required=True),
    FieldRule("dueDate", "due_on", day, is_required=True),
    FieldRule("status", "status", choice(ActionStatus, _ACTION_STATUS), is_required=True),
    FieldRule("completedDate", "completed_on", day),
    FieldRule("verifiedBy", "verifier", text(200)),
    FieldRule("verificationDate", "verified_on", day),
    FieldRule("notes", "notes", text(3000, lines=True)),
)


_FINDING_FIELDS = frozenset({rule.source for rule in _FINDING}) | {"id", "requirement"}
_ACTION_FIELDS = frozenset({rule.source for rule in _ACTION}) | {"id", "assignedTo"}


def _complete(draft: Draft) -> None:
    values = draft.values
    _complete_moments(values)
    findings = _findings(draft)
    answered = _actions(draft, findings)
    for ordinal, each in enumerate(values.pop("advice") or [], 1):
        draft.parts.append({"of": "advice", "ordinal": ordinal, "text": each})
    _require_answers(values["status"], findings, answered)
    said, severities = values.pop("said_rating"), [each["severity"] for each in findings]
    rating = risk_rating(severities)
    if said not in (None, rating):
        draft.notes.append(f"/riskRating: {said} is {rating} by the findings")


def _complete_moments(values: Values) -> None:
    """Each status has its moments, and no others."""
    status, begun, ended = values["status"], values["started_at"], values["completed_at"]
    if status is AuditStatus.SCHEDULED and begun is not None:
        raise Unusable("is the beginning of what is scheduled", "correct the status", "/startDate")
    if status is not AuditStatus.SCHEDULED and begun is None:
        raise Unusable("is missing", "say when the audit began", "/startDate")
    if status in _OVER and ended is None:
        raise Unusable("is missing", "say when the audit was over", "/completionDate")
    if status not in _OVER and ended is not None:
        raise Unusable("is the end of what is not over", "correct the status", "/completionDate")
    if begun is not None and ended is not None and ended < begun:
        raise Unusable("lies before the beginning", "correct one of them", "/completionDate")
    is_concluded = status in (AuditStatus.PASSED, AuditStatus.FAILED)
    values["concluded_at"] = ended if is_concluded else None
    values["conclusion"] = (
        f"It was {status} in the system that it came from." if is_concluded else None
    )


def _findings(draft: Draft) -> list[Values]:
    values = draft.values
    found: list[Values] = []
    for at, item in items(draft, "findings", _MOST_FINDINGS, _FINDING_FIELDS):
        if values["status"] is AuditStatus.SCHEDULED:
            raise Unusable(
                "stand in an audit that has not begun", "correct the status", "/findings"
            )
        finding: Values = {"of": "finding", "ordinal": len(found) + 1, "names": _names(item)}
        converted(_FINDING, item, draft, finding, at)
        finding["identified_by"] = finding["identified_by"] or values["auditor"]
        said, number = finding.pop("said_number"), f"{values['number']}-F{finding['ordinal']}"
        if said not in (None, number):
            draft.notes.append(f"{at}/findingNumber: {said} is {number}")
        finding["requirement"] = want_requirement(
            draft, item.get("requirement"), f"{at}/requirement"
        )
        found.append(finding)
    draft.parts += found
    return found


def _names(item: dict[str, Any]) -> list[object]:
    """What an action may name a finding by."""
    return [item[name] for name in ("id", "findingNumber") if isinstance(item.get(name), str)]


def _actions(draft: Draft, findings: Sequence[Values]) -> set[int]:
    """The ordinals of the findings that something is done about."""
    ordinals = {name: each["ordinal"] for each in findings for name in each["names"]}
    counts: dict[int, int] = {}
    for at, item in items(draft, "correctiveActions", _MOST_ACTIONS, _ACTION_FIELDS):
        action: Values = {"of": "action", "assignee": f"assignee of {at}"}
        converted(_ACTION, item, draft, action, at)
        ordinal = ordinals.get(action.pop("finding"))
        if ordinal is None:
            raise Unusable("names no finding of this audit", "correct it", f"{at}/findingId")
        counts[ordinal] = counts.get(ordinal, 0) + 1
        action |= {"finding": ordinal, "ordinal": counts[ordinal]}
        _complete_action(draft, action, at)
        names = wanted_names([item.get("assignedTo")], f"{at}/assignedTo")
        draft.wanted.append(
            Wanted(PERSON, names, f"{at}/assignedTo", draft.values, action["assignee"])
        )
        draft.parts.append(action)
    return set(counts)


def _complete_action(draft: Draft, action: Values, at: str) -> None:
    """Where it is here: what was verified there is completed, by the day that is known."""
    verifier, verified_on = action.pop("verifier"), action.pop("verified_on")
    status, completed_on = action["status"], action["completed_on"]
    action["verification"] = None
    if status in (ActionStatus.EFFECTIVE, ActionStatus.NOT_EFFECTIVE):
        raise Unusable("is none of the words that are known", "use verified", f"{at}/status")
    if status is ActionStatus.VERIFIED:
        action["status"] = ActionStatus.COMPLETED
        completed_on = action["completed_on"] = completed_on or verified_on
        action["verification"] = (
            f"{verifier or 'Somebody'} verified it in another system"
            f"{'' if verified_on is None else f' on {verified_on}'}. Nobody has verified it here."
        )
        draft.notes.append(f"{at}/status: verified is completed here, until somebody verifies it")
    if action["status"] is ActionStatus.COMPLETED:
        if completed_on is None:
            raise Unusable("is missing", "say when it was done", f"{at}/completedDate")
    else:
        action["completed_on"] = None
    action["planned_on"] = min(
        each
        for each in (_first_day(draft), action["due_on"], action["completed_on"])
        if each is not None
    )


def _first_day(draft: Draft) -> dt.date:
    begun: dt.datetime | None = draft.values["started_at"]
    scheduled: dt.date = draft.values["scheduled_on"]
    return scheduled if begun is None else begun.date()


def _require_answers(status: AuditStatus, findings: Sequence[Values], answered: set[int]) -> None:
    critical = [each for each in findings if each["severity"] is FindingSeverity.CRITICAL]
    if status is AuditStatus.PASSED and critical:
        raise Unusable(
            "is passed with a critical finding",
            "write completed, and conclude it here once the finding is closed",
            "/status",
        )
    if status in _OVER and any(each["ordinal"] not in answered for each in critical):
        raise Unusable(
            "is over with a critical finding that nobody has answered",
            "add a corrective action, or write in_progress without an end",
            "/status",
        )


_CHANGEABLE = frozenset({"scope", "auditor", "audit_firm", "scheduled_on"})


async def _fixed(store: Store, newer: Mapping[UUID, Newer]) -> Mapping[UUID, frozenset[str]]:
    """An audit that is over stays as it is, and the day of one that has begun."""
    return {
        row.id: _CHANGEABLE if row.status in _OVER else frozenset({"scheduled_on"})
        for row in await store.regulatory_audits.get_many(list(newer))
        if row.status is not AuditStatus.SCHEDULED
    }


async def _write(store: Store, drafts: Sequence[Placed], place: Workplace) -> None:
    rows = AuditRows(place.calendar)
    for draft in drafts:
        rows.add(draft)
    await rows.write(store)


AUDITS = OriginalMap(
    name="audits",
    row=RegulatoryAudit,
    after=("users", "complianceRequirements"),
    fields=(
        FieldRule("auditNumber", "number", coded(r"^\S+$", 30), is_required=True),
        FieldRule("program", "program", choice(Program), is_required=True),
        FieldRule("auditType", "audit_type", choice(AuditType), is_required=True),
        FieldRule("scope", "scope", text(_LONGEST, lines=True), is_required=True),
        FieldRule("auditor", "auditor", text(200), is_required=True),
        FieldRule("auditFirm", "audit_firm", text(200)),
        FieldRule("scheduledDate", "scheduled_on", day, is_required=True),
        FieldRule("status", "status", choice(AuditStatus), default=AuditStatus.SCHEDULED),
        FieldRule("startDate", "started_at", moment),
        FieldRule("completionDate", "completed_at", moment),
        FieldRule("recommendations", "advice", texts(_LONGEST, _MOST_ADVICE)),
        FieldRule("riskRating", "said_rating", choice(RiskRating)),
    ),
    natural_key="number",
    twin_columns=("program", "audit_type", "scope", "scheduled_on", "status"),
    complete=_complete,
    judge=note_missing_requirements,
    known=frozenset(
        {"findings", "correctiveActions", "createdBy", "createdAt", "updatedAt", "companyId"}
    ),
    changeable=_CHANGEABLE,
    fixed=_fixed,
    write=_write,
    update=follows(RegulatoryAudit),
    parts=(
        (AuditFinding, "audit_id"),
        (CorrectiveAction, "audit_id"),
        (AuditRecommendation, "audit_id"),
    ),
    renumbering=Renumbering(30),
)
