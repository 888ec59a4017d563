"""MIPS submissions stand in reports and audit packs as they were known then."""

import csv
import datetime as dt
import io
import json
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from pypdf import PdfReader

from services.regulatory_compliance.audit_pack.verification import verify_pack
from services.regulatory_compliance.reporting.content import ReportContent
from services.regulatory_compliance.reporting.documents import report_pdf
from services.regulatory_compliance.reporting.mips_figures import DETAILED_AT_MOST
from storage.postgres.transaction import PostgresStorage
from storage.tables.mips import MipsClinicianFields, MipsSubmissionFields
from storage.vocabulary.mips import MipsCategory, MipsSubmissionStatus, SubmissionMethod
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests
from tests.builders.mips import (
    CLINICIANS,
    COUNTS,
    INTEROPERABILITY,
    load_lists,
    make_clinician,
    make_submission,
    submitted,
    take_step,
)
from tests.compliance_reports.deeds import ComeBack
from tests.compliance_reports.test_audit_pack import PACK, rewritten

pytestmark = pytest.mark.anyio

DRAFTS = "/api/v1/compliance/report-drafts"
REPORTS = "/api/v1/compliance/reports"
FIRST_QUARTER = {
    "title": "MIPS, first quarter",
    "program": "MIPS",
    "period_from": "2026-01-01",
    "period_to": "2026-03-31",
}
IN_APRIL = dt.datetime(2026, 4, 2, 18, tzinfo=dt.UTC)


async def preview(client: httpx.AsyncClient, **changes: object) -> dict[str, Any]:
    draft = await client.post(DRAFTS, json=FIRST_QUARTER | changes)
    assert draft.status_code == 201, draft.text
    answer = await client.get(f"{draft.headers['Location']}/preview")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def mips(client: httpx.AsyncClient, **changes: object) -> list[dict[str, Any]]:
    found = (await preview(client, **changes))["mips"]
    assert isinstance(found, list)
    return found


def statuses(clinician: dict[str, Any]) -> list[str]:
    rows = clinician["submissions"]
    assert isinstance(rows, list)
    return [each["status"] for each in rows]


@pytest.fixture
async def clinician(client: httpx.AsyncClient) -> str:
    """A clinician whose quality was submitted in March and whose interoperability is a draft."""
    await load_lists(client)
    found = await make_clinician(client)
    await submitted(client, found, COUNTS)
    await make_submission(client, found, *INTEROPERABILITY, category="pi")
    return found


async def test_a_report_says_who_reports_what_and_what_it_comes_to(
    client: httpx.AsyncClient, clinician: str
) -> None:
    (said,) = await mips(client)
    assert (said["tin"], said["npi"], said["name"]) == ("123456789", "1234567893", "Dr. Ada")
    quality, draft = said["submissions"]
    assert quality["status"] == "submitted"
    assert quality["score_pct"] == "14.9308"
    assert quality["measures"] == [
        {"measure_id": "236", "basis": "benchmark", "points": "8.9585", "counts": True}
    ]
    assert (draft["status"], draft["score_pct"], draft["measures"]) == ("draft", None, [])
    final = (await client.get(f"{CLINICIANS}/{clinician}/final-score")).json()
    told = said["final_score"]
    assert isinstance(told, dict)
    for name in ("score", "adjustment_pct", "payment_year", "is_neutral", "steps"):
        assert told[name] == final[name], name


async def test_it_says_what_was_known_at_the_periods_end(
    client: httpx.AsyncClient, clinician: str, clock: FixedClock
) -> None:
    before = await mips(client)
    clock.set(IN_APRIL)
    (quality, draft) = before[0]["submissions"]
    address = f"/api/v1/compliance/mips/submissions/{quality['submission_id']}"
    for verb in ("reject", "reopen"):
        assert (await take_step(client, address, verb)).status_code == 200
    pi = f"/api/v1/compliance/mips/submissions/{draft['submission_id']}"
    assert (await take_step(client, pi, "submit")).status_code == 200
    changed = await client.patch(
        f"{CLINICIANS}/{clinician}",
        json={"is_small_practice": True, "complex_patient_bonus": "5"},
        headers={"If-Match": '"1"'},
    )
    assert changed.status_code == 200, changed.text
    assert await mips(client) == before
    late = await mips(client, known_at="2026-04-03T00:00:00Z")
    assert late == before, "a step of April is none of March, whenever one knows of it"
    (april,) = await mips(client, period_from="2026-04-01", period_to="2026-04-30")
    assert statuses(april) == ["draft", "submitted"]
    told = april["final_score"]
    assert isinstance(told, dict)
    assert told["score"] != before[0]["final_score"]["score"]


