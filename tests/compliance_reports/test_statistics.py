"""Statistics heed their range, and count what things were at its end."""

import datetime as dt

import httpx
import pytest

from tests.builders.mips import COUNTS, load_lists, make_clinician, submitted, take_step
from tests.compliance_reports.deeds import ComeBack, attested, made

pytestmark = pytest.mark.anyio

STATISTICS = "/api/v1/compliance/statistics"


async def asked(client: httpx.AsyncClient, **query: str) -> dict[str, object]:
    answer = await client.get(STATISTICS, params=query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_standings_are_those_of_the_ranges_end(
    officer: httpx.AsyncClient, come_back: ComeBack
) -> None:
    first = await made(officer, code="A", first_due_on="2026-03-15")
    await made(officer, code="B", program="OSHA")
    await come_back(dt.datetime(2026, 4, 2, 18, tzinfo=dt.UTC))
    await attested(officer, first)
    await come_back(dt.datetime(2026, 5, 2, 18, tzinfo=dt.UTC))
    march = await asked(officer, last="2026-03-31")
    april = await asked(officer, last="2026-04-30")
    assert march["requirements"] == {
        "total": 2,
        "statuses": {"compliant": 0, "in_progress": 1, "non_compliant": 1, "not_applicable": 0},
        "overdue": 1,
        "rate": {"numerator": 0, "denominator": 2, "rate_pct": "0.00"},
    }
    assert april["requirements"] == {
        "total": 2,
        "statuses": {"compliant": 1, "in_progress": 1, "non_compliant": 0, "not_applicable": 0},
        "overdue": 0,
        "rate": {"numerator": 1, "denominator": 2, "rate_pct": "50.00"},
    }
    programs = april["by_program"]
    assert isinstance(programs, dict)
    assert {name: each["rate"]["rate_pct"] for name, each in programs.items()} == {
        "HIPAA": "100.00",
        "OSHA": "0.00",
    }
    narrowed = await asked(officer, last="2026-04-30", program="OSHA")
    assert isinstance(narrowed["requirements"], dict)
    assert narrowed["requirements"]["total"] == 1


async def test_attestations_are_counted_in_the_range_by_what_they_were_at_its_end(
    officers: list[httpx.AsyncClient], come_back: ComeBack
) -> None:
    officer, other = officers
    requirement = await made(officer)
    kept, revoked, short = [
        await attested(officer, requirement, **changes)
        for changes in ({}, {}, {"valid_until": "2026-03-20"})
    ]
    assert kept != short
    answer = await other.post(
        f"{revoked}/revoke", json={"reason": "wrong"}, headers={"If-Match": '"1"'}
    )
    assert answer.status_code in (200, 201), answer.text
    await come_back(dt.datetime(2026, 4, 2, 18, tzinfo=dt.UTC))
    march = await asked(officer, first="2026-03-01", last="2026-03-31")
    assert march["attestations"] == {
        "signed": 3,
        "awaiting_signatures": 0,
        "attested": 1,
        "expired": 1,
        "disputed": 0,
        "superseded": 0,
        "revoked": 1,
    }
    later = await asked(officer, first="2026-04-01", last="2026-04-30")
    assert isinstance(later["attestations"], dict)
    assert later["attestations"]["signed"] == 0


async def test_a_range_that_ends_before_it_begins_is_refused(officer: httpx.AsyncClient) -> None:
    answer = await officer.get(STATISTICS, params={"first": "2026-04-01", "last": "2026-03-01"})
    assert answer.status_code == 400


async def test_submissions_that_are_with_cms_make_the_average_and_no_others(
    client: httpx.AsyncClient,
) -> None:
    async def told() -> tuple[int, int, object]:
        said = (await asked(client, first="2026-01-01"))["mips"]
        assert isinstance(said, dict)
        return said["total"], said["scored"], said["average_score_pct"]

    await load_lists(client)
    address = await submitted(client, await make_clinician(client), COUNTS)
    assert await told() == (1, 1, "14.93")
    await take_step(client, address, "reject")
    assert await told() == (1, 0, None)
    for verb in ("reopen", "submit", "accept"):
        await take_step(client, address, verb)
    assert await told() == (1, 1, "14.93")
