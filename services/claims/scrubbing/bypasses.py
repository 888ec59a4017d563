"""Rules of the program that a company does not hold its claims against, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from services.claims.x12.scrub_rules import RULES
from services.claims.x12.scrubbing import Rule
from services.inputs import Identifier, Input, Reason
from services.refusals import Fault, InvalidInput, Refusal
from storage.errors import VersionConflict
from storage.filters import RuleBypassFilter
from storage.interface import Page, Store
from storage.tables.scrubbing import RuleBypass, RuleBypassFields

_KNOWN: Mapping[str, Rule] = {rule.id: rule for rule in RULES}


class NewBypass(Input):
    """Which rule is passed by, and why."""

    rule_id: Annotated[Identifier, Field(examples=["line_repeated"])]
    reason: Reason


@dataclass
class BypassEnded(Refusal):
    """The rule is in force again already."""

    title: ClassVar[str] = "The bypass has ended before"


async def create_bypass(store: Store, new: NewBypass) -> RuleBypass:
    """Pass a rule of the program by, for all claims from now on.

    Raises InvalidInput, DuplicateValue where it is passed by already.
    """
    if new.rule_id not in _KNOWN:
        raise InvalidInput([Fault("/rule_id", "names no rule of the program")])
    return await store.rule_bypasses.create(RuleBypassFields(**dict(new)))


async def list_bypasses(
    store: Store, conditions: RuleBypassFilter, *, limit: int, after: UUID | None
) -> Page[RuleBypass]:
    """Bypasses, newest first."""
    return await store.rule_bypasses.list(conditions, limit=limit, after=after)


async def end_bypass(store: Store, bypass_id: UUID, *, expected_version: int) -> RuleBypass:
    """Hold claims against the rule again. Raises RowNotFound, VersionConflict, BypassEnded."""
    bypass = await store.rule_bypasses.lock(bypass_id)
    if bypass.version != expected_version:
        raise VersionConflict("rule_bypasses")
    if bypass.ended_at is not None:
        raise BypassEnded
    return await store.rule_bypasses.update(
        bypass_id, {"ended_at": store.now}, expected_version=expected_version
    )
