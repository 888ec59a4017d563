"""The payers that a new company may start with."""

from storage.tables.claims import PayerFields
from storage.vocabulary.claims import PayerType

FIRST_PAYERS = tuple(
    PayerFields(
        name=name,
        payer_identifier=identifier,
        type=payer_type,
        timely_filing_limit_days=filing_days,
    )
    for name, identifier, payer_type, filing_days in (
        ("Medicare", "MEDICARE", PayerType.MEDICARE, 365),
        ("Medicaid", "MEDICAID", PayerType.MEDICAID, 180),
        ("Blue Cross Blue Shield", "BCBS", PayerType.COMMERCIAL, 90),
        ("United Healthcare", "UHC", PayerType.COMMERCIAL, 90),
        ("Aetna", "AETNA", PayerType.COMMERCIAL, 120),
    )
)
"""The five that every company of the original system began with."""
