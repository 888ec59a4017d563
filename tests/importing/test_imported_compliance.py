"""Audits, MIPS submissions, policies, risk assessments and reports come over as what they are."""

import datetime as dt
import hashlib
import json
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from services.importing.reporting import Verdict
from storage.filters import (
    ActionProgressFilter,
    AuditFindingFilter,
    ByActions,
    ByAssessment,
    ByAudit,
    ByPolicy,
    CorrectiveActionFilter,
    EvidenceFilter,
    EvidenceLinkFilter,
    MipsPriorSubmissionFilter,
    MipsSubmissionFilter,
    PolicyFilter,
    PolicyVersionFilter,
    RegulatoryAuditFilter,
    ReportFilter,
    RiskAssessmentFilter,
)
from storage.interface import Store
from storage.vocabulary.audits import ActionStatus, ActionStepKind, AuditStatus
from storage.vocabulary.importing import ImportOutcome
from storage.vocabulary.policies import PolicyStage
from storage.vocabulary.risks import AssessmentStatus, ControlState, Likelihood
from tests.builders.dumps import (
    action,
    audit,
    compliance_report,
    finding,
    mips_submission,
    of_map,
    policy,
    risk,
    risk_assessment,
    user,
)
from tests.builders.people import make_person
from tests.importing.conftest import Moving

pytestmark = pytest.mark.anyio

NEW_YORK = ZoneInfo("America/New_York")


async def test_all_maps_of_compliance_agree(moving: Moving) -> None:
    found = await moving.bring(
        audits=[audit()],
        mipsSubmissions=[mips_submission()],
        policyDocuments=[policy()],
        riskAssessments=[risk_assessment()],
        complianceReports=[compliance_report()],
    )
    assert found.verdict is Verdict.AGREES, await moving.records(ImportOutcome.QUARANTINED)
    assert {each.placed_count for each in found.maps} == {1}
    assert [each.unknown_fields for each in found.maps] == [[]] * len(found.maps)


async def test_an_audit_comes_with_its_findings_and_actions_as_rows(
    moving: Moving, store: Store
) -> None:
    await moving.bring(audits=[audit()])
    (row,) = await store.regulatory_audits.all(RegulatoryAuditFilter())
    (found,) = await store.audit_findings.all(AuditFindingFilter())
    (planned,) = await store.corrective_actions.all(CorrectiveActionFilter())
    (progress,) = await store.action_progress.all(ActionProgressFilter())
    scope = await store.audited_requirements.all(ByAudit(audit_id=row.id))
    assert (row.number, row.status) == ("AUD-1000", AuditStatus.IN_PROGRESS)
    assert (row.finding_count, row.recommendation_count) == (1, 1)
    assert [each.requirement_id for each in scope] == [found.requirement_id]
    assert (found.number, planned.number) == ("AUD-1000-F1", "AUD-1000-F1-A1")
    assert (progress.status, progress.assignee_id) == (ActionStatus.PLANNED, moving.steward.id)
    assert await store.numbers.take("regulatory_audit") == 1001


async def test_who_is_nobody_here_is_said_to_be_the_steward_s(moving: Moving) -> None:
    await moving.bring(audits=[audit()])
    notes = [note for each in await moving.records(ImportOutcome.PLACED) for note in each.notes]
    assert notes == ["/correctiveActions/0/assignedTo: is nobody here, so that the steward has it"]


async def test_without_a_steward_what_names_nobody_waits(moving: Moving) -> None:
    found = await moving.importer.bring({"audits": [audit()], "policyDocuments": [policy()]})
    assert {each.quarantined_count for each in found.maps} == {1}
    fields = {each.field for each in await moving.records(ImportOutcome.QUARANTINED)}
    assert fields == {"/correctiveActions/0/assignedTo", "/owner"}


async def test_a_user_is_who_has_the_address_here(moving: Moving, store: Store) -> None:
    known = await make_person(moving.importer.storage, moving.importer.company)
    found = await moving.bring(
        users=[user(email=known.email.upper()), user("u9", email="gone@example.org")],
        policyDocuments=[policy()],
    )
    users = of_map(found, "users")
    assert (users.merged_count, users.quarantined_count) == (1, 1)
    (row,) = await store.policies.all(PolicyFilter())
    assert row.owner_person_id == known.id


