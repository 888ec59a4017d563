"""Reports say what was known at the end of a period, and stay as they were issued."""

import asyncio
import csv
import datetime as dt
import hashlib
import io
import json

import httpx
import psycopg
import pytest
from pypdf import PdfReader

from storage.embedded import RoleAddresses
from storage.postgres.issued_report_list import page_statement
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests
from tests.builders.people import PersonForTests
from tests.compliance_reports.deeds import ComeBack, attested, made

pytestmark = pytest.mark.anyio

DRAFTS = "/api/v1/compliance/report-drafts"
REPORTS = "/api/v1/compliance/reports"
FIRST_QUARTER = {
    "title": "HIPAA, first quarter",
    "program": "HIPAA",
    "period_from": "2026-01-01",
    "period_to": "2026-03-31",
    "recommendations": ["Lock the record room."],
}
IN_APRIL = dt.datetime(2026, 4, 2, 18, tzinfo=dt.UTC)


async def drafted(client: httpx.AsyncClient, **changes: object) -> str:
    answer = await client.post(DRAFTS, json=FIRST_QUARTER | changes)
    assert answer.status_code == 201, answer.text
    return str(answer.headers["Location"])


async def previewed(client: httpx.AsyncClient, draft: str) -> dict[str, object]:
    answer = await client.get(f"{draft}/preview")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def issued(client: httpx.AsyncClient, draft: str) -> httpx.Response:
    return await client.post(f"{draft}/issue", headers={"If-Match": '"1"'})


@pytest.fixture
async def quarter(officer: httpx.AsyncClient, come_back: ComeBack) -> str:
    """A draft after a quarter in which one of two was attested, and one is overdue."""
    await attested(officer, await made(officer, code="A"))
    await made(officer, code="B", first_due_on="2026-03-15")
    await come_back(IN_APRIL)
    return await drafted(officer)


async def test_a_report_says_the_rate_with_what_it_is_of(
    officer: httpx.AsyncClient, quarter: str
) -> None:
    said = await previewed(officer, quarter)
    assert said["rate"] == {"numerator": 1, "denominator": 2, "rate_pct": "50.00"}
    assert said["statuses"] == {
        "compliant": 1,
        "in_progress": 0,
        "non_compliant": 1,
        "not_applicable": 0,
    }
    rows = said["requirements"]
    assert isinstance(rows, list)
    assert [(each["code"], each["status"], each["days_overdue"]) for each in rows] == [
        ("A", "compliant", None),
        ("B", "non_compliant", 16),
    ]
    assert said["report_number"] is None


async def test_what_came_after_the_period_does_not_change_what_is_said_of_it(
    officer: httpx.AsyncClient, quarter: str, clock: FixedClock
) -> None:
    before = await previewed(officer, quarter)
    late = await made(officer, code="C")
    await attested(officer, late, valid_from="2026-02-01")
    clock.move(dt.timedelta(minutes=20))
    assert await previewed(officer, quarter) == before
    known_now = await drafted(officer, known_at="2026-04-03T00:00:00Z")
    told = await previewed(officer, known_now)
    assert told["rate"] == {"numerator": 2, "denominator": 3, "rate_pct": "66.67"}


async def test_the_end_of_a_period_is_the_companys_midnight(
    officer: httpx.AsyncClient, come_back: ComeBack
) -> None:
    """The company of the tests is in New York, four hours behind in summer."""
    requirement = await made(officer)
    await come_back(dt.datetime(2026, 4, 1, 3, 30, tzinfo=dt.UTC))
    await attested(officer, requirement)
    await come_back(IN_APRIL)
    said = await previewed(officer, await drafted(officer))
    assert str(said["known_at"]).startswith("2026-04-01T03:59:59")
    assert said["rate"] == {"numerator": 1, "denominator": 1, "rate_pct": "100.00"}


async def test_trends_are_of_the_like_periods_before(
    officer: httpx.AsyncClient, quarter: str
) -> None:
    said = await previewed(officer, quarter)
    trend = said["trend"]
    assert isinstance(trend, list)
    assert [(each["period_from"], each["period_to"]) for each in trend] == [
        ("2025-01-01", "2025-03-31"),
        ("2025-04-01", "2025-06-30"),
        ("2025-07-01", "2025-09-30"),
        ("2025-10-01", "2025-12-31"),
    ]
    assert all(each["rate"]["denominator"] == 0 for each in trend)