async def test_a_year_that_is_over_is_reported_of_while_something_is_done_with_it(
    client: httpx.AsyncClient, clinician: str, clock: FixedClock
) -> None:
    assert clinician
    clock.set(dt.datetime(2027, 3, 2, 18, tzinfo=dt.UTC))
    quarter = {"period_from": "2027-01-01", "period_to": "2027-03-31"}
    assert await mips(client, **quarter) == []
    ((quality, _),) = [each["submissions"] for each in await mips(client)]
    address = f"/api/v1/compliance/mips/submissions/{quality['submission_id']}"
    assert (await take_step(client, address, "accept")).status_code == 200
    (said,) = await mips(client, **quarter)
    assert (said["performance_year"], statuses(said)) == (2026, ["accepted", "draft"])


async def test_days_of_a_draft_that_are_changed_later_are_those_of_then(
    client: httpx.AsyncClient, clinician: str, clock: FixedClock
) -> None:
    assert clinician
    before = await mips(client)
    draft = f"/api/v1/compliance/mips/submissions/{before[0]['submissions'][1]['submission_id']}"
    clock.set(IN_APRIL)
    version = (await client.get(draft)).headers["ETag"]
    days = {"performance_start": "2026-04-01", "performance_end": "2026-09-30"}
    changed = await client.patch(draft, json=days, headers={"If-Match": version})
    assert changed.status_code == 200, changed.text
    assert await mips(client) == before


async def test_of_very_many_a_report_says_scores_without_measures_and_arithmetic(
    client: httpx.AsyncClient,
    clinician: str,
    storage: PostgresStorage,
    company: CompanyForTests,
) -> None:
    assert clinician
    detailed = await preview(client)
    assert detailed["mips_is_brief"] is False
    async with storage.transaction(company.id, company.actor) as store:
        others = [
            MipsClinicianFields(
                performance_year=2026,
                tin=f"{number:09}",
                name=f"Group {number}",
                is_small_practice=False,
                needs_fewer_activities=False,
                is_medical_home=False,
                excused_categories=[],
                quality_improvement_pct=Decimal(0),
                cost_improvement_pct=Decimal(0),
                complex_patient_bonus=Decimal(0),
            )
            for number in range(1, DETAILED_AT_MOST + 1)
        ]
        ids = await store.mips_clinicians.create_many(others)
        await store.mips_submissions.create_many(
            [
                MipsSubmissionFields(
                    clinician_id=name,
                    performance_year=2026,
                    tin=each.tin,
                    category=MipsCategory.QUALITY,
                    submission_method=SubmissionMethod.REGISTRY,
                    performance_start=dt.date(2026, 1, 1),
                    performance_end=dt.date(2026, 12, 31),
                    status=MipsSubmissionStatus.DRAFT,
                    content_number=1,
                )
                for name, each in zip(ids, others, strict=True)
            ]
        )
    brief = await preview(client)
    assert (brief["mips_is_brief"], len(brief["mips"])) == (True, DETAILED_AT_MOST + 1)
    (ada,) = (each for each in brief["mips"] if each["name"] == "Dr. Ada")
    (before,) = detailed["mips"]
    assert [each["score_pct"] for each in ada["submissions"]] == ["14.9308", None]
    assert all(each["measures"] == [] for each in ada["submissions"])
    assert ada["final_score"] == before["final_score"] | {"steps": []}
    text = "".join(
        page.extract_text()
        for page in PdfReader(
            io.BytesIO(report_pdf(ReportContent.model_validate(brief), bytes(32)))
        ).pages
    )
    assert "the audit pack has both" in text.replace("\n", " ")
    assert f"Group {DETAILED_AT_MOST}" in text


async def test_reports_of_other_programs_say_nothing_of_it(
    client: httpx.AsyncClient, clinician: str
) -> None:
    assert clinician
    assert await mips(client, program="HIPAA") == []


