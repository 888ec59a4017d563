"""Until when a denial can be appealed, or is to be corrected, by kind of payer.

The figures are data (``data/appeal_deadlines.toml``) with effective dates and sources. A deadline
that nobody has verified says so: it asks for confirmation and does not replace the contract.
"""

import datetime as dt
import tomllib
from collections.abc import Iterable
from importlib.resources import files

import msgspec

from storage.vocabulary.claims import PayerType


class DueDate(msgspec.Struct, frozen=True, gc=False):
    """The last day, whether its rule is verified for this kind of payer, and where it stands."""

    due_on: dt.date
    verified: bool
    source: str


class AppealRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Calendar days to the first level of appeal, for denials received from a day on."""

    payer_type: PayerType
    days: int
    verified: bool
    effective_from: dt.date
    source: str


class CorrectionRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Calendar days within which a denial without appeal rights is to be worked."""

    days: int
    source: str


class InvalidDeadlineTable(Exception):
    """The packaged table has gaps; raised while the program starts."""


class _DeadlineFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    edition: dt.date
    rules: list[AppealRule]
    correction: CorrectionRule


class DeadlineTable:
    """The deadlines of one edition, checked when made: every kind of payer has a rule."""

    def __init__(self, *, rules: Iterable[AppealRule], correction: CorrectionRule) -> None:
        self._correction = correction
        self._rules: dict[PayerType, list[AppealRule]] = {}
        for rule in sorted(rules, key=lambda each: each.effective_from):
            self._rules.setdefault(rule.payer_type, []).append(rule)
        missing = sorted(set(PayerType) - set(self._rules))
        if missing:
            raise InvalidDeadlineTable(f"no rule for {missing}")

    def appeal_due_on(self, payer_type: PayerType, denied_on: dt.date) -> DueDate:
        """The last day of the first level of appeal."""
        rules = self._rules[payer_type]
        in_force = [rule for rule in rules if rule.effective_from <= denied_on]
        rule = in_force[-1] if in_force else rules[0]
        return DueDate(denied_on + dt.timedelta(days=rule.days), rule.verified, rule.source)

    def correction_due_on(self, denied_on: dt.date) -> DueDate:
        """The day by which a denial without appeal rights is to be worked; never verified."""
        days = dt.timedelta(days=self._correction.days)
        return DueDate(denied_on + days, verified=False, source=self._correction.source)


def parse_deadline_table(text: str) -> DeadlineTable:
    """The table that a TOML text describes.

    Raises InvalidDeadlineTable or msgspec.ValidationError.
    """
    content = msgspec.convert(tomllib.loads(text), _DeadlineFile)
    return DeadlineTable(rules=content.rules, correction=content.correction)


DEADLINES = parse_deadline_table(
    files("services.claims").joinpath("data/appeal_deadlines.toml").read_text("utf-8")
)
"""The packaged table."""


def appeal_due_on(payer_type: PayerType, denied_on: dt.date) -> DueDate:
    """The last day to appeal a denial that was received on ``denied_on``, at the first level.

    Medicare: 120 calendar days from receipt (42 CFR 405.942). Days are counted from the receipt of
    the remittance and not from the five days later that the mail is presumed to take, and no
    weekend moves them: the earlier day is the safe one. A denial older than every rule takes the
    oldest rule.
    """
    return DEADLINES.appeal_due_on(payer_type, denied_on)


def correction_due_on(denied_on: dt.date) -> DueDate:
    """The day by which a denial without appeal rights is to be corrected or billed elsewhere."""
    return DEADLINES.correction_due_on(denied_on)
