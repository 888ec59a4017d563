"""The words of the revenue cycle."""

from enum import StrEnum


class PayerType(StrEnum):
    COMMERCIAL = "commercial"
    MEDICARE = "medicare"
    MEDICAID = "medicaid"
    TRICARE = "tricare"
    WORKERS_COMP = "workers_comp"
    SELF_PAY = "self_pay"
    OTHER = "other"


class SubmissionMethod(StrEnum):
    ELECTRONIC = "electronic"
    PAPER = "paper"
    CLEARINGHOUSE = "clearinghouse"
    PORTAL = "portal"


class ClaimType(StrEnum):
    PROFESSIONAL = "professional"
    INSTITUTIONAL = "institutional"
    PHARMACY = "pharmacy"
    DENTAL = "dental"
    VISION = "vision"


class ClaimStatus(StrEnum):
    """Where a claim stands on its way out; what the payer decided is an axis of its own."""

    DRAFT = "draft"
    READY_TO_SUBMIT = "ready_to_submit"
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    VOIDED = "voided"


class BatchStatus(StrEnum):
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"


class AcknowledgementOutcome(StrEnum):
    """What a clearinghouse or payer said of a claim it was sent; a rejection is no denial."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"


class RemittanceStatus(StrEnum):
    """A file: kept and scanned, being posted, or gone through to its end."""

    RECEIVED = "received"
    POSTING = "posting"
    PROCESSED = "processed"


class TransactionStatus(StrEnum):
    """One ST of a file."""

    RECEIVED = "received"
    POSTED = "posted"
    UNBALANCED = "unbalanced"
    DUPLICATE = "duplicate"
    IN_REVIEW = "in_review"
    DISMISSED = "dismissed"


class ExceptionKind(StrEnum):
    """Why a claim of a remittance was not posted by itself."""

    UNMATCHED = "unmatched"
    AMBIGUOUS = "ambiguous"
    PAYER_MISMATCH = "payer_mismatch"
    CLAIM_NOT_SUBMITTED = "claim_not_submitted"
    UNBALANCED = "unbalanced"
    UNREADABLE = "unreadable"
    REVERSAL_UNMATCHED = "reversal_unmatched"
    EXCEEDS_CLAIM_CHARGE = "exceeds_claim_charge"
    NOT_OUR_CLAIM = "not_our_claim"
    UNKNOWN_STATUS = "unknown_status"


class ExceptionStatus(StrEnum):
    OPEN = "open"
    RELEASE_REQUESTED = "release_requested"
    POSTED = "posted"
    REJECTED = "rejected"
    RETURNED = "returned"
    SUPERSEDED = "superseded"


class AdjudicationOutcome(StrEnum):
    """What was decided about a line or about a claim, as far as one CLP says.

    PAID: money was paid and nothing was refused.
    PARTIALLY_PAID: money was paid and something was refused: a line, or a part of one.
    DENIED: nothing was paid and all of it was refused.
    PARTIALLY_DENIED: nothing was paid; some lines were refused, others not (deductible, contract).
    ZERO_PAID: nothing was paid and nothing refused: fee schedule, capitation, deductible, or what
        an earlier payer paid.
    REVERSED: CLP02 22, an earlier decision is taken back.
    PREDETERMINATION: CLP02 25, a price and no decision.
    NOT_OURS: CLP02 23, passed on to the right payer without a decision.
    """

    PAID = "paid"
    PARTIALLY_PAID = "partially_paid"
    DENIED = "denied"
    PARTIALLY_DENIED = "partially_denied"
    ZERO_PAID = "zero_paid"
    REVERSED = "reversed"
    PREDETERMINATION = "predetermination"
    NOT_OURS = "not_ours"


class AdjudicationStatus(StrEnum):
    """What the payers have decided about a claim so far; an axis apart from its lifecycle.

    Judged by the current decisions of all payers (not reversed, not superseded):

    NOT_ADJUDICATED: none, and none was reversed.
    REVERSED: none, and at least one was reversed; the correction is still to come.
    DENIED: nothing is paid and every decision is a full denial.
    PARTIALLY_DENIED: nothing is paid and some of it was denied.
    ZERO_PAID: nothing is paid and nothing was denied.
    PARTIALLY_PAID: something is paid and the payers still owe (another payer to come, or denials).
    PAID: something is paid and the insurance balance is 0, or a credit.
    """

    NOT_ADJUDICATED = "not_adjudicated"
    REVERSED = "reversed"
    DENIED = "denied"
    PARTIALLY_DENIED = "partially_denied"
    ZERO_PAID = "zero_paid"
    PARTIALLY_PAID = "partially_paid"
    PAID = "paid"


class AdjustmentLevel(StrEnum):
    CLAIM = "claim"
    LINE = "line"


class LedgerAccount(StrEnum):
    """What a ledger entry moves money between. Assets and expenses are debited to grow.

    CASH_EXPECTED: received by what payers, patients and the company's own papers say; it is CASH
    once a line of the bank is matched to it.
    """

    CASH_EXPECTED = "cash_expected"
    DEPOSIT_CLEARING = "deposit_clearing"
    INSURANCE_RECEIVABLE = "insurance_receivable"
    PATIENT_RECEIVABLE = "patient_receivable"
    REVENUE = "revenue"
    WRITE_OFF = "write_off"
    PROVIDER_ADJUSTMENT = "provider_adjustment"
    UNAPPLIED_CASH = "unapplied_cash"
    REFUND_PAYABLE = "refund_payable"
    PATIENT_UNAPPLIED = "patient_unapplied"
    COMPANY_WRITE_OFF = "company_write_off"
    CASH = "cash"


class LedgerKind(StrEnum):
    """Why money moved; each kind has one debit and one credit account (``LEDGER_ACCOUNTS``)."""

    CHARGE = "charge"
    DEPOSIT = "deposit"
    PAYMENT = "payment"
    WRITE_OFF = "write_off"
    PATIENT_TRANSFER = "patient_transfer"
    PROVIDER_ADJUSTMENT = "provider_adjustment"
    UNAPPLIED = "unapplied"
    RETURN = "return"
    PATIENT_RECEIPT = "patient_receipt"
    PATIENT_PAYMENT = "patient_payment"
    PATIENT_REFUND = "patient_refund"
    PAYER_REFUND = "payer_refund"
    PATIENT_WRITE_OFF = "patient_write_off"
    INSURANCE_WRITE_OFF = "insurance_write_off"
    REFUND_PAID = "refund_paid"
    PAYER_REFUND_BOOKED = "payer_refund_booked"
    REFUND_RECOUPED = "refund_recouped"
    BANKED = "banked"


LEDGER_ACCOUNTS: dict[LedgerKind, tuple[LedgerAccount, LedgerAccount]] = {
    LedgerKind.CHARGE: (LedgerAccount.INSURANCE_RECEIVABLE, LedgerAccount.REVENUE),
    LedgerKind.DEPOSIT: (LedgerAccount.CASH_EXPECTED, LedgerAccount.DEPOSIT_CLEARING),
    LedgerKind.PAYMENT: (LedgerAccount.DEPOSIT_CLEARING, LedgerAccount.INSURANCE_RECEIVABLE),
    LedgerKind.WRITE_OFF: (LedgerAccount.WRITE_OFF, LedgerAccount.INSURANCE_RECEIVABLE),
    LedgerKind.PATIENT_TRANSFER: (
        LedgerAccount.PATIENT_RECEIVABLE,
        LedgerAccount.INSURANCE_RECEIVABLE,
    ),
    LedgerKind.PROVIDER_ADJUSTMENT: (
        LedgerAccount.PROVIDER_ADJUSTMENT,
        LedgerAccount.DEPOSIT_CLEARING,
    ),
    LedgerKind.UNAPPLIED: (LedgerAccount.DEPOSIT_CLEARING, LedgerAccount.UNAPPLIED_CASH),
    LedgerKind.RETURN: (LedgerAccount.UNAPPLIED_CASH, LedgerAccount.REFUND_PAYABLE),
    LedgerKind.PATIENT_RECEIPT: (LedgerAccount.CASH_EXPECTED, LedgerAccount.PATIENT_UNAPPLIED),
    LedgerKind.PATIENT_PAYMENT: (LedgerAccount.PATIENT_UNAPPLIED, LedgerAccount.PATIENT_RECEIVABLE),
    LedgerKind.PATIENT_REFUND: (LedgerAccount.PATIENT_UNAPPLIED, LedgerAccount.REFUND_PAYABLE),
    LedgerKind.PAYER_REFUND: (LedgerAccount.INSURANCE_RECEIVABLE, LedgerAccount.REFUND_PAYABLE),
    LedgerKind.PATIENT_WRITE_OFF: (
        LedgerAccount.COMPANY_WRITE_OFF,
        LedgerAccount.PATIENT_RECEIVABLE,
    ),
    LedgerKind.INSURANCE_WRITE_OFF: (
        LedgerAccount.COMPANY_WRITE_OFF,
        LedgerAccount.INSURANCE_RECEIVABLE,
    ),
    LedgerKind.REFUND_PAID: (LedgerAccount.REFUND_PAYABLE, LedgerAccount.CASH_EXPECTED),
    LedgerKind.PAYER_REFUND_BOOKED: (
        LedgerAccount.PROVIDER_ADJUSTMENT,
        LedgerAccount.INSURANCE_RECEIVABLE,
    ),
    LedgerKind.REFUND_RECOUPED: (LedgerAccount.REFUND_PAYABLE, LedgerAccount.PROVIDER_ADJUSTMENT),
    LedgerKind.BANKED: (LedgerAccount.CASH, LedgerAccount.CASH_EXPECTED),
}
"""Debit and credit account of each kind; an entry moves ``amount_cents`` (negative: back)."""


class DenialStatus(StrEnum):
    OPEN = "open"
    RESOLVED = "resolved"
    SUPERSEDED = "superseded"
