"""The states of an appeal and the moves between them."""

from collections.abc import Mapping

from services.refusals import IllegalTransition
from storage.tables.appeals import ClaimAppeal
from storage.vocabulary.appeals import AppealStatus

_ANSWERS = (AppealStatus.OVERTURNED, AppealStatus.PARTLY_OVERTURNED, AppealStatus.UPHELD)

LEGAL_MOVES: Mapping[AppealStatus, tuple[AppealStatus, ...]] = {
    AppealStatus.DRAFT: (AppealStatus.READY, AppealStatus.WITHDRAWN),
    AppealStatus.READY: (AppealStatus.DRAFT, AppealStatus.SUBMITTED, AppealStatus.WITHDRAWN),
    AppealStatus.SUBMITTED: (AppealStatus.PENDING, *_ANSWERS, AppealStatus.WITHDRAWN),
    AppealStatus.PENDING: (*_ANSWERS, AppealStatus.WITHDRAWN),
    AppealStatus.OVERTURNED: (),
    AppealStatus.PARTLY_OVERTURNED: (),
    AppealStatus.UPHELD: (),
    AppealStatus.WITHDRAWN: (),
}

BEFORE_SENDING = frozenset({AppealStatus.DRAFT, AppealStatus.READY})
UNDER_WAY = BEFORE_SENDING | {AppealStatus.SUBMITTED, AppealStatus.PENDING}
ANSWERED = frozenset(_ANSWERS)


def require_move(appeal: ClaimAppeal, wanted: AppealStatus) -> None:
    """Raises IllegalTransition, which names the legal moves."""
    legal = LEGAL_MOVES[appeal.status]
    if wanted not in legal:
        raise IllegalTransition("appeal", appeal.status, wanted, [str(each) for each in legal])


def require_unsent(appeal: ClaimAppeal) -> None:
    """What goes with an appeal is changed only before it is sent. Raises IllegalTransition."""
    if appeal.status not in BEFORE_SENDING:
        legal = [str(each) for each in LEGAL_MOVES[appeal.status]]
        raise IllegalTransition("appeal", appeal.status, AppealStatus.DRAFT, legal)
