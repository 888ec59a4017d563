"""Which edition of a table is in force on which day. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from uuid import UUID

from services.claims.x12.scrub_tables import Span
from storage.tables.codes import CodeTable

_DAY = dt.timedelta(days=1)


def spans_of(editions: Iterable[CodeTable]) -> Mapping[UUID, Span]:
    """The days of each edition of one table, those without a day left out.

    An edition is in force until the next one begins, at the latest until its own last day; of two
    that begin on one day, the one that was loaded later.
    """
    begins: dict[dt.date, CodeTable] = {}
    for edition in sorted(editions, key=lambda each: each.id):
        begins[edition.effective_from] = edition
    spans: dict[UUID, Span] = {}
    days = sorted(begins)
    for at, first in enumerate(days):
        last = begins[first].effective_to
        if at + 1 < len(days):
            before_next = days[at + 1] - _DAY
            last = before_next if last is None else min(last, before_next)
        spans[begins[first].id] = Span(first, last)
    return spans


def within(span: Span, first: dt.date | None, last: dt.date | None) -> Span | None:
    """The days of a row inside its edition's; a row without days of its own has all of them."""
    begins = span.first if first is None else max(span.first, first)
    ends = span.last if last is None else last if span.last is None else min(span.last, last)
    return None if ends is not None and ends < begins else Span(begins, ends)
