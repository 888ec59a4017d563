"""Claims that cannot be written: for each the kind of fault and the field that has it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from msgspec.structs import replace

from services.claims.x12.claim_model import Accident, Diagnosis
from services.claims.x12.party_model import Contact, OrganizationName, PersonName, Provider
from services.claims.x12.remittance_model import Adjustment
from services.claims.x12.segment_list import FaultKind
from tests.claims.x12.claims_to_write import (
    ADDRESS,
    CLAIM,
    DEPENDENT,
    LINE,
    PRIMARY,
    PROVIDER,
    SECONDARY,
    STAY,
    STAY_LINE,
    SUBSCRIBER,
)

UNWRITABLE = [
    (
        replace(CLAIM, patient_control_number=" "),
        FaultKind.MISSING,
        "/patient_control_number",
    ),
    (
        replace(CLAIM, patient_control_number="X" * 21),
        FaultKind.TOO_LONG,
        "/patient_control_number",
    ),
    (replace(CLAIM, charge_cents=10**10), FaultKind.TOO_LONG, "/charge_cents"),
    (replace(CLAIM, place_of_service="111"), FaultKind.TOO_LONG, "/place_of_service"),
    (replace(CLAIM, diagnoses=()), FaultKind.MISSING, "/diagnoses"),
    (replace(CLAIM, diagnoses=(Diagnosis("I10"),) * 13), FaultKind.TOO_MANY, "/diagnoses"),
    (
        replace(CLAIM, diagnoses=(Diagnosis("I10", "Y"),)),
        FaultKind.NOT_IN_GUIDE,
        "/diagnoses/0/present_on_admission",
    ),
    (
        replace(CLAIM, billing_provider=replace(PROVIDER, name=OrganizationName("PEÑA"))),
        FaultKind.CHARACTER,
        "/billing_provider/name/name",
    ),
    (
        replace(
            CLAIM,
            billing_provider=replace(PROVIDER, address=replace(ADDRESS, postal_code="12207")),
        ),
        FaultKind.TOO_SHORT,
        "/billing_provider/address/postal_code",
    ),
    (
        replace(CLAIM, billing_provider=replace(PROVIDER, contact=Contact(name="JO"))),
        FaultKind.MISSING,
        "/billing_provider/contact",
    ),
    (
        replace(CLAIM, subscriber=replace(SUBSCRIBER, name=PersonName("X" * 61))),
        FaultKind.TOO_LONG,
        "/subscriber/name/last",
    ),
    (
        replace(CLAIM, subscriber=replace(SUBSCRIBER, sex=None)),
        FaultKind.MISSING,
        "/subscriber/sex",
    ),
    (
        replace(CLAIM, subscriber=replace(SUBSCRIBER, birth_date=dt.date(1799, 1, 1))),
        FaultKind.DATE,
        "/subscriber/birth_date",
    ),
    (
        replace(CLAIM, dependent=replace(DEPENDENT, relationship="191")),
        FaultKind.TOO_LONG,
        "/dependent/relationship",
    ),
    (
        replace(CLAIM, rendering=Provider(PersonName("DOE"), npi="1")),
        FaultKind.TOO_SHORT,
        "/rendering/npi",
    ),
    (replace(CLAIM, accident=Accident(())), FaultKind.MISSING, "/accident/causes"),
    (replace(CLAIM, lines=(LINE,) * 51), FaultKind.TOO_MANY, "/lines"),
    (
        replace(CLAIM, lines=(replace(LINE, modifiers=("25",) * 5),)),
        FaultKind.TOO_MANY,
        "/lines/0/modifiers",
    ),
    (
        replace(CLAIM, lines=(replace(LINE, units=Decimal("NaN")),)),
        FaultKind.NOT_A_NUMBER,
        "/lines/0/units",
    ),
    (
        replace(CLAIM, lines=(replace(LINE, units=Decimal(10) ** 15),)),
        FaultKind.TOO_LONG,
        "/lines/0/units",
    ),
    (
        replace(CLAIM, lines=(replace(LINE, diagnosis_pointers=()),)),
        FaultKind.MISSING,
        "/lines/0/diagnosis_pointers",
    ),
    (
        replace(CLAIM, lines=(replace(LINE, service_to=dt.date(2026, 11, 1)),)),
        FaultKind.DATE,
        "/lines/0/service_to",
    ),
    (
        replace(CLAIM, lines=(replace(LINE, control_number="X" * 31),)),
        FaultKind.TOO_LONG,
        "/lines/0/control_number",
    ),
    (
        replace(SECONDARY, earlier_payers=(PRIMARY,) * 11),
        FaultKind.TOO_MANY,
        "/earlier_payers",
    ),
    (
        replace(
            SECONDARY,
            earlier_payers=(
                replace(
                    PRIMARY,
                    adjustments=tuple(Adjustment("CO", "45", 1) for _ in range(31)),
                ),
            ),
        ),
        FaultKind.TOO_MANY,
        "/earlier_payers/0/adjustments",
    ),
    (replace(STAY, patient_status=""), FaultKind.MISSING, "/patient_status"),
    (replace(STAY, statement_to=dt.date(2026, 11, 1)), FaultKind.DATE, "/statement_to"),
    (
        replace(STAY, admitting_diagnosis=Diagnosis("I10", "Y")),
        FaultKind.NOT_IN_GUIDE,
        "/admitting_diagnosis/present_on_admission",
    ),
    (
        replace(STAY, visit_reasons=(Diagnosis("I10"),) * 4),
        FaultKind.TOO_MANY,
        "/visit_reasons",
    ),
    (
        replace(STAY, billing_provider=replace(PROVIDER, name=PersonName("DOE"))),
        FaultKind.NOT_IN_GUIDE,
        "/billing_provider/name",
    ),
    (
        replace(STAY, lines=(replace(STAY_LINE, procedure_code=None, modifiers=("25",)),)),
        FaultKind.NOT_IN_GUIDE,
        "/lines/0/modifiers",
    ),
]
