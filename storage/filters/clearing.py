"""Conditions on files of claims and the answers to them."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from storage.filters.conditions import Filter, where
from storage.vocabulary.clearing import (
    ClaimFileStatus,
    Delivery,
    FiledClaimStatus,
    PickedUpAs,
    WaitingReason,
    WaitingStatus,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TradingPartnerFilter(Filter):
    ids: list[UUID] | None = where("id", operator="in")
    is_enabled: bool | None = where("disabled_at", operator="null")
    delivery: Delivery | None = where("delivery")


@dataclass(frozen=True, slots=True, kw_only=True)
class PayerRouteFilter(Filter):
    partner_id: UUID | None = where("partner_id")
    payer_ids: list[UUID] | None = where("payer_id", operator="in")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimFileFilter(Filter):
    ids: list[UUID] | None = where("id", operator="in")
    partner_id: UUID | None = where("partner_id")
    batch_id: UUID | None = where("batch_id")
    status: ClaimFileStatus | None = where("status")
    statuses: list[ClaimFileStatus] | None = where("status", operator="in")
    message_id: UUID | None = where("message_id")
    interchange_control_numbers: list[int] | None = where(
        "interchange_control_number", operator="in"
    )
    group_control_numbers: list[int] | None = where("group_control_number", operator="in")
    references: list[str] | None = where("reference", operator="in")
    is_unacknowledged: bool | None = where("acknowledged_at", operator="null")
    sent_until: dt.datetime | None = where("sent_at", operator="<=")


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledClaimFilter(Filter):
    claim_file_id: UUID | None = where("claim_file_id")
    claim_file_ids: list[UUID] | None = where("claim_file_id", operator="in")
    claim_id: UUID | None = where("claim_id")
    claim_ids: list[UUID] | None = where("claim_id", operator="in")
    status: FiledClaimStatus | None = where("status")
    statuses: list[FiledClaimStatus] | None = where("status", operator="in")


@dataclass(frozen=True, slots=True, kw_only=True)
class AcknowledgementFileFilter(Filter):
    partner_id: UUID | None = where("partner_id")
    sha256: bytes | None = where("sha256")


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingAcknowledgementFilter(Filter):
    ids: list[UUID] | None = where("id", operator="in")
    acknowledgement_file_id: UUID | None = where("acknowledgement_file_id")
    status: WaitingStatus | None = where("status")
    waits_because: WaitingReason | None = where("waits_because")
    claim_id: UUID | None = where("claim_id")
    patient_control_number: str | None = where("patient_control_number")
    patient_control_numbers: list[str] | None = where("patient_control_number", operator="in")


@dataclass(frozen=True, slots=True, kw_only=True)
class PickedUpFileFilter(Filter):
    partner_id: UUID | None = where("partner_id")
    names: list[str] | None = where("name", operator="in")
    turned_out: PickedUpAs | None = where("turned_out")
    sha256: bytes | None = where("sha256")
