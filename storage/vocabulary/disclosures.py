"""Why protected health information may be disclosed."""

from enum import StrEnum


class DisclosureAuthority(StrEnum):
    """The rule that a disclosure went by; what follows of it says ``services.disclosures``."""

    TREATMENT_PAYMENT_OPERATIONS = "treatment_payment_operations"
    TO_THE_INDIVIDUAL = "to_the_individual"
    INCIDENTAL = "incidental"
    AUTHORIZATION = "authorization"
    INVOLVED_IN_CARE = "involved_in_care"
    NATIONAL_SECURITY = "national_security"
    CUSTODY = "custody"
    LIMITED_DATA_SET = "limited_data_set"
    REQUIRED_BY_LAW = "required_by_law"
    PUBLIC_HEALTH = "public_health"
    ABUSE_OR_NEGLECT = "abuse_or_neglect"
    HEALTH_OVERSIGHT = "health_oversight"
    JUDICIAL = "judicial"
    LAW_ENFORCEMENT = "law_enforcement"
    DECEDENT = "decedent"
    ORGAN_DONATION = "organ_donation"
    RESEARCH = "research"
    SERIOUS_THREAT = "serious_threat"
    SPECIALIZED_GOVERNMENT = "specialized_government"
    WORKERS_COMPENSATION = "workers_compensation"
    IMPERMISSIBLE = "impermissible"
