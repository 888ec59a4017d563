"""Values of another installation as ours: each conversion takes what the dump says, or says why
it cannot be used and how to mend it. Pure."""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from services.inputs import ONE_LINE, SEVERAL_LINES

HIGHEST_CENTS = 99_999_999_999
FEWEST_UNITS, MOST_UNITS = 0.001, 999_999
NOISE_CENTS = 0.001
"""What reckoning in binary leaves behind: less than this beside a whole cent is no amount."""

_ONE_LINE = re.compile(ONE_LINE)
_SEVERAL_LINES = re.compile(SEVERAL_LINES)
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_MOMENT = re.compile(
    r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(?::(\d{2}))?(?:[.,](\d{1,9}))?"
    r"\s*(Z|[+-]\d{2}(?::?\d{2})?)?"
)
_AS_JAVASCRIPT_WRITES = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z")
_MILLISECONDS = re.compile(r"[0-9]{12,13}")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH = "|".join(_MONTHS)
_WRITTEN_OUT = re.compile(
    rf"[A-Z][a-z]{{2}},? (?:(?P<month>{_MONTH}) (?P<day>\d{{2}})"
    rf"|(?P<other_day>\d{{1,2}}) (?P<other_month>{_MONTH})) (?P<year>\d{{4}})"
    r" (?P<clock>\d{2}:\d{2}):(?P<seconds>\d{2}) GMT(?P<offset>[+-]\d{4})?(?: \(.{1,80}\))?",
    re.ASCII,
)
"""``Wed Sep 03 2025 00:00:00 GMT+0000 (...)`` and ``Wed, 03 Sep 2025 00:00:00 GMT``."""
_MIDNIGHT = (("00:00", None), ("00:00", "00"))
_EARLIEST, _LATEST = dt.date(1850, 1, 1), dt.date(2199, 12, 31)
_EARLIEST_MILLISECONDS, _LATEST_MILLISECONDS = -3_786_825_600_000, 7_258_118_399_999

_MOST_REMEMBERED = 4_096
_WITHOUT_PARTS = frozenset({str, int, float, bool})

Vocabulary = TypeVar("Vocabulary", bound=StrEnum)
Converted = TypeVar("Converted")


@dataclass
class Unusable(Exception):
    """A value that cannot be placed: what is wrong with it, how to mend it, and where it stands (a
    JSON pointer). Without the value itself, which may be a patient's."""

    reason: str
    remedy: str
    pointer: str = ""


@dataclass(frozen=True)
class Rounded:
    """An amount that was no whole cent by the noise of reckoning in binary."""

    cents: int
    given: float


Conversion = Callable[[object], object]


def remembered(convert: Callable[[object], Converted]) -> Callable[[object], Converted]:
    """A conversion of what is the same again and again: codes, words, days. What has come lately
    is known still; not for names, which no process needs to keep in mind."""
    known = functools.lru_cache(maxsize=_MOST_REMEMBERED, typed=True)(convert)

    @functools.wraps(convert)
    def of(value: object) -> Converted:
        return known(value) if value.__class__ in _WITHOUT_PARTS else convert(value)

    return of


def shown(name: str, longest: int) -> str:
    """The name of a field in a note: what can be neither kept nor seen is written as its code."""
    seen = (each if each.isprintable() else f"\\u{ord(each):04x}" for each in name[:longest])
    return "".join(seen)[:longest]


def text(longest: int, *, lines: bool = False) -> Conversion:
    """Text of a bounded length, without what cannot be shown; numbers are written out."""
    pattern = _SEVERAL_LINES if lines else _ONE_LINE

    def convert(value: object) -> str:
        found = (value if isinstance(value, str) else _written_out(value)).strip()
        if len(found) > longest:
            raise Unusable(f"is longer than {longest} characters", "shorten it")
        is_plain = found and found.isascii() and found.isprintable()
        if not is_plain and (pattern.match(found) is None or not _is_encodable(found)):
            raise Unusable("holds characters that cannot be kept", "remove them")
        return found

    return convert


def _written_out(value: object) -> str:
    """A number as a text. Raises Unusable."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unusable("is no text", "write it as a text")
    return repr(value).removesuffix(".0")


def _is_encodable(found: str) -> bool:
    """Half a surrogate pair is no character."""
    return found.isascii() or not any("\ud800" <= each <= "\udfff" for each in found)


def choice(
    vocabulary: type[Vocabulary], also: Mapping[str, Vocabulary] | None = None
) -> Conversion:
    """A word of ours, or one of theirs that means it."""
    words = {member.value: member for member in vocabulary} | dict(also or {})

    def convert(value: object) -> Vocabulary:
        found = words.get(value) if isinstance(value, str) else None
        if found is None:
            raise Unusable("is none of the words that are known", f"use {', '.join(words)}")
        return found

    return convert


def cents(*, lowest: int = 0) -> Conversion:
    """Whole cents; what is beside one by the noise of binary fractions is ``Rounded``."""

    def convert(value: object) -> int | Rounded:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Unusable("is no amount", "write it as a number of cents")
        if not lowest <= value <= HIGHEST_CENTS:
            raise Unusable(
                "is an amount out of bounds", f"it lies between {lowest} and {HIGHEST_CENTS} cents"
            )
        if isinstance(value, int):
            return value
        whole = round(value)
        if abs(value - whole) > NOISE_CENTS:
            raise Unusable("is no whole number of cents", "write cents; it may be dollars")
        return whole if value == whole else Rounded(whole, value)

    return convert


def whole(lowest: int, highest: int) -> Conversion:
    """A whole number between two."""

    def convert(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Unusable("is no number", "write a whole number")
        if not lowest <= value <= highest:
            raise Unusable("is out of bounds", f"it lies between {lowest} and {highest}")
        if int(value) != value:
            raise Unusable("is no whole number", "write a whole number")
        return int(value)

    return convert


def flag(value: object) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise Unusable("is neither true nor false", "write true or false")
    return value


@remembered
def quantity(value: object) -> Decimal:
    """Units of a service, to the thousandth."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unusable("is no number", "write it as a number")
    if not FEWEST_UNITS <= value <= MOST_UNITS:
        raise Unusable("is out of bounds", f"units lie between {FEWEST_UNITS} and {MOST_UNITS}")
    return Decimal(repr(value)).quantize(Decimal("0.001"))


