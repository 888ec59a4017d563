"""Which payer a claim goes to next: never typed, always read off what the payers decided. Pure.

A claim goes to its primary payer until that has decided about all of it, then to the secondary,
then to the tertiary. A decision counts while it stands (neither reversed nor given way to another);
a denial is one. A payer that forwarded the claim itself (CLP02 19 to 21) has done the next one's
billing, so that nothing goes out until the next one has decided.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from services.claims.ledger.bookshelf import posted
from services.claims.outgoing.lacks import Lacks
from services.claims.outgoing.parties import PAYER_FIELDS
from services.claims.outgoing.records import Decided
from services.claims.remittances.matching import payers_in_turn
from services.claims.remittances.outcomes import UNDECIDED_OUTCOMES
from services.claims.remittances.settlement import ClaimUnderSettlement, settle
from storage.tables.claims import Claim
from storage.vocabulary.claims import AdjudicationOutcome

Standing = Mapping[int, list[Decided]]
"""The decisions that stand, by the sequence of their payer, oldest first."""


def standing_decisions(claim: Claim, decided: Sequence[Decided]) -> Standing:
    """What the payers decided and did not take back.

    A full denial gives way to another decision of its payer, unless the payer decided about the
    claim in parts: then the parts make up the charge only with the denied ones.
    """
    if not decided:
        return {}
    count = len(payers_in_turn(claim))
    settled = settle(
        ClaimUnderSettlement(claim.total_charge_cents, count),
        [posted(each.adjudication, each.adjustments) for each in decided],
    )
    by_id = {each.adjudication.id: each for each in decided}
    standing: dict[int, list[Decided]] = defaultdict(list)
    for adjudication_id in settled.in_effect:
        each = by_id[adjudication_id]
        standing[each.adjudication.payer_sequence].append(each)
    taken_back = {each.adjudication.reverses_id for each in decided}
    for sequence, in_effect in standing.items():
        parts = [each for each in decided if _is_part(each, sequence, taken_back)]
        if charged_cents(in_effect) != claim.total_charge_cents == charged_cents(parts):
            standing[sequence] = parts
    return dict(standing)


def charged_cents(decided: Sequence[Decided]) -> int:
    """The charge that these decisions are about."""
    return sum(each.adjudication.charge_cents for each in decided)


def _is_part(each: Decided, sequence: int, taken_back: set[UUID | None]) -> bool:
    row = each.adjudication
    return (
        row.payer_sequence == sequence
        and row.reverses_id is None
        and row.id not in taken_back
        and row.outcome not in UNDECIDED_OUTCOMES
    )


def next_sequence(
    claim: Claim, decided: Sequence[Decided], standing: Standing, lacks: Lacks
) -> int | None:
    """1 for the primary payer; None where it goes to nobody now, which is told."""
    forwarded = False
    for sequence, _ in enumerate(payers_in_turn(claim), start=1):
        of_payer = standing.get(sequence)
        if of_payer is None:
            return _undecided(sequence, decided, lacks, forwarded=forwarded)
        if charged_cents(of_payer) != claim.total_charge_cents:
            lacks.add(
                f"/{PAYER_FIELDS[sequence - 1]}",
                "has decided about a part of the charge only; wait for its next remittance",
                "decided_in_part",
            )
            return None
        forwarded = any(each.adjudication.is_forwarded for each in of_payer)
    lacks.add("", "was decided about by all of its payers; nothing is left to send", "decided")
    return None


def _undecided(
    sequence: int, decided: Sequence[Decided], lacks: Lacks, *, forwarded: bool
) -> int | None:
    pointer = f"/{PAYER_FIELDS[sequence - 1]}"
    if forwarded:
        message = "was sent the claim by the payer before it; wait for its remittance"
        lacks.add(pointer, message, "forwarded")
        return None
    taken_back = {each.adjudication.reverses_id for each in decided}
    for each in decided:
        row = each.adjudication
        is_its_word = row.payer_sequence == sequence and row.id not in taken_back
        if is_its_word and row.outcome is AdjudicationOutcome.NOT_OURS:
            message = "has passed the claim on, for the patient is not its own; correct the payer"
            lacks.add(pointer, message, "not_its_claim")
            return None
    return sequence
