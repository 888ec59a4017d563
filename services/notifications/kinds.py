"""The kinds of notifications: what each says, and how soon it is told unless a person chooses."""

from collections.abc import Mapping
from dataclasses import dataclass

from storage.vocabulary.notifications import NotificationKind, Timing


@dataclass(frozen=True)
class Kind:
    """``sentence`` names no patient, amount or name: it goes by e-mail. ``path`` leads to the
    subject, whose id is filled in."""

    sentence: str
    path: str
    usual: Timing


KINDS: Mapping[NotificationKind, Kind] = {
    NotificationKind.ENDPOINT_DISABLED: Kind(
        "A webhook endpoint was disabled, because it is gone or has failed for days.",
        "/api/v1/webhook-endpoints/{id}",
        Timing.AT_ONCE,
    ),
    NotificationKind.REMITTANCE_PROCESSED: Kind(
        "A remittance that you handed in was gone through.",
        "/api/v1/remittances/{id}",
        Timing.DAILY_DIGEST,
    ),
}
"""Every kind."""
