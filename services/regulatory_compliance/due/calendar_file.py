"""What is due as a calendar (RFC 5545): whole days, under ids that stay the same."""

import datetime as dt
from collections.abc import Iterable

import icalendar

from services.regulatory_compliance.due.feeds import FeedContent
from services.regulatory_compliance.due.things import DueKind, DueThing

_A_DAY = dt.timedelta(days=1)
REFRESHED_EVERY = dt.timedelta(hours=6)


def calendar_file(content: FeedContent, now: dt.datetime) -> bytes:
    """A calendar of its own, with an event for each thing that is due."""
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Wellkept//Compliance//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", f"Compliance: {content.company_name}")
    calendar.add("refresh-interval", REFRESHED_EVERY, parameters={"VALUE": "DURATION"})
    for event in _events(content.things, now):
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _events(things: Iterable[DueThing], now: dt.datetime) -> Iterable[icalendar.Event]:
    for each in things:
        event = icalendar.Event()
        event.add("uid", uid_of(each))
        event.add("dtstamp", now)
        event.add("dtstart", each.due_on)
        event.add("dtend", each.due_on + _A_DAY)  # the day after: it is not part of the event
        event.add("summary", _summary(each))
        event.add("transp", "TRANSPARENT")
        yield event


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
