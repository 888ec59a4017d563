"""Planning corrective actions and working on them; whoever does has a hand in them for ever."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from pydantic import ConfigDict, JsonValue

from services.approvals.involvement import worked
from services.identity.roles import scopes_held
from services.identity.scopes import OUTSIDE_SCOPES
from services.inputs import Input, LongText, Reason
from services.notifications.telling import notify
from services.refusals import Fault, IllegalTransition, InvalidInput, Refusal
from services.regulatory_compliance.corrective_actions.hands import involve
from services.regulatory_compliance.corrective_actions.lifecycle import require_step
from services.regulatory_compliance.corrective_actions.steps import (
    ENTITY,
    Remark,
    TrackedAction,
    held,
    record,
    work_on,
)
from services.regulatory_compliance.evidence import Day
from storage.errors import RowNotFound
from storage.filters import ActionProgressFilter, CorrectiveActionFilter
from storage.interface import Store
from storage.tables.audits import AuditFinding
from storage.tables.corrective_actions import (
    ActionProgress,
    ActionProgressFields,
    CorrectiveActionFields,
)
from storage.vocabulary.audits import ActionStatus, ActionStepKind, FindingStatus, HandRole
from storage.vocabulary.notifications import NotificationKind

_EXAMPLE: JsonValue = {
    "description": "Disable accounts on the last day of work, by the list of the personnel office.",
    "assignee_id": "01a1fd87-34ee-71ca-b850-10bcf0bfc799",
    "due_on": "2026-09-30",
    "escalation_person_id": "01a1fd87-34ee-71ca-b850-10bcf0bfc799",
}


class NewAction(Input):
    """What is to be done about a finding, by whom and until when.

    ``escalation_person_id`` is told when it is overdue. ``follows_id`` names the action of the same
    finding that was not effective and that this one is taken instead of.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    description: LongText
    assignee_id: UUID
    due_on: Day
    escalation_person_id: UUID | None = None
    follows_id: UUID | None = None


class ActionAssignment(Input):
    """Who is to do it from now on, and why."""

    assignee_id: UUID
    reason: Reason


class ActionSchedule(Input):
    """Until when it is to be done from now on, and why."""

    due_on: Day
    reason: Reason


class ActionRemark(Input):
    """What there is to say, and evidence that shows it."""

    note: LongText
    evidence_id: UUID | None = None

    @property
    def remark(self) -> Remark:
        return Remark(self.note, self.evidence_id)


@dataclass
class ActionFollowed(Refusal):
    """Another action was taken instead of it already."""

    title: ClassVar[str] = "Another action was taken instead of this one"
    action: str
    """Its number."""


async def plan_action(store: Store, finding_id: UUID, new: NewAction) -> TrackedAction:
    """Plan what is to be done about an open finding, under the finding's next number.

    Raises RowNotFound, IllegalTransition, InvalidInput, ActionFollowed.
    """
    finding = await _open_finding(store, finding_id)
    await worked(store, "audit_findings", finding_id)
    await _check_people(store, assignee_id=new.assignee_id, to=new.escalation_person_id)
    await _check_followed(store, finding_id, new.follows_id)
    ordinal = finding.action_count + 1
    await store.audit_findings.update(
        finding_id, {"action_count": ordinal}, expected_version=finding.version
    )
    action = await store.corrective_actions.create(
        CorrectiveActionFields(
            audit_id=finding.audit_id,
            finding_id=finding_id,
            ordinal=ordinal,
            number=f"{finding.number}-A{ordinal}",
            description=new.description,
            follows_id=new.follows_id,
        )
    )
    who = {store.actor.principal_id}
    people = await involve(store, action.id, who)
    await involve(store, action.id, {new.assignee_id})
    progress = await store.action_progress.create(
        ActionProgressFields(
            action_id=action.id,
            assignee_id=new.assignee_id,
            due_on=new.due_on,
            escalation_person_id=new.escalation_person_id,
        )
    )
    kind, person_id = ActionStepKind.PLANNED, min(people, default=None)
    await record(store, progress, kind, Remark.NOTHING, person_id, HandRole.INVOLVED)
    await _tell_assignee(store, progress)
    return TrackedAction(action, progress)


async def start_action(store: Store, action_id: UUID, *, expected_version: int) -> TrackedAction:
    """Raises RowNotFound, VersionConflict, IllegalTransition, DecidedBefore."""
    progress = await held(store, action_id, expected_version)
    return await work_on(store, progress, ActionStepKind.STARTED, {"started_at": store.now})


async def complete_action(
    store: Store, action_id: UUID, done: ActionRemark, *, expected_version: int
) -> TrackedAction:
    """Raises RowNotFound, VersionConflict, IllegalTransition, DecidedBefore, InvalidInput."""
    progress = await held(store, action_id, expected_version)
    changes: dict[str, object] = {"completed_at": store.now}
    return await work_on(store, progress, ActionStepKind.COMPLETED, changes, done.remark)


