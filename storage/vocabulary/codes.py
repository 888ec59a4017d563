"""The words of code tables."""

from enum import StrEnum


class CodeKind(StrEnum):
    """What a table that a company loads is about.

    DIAGNOSES: ICD-10-CM. PROCEDURES: CPT and HCPCS level II. MODIFIERS: of procedures.
    REVENUE_CODES: NUBC. TAXONOMIES: NUCC. ADJUSTMENT_REASONS and REMARKS: the wording of CARC and
    RARC. PROCEDURE_PAIRS and UNIT_LIMITS: NCCI's procedure-to-procedure edits and medically
    unlikely edits. AUTHORIZATIONS: the procedures for which one payer wants an authorization.
    FEES: a fee schedule, by its name.
    """

    DIAGNOSES = "diagnoses"
    PROCEDURES = "procedures"
    MODIFIERS = "modifiers"
    REVENUE_CODES = "revenue_codes"
    TAXONOMIES = "taxonomies"
    ADJUSTMENT_REASONS = "adjustment_reasons"
    REMARKS = "remarks"
    PROCEDURE_PAIRS = "procedure_pairs"
    UNIT_LIMITS = "unit_limits"
    AUTHORIZATIONS = "authorizations"
    FEES = "fees"


CHARGES = "charges"
"""The fee schedule that a company makes its own charges from."""
