"""Companies and who may act in them."""

import datetime as dt
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from storage.rows import (
    AppendOnlyRow,
    TenantRow,
    belongs_to,
    bytes_column,
    cents_column,
    check,
    choice_column,
    date_column,
    index,
    key_column,
    moment_column,
    numbers_column,
    text_column,
    texts_column,
    unique,
)
from storage.vocabulary.identity import KeyFlag, PrincipalKind, Role


class CompanyDirectory(SQLModel, table=True):
    """Which company a slug names. Not a tenant table: only its owner and the worker read it;
    the program's role has one SECURITY DEFINER function that maps a slug to an id."""

    __tablename__ = "company_directory"

    slug: str = text_column(63, primary_key=True)
    company_id: UUID = key_column(unique=True)
    closed_at: dt.datetime | None = moment_column(default=None)
    """Since when nobody enters it, because it is being deleted."""


class CompanyFields(SQLModel):
    slug: str = text_column(63)
    name: str = text_column(200)
    time_zone: str = text_column(64)
    holiday_calendar: str | None = text_column(16, default=None)
    retention_years: int = Field(default=7, sa_type=sa.Integer)
    session_idle_minutes: int = Field(default=30, sa_type=sa.Integer)
    session_hours: int = Field(default=12, sa_type=sa.Integer)
    emergency_access_minutes: int | None = Field(default=60, sa_type=sa.Integer)
    access_review_days: int | None = Field(default=90, sa_type=sa.Integer)
    compliance_lead_days: list[int] = numbers_column(default_factory=lambda: [30, 7, 0, -1])
    correction_cost_cents: int | None = cents_column(default=None)
    appeal_cost_cents: int | None = cents_column(default=None)
    roots_mailbox_id: UUID | None = key_column(default=None)
    roots_email: str | None = text_column(254, default=None)
    statement_minimum_cents: int = cents_column(default=0)
    statement_quiet_days: int = Field(default=28, sa_type=sa.Integer)


class Company(CompanyFields, TenantRow, table=True):
    """A tenant. Its own row is the one whose id is the company's."""

    __tablename__ = "companies"
    __table_args__ = (
        check("names_itself", "id = company_id"),
        check("retention_is_at_least_six_years", "retention_years BETWEEN 6 AND 100"),
        check("idle_sessions_end", "session_idle_minutes BETWEEN 5 AND 120"),
        check("sessions_end", "session_hours BETWEEN 1 AND 24"),
        check("emergencies_are_short", "emergency_access_minutes BETWEEN 15 AND 240"),
        check("access_is_reviewed_at_times", "access_review_days BETWEEN 7 AND 366"),
        check("statements_have_a_minimum", "statement_minimum_cents BETWEEN 0 AND 1000000"),
        check("patients_are_left_in_quiet", "statement_quiet_days BETWEEN 0 AND 366"),
        check("correction_cost_is_an_amount", "correction_cost_cents BETWEEN 0 AND 10000000"),
        check("appeal_cost_is_an_amount", "appeal_cost_cents BETWEEN 0 AND 10000000"),
        belongs_to("mailboxes", "roots_mailbox_id"),
    )


class LegalHoldFields(SQLModel):
    reason: str = text_column(500)
    patient_id: UUID | None = key_column(default=None)
    record_id: UUID | None = key_column(default=None)
    starts_on: dt.date = date_column()
    released_at: dt.datetime | None = moment_column(default=None)
    release_reason: str | None = text_column(500, default=None)


class LegalHold(LegalHoldFields, TenantRow, table=True):
    """While one stands, nothing of the company is retired; with a patient or a record, no month
    with rows about them."""

    __tablename__ = "legal_holds"
    __table_args__ = (
        belongs_to("patients", "patient_id"),
        check("is_on_one_thing", "patient_id IS NULL OR record_id IS NULL"),
        check("release_has_a_reason", "(released_at IS NULL) = (release_reason IS NULL)"),
    )


class DeletionRequestFields(SQLModel):
    reason: str = text_column(500)
    is_handed_over: bool = Field(sa_type=sa.Boolean)
    """Whether the company has its records, so that only what the operator has to keep is held."""


class DeletionRequest(DeletionRequestFields, TenantRow, table=True):
    """That somebody wants the company deleted; another person approves it, or does not."""

    __tablename__ = "deletion_requests"


class PrincipalFields(SQLModel):
    kind: PrincipalKind = choice_column(PrincipalKind)
    name: str = text_column(200)


class Principal(PrincipalFields, TenantRow, table=True):
    """Whoever a record can name as its author."""

    __tablename__ = "principals"


class CompanyRoleFields(SQLModel):
    name: str = text_column(80)
    description: str | None = text_column(500, default=None)
    scopes: list[str] = texts_column()


