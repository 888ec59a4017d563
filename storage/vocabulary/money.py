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
    """APPROVED: owed, and not paid out yet. RECOUPED: the payer took it itself."""

    REQUESTED = "requested"
    APPROVED = "approved"
    PAID = "paid"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    RECOUPED = "recouped"


class TakebackKind(StrEnum):
    """How a payer's own books show what it got back, or was to get.

    BOOKED: it took its decision back, and PLB returned what the refund had paid or will pay.
    RECALLED: it took its decision back, and with it the money, before the refund was paid out.
    RECOUPED: PLB took the money before the refund was paid out.
    """

    BOOKED = "booked"
    RECALLED = "recalled"
    RECOUPED = "recouped"


class TakebackStatus(StrEnum):
    """PROPOSED: it is like the refund and not exactly so; a person decides. WITHDRAWN: what came
    later says otherwise."""

    PROPOSED = "proposed"
    SETTLED = "settled"
    DISMISSED = "dismissed"
    WITHDRAWN = "withdrawn"


class StatementRunStatus(StrEnum):
    ASKED = "asked"
    DONE = "done"


class StatementOutcome(StrEnum):
    """What a run of statements makes of a patient who owes something, or would make of them.

    WITH_INSURERS: an insurer still owes, or is owed, on what they owe. IN_DENIAL: what they owe was
    refused, and nobody has decided that it is theirs. BELOW_MINIMUM and STATED_LATELY: by what the
    company has set.
    """

    STATED = "stated"
    WITH_INSURERS = "with_insurers"
    IN_DENIAL = "in_denial"
    BELOW_MINIMUM = "below_minimum"
    STATED_LATELY = "stated_lately"


class CashKind(StrEnum):
    """What brings money to the bank, or takes it from there."""

    REMITTANCE = "remittance"
    PATIENT_PAYMENT = "patient_payment"
    REFUND = "refund"
    REVERSAL = "reversal"
    """The going back of what had been deposited: a bounced check."""


class CashStatus(StrEnum):
    """CANCELLED: taken back before it was deposited, so that the bank will never show it."""

    EXPECTED = "expected"
    DEPOSITED = "deposited"
    CANCELLED = "cancelled"


class BankLineStatus(StrEnum):
    """SET_ASIDE: none of what is kept here: the bank's own fees and interest, other business."""

    OPEN = "open"
    MATCHED = "matched"
    SET_ASIDE = "set_aside"


class ManualRemittanceStatus(StrEnum):
    """HANDED_IN: it became a remittance, and what becomes of that says the remittance itself."""

    DRAFT = "draft"
    HANDED_IN = "handed_in"
    REVERSED = "reversed"
    DISCARDED = "discarded"