async def note_on_action(
    store: Store, action_id: UUID, said: ActionRemark, *, expected_version: int
) -> TrackedAction:
    """Say what was done, without being done.

    Raises RowNotFound, VersionConflict, IllegalTransition, DecidedBefore, InvalidInput.
    """
    progress = await held(store, action_id, expected_version)
    return await work_on(store, progress, ActionStepKind.NOTED, {}, said.remark)


async def assign_action(
    store: Store, action_id: UUID, new: ActionAssignment, *, expected_version: int
) -> TrackedAction:
    """Give an action to somebody else; whoever had it before has had a hand in it.

    Raises RowNotFound, VersionConflict, IllegalTransition, DecidedBefore, InvalidInput.
    """
    progress = await held(store, action_id, expected_version)
    require_step(progress.status, ActionStepKind.ASSIGNED)
    await _check_people(store, assignee_id=new.assignee_id)
    await involve(store, action_id, {new.assignee_id})
    changes: dict[str, object] = {"assignee_id": new.assignee_id}
    kind, remark = ActionStepKind.ASSIGNED, Remark(new.reason)
    tracked = await work_on(store, progress, kind, changes, remark)
    await _tell_assignee(store, tracked.progress)
    return tracked


async def reschedule_action(
    store: Store, action_id: UUID, new: ActionSchedule, *, expected_version: int
) -> TrackedAction:
    """Raises RowNotFound, VersionConflict, IllegalTransition, DecidedBefore."""
    progress = await held(store, action_id, expected_version)
    changes: dict[str, object] = {"due_on": new.due_on}
    return await work_on(store, progress, ActionStepKind.RESCHEDULED, changes, Remark(new.reason))


async def reopen_action(
    store: Store, action_id: UUID, new: ActionSchedule, *, expected_version: int
) -> TrackedAction:
    """Take up again what was not effective, until another day; how it came there stays in its
    steps.

    Raises RowNotFound, VersionConflict, IllegalTransition, DecidedBefore, ActionFollowed.
    """
    action = await store.corrective_actions.get(action_id)
    await _open_finding(store, action.finding_id)
    progress = await held(store, action_id, expected_version)
    await _refuse_followed(store, action_id)
    changes: dict[str, object] = {
        "due_on": new.due_on,
        **dict.fromkeys(
            (
                "completed_at",
                "verified_at",
                "verified_by",
                "check_due_on",
                "checked_at",
                "checked_by",
            )
        ),
    }
    return await work_on(store, progress, ActionStepKind.REOPENED, changes, Remark(new.reason))


async def _open_finding(store: Store, finding_id: UUID) -> AuditFinding:
    """A finding that something can be done about, held: before its actions are, here and
    everywhere."""
    finding = await store.audit_findings.lock(finding_id)
    if finding.status is not FindingStatus.OPEN:
        raise IllegalTransition("finding", finding.status, "acted on", [str(FindingStatus.OPEN)])
    return finding


async def _tell_assignee(store: Store, progress: ActionProgress) -> None:
    """Unless they have given it to themselves."""
    told = {progress.assignee_id} - {store.actor.principal_id}
    kind = NotificationKind.CORRECTIVE_ACTION_ASSIGNED
    await notify(store, told, kind, ENTITY, progress.action_id)


async def _check_people(store: Store, *, assignee_id: UUID, to: UUID | None = None) -> None:
    named = {"/assignee_id": assignee_id} | ({} if to is None else {"/escalation_person_id": to})
    people = {each.id: each for each in await store.people.get_many(sorted(set(named.values())))}
    faults = [
        Fault(pointer, "names nobody who is enabled")
        for pointer, person_id in named.items()
        if person_id not in people or people[person_id].disabled_at is not None
    ]
    if not faults and await scopes_held(store, people[assignee_id]) == OUTSIDE_SCOPES:
        faults.append(Fault("/assignee_id", "audits from outside, and mends nothing"))
    if faults:
        raise InvalidInput(faults)


async def _check_followed(store: Store, finding_id: UUID, follows_id: UUID | None) -> None:
    if follows_id is None:
        return
    try:
        followed = await store.corrective_actions.get(follows_id)
    except RowNotFound:
        followed = None
    if followed is None or followed.finding_id != finding_id:
        raise InvalidInput([Fault("/follows_id", "names no action of this finding")])
    progress = await store.action_progress.lock_all(ActionProgressFilter(action_id=follows_id))
    if progress[0].status is not ActionStatus.NOT_EFFECTIVE:
        raise InvalidInput([Fault("/follows_id", "was not found to have no effect")])
    await _refuse_followed(store, follows_id)


async def _refuse_followed(store: Store, action_id: UUID) -> None:
    for each in await store.corrective_actions.all(CorrectiveActionFilter(follows_id=action_id)):
        raise ActionFollowed(each.number)