class CompanyRole(CompanyRoleFields, TenantRow, table=True):
    """A set of scopes that a company has given a name of its own."""

    __tablename__ = "company_roles"
    __table_args__ = (unique("company_roles", "name"),)


class PersonFields(SQLModel):
    principal_id: UUID = key_column()
    email: str = text_column(254)
    name: str = text_column(200)
    role: Role | None = choice_column(Role, default=None)
    role_id: UUID | None = key_column(default=None)
    password_hash: str | None = text_column(255, secret=True, default=None)
    password_is_temporary: bool = Field(default=False, sa_type=sa.Boolean)
    failed_sign_ins: int = Field(default=0, sa_type=sa.Integer)
    locked_until: dt.datetime | None = moment_column(default=None)
    disabled_at: dt.datetime | None = moment_column(default=None)
    second_factor_since: dt.datetime | None = moment_column(default=None)


class Person(PersonFields, TenantRow, table=True):
    """Somebody who signs in, in a built-in role or in one of the company's own. Shares its id with
    its principal."""

    __tablename__ = "people"
    __table_args__ = (
        belongs_to("principals", "principal_id"),
        belongs_to("company_roles", "role_id"),
        check("has_exactly_one_role", "(role IS NULL) <> (role_id IS NULL)"),
        index("people", "role_id", where="role_id IS NOT NULL"),
        check("is_its_principal", "principal_id = id"),
        check("email_is_normalised", "email = lower(email)"),
        unique("people", "email"),
    )


class PersonSessionFields(SQLModel):
    person_id: UUID = key_column()
    secret_sha256: bytes = bytes_column(secret=True)
    csrf_sha256: bytes = bytes_column(secret=True)
    expires_at: dt.datetime = moment_column()
    last_seen_at: dt.datetime = moment_column()
    idle_minutes: int = Field(default=30, sa_type=sa.Integer)
    idle_until: dt.datetime = moment_column()
    browser: str | None = text_column(80, secret=True, default=None)
    network: str | None = text_column(64, secret=True, default=None)
    revoked_at: dt.datetime | None = moment_column(default=None)
    proven_at: dt.datetime | None = moment_column(default=None)
    vouched_at: dt.datetime | None = moment_column(default=None)
    """When the provider vouched anew for the person, whose code is still due."""
    has_provider_factor: bool = Field(default=False, sa_type=sa.Boolean)
    """Whether the provider has seen a second factor that the company accepts."""
    emergency_access_id: UUID | None = key_column(default=None)
    emergency_until: dt.datetime | None = moment_column(default=None)


class PersonSession(PersonSessionFields, TenantRow, table=True):
    """One signed-in browser. It ends at ``expires_at``, or at ``idle_until`` unless it is used."""

    __tablename__ = "person_sessions"
    __table_args__ = (
        belongs_to("people", "person_id"),
        unique("person_sessions", "secret_sha256"),
        index("person_sessions", "person_id"),
    )


class ApiKeyFields(SQLModel):
    principal_id: UUID = key_column()
    name: str = text_column(200)
    scopes: list[str] = texts_column()
    secret_sha256: bytes = bytes_column(secret=True)
    previous_secret_sha256: bytes | None = bytes_column(secret=True, default=None)
    previous_valid_until: dt.datetime | None = moment_column(default=None)
    expires_at: dt.datetime | None = moment_column(default=None)
    last_used_at: dt.datetime | None = moment_column(default=None)
    revoked_at: dt.datetime | None = moment_column(default=None)
    rotated_by: UUID | None = key_column(default=None)
    flagged_at: dt.datetime | None = moment_column(default=None)
    flag: KeyFlag | None = choice_column(KeyFlag, default=None)


class ApiKey(ApiKeyFields, TenantRow, table=True):
    """A tenant's system. Shares its id with its principal; of its secret only a hash is kept."""

    __tablename__ = "api_keys"
    __table_args__ = (
        belongs_to("principals", "principal_id"),
        check("is_its_principal", "principal_id = id"),
        check("flag_has_a_time", "(flagged_at IS NULL) = (flag IS NULL)"),
        unique("api_keys", "secret_sha256"),
        unique("api_keys", "previous_secret_sha256"),
    )


class AccessReviewFields(SQLModel):
    content_sha256: bytes = bytes_column()
    people: int = Field(sa_type=sa.Integer)
    keys: int = Field(sa_type=sa.Integer)
    flagged_keys: int = Field(sa_type=sa.Integer)
    notes: str | None = text_column(4000, default=None)


class AccessReview(AccessReviewFields, AppendOnlyRow, table=True):
    """That somebody has looked at who can do what: at a report of this hash."""

    __tablename__ = "access_reviews"
