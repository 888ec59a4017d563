"""Typed conditions of lists: one field, one column, one operator."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from storage.vocabulary.appeals import AppealStatus
from storage.vocabulary.approvals import ApprovalKind, ApprovalStatus
from storage.vocabulary.claims import (
    AdjudicationStatus,
    BatchStatus,
    ClaimStatus,
    ClaimType,
    DenialStatus,
    ExceptionKind,
    ExceptionStatus,
    LedgerKind,
    PayerType,
    RemittanceStatus,
    TransactionStatus,
)
from storage.vocabulary.clearing import (
    ClaimFileStatus,
    Delivery,
    FiledClaimStatus,
    PickedUpAs,
    WaitingReason,
    WaitingStatus,
)
from storage.vocabulary.codes import CodeKind
from storage.vocabulary.compliance import AttestationKind, EvidenceKind, Program
from storage.vocabulary.contracts import UnderpaymentStatus, VarianceVerdict
from storage.vocabulary.disclosures import DisclosureAuthority
from storage.vocabulary.figures import FigureInputKind
from storage.vocabulary.files import FilePurpose
from storage.vocabulary.identity import Role, TokenPurpose
from storage.vocabulary.money import (
    BankLineStatus,
    CashKind,
    CashStatus,
    ManualRemittanceStatus,
    PatientPaymentStatus,
    RefundStatus,
    WriteOffStatus,
)
from storage.vocabulary.notifications import NotificationKind, ReminderSubject, Timing
from storage.vocabulary.outbox import Channel, EventType, MessageStatus
from storage.vocabulary.parties import PartyKind


def where(*columns: str, operator: str = "=") -> Any:
    """A condition on one column (or on any of several), off while the field is None.

    Operators: ``=``, ``>=``, ``<=``, ``prefix`` (by starts_with, which is leakproof and so can use
    an index under row-level security), ``in`` (a list of values), ``null`` (True: is null),
    ``holds`` (a list of ids contains it: leakproof, but it reads the rows that the others leave).
    """
    return field(default=None, metadata={"columns": columns, "operator": operator})


def rule() -> Any:
    """A condition that is true or false by more than columns: the expression of its own name in
    ``storage.postgres.claim_rules``."""
    return field(default=None, metadata={"columns": (), "operator": "rule"})


def beyond() -> Any:
    """A condition on other rows: the expression of its own name in
    ``storage.postgres.approval_rules``, which compares with the value given."""
    return field(default=None, metadata={"columns": (), "operator": "beyond"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """The base of all conditions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoFilter(Filter):
    """Every row of the company."""


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
class ByPerson(Filter):
    person_id: UUID | None = where("person_id")
    secret_sha256: bytes | None = where("secret_sha256")
    is_open: bool | None = where("revoked_at", operator="null")
    expires_from: dt.datetime | None = where("expires_at", operator=">=")
    idle_from: dt.datetime | None = where("idle_until", operator=">=")
    has_provider_factor: bool | None = where("has_provider_factor")


