"""The moves of a request for approval."""

from collections.abc import Mapping

from services.refusals import IllegalTransition
from storage.vocabulary.approvals import ApprovalStatus

TRANSITIONS: Mapping[ApprovalStatus, frozenset[ApprovalStatus]] = {
    ApprovalStatus.REQUESTED: frozenset(ApprovalStatus) - {ApprovalStatus.REQUESTED},
    ApprovalStatus.APPROVED: frozenset(),
    ApprovalStatus.REFUSED: frozenset(),
    ApprovalStatus.EXPIRED: frozenset(),
    ApprovalStatus.WITHDRAWN: frozenset(),
    ApprovalStatus.VOID: frozenset(),
}
"""A request is closed once and for all; what is still wanted is asked for again."""


def require_move(state: ApprovalStatus, wanted: ApprovalStatus) -> None:
    """Raises IllegalTransition, which names the legal moves."""
    legal = TRANSITIONS[state]
    if wanted not in legal:
        raise IllegalTransition("request for approval", state, wanted, sorted(legal))
