"""Conditions on audits, findings and corrective actions."""

from dataclasses import dataclass
from uuid import UUID

from storage.filters.conditions import Filter, where
from storage.vocabulary.audits import (
    ActionStatus,
    AuditStatus,
    AuditType,
    FindingSeverity,
    FindingStatus,
)
from storage.vocabulary.compliance import Program


@dataclass(frozen=True, slots=True, kw_only=True)
class RegulatoryAuditFilter(Filter):
    program: Program | None = where("program")
    audit_type: AuditType | None = where("audit_type")
    status: AuditStatus | None = where("status")


@dataclass(frozen=True, slots=True, kw_only=True)
class ByAudit(Filter):
    audit_id: UUID | None = where("audit_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFindingFilter(Filter):
    audit_id: UUID | None = where("audit_id")
    requirement_id: UUID | None = where("requirement_id")
    severity: FindingSeverity | None = where("severity")
    status: FindingStatus | None = where("status")


@dataclass(frozen=True, slots=True, kw_only=True)
class ByFindings(Filter):
    finding_ids: list[UUID] | None = where("finding_id", operator="in")


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingAcceptanceFilter(Filter):
    finding_id: UUID | None = where("finding_id")
    finding_ids: list[UUID] | None = where("finding_id", operator="in")
    approval_id: UUID | None = where("approval_id")
    is_asked_for: bool | None = where("accepted_on", operator="null")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditAccessFilter(Filter):
    audit_id: UUID | None = where("audit_id")
    person_id: UUID | None = where("person_id")
    is_standing: bool | None = where("revoked_at", operator="null")


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectiveActionFilter(Filter):
    audit_id: UUID | None = where("audit_id")
    finding_id: UUID | None = where("finding_id")
    finding_ids: list[UUID] | None = where("finding_id", operator="in")
    follows_id: UUID | None = where("follows_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class ByActions(Filter):
    action_ids: list[UUID] | None = where("action_id", operator="in")


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionProgressFilter(Filter):
    action_id: UUID | None = where("action_id")
    action_ids: list[UUID] | None = where("action_id", operator="in")
    statuses: list[ActionStatus] | None = where("status", operator="in")
