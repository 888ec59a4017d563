"""A newer dump changes what may follow of audits and drafts of risks; the rest waits, named."""

import datetime as dt
from typing import Any

import pytest

from services.importing.reporting import Verdict
from services.regulatory_compliance.auditing.audits import start_audit
from storage.filters import (
    AssessmentPartFilter,
    ByAssessment,
    RegulatoryAuditFilter,
    RiskAssessmentFilter,
    RiskControlFilter,
)
from storage.interface import Store
from storage.vocabulary.importing import ImportOutcome
from storage.vocabulary.risks import Likelihood
from tests.builders.dumps import (
    audit,
    compliance_report,
    finding,
    of_map,
    risk,
    risk_assessment,
)
from tests.importing.conftest import Moving

pytestmark = pytest.mark.anyio

SCHEDULED = audit(
    status="scheduled", startDate=None, findings=[], correctiveActions=[], riskRating=None
)


@pytest.mark.parametrize(
    ("changes", "column", "value"),
    [
        ({"scope": "Back office"}, "scope", "Back office"),
        ({"auditor": "A. Poe"}, "auditor", "A. Poe"),
        ({"scheduledDate": "2025-10-12"}, "scheduled_on", dt.date(2025, 10, 12)),
    ],
)
async def test_an_audit_that_has_not_begun_follows_a_newer_dump(
    moving: Moving, store: Store, changes: dict[str, Any], column: str, value: object
) -> None:
    await moving.bring(audits=[SCHEDULED])
    again = await moving.bring(audits=[SCHEDULED | changes])
    assert (of_map(again, "audits").changed_count, again.verdict) == (1, Verdict.AGREES)
    (row,) = await store.regulatory_audits.all(RegulatoryAuditFilter())
    assert getattr(row, column) == value
    (record,) = await moving.records(ImportOutcome.CHANGED)
    assert "has become" in record.notes[0]


@pytest.mark.parametrize(
    ("over_there", "changes", "stuck"),
    [
        ({}, {"scheduledDate": "2025-10-12"}, "scheduled_on"),
        ({}, {"findings": [finding(description="Screen seen")]}, "finding"),
        ({}, {"recommendations": []}, "parts"),
        ({"status": "completed", "completionDate": "2025-10-07"}, {"scope": "Back"}, "scope"),
    ],
)
async def test_what_may_not_change_of_an_audit_waits_and_is_named(
    moving: Moving, over_there: dict[str, Any], changes: dict[str, Any], stuck: str
) -> None:
    await moving.bring(audits=[audit(**over_there)])
    await moving.bring(audits=[audit(**over_there, **changes)])
    (record,) = await moving.records(ImportOutcome.QUARANTINED)
    assert record.reason == f"has changed in {stuck} since it was placed"


async def test_an_audit_that_has_begun_here_keeps_its_day(moving: Moving) -> None:
    await moving.bring(audits=[SCHEDULED])
    company = moving.importer.company
    async with moving.importer.storage.transaction(company.id, company.actor) as here:
        (row,) = await here.regulatory_audits.all(RegulatoryAuditFilter())
        await start_audit(here, row.id, expected_version=row.version)
    again = await moving.bring(audits=[SCHEDULED | {"scheduledDate": "2025-10-12"}])
    assert of_map(again, "audits").quarantined_count == 1
    more = await moving.bring(audits=[SCHEDULED | {"scope": "Back office"}])
    assert of_map(more, "audits").changed_count == 1


async def test_a_draft_of_risks_follows_a_newer_dump(moving: Moving, store: Store) -> None:
    await moving.bring(riskAssessments=[risk_assessment()])
    newer = risk_assessment(
        scope="Laptops and tablets",
        mitigationPlan=["Encrypt all"],
        risks=[risk(likelihood="likely", riskScore=16, currentControls=["Cable lock"])],
    )
    again = await moving.bring(riskAssessments=[newer])
    assert (of_map(again, "riskAssessments").changed_count, again.verdict) == (1, Verdict.AGREES)
    (row,) = await store.risk_assessments.all(RiskAssessmentFilter())
    (found,) = await store.assessed_risks.all(ByAssessment(assessment_id=row.id))
    (part,) = await store.assessment_parts.all(AssessmentPartFilter(assessment_id=row.id))
    controls = await store.risk_controls.all(RiskControlFilter(assessment_id=row.id))
    assert row.scope == "Laptops and tablets"
    assert (found.likelihood, found.residual_likelihood) == (Likelihood.LIKELY,) * 2
    assert {each.description for each in controls} == {"Cable lock", "Encryption"}
    assert part.description is not None
    assert "Encrypt all" in part.description


async def test_what_somebody_has_changed_here_of_a_draft_of_risks_stays(moving: Moving) -> None:
    await moving.bring(riskAssessments=[risk_assessment()])
    company = moving.importer.company
    async with moving.importer.storage.transaction(company.id, company.actor) as here:
        (row,) = await here.assessed_risks.all(ByAssessment())
        await here.assessed_risks.update(
            row.id, {"description": "Lost laptop"}, expected_version=row.version
        )
    newer = risk_assessment(risks=[risk(description="Laptop stolen from a car")])
    again = await moving.bring(riskAssessments=[newer])
    assert of_map(again, "riskAssessments").quarantined_count == 1
    (record,) = await moving.records(ImportOutcome.QUARANTINED)
    assert record.reason == "has changed in risk since it was placed"


async def test_a_report_that_says_otherwise_now_waits(moving: Moving) -> None:
    await moving.bring(complianceReports=[compliance_report()])
    same = await moving.bring(complianceReports=[compliance_report(updatedAt="2026-01-01")])
    assert of_map(same, "complianceReports").changed_count == 1
    await moving.bring(complianceReports=[compliance_report(findings=["Log missing"])])
    (record,) = await moving.records(ImportOutcome.QUARANTINED)
    assert record.reason == "has changed in contents since it was placed"
