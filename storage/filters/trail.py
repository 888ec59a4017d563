"""Conditions on the logs, on holds and on disclosures."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from storage.filters.conditions import Filter, where
from storage.vocabulary.disclosures import DisclosureAuthority


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter(Filter):
    recorded_by: UUID | None = where("recorded_by")
    id_from: UUID | None = where("id", operator=">=")
    id_until: UUID | None = where("id", operator="<=")
    entity: str | None = where("entity")
    entity_id: UUID | None = where("entity_id")
    entity_ids: list[UUID] | None = where("entity_id", operator="in")
    patient_id: UUID | None = where("patient_id")
    former_patient_id: UUID | None = where("former_patient_id")
    recorded_from: dt.datetime | None = where("recorded_at", operator=">=")
    recorded_until: dt.datetime | None = where("recorded_at", operator="<=")


@dataclass(frozen=True, slots=True, kw_only=True)
class ByLog(Filter):
    log: str | None = where("log")


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalHoldFilter(Filter):
    is_standing: bool | None = where("released_at", operator="null")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessFilter(Filter):
    recorded_by: UUID | None = where("recorded_by")
    patient_id: UUID | None = where("patient_ids", operator="holds")
    id_from: UUID | None = where("id", operator=">=")
    id_until: UUID | None = where("id", operator="<=")
    operation: str | None = where("operation")
    record_id: UUID | None = where("record_id")
    emergency_access_id: UUID | None = where("emergency_access_id")
    outcome_from: int | None = where("outcome", operator=">=")
    outcome_until: int | None = where("outcome", operator="<=")
    recorded_from: dt.datetime | None = where("recorded_at", operator=">=")
    recorded_until: dt.datetime | None = where("recorded_at", operator="<=")


@dataclass(frozen=True, slots=True, kw_only=True)
class DisclosureFilter(Filter):
    patient_id: UUID | None = where("patient_id")
    authority: DisclosureAuthority | None = where("authority")
    disclosed_from: dt.date | None = where("disclosed_on", operator=">=")
    disclosed_until: dt.date | None = where("disclosed_on", operator="<=")
    supersedes_ids: list[UUID] | None = where("supersedes_id", operator="in")
    recorded_by: UUID | None = where("recorded_by")
    row_id: UUID | None = where("id")
    id_from: UUID | None = where("id", operator=">=")
    id_until: UUID | None = where("id", operator="<=")
    recorded_from: dt.datetime | None = where("recorded_at", operator=">=")
    recorded_until: dt.datetime | None = where("recorded_at", operator="<=")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountingFilter(Filter):
    patient_id: UUID | None = where("patient_id")
    recorded_by: UUID | None = where("recorded_by")
    row_id: UUID | None = where("id")
    id_from: UUID | None = where("id", operator=">=")
    id_until: UUID | None = where("id", operator="<=")
    recorded_from: dt.datetime | None = where("recorded_at", operator=">=")
    recorded_until: dt.datetime | None = where("recorded_at", operator="<=")
