"""What an 835 says, as values: the vocabulary that the reader yields and the rules consume.

Source of the element names: ASC X12N 005010X221A1. Every amount is a whole number of cents
with the sign that stands in the file; positions count the segments of the file from 1 (ISA is 1).
"""

from __future__ import annotations

import datetime as dt

import msgspec

from services.claims.x12.file_model import FATAL_ANOMALIES, Anomaly, AnomalyKind, FileEnd

__all__ = [
    "FATAL_ANOMALIES",
    "Adjustment",
    "Anomaly",
    "AnomalyKind",
    "FileEnd",
    "ProviderAdjustment",
    "RemittanceClaim",
    "RemittanceEvent",
    "RemittanceLine",
    "TransactionEnd",
    "TransactionHeader",
]


class Adjustment(msgspec.Struct, frozen=True, gc=False):
    """One reason and amount of a CAS segment; positive reduces the payment."""

    group: str  # CAS01: CO, OA, PI or PR
    reason: str  # CAS02, 05, 08, 11, 14 or 17: a claim adjustment reason code
    amount_cents: int
    quantity: str | None = None


class RemittanceLine(msgspec.Struct, frozen=True, gc=False):
    """One SVC loop (2110)."""

    position: int
    procedure_code: str  # SVC01-2; empty when the segment names none
    modifiers: tuple[str, ...]
    charge_cents: int  # SVC02
    paid_cents: int  # SVC03
    procedure_qualifier: str | None = None  # SVC01-1
    revenue_code: str | None = None  # SVC04
    paid_units: str | None = None  # SVC05
    submitted_procedure_code: str | None = None  # SVC06-2, when the payer recoded the line
    submitted_units: str | None = None  # SVC07
    service_from: dt.date | None = None  # DTM 472 or 150
    service_to: dt.date | None = None  # DTM 472 or 151
    line_control_number: str | None = None  # REF*6R
    allowed_cents: int | None = None  # AMT*B6, information only
    remark_codes: tuple[str, ...] = ()  # LQ*HE
    adjustments: tuple[Adjustment, ...] = ()


class RemittanceClaim(msgspec.Struct, frozen=True, gc=False):
    """One CLP loop (2100) with its lines."""

    position: int
    ordinal: int  # 1 for the first claim of its transaction
    patient_control_number: str  # CLP01
    status_code: str  # CLP02
    charge_cents: int  # CLP03
    paid_cents: int  # CLP04
    patient_responsibility_cents: int | None = None  # CLP05
    filing_indicator: str | None = None  # CLP06
    payer_claim_number: str | None = None  # CLP07
    facility_code: str | None = None  # CLP08
    frequency_code: str | None = None  # CLP09
    original_reference: str | None = None  # REF*F8
    patient_last_name: str | None = None  # NM1*QC
    patient_first_name: str | None = None
    member_id: str | None = None  # NM1*QC, or NM1*IL where the patient has none
    service_from: dt.date | None = None  # DTM 232
    service_to: dt.date | None = None  # DTM 233
    received_on: dt.date | None = None  # DTM 050
    remark_codes: tuple[str, ...] = ()  # MIA and MOA
    adjustments: tuple[Adjustment, ...] = ()  # claim level only
    lines: tuple[RemittanceLine, ...] = ()


class ProviderAdjustment(msgspec.Struct, frozen=True, gc=False):
    """One reason and amount of a PLB segment; positive reduces the deposit."""

    position: int
    provider_identifier: str  # PLB01
    fiscal_period_end: dt.date | None  # PLB02
    reason: str  # PLB03-1
    reference: str | None  # PLB03-2
    amount_cents: int


class TransactionHeader(msgspec.Struct, frozen=True, gc=False):
    """What stands before the claims of an ST: who paid whom, how much, when, by which trace."""

    position: int  # of the ST
    ordinal: int  # 1 for the first ST of the file
    control_number: str  # ST02
    handling_code: str | None = None  # BPR01
    payment_cents: int = 0  # BPR02, negative when BPR03 says D
    payment_method: str | None = None  # BPR04
    payment_date: dt.date | None = None  # BPR16
    trace_number: str | None = None  # TRN02
    payer_trace_identifier: str | None = None  # TRN03
    production_date: dt.date | None = None  # DTM 405
    payer_name: str | None = None  # N1*PR
    payer_identifier: str | None = None  # N1*PR, N104
    payer_additional_identifier: str | None = None  # REF*2U
    payee_name: str | None = None  # N1*PE
    payee_qualifier: str | None = None  # N103: XX for an NPI, FI for a tax number
    payee_identifier: str | None = None  # N104
    payee_tax_identifier: str | None = None  # REF*TJ


class TransactionEnd(msgspec.Struct, frozen=True, gc=False):
    """The sums of one ST and the hash of what it says.

    ``content_sha256`` covers the segments between ST and SE in a canonical form that knows no
    delimiters, line breaks or trailing empty elements, so the same transaction in another envelope
    has the same hash.
    """

    position: int  # of the SE
    segment_count: int  # as counted, ST and SE included
    claim_count: int
    line_count: int
    charge_cents: int
    paid_cents: int
    provider_adjustment_cents: int
    has_reversals: bool
    content_sha256: bytes


RemittanceEvent = (
    TransactionHeader | RemittanceClaim | ProviderAdjustment | TransactionEnd | Anomaly | FileEnd
)
