"""What leaves the house: by which way, how far it is, and what kept it."""

from enum import StrEnum


class Channel(StrEnum):
    """The way that a message takes."""

    EMAIL = "email"


class MessageStatus(StrEnum):
    WAITING = "waiting"
    """For its first try, or for the next."""
    DELIVERING = "delivering"
    DELIVERED = "delivered"
    FAILED = "failed"
    """Given up; it can be replayed."""


class DeliveryFailure(StrEnum):
    """Why a try did not succeed: a class, never the receiver's words."""

    UNREACHABLE = "unreachable"
    """No connection, or it broke before the receiver had answered."""
    TIMEOUT = "timeout"
    UNVERIFIED = "unverified"
    """The receiver did not prove who it is, or does not encrypt."""
    LOGIN_REFUSED = "login_refused"
    REFUSED_FOR_NOW = "refused_for_now"
    """The receiver may take it later."""
    REFUSED = "refused"
    """The receiver will never take it."""
    UNREADABLE = "unreadable"
    """What was to be sent cannot be read any more."""
