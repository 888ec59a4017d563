"""Conditions on risk assessments."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from storage.filters.conditions import Filter, where
from storage.vocabulary.risks import (
    AcceptanceStatus,
    AssessmentKind,
    AssessmentStatus,
    MitigationStatus,
    PartKind,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskAssessmentFilter(Filter):
    kind: AssessmentKind | None = where("kind")
    status: AssessmentStatus | None = where("status")
    follows_id: UUID | None = where("follows_id")
    next_due_until: dt.date | None = where("next_due_on", operator="<=")


@dataclass(frozen=True, slots=True, kw_only=True)
class ByAssessment(Filter):
    assessment_id: UUID | None = where("assessment_id")
    assessment_ids: list[UUID] | None = where("assessment_id", operator="in")


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessmentPartFilter(Filter):
    assessment_id: UUID | None = where("assessment_id")
    assessment_ids: list[UUID] | None = where("assessment_id", operator="in")
    kind: PartKind | None = where("kind")


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskControlFilter(Filter):
    assessment_id: UUID | None = where("assessment_id")
    assessment_ids: list[UUID] | None = where("assessment_id", operator="in")
    risk_id: UUID | None = where("risk_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskAcceptanceFilter(Filter):
    risk_id: UUID | None = where("risk_id")
    risk_ids: list[UUID] | None = where("risk_id", operator="in")
    status: AcceptanceStatus | None = where("status")


@dataclass(frozen=True, slots=True, kw_only=True)
class MitigationItemFilter(Filter):
    assessment_id: UUID | None = where("assessment_id")
    risk_id: UUID | None = where("risk_id")
    risk_ids: list[UUID] | None = where("risk_id", operator="in")
    owner_person_id: UUID | None = where("owner_person_id")
    status: MitigationStatus | None = where("status")
    statuses: list[MitigationStatus] | None = where("status", operator="in")
    due_until: dt.date | None = where("due_on", operator="<=")
