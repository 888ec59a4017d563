"""What a payer would turn a claim away for, found before it goes out. Pure.

Every rule names itself, the field, what is wrong and how to mend it. What a rule cannot know for
want of data is a finding of its own (``no_data``): it blocks nothing, and it is no pass.

These rules look at a claim as it is kept. What the scrubber (``services.claims.scrubbing``) asks
of a claim that can be put together for an 837, it asks better; the rules that would say the same
are for the others alone: claims on other forms, and those that lack something.
"""

from collections.abc import Sequence

from services.claims.validation import claim_rules, line_rules
from services.claims.validation.findings import Finding, Rule, Subject, by_severity

RULES: Sequence[Rule] = (
    claim_rules.parties,
    claim_rules.providers,
    claim_rules.claim_dates,
    claim_rules.stay,
    claim_rules.diagnoses_present,
    claim_rules.diagnoses,
    line_rules.lines_present,
    line_rules.line_codes,
    line_rules.line_diagnoses,
    line_rules.line_amounts,
    line_rules.line_dates,
    line_rules.line_order,
    line_rules.repeated_lines,
    claim_rules.timely_filing,
    claim_rules.code_sets,
)
"""All rules, in the order in which their findings are shown."""

SCRUBBED_RULES = frozenset(
    {
        claim_rules.providers,
        claim_rules.claim_dates,
        claim_rules.diagnoses,
        line_rules.line_codes,
        line_rules.line_dates,
        line_rules.repeated_lines,
        claim_rules.timely_filing,
        claim_rules.code_sets,
    }
)
"""Those whose questions the scrubber asks, too."""


def validate(subject: Subject, *, is_scrubbed: bool = False) -> list[Finding]:
    """Every finding of every rule, errors first, then in the order of the rules; of a claim that
    the scrubber has looked at, without what that says already."""
    rules = [rule for rule in RULES if not (is_scrubbed and rule in SCRUBBED_RULES)]
    return by_severity(finding for rule in rules for finding in rule(subject))