async def test_what_was_verified_there_is_completed_here(moving: Moving, store: Store) -> None:
    done = action(status="verified", completedDate="2025-10-20", verifiedBy="u7")
    await moving.bring(audits=[audit(correctiveActions=[done])])
    (progress,) = await store.action_progress.all(ActionProgressFilter())
    steps = await store.action_steps.all(ByActions(action_ids=[progress.action_id]))
    kinds = [each.kind for each in sorted(steps, key=lambda each: each.number)]
    assert (progress.status, progress.verified_by) == (ActionStatus.COMPLETED, None)
    assert progress.completed_at is not None
    assert progress.completed_at.astimezone(NEW_YORK).date() == dt.date(2025, 10, 20)
    assert progress.step_count == len(steps)
    assert kinds == [
        ActionStepKind.PLANNED,
        ActionStepKind.STARTED,
        ActionStepKind.COMPLETED,
        ActionStepKind.NOTED,
    ]
    assert {each.person_id for each in steps} == {None}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"startDate": None}, "/startDate"),
        ({"status": "scheduled"}, "/startDate"),
        ({"status": "scheduled", "startDate": None}, "/findings"),
        ({"status": "completed"}, "/completionDate"),
        ({"completionDate": "2025-10-06"}, "/completionDate"),
        ({"status": "completed", "completionDate": "2025-10-04"}, "/completionDate"),
        ({"correctiveActions": [action(findingId="f9")]}, "/correctiveActions/0/findingId"),
        ({"correctiveActions": [action(status="verified")]}, "/correctiveActions/0/completedDate"),
        ({"correctiveActions": [action(status="effective")]}, "/correctiveActions/0/status"),
        ({"findings": [finding(severity="dire")]}, "/findings/0/severity"),
        ({"findings": {}}, "/findings"),
        (
            {
                "status": "passed",
                "completionDate": "2025-10-20",
                "findings": [finding(severity="critical")],
            },
            "/status",
        ),
        (
            {
                "status": "completed",
                "completionDate": "2025-10-20",
                "findings": [finding(severity="critical")],
                "correctiveActions": [],
            },
            "/status",
        ),
    ],
)
async def test_an_audit_that_breaks_our_rules_waits(
    moving: Moving, changes: dict[str, Any], field: str
) -> None:
    await moving.bring(audits=[audit(**changes)])
    (record,) = await moving.records(ImportOutcome.QUARANTINED)
    assert record.field == field


async def test_a_finding_s_number_and_rating_follow_from_where_it_stands(moving: Moving) -> None:
    twins = [finding(), finding("f2", requirement="somewhere")]
    found = await moving.bring(audits=[audit(findings=twins, riskRating="low")])
    assert found.verdict is Verdict.AGREES
    notes = [note for each in await moving.records(ImportOutcome.PLACED) for note in each.notes]
    assert notes[:3] == [
        "/findings/1/findingNumber: AUD-1000-F1 is AUD-1000-F2",
        "/riskRating: low is high by the findings",
        "/correctiveActions/0/assignedTo: is nobody here, so that the steward has it",
    ]
    assert notes[3:] == ["/findings/1/requirement: names no requirement that is here"]


async def test_a_mips_score_is_kept_as_what_was_said(moving: Moving, store: Store) -> None:
    await moving.bring(mipsSubmissions=[mips_submission(score=91)])
    (row,) = await store.mips_prior_submissions.all(MipsPriorSubmissionFilter())
    assert row.said_score_pct == Decimal(91)
    assert [(each.measure_id, each.points) for each in row.content.measures] == [
        ("236", Decimal("7.5000"))
    ]
    assert await store.mips_submissions.all(MipsSubmissionFilter()) == []
    (record,) = [
        each
        for each in await moving.records(ImportOutcome.PLACED)
        if each.map_name == "mipsSubmissions"
    ]
    assert record.notes == ["/score: 91 is not what its points come to"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"npi": "1000000005"}, "/npi"),
        ({"tin": "12"}, "/tin"),
        ({"tin": "000000000"}, "/tin"),
        ({"score": 101}, "/score"),
        ({"status": "draft"}, "/submissionDate"),
        ({"submissionYear": 1999}, "/submissionYear"),
        ({"measures": [{"measureId": "1", "points": 11}]}, "/measures/0/points"),
        (
            {"measures": [{"measureId": "1", "numerator": 2, "denominator": 1}]},
            "/measures/0/numerator",
        ),
    ],
)
async def test_a_mips_submission_with_odd_values_waits(
    moving: Moving, changes: dict[str, Any], field: str
) -> None:
    await moving.bring(mipsSubmissions=[mips_submission(**changes)])
    (record,) = await moving.records(ImportOutcome.QUARANTINED)
    assert record.field == field


