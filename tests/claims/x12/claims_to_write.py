"""Small valid claims; a test states only what matters to it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec.structs import replace

from services.claims.x12.claim_model import (
    Claim,
    Diagnosis,
    EarlierPayer,
    InstitutionalClaim,
    InstitutionalLine,
    LineAdjudication,
    ProfessionalClaim,
    ProfessionalLine,
)
from services.claims.x12.claim_writer import (
    PreparedClaimFile,
    prepare_claim_file,
    write_claim_file,
)
from services.claims.x12.party_model import (
    Address,
    BillingProvider,
    Dependent,
    OrganizationName,
    Payer,
    PersonName,
    Provider,
    Responsibility,
    Sex,
    Subscriber,
)
from services.claims.x12.remittance_model import Adjustment
from services.claims.x12.segment_list import FaultKind
from services.claims.x12.tokenizer import Segment, tokenize
from tests.claims.x12.random_claims import file_of

if TYPE_CHECKING:
    from services.claims.x12.claim_file import ClaimFile

ADDRESS = Address("1 MAIN ST", "ALBANY", "NY", "12207-1234")
PROVIDER = BillingProvider(
    name=OrganizationName("EXAMPLE CLINIC"),
    address=ADDRESS,
    tax_identifier="123456789",
    npi="1234567893",
)
SUBSCRIBER = Subscriber(
    name=PersonName("SAMPLE", "PAT"),
    member_id="MEM0001",
    responsibility=Responsibility.PRIMARY,
    filing_indicator="CI",
    address=ADDRESS,
    birth_date=dt.date(1980, 2, 29),
    sex=Sex.FEMALE,
)
PAYER = Payer(name="EXAMPLE PLAN", identifier="99999")
DEPENDENT = Dependent(
    name=PersonName("SAMPLE", "KIM"),
    relationship="19",
    address=ADDRESS,
    birth_date=dt.date(2015, 5, 5),
    sex=Sex.MALE,
)
DOCTOR = Provider(PersonName("DOE", "JO"), npi="1234567893")
LINE = ProfessionalLine(
    procedure_code="99213",
    charge_cents=10_000,
    units=Decimal(1),
    service_from=dt.date(2026, 11, 2),
    diagnosis_pointers=(1,),
)
CLAIM = ProfessionalClaim(
    patient_control_number="PCN0001",
    charge_cents=10_000,
    billing_provider=PROVIDER,
    subscriber=SUBSCRIBER,
    payer=PAYER,
    place_of_service="11",
    diagnoses=(Diagnosis("E11.9"),),
    lines=(LINE,),
)
STAY_LINE = InstitutionalLine(
    revenue_code="0120",
    procedure_code="99213",
    charge_cents=10_000,
    units=Decimal(2),
    unit="DA",
    service_from=dt.date(2026, 11, 2),
)
STAY = InstitutionalClaim(
    patient_control_number="PCN0002",
    charge_cents=10_000,
    billing_provider=PROVIDER,
    subscriber=SUBSCRIBER,
    payer=PAYER,
    facility_type="11",
    statement_from=dt.date(2026, 11, 2),
    statement_to=dt.date(2026, 11, 4),
    principal_diagnosis=Diagnosis("E11.9", "Y"),
    patient_status="01",
    admission_type="1",
    admission_source="1",
    admitted_on=dt.date(2026, 11, 2),
    attending=DOCTOR,
    lines=(STAY_LINE,),
)
PRIMARY = EarlierPayer(
    responsibility=Responsibility.PRIMARY,
    relationship="18",
    filing_indicator="MB",
    subscriber_name=PersonName("SAMPLE", "PAT"),
    member_id="MED0001",
    payer_name="FIRST PLAN",
    payer_identifier="11111",
    paid_cents=8_000,
    payer_claim_number="ICN0001",
)
ADJUDICATION = LineAdjudication(
    payer_identifier="11111",
    paid_cents=8_000,
    units=Decimal(1),
    adjudicated_on=dt.date(2026, 11, 20),
    adjustments=(Adjustment("CO", "45", 500), Adjustment("PR", "2", 1_500)),
)
SECONDARY = replace(
    CLAIM,
    subscriber=replace(SUBSCRIBER, responsibility=Responsibility.SECONDARY),
    earlier_payers=(PRIMARY,),
    lines=(replace(LINE, adjudications=(ADJUDICATION,)),),
)


def bytes_of(*claims: Claim) -> bytes:
    """The claims as one file in one set."""
    return written(file_of(claims))


def written(file: ClaimFile) -> bytes:
    """The bytes of a file that has no fault."""
    prepared = prepare_claim_file(file)
    assert prepared.faults == ()
    return b"".join(write_claim_file(file, prepared))


def segments_of(data: bytes) -> list[str]:
    """The segments as the tokenizer reads them, in usual delimiters."""
    return ["*".join(each.elements) for each in tokenize([data]) if isinstance(each, Segment)]


def claim_segments_of(*claims: Claim) -> list[str]:
    """What is written between CLM and SE, both left out of sight but CLM."""
    segments = segments_of(bytes_of(*claims))
    start = next(at for at, each in enumerate(segments) if each.startswith("CLM"))
    return segments[start:-3]


def prepared(*claims: Claim) -> PreparedClaimFile:
    return prepare_claim_file(file_of(claims))


def faults_of(*claims: Claim) -> list[tuple[FaultKind, str]]:
    """Kind and pointer of every fault."""
    return [(fault.kind, fault.pointer) for fault in prepared(*claims).faults]
