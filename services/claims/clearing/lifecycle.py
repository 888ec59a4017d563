"""The way of a file of claims, as a table."""

from collections.abc import Mapping

from services.refusals import IllegalTransition
from storage.vocabulary.clearing import ClaimFileStatus

LEGAL_MOVES: Mapping[ClaimFileStatus, tuple[ClaimFileStatus, ...]] = {
    ClaimFileStatus.PREPARING: (
        ClaimFileStatus.PREPARED,
        ClaimFileStatus.REFUSED,
        ClaimFileStatus.CANCELLED,
    ),
    ClaimFileStatus.REFUSED: (),
    ClaimFileStatus.PREPARED: (ClaimFileStatus.SENT, ClaimFileStatus.CANCELLED),
    ClaimFileStatus.CANCELLED: (),
    ClaimFileStatus.SENT: (ClaimFileStatus.ACCEPTED, ClaimFileStatus.REJECTED),
    ClaimFileStatus.ACCEPTED: (ClaimFileStatus.REJECTED,),
    ClaimFileStatus.REJECTED: (),
}
"""Where a file can go from each state. A receiver may reject the whole of a submission (277CA)
that it could read (999); what was rejected once stays so, and its claims go out anew."""


def require_move(state: ClaimFileStatus, wanted: ClaimFileStatus) -> None:
    """Raises IllegalTransition, which names the legal moves."""
    legal = LEGAL_MOVES[state]
    if wanted not in legal:
        raise IllegalTransition("claim file", state, wanted, [str(each) for each in legal])