async def test_a_newer_dump_brings_what_was_decided(moving: Moving, store: Store) -> None:
    await moving.bring(mipsSubmissions=[mips_submission()])
    again = await moving.bring(mipsSubmissions=[mips_submission(status="accepted")])
    assert of_map(again, "mipsSubmissions").changed_count == 1
    (row,) = await store.mips_prior_submissions.all(MipsPriorSubmissionFilter())
    assert row.status == "accepted"


async def test_a_policy_that_was_approved_there_is_a_draft_here(
    moving: Moving, store: Store
) -> None:
    await moving.bring(policyDocuments=[policy()])
    (row,) = await store.policies.all(PolicyFilter())
    (version,) = await store.policy_versions.all(PolicyVersionFilter(policy_id=row.id))
    (said,) = await store.compliance_evidence.all(EvidenceFilter())
    links = await store.evidence_links.all(EvidenceLinkFilter())
    assert (version.major, version.minor, version.stage) == (2, 1, PolicyStage.DRAFT)
    assert await store.policy_approvals.all(ByPolicy(policy_id=row.id)) == []
    assert (row.review_months, row.owner_person_id) == (12, moving.steward.id)
    assert said.fact is not None
    assert said.fact.startswith("u1 approved version 2.1 of POL-12 in another system on 2025-02-03")
    assert hashlib.sha256(b"Lock it.").hexdigest() in said.fact
    assert [each.series_id for each in links] == [said.id]
    assert await store.numbers.take("policy") == 13


@pytest.mark.parametrize("state", ["draft", "under_review", "archived"])
async def test_a_policy_that_nobody_approved_has_no_evidence_of_it(
    moving: Moving, store: Store, state: str
) -> None:
    await moving.bring(policyDocuments=[policy(status=state)])
    (row,) = await store.policies.all(PolicyFilter())
    assert (row.archived_on is not None) == (state == "archived")
    assert await store.compliance_evidence.all(EvidenceFilter()) == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"version": "draft-3"}, "/version"),
        ({"version": "0.9"}, "/version"),
        ({"nextReviewDate": "2025-02-01"}, "/nextReviewDate"),
        ({"content": ""}, "/content"),
        ({"status": "signed"}, "/status"),
        ({"owner": None}, "/owner"),
    ],
)
async def test_a_policy_with_odd_values_waits(
    moving: Moving, changes: dict[str, Any], field: str
) -> None:
    await moving.bring(policyDocuments=[policy(**changes)])
    (record,) = await moving.records(ImportOutcome.QUARANTINED)
    assert record.field == field


async def test_a_risk_assessment_is_a_draft_whose_levels_follow_from_its_words(
    moving: Moving, store: Store
) -> None:
    await moving.bring(riskAssessments=[risk_assessment(approvedBy="u1", overallRiskLevel="low")])
    (row,) = await store.risk_assessments.all(RiskAssessmentFilter())
    (found,) = await store.assessed_risks.all(ByAssessment(assessment_id=row.id))
    (part,) = await store.assessment_parts.all(ByAssessment(assessment_id=row.id))
    controls = await store.risk_controls.all(ByAssessment(assessment_id=row.id))
    assert (row.status, row.number) == (AssessmentStatus.DRAFT, "RA-0001")
    assert (found.likelihood, found.residual_likelihood) == (Likelihood.POSSIBLE,) * 2
    assert found.owner_person_id == moving.steward.id
    assert {each.state for each in controls} == {ControlState.IN_PLACE, ControlState.PLANNED}
    assert part.description == (
        "Assessed by u5.\nSaid to be approved by u1; nobody has approved it here.\n"
        "Overall level there: low.\nSaid to be left: Loss: low.\nPlanned: Encrypt"
    )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"risks": [risk(likelihood="often")]}, "/risks/0/likelihood"),
        ({"risks": [risk(impact=None)]}, "/risks/0/impact"),
        ({"risks": [risk(owner="")]}, "/risks/0/owner"),
        ({"nextAssessmentDate": "2025-09-01"}, "/nextAssessmentDate"),
        ({"mitigationPlan": ["a" * 500] * 9}, "/mitigationPlan"),
    ],
)
async def test_a_risk_of_unknown_words_waits(
    moving: Moving, changes: dict[str, Any], field: str
) -> None:
    await moving.bring(riskAssessments=[risk_assessment(**changes)])
    (record,) = await moving.records(ImportOutcome.QUARANTINED)
    assert record.field == field


