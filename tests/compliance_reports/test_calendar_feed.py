"""Calendars read what is due at private addresses, which end when they should."""

import datetime as dt

import httpx
import icalendar
import pytest
from litestar import Litestar

from storage.filters import AuditFilter, CalendarFeedFilter
from storage.postgres.transaction import PostgresStorage
from tests.builders.companies import CompanyForTests
from tests.builders.people import PersonForTests, browser
from tests.compliance_reports.deeds import attested, made

pytestmark = pytest.mark.anyio

FEEDS = "/api/v1/compliance/calendar-feeds"


async def made_feed(client: httpx.AsyncClient) -> tuple[str, str]:
    """The address of a new feed below the program's, and that of the feed itself."""
    answer = await client.post(FEEDS, json={"name": "My telephone"})
    assert answer.status_code == 201, answer.text
    address = httpx.URL(answer.json()["address"])
    return f"{address.path}?{address.query.decode()}", answer.headers["Location"]


async def read(application: Litestar, address: str) -> httpx.Response:
    """As a calendar program reads it, which knows nothing but the address."""
    async with browser(application) as client:
        return await client.get(address)


async def events(application: Litestar, address: str) -> dict[str, icalendar.Event]:
    answer = await read(application, address)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("text/calendar")
    calendar = icalendar.Calendar.from_ical(answer.content)
    return {str(each["summary"]): each for each in calendar.walk("VEVENT")}


async def test_what_is_due_is_a_whole_day(
    application: Litestar, officer: httpx.AsyncClient
) -> None:
    await made(officer, code="A", name="Größe; Länge, Tiefe")
    late = await made(officer, code="B", first_due_on="2026-02-27")
    covered = await made(officer, code="C")
    await attested(officer, covered, valid_until="2027-02-28")
    address, _ = await made_feed(officer)
    found = await events(application, address)
    assert {name: each["dtstart"].dt for name, each in found.items()} == {
        "Due: A Größe; Länge, Tiefe": dt.date(2026, 6, 30),
        "Overdue: B Review the sanction policy": dt.date(2026, 2, 27),
        "Attestation ends: C Review the sanction policy": dt.date(2027, 2, 28),
        "Due: C Review the sanction policy": dt.date(2027, 6, 30),
    }
    for each in found.values():
        assert each["dtend"].dt - each["dtstart"].dt == dt.timedelta(days=1)
        assert each["dtstart"].params["VALUE"] == "DATE"
    assert late.rsplit("/", 1)[1] in str(found["Overdue: B Review the sanction policy"]["uid"])


async def test_ids_of_events_stay_when_their_days_do_not(
    application: Litestar, officer: httpx.AsyncClient
) -> None:
    requirement = await made(officer)
    address, _ = await made_feed(officer)
    (before,) = (await events(application, address)).values()
    (again,) = (await events(application, address)).values()
    assert before["uid"] == again["uid"]
    await attested(officer, requirement)
    (after,) = (await events(application, address)).values()
    assert before["uid"] != after["uid"], "another period is another event"


async def test_an_address_ends_with_its_revocation(
    application: Litestar, officers: list[httpx.AsyncClient]
) -> None:
    address, feed = await made_feed(officers[0])
    kept, _ = await made_feed(officers[0])
    stranger = await officers[1].delete(feed, headers={"If-Match": '"1"'})
    assert stranger.status_code == 404
    gone = await officers[0].delete(feed, headers={"If-Match": '"1"'})
    assert gone.status_code == 200
    assert (await read(application, address)).status_code == 401
    assert (await read(application, kept)).status_code == 200
    assert len((await officers[0].get(FEEDS)).json()["items"]) == 2
    assert (await officers[1].get(FEEDS)).json()["items"] == []


async def test_an_address_shows_nothing_once_its_person_may_not_see_it(
    application: Litestar,
    officer: httpx.AsyncClient,
    people: list[PersonForTests],
    storage: PostgresStorage,
    company: CompanyForTests,
) -> None:
    address, _ = await made_feed(officer)
    async with storage.transaction(company.id, company.actor) as store:
        person = await store.people.get(people[0].id)
        await store.people.update(
            person.id, {"disabled_at": store.now}, expected_version=person.version
        )
    assert (await read(application, address)).status_code == 401


async def test_a_wrong_address_is_answered_like_a_revoked_one(
    application: Litestar, officer: httpx.AsyncClient
) -> None:
    address, feed = await made_feed(officer)
    await officer.delete(feed, headers={"If-Match": '"1"'})
    revoked = await read(application, address)
    for wrong in (address[:-1] + ("A" if address[-1] != "A" else "B"), address[:-43] + "x" * 43):
        other = await read(application, wrong)
        assert (other.status_code, other.json()) == (revoked.status_code, revoked.json())


async def test_the_secret_stands_in_no_log_and_no_row(
    application: Litestar,
    officer: httpx.AsyncClient,
    storage: PostgresStorage,
    company: CompanyForTests,
    capsys: pytest.CaptureFixture[str],
) -> None:
    address, _ = await made_feed(officer)
    await read(application, address)
    secret = address.rpartition("=")[2]
    shown = capsys.readouterr()
    assert "read_calendar_feed" in shown.out + shown.err
    assert secret not in shown.out + shown.err
    async with storage.transaction(company.id, company.actor) as store:
        (row,) = (await store.calendar_feeds.list(CalendarFeedFilter())).rows
        entries = (await store.audit_log.list(AuditFilter(entity_id=row.id))).rows
    assert row.secret_sha256.hex() not in str([each.after for each in entries])
    assert secret not in str([each.after for each in entries])


async def test_only_a_person_has_a_feed(company: CompanyForTests, application: Litestar) -> None:
    async with browser(application) as client:
        client.headers.update(company.headers)
        answer = await client.post(FEEDS, json={"name": "A system"})
    assert answer.status_code == 403
