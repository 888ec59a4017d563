"""The rules that a company's claims are held against: the program's and its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from services.claims.x12.company_rules import CompanyRule, Condition, as_rule
from services.claims.x12.scrub_rules import RULES
from services.claims.x12.scrubbing import Rule
from storage.filters import ByClaimRule, ClaimRuleFilter, RuleBypassFilter
from storage.interface import Store
from storage.tables.scrubbing import ClaimRule, ClaimRuleRevision

PREFIX = "company:"
"""What the ids of a company's rules begin with, so that they are never taken for the program's."""


@dataclass(frozen=True)
class RulesInForce:
    """The rules, and why the company does not hold its claims against some of them."""

    rules: tuple[Rule, ...]
    bypassed: Mapping[str, str]


async def rules_in_force(store: Store) -> RulesInForce:
    """The program's rules and the company's, in this order. Takes three statements."""
    enabled = {
        rule.id: rule for rule in await store.claim_rules.all(ClaimRuleFilter(is_disabled=False))
    }
    revisions = await store.claim_rule_revisions.all(ByClaimRule(rule_ids=sorted(enabled)))
    own = [
        as_rule(company_rule(enabled[each.rule_id], each))
        for each in revisions
        if each.revision == enabled[each.rule_id].enabled_revision
    ]
    bypasses = await store.rule_bypasses.all(RuleBypassFilter(is_standing=True))
    return RulesInForce(
        (*RULES, *sorted(own, key=lambda rule: rule.id)),
        {each.rule_id: each.reason for each in bypasses},
    )


def company_rule(rule: ClaimRule, revision: ClaimRuleRevision) -> CompanyRule:
    """A revision of a company's rule as the scrubber takes it."""
    return CompanyRule(
        id=f"{PREFIX}{rule.rule_key}",
        version=revision.revision,
        severity=revision.severity,
        title=revision.title,
        remedy=revision.remedy,
        condition=condition_of(revision.condition),
    )


def condition_of(document: object) -> Condition:
    """A condition as it is kept. Raises msgspec.ValidationError for one that was never checked."""
    condition: Condition = msgspec.convert(document, Condition)
    return condition