async def test_a_report_is_a_document_of_the_other_system(moving: Moving, store: Store) -> None:
    given = compliance_report()
    await moving.bring(complianceReports=[given])
    (row,) = await store.compliance_evidence.all(EvidenceFilter())
    assert row.file_id is not None
    (file,) = await store.stored_files.get_many([row.file_id])
    assert row.content_hash == file.sha256 == hashlib.sha256(json.dumps(given).encode()).digest()
    assert row.description == (
        "u5 made this report in another system on 2025-11-05, about 2025-10-01 to 2025-12-31."
        " It says that 100 % complied. It was not issued here."
    )
    assert await store.compliance_reports.all(ReportFilter()) == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reportingPeriodEnd": "2025-09-30"}, "/reportingPeriodEnd"),
        ({"overallComplianceRate": 120}, "/overallComplianceRate"),
        ({"requirements": [1]}, "/requirements/0"),
        ({"generatedBy": None}, "/generatedBy"),
    ],
)
async def test_a_report_with_odd_values_waits(
    moving: Moving, changes: dict[str, Any], field: str
) -> None:
    await moving.bring(complianceReports=[compliance_report(**changes)])
    (record,) = await moving.records(ImportOutcome.QUARANTINED)
    assert record.field == field


@pytest.mark.parametrize(
    ("name", "wrong", "right"),
    [
        ("audits", audit(findings=[finding(severity="dire")]), audit()),
        ("mipsSubmissions", mips_submission(npi="1"), mips_submission()),
        ("policyDocuments", policy(version="last"), policy()),
        ("riskAssessments", risk_assessment(risks=[risk(likelihood="often")]), risk_assessment()),
        ("complianceReports", compliance_report(generatedBy=None), compliance_report()),
    ],
)
async def test_what_waits_is_mended_by_a_file_of_its_map(
    moving: Moving, name: str, wrong: dict[str, Any], right: dict[str, Any]
) -> None:
    first = await moving.bring(**{name: [wrong]})
    again = await moving.importer.bring(
        [right], name=f"{name}.json", steward_person_id=moving.steward.id
    )
    assert of_map(again, name).placed_count == 1
    report = await moving.importer.report(first.import_id)
    assert (of_map(report, name).mended_count, report.verdict) == (1, Verdict.AGREES)


async def test_a_dump_that_comes_again_changes_nothing(moving: Moving) -> None:
    maps = {
        "audits": [audit()],
        "mipsSubmissions": [mips_submission()],
        "policyDocuments": [policy()],
        "riskAssessments": [risk_assessment()],
        "complianceReports": [compliance_report()],
    }
    await moving.bring(**maps)
    again = await moving.bring(**maps)
    assert {each.unchanged_count for each in again.maps} == {1}
    assert again.verdict is Verdict.AGREES


async def test_an_audit_that_has_changed_over_there_waits_for_a_person(moving: Moving) -> None:
    await moving.bring(audits=[audit()])
    more = [finding(), finding("f2", findingNumber="AUD-1000-F2")]
    again = await moving.bring(audits=[audit(findings=more)])
    assert of_map(again, "audits").quarantined_count == 1


async def test_a_policy_s_category_follows_a_newer_dump(moving: Moving, store: Store) -> None:
    await moving.bring(policyDocuments=[policy()])
    again = await moving.bring(policyDocuments=[policy(category="Security")])
    assert of_map(again, "policyDocuments").changed_count == 1
    (row,) = await store.policies.all(PolicyFilter())
    assert row.category == "Security"


async def test_numbers_of_audits_and_policies_that_are_taken_get_a_count(
    moving: Moving, store: Store
) -> None:
    await moving.importer.bring({"audits": [audit(correctiveActions=[])]}, source="north")
    await moving.bring(
        audits=[audit(scope="Back office")], policyDocuments=[policy(), policy("po2")]
    )
    audits = await store.regulatory_audits.all(RegulatoryAuditFilter())
    findings = await store.audit_findings.all(AuditFindingFilter())
    assert {each.number for each in audits} == {"AUD-1000", "AUD-1000-2"}
    assert {each.number for each in findings} == {"AUD-1000-F1", "AUD-1000-2-F1"}
    assert len(await store.policies.all(PolicyFilter())) == 1
