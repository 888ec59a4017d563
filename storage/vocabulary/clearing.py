"""The words of claims on their way to clearinghouses, and of what comes back."""

from enum import StrEnum


class Delivery(StrEnum):
    """How files reach a trading partner, and come from it."""

    MAILBOX = "mailbox"
    """A folder on the partner's SFTP server."""
    DROP_FOLDER = "drop_folder"
    """A folder of this installation that a program of the partner's empties."""


class InterchangeUsage(StrEnum):
    """What the partner is to do with a file (ISA15)."""

    TEST = "test"
    PRODUCTION = "production"


class ClaimFileKind(StrEnum):
    """Which guide the claims of a file follow; one file holds one kind."""

    PROFESSIONAL = "professional"
    INSTITUTIONAL = "institutional"


class ClaimFileStatus(StrEnum):
    PREPARING = "preparing"
    """Its claims are chosen; it is written and checked by a job."""
    REFUSED = "refused"
    """Nothing of it could leave; its claims say why."""
    PREPARED = "prepared"
    """It is written and waits in the outbox, or is being delivered."""
    CANCELLED = "cancelled"
    """Somebody took it back before it was delivered."""
    SENT = "sent"
    """The partner has it; its claims are submitted."""
    ACCEPTED = "accepted"
    """The partner could read it (999)."""
    REJECTED = "rejected"
    """The partner could not read it (TA1, 999): its claims are not submitted any more."""


class FiledClaimStatus(StrEnum):
    """How far one claim of a file is."""

    CHOSEN = "chosen"
    REFUSED = "refused"
    """It has faults, and does not go along."""
    PREPARED = "prepared"
    WITHDRAWN = "withdrawn"
    """The file did not leave."""
    SENT = "sent"
    RECEIVED = "received"
    """Somebody on the way has it; another answer will come."""
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    RETURNED = "returned"
    """The file was rejected as a whole, and not for this claim: it can be sent again."""


class AcknowledgementStanding(StrEnum):
    """What an answer makes of a claim, or of all claims of a file."""

    RECEIVED = "received"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    RETURNED = "returned"
    NOT_FOUND = "not_found"
    SPLIT = "split"
    UNDECIDED = "undecided"


class WaitingReason(StrEnum):
    """Why a person looks at an answer."""

    UNKNOWN_CLAIM = "unknown_claim"
    """It names a claim that is not there, or has not gone out."""
    UNKNOWN_FILE = "unknown_file"
    """It names an interchange, group or submission that was never sent."""
    UNDECIDED = "undecided"
    """It cannot be understood, or contradicts itself."""
    SPLIT = "split"
    """The claim goes on as several, which will be answered and paid one by one."""
    NOT_FOUND = "not_found"
    """The other side does not know the claim."""
    CONTRADICTS = "contradicts"
    """What was recorded of the claim before says otherwise."""
    OUTDATED = "outdated"
    """It is older than the claim's last transmission, and does not say which one it is about."""
    NEXT_PAYER = "next_payer"
    """It rejects what went to a later payer; the claim itself stays as it is."""


class WaitingStatus(StrEnum):
    OPEN = "open"
    APPLIED = "applied"
    """Its claim was found, or chosen by a person, and it was recorded there."""
    DISMISSED = "dismissed"


class PickedUpAs(StrEnum):
    """What a file that a partner left for us turned out to be."""

    ACKNOWLEDGEMENT = "acknowledgement"
    REMITTANCE = "remittance"
    UNREADABLE = "unreadable"
    """Neither, or damaged; it is left where it is, and read again when it changes."""


class SilenceKind(StrEnum):
    """What has not come in time."""

    NO_FUNCTIONAL_ACKNOWLEDGEMENT = "no_functional_acknowledgement"
    """No 999 for a file."""
    NO_CLAIM_ACKNOWLEDGEMENT = "no_claim_acknowledgement"
    """No 277CA for claims of a file."""
    NO_REMITTANCE = "no_remittance"
    """No 835 for claims of a payer."""
