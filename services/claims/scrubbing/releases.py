"""Holds: a person lets a claim go that a rule keeps back, and says why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from services.claims.claims import hold_claim
from services.claims.scrubbing.runs import latest_run, with_results
from services.identity.authentication import Principal
from services.inputs import Identifier, Input, Reason
from services.refusals import Fault, InvalidInput, Refusal
from storage.filters import ByClaim
from storage.interface import Page, Store
from storage.tables.claims import Claim
from storage.tables.scrubbing import ScrubRelease, ScrubReleaseFields, ScrubResult
from storage.vocabulary.scrubbing import RuleSeverity, RuleStatus


class NewRelease(Input):
    """Which rule a claim is let go by, and why."""

    rule_id: Identifier
    reason: Reason


@dataclass(frozen=True)
class HeldBy:
    """A rule that keeps a claim back, and what it found."""

    rule_id: str
    rule_version: int
    title: str
    evidence: str


@dataclass
class ClaimHeld(Refusal):
    """Rules keep the claim back until a person lets it go."""

    title: ClassVar[str] = "The claim is held until a person lets it go"
    held_by: list[HeldBy]

    @property
    def detail(self) -> str:
        return "Somebody who may release claims records why, rule by rule; or change the claim."


async def release_claim(
    store: Store, principal: Principal, claim_id: UUID, new: NewRelease, *, expected_version: int
) -> ScrubRelease:
    """Let a claim go by one rule, as it is now; once it is changed the rule holds it again.

    Raises RowNotFound, VersionConflict, PersonNeeded, InvalidInput, DuplicateValue.
    """
    claim = await hold_claim(store, claim_id, expected_version=expected_version)
    principal.require_session()
    run = await latest_run(store, claim_id)
    holding = (
        []
        if run is None or run.claim_version != claim.version
        else holds_of((await with_results(store, run)).results)
    )
    found = [each for each in holding if each.rule_id == new.rule_id]
    if not found:
        message = "holds nothing in the claim as it is now; scrub it to see what does"
        raise InvalidInput([Fault("/rule_id", message)])
    return await store.scrub_releases.create(
        ScrubReleaseFields(
            claim_id=claim_id,
            patient_id=claim.patient_id,
            claim_version=claim.version,
            rule_id=new.rule_id,
            rule_version=found[0].rule_version,
            reason=new.reason,
        )
    )


async def list_releases(
    store: Store, claim_id: UUID, *, limit: int, after: UUID | None
) -> Page[ScrubRelease]:
    """By which rules a claim was ever let go, newest first. Raises RowNotFound."""
    await store.claims.get(claim_id)
    return await store.scrub_releases.list(ByClaim(claim_id=claim_id), limit=limit, after=after)


async def still_held(
    store: Store, found: Sequence[tuple[Claim, Sequence[ScrubResult]]]
) -> dict[UUID, list[ScrubResult]]:
    """The holds among what was found of claims that nobody has let them go by, as they are now; by
    the claims' ids, only of those that are held."""
    holding = {claim.id: (claim.version, holds_of(results)) for claim, results in found}
    holding = {claim_id: each for claim_id, each in holding.items() if each[1]}
    if not holding:
        return {}
    released = {
        (each.claim_id, each.claim_version, each.rule_id, each.rule_version)
        for each in await store.scrub_releases.all(ByClaim(claim_ids=list(holding)))
    }
    held = {
        claim_id: [
            each
            for each in holds
            if (claim_id, version, each.rule_id, each.rule_version) not in released
        ]
        for claim_id, (version, holds) in holding.items()
    }
    return {claim_id: holds for claim_id, holds in held.items() if holds}


def holds_of(results: Sequence[ScrubResult]) -> list[ScrubResult]:
    """Those that keep a claim back until a person lets it go."""
    return [
        each
        for each in results
        if each.status is RuleStatus.FAIL and each.severity is RuleSeverity.HOLD
    ]