async def test_an_issued_report_is_known_by_the_hash_of_its_text_and_says_who_issued_it(
    officer: httpx.AsyncClient, quarter: str, people: list[PersonForTests]
) -> None:
    assert (await previewed(officer, quarter))["issue"] is None
    answer = await issued(officer, quarter)
    assert answer.status_code == 201, answer.text
    report = answer.json()
    assert report["report_number"].startswith("CR-")
    text = (await officer.get(f"{REPORTS}/{report['id']}/file", params={"form": "json"})).content
    assert hashlib.sha256(text).hexdigest() == report["content_hash"]
    read = (await officer.get(f"{REPORTS}/{report['id']}")).json()
    said = json.loads(text)
    assert read["content"] == said
    assert (
        text == json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    )
    draft = (await officer.get(quarter)).json()
    assert draft["issued_hash"] == report["content_hash"]
    assert said["issue"] == {
        "person_id": str(people[0].id),
        "printed_name": "A compliance_officer",
        "issued_at": "2026-04-02T18:00:00Z",
    }


async def test_csv_and_pdf_say_the_same_and_name_the_hash_every_time(
    officer: httpx.AsyncClient, quarter: str
) -> None:
    report = (await issued(officer, quarter)).json()
    address = f"{REPORTS}/{report['id']}/file"
    rows = list(
        csv.DictReader(io.StringIO((await officer.get(address, params={"form": "csv"})).text))
    )
    assert rows[0]["text"] == report["content_hash"]
    assert (rows[1]["section"], rows[1]["name"]) == ("issued", "A compliance_officer")
    assert [each["code"] for each in rows if each["section"] == "requirement"] == ["A", "B"]
    (rate,) = (each for each in rows if each["section"] == "rate")
    assert (rate["numerator"], rate["denominator"], rate["rate_pct"]) == ("1", "2", "50.00")
    first, second = [(await officer.get(address)).content for _ in range(2)]
    assert first == second
    text = "".join(each.extract_text() for each in PdfReader(io.BytesIO(first)).pages)
    assert report["content_hash"] in text
    assert report["report_number"] in text
    assert "50.00" in text


async def test_what_is_issued_is_changed_by_nobody(
    officer: httpx.AsyncClient,
    quarter: str,
    addresses: RoleAddresses,
    company: CompanyForTests,
) -> None:
    report = (await issued(officer, quarter)).json()
    condition = {"If-Match": '"2"'}
    answers = [
        await officer.patch(quarter, json={"title": "Other"}, headers=condition),
        await officer.delete(quarter, headers=condition),
        await officer.post(f"{quarter}/issue", headers=condition),
    ]
    assert [each.status_code for each in answers] == [409, 409, 409]
    for statement in (
        "UPDATE compliance_reports SET title = 'x'",
        "DELETE FROM compliance_reports",
    ):
        with psycopg.connect(addresses.app) as connection:
            connection.execute(f"SET LOCAL app.company_id = '{company.id}'".encode())
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement.encode())
    assert (await officer.get(f"{REPORTS}/{report['id']}")).json()["report"] == report


async def test_a_page_of_reports_has_none_of_their_contents(
    officer: httpx.AsyncClient, quarter: str
) -> None:
    reports = [(await issued(officer, quarter)).json()]
    for _ in range(2):
        reports.insert(0, (await issued(officer, await drafted(officer))).json())
    found, cursor = [], None
    while found == [] or cursor is not None:
        params = {"program": "HIPAA", "limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await officer.get(REPORTS, params=params)).json()
        found += page["items"]
        cursor = page["next_cursor"]
    assert found == reports
    assert (await officer.get(REPORTS, params={"program": "OSHA"})).json()["items"] == []
    told = page_statement(("program",), continued=True)
    assert "compliance_reports.content_hash" in told
    assert "compliance_reports.content," not in told


async def test_of_two_who_issue_at_once_one_does(
    officers: list[httpx.AsyncClient], quarter: str
) -> None:
    answers = await asyncio.gather(*(issued(each, quarter) for each in officers))
    assert sorted(each.status_code for each in answers) == [201, 409]


async def test_a_period_that_is_not_over_is_not_reported_of(officer: httpx.AsyncClient) -> None:
    draft = await drafted(officer)
    assert (await previewed(officer, draft))["rate"] is not None
    assert (await issued(officer, draft)).status_code == 409


async def test_only_somebody_who_has_just_proved_who_they_are_issues(
    officer: httpx.AsyncClient, quarter: str, clock: FixedClock
) -> None:
    clock.move(dt.timedelta(minutes=6))
    assert (await issued(officer, quarter)).status_code in (401, 403)


async def test_a_draft_is_a_period(officer: httpx.AsyncClient) -> None:
    refused = await officer.post(DRAFTS, json=FIRST_QUARTER | {"period_from": "2026-04-01"})
    assert refused.status_code == 422
    draft = await drafted(officer)
    moved = await officer.patch(
        draft, json={"period_to": "2025-12-31"}, headers={"If-Match": '"1"'}
    )
    assert moved.status_code == 422
    gone = await officer.delete(draft, headers={"If-Match": '"1"'})
    assert gone.status_code == 204
