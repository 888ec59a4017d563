"""Conditions on claims and who stands on them."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from storage.filters.conditions import Filter, rule, where
from storage.vocabulary.claims import (
    AdjudicationStatus,
    BatchStatus,
    ClaimStatus,
    ClaimType,
    PayerType,
)
from storage.vocabulary.parties import PartyKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ByClaim(Filter):
    claim_id: UUID | None = where("claim_id")
    claim_ids: list[UUID] | None = where("claim_id", operator="in")


@dataclass(frozen=True, slots=True, kw_only=True)
class ByBatch(Filter):
    batch_id: UUID | None = where("batch_id")
    claim_ids: list[UUID] | None = where("claim_id", operator="in")
    is_accepted: bool | None = where("refusal", operator="null")


@dataclass(frozen=True, slots=True, kw_only=True)
class PayerFilter(Filter):
    type: PayerType | None = where("type")
    is_active: bool | None = where("is_active")
    payer_identifier: str | None = where("payer_identifier")
    remittance_identifier: str | None = where("remittance_identifier")


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientFilter(Filter):
    medical_record_number: str | None = where("medical_record_number")
    name_prefix: str | None = where("name_key", operator="prefix")


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageFilter(Filter):
    patient_id: UUID | None = where("patient_id")
    payer_id: UUID | None = where("payer_id")
    patient_ids: list[UUID] | None = where("patient_id", operator="in")


@dataclass(frozen=True, slots=True, kw_only=True)
class CareProviderFilter(Filter):
    identifier: str | None = where("identifier")
    identifiers: list[str] | None = where("identifier", operator="in")
    npi: str | None = where("npi")
    kind: PartyKind | None = where("kind")
    is_active: bool | None = where("is_active")


@dataclass(frozen=True, slots=True, kw_only=True)
class FacilityFilter(Filter):
    identifier: str | None = where("identifier")
    identifiers: list[str] | None = where("identifier", operator="in")
    is_active: bool | None = where("is_active")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimFilter(Filter):
    patient_id: UUID | None = where("patient_id")
    patient_ids: list[UUID] | None = where("patient_id", operator="in")
    provider_id: str | None = where("rendering_provider_id", "billing_provider_id")
    payer_id: UUID | None = where("primary_payer_id", "secondary_payer_id", "tertiary_payer_id")
    status: ClaimStatus | None = where("status")
    adjudication_status: AdjudicationStatus | None = where("adjudication_status")
    service_from: dt.date | None = where("service_date", operator=">=")
    service_until: dt.date | None = where("service_date", operator="<=")
    charge_at_least_cents: int | None = where("total_charge_cents", operator=">=")
    charge_at_most_cents: int | None = where("total_charge_cents", operator="<=")
    text: str | None = where(
        "claim_number", "patient_control_number", "patient_name_key", operator="prefix"
    )
    is_submitted: bool | None = rule()
    is_appealed: bool | None = rule()
    is_settled: bool | None = rule()
    is_in_credit: bool | None = rule()
    was_initially_denied: bool | None = rule()
    patient_control_number: str | None = where("patient_control_number")
    subscriber_id: str | None = where("subscriber_id")
    replaces_id: UUID | None = where("replaces_id")
    ids: list[UUID] | None = where("id", operator="in")
    is_in_file: bool | None = rule()
    types: list[ClaimType] | None = where("type", operator="in")
    any_payer_ids: list[UUID] | None = where(
        "primary_payer_id", "secondary_payer_id", "tertiary_payer_id", operator="in"
    )
    primary_payer_ids: list[UUID] | None = where("primary_payer_id", operator="in")
    patient_control_numbers: list[str] | None = where("patient_control_number", operator="in")
    payer_claim_numbers: list[str] | None = where("payer_claim_number", operator="in")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimBatchFilter(Filter):
    ids: list[UUID] | None = where("id", operator="in")
    payer_id: UUID | None = where("payer_id")
    status: BatchStatus | None = where("status")
