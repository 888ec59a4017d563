"""Exports of the original's half-migrated tables come over like its maps."""

import re
from typing import Any

import pytest

from services.importing.reporting import Verdict
from storage.files import FileVault
from storage.filters import ClaimFilter, PayerFilter
from storage.postgres.transaction import PostgresStorage
from tests.builders.companies import CompanyForTests
from tests.builders.dumps import (
    Importer,
    appeal,
    attestation,
    audit,
    batch,
    claim,
    compliance_report,
    era,
    keyed,
    mips_submission,
    of_map,
    payer,
    policy,
    requirement,
    risk_assessment,
)
from tests.builders.people import make_person

pytestmark = pytest.mark.anyio


@pytest.fixture
def importer(storage: PostgresStorage, vault: FileVault, company: CompanyForTests) -> Importer:
    return Importer(storage, vault, company)


def row(record: dict[str, Any], **columns: Any) -> dict[str, Any]:
    """A record as the row of a table: its columns, and those that are called otherwise."""
    made = {re.sub(r"([A-Z])", r"_\1", name).lower(): value for name, value in record.items()}
    made["company_id"] = "0b6f0f4e-4f0f-4a63-9d4e-1f0f3c2b1a00"
    return {name: value for name, value in (made | columns).items() if value is not ...}


def claim_row(**changes: Any) -> dict[str, Any]:
    """A claim as its table held it: dollars, and most of it in ``metadata``."""
    whole = claim()
    held = {
        name: whole.pop(name)
        for name in ("patientName", "patientDOB", "subscriberId", "submittedBy", "createdBy")
    }
    return row(
        whole,
        payer_id=whole["primaryPayerId"],
        primary_payer_id=...,
        total_charges="142.50",
        total_charge_amount=...,
        metadata=held,
        submitted_at="2025-09-05 10:12:00+00",
        service_date="2025-09-03",
        **changes,
    )


TABLES: dict[str, list[dict[str, Any]]] = {
    "insurance_payers": [row(payer(), timely_filing_limit_days=90)],
    "insurance_claims": [claim_row()],
    "claim_batches": [row(batch(), total_charge_amount="142.50")],
    "claim_appeals": [row(appeal(), resolution_amount="98.00")],
    "claim_eras": [row(era(), payment_amount="98.00")],
    "compliance_requirements": [row(requirement())],
    "compliance_attestations": [row(attestation())],
    "regulatory_audits": [row(audit(), scheduled_date="2025-10-05 00:00:00")],
    "mips_submissions": [row(mips_submission(), score="75.00")],
    "policy_documents": [row(policy())],
    "compliance_risk_assessments": [row(risk_assessment())],
    "compliance_reports": [row(compliance_report(), overall_compliance_rate="100.00")],
}


@pytest.mark.parametrize(
    ("table", "name", "cents"),
    [
        ("insurance_payers", "payers", 0),
        ("insurance_claims", "claims", 14250),
        ("claim_batches", "batches", 14250),
        ("claim_appeals", "appeals", 9800),
        ("claim_eras", "eras", 9800),
        ("compliance_requirements", "complianceRequirements", 0),
        ("compliance_attestations", "attestations", 0),
        ("regulatory_audits", "audits", 0),
        ("mips_submissions", "mipsSubmissions", 0),
        ("policy_documents", "policyDocuments", 0),
        ("compliance_risk_assessments", "riskAssessments", 0),
        ("compliance_reports", "complianceReports", 0),
    ],
)
async def test_a_table_s_rows_are_records_of_its_map(
    importer: Importer, table: str, name: str, cents: int
) -> None:
    steward = await make_person(importer.storage, importer.company)
    found = await importer.bring(TABLES, steward_person_id=steward.id)
    report = of_map(found, name)
    assert (report.placed_count, report.row_cents, report.unknown_fields) == (1, cents, [])
    assert found.verdict is Verdict.AGREES
    assert table not in {each.name for each in found.maps}


async def test_what_had_no_column_is_taken_from_the_metadata(importer: Importer) -> None:
    await importer.bring(TABLES)
    company = importer.company
    async with importer.storage.transaction(company.id, company.actor) as store:
        (made,) = await store.claims.all(ClaimFilter())
        (payer_row,) = await store.payers.all(PayerFilter())
    assert (made.subscriber_id, made.total_charge_cents) == ("SUB77", 14250)
    assert payer_row.timely_filing_limit_days == 90


async def test_a_limit_whose_name_is_that_of_the_column_is_not_lost(importer: Importer) -> None:
    record = payer(timelyFilingLimitDays=77)
    del record["timely_filing_limit_days"]
    await importer.bring({"payers": keyed(record)})
    company = importer.company
    async with importer.storage.transaction(company.id, company.actor) as store:
        (made,) = await store.payers.all(PayerFilter())
    assert made.timely_filing_limit_days == 77


async def test_a_file_may_have_the_name_of_its_table(importer: Importer) -> None:
    found = await importer.bring(TABLES["insurance_payers"], name="insurance_payers.json")
    assert of_map(found, "payers").placed_count == 1


@pytest.mark.parametrize("charge", ["142.505", "many", None])
async def test_dollars_that_are_no_cents_wait(importer: Importer, charge: object) -> None:
    wrong = claim_row() | {"total_charges": charge, "line_items": []}
    found = await importer.bring({**TABLES, "insurance_claims": [wrong]})
    assert of_map(found, "claims").quarantined_count == 1


async def test_a_field_of_somebody_s_own_makes_no_dollars_of_cents(importer: Importer) -> None:
    found = await importer.bring(
        {
            "payers": keyed(payer()),
            "claims": [claim(our_note="x")],
            "batches": [batch(our_note="x")],
            "appeals": [appeal(our_note="x")],
            "eras": [era(our_note="x")],
        }
    )
    assert [of_map(found, name).row_cents for name in ("claims", "batches", "appeals", "eras")] == [
        14250,
        14250,
        9800,
        9800,
    ]
    assert found.verdict is Verdict.AGREES
