"""Corrective actions, and the keys that keep those who work on one from verifying it.

A person stands to an action in exactly one role: the unique key of ``action_participants`` has no
room for a second one, and nobody can change a row of it. Where an action is refers to its assignee
as involved and to its verifiers as such, and so does every step; so no row can be written by which
somebody verifies what they ever planned, were assigned to or worked on, nor one by which a verifier
comes to work on it.
"""

import datetime as dt
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from storage.rows import (
    AppendOnlyRow,
    TenantRow,
    belongs_to,
    check,
    choice_column,
    date_column,
    index,
    key_column,
    moment_column,
    refers_to,
    text_column,
    unique,
)
from storage.vocabulary.audits import ActionStatus, ActionStepKind, HandRole


class CorrectiveActionFields(SQLModel):
    audit_id: UUID = key_column()
    finding_id: UUID = key_column()
    ordinal: int = Field(sa_type=sa.Integer)
    number: str = text_column(40)
    description: str = text_column(4000)
    follows_id: UUID | None = key_column(default=None)


class CorrectiveAction(CorrectiveActionFields, AppendOnlyRow, table=True):
    """What is to be done about a finding; where that is, says its ``ActionProgress``.

    ``follows_id`` is the action that was not effective and that this one is taken instead of.
    """

    __tablename__ = "corrective_actions"
    __table_args__ = (
        belongs_to("regulatory_audits", "audit_id"),
        belongs_to("audit_findings", "finding_id"),
        belongs_to("corrective_actions", "follows_id"),
        unique("corrective_actions", "finding_id", "ordinal"),
        unique("corrective_actions", "number"),
        index("corrective_actions", "audit_id", "id"),
        index("corrective_actions", "follows_id", where="follows_id IS NOT NULL"),
        check("ordinal_is_positive", "ordinal >= 1"),
    )


class ActionParticipantFields(SQLModel):
    action_id: UUID = key_column()
    person_id: UUID = key_column()
    role: HandRole = choice_column(HandRole)


class ActionParticipant(ActionParticipantFields, AppendOnlyRow, table=True):
    """What a person is to an action: involved in it, or one who verifies it, never both."""

    __tablename__ = "action_participants"
    __table_args__ = (
        belongs_to("corrective_actions", "action_id"),
        belongs_to("people", "person_id"),
        unique("action_participants", "action_id", "person_id"),
        unique("action_participants", "action_id", "person_id", "role"),
        index("action_participants", "person_id"),
    )


class ActionProgressFields(SQLModel):
    action_id: UUID = key_column()
    status: ActionStatus = choice_column(ActionStatus, default=ActionStatus.PLANNED)
    assignee_id: UUID = key_column()
    assignee_role: HandRole = choice_column(HandRole, default=HandRole.INVOLVED)
    due_on: dt.date = date_column()
    escalation_person_id: UUID | None = key_column(default=None)
    escalated_due_on: dt.date | None = date_column(default=None)
    check_due_on: dt.date | None = date_column(default=None)
    started_at: dt.datetime | None = moment_column(default=None)
    completed_at: dt.datetime | None = moment_column(default=None)
    verified_at: dt.datetime | None = moment_column(default=None)
    verified_by: UUID | None = key_column(default=None)
    checked_at: dt.datetime | None = moment_column(default=None)
    checked_by: UUID | None = key_column(default=None)
    verifier_role: HandRole = choice_column(HandRole, default=HandRole.VERIFIER)
    step_count: int = Field(default=1, sa_type=sa.Integer)


class ActionProgress(ActionProgressFields, TenantRow, table=True):
    """Where a corrective action is; how it came there, say its steps.

    ``assignee_role`` and ``verifier_role`` are what the keys to the participants need, and always
    the same. ``escalated_due_on`` is the due date that it was escalated for.
    """

    __tablename__ = "action_progress"
    __table_args__ = (
        belongs_to("corrective_actions", "action_id"),
        belongs_to("people", "escalation_person_id"),
        refers_to(
            "action_participants",
            {"assignee_id": "person_id", "action_id": "action_id", "assignee_role": "role"},
        ),
        refers_to(
            "action_participants",
            {"checked_by": "person_id", "action_id": "action_id", "verifier_role": "role"},
        ),
        refers_to(
            "action_participants",
            {"verified_by": "person_id", "action_id": "action_id", "verifier_role": "role"},
        ),
        unique("action_progress", "action_id"),
        index("action_progress", "status", "id"),
        index("action_progress", "assignee_id", "id"),
        check("the_assignee_is_involved", "assignee_role = 'involved'"),
        check("only_a_verifier_verifies", "verifier_role = 'verifier'"),
        check("nobody_verifies_what_they_made", "verified_by <> created_by"),
        check("nobody_checks_what_they_made", "checked_by <> created_by"),
        check("started_once_begun", "(status = 'planned') = (started_at IS NULL)"),
        check(
            "completed_once_completed",
            "(status IN ('planned', 'in_progress')) = (completed_at IS NULL)",
        ),
        check(
            "verified_by_somebody",
            "(status IN ('verified', 'effective', 'not_effective')) = (verified_at IS NOT NULL)"
            " AND (verified_at IS NULL) = (verified_by IS NULL)"
            " AND (verified_at IS NULL) = (check_due_on IS NULL)",
        ),
        check(
            "checked_by_somebody",
            "(status IN ('effective', 'not_effective')) = (checked_at IS NOT NULL)"
            " AND (checked_at IS NULL) = (checked_by IS NULL)",
        ),
        check("steps_are_counted", "step_count >= 1"),
    )


class ActionStepFields(SQLModel):
    action_id: UUID = key_column()
    number: int = Field(sa_type=sa.Integer)
    kind: ActionStepKind = choice_column(ActionStepKind)
    status: ActionStatus = choice_column(ActionStatus)
    person_id: UUID | None = key_column(default=None)
    role: HandRole = choice_column(HandRole)
    assignee_id: UUID = key_column()
    assignee_role: HandRole = choice_column(HandRole, default=HandRole.INVOLVED)
    due_on: dt.date = date_column()
    taken_on: dt.date = date_column()
    note: str | None = text_column(4000, default=None)
    evidence_id: UUID | None = key_column(default=None)


class ActionStep(ActionStepFields, AppendOnlyRow, table=True):
    """What somebody did with an action, and what state, assignee and due date it had from then.

    ``taken_on`` is the company's day. ``person_id`` is who answers for it: who acted, or who made
    the key that acted; None where nobody of the company did.
    """

    __tablename__ = "action_steps"
    __table_args__ = (
        belongs_to("corrective_actions", "action_id"),
        belongs_to("compliance_evidence", "evidence_id"),
        refers_to(
            "action_participants",
            {"person_id": "person_id", "action_id": "action_id", "role": "role"},
        ),
        refers_to(
            "action_participants",
            {"assignee_id": "person_id", "action_id": "action_id", "assignee_role": "role"},
        ),
        unique("action_steps", "action_id", "number"),
        index("action_steps", "evidence_id", "id"),
        check("number_is_positive", "number >= 1"),
        check("the_assignee_is_involved", "assignee_role = 'involved'"),
        check(
            "judged_by_a_verifier",
            "(kind IN ('returned', 'verified', 'found_effective', 'found_not_effective'))"
            " = (role = 'verifier')",
        ),
        check(
            "a_verifier_acts_in_person",
            "role <> 'verifier' OR person_id IS NOT NULL AND person_id = recorded_by",
        ),
    )
