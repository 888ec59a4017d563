"""The words of the figures."""

from enum import StrEnum


class Measure(StrEnum):
    """What is counted, each by the declaration of its own name in
    ``storage.postgres.figure_measures``: how many rows, and the sum of an amount of theirs."""

    SCRUBBED = "scrubbed"
    CLEAN = "clean"
    NEVER_SCRUBBED = "never_scrubbed"
    SUBMITTED = "submitted"
    TURNED_AWAY = "turned_away"
    VOIDED = "voided"
    DECIDED = "decided"
    FIRST_PASS = "first_pass"  # noqa: S105 -- of a claim
    INITIALLY_DENIED = "initially_denied"
    SETTLED_CASH = "settled_cash"
    SETTLED_REVENUE = "settled_revenue"
    UNSETTLED = "unsettled"
    INSURANCE_BY_SERVICE = "insurance_by_service"
    INSURANCE_BY_BILL = "insurance_by_bill"
    INSURANCE_CREDITS = "insurance_credits"
    INSURANCE_CREDITS_BY_BILL = "insurance_credits_by_bill"
    PATIENT_BY_SERVICE = "patient_by_service"
    PATIENT_BY_BILL = "patient_by_bill"
    PATIENT_CREDITS = "patient_credits"
    PATIENT_CREDITS_BY_BILL = "patient_credits_by_bill"
    NET_REVENUE = "net_revenue"
    RECEIVABLE = "receivable"
    PAYER_CASH = "payer_cash"
    PATIENT_CASH = "patient_cash"
    POINT_OF_SERVICE_CASH = "point_of_service_cash"
    CASH_OF_NO_CLAIM = "cash_of_no_claim"
    PRIMARY_REMITS = "primary_remits"
    ZERO_REMITS = "zero_remits"
    DUPLICATE_REMITS = "duplicate_remits"
    REVERSALS = "reversals"
    DENIAL_WRITE_OFFS = "denial_write_offs"
    APPEALS_DECIDED = "appeals_decided"
    APPEALS_WON = "appeals_won"
    APPEALS_FILED = "appeals_filed"
    APPEALS_WITHOUT_DENIAL = "appeals_without_denial"
    DENIALS_RESOLVED = "denials_resolved"
    DENIALS_SUPERSEDED = "denials_superseded"


class FigureDimension(StrEnum):
    """By what figures can be told apart: the claim's primary payer, its rendering provider, the
    facility where it was rendered, or the month of the day that a measure counts by."""

    PAYER = "payer"
    PROVIDER = "provider"
    LOCATION = "location"
    MONTH = "month"


class AgingBasis(StrEnum):
    """Whose money is aged: the payers' or the patients'."""

    INSURANCE = "insurance"
    PATIENT = "patient"


class AgedFrom(StrEnum):
    """The day that an age begins on."""

    SERVICE_DATE = "service_date"
    LAST_BILL_DATE = "last_bill_date"


class AgingBucket(StrEnum):
    """How old: days from the day that the age begins on until today."""

    DAYS_0_TO_30 = "0-30"
    DAYS_31_TO_60 = "31-60"
    DAYS_61_TO_90 = "61-90"
    DAYS_91_TO_120 = "91-120"
    DAYS_OVER_120 = ">120"


class FigureInputKind(StrEnum):
    """What figures need that is in no claim: entered by month.

    REVENUE_CYCLE_COST: all that billing and collecting cost, people and systems included.
    POINT_OF_SERVICE_CASH: what patients paid at or before their visit, as far as the program does
        not know it by itself.
    SELF_PAY_CASH: what patients paid altogether, as far as the program does not know it by itself.
    """

    REVENUE_CYCLE_COST = "revenue_cycle_cost"
    POINT_OF_SERVICE_CASH = "point_of_service_cash"
    SELF_PAY_CASH = "self_pay_cash"
