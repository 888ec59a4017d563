"""The rows of audits that come over, gathered for many and written together."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from services.company_calendar import CompanyCalendar
from services.importing.declaration import Placed, Values
from services.importing.maps.foreign import requirements_of
from storage.identifiers import new_id
from storage.interface import Store
from storage.tables.audits import (
    AuditedRequirementFields,
    AuditFindingFields,
    AuditRecommendationFields,
    RegulatoryAuditFields,
)
from storage.tables.corrective_actions import (
    ActionParticipantFields,
    ActionProgressFields,
    ActionStepFields,
    CorrectiveActionFields,
)
from storage.vocabulary.audits import ActionStatus, ActionStepKind, HandRole

_OTHERS = frozenset(RegulatoryAuditFields.model_fields)
_FINDING = ("category", "severity", "description", "impact", "identified_on", "identified_by")
_BEGUN = "As it was in another system, which kept no day on which it began."
_DONE = "As it was in another system."


class AuditRows:
    """Audits with all that belongs to them, of a company with a calendar."""

    def __init__(self, calendar: CompanyCalendar) -> None:
        self._calendar = calendar
        self._audits: list[RegulatoryAuditFields] = []
        self._audit_ids: list[UUID] = []
        self._scope: list[AuditedRequirementFields] = []
        self._advice: list[AuditRecommendationFields] = []
        self._findings: list[AuditFindingFields] = []
        self._finding_ids: list[UUID] = []
        self._actions: list[CorrectiveActionFields] = []
        self._action_ids: list[UUID] = []
        self._hands: list[ActionParticipantFields] = []
        self._progress: list[ActionProgressFields] = []
        self._steps: list[ActionStepFields] = []

    def add(self, draft: Placed) -> None:
        """One audit, whose references are found."""
        audit_id, values = draft.row_id, dict(draft.values)
        assert audit_id is not None
        findings = [part for part in draft.parts if part["of"] == "finding"]
        actions = [part for part in draft.parts if part["of"] == "action"]
        advice = [part for part in draft.parts if part["of"] == "advice"]
        requirements = {
            each["ordinal"]: values[each["requirement"]]
            for each in findings
            if each["requirement"] is not None
        }
        self._scope += [
            AuditedRequirementFields.model_construct(audit_id=audit_id, requirement_id=each)
            for each in requirements_of(values)
        ]
        self._audit_ids.append(audit_id)
        self._audits.append(
            RegulatoryAuditFields.model_construct(
                finding_count=len(findings),
                recommendation_count=len(advice),
                **{name: value for name, value in values.items() if name in _OTHERS},
            )
        )
        self._advice += [
            AuditRecommendationFields.model_construct(
                audit_id=audit_id, ordinal=each["ordinal"], text=each["text"]
            )
            for each in advice
        ]
        counts = Counter(each["finding"] for each in actions)
        ids: dict[int, UUID] = {}
        for each in findings:
            ordinal = each["ordinal"]
            ids[ordinal] = new_id()
            self._finding_ids.append(ids[ordinal])
            self._findings.append(
                AuditFindingFields.model_construct(
                    audit_id=audit_id,
                    ordinal=ordinal,
                    number=f"{values['number']}-F{ordinal}",
                    requirement_id=requirements.get(ordinal),
                    action_count=counts[ordinal],
                    **{name: each[name] for name in _FINDING},
                )
            )
        for each in actions:
            number = f"{values['number']}-F{each['finding']}-A{each['ordinal']}"
            self._add_action(audit_id, ids[each["finding"]], number, each, values[each["assignee"]])

    def _add_action(
        self, audit_id: UUID, finding_id: UUID, number: str, part: Values, assignee_id: UUID
    ) -> None:
        action_id = new_id()
        self._action_ids.append(action_id)
        self._actions.append(
            CorrectiveActionFields.model_construct(
                audit_id=audit_id,
                finding_id=finding_id,
                ordinal=part["ordinal"],
                number=number,
                description=part["description"],
            )
        )
        self._hands.append(
            ActionParticipantFields.model_construct(
                action_id=action_id, person_id=assignee_id, role=HandRole.INVOLVED
            )
        )
        steps = _steps(part)
        begun_on = next((on for kind, on, _ in steps if kind is ActionStepKind.STARTED), None)
        self._progress.append(
            ActionProgressFields.model_construct(
                action_id=action_id,
                status=part["status"],
                assignee_id=assignee_id,
                due_on=part["due_on"],
                started_at=self._beginning(begun_on),
                completed_at=self._beginning(part["completed_on"]),
                step_count=len(steps),
            )
        )
        status = ActionStatus.PLANNED
        for place, (kind, on, note) in enumerate(steps, 1):
            status = _STATUS.get(kind, status)
            self._steps.append(
                ActionStepFields.model_construct(
                    action_id=action_id,
                    number=place,
                    kind=kind,
                    status=status,
                    role=HandRole.INVOLVED,
                    assignee_id=assignee_id,
                    due_on=part["due_on"],
                    taken_on=on,
                    note=note,
                )
            )

    def _beginning(self, on: dt.date | None) -> dt.datetime | None:
        return None if on is None else self._calendar.midnight(on)

    async def write(self, store: Store) -> None:
        """All of them, a statement a table."""
        await store.regulatory_audits.create_many(self._audits, ids=self._audit_ids)
        await store.audited_requirements.create_many(self._scope)
        await store.audit_recommendations.create_many(self._advice)
        await store.audit_findings.create_many(self._findings, ids=self._finding_ids)
        await store.corrective_actions.create_many(self._actions, ids=self._action_ids)
        await store.action_participants.create_many(self._hands)
        await store.action_progress.create_many(self._progress)
        await store.action_steps.create_many(self._steps)


_STATUS = {
    ActionStepKind.STARTED: ActionStatus.IN_PROGRESS,
    ActionStepKind.COMPLETED: ActionStatus.COMPLETED,
}


def _steps(part: Values) -> Sequence[tuple[ActionStepKind, dt.date, str | None]]:
    """How an action came where it is, as far as it is known: in nobody's name."""
    planned_on, done_on = part["planned_on"], part["completed_on"]
    steps: list[tuple[ActionStepKind, dt.date, str | None]] = [
        (ActionStepKind.PLANNED, planned_on, part["notes"])
    ]
    if part["status"] is not ActionStatus.PLANNED:
        steps.append((ActionStepKind.STARTED, done_on or planned_on, _BEGUN))
    if done_on is not None:
        steps.append((ActionStepKind.COMPLETED, done_on, _DONE))
    if part["verification"] is not None:
        steps.append((ActionStepKind.NOTED, done_on, part["verification"]))
    return steps
