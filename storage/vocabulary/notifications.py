"""What people are told of, and how soon."""

from enum import StrEnum


class NotificationKind(StrEnum):
    """What a notification is about; what each says, stands in ``services.notifications.kinds``."""

    ENDPOINT_DISABLED = "endpoint_disabled"
    REMITTANCE_PROCESSED = "remittance_processed"


class Timing(StrEnum):
    """When a person is told by e-mail. The list of notifications shows everything at once."""

    OFF = "off"
    AT_ONCE = "at_once"
    DAILY_DIGEST = "daily_digest"
