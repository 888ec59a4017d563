"""Steps that need a second person, and the keys that keep those involved from deciding.

A person stands to an item in exactly one role: the unique key of ``approval_participants`` has no
room for a second one, and nobody can change a row of it. A request refers to its requester as
involved and a decision to its author as a decider, so that no row can be written by which somebody
who ever had a hand in the item decides about it, nor one by which a decider comes to work on it.
"""

import datetime as dt
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from storage.rows import (
    AppendOnlyRow,
    TenantRow,
    belongs_to,
    cents_column,
    check,
    choice_column,
    index,
    key_column,
    moment_column,
    refers_to,
    text_column,
    unique,
)
from storage.vocabulary.approvals import (
    ApprovalKind,
    ApprovalStatus,
    ParticipantRole,
    ThresholdRule,
    Verdict,
)


class ApprovalParticipantFields(SQLModel):
    entity: str = text_column(63)
    entity_id: UUID = key_column()
    person_id: UUID = key_column()
    role: ParticipantRole = choice_column(ParticipantRole)


class ApprovalParticipant(ApprovalParticipantFields, AppendOnlyRow, table=True):
    """What a person is to an item: involved in it, or a decider about it, never both."""

    __tablename__ = "approval_participants"
    __table_args__ = (
        belongs_to("people", "person_id"),
        unique("approval_participants", "entity", "entity_id", "person_id"),
        unique("approval_participants", "entity", "entity_id", "person_id", "role"),
        index("approval_participants", "person_id"),
    )


class ApprovalFields(SQLModel):
    kind: ApprovalKind = choice_column(ApprovalKind)
    entity: str = text_column(63)
    entity_id: UUID = key_column()
    subject_version: int = Field(sa_type=sa.Integer)
    amount_cents: int | None = cents_column(default=None)
    reason: str = text_column(500)
    requested_by: UUID = key_column()
    requester_role: ParticipantRole = choice_column(
        ParticipantRole, default=ParticipantRole.INVOLVED
    )
    quorum: int = Field(default=1, sa_type=sa.Integer)
    approved_count: int = Field(default=0, sa_type=sa.Integer)
    status: ApprovalStatus = choice_column(ApprovalStatus, default=ApprovalStatus.REQUESTED)
    expires_at: dt.datetime = moment_column()
    closed_at: dt.datetime | None = moment_column(default=None)


class Approval(ApprovalFields, TenantRow, table=True):
    """A request that somebody else approve a step; it names the version of what is approved.

    ``requester_role`` is what the key to the participants needs, and always the same.
    """

    __tablename__ = "approvals"
    __table_args__ = (
        refers_to(
            "approval_participants",
            {
                "requested_by": "person_id",
                "entity": "entity",
                "entity_id": "entity_id",
                "requester_role": "role",
            },
        ),
        unique("approvals", "id", "entity", "entity_id"),
        unique("approvals", "entity", "entity_id", where="status = 'requested'"),
        index("approvals", "status", "id"),
        index("approvals", "entity_id", "id"),
        check("requester_is_involved", "requester_role = 'involved'"),
        check("quorum_is_small", "quorum BETWEEN 1 AND 5"),
        check("approvals_are_counted", "approved_count BETWEEN 0 AND quorum"),
        check("approved_by_its_quorum", "(status = 'approved') = (approved_count = quorum)"),
        check("closed_when_over", "(status = 'requested') = (closed_at IS NULL)"),
    )


class ApprovalDecisionFields(SQLModel):
    approval_id: UUID = key_column()
    entity: str = text_column(63)
    entity_id: UUID = key_column()
    role: ParticipantRole = choice_column(ParticipantRole, default=ParticipantRole.DECIDER)
    verdict: Verdict = choice_column(Verdict)
    note: str | None = text_column(500, default=None)
    session_id: UUID = key_column()


class ApprovalDecision(ApprovalDecisionFields, AppendOnlyRow, table=True):
    """What one person decided about a request, signed in by a session; ``recorded_by`` is who."""

    __tablename__ = "approval_decisions"
    __table_args__ = (
        refers_to("approvals", {"approval_id": "id", "entity": "entity", "entity_id": "entity_id"}),
        refers_to(
            "approval_participants",
            {
                "recorded_by": "person_id",
                "entity": "entity",
                "entity_id": "entity_id",
                "role": "role",
            },
        ),
        belongs_to("person_sessions", "session_id"),
        unique("approval_decisions", "approval_id", "recorded_by"),
        check("only_a_decider_decides", "role = 'decider'"),
        check("a_refusal_says_why", "verdict = 'approve' OR note IS NOT NULL"),
    )


class ApprovalThresholdFields(SQLModel):
    kind: ApprovalKind = choice_column(ApprovalKind)
    rule: ThresholdRule = choice_column(ThresholdRule)
    amount_cents: int | None = cents_column(default=None)
    quorum: int = Field(default=1, sa_type=sa.Integer)


class ApprovalThreshold(ApprovalThresholdFields, TenantRow, table=True):
    """When a company wants a second person for a kind of step; without a row the kind's default."""

    __tablename__ = "approval_thresholds"
    __table_args__ = (
        unique("approval_thresholds", "kind"),
        check("an_amount_where_it_counts", "(rule = 'from_amount') = (amount_cents IS NOT NULL)"),
        check("the_amount_is_positive", "amount_cents > 0"),
        check("quorum_is_small", "quorum BETWEEN 1 AND 5"),
    )
