"""Conditions on people, their roles, keys and access."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from storage.filters.conditions import Filter, where
from storage.vocabulary.identity import Role, TokenPurpose


@dataclass(frozen=True, slots=True, kw_only=True)
class ByPerson(Filter):
    person_id: UUID | None = where("person_id")
    secret_sha256: bytes | None = where("secret_sha256")
    is_open: bool | None = where("revoked_at", operator="null")
    expires_from: dt.datetime | None = where("expires_at", operator=">=")
    idle_from: dt.datetime | None = where("idle_until", operator=">=")
    has_provider_factor: bool | None = where("has_provider_factor")


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityProviderFilter(Filter):
    is_enabled: bool | None = where("is_enabled")
    is_required: bool | None = where("is_required")
    break_glass_id: UUID | None = where("break_glass_id")
    new_role_id: UUID | None = where("new_role_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonIdentityFilter(Filter):
    person_id: UUID | None = where("person_id")
    issuer: str | None = where("issuer")
    subject: str | None = where("subject")


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyRoleFilter(Filter):
    name: str | None = where("name")


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonFilter(Filter):
    email: str | None = where("email")
    role: Role | None = where("role")
    role_id: UUID | None = where("role_id")
    is_enabled: bool | None = where("disabled_at", operator="null")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeyFilter(Filter):
    secret_sha256: bytes | None = where("secret_sha256", "previous_secret_sha256")
    ids: list[UUID] | None = where("id", operator="in")
    is_unrevoked: bool | None = where("revoked_at", operator="null")
    is_unflagged: bool | None = where("flagged_at", operator="null")


@dataclass(frozen=True, slots=True, kw_only=True)
class OneTimeTokenFilter(Filter):
    person_id: UUID | None = where("person_id")
    purpose: TokenPurpose | None = where("purpose")
    secret_sha256: bytes | None = where("secret_sha256")
    is_open: bool | None = where("ended_at", operator="null")


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyAccessFilter(Filter):
    person_id: UUID | None = where("person_id")
    is_unreviewed: bool | None = where("reviewed_at", operator="null")
    review_due_until: dt.datetime | None = where("review_due_at", operator="<=")


@dataclass(frozen=True, slots=True, kw_only=True)
class ByEmergencyAccess(Filter):
    access_id: UUID | None = where("access_id")
