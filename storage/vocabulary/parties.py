"""The words for who stands on a claim. The values of codes are those of X12's guides."""

from enum import StrEnum


class PartyKind(StrEnum):
    PERSON = "person"
    ORGANIZATION = "organization"


class TaxIdentifierKind(StrEnum):
    """An employer identification number, or a person's social security number."""

    EIN = "ein"
    SSN = "ssn"


class Sex(StrEnum):
    """DMG03."""

    FEMALE = "F"
    MALE = "M"
    UNKNOWN = "U"


class Relationship(StrEnum):
    """What the patient is to the subscriber (SBR02, PAT01)."""

    SELF = "18"
    SPOUSE = "01"
    CHILD = "19"
    EMPLOYEE = "20"
    UNKNOWN = "21"
    ORGAN_DONOR = "39"
    CADAVER_DONOR = "40"
    LIFE_PARTNER = "53"
    OTHER = "G8"


class FilingIndicator(StrEnum):
    """What kind of insurance a coverage is (SBR09)."""

    COMMERCIAL = "CI"
    BLUE_CROSS_BLUE_SHIELD = "BL"
    MEDICARE_PART_A = "MA"
    MEDICARE_PART_B = "MB"
    MEDICAID = "MC"
    CHAMPUS = "CH"
    PREFERRED_PROVIDER_ORGANIZATION = "12"
    POINT_OF_SERVICE = "13"
    EXCLUSIVE_PROVIDER_ORGANIZATION = "14"
    INDEMNITY = "15"
    HMO_MEDICARE_RISK = "16"
    DENTAL_MAINTENANCE_ORGANIZATION = "17"
    HEALTH_MAINTENANCE_ORGANIZATION = "HM"
    OTHER_NON_FEDERAL = "11"
    OTHER_FEDERAL = "OF"
    FEDERAL_EMPLOYEES = "FI"
    VETERANS_AFFAIRS = "VA"
    DISABILITY = "DS"
    AUTOMOBILE_MEDICAL = "AM"
    LIABILITY_MEDICAL = "LM"
    TITLE_V = "TV"
    WORKERS_COMPENSATION = "WC"
    UNKNOWN = "ZZ"


class InsuranceType(StrEnum):
    """Why Medicare is not the first to pay, where it is not (SBR05)."""

    WORKING_AGED = "12"
    END_STAGE_RENAL_DISEASE = "13"
    NO_FAULT = "14"
    WORKERS_COMPENSATION = "15"
    PUBLIC_HEALTH_SERVICE = "16"
    BLACK_LUNG = "41"
    VETERANS_AFFAIRS = "42"
    DISABLED_UNDER_65 = "43"
    OTHER_LIABILITY = "47"
