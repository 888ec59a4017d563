"""The way of a claim, as a table. What the payers decide is an axis of its own."""

from collections.abc import Mapping

from services.refusals import IllegalTransition
from storage.vocabulary.claims import ClaimStatus

LEGAL_MOVES: Mapping[ClaimStatus, tuple[ClaimStatus, ...]] = {
    ClaimStatus.DRAFT: (ClaimStatus.READY_TO_SUBMIT, ClaimStatus.VOIDED),
    ClaimStatus.READY_TO_SUBMIT: (ClaimStatus.DRAFT, ClaimStatus.SUBMITTED, ClaimStatus.VOIDED),
    ClaimStatus.SUBMITTED: (ClaimStatus.ACCEPTED, ClaimStatus.REJECTED, ClaimStatus.VOIDED),
    ClaimStatus.ACCEPTED: (ClaimStatus.REJECTED, ClaimStatus.VOIDED),
    ClaimStatus.REJECTED: (ClaimStatus.DRAFT, ClaimStatus.VOIDED),
    ClaimStatus.VOIDED: (),
}
"""Where a claim can go from each state. A payer may reject what its clearinghouse has accepted."""

EDITABLE = frozenset({ClaimStatus.DRAFT, ClaimStatus.REJECTED})
"""States in which a claim may be changed; changing a rejected one makes it a draft again."""

ON_ITS_WAY = frozenset({ClaimStatus.SUBMITTED, ClaimStatus.ACCEPTED})
"""States in which the claim's charge stands in the ledger."""


def require_move(state: ClaimStatus, wanted: ClaimStatus) -> None:
    """Raises IllegalTransition, which names the legal moves."""
    legal = LEGAL_MOVES[state]
    if wanted not in legal:
        raise IllegalTransition("claim", state, wanted, [str(each) for each in legal])
