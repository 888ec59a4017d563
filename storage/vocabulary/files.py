"""What files are kept for, and why they went."""

from enum import StrEnum


class FilePurpose(StrEnum):
    """What a file is kept for. Attachments are what people and systems upload at ``/files``;
    others are reached through what they belong to."""

    ATTACHMENT = "attachment"
    REMITTANCE = "remittance"
    CLAIM_FILE = "claim_file"
    ACKNOWLEDGEMENT = "acknowledgement"
    ROOTS = "roots"
    APPEAL_PACKET = "appeal_packet"
    STATEMENT = "statement"
    IMPORT = "import"
    STATEMENT_RUN = "statement_run"


class FileDeletion(StrEnum):
    """Why the content of a file is not kept any more."""

    ASKED_FOR = "asked_for"
    RETENTION = "retention"
