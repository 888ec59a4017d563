"""The words of the scrubber as its rows keep them."""

from enum import StrEnum


class RuleSeverity(StrEnum):
    """What comes of a failed rule.

    ERROR keeps a claim from going out, HOLD until a person lets it go, WARNING asks to look again.
    """

    ERROR = "error"
    HOLD = "hold"
    WARNING = "warning"


class RuleStatus(StrEnum):
    """What a rule answered about a claim, where it did not pass. ``no_data`` is no pass."""

    FAIL = "fail"
    BYPASSED = "bypassed"
    NO_DATA = "no_data"
