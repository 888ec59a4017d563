"""Code tables as the scrubber asks them. What a company has not loaded is None, and so no data."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from importlib.resources import files

import msgspec

from services.claims.x12.scrub_findings import Finding, NoData


class CodeStatus(StrEnum):
    """What a table says of a code on a day."""

    VALID = "valid"
    NOT_ON_DATE = "not_on_date"  # known, but not in force
    NOT_BILLABLE = "not_billable"  # a heading above the codes that may be billed
    UNKNOWN = "unknown"


class Span(msgspec.Struct, frozen=True, gc=False):
    """Days from the first to the last; None: without an end."""

    first: dt.date
    last: dt.date | None = None

    def holds(self, day: dt.date) -> bool:
        """Whether the day is one of them."""
        return self.first <= day and (self.last is None or day <= self.last)


ALWAYS = (Span(dt.date.min),)


class CodePeriod(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One code during one period; ``effective_to`` is its last day."""

    code: str
    effective_from: dt.date
    effective_to: dt.date | None = None
    label: str = ""
    is_billable: bool = True


class CodeSet:
    """The codes of one set, with the periods in which they were in force.

    ``covered`` are the days of which the set knows anything: those of the editions loaded.
    """

    def __init__(self, periods: Iterable[CodePeriod], covered: Sequence[Span] = ALWAYS) -> None:
        self._covered = covered
        self._periods: dict[str, list[CodePeriod]] = {}
        for period in periods:
            self._periods.setdefault(period.code, []).append(period)

    def covers(self, day: dt.date) -> bool:
        """Whether anything is known of the day."""
        return any(each.holds(day) for each in self._covered)

    def status(self, code: str, on: dt.date) -> CodeStatus:
        """What the set says of ``code`` on a day."""
        if code not in self._periods:
            return CodeStatus.UNKNOWN
        period = self._in_force(code, on)
        if period is None:
            return CodeStatus.NOT_ON_DATE
        return CodeStatus.VALID if period.is_billable else CodeStatus.NOT_BILLABLE

    def label(self, code: str, on: dt.date) -> str:
        """What the set calls ``code`` on a day; nothing, where it does not know it."""
        period = self._in_force(code, on)
        return "" if period is None else period.label

    def _in_force(self, code: str, on: dt.date) -> CodePeriod | None:
        for period in self._periods.get(code, ()):
            if period.effective_from <= on and (
                period.effective_to is None or on <= period.effective_to
            ):
                return period
        return None


_WORDS = {
    CodeStatus.UNKNOWN: "is not in the code set",
    CodeStatus.NOT_ON_DATE: "was not in force on {day}",
    CodeStatus.NOT_BILLABLE: "is a heading: a more specific code is needed",
}


class PairEdit(msgspec.Struct, frozen=True, gc=False):
    """That two procedures of one day are not paid together (NCCI procedure-to-procedure)."""

    column_one: str
    column_two: str  # the one that is not paid
    effective_from: dt.date
    effective_to: dt.date | None = None
    modifier_allowed: bool = False


class PairEdits:
    """Pairs that are not paid together, and the days of which anything is known."""

    def __init__(self, edits: Iterable[PairEdit], covered: Sequence[Span] = ALWAYS) -> None:
        self._covered = covered
        self._edits: dict[tuple[str, str], list[PairEdit]] = {}
        for edit in edits:
            self._edits.setdefault((edit.column_one, edit.column_two), []).append(edit)

    def covers(self, day: dt.date) -> bool:
        """Whether anything is known of the day."""
        return any(each.holds(day) for each in self._covered)

    def between(self, column_one: str, column_two: str, on: dt.date) -> PairEdit | None:
        """What keeps the second from being paid beside the first on a day."""
        for edit in self._edits.get((column_one, column_two), ()):
            if edit.effective_from <= on and (edit.effective_to is None or on <= edit.effective_to):
                return edit
        return None


class Rate(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A number for a procedure, or for it with a modifier, during a period."""

    code: str
    value: int
    span: Span
    modifier: str | None = None


class Rates:
    """Numbers by procedure and day: unit limits, or prices in cents for one unit."""

    def __init__(self, rates: Iterable[Rate], covered: Sequence[Span] = ALWAYS) -> None:
        self._covered = covered
        self._rates: dict[tuple[str, str | None], list[Rate]] = {}
        for rate in rates:
            self._rates.setdefault((rate.code, rate.modifier), []).append(rate)

    def covers(self, day: dt.date) -> bool:
        """Whether anything is known of the day."""
        return any(each.holds(day) for each in self._covered)

    def value(self, code: str, modifiers: Sequence[str], on: dt.date) -> int | None:
        """The number of a procedure on a day: that of the first of its modifiers which has one,
        else that of the bare code."""
        for modifier in (*modifiers, None):
            for rate in self._rates.get((code, modifier), ()):
                if rate.span.holds(on):
                    return rate.value
        return None


class Tables(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What a company has loaded; codes stand without dots.

    ``unit_limits`` are the most units of a procedure a day (NCCI MUE); ``needs_authorization`` are
    the procedures for which this claim's payer wants one; ``charges`` is the fee schedule that the
    charges are made from, in cents for one unit.
    """

    diagnoses: CodeSet | None = None
    procedures: CodeSet | None = None
    modifiers: CodeSet | None = None
    taxonomies: CodeSet | None = None
    revenue_codes: CodeSet | None = None
    pair_edits: PairEdits | None = None
    unit_limits: Rates | None = None
    needs_authorization: CodeSet | None = None
    charges: Rates | None = None


def verdict(status: CodeStatus, day: dt.date) -> str:
    """What is wrong with a code, in words."""
    return _WORDS[status].format(day=day)


def in_set(
    known: CodeSet | None, name: str, pointer: str, code: str, day: dt.date
) -> Iterator[Finding | NoData]:
    """What a set that may not be loaded has against a code on a day."""
    if known is None:
        yield NoData(pointer, f"no table of {name} is loaded")
        return
    if not known.covers(day):
        yield NoData(pointer, f"no edition of {name} is loaded for {day}")
        return
    status = known.status(code, day)
    if status is not CodeStatus.VALID:
        yield Finding(pointer, verdict(status, day))


class _CodeFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    edition: dt.date
    source: str
    effective_from: dt.date
    codes: list[_CodeRow]


class _CodeRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    code: str
    label: str
    effective_from: dt.date | None = None
    effective_to: dt.date | None = None


def parse_code_set(text: str) -> CodeSet:
    """The set that a TOML text describes. Raises msgspec.ValidationError."""
    content = msgspec.convert(tomllib.loads(text), _CodeFile)
    return CodeSet(
        CodePeriod(
            code=row.code,
            label=row.label,
            effective_from=row.effective_from or content.effective_from,
            effective_to=row.effective_to,
        )
        for row in content.codes
    )


PLACES_OF_SERVICE = parse_code_set(
    files("services.claims").joinpath("data/places_of_service.toml").read_text("utf-8")
)
"""The packaged set of CMS's codes."""
