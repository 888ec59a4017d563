"""A company's own rules for a payer: who confirmed how long it can be asked, and where that stands.

Confirming a shipped default is recording a rule with its numbers and the source that one has read.
"""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.claims.appealing.awaiting import not_with_the_payer
from services.claims.appealing.deadlines import DEADLINES, ControversyAmount, Ladder, Level, due_of
from services.claims.appealing.lifecycle import BEFORE_SENDING
from services.claims.contracts.disputes import count_disputes_anew
from services.claims.drafts import CalendarDay
from services.company_calendar import company_today
from services.identity.authentication import Principal
from services.inputs import Identifier, Input, Name
from services.refusals import Fault, InvalidInput
from storage.errors import RowNotFound
from storage.filters import AppealRuleFilter, ClaimAppealFilter, DenialFilter
from storage.interface import Page, Store
from storage.tables.appeals import AppealRule, AppealRuleFields
from storage.tables.claims import Payer
from storage.vocabulary.appeals import StartEvent
from storage.vocabulary.claims import ClaimType, DenialStatus

MOST_LEVELS = 9


class NewAppealRule(Input):
    """How many calendar days a level of appeal can be asked of a payer, and where that stands.

    The first level counts from the day the remittance was received, each other one from the day the
    answer to the level before came. Without ``plan`` or ``claim_type`` it holds for all of them;
    ``effective_from`` and ``effective_to`` are days on which what starts the deadline is received.
    """

    payer_id: UUID
    plan: Annotated[Identifier | None, Field(examples=["Gold PPO"])] = None
    claim_type: Annotated[ClaimType | None, Field(examples=[None])] = None
    level: Annotated[int, Field(ge=1, le=MOST_LEVELS)]
    name: Annotated[
        str, Field(min_length=1, max_length=120, pattern=r"^[ -~]+$", examples=["Provider dispute"])
    ]
    days: Annotated[int, Field(ge=1, le=3650, examples=[120])]
    source: Annotated[Name, Field(examples=["Provider manual 2026, chapter 12, page 88"])]
    effective_from: Annotated[CalendarDay, Field(examples=["2026-01-01"])]
    effective_to: Annotated[CalendarDay | None, Field(examples=[None])] = None


class EndOfRule(Input):
    """The last day on which what starts the deadline falls under the rule."""

    effective_to: CalendarDay


async def record_rule(store: Store, principal: Principal, new: NewAppealRule) -> AppealRule:
    """Record a rule in one's own name; open denials and unsent appeals count by it from now on.

    Raises PersonNeeded, InvalidInput.
    """
    principal.require_session()
    faults = []
    if new.effective_to is not None and new.effective_to < new.effective_from:
        faults.append(Fault("/effective_to", "lies before effective_from"))
    try:
        payer = await store.payers.get(new.payer_id)
    except RowNotFound:
        raise InvalidInput([*faults, Fault("/payer_id", "names nothing that exists")]) from None
    ladder = Ladder(payer.id, payer.type, await _rules_of(store, payer.id))
    if new.level > 1 and not _knows(ladder, new, new.level - 1):
        faults.append(Fault("/level", f"leaves level {new.level - 1} out"))
    if faults:
        raise InvalidInput(faults)
    start = StartEvent.REMITTANCE_RECEIVED if new.level == 1 else StartEvent.DECISION_RECEIVED
    rule = await store.appeal_rules.create(
        AppealRuleFields(**dict(new), start_event=start, confirmed_by_person_id=principal.id)
    )
    await _count_anew(store, payer)
    return rule


async def end_rule(
    store: Store, rule_id: UUID, end: EndOfRule, *, expected_version: int
) -> AppealRule:
    """Let a rule hold until a day; what has begun after it counts by what holds then.

    Raises RowNotFound, VersionConflict, InvalidInput.
    """
    rule = await store.appeal_rules.lock(rule_id)
    if end.effective_to < rule.effective_from:
        raise InvalidInput([Fault("/effective_to", "lies before effective_from")])
    ended = await store.appeal_rules.update(
        rule_id, {"effective_to": end.effective_to}, expected_version=expected_version
    )
    await _count_anew(store, await store.payers.get(rule.payer_id))
    return ended


