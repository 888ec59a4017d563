"""Policies on the wire."""

import datetime as dt
from uuid import UUID

from pydantic import field_serializer

from app.answers import Answer, RecordAnswer, RowAnswer
from services.regulatory_compliance.policies.comparing import Edit
from storage.vocabulary.compliance import Program
from storage.vocabulary.identity import Role
from storage.vocabulary.policies import (
    PolicyAudience,
    PolicyStage,
    PolicyVersionStatus,
    ReviewOutcome,
)


class _Hashed(Answer):
    content_hash: bytes

    @field_serializer("content_hash")
    def _as_hex(self, digest: bytes) -> str:
        return digest.hex()


class PolicyAnswer(RowAnswer):
    """A policy, without what it says: that stands in its versions."""

    number: str
    title: str
    category: str
    program: Program | None
    owner_person_id: UUID
    review_months: int
    acknowledge_days: int
    audience: PolicyAudience
    archived_on: dt.date | None
    archive_reason: str | None


class PolicyRequirementAnswer(RowAnswer):
    """That a policy is about a requirement."""

    policy_id: UUID
    requirement_id: UUID


class PolicyMemberAnswer(RowAnswer):
    """Whom a policy concerns."""

    policy_id: UUID
    role: Role | None
    role_id: UUID | None
    person_id: UUID | None


class PolicyVersionAnswer(RowAnswer, _Hashed):
    """A version; ``content_hash`` is the SHA-256 of its text or file."""

    policy_id: UUID
    major: int
    minor: int
    stage: PolicyStage
    text_id: UUID
    effective_on: dt.date
    summary: str | None


class ListedPolicyVersionAnswer(Answer):
    """A version and where it stands today."""

    version: PolicyVersionAnswer
    status: PolicyVersionStatus


class PolicyTextAnswer(RecordAnswer, _Hashed):
    """What a version says: a text, or the file of the store."""

    policy_id: UUID
    content: str | None
    file_id: UUID | None


class PolicyApprovalAnswer(RecordAnswer, _Hashed):
    """That a version was approved: by ``recorded_by``, as ``requested_by`` had asked."""

    policy_version_id: UUID
    major: int
    minor: int
    effective_on: dt.date
    approved_on: dt.date
    in_force_on: dt.date
    approval_id: UUID
    requested_by: UUID


class PolicyVersionDetail(ListedPolicyVersionAnswer):
    """A version with all of it; ``approval`` is null until somebody has approved it."""

    text: PolicyTextAnswer
    approval: PolicyApprovalAnswer | None


class PolicyReviewAnswer(RecordAnswer):
    """What a review of a policy has found."""

    policy_id: UUID
    reviewed_on: dt.date
    outcome: ReviewOutcome
    note: str | None


class PolicyDueAnswer(Answer):
    """A policy and when it is due for review."""

    policy: PolicyAnswer
    due_on: dt.date
    is_overdue: bool


class PolicyAcknowledgementAnswer(RecordAnswer, _Hashed):
    """That ``recorded_by`` has acknowledged a version, under the name that they had."""

    policy_id: UUID
    policy_version_id: UUID
    printed_name: str


class PolicyCoverageAnswer(Answer):
    """Who has acknowledged what is in force, or an earlier version that differs little, and who
    has not; of those who are there today."""

    policy_id: UUID
    policy_version_id: UUID
    due_on: dt.date
    concerned: int
    acknowledged_person_ids: list[UUID]
    missing_person_ids: list[UUID]


class OwnPolicyAnswer(Answer):
    """A policy that concerns whoever asks, in the version that is in force."""

    policy_id: UUID
    policy_version_id: UUID
    number: str
    title: str
    major: int
    minor: int
    in_force_on: dt.date
    due_on: dt.date
    is_acknowledged: bool


class OwnPolicyDetail(Answer):
    """What a policy says. ``content_sha256`` is what one acknowledges."""

    policy_id: UUID
    policy_version_id: UUID
    number: str
    title: str
    major: int
    minor: int
    content: str | None
    file_id: UUID | None
    content_sha256: str


class PolicyPiece(Answer):
    """Some text, and whether it stayed, came or went."""

    edit: Edit
    text: str


class PolicyChangedBlock(Answer):
    """Some lines that stayed or changed together, from these lines on."""

    is_changed: bool
    earlier_line: int
    later_line: int
    pieces: list[PolicyPiece]


class PolicyVersionChangesAnswer(Answer):
    """What changed between two versions. Kept and removed pieces are the earlier text, kept and
    added ones the later."""

    earlier: PolicyVersionAnswer
    later: PolicyVersionAnswer
    blocks: list[PolicyChangedBlock]
