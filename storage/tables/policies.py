"""Policies: their versions and texts, who approved them, and who has acknowledged them.

A text is never changed, and an approval refers to its version with the text's hash, its number and
its day: while the approval stands, and nobody can take it away, the database keeps them as they
were approved.
"""

import datetime as dt
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

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
    refers_to,
    text_column,
    unique,
)
from storage.vocabulary.compliance import Program
from storage.vocabulary.identity import Role
from storage.vocabulary.policies import PolicyAudience, PolicyStage, ReviewOutcome

MOST_CHARACTERS = 100_000
"""How long the text of a policy may be; what is longer is a file."""


class PolicyFields(SQLModel):
    number: str = text_column(20)
    title: str = text_column(200)
    category: str = text_column(80)
    program: Program | None = choice_column(Program, default=None)
    owner_person_id: UUID = key_column()
    review_months: int = Field(sa_type=sa.Integer)
    acknowledge_days: int = Field(sa_type=sa.Integer)
    audience: PolicyAudience = choice_column(PolicyAudience)
    archived_on: dt.date | None = date_column(default=None)
    archive_reason: str | None = text_column(500, default=None)


class Policy(PolicyFields, TenantRow, table=True):
    """A policy of the company. Which of its versions is in force follows from the days."""

    __tablename__ = "policies"
    __table_args__ = (
        belongs_to("people", "owner_person_id"),
        unique("policies", "number"),
        index("policies", "program", "id"),
        check("is_reviewed_within_years", "review_months BETWEEN 1 AND 60"),
        check("is_acknowledged_within_a_year", "acknowledge_days BETWEEN 0 AND 365"),
        check("archived_with_a_reason", "(archived_on IS NULL) = (archive_reason IS NULL)"),
    )


class PolicyRequirementFields(SQLModel):
    policy_id: UUID = key_column()
    requirement_id: UUID = key_column()


class PolicyRequirement(PolicyRequirementFields, TenantRow, table=True):
    """That a policy is about a requirement."""

    __tablename__ = "policy_requirements"
    __table_args__ = (
        belongs_to("policies", "policy_id"),
        belongs_to("compliance_requirements", "requirement_id"),
        unique("policy_requirements", "policy_id", "requirement_id"),
        index("policy_requirements", "requirement_id", "id"),
    )


class PolicyMemberFields(SQLModel):
    policy_id: UUID = key_column()
    role: Role | None = choice_column(Role, default=None)
    role_id: UUID | None = key_column(default=None)
    person_id: UUID | None = key_column(default=None)


class PolicyMember(PolicyMemberFields, TenantRow, table=True):
    """Whom a policy concerns: a built-in role, one of the company's, or a person."""

    __tablename__ = "policy_members"
    __table_args__ = (
        belongs_to("policies", "policy_id"),
        belongs_to("company_roles", "role_id"),
        belongs_to("people", "person_id"),
        unique("policy_members", "policy_id", "role"),
        unique("policy_members", "policy_id", "role_id"),
        unique("policy_members", "policy_id", "person_id"),
        check("is_one_role_or_person", "num_nonnulls(role, role_id, person_id) = 1"),
    )


class PolicyTextFields(SQLModel):
    policy_id: UUID = key_column()
    content: str | None = text_column(MOST_CHARACTERS, default=None)
    file_id: UUID | None = key_column(default=None)
    content_hash: bytes = bytes_column()


class PolicyText(PolicyTextFields, AppendOnlyRow, table=True):
    """What a policy says: a text, or a file of the store, with its SHA-256. Never changed."""

    __tablename__ = "policy_texts"
    __table_args__ = (
        belongs_to("policies", "policy_id"),
        belongs_to("stored_files", "file_id"),
        unique("policy_texts", "id", "content_hash"),
        check("is_text_or_file", "num_nonnulls(content, file_id) = 1"),
        check("hash_is_sha256", "octet_length(content_hash) = 32"),
    )


