"""The words of steps that need a second person."""

from enum import StrEnum


class ApprovalKind(StrEnum):
    """What is approved; the service that owns the step says how it is applied."""

    REMITTANCE_RELEASE = "remittance_release"
    REMITTANCE_RETURN = "remittance_return"
    REMITTANCE_ACCEPTANCE = "remittance_acceptance"
    LEGAL_HOLD_RELEASE = "legal_hold_release"
    WRITE_OFF = "write_off"
    REFUND = "refund"
    REQUIREMENT_NOT_APPLICABLE = "requirement_not_applicable"
    LATE_APPEAL = "late_appeal"
    APPEAL_PACKET = "appeal_packet"
    FINDING_ACCEPTANCE = "finding_acceptance"
    POLICY_APPROVAL = "policy_approval"
    RISK_ASSESSMENT_APPROVAL = "risk_assessment_approval"
    RISK_ACCEPTANCE = "risk_acceptance"
    COMPANY_DELETION = "company_deletion"


class ApprovalStatus(StrEnum):
    """Where a request stands.

    VOID: what was to be approved has changed since it was asked for.
    """

    REQUESTED = "requested"
    APPROVED = "approved"
    REFUSED = "refused"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    VOID = "void"


class Verdict(StrEnum):
    APPROVE = "approve"
    REFUSE = "refuse"


class ParticipantRole(StrEnum):
    """What a person is to an item, for good: one who had a hand in it, or one who decides."""

    INVOLVED = "involved"
    DECIDER = "decider"


class ThresholdRule(StrEnum):
    """When a step takes a second person.

    WHEN_POSSIBLE: as soon as another administrator could decide.
    """

    NEVER = "never"
    FROM_AMOUNT = "from_amount"
    WHEN_POSSIBLE = "when_possible"
    ALWAYS = "always"
