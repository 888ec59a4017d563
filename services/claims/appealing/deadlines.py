"""Until when a denial can be appealed, level by level, or is to be corrected.

The figures are data (``data/appeal_deadlines.toml``) with effective dates and sources; a company's
own rules for a payer come before them. A deadline that nobody has verified says so: it asks for
confirmation and does not replace the contract. Days are calendar days and no weekend moves them:
the earlier day is the safe one.
"""

import datetime as dt
import tomllib
from collections.abc import Iterable, Sequence
from importlib.resources import files
from uuid import UUID

import msgspec

from storage.tables.appeals import AppealRule
from storage.vocabulary.appeals import StartEvent
from storage.vocabulary.claims import ClaimType, PayerType


class ShippedRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One level of appeal for one kind of payer, for what is received from a day on."""

    payer_type: PayerType
    level: int
    name: str
    start: StartEvent
    days: int
    verified: bool
    effective_from: dt.date
    source: str
    presumed_receipt_days: int = 0
    amount: str | None = None


class ControversyAmount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What has to be in controversy for requests filed in a year."""

    amount: str
    year: int
    cents: int
    verified: bool
    source: str


class OwnRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Calendar days within which something of our own is to be done."""

    days: int
    source: str


class Level(msgspec.Struct, frozen=True):
    """A level of appeal as it holds for a claim: how long, from what on, and says who."""

    level: int
    name: str
    start: StartEvent
    days: int
    is_verified: bool
    source: str
    amount: str | None = None
    rule_id: UUID | None = None
    """The company's own rule, where it is one."""

    def due_on(self, started_on: dt.date) -> dt.date:
        """The last day on which it can be asked for."""
        return started_on + dt.timedelta(days=self.days)


class DueDate(msgspec.Struct, frozen=True):
    """The last day, whether its rule is verified, where it stands, and of which level it is (None:
    the day by which to correct what cannot be appealed)."""

    due_on: dt.date
    is_verified: bool
    source: str
    level: int | None = None


class InvalidDeadlineTable(Exception):
    """The packaged table has gaps; raised while the program starts."""


class _DeadlineFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    edition: dt.date
    rules: list[ShippedRule]
    amounts: list[ControversyAmount]
    correction: OwnRule
    answer: OwnRule


class DeadlineTable:
    """The deadlines of one edition, checked when made.

    Every kind of payer has a first level, no level is left out, only the first starts with the
    remittance, and every amount that a level names is there.
    """

    def __init__(
        self,
        *,
        rules: Iterable[ShippedRule],
        amounts: Iterable[ControversyAmount] = (),
        correction: OwnRule,
        answer: OwnRule,
    ) -> None:
        self._correction = correction
        self._answer = answer
        self._amounts = sorted(amounts, key=lambda each: each.year)
        self._rules: dict[tuple[PayerType, int], list[ShippedRule]] = {}
        for rule in sorted(rules, key=lambda each: each.effective_from):
            self._rules.setdefault((rule.payer_type, rule.level), []).append(rule)
        for payer_type, level in {(each, 1) for each in PayerType} | {
            (payer_type, level - 1) for payer_type, level in self._rules if level > 1
        }:
            if (payer_type, level) not in self._rules:
                raise InvalidDeadlineTable(f"no level {level} for {payer_type}")
        for rule in (each for rules in self._rules.values() for each in rules):
            if (rule.level == 1) != (rule.start is StartEvent.REMITTANCE_RECEIVED):
                raise InvalidDeadlineTable(f"level {rule.level} starts with {rule.start}")
            if rule.amount is not None and self.least(rule.amount, dt.date.max) is None:
                raise InvalidDeadlineTable(f"no amount {rule.amount}")

    def shipped(self, payer_type: PayerType, level: int, on: dt.date) -> Level | None:
        """The shipped rule of a level for what was received on a day; what is older than every
        rule takes the oldest."""
        rules = self._rules.get((payer_type, level), [])
        if not rules:
            return None
        in_force = [rule for rule in rules if rule.effective_from <= on]
        rule = in_force[-1] if in_force else rules[0]
        return Level(
            level=rule.level,
            name=rule.name,
            start=rule.start,
            days=rule.days,
            is_verified=rule.verified,
            source=rule.source,
            amount=rule.amount,
        )

    def received_on(
        self, payer_type: PayerType, *, arrived_on: dt.date, paid_on: dt.date | None
    ) -> dt.date:
        """The day on which a remittance counts as received: when it came, but no later than its
        payment date and the days that the mail is presumed to take."""
        if paid_on is None:
            return arrived_on
        rules = self._rules[payer_type, 1]
        in_force = [rule for rule in rules if rule.effective_from <= paid_on]
        presumed = (in_force[-1] if in_force else rules[0]).presumed_receipt_days
        return min(arrived_on, paid_on + dt.timedelta(days=presumed))

    def least(self, amount: str, filed_on: dt.date) -> ControversyAmount | None:
        """What has to be in controversy for a request filed on a day: the amount of its year, or
        the last one known before it, which is not verified for that year; None where none is."""
        known = [e for e in self._amounts if e.amount == amount and e.year <= filed_on.year]
        if not known or known[-1].year == filed_on.year:
            return known[-1] if known else None
        return msgspec.structs.replace(known[-1], verified=False)

    def correction_due(self, received_on: dt.date) -> DueDate:
        """The day by which a denial without appeal rights is to be worked; never verified."""
        days = dt.timedelta(days=self._correction.days)
        return DueDate(received_on + days, is_verified=False, source=self._correction.source)

    def answer_due(self, asked_on: dt.date) -> DueDate:
        """The day by which a payer should have answered, or paid what it granted; never
        verified."""
        days = dt.timedelta(days=self._answer.days)
        return DueDate(asked_on + days, is_verified=False, source=self._answer.source)


