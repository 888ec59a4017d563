"""Dumps of the original's maps, in its own forms."""

import json
from typing import Any
from uuid import UUID

from services.files.keeping import Bytes, written
from services.importing import receiving
from services.importing.reporting import MapReport, Reconciliation, reconcile
from services.importing.running import run_import
from storage.files import FileVault
from storage.postgres.transaction import PostgresStorage
from tests.builders.companies import CompanyForTests

Record = dict[str, Any]


def payer(key: str = "p1", **changes: Any) -> Record:
    """A payer."""
    return {
        "id": key,
        "name": "Northlake Health",
        "payerId": f"NLH-{key}",
        "type": "commercial",
        "claimSubmissionMethod": "electronic",
        "contactInfo": {"phone": "555-0100"},
        "timely_filing_limit_days": 120,
        "active": True,
        **changes,
    }


def line(**changes: Any) -> Record:
    """A service of 142.50."""
    return {
        "id": "l1",
        "lineNumber": 1,
        "serviceDate": "2025-09-03T00:00:00.000Z",
        "procedureCode": "92014",
        "modifiers": ["25"],
        "diagnosisCodes": ["H40.11X1"],
        "units": 1,
        "chargeAmount": 14250,
        "placeOfService": "office",
        **changes,
    }


def line_row(key: str = "l1", **changes: Any) -> Record:
    """A service of 142.50 as the table of lines held it: in dollars, naming its claim."""
    return {
        "id": key,
        "claim_id": "c1",
        "company_id": None,
        "line_number": 1,
        "service_date": "2025-09-03",
        "procedure_code": "92014",
        "modifiers": ["25"],
        "diagnosis_code_pointers": ["H40.11X1"],
        "units": 1,
        "charge_amount": "142.50",
        "adjustment_amount": "0.00",
        "place_of_service": "office",
        "created_at": "2025-09-04 09:00:00",
        **changes,
    }


def claim(key: str = "c1", **changes: Any) -> Record:
    """A submitted claim of one line."""
    lines = changes.pop("lineItems", [line()])
    return {
        "id": key,
        "claimNumber": f"CLM-{key}",
        "type": "vision",
        "status": "submitted",
        "patientId": "pt7",
        "patientName": "Ada Quill",
        "patientDOB": "1971-05-02T00:00:00.000Z",
        "subscriberId": "SUB77",
        "renderingProviderId": "dr3",
        "billingProviderId": "org1",
        "primaryPayerId": "p1",
        "serviceDate": "2025-09-03T00:00:00.000Z",
        "lineItems": lines,
        "totalChargeAmount": sum(each["chargeAmount"] for each in lines),
        "submittedAt": "2025-09-05T10:12:00.000Z",
        "submittedBy": "u4",
        "submissionMethod": "electronic",
        "electronicClaimId": "ICN-0a1b2c3d",
        "eobReceived": False,
        "appealCount": 0,
        "createdAt": "2025-09-04T09:00:00.000Z",
        "createdBy": "u4",
        **changes,
    }


def keyed(*records: Record) -> dict[str, Record]:
    """Records as a map keyed by id."""
    return {each["id"]: each for each in records}


class Importer:
    """Brings dumps into one company and says what became of them."""

    def __init__(
        self, storage: PostgresStorage, vault: FileVault, company: CompanyForTests
    ) -> None:
        self.storage, self.vault, self.company = storage, vault, company

    async def bring(
        self,
        dump: object,
        *,
        name: str = "dump.json",
        source: str = "node",
        is_trial: bool = False,
        steward_person_id: UUID | None = None,
    ) -> Reconciliation:
        """Import what is given as JSON, or as the bytes of a file."""
        import_id = await self.receive(
            dump,
            name=name,
            source=source,
            is_trial=is_trial,
            steward_person_id=steward_person_id,
        )
        return await self.go_on(import_id)

    async def receive(
        self,
        dump: object,
        *,
        name: str = "dump.json",
        source: str = "node",
        is_trial: bool = False,
        steward_person_id: UUID | None = None,
    ) -> UUID:
        """Keep a dump, and put its import on record."""
        content = dump if isinstance(dump, bytes) else json.dumps(dump).encode()
        company = self.company
        async with (
            written(
                self.storage,
                self.vault,
                company.id,
                company.actor,
                receiving.new_file(name),
                Bytes(content),
            ) as file,
            self.storage.transaction(company.id, company.actor) as store,
        ):
            made = await receiving.receive(
                store,
                [file],
                source=source,
                is_trial=is_trial,
                steward_person_id=steward_person_id,
            )
        return made.id

    async def go_on(self, import_id: UUID, **asked: Any) -> Reconciliation:
        """Do what is left of an import."""
        company = self.company
        await run_import(self.storage, self.vault, company.id, company.actor, import_id, **asked)
        return await self.report(import_id)

    async def report(self, import_id: UUID) -> Reconciliation:
        """The import against the books as they are now."""
        company = self.company
        async with self.storage.transaction(company.id, company.actor) as store:
            return await reconcile(store, import_id)


