"""Conditions on MIPS submissions, on what is reported in them, and on CMS's lists."""

from dataclasses import dataclass
from uuid import UUID

from storage.filters.conditions import Filter, where
from storage.vocabulary.mips import (
    MipsCategory,
    MipsListKind,
    MipsSubmissionStatus,
    SubmissionMethod,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MipsListFilter(Filter):
    kind: MipsListKind | None = where("kind")
    performance_year: int | None = where("performance_year")
    is_standing: bool | None = where("withdrawn_at", operator="null")


@dataclass(frozen=True, slots=True, kw_only=True)
class ByMipsList(Filter):
    list_id: UUID | None = where("list_id")
    measure_id: str | None = where("measure_id")
    measure_ids: list[str] | None = where("measure_id", operator="in")


@dataclass(frozen=True, slots=True, kw_only=True)
class MipsClinicianFilter(Filter):
    performance_year: int | None = where("performance_year")
    tin: str | None = where("tin")
    npi: str | None = where("npi")


@dataclass(frozen=True, slots=True, kw_only=True)
class MipsSubmissionFilter(Filter):
    clinician_id: UUID | None = where("clinician_id")
    performance_year: int | None = where("performance_year")
    tin: str | None = where("tin")
    npi: str | None = where("npi")
    category: MipsCategory | None = where("category")
    submission_method: SubmissionMethod | None = where("submission_method")
    status: MipsSubmissionStatus | None = where("status")
    statuses: list[MipsSubmissionStatus] | None = where("status", operator="in")


@dataclass(frozen=True, slots=True, kw_only=True)
class ByMipsSubmission(Filter):
    submission_id: UUID | None = where("submission_id")
    submission_ids: list[UUID] | None = where("submission_id", operator="in")


@dataclass(frozen=True, slots=True, kw_only=True)
class MipsPriorSubmissionFilter(Filter):
    performance_year: int | None = where("performance_year")
    tin: str | None = where("tin")