def parse_deadline_table(text: str) -> DeadlineTable:
    """The table that a TOML text describes.

    Raises InvalidDeadlineTable or msgspec.ValidationError.
    """
    content = msgspec.convert(tomllib.loads(text), _DeadlineFile)
    return DeadlineTable(
        rules=content.rules,
        amounts=content.amounts,
        correction=content.correction,
        answer=content.answer,
    )


DEADLINES = parse_deadline_table(
    files("services.claims").joinpath("data/appeal_deadlines.toml").read_text("utf-8")
)
"""The packaged table."""


class Ladder:
    """The levels of appeal of one payer: its company's own rules before the shipped ones."""

    def __init__(
        self,
        payer_id: UUID,
        payer_type: PayerType,
        rules: Iterable[AppealRule],
        *,
        table: DeadlineTable = DEADLINES,
    ) -> None:
        self._payer_type = payer_type
        self._own = [each for each in rules if each.payer_id == payer_id]
        self._table = table

    def level(
        self, level: int, *, on: dt.date, claim_type: ClaimType, plan: str | None = None
    ) -> Level | None:
        """A level as it holds for what was received on a day; None where nobody knows of one.

        Of the company's rules in force, one for the plan comes before one for the kind of claim,
        and that before one for everything; of equal ones the latest.
        """
        fitting = [
            each
            for each in self._own
            if each.level == level
            and each.effective_from <= on
            and (each.effective_to is None or on <= each.effective_to)
            and each.plan in (None, plan)
            and each.claim_type in (None, claim_type)
        ]
        shipped = self._table.shipped(self._payer_type, level, on)
        if not fitting:
            return shipped
        rule = max(
            fitting,
            key=lambda each: (
                each.plan is not None,
                each.claim_type is not None,
                each.effective_from,
                each.id,
            ),
        )
        return Level(
            level=rule.level,
            name=rule.name,
            start=rule.start_event,
            days=rule.days,
            is_verified=True,
            source=rule.source,
            amount=shipped.amount if shipped is not None else None,
            rule_id=rule.id,
        )

    def first_due(
        self, received_on: dt.date, *, claim_type: ClaimType, is_appealable: bool
    ) -> DueDate:
        """Until when a denial received on a day is to be appealed at the first level, or corrected
        where it cannot be appealed."""
        level = self.level(1, on=received_on, claim_type=claim_type) if is_appealable else None
        if level is None:
            return self._table.correction_due(received_on)
        return due_of(level, received_on)

    def levels(self, on: dt.date, claim_type: ClaimType, plan: str | None) -> Sequence[Level]:
        """Every level in turn, as far as they are known without a gap."""
        found: list[Level] = []
        while (
            level := self.level(len(found) + 1, on=on, claim_type=claim_type, plan=plan)
        ) is not None:
            found.append(level)
        return found


def due_of(level: Level, started_on: dt.date) -> DueDate:
    """Until when a level can be asked for."""
    return DueDate(level.due_on(started_on), level.is_verified, level.source, level.level)
