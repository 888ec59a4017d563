"""Until when an overpayment has to go back, by kind of payer: data with effective dates."""

import datetime as dt
import tomllib
from collections.abc import Iterable
from importlib.resources import files

import msgspec

from storage.vocabulary.claims import PayerType


class CreditRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Calendar days to return an overpayment, for those that arose from a day on."""

    payer_type: PayerType
    days: int
    verified: bool
    effective_from: dt.date
    source: str


class ReturnBy(msgspec.Struct, frozen=True):
    """The last day to return an overpayment, and the rule that says so."""

    due_on: dt.date
    source: str


class _CreditFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    edition: dt.date
    rules: list[CreditRule]


class CreditDeadlines:
    """The rules of one edition."""

    def __init__(self, rules: Iterable[CreditRule]) -> None:
        self._rules = sorted(rules, key=lambda each: each.effective_from)

    def return_by(self, payer_type: PayerType, since: dt.date) -> ReturnBy | None:
        """The last day for a credit that the books have shown ``since``; None without a rule."""
        in_force = [
            each
            for each in self._rules
            if each.payer_type is payer_type and each.effective_from <= since
        ]
        if not in_force:
            return None
        rule = in_force[-1]
        return ReturnBy(since + dt.timedelta(days=rule.days), rule.source)


def parse_credit_deadlines(text: str) -> CreditDeadlines:
    """The rules that a TOML text holds. Raises msgspec.ValidationError."""
    return CreditDeadlines(msgspec.convert(tomllib.loads(text), _CreditFile).rules)


CREDIT_DEADLINES = parse_credit_deadlines(
    files("services.claims").joinpath("data/credit_deadlines.toml").read_text("utf-8")
)
"""The packaged rules."""