@remembered
def day(value: object) -> dt.date:
    """A calendar day, of a day, of a moment, or of milliseconds since 1970. The day of a moment is
    that of UTC: midnight there is how the original wrote days. Midnight anywhere else is how others
    write theirs."""
    if isinstance(value, str):
        given = value.strip()
        if found := _DAY.fullmatch(given):
            return _bounded(_date_of(*found.groups()))
        found_moment = moment(given)
        written = _in_parts(given)
        if written is not None and written[1:3] in _MIDNIGHT:
            return _bounded(dt.date.fromisoformat(written[0]))
        return _bounded(found_moment.date())
    return _bounded(moment(value).date())


def moment(value: object) -> dt.datetime:
    """A point in time: ISO 8601 with or without fraction and offset (UTC without one), a day (its
    beginning), what JavaScript makes of a date as a text, or milliseconds since 1970."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        if not _EARLIEST_MILLISECONDS <= value <= _LATEST_MILLISECONDS:
            raise Unusable("is no date", "write it as 2025-09-03")
        return dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(milliseconds=value)
    if not isinstance(value, str):
        raise Unusable("is no date", "write it as 2025-09-03")
    given = value.strip()
    if _AS_JAVASCRIPT_WRITES.fullmatch(given):
        return _made(given)
    if found := _DAY.fullmatch(given):
        return dt.datetime.combine(_date_of(*found.groups()), dt.time(), dt.UTC)
    if _MILLISECONDS.fullmatch(given):
        return moment(int(given))
    if (written := _in_parts(given)) is None:
        raise Unusable("is no date", "write it as 2025-09-03 or 2025-09-03T10:12:00.000Z")
    date, clock, seconds, fraction, offset = written
    micros = (fraction or "").ljust(6, "0")[:6]
    zone = "+00:00" if offset in (None, "Z") else offset
    zone = zone if ":" in zone else f"{zone[:3]}:{zone[3:] or '00'}"
    return _made(f"{date}T{clock}:{seconds or '00'}.{micros}{zone}")


def _in_parts(given: str) -> tuple[str, str, str | None, str | None, str | None] | None:
    """Date, hour and minute, seconds, fraction and offset of a moment, as they are written."""
    if found := _MOMENT.fullmatch(given):
        date, clock, seconds, fraction, offset = found.groups()
        return date, clock, seconds, fraction, offset
    if (found := _WRITTEN_OUT.fullmatch(given)) is None:
        return None
    months, days = (found["month"] or found["other_month"]), (found["day"] or found["other_day"])
    date = f"{found['year']}-{_MONTHS.index(months) + 1:02}-{days:0>2}"
    return date, found["clock"], found["seconds"], None, found["offset"]


def _made(iso: str) -> dt.datetime:
    try:
        made = dt.datetime.fromisoformat(iso)
        if made.tzinfo is not dt.UTC:
            made = made.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise Unusable("is no date that there is", "correct it") from None
    _bounded(made.date())
    return made


def _date_of(year: str, month: str, date: str) -> dt.date:
    try:
        return dt.date(int(year), int(month), int(date))
    except ValueError:
        raise Unusable("is no date that there is", "correct it") from None


def _bounded(found: dt.date) -> dt.date:
    if not _EARLIEST <= found <= _LATEST:
        raise Unusable("lies too far away", f"dates lie between {_EARLIEST} and {_LATEST}")
    return found


def texts(longest: int, most: int, *, pattern: str | None = None) -> Conversion:
    """A list of texts, each in a form where there is one."""
    each = text(longest) if pattern is None else coded(pattern, longest)

    def convert(value: object) -> list[object]:
        if not isinstance(value, list):
            raise Unusable("is no list", "write it as a list")
        if len(value) > most:
            raise Unusable(f"has more than {most} entries", "shorten it")
        return [each(item) for item in value]

    return convert


def coded(pattern: str, longest: int) -> Conversion:
    """A text in a form."""
    plain, form = text(longest), re.compile(pattern)

    def convert(value: object) -> str:
        found = str(plain(value))
        if form.match(found) is None:
            raise Unusable("is of another form", "correct it")
        return found

    return remembered(convert)