@dataclass(frozen=True, slots=True, kw_only=True)
class ByRemittance(Filter):
    remittance_id: UUID | None = where("remittance_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class ByAdjudication(Filter):
    adjudication_id: UUID | None = where("adjudication_id")
    adjudication_ids: list[UUID] | None = where("adjudication_id", operator="in")


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
class StoredAnswerFilter(Filter):
    principal_id: UUID | None = where("principal_id")
    operation: str | None = where("operation")
    idempotency_key: str | None = where("idempotency_key")
    expires_from: dt.datetime | None = where("expires_at", operator=">=")


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxFilter(Filter):
    channel: Channel | None = where("channel")
    status: MessageStatus | None = where("status")
    purpose: str | None = where("purpose")
    destination: str | None = where("destination")
    endpoint_id: UUID | None = where("endpoint_id")
    event_id: UUID | None = where("event_id")
    settled_from: dt.datetime | None = where("settled_at", operator=">=")
    created_from: dt.datetime | None = where("created_at", operator=">=")
    created_until: dt.datetime | None = where("created_at", operator="<=")


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter(Filter):
    type: EventType | None = where("type")
    entity_id: UUID | None = where("entity_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationFilter(Filter):
    person_id: UUID | None = where("person_id")
    is_unread: bool | None = where("read_at", operator="null")
    is_untold: bool | None = where("told_at", operator="null")
    timings: list[Timing] | None = where("timing", operator="in")


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationPreferenceFilter(Filter):
    person_id: UUID | None = where("person_id")
    person_ids: list[UUID] | None = where("person_id", operator="in")
    kind: NotificationKind | None = where("kind")


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHoursFilter(Filter):
    person_id: UUID | None = where("person_id")
    person_ids: list[UUID] | None = where("person_id", operator="in")


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationDigestFilter(Filter):
    person_ids: list[UUID] | None = where("person_id", operator="in")
    days: list[dt.date] | None = where("day", operator="in")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderFilter(Filter):
    subject: ReminderSubject | None = where("subject")
    entity_ids: list[UUID] | None = where("entity_id", operator="in")


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEndpointFilter(Filter):
    is_enabled: bool | None = where("disabled_at", operator="null")


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxFilter(Filter):
    is_enabled: bool | None = where("disabled_at", operator="null")


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxFileFilter(Filter):
    mailbox_id: UUID | None = where("mailbox_id")
    message_id: UUID | None = where("message_id")
    name: str | None = where("name")


@dataclass(frozen=True, slots=True, kw_only=True)
class ByMessage(Filter):
    message_id: UUID | None = where("message_id")


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
    primary_payer_ids: list[UUID] | None = where("primary_payer_id", operator="in")
    patient_control_numbers: list[str] | None = where("patient_control_number", operator="in")
    payer_claim_numbers: list[str] | None = where("payer_claim_number", operator="in")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimBatchFilter(Filter):
    ids: list[UUID] | None = where("id", operator="in")
    payer_id: UUID | None = where("payer_id")
    status: BatchStatus | None = where("status")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimAppealFilter(Filter):
    claim_id: UUID | None = where("claim_id")
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
class CodeTableFilter(Filter):
    kind: CodeKind | None = where("kind")
    kinds: list[CodeKind] | None = where("kind", operator="in")
    payer_id: UUID | None = where("payer_id")
    schedule: str | None = where("schedule")
    is_standing: bool | None = where("withdrawn_at", operator="null")


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeFilter(Filter):
    table_id: UUID | None = where("table_id")
    table_ids: list[UUID] | None = where("table_id", operator="in")
    codes: list[str] | None = where("code", operator="in")
    code_prefix: str | None = where("code", operator="prefix")


@dataclass(frozen=True, slots=True, kw_only=True)
class ByCodeTable(Filter):
    table_ids: list[UUID] | None = where("table_id", operator="in")
    codes: list[str] | None = where("code", operator="in")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcedurePairFilter(Filter):
    table_ids: list[UUID] | None = where("table_id", operator="in")
    columns_one: list[str] | None = where("column_one", operator="in")
    columns_two: list[str] | None = where("column_two", operator="in")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScrubRunFilter(Filter):
    claim_id: UUID | None = where("claim_id")
    claim_ids: list[UUID] | None = where("claim_id", operator="in")
    run_number: int | None = where("run_number")


@dataclass(frozen=True, slots=True, kw_only=True)
class ByScrubRun(Filter):
    run_id: UUID | None = where("run_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRuleFilter(Filter):
    rule_key: str | None = where("rule_key")
    is_disabled: bool | None = where("enabled_revision", operator="null")


@dataclass(frozen=True, slots=True, kw_only=True)
class ByClaimRule(Filter):
    rule_id: UUID | None = where("rule_id")
    rule_ids: list[UUID] | None = where("rule_id", operator="in")
    revision: int | None = where("revision")


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleBypassFilter(Filter):
    rule_id: str | None = where("rule_id")
    is_standing: bool | None = where("ended_at", operator="null")


@dataclass(frozen=True, slots=True, kw_only=True)
class PayerContractFilter(Filter):
    payer_id: UUID | None = where("payer_id")
    payer_ids: list[UUID] | None = where("payer_id", operator="in")
    claim_type: ClaimType | None = where("claim_type")


@dataclass(frozen=True, slots=True, kw_only=True)
class ByContract(Filter):
    contract_id: UUID | None = where("contract_id")
    contract_ids: list[UUID] | None = where("contract_id", operator="in")
    revision: int | None = where("revision")


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentVarianceFilter(Filter):
    claim_id: UUID | None = where("claim_id")
    payer_id: UUID | None = where("payer_id")
    contract_id: UUID | None = where("contract_id")
    verdict: VarianceVerdict | None = where("verdict")
    adjudication_id: UUID | None = where("adjudication_id")
    adjudication_ids: list[UUID] | None = where("adjudication_id", operator="in")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderpaymentFilter(Filter):
    status: UnderpaymentStatus | None = where("status")
    claim_id: UUID | None = where("claim_id")
    payer_id: UUID | None = where("payer_id")
    assigned_person_id: UUID | None = where("assigned_person_id")
    is_unassigned: bool | None = where("assigned_person_id", operator="null")
    amount_at_least_cents: int | None = where("amount_cents", operator=">=")
    found_from: dt.date | None = where("found_on", operator=">=")
    found_until: dt.date | None = where("found_on", operator="<=")
    adjudication_ids: list[UUID] | None = where("adjudication_id", operator="in")


@dataclass(frozen=True, slots=True, kw_only=True)
class ByUnderpayment(Filter):
    underpayment_id: UUID | None = where("underpayment_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFileFilter(Filter):
    purpose: FilePurpose | None = where("purpose")
    patient_id: UUID | None = where("patient_id")
    media_type: str | None = where("media_type")
    name_prefix: str | None = where("name", operator="prefix")
    is_kept: bool | None = where("deleted_at", operator="null")
    retain_until: dt.date | None = where("retain_until", operator="<=")
    object_keys: list[str] | None = where("object_key", operator="in")
    data_key_number: int | None = where("data_key_number")


@dataclass(frozen=True, slots=True, kw_only=True)
class RemittanceFilter(Filter):
    status: RemittanceStatus | None = where("status")
    sha256: bytes | None = where("sha256")


@dataclass(frozen=True, slots=True, kw_only=True)
class RemittanceTransactionFilter(Filter):
    remittance_id: UUID | None = where("remittance_id")
    ordinal: int | None = where("ordinal")
    ordinal_to: int | None = where("ordinal", operator="<=")
    has_no_payer: bool | None = where("payer_id", operator="null")
    transaction_key: bytes | None = where("transaction_key")
    status: TransactionStatus | None = where("status")
    payer_id: UUID | None = where("payer_id")
    trace_number: str | None = where("trace_number")


@dataclass(frozen=True, slots=True, kw_only=True)
class RemittanceExceptionFilter(Filter):
    status: ExceptionStatus | None = where("status")
    kind: ExceptionKind | None = where("kind")
    transaction_id: UUID | None = where("transaction_id")
    claim_id: UUID | None = where("claim_id")
    claim_ids: list[UUID] | None = where("claim_id", operator="in")
    patient_control_number: str | None = where("patient_control_number")
    kinds: list[ExceptionKind] | None = where("kind", operator="in")
    transaction_ids: list[UUID] | None = where("transaction_id", operator="in")
    patient_control_numbers: list[str] | None = where("patient_control_number", operator="in")


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjudicationFilter(Filter):
    claim_id: UUID | None = where("claim_id")
    transaction_id: UUID | None = where("transaction_id")
    payer_id: UUID | None = where("payer_id")
    claim_ids: list[UUID] | None = where("claim_id", operator="in")
    transaction_ids: list[UUID] | None = where("transaction_id", operator="in")
    payer_claim_numbers: list[str] | None = where("payer_claim_number", operator="in")


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerFilter(Filter):
    claim_id: UUID | None = where("claim_id")
    claim_ids: list[UUID] | None = where("claim_id", operator="in")
    transaction_id: UUID | None = where("transaction_id")
    source_id: UUID | None = where("source_id")
    kind: LedgerKind | None = where("kind")
    effective_from: dt.date | None = where("effective_on", operator=">=")
    effective_until: dt.date | None = where("effective_on", operator="<=")


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientPaymentFilter(Filter):
    patient_id: UUID | None = where("patient_id")
    status: PatientPaymentStatus | None = where("status")


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOffFilter(Filter):
    claim_id: UUID | None = where("claim_id")
    status: WriteOffStatus | None = where("status")


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundFilter(Filter):
    claim_id: UUID | None = where("claim_id")
    patient_payment_id: UUID | None = where("patient_payment_id")
    status: RefundStatus | None = where("status")


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualRemittanceFilter(Filter):
    status: ManualRemittanceStatus | None = where("status")
    payer_id: UUID | None = where("payer_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientStatementFilter(Filter):
    patient_id: UUID | None = where("patient_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class BankLineFilter(Filter):
    status: BankLineStatus | None = where("status")
    account: str | None = where("account")
    booked_from: dt.date | None = where("booked_on", operator=">=")
    booked_until: dt.date | None = where("booked_on", operator="<=")
    line_keys: list[bytes] | None = where("line_key", operator="in")


@dataclass(frozen=True, slots=True, kw_only=True)
class CashItemFilter(Filter):
    status: CashStatus | None = where("status")
    kind: CashKind | None = where("kind")
    source_id: UUID | None = where("source_id")
    source_ids: list[UUID] | None = where("source_id", operator="in")
    bank_line_id: UUID | None = where("bank_line_id")
    expected_from: dt.date | None = where("expected_on", operator=">=")
    expected_until: dt.date | None = where("expected_on", operator="<=")
    ids: list[UUID] | None = where("id", operator="in")
    reverses_ids: list[UUID] | None = where("reverses_id", operator="in")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderAdjustmentFilter(Filter):
    transaction_id: UUID | None = where("transaction_id")
    payer_key: str | None = where("payer_key")
    payee_key: str | None = where("payee_key")
    reference: str | None = where("reference")


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


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureInputFilter(Filter):
    kind: FigureInputKind | None = where("kind")
    month_from: dt.date | None = where("month", operator=">=")
    month_until: dt.date | None = where("month", operator="<=")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalFilter(Filter):
    status: ApprovalStatus | None = where("status")
    kind: ApprovalKind | None = where("kind")
    kinds: list[ApprovalKind] | None = where("kind", operator="in")
    entity: str | None = where("entity")
    entity_id: UUID | None = where("entity_id")
    requested_by: UUID | None = where("requested_by")
    expires_from: dt.datetime | None = where("expires_at", operator=">=")
    expires_until: dt.datetime | None = where("expires_at", operator="<=")
    left_to: UUID | None = beyond()


@dataclass(frozen=True, slots=True, kw_only=True)
class ByItem(Filter):
    entity: str | None = where("entity")
    entity_id: UUID | None = where("entity_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class ByApproval(Filter):
    approval_id: UUID | None = where("approval_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalThresholdFilter(Filter):
    kind: ApprovalKind | None = where("kind")


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyAccessFilter(Filter):
    person_id: UUID | None = where("person_id")
    is_unreviewed: bool | None = where("reviewed_at", operator="null")
    review_due_until: dt.datetime | None = where("review_due_at", operator="<=")


@dataclass(frozen=True, slots=True, kw_only=True)
class ByEmergencyAccess(Filter):
    access_id: UUID | None = where("access_id")


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
