"""A report can be read on paper: nothing lies over anything else, and nothing is said by zeros."""

import datetime as dt
import io
from decimal import Decimal
from typing import Any

from pypdf import PdfReader

from services.regulatory_compliance.reporting.content import (
    ReportContent,
    ReportedActions,
    ReportedAttestations,
    ReportedAudits,
    ReportedRate,
    ReportedRequirement,
    ReportedStatuses,
    ReportedTrend,
    ReportIssue,
)
from services.regulatory_compliance.reporting.documents import report_pdf
from storage.identifiers import new_id
from storage.vocabulary.compliance import Program, RequirementStatus, StatusReason

DIGEST = bytes(range(32))
LETTER_WIDTH = 612
LONG = "Krankenversicherungsnachweisbescheinigung" * 4
"""A word that no column has room for."""
NOTHING = ReportedRate(numerator=0, denominator=0, rate_pct=None)


def requirement(number: int, **changes: Any) -> ReportedRequirement:
    given = {
        "requirement_id": new_id(),
        "code": f"164.308(a)({number % 9})(ii)(A)-{number}",
        "citation": "45 CFR 164.308(a)(1)(ii)(D)",
        "name": f"Requirement {number}",
        "content_number": 1,
        "status": RequirementStatus.NON_COMPLIANT,
        "reason": StatusReason.OVERDUE,
        "due_on": dt.date(2026, 3, 15),
        "covered_until": None,
        "days_overdue": 16,
    }
    return ReportedRequirement(**(given | changes))


def written(*requirements: ReportedRequirement, **changes: Any) -> ReportContent:
    given = {
        "report_number": "CR-00012",
        "company_name": "Riverbend",
        "title": "First quarter",
        "program": Program.HIPAA,
        "period_from": dt.date(2026, 1, 1),
        "period_to": dt.date(2026, 3, 31),
        "known_at": dt.datetime(2026, 4, 1, 3, 59, 59, tzinfo=dt.UTC),
        "rate": NOTHING,
        "statuses": ReportedStatuses(
            compliant=0, in_progress=0, non_compliant=len(requirements), not_applicable=0
        ),
        "requirements": list(requirements),
        "attestations": ReportedAttestations.model_validate(
            dict.fromkeys(ReportedAttestations.model_fields, 0)
        ),
        "audits": ReportedAudits.model_validate(
            dict.fromkeys(ReportedAudits.model_fields, 0)
            | {"actions": ReportedActions(total=0, completed=0, overdue=0)}
        ),
        "findings": [],
        "trend": [
            ReportedTrend(
                period_from=dt.date(2025, 1, 1), period_to=dt.date(2025, 3, 31), rate=NOTHING
            )
        ],
        "advice": [],
        "recommendations": [],
    }
    return ReportContent(**(given | changes))


def reader(content: ReportContent) -> PdfReader:
    return PdfReader(io.BytesIO(report_pdf(content, DIGEST)))


def text_of(content: ReportContent) -> str:
    pages = "".join(page.extract_text() for page in reader(content).pages)
    return " ".join(pages.split())


def test_five_hundred_requirements_have_their_columns_named_on_every_page() -> None:
    pages = reader(written(*map(requirement, range(500)))).pages
    assert len(pages) > 10
    for number, page in enumerate(pages, 1):
        text = page.extract_text()
        assert DIGEST.hex() in text
        assert f"Page {number} of {len(pages)}" in " ".join(text.split())
    assert all("Because" in page.extract_text() for page in pages[:-1])


def test_a_word_that_is_wider_than_its_column_is_broken() -> None:
    content = written(requirement(1, name=LONG, code="X" * 60), title=f"Of {LONG}")
    (page,) = reader(content).pages
    runs: list[tuple[float, str]] = []

    def see(text: str, _: Any, matrix: Any, *__: Any) -> None:
        runs.append((matrix[4], text))

    whole = page.extract_text(visitor_text=see)
    assert LONG not in whole.replace("\n", "|")
    assert "X" * 60 not in whole.replace("\n", "|")
    assert "".join(whole.split()).count("X") >= 60, "and all of it is there"
    assert max(place for place, text in runs if text.strip()) < LETTER_WIDTH - 60


def test_a_report_of_nothing_says_that_there_was_nothing() -> None:
    said = text_of(written())
    for part in (
        "No requirement of the program concerned the company.",
        "Requirements None was in use.",
        "Attestations signed in the period None.",
        "Audits of the period None was scheduled.",
        "Findings None.",
        "none concerned",
        "Recommendations None.",
    ):
        assert part in said, part


def test_what_is_overdue_and_until_when_it_is_covered_is_said() -> None:
    covered = requirement(
        2,
        status=RequirementStatus.COMPLIANT,
        reason=StatusReason.ATTESTED,
        covered_until=dt.date(2027, 1, 31),
        days_overdue=None,
    )
    rate = ReportedRate(numerator=1, denominator=2, rate_pct=Decimal("50.00"))
    said = text_of(written(requirement(1), covered, rate=rate))
    for part in ("16 days overdue", "until 2027-01-31", "non-compliant", "45 CFR 164.308(a)(1)"):
        assert part in said, part


def test_who_reports_under_mips_has_a_section_in_reports_of_mips_only() -> None:
    name = "Merit-based incentive payment system"
    assert f"{name} Nobody reported." in text_of(written(program=Program.MIPS))
    assert name not in text_of(written())


def test_it_says_who_issued_it_when_and_by_what_hash_it_is_known() -> None:
    issue = ReportIssue(
        person_id=new_id(),
        printed_name="Ada Lindqvist",
        issued_at=dt.datetime(2026, 4, 2, 18, 5, tzinfo=dt.UTC),
    )
    text = reader(written(issue=issue)).pages[0].extract_text()
    assert "Ada Lindqvist" in text
    assert "2026-04-02 18:05:00 UTC" in text
    assert DIGEST.hex() in text
    assert "Issued by" not in reader(written()).pages[0].extract_text()
