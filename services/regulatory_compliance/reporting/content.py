"""What a report says: one document, from which its JSON, CSV and PDF are made."""

import datetime as dt
import hashlib
from decimal import Decimal
from uuid import UUID

import msgspec

from services.regulatory_compliance.reporting.mips_content import ReportedMipsClinician
from services.regulatory_compliance.reporting.parts import ReportPart
from storage.vocabulary.compliance import Program, RequirementStatus, StatusReason


class ReportedRate(ReportPart):
    """How many are complied with, of those that concern the company; ``rate_pct`` to two places."""

    numerator: int
    denominator: int
    rate_pct: Decimal | None


class ReportedStatuses(ReportPart):
    """How many requirements stood where."""

    compliant: int
    in_progress: int
    non_compliant: int
    not_applicable: int


class ReportedRequirement(ReportPart):
    """A requirement as it was asked then, and where it stood."""

    requirement_id: UUID
    code: str
    citation: str | None
    name: str
    content_number: int
    status: RequirementStatus
    reason: StatusReason
    due_on: dt.date | None
    covered_until: dt.date | None
    days_overdue: int | None


class ReportedAttestations(ReportPart):
    """Attestations that were signed in the period, by what they were at its end."""

    signed: int
    awaiting_signatures: int
    attested: int
    expired: int
    disputed: int
    superseded: int
    revoked: int


class ReportedActions(ReportPart):
    """Corrective actions, by where they were at the end of the period."""

    total: int
    completed: int
    overdue: int


class ReportedAudits(ReportPart):
    """Audits that were scheduled for a day of the period, by where they were at its end. Those that
    were passed or failed have been completed, too."""

    total: int
    scheduled: int
    in_progress: int
    completed: int
    passed: int
    failed: int
    findings: int
    critical_findings: int
    open_findings: int
    actions: ReportedActions


class ReportedFinding(ReportPart):
    """Something that an audit found, as it stood at the end of the period."""

    finding_number: str
    audit_number: str
    severity: str
    status: str
    description: str


class ReportedTrend(ReportPart):
    """The rate at the end of a period, as it was known then."""

    period_from: dt.date
    period_to: dt.date
    rate: ReportedRate


class ReportIssue(ReportPart):
    """Who put the report out, by the name that they had then, and when."""

    person_id: UUID
    printed_name: str
    issued_at: dt.datetime


class ReportContent(ReportPart):
    """All that a report says. ``known_at`` is up to when records count. ``mips`` is who reports
    under MIPS, in reports of that program; where it is brief, measures and arithmetic are left out,
    which the audit pack has. A draft has no number, and nobody has issued it."""

    report_number: str | None
    issue: ReportIssue | None = None  # reports of before do not say it
    company_name: str
    title: str
    program: Program
    period_from: dt.date
    period_to: dt.date
    known_at: dt.datetime
    rate: ReportedRate
    statuses: ReportedStatuses
    requirements: list[ReportedRequirement]
    attestations: ReportedAttestations
    audits: ReportedAudits
    findings: list[ReportedFinding]
    mips: list[ReportedMipsClinician] = []  # reports of before say nothing of it
    mips_is_brief: bool = False
    trend: list[ReportedTrend]
    advice: list[str]
    recommendations: list[str]


def canonical_json(content: ReportContent) -> str:
    """The one text of a document: keys in order, no spaces (RFC 8785 of what stands in a report:
    there is no number in it but whole ones)."""
    return msgspec.json.encode(content.model_dump(mode="json"), order="sorted").decode()


def sha256_of(text: str) -> bytes:
    """What an issued report is known by."""
    return hashlib.sha256(text.encode()).digest()


def read_content(text: str) -> ReportContent:
    """The document again."""
    return ReportContent.model_validate_json(text)
