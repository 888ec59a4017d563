"""Why a claim of a remittance is not posted by itself. Pure.

Nothing is ever invented to make anything balance: what cannot be posted waits for a person.
"""

from __future__ import annotations

from dataclasses import dataclass

from services.claims.ledger.books import Arrival, Book
from services.claims.record_limits import overlong_element
from services.claims.remittances.balancing import check_claim
from services.claims.remittances.matching import payer_sequence
from services.claims.remittances.outcomes import ClaimStatusMeaning, claim_status
from services.claims.remittances.settlement import exceeds_claim_charge
from storage.identifiers import new_id
from storage.vocabulary.billing import ClaimFrequency
from storage.vocabulary.claims import ClaimStatus, ExceptionKind

_UNDECIDED = frozenset({ClaimStatusMeaning.NOT_OUR_CLAIM, ClaimStatusMeaning.PREDETERMINATION})
_ON_ITS_WAY = frozenset({ClaimStatus.SUBMITTED, ClaimStatus.ACCEPTED})


@dataclass(frozen=True)
class Obstacle:
    """Why a claim is not posted by itself. ``detail`` never holds a patient's data."""

    kind: ExceptionKind
    detail: str
    difference_cents: int = 0


def obstacle_of_content(arrival: Arrival) -> Obstacle | None:
    """What is wrong with a claim as it came, whoever's it is."""
    content = arrival.content
    if arrival.is_unreadable:
        return Obstacle(ExceptionKind.UNREADABLE, "an amount of the claim cannot be read")
    if (element := overlong_element(content)) is not None:
        return Obstacle(ExceptionKind.UNREADABLE, f"{element} is longer than any 835 has it")
    meaning = claim_status(content.status_code).meaning
    if meaning is ClaimStatusMeaning.NEEDS_REVIEW:
        return Obstacle(ExceptionKind.UNKNOWN_STATUS, f"CLP02 {content.status_code!r} is unknown")
    if meaning in _UNDECIDED and content.paid_cents:
        return Obstacle(
            ExceptionKind.NOT_OUR_CLAIM,
            f"CLP02 {content.status_code} decides nothing and yet pays",
        )
    failures = check_claim(content)
    if failures and not arrival.is_released:
        worst = failures[-1]
        return Obstacle(
            ExceptionKind.UNBALANCED,
            "; ".join(
                f"{each.gate} at segment {each.position} is off by {each.difference_cents} cents"
                for each in failures[:5]
            ),
            worst.difference_cents,
        )
    return None


def obstacle_of_claim(arrival: Arrival, book: Book) -> Obstacle | None:
    """Why this cannot be posted to this claim now."""
    payer = arrival.source.payer
    if payer is None:
        return Obstacle(
            ExceptionKind.PAYER_MISMATCH, "no payer is registered with the identifiers of the 835"
        )
    sequence = payer_sequence(book.claim, payer.id)
    if sequence is None:
        return Obstacle(ExceptionKind.PAYER_MISMATCH, "the claim does not name this payer")
    if book.claim.submitted_at is None or book.claim.status not in _ON_ITS_WAY:
        return Obstacle(
            ExceptionKind.CLAIM_NOT_SUBMITTED,
            f"the claim is {book.claim.status}; record its transmission",
        )
    if not arrival.is_reversal and not arrival.is_chosen and _means_another(book):
        return Obstacle(
            ExceptionKind.AMBIGUOUS,
            "another claim replaces this one, or this one voids another; match it by hand",
        )
    if arrival.is_reversal:
        if book.reversed_by(arrival, sequence) is None:
            return Obstacle(
                ExceptionKind.REVERSAL_UNMATCHED,
                "no posted decision of this payer is the exact opposite",
            )
        return None
    candidate = arrival.decision(new_id(), sequence, ())
    if not arrival.is_released and exceeds_claim_charge(
        book.under_settlement, book.adjudications, candidate
    ):
        return Obstacle(
            ExceptionKind.EXCEEDS_CLAIM_CHARGE,
            "with what this payer decided before, it exceeds the charge of the claim",
        )
    return None


def _means_another(book: Book) -> bool:
    """Whether a new decision that names this claim is about the one that replaces it, or that it
    voids: a payer that took back all it had decided about a replaced claim goes on to the other."""
    if book.claim.frequency is ClaimFrequency.VOID:
        return True
    taken_back = {each.reverses for each in book.adjudications}
    decisions = [each for each in book.adjudications if each.reverses is None]
    are_gone = bool(decisions) and all(each.id in taken_back for each in decisions)
    return book.claim.is_replaced and are_gone


def is_reversed_by(arrival: Arrival, book: Book) -> bool:
    """Whether a reversal takes back something that was posted to this claim."""
    payer = arrival.source.payer
    sequence = None if payer is None else payer_sequence(book.claim, payer.id)
    return sequence is not None and book.reversed_by(arrival, sequence) is not None
