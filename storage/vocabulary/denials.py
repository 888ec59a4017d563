"""How the work on a denial ends, and why some denials need none any more."""

from enum import StrEnum


class DenialResolution(StrEnum):
    """What became of a denied amount.

    OVERTURNED: the payer decided again and refused nothing any more.
    PARTLY_OVERTURNED: it decided again and still refuses a part.
    UPHELD: it decided again and refuses as before.
    ACCEPTED: the payer is right, and nothing is asked of it.
    BILLED_ELSEWHERE: another payer owes it.
    BILLED_TO_PATIENT: the patient owes it.
    CORRECTED: another claim, sent anew, takes its place.
    GIVEN_UP: it is not worth the work, or its deadline has gone by.
    """

    OVERTURNED = "overturned"
    PARTLY_OVERTURNED = "partly_overturned"
    UPHELD = "upheld"
    ACCEPTED = "accepted"
    BILLED_ELSEWHERE = "billed_elsewhere"
    BILLED_TO_PATIENT = "billed_to_patient"
    CORRECTED = "corrected"
    GIVEN_UP = "given_up"


DECIDED_AGAIN = frozenset(
    {DenialResolution.OVERTURNED, DenialResolution.PARTLY_OVERTURNED, DenialResolution.UPHELD}
)
"""Of which one can learn how a payer decides a second time."""


class SupersededBecause(StrEnum):
    """Why a denial needs no work although nobody resolved it."""

    DECISION_REVERSED = "decision_reversed"
    """The payer took the decision back that it came with."""
    DECISION_REPLACED = "decision_replaced"
    """Another decision of the same payer takes its place."""
    CLAIM_VOIDED = "claim_voided"
    """The claim was given up."""
