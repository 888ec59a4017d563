"""A finding that was closed, opened again and closed again is told right for every day."""

import datetime as dt
import importlib.util
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from storage import migrations
from storage.embedded import RoleAddresses
from tests.builders.audits import evidence, finding, started_audit, stepped
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests

pytestmark = pytest.mark.anyio

FINDINGS = "/api/v1/compliance/findings"
STATISTICS = "/api/v1/compliance/statistics"
DRAFTS = "/api/v1/compliance/report-drafts"
MIGRATION = Path(migrations.__file__).parents[1] / "alembic/versions/0069_finding_steps.py"


def noon(month: int, day: int) -> dt.datetime:
    return dt.datetime(2026, month, day, 18, tzinfo=dt.UTC)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(noon(3, 2))


@pytest.fixture
async def url(client: httpx.AsyncClient, clock: FixedClock) -> str:
    """A finding of 2 March, closed on the 10th, opened again on the 20th, closed on 5 April."""
    audit = await started_audit(client)
    url = str((await finding(client, audit)).headers["Location"])
    cause = {"root_cause": "Nobody tells us who leaves."}
    await client.patch(url, json=cause, headers={"If-Match": '"1"'})
    closing = {"evidence_id": await evidence(client), "note": "I have seen it."}
    for moment, step, body, version in (
        (noon(3, 10), "close", closing, 2),
        (noon(3, 20), "reopen", {"reason": "It came again."}, 3),
        (noon(4, 5), "close", closing, 4),
    ):
        clock.set(moment)
        done = await stepped(client, url, step, body, version=version)
        assert done.status_code == 200, done.text
    clock.set(noon(5, 1))
    return url


async def test_each_day_is_what_it_was(client: httpx.AsyncClient, url: str) -> None:
    async def standing(on: str) -> str:
        return str((await client.get(url, params={"on": on})).json()["standing"])

    told = {
        "2026-03-02": "open",
        "2026-03-09": "open",
        "2026-03-10": "closed",
        "2026-03-19": "closed",
        "2026-03-20": "open",
        "2026-04-04": "open",
        "2026-04-05": "closed",
        "2026-05-01": "closed",
    }
    assert {day: await standing(day) for day in told} == told


async def test_a_list_of_a_day_has_what_had_been_found_by_then(
    client: httpx.AsyncClient, url: str
) -> None:
    async def listed(on: str) -> list[str]:
        answer = await client.get(FINDINGS, params={"on": on, "standing": "open"})
        return [each["finding"]["id"] for each in answer.json()["items"]]

    assert await listed("2026-03-01") == []
    assert await listed("2026-03-25") == [url.rsplit("/", 1)[1]]
    assert await listed("2026-03-15") == []


async def test_statistics_and_reports_say_the_same_of_the_ends_of_their_periods(
    client: httpx.AsyncClient, url: str
) -> None:
    assert url
    said = [
        (await client.get(STATISTICS, params={"last": day})).json()["audits"]["open_findings"]
        for day in ("2026-03-09", "2026-03-15", "2026-03-31", "2026-04-30")
    ]
    assert said == [1, 0, 1, 0]
    quarter = {
        "title": "First quarter",
        "program": "HIPAA",
        "period_from": "2026-01-01",
        "period_to": "2026-03-31",
    }
    for known_at in (None, "2026-03-15T12:00:00Z", "2026-04-20T00:00:00Z"):
        draft = await client.post(DRAFTS, json=quarter | {"known_at": known_at})
        report = (await client.get(f"{draft.headers['Location']}/preview")).json()
        (found,) = report["findings"]
        expected = "closed" if known_at == "2026-03-15T12:00:00Z" else "open"
        assert found["status"] == expected, known_at
        assert report["audits"]["open_findings"] == (expected == "open")


async def test_its_steps_are_there_to_be_read(client: httpx.AsyncClient, url: str) -> None:
    items = (await client.get(f"{url}/steps")).json()["items"]
    assert [(each["number"], each["kind"], each["taken_on"], each["note"]) for each in items] == [
        (1, "closed", "2026-03-10", "I have seen it."),
        (2, "reopened", "2026-03-20", "It came again."),
        (3, "closed", "2026-04-05", "I have seen it."),
    ]
    assert [each["evidence_id"] is None for each in items] == [False, True, False]


async def test_the_migration_tells_the_same_from_the_trail_and_without_it_the_last_closing(
    client: httpx.AsyncClient, url: str, addresses: RoleAddresses, company: CompanyForTests
) -> None:
    items = (await client.get(f"{url}/steps")).json()["items"]
    specification = importlib.util.spec_from_file_location("finding_steps", MIGRATION)
    assert specification is not None
    assert specification.loader is not None
    migration = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(migration)
    chosen = sa.text(
        "SELECT number, kind, taken_on::text, note, evidence_id::text, recorded_at"
        " FROM finding_steps WHERE company_id = :company ORDER BY number"
    )
    tables = ("audit_log", "audit_findings", "companies", "finding_steps")
    address = addresses.owner.replace("postgresql://", "postgresql+psycopg://")
    engine = sa.create_engine(address, poolclass=sa.NullPool)
    with engine.connect() as owner, owner.begin(), migrations.unforced(owner, *tables):
        undone = owner.begin_nested()
        told = owner.execute(chosen, {"company": company.id}).all()
        owner.execute(sa.text("DELETE FROM finding_steps"))
        owner.execute(sa.text(migration.FROM_THE_TRAIL))
        assert owner.execute(chosen, {"company": company.id}).all() == told
        owner.execute(sa.text("DELETE FROM finding_steps"))
        owner.execute(sa.text(migration.WITHOUT_A_TRAIL))
        (last,) = owner.execute(chosen, {"company": company.id}).all()
        assert (last.kind, last.taken_on) == ("closed", "2026-04-05")
        undone.rollback()
    assert (await client.get(f"{url}/steps")).json()["items"] == items
