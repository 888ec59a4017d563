"""An issued report as PDF and CSV: the same content, with the hash that it is known by."""

import datetime as dt
from collections.abc import Iterator, Sequence
from importlib.resources import files

import msgspec
import typst

from services.regulatory_compliance.reporting.content import (
    ReportContent,
    ReportedAttestations,
    ReportedAudits,
    ReportedRate,
    ReportedRequirement,
)
from services.regulatory_compliance.reporting.mips_documents import (
    mips_line,
    mips_rows,
    mips_said,
)
from storage.vocabulary.compliance import Program

_TEMPLATE = (
    files("services.regulatory_compliance").joinpath("data/compliance_report.typ").read_bytes()
)
COLUMNS = (
    "section",
    "code",
    "name",
    "status",
    "reason",
    "due_on",
    "covered_until",
    "numerator",
    "denominator",
    "rate_pct",
    "text",
    "performance_year",
    "tin",
    "npi",
    "value",
)
"""Of the CSV; each section fills those that it has."""


def report_pdf(content: ReportContent, content_hash: bytes) -> bytes:
    """The document. It takes a while: keep it off the event loop."""
    pdf = typst.compile(
        _TEMPLATE,
        format="pdf",
        ignore_system_fonts=True,
        sys_inputs={"report": msgspec.json.encode(_said(content, content_hash)).decode()},
    )
    assert isinstance(pdf, bytes)
    return pdf


def report_rows(content: ReportContent, content_hash: bytes) -> Iterator[Sequence[object]]:
    """The lines of the CSV, the names of the columns first."""
    yield COLUMNS
    yield _row("report", code=content.report_number, name=content.title, text=content_hash.hex())
    if (issue := content.issue) is not None:
        yield _row("issued", name=issue.printed_name, text=issue.issued_at.isoformat())
    yield _row("company", name=content.company_name)
    yield _row("period", text=f"{content.period_from} to {content.period_to}")
    yield _row("known_at", text=content.known_at.isoformat())
    yield _row("rate", code=content.program.value, **_rate(content.rate))
    for status, count in content.statuses:
        yield _row("status", status=status, numerator=count)
    for each in content.requirements:
        yield _row(
            "requirement",
            code=each.code,
            name=each.name,
            status=each.status.value,
            reason=each.reason.value,
            due_on=each.due_on,
            covered_until=each.covered_until,
            text=each.citation,
        )
    for name, count in content.attestations:
        yield _row("attestations", status=name, numerator=count)
    for name, count in _audit_counts(content.audits):
        yield _row("audits", status=name, numerator=count)
    for finding in content.findings:
        yield _row(
            "finding",
            code=finding.finding_number,
            name=finding.audit_number,
            status=finding.status,
            reason=finding.severity,
            text=finding.description,
        )
    yield from _closing_rows(content)


def _closing_rows(content: ReportContent) -> Iterator[Sequence[object]]:
    for clinician in content.mips:
        for section, cells in mips_rows(clinician):
            yield _row(section, **cells)
    for trend in content.trend:
        span = f"{trend.period_from} to {trend.period_to}"
        yield _row("trend", text=span, **_rate(trend.rate))
    for advice in content.advice:
        yield _row("advice", text=advice)
    for recommendation in content.recommendations:
        yield _row("recommendation", text=recommendation)


def _audit_counts(audits: ReportedAudits) -> Iterator[tuple[str, int]]:
    for name, count in audits:
        if name != "actions":
            yield name, count
    for name, count in audits.actions:
        yield f"{name}_actions", count


def _row(section: str, **cells: object) -> list[object]:
    return [section, *(cells.get(name) for name in COLUMNS[1:])]


def _rate(rate: ReportedRate) -> dict[str, object]:
    return {
        "numerator": rate.numerator,
        "denominator": rate.denominator,
        "rate_pct": rate.rate_pct,
    }


def _said(content: ReportContent, content_hash: bytes) -> dict[str, object]:
    number = content.report_number or "Draft"
    return {
        "title": content.title,
        "company_name": content.company_name,
        "number": number,
        "content_hash": content_hash.hex(),
        "head": [
            ("Report", number),
            ("Company", content.company_name),
            ("Program", content.program.value.replace("_", " ")),
            ("Period", f"{content.period_from} to {content.period_to}"),
            ("By records until", _moment(content.known_at)),
            *_issued(content),
        ],
        "rate_sentence": _sentence(content.rate),
        "statuses": [f"{count} {_words(name)}" for name, count in content.statuses if count],
        "requirements": [
            (
                each.code,
                each.name,
                each.citation or "",
                _words(each.status.value),
                _because(each),
                _due(each),
            )
            for each in content.requirements
        ],
        "attestations": _attestations(content.attestations),
        "audits": _audits(content.audits),
        "findings": [
            (each.finding_number, each.severity, _words(each.status), each.description)
            for each in content.findings
        ],
        "mips": _mips(content),
        "mips_in_brief": [mips_line(each) for each in content.mips if content.mips_is_brief],
        "trend": [
            (
                f"{each.period_from} to {each.period_to}",
                f"{each.rate.numerator} of {each.rate.denominator}",
                "none concerned" if each.rate.rate_pct is None else f"{each.rate.rate_pct} %",
            )
            for each in content.trend
        ],
        "recommendations": [*content.advice, *content.recommendations],
    }


def _issued(content: ReportContent) -> list[tuple[str, str]]:
    """Who put it out, and when; the hash that it is known by stands at the foot of each page."""
    issue = content.issue
    if issue is None:
        return []
    return [("Issued by", issue.printed_name), ("Issued at", _moment(issue.issued_at))]


def _moment(moment: dt.datetime) -> str:
    return f"{moment.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S} UTC"


def _mips(content: ReportContent) -> list[dict[str, object]] | None:
    """One by one, unless all of it is said in brief; None in a report of another program."""
    if content.program is not Program.MIPS:
        return None
    return [mips_said(each) for each in content.mips if not content.mips_is_brief]


def _sentence(rate: ReportedRate) -> str:
    if rate.rate_pct is None:
        return "No requirement of the program concerned the company."
    return (
        f"{rate.numerator} of the {rate.denominator} requirements that concern the company were"
        f" complied with: {rate.rate_pct} %."
    )


def _words(name: str) -> str:
    """A word of a vocabulary as people read it."""
    return "non-compliant" if name == "non_compliant" else name.replace("_", " ")


def _because(requirement: ReportedRequirement) -> str:
    until = requirement.covered_until
    reason = _words(requirement.reason.value)
    return reason if until is None else f"{reason}, until {until}"


def _due(requirement: ReportedRequirement) -> str:
    if requirement.due_on is None:
        return ""
    days = requirement.days_overdue
    return str(requirement.due_on) + ("" if days is None else f", {days} days overdue")


def _attestations(signed: ReportedAttestations) -> str:
    if signed.signed == 0:
        return "None."
    states = [f"{n} {_words(name)}" for name, n in signed if n and name != "signed"]
    return f"{signed.signed} signed: {', '.join(states)} at its end."


def _audits(audits: ReportedAudits) -> str:
    if audits.total == 0:
        return "None was scheduled."
    actions = audits.actions
    return (
        f"{audits.total} scheduled for the period: {audits.scheduled} not begun,"
        f" {audits.in_progress} in progress, {audits.completed} completed ({audits.passed} passed,"
        f" {audits.failed} failed). {audits.findings} findings, {audits.critical_findings} of them"
        f" critical, {audits.open_findings} open. {actions.total} corrective actions,"
        f" {actions.completed} completed, {actions.overdue} overdue."
    )
