"""The words of what claims say beside their parties. The values of codes are those of X12's
guides."""

from enum import StrEnum


class ClaimFrequency(StrEnum):
    """What a claim is to its payer (CLM05-3): the first of its services, or instead of another."""

    ORIGINAL = "1"
    CORRECTED = "7"
    VOID = "8"


class InterimBill(StrEnum):
    """Which part of a stay a bill is for (CLM05-3, the last digit of the type of bill)."""

    FIRST = "2"
    CONTINUING = "3"
    LAST = "4"


class AccidentCause(StrEnum):
    """CLM11."""

    AUTOMOBILE = "AA"
    EMPLOYMENT = "EM"
    OTHER = "OA"


class MedicareAssignment(StrEnum):
    """Whether the provider takes the payer's allowance as the price (CLM07)."""

    ASSIGNED = "A"
    CLINICAL_LABORATORY_ONLY = "B"
    NOT_ASSIGNED = "C"


class BenefitAssignment(StrEnum):
    """Whether the subscriber has the payer pay the provider (CLM08)."""

    YES = "Y"
    NO = "N"
    NOT_APPLICABLE = "W"


class ReleaseOfInformation(StrEnum):
    """Whether the patient agreed to what the claim tells (CLM09)."""

    SIGNED = "Y"
    BY_LAW = "I"


class DelayReason(StrEnum):
    """Why the claim comes late (CLM20)."""

    PROOF_OF_ELIGIBILITY = "1"
    LITIGATION = "2"
    AUTHORIZATION = "3"
    CERTIFICATION = "4"
    FORMS = "5"
    CUSTOM_MADE_APPLIANCES = "6"
    THIRD_PARTY = "7"
    ELIGIBILITY_DETERMINATION = "8"
    ORIGINAL_REJECTED = "9"
    ADMINISTRATION = "10"
    OTHER = "11"
    NATURAL_DISASTER = "15"


class PresentOnAdmission(StrEnum):
    YES = "Y"
    NO = "N"
    UNKNOWN = "U"
    UNDETERMINED = "W"


class ServiceUnit(StrEnum):
    """What the units of a line count."""

    UNITS = "UN"
    MINUTES = "MJ"
    DAYS = "DA"


class DrugUnit(StrEnum):
    """What a drug is measured in (CTP05)."""

    INTERNATIONAL_UNITS = "F2"
    GRAMS = "GR"
    MILLIGRAMS = "ME"
    MILLILITRES = "ML"
    UNITS = "UN"
