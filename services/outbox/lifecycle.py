"""The way of a message, as a table."""

from collections.abc import Mapping

from services.refusals import IllegalTransition
from storage.vocabulary.outbox import Channel, MessageStatus

LEGAL_MOVES: Mapping[MessageStatus, tuple[MessageStatus, ...]] = {
    MessageStatus.WAITING: (MessageStatus.DELIVERING,),
    MessageStatus.DELIVERING: (
        MessageStatus.DELIVERING,
        MessageStatus.DELIVERED,
        MessageStatus.WAITING,
        MessageStatus.FAILED,
    ),
    MessageStatus.FAILED: (MessageStatus.WAITING,),
    MessageStatus.DELIVERED: (MessageStatus.WAITING,),
}
"""Where a message can go from each state. One that is being delivered is taken over by another
worker when its own has not been heard of for too long."""

FORGOTTEN_ONCE_DELIVERED = frozenset({Channel.EMAIL})
"""Channels whose delivered messages cannot be sent again: what they said is not kept."""


def require_move(channel: Channel, state: MessageStatus, wanted: MessageStatus) -> None:
    """Raises IllegalTransition, which names the legal moves."""
    is_forgotten = state is MessageStatus.DELIVERED and channel in FORGOTTEN_ONCE_DELIVERED
    legal = () if is_forgotten else LEGAL_MOVES[state]
    if wanted not in legal:
        raise IllegalTransition("message", state, wanted, [str(each) for each in legal])