class PolicyVersionFields(SQLModel):
    policy_id: UUID = key_column()
    major: int = Field(sa_type=sa.Integer)
    minor: int = Field(sa_type=sa.Integer)
    stage: PolicyStage = choice_column(PolicyStage, default=PolicyStage.DRAFT)
    text_id: UUID = key_column()
    content_hash: bytes = bytes_column()
    effective_on: dt.date = date_column()
    summary: str | None = text_column(500, default=None)


class PolicyVersion(PolicyVersionFields, TenantRow, table=True):
    """One version of a policy; ``summary`` says what it changes. One at a time is not approved."""

    __tablename__ = "policy_versions"
    __table_args__ = (
        belongs_to("policies", "policy_id"),
        refers_to("policy_texts", {"text_id": "id", "content_hash": "content_hash"}),
        unique("policy_versions", "policy_id", "major", "minor"),
        unique("policy_versions", "policy_id", where="stage <> 'approved'"),
        unique("policy_versions", "id", "major", "minor", "content_hash", "effective_on"),
        check("first_is_one", "major >= 1 AND minor >= 0"),
    )


class PolicyApprovalFields(SQLModel):
    policy_id: UUID = key_column()
    policy_version_id: UUID = key_column()
    major: int = Field(sa_type=sa.Integer)
    minor: int = Field(sa_type=sa.Integer)
    content_hash: bytes = bytes_column()
    effective_on: dt.date = date_column()
    approved_on: dt.date = date_column()
    in_force_on: dt.date = date_column()
    approval_id: UUID = key_column()
    requested_by: UUID = key_column()


class PolicyApproval(PolicyApprovalFields, AppendOnlyRow, table=True):
    """That a version was approved, by somebody else than who asked for it.

    It is in force from ``in_force_on``: the day on which it was to take effect, but not before
    somebody had approved it.
    """

    __tablename__ = "policy_approvals"
    __table_args__ = (
        belongs_to("policies", "policy_id"),
        refers_to(
            "policy_versions",
            {
                "policy_version_id": "id",
                "major": "major",
                "minor": "minor",
                "content_hash": "content_hash",
                "effective_on": "effective_on",
            },
        ),
        belongs_to("approvals", "approval_id"),
        belongs_to("people", "requested_by"),
        unique("policy_approvals", "policy_version_id"),
        unique("policy_approvals", "policy_version_id", "content_hash"),
        index("policy_approvals", "policy_id", "id"),
        check("approved_by_somebody_else", "recorded_by <> requested_by"),
        check(
            "not_in_force_before_approval",
            "in_force_on = GREATEST(effective_on, approved_on)",
        ),
    )


class PolicyReviewFields(SQLModel):
    policy_id: UUID = key_column()
    reviewed_on: dt.date = date_column()
    outcome: ReviewOutcome = choice_column(ReviewOutcome)
    note: str | None = text_column(4000, default=None)


class PolicyReview(PolicyReviewFields, AppendOnlyRow, table=True):
    """That somebody has looked at a policy that is in force, and what they found."""

    __tablename__ = "policy_reviews"
    __table_args__ = (
        belongs_to("policies", "policy_id"),
        index("policy_reviews", "policy_id", "id"),
    )


class PolicyAcknowledgementFields(SQLModel):
    policy_id: UUID = key_column()
    policy_version_id: UUID = key_column()
    content_hash: bytes = bytes_column()
    session_id: UUID = key_column()
    printed_name: str = text_column(200)


class PolicyAcknowledgement(PolicyAcknowledgementFields, AppendOnlyRow, table=True):
    """That a signed-in person (``recorded_by``) has read a version, once. It names the hash of
    what they read, which is that of an approval."""

    __tablename__ = "policy_acknowledgements"
    __table_args__ = (
        belongs_to("policies", "policy_id"),
        refers_to(
            "policy_approvals",
            {"policy_version_id": "policy_version_id", "content_hash": "content_hash"},
        ),
        belongs_to("people", "recorded_by"),
        belongs_to("person_sessions", "session_id"),
        unique("policy_acknowledgements", "policy_version_id", "recorded_by"),
        index("policy_acknowledgements", "policy_id", "id"),
    )