async def get_rule(store: Store, rule_id: UUID) -> AppealRule:
    """Raises RowNotFound."""
    return await store.appeal_rules.get(rule_id)


async def list_rules(
    store: Store, conditions: AppealRuleFilter, *, limit: int, after: UUID | None
) -> Page[AppealRule]:
    """The company's own rules, newest first."""
    return await store.appeal_rules.list(conditions, limit=limit, after=after)


async def levels_of(
    store: Store, payer_id: UUID, claim_type: ClaimType, plan: str | None
) -> list[tuple[Level, ControversyAmount | None]]:
    """The levels of a payer for what is received today, each with the least amount in dispute that
    it takes, if it takes one. Raises RowNotFound."""
    payer = await store.payers.get(payer_id)
    today = await company_today(store)
    ladder = Ladder(payer.id, payer.type, await _rules_of(store, payer_id))
    return [
        (level, None if level.amount is None else DEADLINES.least(level.amount, today))
        for level in ladder.levels(today, claim_type, plan)
    ]


async def _rules_of(store: Store, payer_id: UUID) -> list[AppealRule]:
    return await store.appeal_rules.all(AppealRuleFilter(payer_id=payer_id))


def _knows(ladder: Ladder, new: NewAppealRule, level: int) -> bool:
    found = ladder.level(
        level,
        on=new.effective_from,
        claim_type=new.claim_type or ClaimType.PROFESSIONAL,
        plan=new.plan,
    )
    return found is not None


async def _count_anew(store: Store, payer: Payer) -> None:
    """Give the payer's open denials, unsent appeals and underpayments the deadlines that hold
    now."""
    await count_disputes_anew(store, payer.id)
    ladder = Ladder(payer.id, payer.type, await _rules_of(store, payer.id))
    denials = [
        each
        for each in await store.denials.lock_all(
            DenialFilter(payer_id=payer.id, status=DenialStatus.OPEN, is_appealable=True)
        )
        if each.appeal_level is not None
    ]
    denials = await not_with_the_payer(store, denials)
    appeals = [
        each
        for each in await store.claim_appeals.lock_all(
            ClaimAppealFilter(payer_id=payer.id, statuses=sorted(BEFORE_SENDING))
        )
        if each.started_on is not None
    ]
    claims = {
        each.id: each
        for each in await store.claims.get_many(
            sorted({*(each.claim_id for each in denials), *(each.claim_id for each in appeals)})
        )
    }
    due = []
    for denial in denials:
        level = ladder.level(
            denial.appeal_level or 1,
            on=denial.deadline_started_on,
            claim_type=claims[denial.claim_id].type,
        )
        if level is not None:
            due.append((denial, due_of(level, denial.deadline_started_on)))
    changed = [
        (denial, each)
        for denial, each in due
        if (denial.due_on, denial.due_source) != (each.due_on, each.source)
    ]
    await store.denials.update_many(
        {denial.id: denial.version for denial, _ in changed},
        {
            "due_on": [each.due_on for _, each in changed],
            "due_is_verified": [each.is_verified for _, each in changed],
            "due_source": [each.source for _, each in changed],
        },
    )
    moved = []
    for appeal in appeals:
        assert appeal.started_on is not None
        level = ladder.level(
            appeal.level,
            on=appeal.started_on,
            claim_type=claims[appeal.claim_id].type,
            plan=appeal.plan,
        )
        if level is not None:
            moved.append((appeal, level.name, due_of(level, appeal.started_on)))
    await store.claim_appeals.update_many(
        {appeal.id: appeal.version for appeal, _, _ in moved},
        {
            "level_name": [name for _, name, _ in moved],
            "due_on": [each.due_on for _, _, each in moved],
            "due_is_verified": [each.is_verified for _, _, each in moved],
            "due_source": [each.source for _, _, each in moved],
        },
    )
