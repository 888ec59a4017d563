"""What people are told of, and how soon."""

from enum import StrEnum


class NotificationKind(StrEnum):
    """What a notification is about; what each says, stands in ``services.notifications.kinds``."""

    ACCESS_REVIEW_DUE = "access_review_due"
    ANSWER_OVERDUE = "answer_overdue"
    APPROVAL_DECIDED = "approval_decided"
    APPROVAL_EXPIRED = "approval_expired"
    APPROVAL_REQUESTED = "approval_requested"
    CORRECTIVE_ACTION_ASSIGNED = "corrective_action_assigned"
    CORRECTIVE_ACTION_DUE = "corrective_action_due"
    CORRECTIVE_ACTION_ESCALATED = "corrective_action_escalated"
    DENIAL_DUE = "denial_due"
    EMERGENCY_REVIEW_DUE = "emergency_review_due"
    ENDPOINT_DISABLED = "endpoint_disabled"
    MITIGATION_DUE = "mitigation_due"
    POLICY_ACKNOWLEDGEMENT_DUE = "policy_acknowledgement_due"
    POLICY_REVIEW_DUE = "policy_review_due"
    FINDING_ACCEPTANCE_ENDS = "finding_acceptance_ends"
    REMITTANCE_PROCESSED = "remittance_processed"
    REQUIREMENT_DUE = "requirement_due"
    RISK_ASSESSMENT_DUE = "risk_assessment_due"
    ROOTS_LATE = "roots_late"
    UNDERPAYMENT_DUE = "underpayment_due"


class ReminderSubject(StrEnum):
    """What comes round with a day on which it is due, and people are reminded of."""

    ACCESS_REVIEW = "access_review"
    CLAIM_ACKNOWLEDGEMENT = "claim_acknowledgement"
    COMPLIANCE_COVER = "compliance_cover"
    COMPLIANCE_REQUIREMENT = "compliance_requirement"
    CORRECTIVE_ACTION = "corrective_action"
    CORRECTIVE_ACTION_EFFECT = "corrective_action_effect"
    DENIAL = "denial"
    EMERGENCY_REVIEW = "emergency_review"
    FINDING_ACCEPTANCE = "finding_acceptance"
    FUNCTIONAL_ACKNOWLEDGEMENT = "functional_acknowledgement"
    MITIGATION_ITEM = "mitigation_item"
    PAYER_REMITTANCE = "payer_remittance"
    POLICY_ACKNOWLEDGEMENT = "policy_acknowledgement"
    POLICY_REVIEW = "policy_review"
    RISK_ASSESSMENT = "risk_assessment"
    ROOTS = "roots"
    UNDERPAYMENT = "underpayment"


class Timing(StrEnum):
    """When a person is told by e-mail. The list of notifications shows everything at once."""

    OFF = "off"
    AT_ONCE = "at_once"
    DAILY_DIGEST = "daily_digest"
