"""Conditions on requirements, evidence and attestations."""

from dataclasses import dataclass
from uuid import UUID

from storage.filters.conditions import Filter, where
from storage.vocabulary.compliance import AttestationKind, EvidenceKind, Program


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementFilter(Filter):
    program: Program | None = where("program")
    code: str | None = where("code")
    pack_id: str | None = where("pack_id")
    responsible_person_id: UUID | None = where("responsible_person_id")
    is_kept: bool | None = where("retired_on", operator="null")


@dataclass(frozen=True, slots=True, kw_only=True)
class ByRequirements(Filter):
    requirement_ids: list[UUID] | None = where("requirement_id", operator="in")


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceFilter(Filter):
    series_id: UUID | None = where("series_id")
    series_ids: list[UUID] | None = where("series_id", operator="in")
    kind: EvidenceKind | None = where("kind")
    file_id: UUID | None = where("file_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceLinkFilter(Filter):
    requirement_id: UUID | None = where("requirement_id")
    requirement_ids: list[UUID] | None = where("requirement_id", operator="in")
    series_id: UUID | None = where("series_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class AttestationFilter(Filter):
    requirement_id: UUID | None = where("requirement_id")
    requirement_ids: list[UUID] | None = where("requirement_id", operator="in")
    kind: AttestationKind | None = where("kind")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureFilter(Filter):
    requirement_ids: list[UUID] | None = where("requirement_id", operator="in")
    attestation_id: UUID | None = where("attestation_id")
    person_id: UUID | None = where("person_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class PackFilter(Filter):
    pack_id: str | None = where("pack_id")
    pack_version: str | None = where("pack_version")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFilter(Filter):
    program: Program | None = where("program")


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarFeedFilter(Filter):
    person_id: UUID | None = where("person_id")
    secret_sha256: bytes | None = where("secret_sha256")
    is_standing: bool | None = where("revoked_at", operator="null")
