"""The words of regulatory compliance."""

from enum import StrEnum


class Program(StrEnum):
    """What a requirement belongs to; the spelling is the original's."""

    MIPS = "MIPS"
    APM = "APM"
    MACRA = "MACRA"
    MEANINGFUL_USE = "Meaningful_Use"
    PQRS = "PQRS"
    HEDIS = "HEDIS"
    JOINT_COMMISSION = "Joint_Commission"
    STATE_LICENSING = "State_Licensing"
    HIPAA = "HIPAA"
    OSHA = "OSHA"


class Specification(StrEnum):
    """Whether the Security Rule requires a specification or lets it be addressed otherwise."""

    REQUIRED = "required"
    ADDRESSABLE = "addressable"


class Frequency(StrEnum):
    """How often a duty recurs. An ongoing one has no due dates: it holds, or it does not."""

    ONE_TIME = "one_time"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    SEMIANNUAL = "semiannual"
    ANNUAL = "annual"
    BIENNIAL = "biennial"
    TRIENNIAL = "triennial"
    ONGOING = "ongoing"


class BusinessDayRule(StrEnum):
    """What happens to a due date on a weekend or holiday."""

    AS_IS = "as_is"
    FOLLOWING = "following"
    PRECEDING = "preceding"
    MODIFIED_FOLLOWING = "modified_following"
    """The following business day, but the preceding one where that is in the next month."""


class LateRule(StrEnum):
    """What a completion after the due date does to the next one."""

    KEEP_SCHEDULE = "keep_schedule"
    """Nothing: the next is due as it always was, and may be overdue at once."""
    COUNT_FROM_COMPLETION = "count_from_completion"
    """The next is due a whole period after the completion."""


class RequirementStatus(StrEnum):
    """Where a requirement stands on a day: derived, never written."""

    COMPLIANT = "compliant"
    IN_PROGRESS = "in_progress"
    NON_COMPLIANT = "non_compliant"
    NOT_APPLICABLE = "not_applicable"


class StatusReason(StrEnum):
    """Why it stands there."""

    ATTESTED = "attested"
    NOT_YET_DUE = "not_yet_due"
    OVERDUE = "overdue"
    ATTESTATION_EXPIRED = "attestation_expired"
    EVIDENCE_EXPIRED = "evidence_expired"
    NOT_APPLICABLE = "not_applicable"


class DecisionKind(StrEnum):
    """What a company has decided about a requirement.

    The first three are the choices that 45 CFR 164.306(d)(3) leaves for an addressable
    specification; the last two say whether a requirement concerns the company at all.
    """

    IMPLEMENTED = "implemented"
    ALTERNATIVE = "alternative"
    NOT_REASONABLE = "not_reasonable"
    APPLICABLE = "applicable"
    NOT_APPLICABLE = "not_applicable"


class EvidenceKind(StrEnum):
    """What shows that a requirement is met."""

    FILE = "file"
    LINK = "link"
    SYSTEM_FACT = "system_fact"


class AttestationKind(StrEnum):
    SELF_ATTESTATION = "self_attestation"
    EXTERNAL_VALIDATION = "external_validation"
    AUDIT = "audit"


class SignatureKind(StrEnum):
    """What a signature in a requirement's chain says of an attestation."""

    ATTESTED = "attested"
    COSIGNED = "cosigned"
    DISPUTED = "disputed"
    UPHELD = "upheld"
    """A dispute was settled in favour of the attestation."""
    REVOKED = "revoked"


class AttestationStatus(StrEnum):
    """Where an attestation stands on a day: derived from its signatures, never written."""

    AWAITING_SIGNATURES = "awaiting_signatures"
    ATTESTED = "attested"
    DISPUTED = "disputed"
    REVOKED = "revoked"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
