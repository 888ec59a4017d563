"""What TA1, 999 and 277CA say, as values: what the reader yields and the decisions consume.

Sources of the element names: ASC X12.5 (TA1), X12C 005010X231A1 (999), X12N 005010X214 (277CA).
Amounts are whole cents, positions count the segments of the file from 1 (ISA is 1). A copy of bad
data and a free text may name a patient: they are for the screen, never for a log.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

import msgspec

from services.claims.x12.file_model import Anomaly, FileEnd


class InterchangeAcknowledgement(msgspec.Struct, frozen=True, gc=False):
    """One TA1: whether the envelope of an interchange that we sent could be read."""

    position: int
    interchange_control_number: str  # TA101: the ISA13 that we sent
    interchange_date: str  # TA102, YYMMDD as it stands
    interchange_time: str  # TA103
    decision_code: str  # TA104: A, E or R
    note_code: str  # TA105: 000 means no error


class Context(msgspec.Struct, frozen=True, gc=False):
    """One CTX: the business unit that an error is in, or what made a rule apply."""

    name: str  # CTX01-1: SITUATIONAL TRIGGER, or a unit such as CLM01
    reference: str | None  # CTX01-2: the unit's value, for CLM01 the patient control number
    segment_identifier: str | None  # CTX02
    segment_position: int | None  # CTX03
    loop_identifier: str | None  # CTX04


class ElementError(msgspec.Struct, frozen=True, gc=False):
    """One IK4: what is wrong with one element."""

    position: int
    element_position: int | None  # IK401-1
    component_position: int | None  # IK401-2
    repetition: int | None  # IK401-3
    reference_number: str | None  # IK402: X12 data element number
    error_code: str  # IK403
    bad_data: str | None  # IK404
    contexts: tuple[Context, ...] = ()


class SegmentError(msgspec.Struct, frozen=True, gc=False):
    """One IK3 loop: what is wrong with one segment of the set that we sent."""

    position: int
    segment_identifier: str  # IK301
    segment_position: int | None  # IK302: counted from ST, which is 1
    loop_identifier: str | None  # IK303
    error_code: str | None  # IK304
    contexts: tuple[Context, ...] = ()
    element_errors: tuple[ElementError, ...] = ()


class SetAcknowledgement(msgspec.Struct, frozen=True, gc=False):
    """One AK2 loop of a 999: the answer to one transaction set that we sent."""

    position: int
    transaction: int  # ordinal of the 999 in the file
    group_control_number: str  # AK102
    set_identifier: str  # AK201
    set_control_number: str  # AK202
    implementation: str | None  # AK203
    decision_code: str  # IK501: A, E, M, R, W or X; empty where IK5 is absent
    error_codes: tuple[str, ...] = ()  # IK502 to IK506
    segment_errors: tuple[SegmentError, ...] = ()


class GroupAcknowledgement(msgspec.Struct, frozen=True, gc=False):
    """AK1 with AK9 of a 999, after its sets: the answer to one functional group that we sent."""

    position: int
    transaction: int
    functional_identifier: str  # AK101
    group_control_number: str  # AK102
    implementation: str | None  # AK103
    decision_code: str  # AK901: A, E, M, P, R, W or X; empty where AK9 is absent
    included: int | None  # AK902
    received: int | None  # AK903
    accepted: int | None  # AK904
    error_codes: tuple[str, ...] = ()  # AK905 to AK909
    listed_sets: int = 0  # AK2 loops that came before


class StatusCode(msgspec.Struct, frozen=True, gc=False):
    """One composite of an STC: what, why, and about whom."""

    category: str  # STC01-1, such as A3
    status: str  # STC01-2, such as 21
    entity: str | None = None  # STC01-3, such as 85 (the billing provider)


class Status(msgspec.Struct, frozen=True, gc=False):
    """One STC segment."""

    codes: tuple[StatusCode, ...]  # STC01, STC10, STC11
    effective_on: dt.date | None = None  # STC02
    action: str | None = None  # STC03: WQ accepts, U rejects
    amount_cents: int | None = None  # STC04
    text: str | None = None  # STC12


class StatusLevel(StrEnum):
    """Whom a status is about; what is rejected at one level is rejected at all below."""

    SOURCE = "source"  # 2000A: who answers
    RECEIVER = "receiver"  # 2000B: who sent the claims
    PROVIDER = "provider"  # 2000C
    CLAIM = "claim"  # 2000D
    LINE = "line"  # 2220D


class PartyStatus(msgspec.Struct, frozen=True, gc=False):
    """The answer about a whole submission or all claims of a provider (2000A to 2000C)."""

    position: int
    transaction: int
    level: StatusLevel
    name: str | None = None  # NM103
    identifier_qualifier: str | None = None  # NM108
    identifier: str | None = None  # NM109
    trace_number: str | None = None  # TRN02: for the receiver the BHT03 that we sent
    received_on: dt.date | None = None  # DTP 050
    processed_on: dt.date | None = None  # DTP 009
    statuses: tuple[Status, ...] = ()
    accepted_count: int | None = None  # QTY 90 or QA
    rejected_count: int | None = None  # QTY AA or QC
    accepted_cents: int | None = None  # AMT YU
    rejected_cents: int | None = None  # AMT YY


class LineStatus(msgspec.Struct, frozen=True, gc=False):
    """One 2220D loop."""

    position: int
    procedure_code: str  # SVC01-2
    charge_cents: int | None  # SVC02
    revenue_code: str | None = None  # SVC04
    line_control_number: str | None = None  # REF*FJ
    service_from: dt.date | None = None
    service_to: dt.date | None = None
    statuses: tuple[Status, ...] = ()


class ClaimAcknowledgement(msgspec.Struct, frozen=True, gc=False):
    """One 2000D loop of a 277CA, with the answers that stand above it."""

    position: int
    transaction: int
    ordinal: int  # 1 for the first claim of its transaction
    patient_control_number: str  # TRN02
    payer_claim_number: str | None = None  # REF*1K
    clearinghouse_trace_number: str | None = None  # REF*D9
    bill_type: str | None = None  # REF*BLT
    patient_last_name: str | None = None
    patient_first_name: str | None = None
    member_id: str | None = None
    service_from: dt.date | None = None  # DTP 472
    service_to: dt.date | None = None
    statuses: tuple[Status, ...] = ()
    lines: tuple[LineStatus, ...] = ()
    receiver: PartyStatus | None = None
    provider: PartyStatus | None = None


class StatusReport(msgspec.Struct, frozen=True, gc=False):
    """ST and BHT of one 277CA, before its levels."""

    position: int
    transaction: int
    control_number: str  # ST02
    reference: str | None  # BHT03: the answering side's own
    created_on: dt.date | None  # BHT04


AcknowledgementEvent = (
    InterchangeAcknowledgement
    | SetAcknowledgement
    | GroupAcknowledgement
    | StatusReport
    | PartyStatus
    | ClaimAcknowledgement
    | Anomaly
    | FileEnd
)
