"""The packs that a company knows, and what it reports of where it stands."""

import datetime as dt
from uuid import UUID

from sqlmodel import SQLModel

from storage.rows import (
    AppendOnlyRow,
    TenantRow,
    belongs_to,
    bytes_column,
    check,
    choice_column,
    date_column,
    index,
    key_column,
    moment_column,
    text_column,
    texts_column,
    unique,
)
from storage.vocabulary.compliance import Program

MOST_CHARACTERS = 32_000_000
"""How long an issued report may be: 10,000 who report under MIPS, in brief."""


class CompliancePackFields(SQLModel):
    pack_id: str = text_column(80)
    pack_version: str = text_column(40)
    program: Program = choice_column(Program)
    source_text: str = text_column(2_000_000)
    content_hash: bytes = bytes_column()


class CompliancePack(CompliancePackFields, AppendOnlyRow, table=True):
    """One version of a pack as it was when the company brought or adopted it, in TOML: what an
    upgrade is held against."""

    __tablename__ = "compliance_packs"
    __table_args__ = (
        unique("compliance_packs", "pack_id", "pack_version"),
        check("hash_is_sha256", "octet_length(content_hash) = 32"),
    )


class ReportDraftFields(SQLModel):
    title: str = text_column(200)
    program: Program = choice_column(Program)
    period_from: dt.date = date_column()
    period_to: dt.date = date_column()
    known_at: dt.datetime | None = moment_column(default=None)
    recommendations: list[str] = texts_column()
    issued_at: dt.datetime | None = moment_column(default=None)
    issued_hash: bytes | None = bytes_column(default=None)


class ComplianceReportDraft(ReportDraftFields, TenantRow, table=True):
    """What a report will be about, and whether it was issued.

    ``known_at`` is up to when records count (None: to the end of the period). ``issued_hash`` is
    that of the report's content: the trail of this row has it, and the trail is sealed.
    """

    __tablename__ = "compliance_report_drafts"
    __table_args__ = (
        index("compliance_report_drafts", "program", "id"),
        check("period_is_whole", "period_from <= period_to"),
        check("issued_with_a_hash", "(issued_at IS NULL) = (issued_hash IS NULL)"),
    )


class ComplianceReportFields(SQLModel):
    report_number: str = text_column(40)
    title: str = text_column(200)
    program: Program = choice_column(Program)
    period_from: dt.date = date_column()
    period_to: dt.date = date_column()
    known_at: dt.datetime = moment_column()
    issued_by_person_id: UUID = key_column()
    content: str = text_column(MOST_CHARACTERS)
    content_hash: bytes = bytes_column()


class ComplianceReport(ComplianceReportFields, AppendOnlyRow, table=True):
    """A report as it was issued, under the id of its draft: never changed.

    ``content`` is the very text that ``content_hash`` is the SHA-256 of: canonical JSON.
    """

    __tablename__ = "compliance_reports"
    __table_args__ = (
        belongs_to("people", "issued_by_person_id"),
        unique("compliance_reports", "report_number"),
        index("compliance_reports", "program", "id"),
        check("period_is_whole", "period_from <= period_to"),
        check("hash_is_sha256", "octet_length(content_hash) = 32"),
    )
