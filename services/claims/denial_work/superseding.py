"""What later decisions make of earlier denials: open, or superseded and why, and what came back.

A pure function of all decisions of a claim, so the order in which files come does not matter.
"""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

import msgspec

from services.claims.denial_work.outcomes import Outcome
from services.claims.remittances.settlement import PostedAdjudication
from storage.tables.ledger import AdjudicationLineFields, Denial
from storage.vocabulary.claims import AdjudicationOutcome, DenialStatus
from storage.vocabulary.denials import DenialResolution, SupersededBecause


class Decided(msgspec.Struct, frozen=True):
    """One decision, as far as it answers a denial."""

    adjudication_id: UUID
    outcome: AdjudicationOutcome
    paid_cents: int


class Fate(msgspec.Struct, frozen=True):
    """What a denial is by all that its payer has decided."""

    status: DenialStatus
    because: SupersededBecause | None = None
    outcome: Outcome | None = None


def why_superseded(
    adjudication_id: UUID,
    in_effect: Collection[UUID],
    adjudications: Sequence[PostedAdjudication],
) -> SupersededBecause | None:
    """Why a decision does not count any more; None while it does."""
    if adjudication_id in in_effect:
        return None
    if any(each.reverses == adjudication_id for each in adjudications):
        return SupersededBecause.DECISION_REVERSED
    return SupersededBecause.DECISION_REPLACED


def fate_of(
    denial: Denial,
    in_effect: Collection[UUID],
    adjudications: Sequence[PostedAdjudication],
    lines: Mapping[UUID, Sequence[AdjudicationLineFields]],
) -> Fate:
    """The fate of an earlier denial that no person has resolved.

    ``lines`` are those of the decisions in effect, by adjudication. What the same payer's decisions
    in effect say about the same line (about the claim, where the denial has no line) is how it
    decided again; while there are none, nobody knows.
    """
    because = why_superseded(denial.adjudication_id, in_effect, adjudications)
    if because is None:
        return Fate(DenialStatus.OPEN)
    (own,) = (each for each in adjudications if each.id == denial.adjudication_id)
    answers = [
        answer
        for each in adjudications
        if each.id in in_effect and each.payer_sequence == own.payer_sequence
        for answer in _answers(denial, each, lines.get(each.id, ()))
    ]
    return Fate(DenialStatus.SUPERSEDED, because, outcome_of(denial.amount_cents, answers))


def outcome_of(denied_cents: int, answers: Sequence[Decided]) -> Outcome | None:
    """How the payer decided again, by its answers; None where it has given none."""
    if not answers:
        return None
    recovered = min(max(sum(each.paid_cents for each in answers), 0), max(denied_cents, 0))
    refused = [each.outcome is AdjudicationOutcome.DENIED for each in answers]
    refused_in_part = any(each.outcome in _REFUSED_IN_PART for each in answers)
    if all(refused) and recovered == 0:
        resolution = DenialResolution.UPHELD
    elif any(refused) or refused_in_part:
        resolution = DenialResolution.PARTLY_OVERTURNED
    else:
        resolution = DenialResolution.OVERTURNED
    brought_by = max(answers, key=lambda each: (each.paid_cents, each.adjudication_id))
    return Outcome(resolution, recovered, brought_by.adjudication_id)


_REFUSED_IN_PART = frozenset(
    {AdjudicationOutcome.PARTIALLY_PAID, AdjudicationOutcome.PARTIALLY_DENIED}
)


def _answers(
    denial: Denial, decision: PostedAdjudication, lines: Sequence[AdjudicationLineFields]
) -> list[Decided]:
    if denial.claim_line_id is None:
        return [Decided(decision.id, decision.outcome, decision.paid_cents)]
    return [
        Decided(decision.id, each.outcome, each.paid_cents)
        for each in lines
        if each.claim_line_id == denial.claim_line_id
    ]
