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
