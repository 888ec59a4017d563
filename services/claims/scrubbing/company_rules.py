"""Rules that a company makes: written, tried on past claims, switched on, revised, switched off.

What a rule says is a revision, which never changes; to change a rule is to add one. Claims are
held against the revision that was switched on, and a revision can be switched on once it has been
tried: what it would have done to past claims is kept with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from services.claims.drafts import CalendarDay
from services.claims.outgoing import outgoing_claims
from services.claims.scrubbing.conditions import ConditionInput, condition_faults, document_of
from services.claims.scrubbing.rules_in_force import company_rule
from services.claims.x12.company_rules import try_on
from services.inputs import Input, Name, Reason
from services.refusals import Fault, InvalidInput, Refusal
from storage.errors import VersionConflict
from storage.filters import ByClaimRule, ClaimFilter, ClaimRuleFilter
from storage.interface import Page, Store
from storage.tables.claims import Claim
from storage.tables.scrubbing import (
    ClaimRule,
    ClaimRuleFields,
    ClaimRuleRevision,
    ClaimRuleRevisionFields,
    ClaimRuleTrial,
    ClaimRuleTrialFields,
)
from storage.vocabulary.scrubbing import RuleSeverity

MOST_TRIED = 2_000
"""On how many past claims a rule is tried at most: the newest of the days asked for."""


class RuleContent(Input):
    """What a rule says: when there is something to do, how grave it is, and how to mend it."""

    severity: RuleSeverity
    title: Name
    remedy: Reason
    condition: ConditionInput


class NewClaimRule(RuleContent):
    """A rule to write. It does nothing before it is switched on."""

    rule_key: Annotated[
        str, Field(pattern=r"^[a-z][a-z0-9_]{0,59}$", examples=["hold_high_charges"])
    ]


class DaysToTry(Input):
    """The days of service of the past claims that a rule is tried on."""

    service_from: CalendarDay
    service_until: CalendarDay


@dataclass(frozen=True)
class RuleWithContent:
    """A rule, and what its last revision says."""

    rule: ClaimRule
    content: ClaimRuleRevision


@dataclass
class RuleNotTried(Refusal):
    """The last revision of the rule has not been tried on past claims yet."""

    title: ClassVar[str] = "The rule has to be tried on past claims first"
    revision: int


async def create_rule(store: Store, new: NewClaimRule) -> RuleWithContent:
    """Raises InvalidInput with every fault of the condition, DuplicateValue."""
    _check(new)
    rule = await store.claim_rules.create(ClaimRuleFields(rule_key=new.rule_key))
    return RuleWithContent(rule, await _add_revision(store, rule, new))


async def get_rule(store: Store, rule_id: UUID) -> RuleWithContent:
    """Raises RowNotFound."""
    return await _with_content(store, await store.claim_rules.get(rule_id))


async def list_rules(
    store: Store, conditions: ClaimRuleFilter, *, limit: int, after: UUID | None
) -> Page[ClaimRule]:
    """Rules, newest first."""
    return await store.claim_rules.list(conditions, limit=limit, after=after)


async def list_revisions(
    store: Store, rule_id: UUID, *, limit: int, after: UUID | None
) -> Page[ClaimRuleRevision]:
    """What a rule has said over time, newest first. Raises RowNotFound."""
    await store.claim_rules.get(rule_id)
    return await store.claim_rule_revisions.list(
        ByClaimRule(rule_id=rule_id), limit=limit, after=after
    )


async def list_trials(
    store: Store, rule_id: UUID, *, limit: int, after: UUID | None
) -> Page[ClaimRuleTrial]:
    """What came of trying a rule, newest first. Raises RowNotFound."""
    await store.claim_rules.get(rule_id)
    return await store.claim_rule_trials.list(
        ByClaimRule(rule_id=rule_id), limit=limit, after=after
    )


async def revise_rule(
    store: Store, rule_id: UUID, content: RuleContent, *, expected_version: int
) -> RuleWithContent:
    """Let a rule say something else; until that is tried and switched on, the old one holds.

    Raises RowNotFound, VersionConflict, InvalidInput.
    """
    _check(content)
    rule = await _held(store, rule_id, expected_version)
    revised = await store.claim_rules.update(
        rule_id, {"revision": rule.revision + 1}, expected_version=expected_version
    )
    return RuleWithContent(revised, await _add_revision(store, revised, content))


async def try_rule(store: Store, rule_id: UUID, days: DaysToTry) -> ClaimRuleTrial:
    """Hold past claims against the last revision, as they first went out; nothing happens to them.

    Raises RowNotFound, InvalidInput.
    """
    if days.service_until < days.service_from:
        raise InvalidInput([Fault("/service_until", "lies before the first day")])
    found = await get_rule(store, rule_id)
    tried = company_rule(found.rule, found.content)
    claims = await _past_claims(store, days)
    outgoing = await outgoing_claims(store, claims, as_first_sent=True)
    models = [each.model for each in outgoing if each.model is not None]
    trial = await asyncio.to_thread(try_on, tried, models)
    return await store.claim_rule_trials.create(
        ClaimRuleTrialFields(
            rule_id=rule_id,
            revision=found.content.revision,
            service_from=days.service_from,
            service_until=days.service_until,
            considered=len(claims),
            examined=trial.examined,
            matched=trial.matched,
            examples=list(trial.examples),
        )
    )


async def enable_rule(store: Store, rule_id: UUID, *, expected_version: int) -> RuleWithContent:
    """Hold claims against the last revision from now on.

    Raises RowNotFound, VersionConflict, RuleNotTried.
    """
    rule = await _held(store, rule_id, expected_version)
    conditions = ByClaimRule(rule_id=rule_id, revision=rule.revision)
    if not await store.claim_rule_trials.count(conditions):
        raise RuleNotTried(rule.revision)
    return await _switch(store, rule, rule.revision)


async def disable_rule(store: Store, rule_id: UUID, *, expected_version: int) -> RuleWithContent:
    """Hold no claim against it any more. Raises RowNotFound, VersionConflict."""
    return await _switch(store, await _held(store, rule_id, expected_version), None)


async def _switch(store: Store, rule: ClaimRule, revision: int | None) -> RuleWithContent:
    if rule.enabled_revision != revision:
        rule = await store.claim_rules.update(
            rule.id, {"enabled_revision": revision}, expected_version=rule.version
        )
    return await _with_content(store, rule)


async def _held(store: Store, rule_id: UUID, expected_version: int) -> ClaimRule:
    rule = await store.claim_rules.lock(rule_id)
    if rule.version != expected_version:
        raise VersionConflict("claim_rules")
    return rule


async def _with_content(store: Store, rule: ClaimRule) -> RuleWithContent:
    conditions = ByClaimRule(rule_id=rule.id, revision=rule.revision)
    (content,) = await store.claim_rule_revisions.all(conditions)
    return RuleWithContent(rule, content)


async def _add_revision(store: Store, rule: ClaimRule, content: RuleContent) -> ClaimRuleRevision:
    return await store.claim_rule_revisions.create(
        ClaimRuleRevisionFields(
            rule_id=rule.id,
            revision=rule.revision,
            severity=content.severity,
            title=content.title,
            remedy=content.remedy,
            condition=document_of(content.condition),
        )
    )


def _check(content: RuleContent) -> None:
    """Raises InvalidInput."""
    if faults := condition_faults(document_of(content.condition)):
        raise InvalidInput(faults)


async def _past_claims(store: Store, days: DaysToTry) -> Sequence[Claim]:
    """The newest claims of the days."""
    conditions = ClaimFilter(service_from=days.service_from, service_until=days.service_until)
    page = await store.claims.list(conditions, limit=MOST_TRIED)
    return page.rows
