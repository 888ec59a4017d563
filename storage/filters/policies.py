"""Conditions on policies."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from storage.filters.conditions import Filter, where
from storage.vocabulary.compliance import Program
from storage.vocabulary.policies import PolicyStage


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFilter(Filter):
    program: Program | None = where("program")
    category: str | None = where("category")
    owner_person_id: UUID | None = where("owner_person_id")
    is_kept: bool | None = where("archived_on", operator="null")


@dataclass(frozen=True, slots=True, kw_only=True)
class ByPolicy(Filter):
    policy_id: UUID | None = where("policy_id")
    policy_ids: list[UUID] | None = where("policy_id", operator="in")


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyVersionFilter(Filter):
    policy_id: UUID | None = where("policy_id")
    policy_ids: list[UUID] | None = where("policy_id", operator="in")
    stage: PolicyStage | None = where("stage")


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyAcknowledgementFilter(Filter):
    policy_id: UUID | None = where("policy_id")
    policy_ids: list[UUID] | None = where("policy_id", operator="in")
    policy_version_id: UUID | None = where("policy_version_id")
    person_id: UUID | None = where("recorded_by")
    recorded_until: dt.datetime | None = where("recorded_at", operator="<=")
