"""What the scrubber said of claims, what people let go, and the rules that companies make."""

import datetime as dt
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
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
    moment_column,
    refers_to,
    text_column,
    texts_column,
    unique,
)
from storage.vocabulary.scrubbing import RuleSeverity, RuleStatus


class ScrubRunFields(SQLModel):
    claim_id: UUID = key_column()
    patient_id: UUID = key_column()
    run_number: int = Field(sa_type=sa.Integer)
    claim_version: int = Field(sa_type=sa.Integer)
    edition: dt.date = date_column()
    is_clean: bool = Field(sa_type=sa.Boolean)
    is_complete: bool = Field(sa_type=sa.Boolean)
    error_count: int = Field(sa_type=sa.Integer)
    hold_count: int = Field(sa_type=sa.Integer)
    warning_count: int = Field(sa_type=sa.Integer)
    no_data_count: int = Field(sa_type=sa.Integer)
    passed: list[str] = texts_column()
    without_subject: list[str] = texts_column()
    results_sha256: bytes = bytes_column()


class ScrubRun(ScrubRunFields, AppendOnlyRow, table=True):
    """Every rule's answer about a claim as it stood; a claim's first run has the number 1.

    ``is_clean``: no error, no hold, and nothing that an 837 needs is missing (``is_complete``).
    ``passed`` are the rules with their versions (``dates@1``) that found nothing,
    ``without_subject`` those for which the claim has nothing to look at; all others have results.
    """

    __tablename__ = "scrub_runs"
    __table_args__ = (
        belongs_to("claims", "claim_id"),
        belongs_to("patients", "patient_id"),
        unique("scrub_runs", "claim_id", "run_number"),
        check("clean_is_without_errors", "NOT is_clean OR error_count + hold_count = 0"),
        check("clean_is_complete", "NOT is_clean OR is_complete"),
    )


class ScrubResultFields(SQLModel):
    run_id: UUID = key_column()
    ordinal: int = Field(sa_type=sa.Integer)
    rule_id: str = text_column(80)
    rule_version: int = Field(sa_type=sa.Integer)
    status: RuleStatus = choice_column(RuleStatus)
    severity: RuleSeverity = choice_column(RuleSeverity)
    title: str = text_column(200)
    pointer: str = text_column(200)
    evidence: str = text_column(500)
    remedy: str = text_column(500)


class ScrubResult(ScrubResultFields, AppendOnlyRow, table=True):
    """One thing that one rule found, could not know, or was kept from looking at."""

    __tablename__ = "scrub_results"
    __table_args__ = (
        belongs_to("scrub_runs", "run_id"),
        unique("scrub_results", "run_id", "ordinal"),
    )


class ScrubReleaseFields(SQLModel):
    claim_id: UUID = key_column()
    patient_id: UUID = key_column()
    claim_version: int = Field(sa_type=sa.Integer)
    rule_id: str = text_column(80)
    rule_version: int = Field(sa_type=sa.Integer)
    reason: str = text_column(500)


class ScrubRelease(ScrubReleaseFields, AppendOnlyRow, table=True):
    """That a person (``recorded_by``) let a claim go which a rule holds, as the claim then was."""

    __tablename__ = "scrub_releases"
    __table_args__ = (
        belongs_to("claims", "claim_id"),
        belongs_to("patients", "patient_id"),
        unique("scrub_releases", "claim_id", "claim_version", "rule_id", "rule_version"),
    )


class ClaimRuleFields(SQLModel):
    rule_key: str = text_column(60)
    revision: int = Field(default=1, sa_type=sa.Integer)
    enabled_revision: int | None = Field(default=None, sa_type=sa.Integer)


class ClaimRule(ClaimRuleFields, TenantRow, table=True):
    """A rule that a company made: its last revision, and the one that claims are held against."""

    __tablename__ = "claim_rules"
    __table_args__ = (
        unique("claim_rules", "rule_key"),
        check("enables_what_there_is", "enabled_revision BETWEEN 1 AND revision"),
    )


class ClaimRuleRevisionFields(SQLModel):
    rule_id: UUID = key_column()
    revision: int = Field(sa_type=sa.Integer)
    severity: RuleSeverity = choice_column(RuleSeverity)
    title: str = text_column(200)
    remedy: str = text_column(500)
    condition: dict[str, Any] = Field(sa_type=pg.JSONB)


class ClaimRuleRevision(ClaimRuleRevisionFields, AppendOnlyRow, table=True):
    """What a company's rule says; ``condition`` is that of ``x12.company_rules``, as JSON."""

    __tablename__ = "claim_rule_revisions"
    __table_args__ = (
        belongs_to("claim_rules", "rule_id"),
        unique("claim_rule_revisions", "rule_id", "revision"),
    )


class ClaimRuleTrialFields(SQLModel):
    rule_id: UUID = key_column()
    revision: int = Field(sa_type=sa.Integer)
    service_from: dt.date = date_column()
    service_until: dt.date = date_column()
    considered: int = Field(sa_type=sa.Integer)
    examined: int = Field(sa_type=sa.Integer)
    matched: int = Field(sa_type=sa.Integer)
    examples: list[str] = texts_column()


class ClaimRuleTrial(ClaimRuleTrialFields, AppendOnlyRow, table=True):
    """What a revision would have done to past claims: those considered, those that could be looked
    at, those that it fits, and the control numbers of the first of these."""

    __tablename__ = "claim_rule_trials"
    __table_args__ = (
        refers_to("claim_rule_revisions", {"rule_id": "rule_id", "revision": "revision"}),
        index("claim_rule_trials", "rule_id", "revision"),
    )


class RuleBypassFields(SQLModel):
    rule_id: str = text_column(80)
    reason: str = text_column(500)
    ended_at: dt.datetime | None = moment_column(default=None)


class RuleBypass(RuleBypassFields, TenantRow, table=True):
    """That a company does not hold its claims against a rule of the program, and why."""

    __tablename__ = "rule_bypasses"
    __table_args__ = (unique("rule_bypasses", "rule_id", where="ended_at IS NULL"),)
