"""Declaring many drafts complete at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.claims.lifecycle import LEGAL_MOVES
from services.claims.readiness import ClaimNotValid, obstacles
from services.claims.scrubbing.duplicates import rounds, wait_to_bill
from services.claims.scrubbing.releases import ClaimHeld, HeldBy
from services.claims.validation.findings import Finding
from services.inputs import Input
from services.outbox.events import publish_many
from storage.filters import ClaimFilter
from storage.interface import Store
from storage.tables.claims import Claim
from storage.vocabulary.claims import ClaimStatus
from storage.vocabulary.outbox import EventType

MOST_CLAIMS = 1000


class ClaimsToReady(Input):
    """Drafts to declare complete; an id that is given twice counts once."""

    claim_ids: Annotated[list[UUID], Field(min_length=1, max_length=MOST_CLAIMS)]


@dataclass(frozen=True)
class NotReady:
    """A claim that stays as it is, and why: what the rules found, or which of them hold it."""

    claim_id: UUID
    reason: str
    findings: Sequence[Finding] = ()
    held_by: Sequence[HeldBy] = ()


@dataclass(frozen=True)
class ReadyOutcome:
    """The claims that are ready now, and those that are not; each in the order given."""

    ready: list[UUID]
    refused: list[NotReady]


async def make_many_ready(store: Store, claim_ids: Sequence[UUID]) -> ReadyOutcome:
    """Declare drafts complete, each that the rules let through, as ``submission.make_ready`` does
    it for one. Of drafts that repeat each other, the one that is named first.

    Takes a number of statements that does not depend on how many there are, but on how often they
    repeat each other.
    """
    given = list(dict.fromkeys(claim_ids))
    held = {claim.id: claim for claim in await store.claims.lock_all(ClaimFilter(ids=given))}
    refused = {each: why for each in given if (why := _not_a_draft(each, held.get(each)))}
    drafts = [held[each] for each in given if each not in refused]
    await wait_to_bill(store, drafts)
    for claims in rounds(drafts):
        found = await obstacles(store, claims)
        refused |= {claim_id: _kept_back(claim_id, why) for claim_id, why in found.items()}
        passing = [claim for claim in claims if claim.id not in found]
        await store.claims.update_many(
            {claim.id: claim.version for claim in passing},
            {"status": [ClaimStatus.READY_TO_SUBMIT] * len(passing)},
        )
    ready = [each for each in given if each not in refused]
    await publish_many(store, EventType.CLAIM_STATUS_CHANGED, "claims", ready)
    return ReadyOutcome(ready, [refused[each] for each in given if each in refused])


def _not_a_draft(claim_id: UUID, claim: Claim | None) -> NotReady | None:
    if claim is None:
        return NotReady(claim_id, "names nothing that exists")
    if ClaimStatus.READY_TO_SUBMIT not in LEGAL_MOVES[claim.status]:
        return NotReady(claim_id, f"is {claim.status}, not {ClaimStatus.DRAFT}")
    return None


def _kept_back(claim_id: UUID, why: ClaimNotValid | ClaimHeld) -> NotReady:
    match why:
        case ClaimNotValid():
            return NotReady(claim_id, why.title, findings=why.findings)
        case ClaimHeld():
            return NotReady(claim_id, why.title, held_by=why.held_by)
