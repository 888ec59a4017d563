"""What is due as a calendar (RFC 5545): whole days, under ids that stay the same."""

import datetime as dt
from collections.abc import Iterable, Iterator
from functools import cache

import icalendar
from icalendar.parser import Contentline
from icalendar.prop import vDate, vDatetime, vText

from services.regulatory_compliance.due.feeds import FeedContent
from services.regulatory_compliance.due.things import DueKind, DueThing

_A_DAY = dt.timedelta(days=1)
REFRESHED_EVERY = dt.timedelta(hours=6)
_END = b"END:VCALENDAR\r\n"


def calendar_file(content: FeedContent, now: dt.datetime) -> bytes:
    """A calendar of its own, with an event for each thing that is due."""
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Wellkept//Compliance//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", vText(f"Compliance: {content.company_name}"))
    calendar.add("refresh-interval", REFRESHED_EVERY, parameters={"VALUE": "DURATION"})
    without_events = bytes(calendar.to_ical())
    return without_events.removesuffix(_END) + b"".join(_events(content.things, now)) + _END


def _events(things: Iterable[DueThing], now: dt.datetime) -> Iterator[bytes]:
    """The lines of an event for each thing, in the order in which the library would write them: an
    object for each of their properties would cost many times as much as finding what is due."""
    stamp = b"DTSTAMP:" + _written(vDatetime(now.astimezone(dt.UTC)))
    for each in things:
        yield b"\r\n".join(
            (
                b"BEGIN:VEVENT",
                _text("SUMMARY", _summary(each)),
                _days(each.due_on),
                stamp,
                _text("UID", uid_of(each)),
                b"TRANSP:TRANSPARENT",
                b"END:VEVENT",
                b"",
            )
        )


@cache
def _days(due_on: dt.date) -> bytes:
    """From when to when: the day after is not part of the event."""
    first, after = _written(vDate(due_on)), _written(vDate(due_on + _A_DAY))
    return b"DTSTART;VALUE=DATE:" + first + b"\r\nDTEND;VALUE=DATE:" + after


def _text(name: str, value: str) -> bytes:
    """One line, folded where it is long."""
    return _written(
        Contentline(f"{name}:{_written(vText(value)).decode()}")  # type: ignore[no-untyped-call]
    )


def _written(value: vDate | vDatetime | vText | Contentline) -> bytes:
    return bytes(value.to_ical())


def uid_of(thing: DueThing) -> str:
    """The same for one thing, whichever day it is moved to."""
    return f"{thing.kind}-{thing.entity_id}-{thing.number}@wellkept"


def _summary(thing: DueThing) -> str:
    if thing.kind is DueKind.COVER:
        return f"Attestation ends: {thing.code} {thing.name}"
    late = " (overdue)" if thing.is_overdue else ""
    if thing.kind is DueKind.REVIEW:
        return f"Review of a policy{late}: {thing.name}"
    if thing.kind is DueKind.ASSESSMENT:
        return f"Assess risks again{late}: {thing.name}"
    return f"{'Overdue' if thing.is_overdue else 'Due'}: {thing.code} {thing.name}"
