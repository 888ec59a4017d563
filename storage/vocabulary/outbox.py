"""What leaves the house: by which way, how far it is, and what kept it."""

from enum import StrEnum


class Channel(StrEnum):
    """The way that a message takes."""

    EMAIL = "email"
    WEBHOOK = "webhook"
    MAILBOX = "mailbox"
    """A file to a folder on an SFTP server."""
    DROP_FOLDER = "drop_folder"
    """A file to a folder of this installation."""


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
    HOST_REFUSED = "host_refused"
    """The receiver's name leads to an address that is not public."""
    GONE = "gone"
    """The receiver wants nothing any more (HTTP 410)."""
    DISABLED = "disabled"
    """The endpoint or mailbox was disabled before it was tried."""
    WITHDRAWN = "withdrawn"
    """What was to be sent was taken back before it was tried."""
    STORE_UNAVAILABLE = "store_unavailable"
    """The house's own file store did not answer, or no longer."""


class EventType(StrEnum):
    """What a company's own systems can be told of; what each means, says
    ``services.outbox.events``."""

    REMITTANCE_RECEIVED = "remittance.received"
    REMITTANCE_PROCESSED = "remittance.processed"
    REMITTANCE_EXCEPTION_OPENED = "remittance_exception.opened"
    REMITTANCE_EXCEPTION_RESOLVED = "remittance_exception.resolved"
    CLAIM_STATUS_CHANGED = "claim.status_changed"
    APPROVAL_REQUESTED = "approval.requested"
    APPROVAL_DECIDED = "approval.decided"
    APPROVAL_EXPIRED = "approval.expired"
    CORRECTIVE_ACTION_ESCALATED = "corrective_action.escalated"
    KEY_CREATED = "key.created"
    KEY_REVOKED = "key.revoked"
    PERSON_DISABLED = "person.disabled"
    ENDPOINT_PINGED = "endpoint.pinged"


class DisabledBecause(StrEnum):
    """Why nothing is sent to an endpoint."""

    ASKED = "asked"
    """A person or key disabled it."""
    GONE = "gone"
    """It answered that it wants nothing any more."""
    FAILING = "failing"
    """It has failed for too long."""