async def test_csv_and_pdf_say_the_same(
    clinician: str, officer: httpx.AsyncClient, come_back: ComeBack
) -> None:
    assert clinician
    await come_back(IN_APRIL)
    draft = (await officer.post(DRAFTS, json=FIRST_QUARTER)).headers["Location"]
    issued = await officer.post(f"{draft}/issue", headers={"If-Match": '"1"'})
    assert issued.status_code == 201, issued.text
    address = f"{REPORTS}/{issued.json()['id']}/file"
    text = (await officer.get(address, params={"form": "csv"})).text
    rows = [each for each in csv.DictReader(io.StringIO(text)) if each["tin"]]
    assert {each["performance_year"] for each in rows} == {"2026"}
    (measure,) = [each for each in rows if each["section"] == "mips_measure"]
    assert (measure["code"], measure["value"], measure["status"]) == ("236", "8.9585", "counts")
    said = json.loads((await officer.get(address, params={"form": "json"})).content)
    final = said["mips"][0]["final_score"]
    (row,) = [each for each in rows if each["section"] == "mips_final_score"]
    assert row["value"] == final["score"]
    pdf = PdfReader(io.BytesIO((await officer.get(address)).content))
    shown = " ".join("".join(page.extract_text() for page in pdf.pages).split())
    day = said["mips"][0]["submissions"][0]["submitted_at"][:10]
    for part in (
        "TIN 123456789",
        "NPI 1234567893",
        "236: 8.9585",
        f"submitted {day} UTC",
        f"Final score {final['score']}",
    ):
        assert part in shown, part


async def test_a_pack_has_what_was_reported_with_every_step_and_score(
    clinician: str, officer: httpx.AsyncClient, clock: FixedClock, tmp_path: Path
) -> None:
    clock.move(dt.timedelta(minutes=1))
    answer = await officer.get(PACK, params={"program": "MIPS"})
    assert answer.status_code == 200, answer.text
    path = tmp_path / "pack.zip"
    path.write_bytes(answer.content)
    verdict = verify_pack(path)
    assert verdict.is_sound, verdict.misfits
    name = f"mips/clinicians/{clinician}.json"
    with zipfile.ZipFile(path) as file:
        said = json.loads(file.read(name))
        lists = json.loads(file.read("mips/lists.json"))
        trail = [json.loads(each) for each in file.read("trail.jsonl").splitlines()]
    parts = {each["submission"]["category"]: each for each in said["submissions"]}
    assert [each["measure_id"] for each in parts["quality"]["measures"]] == ["236"]
    assert [each["to_status"] for each in parts["quality"]["steps"]] == ["draft", "submitted"]
    (score,) = parts["quality"]["scores"]
    assert score["content"]["steps"]
    assert said["final_score_of"] == [score["id"]]
    assert {each["kind"] for each in lists} == {"benchmarks", "measures"}
    entities = {each["entity"] for each in trail}
    assert entities == {"mips_clinicians", "mips_submissions", "mips_measures"}


async def test_a_score_that_its_arithmetic_does_not_come_to_shows(
    clinician: str, officer: httpx.AsyncClient, tmp_path: Path
) -> None:
    pack = (await officer.get(PACK, params={"program": "MIPS"})).content
    name = f"mips/clinicians/{clinician}.json"
    with zipfile.ZipFile(io.BytesIO(pack)) as file:
        said = json.loads(file.read(name))

    def problems(changed: dict[str, Any]) -> list[str]:
        path = tmp_path / "forged.zip"
        path.write_bytes(rewritten(pack, **{name: json.dumps(changed).encode()}))
        return [each.problem for each in verify_pack(path).misfits if each.path == name]

    better = json.loads(json.dumps(said))
    better["final_score"]["score"] = "99.00"
    assert "the final score is not what its scores come to" in problems(better)
    better = json.loads(json.dumps(said))
    (scored,) = [each for each in better["submissions"] if each["scores"]]
    scored["scores"][0]["content"]["percent"] = "99.0000"
    assert any("is not what it says that it is exactly" in each for each in problems(better))
    better = json.loads(json.dumps(said))
    (scored,) = [each for each in better["submissions"] if each["scores"]]
    scored["scores"] = []
    assert any("of a score that is not there" in each for each in problems(better))


async def test_a_pack_of_a_past_day_has_the_final_score_of_that_day(
    client: httpx.AsyncClient,
    clinician: str,
    officer: httpx.AsyncClient,
    come_back: ComeBack,
    tmp_path: Path,
) -> None:
    await come_back(IN_APRIL)
    (row,) = [
        each
        for each in (await client.get("/api/v1/compliance/mips/submissions")).json()["items"]
        if each["category"] == "quality"
    ]
    address = f"/api/v1/compliance/mips/submissions/{row['id']}"
    assert (await take_step(client, address, "reject")).status_code == 200
    path = tmp_path / "pack.zip"
    for on, count in (("2026-03-31", 1), ("2026-04-02", 0)):
        path.write_bytes((await officer.get(PACK, params={"program": "MIPS", "on": on})).content)
        verdict = verify_pack(path)
        assert verdict.is_sound, verdict.misfits
        with zipfile.ZipFile(path) as file:
            said = json.loads(file.read(f"mips/clinicians/{clinician}.json"))
        assert len(said["final_score_of"]) == count
        assert (said["final_score"] is None) == (count == 0)
