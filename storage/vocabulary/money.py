"""The words of the money that companies move themselves: from patients, back to payers, to the
bank."""

from enum import StrEnum


class PaymentMethod(StrEnum):
    """How a patient paid."""

    CASH = "cash"
    CARD = "card"
    CHECK = "check"
    TRANSFER = "transfer"


class PatientPaymentStatus(StrEnum):
    """REVERSED: the money never came, or went back: a bounced check, a disputed card."""

    RECEIVED = "received"
    REVERSED = "reversed"


class BalanceSide(StrEnum):
    """Which of a claim's two balances is meant."""

    INSURANCE = "insurance"
    PATIENT = "patient"


class WriteOffStatus(StrEnum):
    REQUESTED = "requested"
    POSTED = "posted"
    REFUSED = "refused"
    REVERSED = "reversed"


class RefundStatus(StrEnum):
    """APPROVED: owed, and not paid out yet."""

    REQUESTED = "requested"
    APPROVED = "approved"
    PAID = "paid"
    REFUSED = "refused"
    CANCELLED = "cancelled"
