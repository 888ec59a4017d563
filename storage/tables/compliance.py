"""What a company has to do, what shows that it did, and who put their name to it."""

import datetime as dt
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlmodel import Field, SQLModel

from storage.rows import (
    AppendOnlyRow,
    SealedRow,
    TenantRow,
    belongs_to,
    bytes_column,
    check,
    choice_column,
    date_column,
    document_column,
    index,
    key_column,
    keys_column,
    moment_column,
    refers_to,
    text_column,
    unique,
)
from storage.vocabulary.compliance import (
    AttestationKind,
    BusinessDayRule,
    DecisionKind,
    EvidenceKind,
    Frequency,
    LateRule,
    Program,
    SignatureKind,
    Specification,
)

_Text = Annotated[str, StringConstraints(max_length=4000)]


class RequirementContent(BaseModel):
    """What is required, by one version: what an attestation is bound to."""

    model_config = ConfigDict(extra="forbid")

    citation: _Text | None
    name: _Text
    description: _Text
    category: _Text
    specification: Specification | None
    is_mandatory: bool
    frequency: Frequency
    first_due_on: dt.date | None
    business_day_rule: BusinessDayRule
    late_rule: LateRule
    evidence_required: list[_Text]
    quorum: int


class ComplianceRequirementFields(SQLModel):
    code: str = text_column(120, searched=True)
    program: Program = choice_column(Program)
    content: RequirementContent = document_column(RequirementContent)
    content_number: int = Field(sa_type=sa.Integer)
    responsible: str | None = text_column(200, default=None)
    responsible_person_id: UUID | None = key_column(default=None)
    pack_id: str | None = text_column(80, default=None)
    pack_version: str | None = text_column(40, default=None)
    retired_on: dt.date | None = date_column(default=None)


class ComplianceRequirement(ComplianceRequirementFields, TenantRow, table=True):
    """Something that a program asks of the company. Its status is derived, and stands nowhere."""

    __tablename__ = "compliance_requirements"
    __table_args__ = (
        belongs_to("people", "responsible_person_id"),
        unique("compliance_requirements", "code"),
        index("compliance_requirements", "program", "id"),
        check("pack_has_a_version", "(pack_id IS NULL) = (pack_version IS NULL)"),
    )


class RequirementVersionFields(SQLModel):
    requirement_id: UUID = key_column()
    number: int = Field(sa_type=sa.Integer)
    content: RequirementContent = document_column(RequirementContent)
    content_hash: bytes = bytes_column()
    material_number: int = Field(sa_type=sa.Integer)
    schedule_number: int = Field(sa_type=sa.Integer)
    reason: str | None = text_column(500, default=None)


class RequirementVersion(RequirementVersionFields, AppendOnlyRow, table=True):
    """One version of a requirement's content.

    Attestations of versions before ``material_number`` no longer count; periods are counted anew
    from version ``schedule_number`` on.
    """

    __tablename__ = "requirement_versions"
    __table_args__ = (
        belongs_to("compliance_requirements", "requirement_id"),
        unique("requirement_versions", "requirement_id", "number"),
        check("number_is_positive", "number >= 1"),
        check(
            "earlier_numbers",
            "material_number BETWEEN 1 AND number AND schedule_number BETWEEN 1 AND number",
        ),
        check("hash_is_sha256", "octet_length(content_hash) = 32"),
    )


class RequirementDecisionFields(SQLModel):
    requirement_id: UUID = key_column()
    kind: DecisionKind = choice_column(DecisionKind)
    rationale: str = text_column(4000)
    effective_on: dt.date = date_column()
    approval_id: UUID | None = key_column(default=None)


class RequirementDecision(RequirementDecisionFields, AppendOnlyRow, table=True):
    """What the company decided about a requirement, and why; the latest in effect holds.

    That something does not apply has an approval by somebody else behind it.
    """

    __tablename__ = "requirement_decisions"
    __table_args__ = (
        belongs_to("compliance_requirements", "requirement_id"),
        belongs_to("approvals", "approval_id"),
        index("requirement_decisions", "requirement_id", "id"),
        check("not_applicable_is_approved", "kind <> 'not_applicable' OR approval_id IS NOT NULL"),
    )


class ComplianceEvidenceFields(SQLModel):
    series_id: UUID = key_column()
    number: int = Field(sa_type=sa.Integer)
    kind: EvidenceKind = choice_column(EvidenceKind)
    title: str = text_column(200)
    description: str | None = text_column(4000, default=None)
    file_id: UUID | None = key_column(default=None)
    url: str | None = text_column(2000, default=None)
    fact: str | None = text_column(4000, default=None)
    content_hash: bytes = bytes_column()
    effective_on: dt.date = date_column()
    period_from: dt.date | None = date_column(default=None)
    period_to: dt.date | None = date_column(default=None)
    expires_on: dt.date | None = date_column(default=None)


