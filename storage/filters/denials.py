"""Conditions on denials and appeals."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from storage.filters.conditions import Filter, where
from storage.vocabulary.appeals import AppealStatus
from storage.vocabulary.claims import DenialStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimAppealFilter(Filter):
    claim_id: UUID | None = where("claim_id")
    claim_ids: list[UUID] | None = where("claim_id", operator="in")
    payer_id: UUID | None = where("payer_id")
    status: AppealStatus | None = where("status")
    statuses: list[AppealStatus] | None = where("status", operator="in")
    due_until: dt.date | None = where("due_on", operator="<=")


@dataclass(frozen=True, slots=True, kw_only=True)
class ByAppeal(Filter):
    appeal_id: UUID | None = where("appeal_id")
    denial_ids: list[UUID] | None = where("denial_id", operator="in")


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealAttachmentFilter(Filter):
    appeal_id: UUID | None = where("appeal_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealRuleFilter(Filter):
    payer_id: UUID | None = where("payer_id")
    payer_ids: list[UUID] | None = where("payer_id", operator="in")
    level: int | None = where("level")
    is_open_ended: bool | None = where("effective_to", operator="null")


@dataclass(frozen=True, slots=True, kw_only=True)
class DenialFilter(Filter):
    status: DenialStatus | None = where("status")
    claim_id: UUID | None = where("claim_id")
    claim_ids: list[UUID] | None = where("claim_id", operator="in")
    category: str | None = where("category")
    owner_role: str | None = where("owner_role")
    payer_id: UUID | None = where("payer_id")
    reason_code: str | None = where("reason_code")
    denied_from: dt.date | None = where("denied_on", operator=">=")
    denied_until: dt.date | None = where("denied_on", operator="<=")
    due_from: dt.date | None = where("due_on", operator=">=")
    adjudication_ids: list[UUID] | None = where("adjudication_id", operator="in")
    due_until: dt.date | None = where("due_on", operator="<=")
    assigned_person_id: UUID | None = where("assigned_person_id")
    is_unassigned: bool | None = where("assigned_person_id", operator="null")
    is_appealable: bool | None = where("is_appealable")
    ids: list[UUID] | None = where("id", operator="in")


@dataclass(frozen=True, slots=True, kw_only=True)
class ByDenial(Filter):
    denial_id: UUID | None = where("denial_id")
