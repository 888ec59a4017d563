"""Asking a payer to decide again: the rules, the appeal, what it is about and what goes with it."""

import datetime as dt
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from storage.rows import (
    AppendOnlyRow,
    TenantRow,
    belongs_to,
    bytes_column,
    cents_column,
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
from storage.vocabulary.appeals import AppealMethod, AppealStatus, StartEvent
from storage.vocabulary.claims import ClaimType


class AppealRuleFields(SQLModel):
    payer_id: UUID = key_column()
    plan: str | None = text_column(80, default=None)
    claim_type: ClaimType | None = choice_column(ClaimType, default=None)
    level: int = Field(sa_type=sa.SmallInteger)
    name: str = text_column(120)
    start_event: StartEvent = choice_column(StartEvent)
    days: int = Field(sa_type=sa.Integer)
    source: str = text_column(300)
    effective_from: dt.date = date_column()
    effective_to: dt.date | None = date_column(default=None)
    confirmed_by_person_id: UUID = key_column()


class AppealRule(AppealRuleFields, TenantRow, table=True):
    """How long a level of appeal can be asked of a payer: a person has confirmed it, and says where
    it stands."""

    __tablename__ = "appeal_rules"
    __table_args__ = (
        belongs_to("payers", "payer_id"),
        belongs_to("people", "confirmed_by_person_id"),
        index("appeal_rules", "payer_id", "level"),
        check("level_is_one_of_nine", "level BETWEEN 1 AND 9"),
        check("days_are_positive", "days BETWEEN 1 AND 3650"),
        check("ends_after_it_begins", "effective_to >= effective_from"),
        check(
            "only_the_first_starts_with_it", "(level = 1) = (start_event = 'remittance_received')"
        ),
    )


class ClaimAppealFields(SQLModel):
    claim_id: UUID = key_column()
    patient_id: UUID = key_column()
    payer_id: UUID = key_column()
    appeal_number: int = Field(sa_type=sa.Integer)
    level: int = Field(default=1, sa_type=sa.SmallInteger)
    level_name: str = text_column(120)
    plan: str | None = text_column(80, default=None)
    reason: str = text_column(4000)
    supporting_documents: list[str] = texts_column()
    notes: str | None = text_column(4000, default=None)
    amount_cents: int = cents_column(default=0)
    status: AppealStatus = choice_column(AppealStatus, default=AppealStatus.DRAFT)
    started_on: dt.date | None = date_column(default=None)
    due_on: dt.date | None = date_column(default=None)
    due_is_verified: bool = Field(default=False, sa_type=sa.Boolean)
    due_source: str | None = text_column(300, default=None)
    packet_file_id: UUID | None = key_column(default=None)
    packet_sha256: bytes | None = bytes_column(default=None)
    packet_page_count: int | None = Field(default=None, sa_type=sa.Integer)
    packet_made_by: UUID | None = key_column(default=None)
    approved_by_person_id: UUID | None = key_column(default=None)
    approved_at: dt.datetime | None = moment_column(default=None)
    is_approved_alone: bool = Field(default=False, sa_type=sa.Boolean)
    late_reason: str | None = text_column(500, default=None)
    late_approved_by_person_id: UUID | None = key_column(default=None)
    appealed_on: dt.date | None = date_column(default=None)
    method: AppealMethod | None = choice_column(AppealMethod, default=None)
    reference: str | None = text_column(200, default=None)
    is_aggregated: bool = Field(default=False, sa_type=sa.Boolean)
    resolved_on: dt.date | None = date_column(default=None)
    resolution_cents: int | None = cents_column(default=None)
    adjudication_id: UUID | None = key_column(default=None)


class ClaimAppeal(ClaimAppealFields, TenantRow, table=True):
    """A request that a payer decide again.

    ``appealed_on`` is the day it was sent, ``resolved_on`` the day the payer's answer came, and the
    adjudication the decision by which money came: an appeal posts none itself. ``packet_made_by``
    is the principal who had the packet made, and ``is_approved_alone`` says that the company let
    one person suffice.
    """

    __tablename__ = "claim_appeals"
    __table_args__ = (
        belongs_to("claims", "claim_id"),
        belongs_to("patients", "patient_id"),
        belongs_to("payers", "payer_id"),
        belongs_to("stored_files", "packet_file_id"),
        belongs_to("people", "approved_by_person_id"),
        belongs_to("people", "late_approved_by_person_id"),
        belongs_to("adjudications", "adjudication_id"),
        unique("claim_appeals", "claim_id", "appeal_number"),
        index("claim_appeals", "status", "id"),
        index("claim_appeals", "status", "due_on"),
        check(
            "resolution_is_final",
            "(status IN ('overturned', 'partly_overturned', 'upheld')) = (resolved_on IS NOT NULL)",
        ),
        check(
            "sent_when_it_was_submitted",
            "status = 'withdrawn' OR (status IN ('draft', 'ready')) = (appealed_on IS NULL)",
        ),
        check(
            "late_only_with_an_override",
            "appealed_on IS NULL OR due_on IS NULL OR appealed_on <= due_on"
            " OR late_approved_by_person_id IS NOT NULL",
        ),
        check("approved_by_a_person", "(approved_by_person_id IS NULL) = (approved_at IS NULL)"),
        check(
            "approved_by_another",
            "approved_by_person_id IS NULL OR is_approved_alone"
            " OR (approved_by_person_id <> created_by AND approved_by_person_id <> packet_made_by)",
        ),
        check("packet_has_its_maker", "(packet_sha256 IS NULL) = (packet_made_by IS NULL)"),
        check("ready_when_approved", "status <> 'ready' OR approved_at IS NOT NULL"),
        check("approved_is_a_packet", "approved_at IS NULL OR packet_sha256 IS NOT NULL"),
        check("packet_has_its_hash", "(packet_file_id IS NULL) = (packet_sha256 IS NULL)"),
    )


class AppealDenialFields(SQLModel):
    appeal_id: UUID = key_column()
    denial_id: UUID = key_column()


class AppealDenial(AppealDenialFields, AppendOnlyRow, table=True):
    """That an appeal is about a denial."""

    __tablename__ = "appeal_denials"
    __table_args__ = (
        belongs_to("claim_appeals", "appeal_id"),
        belongs_to("denials", "denial_id"),
        unique("appeal_denials", "appeal_id", "denial_id"),
        index("appeal_denials", "denial_id"),
    )


class AppealAttachmentFields(SQLModel):
    appeal_id: UUID = key_column()
    patient_id: UUID = key_column()
    file_id: UUID = key_column()
    title: str = text_column(200)


class AppealAttachment(AppealAttachmentFields, TenantRow, table=True):
    """A kept file that goes with an appeal, in the order in which they were attached."""

    __tablename__ = "appeal_attachments"
    __table_args__ = (
        belongs_to("claim_appeals", "appeal_id"),
        belongs_to("patients", "patient_id"),
        belongs_to("stored_files", "file_id"),
        unique("appeal_attachments", "appeal_id", "file_id"),
        index("appeal_attachments", "file_id"),
    )
