"""What is due on which day, and who is responsible: derived, as everything about it is."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from services.company_calendar import company_today
from services.regulatory_compliance.corrective_actions.lifecycle import UNDONE
from services.regulatory_compliance.policies.reviews import review_days
from services.regulatory_compliance.standing import Standing
from services.regulatory_compliance.standings import standings
from storage.filters import ActionProgressFilter, MitigationItemFilter, RiskAssessmentFilter
from storage.interface import Store
from storage.standings import StandingFound, StandingQuestion
from storage.tables.policies import Policy
from storage.vocabulary.compliance import RequirementStatus, StatusReason
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
    today = await company_today(store)
    question = StandingQuestion(on=today, known_at=store.now)
    found = [
        thing for row, stood in await standings(store, question) for thing in _things(row, stood)
    ]
    found += [
        _review(policy, due_on, today) for policy, due_on in await review_days(store, on=today)
    ]
    found += await _actions(store, today)
    found += await _risks(store, today)
    return sorted(found, key=lambda each: (each.due_on, each.code, each.kind))


def _things(row: StandingFound, standing: Standing) -> Sequence[DueThing]:
    if standing.status is RequirementStatus.NOT_APPLICABLE:
        return ()
    found = []
    if standing.period is not None:
        # Periods are counted anew where the schedule changes: both numbers name one.
        number = row.schedule_number * 1_000_000 + standing.period.number
        is_overdue = standing.reason is StatusReason.OVERDUE
        found.append(
            _thing(row, DueKind.PERIOD, number, standing.period.due_on, is_overdue=is_overdue)
        )
    ends_on = standing.covered_until
    if ends_on is not None and (standing.due_on is None or ends_on < standing.due_on):
        found.append(_thing(row, DueKind.COVER, 0, ends_on, is_overdue=False))
    return found


def _thing(
    row: StandingFound, kind: DueKind, number: int, due_on: dt.date, *, is_overdue: bool
) -> DueThing:
    return DueThing(
        kind=kind,
        entity_id=row.requirement_id,
        number=number,
        code=row.code,
        name=row.name,
        due_on=due_on,
        is_overdue=is_overdue,
        person_id=row.responsible_person_id,
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


async def _actions(store: Store, today: dt.date) -> list[DueThing]:
    undone = await store.action_progress.all(ActionProgressFilter(statuses=sorted(UNDONE)))
    rows = await store.corrective_actions.get_many([each.action_id for each in undone])
    numbers = {each.id: each.number for each in rows}
    return [
        DueThing(
            kind=DueKind.ACTION,
            entity_id=each.action_id,
            number=0,
            code=numbers[each.action_id],
            name="corrective action",
            due_on=each.due_on,
            is_overdue=each.due_on < today,
            person_id=each.assignee_id,
        )
        for each in undone
    ]


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
