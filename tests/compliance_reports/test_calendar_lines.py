"""A calendar of what is due is, byte for byte, what the library makes of its events."""

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

import icalendar
from hypothesis import given
from hypothesis import strategies as st

from services.regulatory_compliance.due.calendar_file import (
    REFRESHED_EVERY,
    calendar_file,
    uid_of,
)
from services.regulatory_compliance.due.feeds import FeedContent
from services.regulatory_compliance.due.things import DueKind, DueThing

NOW = dt.datetime(2026, 3, 2, 18, 30, 5, tzinfo=dt.UTC)
CLOCKS = [dt.UTC, dt.timezone(dt.timedelta(hours=-8))]

things = st.builds(
    DueThing,
    kind=st.sampled_from(DueKind),
    entity_id=st.uuids(version=4),
    number=st.integers(0, 10**9),
    code=st.text(max_size=40),
    name=st.text(max_size=200),
    due_on=st.dates(max_value=dt.date(9999, 12, 30)),
    is_overdue=st.booleans(),
    person_id=st.none(),
)


def by_the_library(company_name: str, shown: Sequence[DueThing], now: dt.datetime) -> bytes:
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Wellkept//Compliance//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", icalendar.vText(f"Compliance: {company_name}"))
    calendar.add("refresh-interval", REFRESHED_EVERY, parameters={"VALUE": "DURATION"})
    for each in shown:
        event = icalendar.Event()
        event.add("uid", uid_of(each))
        event.add("dtstamp", now)
        event.add("dtstart", each.due_on)
        event.add("dtend", each.due_on + dt.timedelta(days=1))
        event.add("summary", summary(each))
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def summary(thing: DueThing) -> str:
    late = " (overdue)" if thing.is_overdue else ""
    due = "Overdue" if thing.is_overdue else "Due"
    return {
        DueKind.COVER: f"Attestation ends: {thing.code} {thing.name}",
        DueKind.REVIEW: f"Review of a policy{late}: {thing.name}",
        DueKind.ASSESSMENT: f"Assess risks again{late}: {thing.name}",
    }.get(thing.kind, f"{due}: {thing.code} {thing.name}")


@given(st.text(max_size=80), st.lists(things, max_size=4), st.sampled_from(CLOCKS))
def test_a_calendar_is_what_the_library_writes(
    company_name: str, shown: list[DueThing], clock: dt.tzinfo
) -> None:
    made = calendar_file(FeedContent(company_name, shown), NOW.astimezone(clock))
    assert made == by_the_library(company_name, shown, NOW)


def test_a_name_with_line_breaks_makes_no_line_of_its_own() -> None:
    thing = DueThing(
        kind=DueKind.PERIOD,
        entity_id=UUID(int=1),
        number=1,
        code="A",
        name="Review\r\nBEGIN:VEVENT; look, and say\\",
        due_on=dt.date(2026, 3, 2),
        is_overdue=False,
        person_id=None,
    )
    made = calendar_file(FeedContent("A company", [thing]), NOW)
    assert made == by_the_library("A company", [thing], NOW)
    assert made.count(b"\r\nBEGIN:VEVENT\r\n") == 1
