"""The words of contracts with payers, and of what they pay less than they should."""

from enum import StrEnum


class TermBasis(StrEnum):
    """How a term prices a service.

    PERCENT_OF_SCHEDULE: so much of the price in a fee schedule, for each unit.
    PERCENT_OF_CHARGE: so much of what was charged.
    FIXED: an amount for each unit.
    CASE_RATE: an amount for the whole claim, whatever was done, but for what is carved out.
    """

    PERCENT_OF_SCHEDULE = "percent_of_schedule"
    PERCENT_OF_CHARGE = "percent_of_charge"
    FIXED = "fixed"
    CASE_RATE = "case_rate"


class VarianceVerdict(StrEnum):
    """What a payment is, held against the contract.

    NO_DATA: what the contract pays for it cannot be said; never taken for zero.
    REVERSED: the payer took the payment back, so that there is nothing to compare any more.
    """

    AS_EXPECTED = "as_expected"
    UNDERPAID = "underpaid"
    OVERPAID = "overpaid"
    NO_DATA = "no_data"
    REVERSED = "reversed"


class UnderpaymentStatus(StrEnum):
    OPEN = "open"
    RESOLVED = "resolved"
    SUPERSEDED = "superseded"


class UnderpaymentResolution(StrEnum):
    """What became of an underpayment that was worked."""

    RECOVERED = "recovered"
    PARTLY_RECOVERED = "partly_recovered"
    PAYER_WAS_RIGHT = "payer_was_right"
    GIVEN_UP = "given_up"