def of_map(found: Reconciliation, name: str) -> MapReport:
    """The report of one map."""
    (report,) = [each for each in found.maps if each.name == name]
    return report


def batch(key: str = "b1", **changes: Any) -> Record:
    """A batch of one claim."""
    return {
        "id": key,
        "batchNumber": f"BATCH-{key}",
        "payerId": "p1",
        "claimIds": ["c1"],
        "totalClaims": 1,
        "succeeded": 1,
        "totalChargeAmount": 14250,
        "submittedAt": "2025-09-05T10:12:00.000Z",
        "submittedBy": "u4",
        "status": "completed",
        **changes,
    }


def appeal(key: str = "a1", **changes: Any) -> Record:
    """An appeal that was won."""
    return {
        "id": key,
        "claimId": "c1",
        "appealNumber": 1,
        "appealDate": "2025-10-02T00:00:00.000Z",
        "appealedBy": "u4",
        "appealReason": "Authorisation on file",
        "supportingDocuments": ["auth.pdf"],
        "status": "approved",
        "resolutionDate": "2025-10-20T00:00:00.000Z",
        "resolutionAmount": 9800,
        **changes,
    }


def era(key: str = "e1", **changes: Any) -> Record:
    """A payment of 98.00 for one claim, that adds up."""
    return {
        "id": key,
        "eraNumber": f"ERA-{key}",
        "payerId": "p1",
        "paymentAmount": 9800,
        "paymentDate": "2025-09-28T00:00:00.000Z",
        "checkNumber": f"88123{key}",
        "claimPayments": [paid()],
        "receivedAt": "2025-09-28T08:00:00.000Z",
        "processedAt": "2025-09-28T08:00:01.000Z",
        **changes,
    }


def paid(**changes: Any) -> Record:
    """What an era says of one claim."""
    return {
        "claimId": "c1",
        "claimNumber": "CLM-c1",
        "paidAmount": 9800,
        "allowedAmount": 11300,
        "adjustments": [
            {"code": "CO-45", "amount": 2950, "reason": "Contract"},
            {"code": "PR-3", "amount": 1500, "reason": "Copay"},
        ],
        **changes,
    }


def requirement(key: str = "rq1", **changes: Any) -> Record:
    """A monthly duty."""
    return {
        "id": key,
        "program": "OSHA",
        "requirementId": "OSHA-07",
        "name": "Eyewash check",
        "description": "Station test",
        "category": "Safety",
        "mandatory": True,
        "frequency": "monthly",
        "nextDueDate": "2025-11-30",
        "responsible": "Facilities",
        "status": "compliant",
        "evidenceRequired": ["Log"],
        "createdAt": "2025-10-01T00:00:00.000Z",
        "updatedAt": "2025-11-01T00:00:00.000Z",
        **changes,
    }


def attestation(key: str = "at1", **changes: Any) -> Record:
    """What somebody attested there, for a month."""
    return {
        "id": key,
        "requirementId": "rq1",
        "attestationType": "self_attestation",
        "attestedBy": "u5",
        "attestationDate": "2025-11-01T00:00:00.000Z",
        "status": "attested",
        "evidence": [{"id": "ev1", "type": "document", "fileName": "log.pdf"}],
        "notes": "",
        "validFrom": "2025-11-01",
        "validUntil": "2025-11-30",
        "createdAt": "2025-11-01T00:00:00.000Z",
        "updatedAt": "2025-11-01T00:00:00.000Z",
        **changes,
    }


def finding(key: str = "f1", **changes: Any) -> Record:
    """Something that an audit has found."""
    return {
        "id": key,
        "findingNumber": "AUD-1000-F1",
        "category": "Privacy",
        "severity": "major",
        "description": "Screen visible",
        "requirement": "OSHA-07",
        "impact": "Exposure",
        "evidenceDate": "2025-10-05",
        "identifiedBy": "K. Roe",
        **changes,
    }


def action(key: str = "ca1", **changes: Any) -> Record:
    """What is to be done about a finding, by somebody who is nobody here."""
    return {
        "id": key,
        "findingId": "f1",
        "action": "Privacy filter",
        "assignedTo": "u6",
        "dueDate": "2025-11-01",
        "status": "planned",
        "notes": "",
        **changes,
    }


