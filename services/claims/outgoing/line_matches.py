"""What a person says of a payer's decided line that fits no line of the claim.

A payer that splits, renumbers or recodes lines decides about some that the claim does not have in
that form. The next payer needs every decision at a line of the claim, so a person says at which; it
counts for claims to the next payers alone, and changes nothing that was posted. It can be taken
back until the next payer has it.
"""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from services.claims.clearing.hold import require_in_no_file
from services.inputs import Input
from services.refusals import Fault, InvalidInput, Refusal
from storage.errors import VersionConflict
from storage.filters import ByClaim, DecidedLineMatchFilter, FiledClaimFilter
from storage.interface import Page, Store
from storage.tables.claims import Claim
from storage.tables.decided_lines import DecidedLineMatch, DecidedLineMatchFields
from storage.tables.ledger import Adjudication
from storage.vocabulary.clearing import FiledClaimStatus

_WITH_A_PAYER = [FiledClaimStatus.SENT, FiledClaimStatus.RECEIVED, FiledClaimStatus.ACCEPTED]
_RESPONSIBILITIES = "PST"
"""Of the primary, the secondary and the tertiary payer, as files of claims name them."""


class NewDecidedLineMatch(Input):
    """A payer's decided line that fits no line of the claim, and the line that it is about."""

    adjudication_line_id: UUID
    claim_line_id: UUID


@dataclass
class DecidedLineHasItsLine(Refusal):
    """The decided line is matched to a line of the claim already."""

    title: ClassVar[str] = "The decided line belongs to a line of the claim already"
    claim_line_id: UUID

    @property
    def detail(self) -> str:
        return "What was posted stays; a match that a person made is withdrawn first."


@dataclass
class MatchWithdrawn(Refusal):
    """It was taken back before."""

    title: ClassVar[str] = "The match was withdrawn already"


@dataclass
class NextPayerHasIt(Refusal):
    """A later payer was told of it."""

    title: ClassVar[str] = "The claim went to the next payer with this match"
    claim_file_id: UUID

    @property
    def detail(self) -> str:
        return "It cannot be withdrawn unless the claim comes back from there."


async def match_decided_line(
    store: Store, claim_id: UUID, new: NewDecidedLineMatch
) -> DecidedLineMatch:
    """Say which line of a claim a decided line is about.

    Raises RowNotFound, InvalidInput, DecidedLineHasItsLine, ClaimInFile.
    """
    claim = await store.claims.lock(claim_id)
    await require_in_no_file(store, claim_id)
    lines = await store.claim_lines.all(ByClaim(claim_id=claim_id))
    decided = await store.adjudication_lines.get_many([new.adjudication_line_id])
    of_claim = [
        each
        for each in await store.adjudications.get_many([line.adjudication_id for line in decided])
        if each.claim_id == claim_id
    ]
    faults = []
    if not of_claim:
        faults.append(Fault("/adjudication_line_id", "is no decided line of this claim"))
    if new.claim_line_id not in {line.id for line in lines}:
        faults.append(Fault("/claim_line_id", "is no line of this claim"))
    if faults:
        raise InvalidInput(faults)
    if decided[0].claim_line_id is not None:
        raise DecidedLineHasItsLine(decided[0].claim_line_id)
    standing = await store.decided_line_matches.all(
        DecidedLineMatchFilter(adjudication_line_id=new.adjudication_line_id, is_standing=True)
    )
    if standing:
        raise DecidedLineHasItsLine(standing[0].claim_line_id)
    return await store.decided_line_matches.create(
        DecidedLineMatchFields(
            claim_id=claim_id,
            patient_id=claim.patient_id,
            adjudication_line_id=new.adjudication_line_id,
            claim_line_id=new.claim_line_id,
        )
    )


async def withdraw_match(
    store: Store, match_id: UUID, *, expected_version: int
) -> DecidedLineMatch:
    """Take a match back that no later payer was told of.

    Raises RowNotFound, VersionConflict, MatchWithdrawn, ClaimInFile, NextPayerHasIt.
    """
    match = await store.decided_line_matches.get(match_id)
    claim = await store.claims.lock(match.claim_id)
    match = await store.decided_line_matches.lock(match_id)
    if match.version != expected_version:
        raise VersionConflict("decided_line_matches")
    if match.withdrawn_at is not None:
        raise MatchWithdrawn
    await require_in_no_file(store, claim.id)
    (decided,) = await store.adjudication_lines.get_many([match.adjudication_line_id])
    await _require_not_told(store, claim, await store.adjudications.get(decided.adjudication_id))
    return await store.decided_line_matches.update(
        match_id, {"withdrawn_at": store.now}, expected_version=expected_version
    )


async def get_match(store: Store, match_id: UUID) -> DecidedLineMatch:
    """Raises RowNotFound."""
    return await store.decided_line_matches.get(match_id)


async def list_matches(
    store: Store, claim_id: UUID, *, limit: int, after: UUID | None
) -> Page[DecidedLineMatch]:
    """The matches of a claim, those that were withdrawn too, newest first. Raises RowNotFound."""
    await store.claims.get(claim_id)
    conditions = DecidedLineMatchFilter(claim_id=claim_id)
    return await store.decided_line_matches.list(conditions, limit=limit, after=after)


async def _require_not_told(store: Store, claim: Claim, decision: Adjudication) -> None:
    """Raises NextPayerHasIt."""
    later = _RESPONSIBILITIES[decision.payer_sequence :]
    filed = await store.filed_claims.all(
        FiledClaimFilter(claim_id=claim.id, statuses=_WITH_A_PAYER)
    )
    for each in filed:
        if each.responsibility is not None and each.responsibility in later:
            raise NextPayerHasIt(each.claim_file_id)
