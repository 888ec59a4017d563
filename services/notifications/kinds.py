"""The kinds of notifications: what each says, and how soon it is told unless a person chooses."""

from collections.abc import Mapping
from dataclasses import dataclass

from storage.vocabulary.notifications import NotificationKind, Timing


@dataclass(frozen=True)
class Kind:
    """``sentence`` names no patient, amount or name: it goes by e-mail. ``path`` leads to the
    subject, whose id is filled in where there are several."""

    sentence: str
    path: str
    usual: Timing


KINDS: Mapping[NotificationKind, Kind] = {
    NotificationKind.ACCESS_REVIEW_DUE: Kind(
        "It is time to review who can do what.",
        "/api/v1/access-report",
        Timing.AT_ONCE,
    ),
    NotificationKind.ANSWER_OVERDUE: Kind(
        "Claims that were sent have not been answered in the usual time.",
        "/api/v1/silences",
        Timing.AT_ONCE,
    ),
    NotificationKind.APPROVAL_DECIDED: Kind(
        "What you asked somebody else to approve was decided.",
        "/api/v1/approvals/{id}",
        Timing.AT_ONCE,
    ),
    NotificationKind.APPROVAL_EXPIRED: Kind(
        "Nobody decided in time about what you asked somebody else to approve.",
        "/api/v1/approvals/{id}",
        Timing.AT_ONCE,
    ),
    NotificationKind.APPROVAL_REQUESTED: Kind(
        "Somebody asks for an approval that you could give.",
        "/api/v1/approvals/{id}",
        Timing.AT_ONCE,
    ),
    NotificationKind.CORRECTIVE_ACTION_ASSIGNED: Kind(
        "A corrective action was assigned to you.",
        "/api/v1/compliance/corrective-actions/{id}",
        Timing.AT_ONCE,
    ),
    NotificationKind.CORRECTIVE_ACTION_DUE: Kind(
        "A corrective action, or the check of its effect, is due.",
        "/api/v1/compliance/corrective-actions/{id}",
        Timing.AT_ONCE,
    ),
    NotificationKind.CORRECTIVE_ACTION_ESCALATED: Kind(
        "A corrective action was escalated to you.",
        "/api/v1/compliance/corrective-actions/{id}",
        Timing.AT_ONCE,
    ),
    NotificationKind.DENIAL_DUE: Kind(
        "The deadline of a denial comes near.",
        "/api/v1/denials/{id}",
        Timing.DAILY_DIGEST,
    ),
    NotificationKind.EMERGENCY_REVIEW_DUE: Kind(
        "An emergency access waits for its review.",
        "/api/v1/emergency-accesses/{id}",
        Timing.AT_ONCE,
    ),
    NotificationKind.ENDPOINT_DISABLED: Kind(
        "A webhook endpoint was disabled, because it is gone or has failed for days.",
        "/api/v1/webhook-endpoints/{id}",
        Timing.AT_ONCE,
    ),
    NotificationKind.MITIGATION_DUE: Kind(
        "Something that was planned against a risk is due, or was.",
        "/api/v1/compliance/mitigation-items/{id}",
        Timing.AT_ONCE,
    ),
    NotificationKind.POLICY_ACKNOWLEDGEMENT_DUE: Kind(
        "A policy that concerns you waits for your acknowledgement.",
        "/api/v1/own-policies/{id}",
        Timing.AT_ONCE,
    ),
    NotificationKind.POLICY_REVIEW_DUE: Kind(
        "A policy of yours is due for review.",
        "/api/v1/compliance/policies/{id}",
        Timing.AT_ONCE,
    ),
    NotificationKind.REMITTANCE_PROCESSED: Kind(
        "A remittance that you handed in was gone through.",
        "/api/v1/remittances/{id}",
        Timing.DAILY_DIGEST,
    ),
    NotificationKind.REQUIREMENT_DUE: Kind(
        "Something that compliance asks for is due, or was.",
        "/api/v1/compliance/requirements/{id}",
        Timing.AT_ONCE,
    ),
    NotificationKind.FINDING_ACCEPTANCE_ENDS: Kind(
        "An accepted risk is about to be, or is again, an open finding.",
        "/api/v1/compliance/findings/{id}",
        Timing.AT_ONCE,
    ),
    NotificationKind.RISK_ASSESSMENT_DUE: Kind(
        "It is time to assess risks again.",
        "/api/v1/compliance/risk-assessments/{id}",
        Timing.AT_ONCE,
    ),
    NotificationKind.ROOTS_LATE: Kind(
        "The roots of the audit trail were not exported for longer than a day.",
        "/api/v1/company",
        Timing.AT_ONCE,
    ),
    NotificationKind.UNDERPAYMENT_DUE: Kind(
        "The last day to dispute an underpayment comes near.",
        "/api/v1/underpayments/{id}",
        Timing.DAILY_DIGEST,
    ),
}
"""Every kind."""
