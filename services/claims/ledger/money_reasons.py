"""Why money is given up or given back: a list, as data with effective dates.

The company's people choose from it; what they have to say besides goes into a note.
"""

import datetime as dt
import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from importlib.resources import files

import msgspec

from services.refusals import Fault
from storage.vocabulary.money import BalanceSide


class MoneyReason(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One reason: on which side it serves, for how much, and whether it wants a note."""

    code: str
    meaning: str
    sides: list[BalanceSide]
    effective_from: dt.date
    effective_until: dt.date | None = None
    most_cents: int | None = None
    needs_note: bool = False


class InvalidReasonTable(Exception):
    """The packaged table names a reason twice; raised while the program starts."""


class _ReasonFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    edition: dt.date
    write_offs: list[MoneyReason]
    refunds: list[MoneyReason]


class ReasonTable:
    """The reasons for one kind of deed, by code."""

    def __init__(self, reasons: Iterable[MoneyReason]) -> None:
        self.reasons: Sequence[MoneyReason] = tuple(reasons)
        counted = Counter(each.code for each in self.reasons)
        if twice := sorted(code for code, count in counted.items() if count > 1):
            raise InvalidReasonTable(f"{twice} stand there twice")
        self._by_code = {each.code: each for each in self.reasons}

    def faults(
        self, code: str, side: BalanceSide, amount_cents: int, note: str | None, on: dt.date
    ) -> list[Fault]:
        """What keeps a reason from serving for this on a day."""
        reason = self._by_code.get(code)
        if reason is None or not _is_in_force(reason, on):
            known = ", ".join(each.code for each in self.reasons if _is_in_force(each, on))
            return [Fault("/reason_code", f"is none of {known}")]
        faults = []
        if side not in reason.sides:
            faults.append(Fault("/reason_code", f"is no reason on the {side} side"))
        if reason.most_cents is not None and amount_cents > reason.most_cents:
            text = f"{code} serves for {reason.most_cents} cents at most"
            faults.append(Fault("/amount_cents", text))
        if reason.needs_note and note is None:
            faults.append(Fault("/note", f"is needed for {code}"))
        return faults


def _is_in_force(reason: MoneyReason, on: dt.date) -> bool:
    return reason.effective_from <= on and (
        reason.effective_until is None or on <= reason.effective_until
    )


def parse_reasons(text: str) -> tuple[ReasonTable, ReasonTable]:
    """The reasons for write-offs and for refunds that a TOML text holds.

    Raises InvalidReasonTable or msgspec.ValidationError.
    """
    content = msgspec.convert(tomllib.loads(text), _ReasonFile)
    return ReasonTable(content.write_offs), ReasonTable(content.refunds)


WRITE_OFF_REASONS, REFUND_REASONS = parse_reasons(
    files("services.claims").joinpath("data/money_reasons.toml").read_text("utf-8")
)
"""The packaged lists."""
