"""Conditions on remittances, the ledger, contracts and money beside them."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from storage.filters.conditions import Filter, where
from storage.vocabulary.claims import (
    ClaimType,
    ExceptionKind,
    ExceptionStatus,
    LedgerKind,
    RemittanceStatus,
    TransactionStatus,
)
from storage.vocabulary.contracts import UnderpaymentStatus, VarianceVerdict
from storage.vocabulary.figures import FigureInputKind
from storage.vocabulary.money import (
    BankLineStatus,
    CashKind,
    CashStatus,
    ManualRemittanceStatus,
    PatientPaymentStatus,
    RefundStatus,
    StatementOutcome,
    StatementRunStatus,
    TakebackStatus,
    WriteOffStatus,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ByRemittance(Filter):
    remittance_id: UUID | None = where("remittance_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class ByAdjudication(Filter):
    adjudication_id: UUID | None = where("adjudication_id")
    adjudication_ids: list[UUID] | None = where("adjudication_id", operator="in")


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedLineMatchFilter(Filter):
    claim_id: UUID | None = where("claim_id")
    claim_ids: list[UUID] | None = where("claim_id", operator="in")
    adjudication_line_id: UUID | None = where("adjudication_line_id")
    is_standing: bool | None = where("withdrawn_at", operator="null")


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
    statuses: list[ExceptionStatus] | None = where("status", operator="in")
    owed_at_least_cents: int | None = where("owed_cents", operator=">=")


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjudicationFilter(Filter):
    claim_id: UUID | None = where("claim_id")
    transaction_id: UUID | None = where("transaction_id")
    payer_id: UUID | None = where("payer_id")
    claim_ids: list[UUID] | None = where("claim_id", operator="in")
    transaction_ids: list[UUID] | None = where("transaction_id", operator="in")
    payer_claim_numbers: list[str] | None = where("payer_claim_number", operator="in")
    takes_nothing_back: bool | None = where("reverses_id", operator="null")


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerFilter(Filter):
    claim_id: UUID | None = where("claim_id")
    claim_ids: list[UUID] | None = where("claim_id", operator="in")
    transaction_id: UUID | None = where("transaction_id")
    source_id: UUID | None = where("source_id")
    payer_id: UUID | None = where("payer_id")
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
    ids: list[UUID] | None = where("id", operator="in")
    claim_id: UUID | None = where("claim_id")
    claim_ids: list[UUID] | None = where("claim_id", operator="in")
    patient_payment_id: UUID | None = where("patient_payment_id")
    exception_id: UUID | None = where("exception_id")
    exception_ids: list[UUID] | None = where("exception_id", operator="in")
    payer_id: UUID | None = where("payer_id")
    amounts_cents: list[int] | None = where("amount_cents", operator="in")
    status: RefundStatus | None = where("status")
    statuses: list[RefundStatus] | None = where("status", operator="in")


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundTakebackFilter(Filter):
    refund_id: UUID | None = where("refund_id")
    refund_ids: list[UUID] | None = where("refund_id", operator="in")
    claim_id: UUID | None = where("claim_id")
    provider_adjustment_ids: list[UUID] | None = where("provider_adjustment_id", operator="in")
    status: TakebackStatus | None = where("status")


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualRemittanceFilter(Filter):
    status: ManualRemittanceStatus | None = where("status")
    payer_id: UUID | None = where("payer_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientStatementFilter(Filter):
    patient_id: UUID | None = where("patient_id")
    patient_ids: list[UUID] | None = where("patient_id", operator="in")
    stated_from: dt.date | None = where("stated_on", operator=">=")


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementRunFilter(Filter):
    status: StatementRunStatus | None = where("status")
    is_dry: bool | None = where("is_dry")


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementRunItemFilter(Filter):
    run_id: UUID | None = where("run_id")
    outcome: StatementOutcome | None = where("outcome")


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
    reasons: list[str] | None = where("reason", operator="in")
    amounts_cents: list[int] | None = where("amount_cents", operator="in")


@dataclass(frozen=True, slots=True, kw_only=True)
class PayerContractFilter(Filter):
    payer_id: UUID | None = where("payer_id")
    payer_ids: list[UUID] | None = where("payer_id", operator="in")
    claim_type: ClaimType | None = where("claim_type")


@dataclass(frozen=True, slots=True, kw_only=True)
class ByContract(Filter):
    contract_id: UUID | None = where("contract_id")
    contract_ids: list[UUID] | None = where("contract_id", operator="in")
    schedule: str | None = where("schedule")
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
    due_from: dt.date | None = where("due_on", operator=">=")
    due_until: dt.date | None = where("due_on", operator="<=")
    adjudication_ids: list[UUID] | None = where("adjudication_id", operator="in")


@dataclass(frozen=True, slots=True, kw_only=True)
class ByUnderpayment(Filter):
    underpayment_id: UUID | None = where("underpayment_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureCheckFilter(Filter):
    is_under_way: bool | None = where("finished_at", operator="null")
    is_sound: bool | None = where("is_sound")


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureInputFilter(Filter):
    kind: FigureInputKind | None = where("kind")
    month_from: dt.date | None = where("month", operator=">=")
    month_until: dt.date | None = where("month", operator="<=")