def audit(key: str = "au1", **changes: Any) -> Record:
    """An audit in progress, with a finding and an action."""
    return {
        "id": key,
        "auditNumber": "AUD-1000",
        "program": "HIPAA",
        "auditType": "internal",
        "scope": "Front desk",
        "status": "in_progress",
        "auditor": "K. Roe",
        "scheduledDate": "2025-10-05",
        "startDate": "2025-10-05T09:00:00.000Z",
        "findings": [finding()],
        "recommendations": ["Turn the desk"],
        "correctiveActions": [action()],
        "riskRating": "high",
        "createdBy": "u5",
        "createdAt": "2025-09-20T00:00:00.000Z",
        "updatedAt": "2025-10-05T00:00:00.000Z",
        **changes,
    }


def measure(**changes: Any) -> Record:
    """A measure that was reported for a hundred people."""
    return {
        "measureId": "236",
        "performanceRate": 72,
        "numerator": 72,
        "denominator": 100,
        "eligible": True,
        "performanceMet": True,
        "points": 7.5,
        **changes,
    }


def mips_submission(key: str = "ms1", **changes: Any) -> Record:
    """What was submitted of one category."""
    return {
        "id": key,
        "submissionYear": 2025,
        "tin": "000000001",
        "npi": "1000000004",
        "performanceCategory": "quality",
        "measures": [measure()],
        "submissionMethod": "registry",
        "submissionDate": "2025-11-02T00:00:00.000Z",
        "status": "submitted",
        "score": 75,
        "createdBy": "u5",
        "createdAt": "2025-10-30T00:00:00.000Z",
        "updatedAt": "2025-11-02T00:00:00.000Z",
        **changes,
    }


def policy(key: str = "po1", **changes: Any) -> Record:
    """A policy that was approved over there."""
    return {
        "id": key,
        "policyNumber": "POL-12",
        "title": "Device use",
        "category": "Privacy",
        "program": "HIPAA",
        "version": "2.1",
        "effectiveDate": "2025-02-01",
        "reviewDate": "2025-02-03T00:00:00.000Z",
        "nextReviewDate": "2026-02-01T00:00:00.000Z",
        "owner": "u5",
        "approvedBy": "u1",
        "status": "approved",
        "content": "Lock it.",
        "relatedRequirements": ["OSHA-07"],
        "createdAt": "2025-02-03T00:00:00.000Z",
        "updatedAt": "2025-02-03T00:00:00.000Z",
        **changes,
    }


def risk(**changes: Any) -> Record:
    """A risk of a score of 12."""
    return {
        "id": "rk1",
        "riskCategory": "Loss",
        "description": "Stolen laptop",
        "likelihood": "possible",
        "impact": "major",
        "riskScore": 12,
        "currentControls": ["Lock"],
        "additionalControls": ["Encryption"],
        "residualRisk": "low",
        "owner": "IT",
        **changes,
    }


def risk_assessment(key: str = "ra1", **changes: Any) -> Record:
    """An assessment of one risk."""
    return {
        "id": key,
        "assessmentType": "security",
        "assessmentDate": "2025-09-01T00:00:00.000Z",
        "scope": "Laptops",
        "risks": [risk()],
        "overallRiskLevel": "high",
        "mitigationPlan": ["Encrypt"],
        "assessedBy": "u5",
        "nextAssessmentDate": "2026-09-01",
        "createdAt": "2025-09-01T00:00:00.000Z",
        "updatedAt": "2025-09-01T00:00:00.000Z",
        **changes,
    }


def compliance_report(key: str = "cr1", **changes: Any) -> Record:
    """A report of a quarter."""
    return {
        "id": key,
        "program": "OSHA",
        "reportType": "quarterly",
        "reportingPeriodStart": "2025-10-01",
        "reportingPeriodEnd": "2025-12-31",
        "requirements": [
            {"requirementId": "OSHA-07", "status": "compliant", "complianceRate": 100}
        ],
        "overallComplianceRate": 100,
        "findings": [],
        "recommendations": [],
        "generatedDate": "2025-11-05T00:00:00.000Z",
        "generatedBy": "u5",
        "createdAt": "2025-11-05T00:00:00.000Z",
        **changes,
    }


def user(key: str = "u5", **changes: Any) -> Record:
    """Somebody who signed in over there."""
    return {"id": key, "email": "K.Roe@example.org", "name": "K. Roe", **changes}
