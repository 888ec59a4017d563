"""The words of appeals."""

from enum import StrEnum


class AppealStatus(StrEnum):
    """Where an appeal stands.

    DRAFT: it is being put together.
    READY: a person has approved its packet, byte for byte.
    SUBMITTED: it went out.
    PENDING: the payer has confirmed that it has it.
    OVERTURNED, PARTLY_OVERTURNED, UPHELD: what the payer decided about its own denial.
    WITHDRAWN: it is not pursued.
    """

    DRAFT = "draft"
    READY = "ready"
    SUBMITTED = "submitted"
    PENDING = "pending"
    OVERTURNED = "overturned"
    PARTLY_OVERTURNED = "partly_overturned"
    UPHELD = "upheld"
    WITHDRAWN = "withdrawn"


class AppealMethod(StrEnum):
    """By which way an appeal goes out."""

    MAIL = "mail"
    FAX = "fax"
    PORTAL = "portal"
    MAILBOX = "mailbox"
    """A file to a folder of the payer or clearinghouse, through the outbox."""


class StartEvent(StrEnum):
    """What the days of a deadline are counted from."""

    REMITTANCE_RECEIVED = "remittance_received"
    DECISION_RECEIVED = "decision_received"
