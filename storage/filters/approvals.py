"""Conditions on requests that a second person approve something."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from storage.filters.conditions import Filter, beyond, where
from storage.vocabulary.approvals import ApprovalKind, ApprovalStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalFilter(Filter):
    status: ApprovalStatus | None = where("status")
    kind: ApprovalKind | None = where("kind")
    kinds: list[ApprovalKind] | None = where("kind", operator="in")
    entity: str | None = where("entity")
    entity_id: UUID | None = where("entity_id")
    requested_by: UUID | None = where("requested_by")
    expires_from: dt.datetime | None = where("expires_at", operator=">=")
    expires_until: dt.datetime | None = where("expires_at", operator="<=")
    left_to: UUID | None = beyond()


@dataclass(frozen=True, slots=True, kw_only=True)
class ByItem(Filter):
    entity: str | None = where("entity")
    entity_id: UUID | None = where("entity_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class ByApproval(Filter):
    approval_id: UUID | None = where("approval_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalThresholdFilter(Filter):
    kind: ApprovalKind | None = where("kind")