class ComplianceEvidence(ComplianceEvidenceFields, AppendOnlyRow, table=True):
    """One version of something that shows a requirement to be met; replaced, never edited.

    ``series_id`` is the id of its first version. ``content_hash`` is the SHA-256 of the file, or of
    the link's or fact's text. ``expires_on`` is the last day on which it shows anything.
    """

    __tablename__ = "compliance_evidence"
    __table_args__ = (
        belongs_to("stored_files", "file_id"),
        belongs_to("compliance_evidence", "series_id"),
        unique("compliance_evidence", "series_id", "number"),
        check("first_names_the_series", "(number = 1) = (series_id = id)"),
        check(
            "is_one_kind",
            "(kind = 'file') = (file_id IS NOT NULL) AND (kind = 'link') = (url IS NOT NULL)"
            " AND (kind = 'system_fact') = (fact IS NOT NULL)",
        ),
        check("hash_is_sha256", "octet_length(content_hash) = 32"),
        check(
            "period_is_whole",
            "(period_from IS NULL) = (period_to IS NULL) AND period_from <= period_to",
        ),
    )


class EvidenceLinkFields(SQLModel):
    requirement_id: UUID = key_column()
    series_id: UUID = key_column()


class EvidenceLink(EvidenceLinkFields, TenantRow, table=True):
    """That a series of evidence serves a requirement; it may serve many."""

    __tablename__ = "evidence_links"
    __table_args__ = (
        belongs_to("compliance_requirements", "requirement_id"),
        belongs_to("compliance_evidence", "series_id"),
        unique("evidence_links", "requirement_id", "series_id"),
        index("evidence_links", "series_id", "id"),
    )


class AttestationFields(SQLModel):
    requirement_id: UUID = key_column()
    content_number: int = Field(sa_type=sa.Integer)
    schedule_number: int = Field(sa_type=sa.Integer)
    period_number: int | None = Field(default=None, sa_type=sa.Integer)
    kind: AttestationKind = choice_column(AttestationKind)
    statement: str = text_column(4000)
    signed_on: dt.date = date_column()
    valid_from: dt.date = date_column()
    valid_until: dt.date | None = date_column(default=None)
    evidence_ids: list[UUID] = keys_column()
    evidence_until: dt.date | None = date_column(default=None)
    notes: str | None = text_column(4000, default=None)
    quorum: int = Field(sa_type=sa.Integer)
    supersedes_id: UUID | None = key_column(default=None)
    content_hash: bytes = bytes_column()


class ComplianceAttestation(AttestationFields, AppendOnlyRow, table=True):
    """What somebody put their name to: never changed, whatever becomes of it.

    It is bound to one version of the requirement and to the hashes of its evidence:
    ``content_hash`` covers all of it, and its signatures cover ``content_hash``.
    """

    __tablename__ = "compliance_attestations"
    __table_args__ = (
        refers_to(
            "requirement_versions",
            {"requirement_id": "requirement_id", "content_number": "number"},
        ),
        belongs_to("compliance_attestations", "supersedes_id"),
        index("compliance_attestations", "requirement_id", "id"),
        index("compliance_attestations", "supersedes_id", where="supersedes_id IS NOT NULL"),
        check("ends_after_it_begins", "valid_from <= valid_until"),
        check("quorum_is_positive", "quorum >= 1"),
        check("hash_is_sha256", "octet_length(content_hash) = 32"),
    )


class ComplianceSignatureFields(SQLModel):
    requirement_id: UUID = key_column()
    attestation_id: UUID = key_column()
    number: int = Field(sa_type=sa.Integer)
    kind: SignatureKind = choice_column(SignatureKind)
    person_id: UUID = key_column()
    session_id: UUID = key_column()
    printed_name: str = text_column(200)
    meaning: str = text_column(500)
    reason: str | None = text_column(4000, default=None)
    signed_at: dt.datetime = moment_column()
    content_hash: bytes = bytes_column()
    previous_hash: bytes = bytes_column()
    signature_hash: bytes = bytes_column()


class ComplianceSignature(ComplianceSignatureFields, SealedRow, table=True):
    """A link in a requirement's chain: who, when, what they meant (21 CFR 11.50, 11.70).

    ``signature_hash`` covers the others and ``previous_hash``, which is that of the link before, so
    that no link can be changed, taken out or put in without the next ones telling.
    """

    __tablename__ = "compliance_signatures"
    __table_args__ = (
        belongs_to("compliance_requirements", "requirement_id"),
        belongs_to("compliance_attestations", "attestation_id"),
        belongs_to("people", "person_id"),
        unique("compliance_signatures", "requirement_id", "number"),
        unique(
            "compliance_signatures",
            "attestation_id",
            "person_id",
            where="kind IN ('attested', 'cosigned', 'upheld')",
        ),
        check("number_is_positive", "number >= 1"),
        check(
            "reason_where_it_matters",
            "kind IN ('attested', 'cosigned') OR reason IS NOT NULL",
        ),
        check(
            "hashes_are_sha256",
            "octet_length(content_hash) = 32 AND octet_length(previous_hash) = 32"
            " AND octet_length(signature_hash) = 32",
        ),
        index("compliance_signatures", "attestation_id", "id"),
        index(
            "compliance_signatures",
            "requirement_id",
            where="kind IN ('revoked', 'disputed', 'upheld')",
        ),
        index("compliance_signatures", "xid"),
    )
