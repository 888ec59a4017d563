"""What is due on which day, and who is responsible: derived, as everything about it is."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from services.regulatory_compliance.corrective_actions.lifecycle import UNDONE
from services.regulatory_compliance.corrective_actions.listing import ListedAction, actions_on
from services.regulatory_compliance.policies.reviews import review_days
from services.regulatory_compliance.reporting.measuring import Measured, measured, records_of
from storage.filters import CorrectiveActionFilter, MitigationItemFilter, RiskAssessmentFilter
from storage.interface import Store
from storage.tables.policies import Policy
from storage.vocabulary.compliance import RequirementStatus
from storage.vocabulary.risks import AssessmentStatus, MitigationStatus


class DueKind(StrEnum):
    """What becomes of a requirement on the day."""

    PERIOD = "period"
    """A period is to be completed."""
    COVER = "cover"
    """The last day that an attestation with its evidence covers."""
    REVIEW = "review"
    """A policy is to be looked at again."""
    ACTION = "action"
    """A corrective action is to be completed."""
    ASSESSMENT = "assessment"
    """Risks are to be assessed again."""
    MITIGATION = "mitigation"
    """Something of a mitigation plan is to be done."""


@dataclass(frozen=True, kw_only=True)
class DueThing:
    """One thing that is due, ``number`` tells the periods of a requirement apart."""

    kind: DueKind
    entity_id: UUID
    number: int
    code: str
    name: str
    due_on: dt.date
    is_overdue: bool
    person_id: UUID | None


async def due_things(store: Store) -> list[DueThing]:
    """Everything that is open today, the earliest first: nothing of what does not concern the
    company. A constant number of statements."""
    records = await records_of(store, None)
    today = records.calendar.day_of(store.now)
    found = [
        thing for row in measured(records, on=today, known_at=store.now) for thing in _things(row)
    ]
    found += [
        _review(policy, due_on, today) for policy, due_on in await review_days(store, on=today)
    ]
    actions = await store.corrective_actions.all(CorrectiveActionFilter())
    found += [
        _action(each)
        for each in await actions_on(store, actions, today)
        if each.state.status in UNDONE
    ]
    found += await _risks(store, today)
    return sorted(found, key=lambda each: (each.due_on, each.code, each.kind))


def _things(row: Measured) -> Sequence[DueThing]:
    standing = row.standing
    if standing.status is RequirementStatus.NOT_APPLICABLE:
        return ()
    found = []
    if standing.period is not None:
        # Periods are counted anew where the schedule changes: both numbers name one.
        number = row.version.schedule_number * 1_000_000 + standing.period.number
        found.append(_thing(row, DueKind.PERIOD, number, standing.period.due_on))
    ends_on = standing.covered_until
    if ends_on is not None and (standing.due_on is None or ends_on < standing.due_on):
        found.append(_thing(row, DueKind.COVER, 0, ends_on))
    return found


def _thing(row: Measured, kind: DueKind, number: int, due_on: dt.date) -> DueThing:
    return DueThing(
        kind=kind,
        entity_id=row.requirement.id,
        number=number,
        code=row.requirement.code,
        name=row.content.name,
        due_on=due_on,
        is_overdue=kind is DueKind.PERIOD and row.is_overdue,
        person_id=row.requirement.responsible_person_id,
    )


def _review(policy: Policy, due_on: dt.date, today: dt.date) -> DueThing:
    return DueThing(
        kind=DueKind.REVIEW,
        entity_id=policy.id,
        number=0,
        code=policy.number,
        name=policy.title,
        due_on=due_on,
        is_overdue=due_on < today,
        person_id=policy.owner_person_id,
    )


def _action(listed: ListedAction) -> DueThing:
    return DueThing(
        kind=DueKind.ACTION,
        entity_id=listed.action.id,
        number=0,
        code=listed.action.number,
        name="corrective action",
        due_on=listed.state.due_on,
        is_overdue=listed.state.is_overdue,
        person_id=listed.state.assignee_id,
    )


async def _risks(store: Store, today: dt.date) -> list[DueThing]:
    approved = RiskAssessmentFilter(status=AssessmentStatus.APPROVED)
    open_items = MitigationItemFilter(
        statuses=[MitigationStatus.PLANNED, MitigationStatus.IN_PROGRESS]
    )
    return [
        *(
            DueThing(
                kind=DueKind.ASSESSMENT,
                entity_id=each.id,
                number=0,
                code=each.number,
                name=each.title,
                due_on=each.next_due_on,
                is_overdue=each.next_due_on < today,
                person_id=None,
            )
            for each in await store.risk_assessments.all(approved)
        ),
        *(
            DueThing(
                kind=DueKind.MITIGATION,
                entity_id=each.id,
                number=0,
                code="mitigation",
                name=_first_line(each.task),
                due_on=each.due_on,
                is_overdue=each.due_on < today,
                person_id=each.owner_person_id,
            )
            for each in await store.mitigation_items.all(open_items)
        ),
    ]


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0][:100]
