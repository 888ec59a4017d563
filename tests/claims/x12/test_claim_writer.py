"""Claims are written as the guides want them, and what cannot be written is named."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace as changed_file
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from services.claims.x12.claim_file import ClaimFile, ClaimKind, ClaimSet
from services.claims.x12.claim_model import (
    Accident,
    Claim,
    Diagnosis,
    Drug,
    Frequency,
    InpatientProcedure,
    Occurrence,
    OccurrenceSpan,
    ValueCode,
)
from services.claims.x12.claim_writer import (
    UnwritableClaims,
    prepare_claim_file,
    write_claim_file,
)
from services.claims.x12.delimiters import Delimiters
from services.claims.x12.party_model import Address, Contact, Facility, Identifier, PersonName
from services.claims.x12.remittance_model import Adjustment
from services.claims.x12.segment_list import FaultKind
from tests.claims.x12.claims_to_write import (
    ADDRESS,
    ADJUDICATION,
    CLAIM,
    DEPENDENT,
    DOCTOR,
    LINE,
    PAYER,
    PRIMARY,
    PROVIDER,
    SECONDARY,
    STAY,
    STAY_LINE,
    SUBSCRIBER,
    bytes_of,
    claim_segments_of,
    faults_of,
    prepared,
    segments_of,
    written,
)
from tests.claims.x12.faulty_claims import UNWRITABLE
from tests.claims.x12.random_claims import RECEIVER, SUBMITTER, file_of, interchange

if TYPE_CHECKING:
    from collections.abc import Iterator

# Files


def test_a_professional_file_is_written_whole() -> None:
    assert bytes_of(CLAIM).decode().split("~") == [
        (
            "ISA*00*          *00*          *ZZ*SENDER01       *ZZ*CLEAR01        *261126*0930"
            "*^*00501*000000001*0*T*:"
        ),
        "GS*HC*SENDER01*CLEAR01*20261126*0930*1*X*005010X222A1",
        "ST*837*0001*005010X222A1",
        "BHT*0019*00*BATCH1*20261126*0930*CH",
        "NM1*41*2*EXAMPLE BILLING*****46*SENDER01",
        "PER*IC*PAT SAMPLE*TE*5555550100*EM*EDI@EXAMPLE.ORG",
        "NM1*40*2*EXAMPLE CLEARINGHOUSE*****46*CLEAR01",
        "HL*1**20*1",
        "NM1*85*2*EXAMPLE CLINIC*****XX*1234567893",
        "N3*1 MAIN ST",
        "N4*ALBANY*NY*122071234",
        "REF*EI*123456789",
        "HL*2*1*22*0",
        "SBR*P*18*******CI",
        "NM1*IL*1*SAMPLE*PAT****MI*MEM0001",
        "N3*1 MAIN ST",
        "N4*ALBANY*NY*122071234",
        "DMG*D8*19800229*F",
        "NM1*PR*2*EXAMPLE PLAN*****PI*99999",
        "CLM*PCN0001*100***11:B:1*Y*A*Y*Y",
        "HI*ABK:E119",
        "LX*1",
        "SV1*HC:99213*100*UN*1***1",
        "DTP*472*D8*20261102",
        "SE*23*0001",
        "GE*1*1",
        "IEA*1*000000001",
        "",
    ]


def test_an_institutional_claim_is_written_with_all_its_codes() -> None:
    first, last = dt.date(2026, 11, 2), dt.date(2026, 11, 4)
    claim = replace(
        STAY,
        admitted_at=dt.time(5, 15),
        discharged_at=dt.time(10, 30),
        admitting_diagnosis=Diagnosis("R07.9"),
        external_causes=(Diagnosis("W19.XXXA", "Y"),),
        other_diagnoses=(Diagnosis("I10", "N"), Diagnosis("N39.0")),
        drg="470",
        principal_procedure=InpatientProcedure("0SR9019", first),
        other_procedures=(InpatientProcedure("02HV33Z", last),),
        occurrence_spans=(OccurrenceSpan("74", first, last),),
        occurrences=(Occurrence("11", first),),
        value_codes=(ValueCode("A2", 1_531), ValueCode("80", 200)),
        condition_codes=("09", "C1"),
        patient_estimate_cents=2_000,
        operating=DOCTOR,
        lines=(replace(STAY_LINE, control_number="L1", noncovered_cents=50, modifiers=("25",)),),
    )
    assert claim_segments_of(claim) == [
        "CLM*PCN0002*100***11:A:1**A*Y*Y",
        "DTP*096*TM*1030",
        "DTP*434*RD8*20261102-20261104",
        "DTP*435*DT*202611020515",
        "CL1*1*1*01",
        "AMT*F3*20",
        "HI*ABK:E119:::::::Y",
        "HI*ABJ:R079",
        "HI*ABN:W19XXXA:::::::Y",
        "HI*DR:470",
        "HI*ABF:I10:::::::N*ABF:N390",
        "HI*BBR:0SR9019:D8:20261102",
        "HI*BBQ:02HV33Z:D8:20261104",
        "HI*BI:74:RD8:20261102-20261104",
        "HI*BH:11:D8:20261102",
        "HI*BE:A2:::15.31*BE:80:::2",
        "HI*BG:09*BG:C1",
        "NM1*71*1*DOE*JO****XX*1234567893",
        "NM1*72*1*DOE*JO****XX*1234567893",
        "LX*1",
        "SV2*0120*HC:99213:25*100*DA*2**.5",
        "DTP*472*D8*20261102",
        "REF*6R*L1",
    ]


def test_lists_longer_than_a_segment_go_on_in_the_next() -> None:
    claim = replace(STAY, occurrences=(Occurrence("11", dt.date(2026, 11, 2)),) * 13)
    written_lists = [each for each in claim_segments_of(claim) if each.startswith("HI*BH")]
    assert [each.count("BH:") for each in written_lists] == [12, 1]


def test_a_professional_claim_is_written_with_all_its_details() -> None:
    claim = replace(
        CLAIM,
        accident=Accident(causes=("AA", "EM"), happened_on=dt.date(2026, 11, 1), state="NY"),
        illness_began_on=dt.date(2026, 10, 30),
        admitted_on=dt.date(2026, 11, 2),
        patient_paid_cents=1_050,
        prior_authorization="AUTH1",
        referral_number="REF1",
        clia_number="33D1234567",
        medical_record_number="MR1",
        note="CALL FIRST",
        delay_reason="9",
        diagnoses=(Diagnosis("E11.9"), Diagnosis("I10")),
        referring=DOCTOR,
        rendering=replace(DOCTOR, taxonomy="207Q00000X", identifiers=(Identifier("G2", "X1"),)),
        facility=Facility("EXAMPLE CENTER", ADDRESS, npi="1234567893"),
        lines=(
            replace(
                LINE,
                modifiers=("25", "59"),
                description="UNLISTED",
                diagnosis_pointers=(2, 1),
                service_to=dt.date(2026, 11, 3),
                place_of_service="22",
                is_emergency=True,
                units=Decimal("1.50"),
                control_number="PCN0001L1",
                drug=Drug("00409-1234-01", Decimal("2.5"), "ML", "RX1"),
                ordering=DOCTOR,
            ),
        ),
    )
    assert claim_segments_of(claim) == [
        "CLM*PCN0001*100***11:B:1*Y*A*Y*Y**AA:EM::NY*********9",
        "DTP*431*D8*20261030",
        "DTP*439*D8*20261101",
        "DTP*435*D8*20261102",
        "AMT*F5*10.5",
        "REF*9F*REF1",
        "REF*G1*AUTH1",
        "REF*X4*33D1234567",
        "REF*EA*MR1",
        "NTE*ADD*CALL FIRST",
        "HI*ABK:E119*ABF:I10",
        "NM1*DN*1*DOE*JO****XX*1234567893",
        "NM1*82*1*DOE*JO****XX*1234567893",
        "PRV*PE*PXC*207Q00000X",
        "REF*G2*X1",
        "NM1*77*2*EXAMPLE CENTER*****XX*1234567893",
        "N3*1 MAIN ST",
        "N4*ALBANY*NY*122071234",
        "LX*1",
        "SV1*HC:99213:25:59:::UNLISTED*100*UN*1.5*22**2:1**Y",
        "DTP*472*RD8*20261102-20261103",
        "REF*6R*PCN0001L1",
        "LIN**N4*00409123401",
        "CTP****2.5*ML",
        "REF*XZ*RX1",
        "NM1*DK*1*DOE*JO****XX*1234567893",
    ]


@pytest.mark.parametrize("frequency", [Frequency.CORRECTED, Frequency.VOID])
def test_a_corrected_or_void_claim_names_the_payers_claim_number(frequency: Frequency) -> None:
    segments = claim_segments_of(replace(CLAIM, frequency=frequency, payer_claim_number="ICN1"))
    assert segments[0].split("*")[5] == f"11:B:{frequency.value}"
    assert "REF*F8*ICN1" in segments
    stay = claim_segments_of(replace(STAY, frequency=frequency, payer_claim_number="ICN1"))
    assert stay[0].split("*")[5] == f"11:A:{frequency.value}"
    assert "REF*F8*ICN1" in stay


def test_a_secondary_claim_carries_what_the_primary_decided() -> None:
    assert claim_segments_of(SECONDARY)[2:] == [
        "SBR*P*18*******MB",
        "AMT*D*80",
        "OI***Y***Y",
        "NM1*IL*1*SAMPLE*PAT****MI*MED0001",
        "NM1*PR*2*FIRST PLAN*****PI*11111",
        "REF*F8*ICN0001",
        "LX*1",
        "SV1*HC:99213*100*UN*1***1",
        "DTP*472*D8*20261102",
        "SVD*11111*80*HC:99213**1",
        "CAS*CO*45*5",
        "CAS*PR*2*15",
        "DTP*573*D8*20261120",
    ]


def test_adjustments_are_written_by_group_and_six_to_a_segment() -> None:
    many = tuple(
        Adjustment("CO", str(code), code, "1" if code == 3 else None) for code in range(1, 8)
    )
    primary = replace(PRIMARY, adjustments=(Adjustment("OA", "23", -100), *many))
    segments = claim_segments_of(replace(SECONDARY, earlier_payers=(primary,)))
    assert [each for each in segments if each.startswith("CAS")][:3] == [
        "CAS*OA*23*-1",
        "CAS*CO*1*.01**2*.02**3*.03*1*4*.04**5*.05**6*.06",
        "CAS*CO*7*.07",
    ]


def test_a_tertiary_claim_carries_both_earlier_payers() -> None:
    second = replace(PRIMARY, payer_identifier="22222", remark_codes=("MA01",))
    line = replace(
        LINE, adjudications=(ADJUDICATION, replace(ADJUDICATION, payer_identifier="22222"))
    )
    segments = claim_segments_of(
        replace(SECONDARY, earlier_payers=(PRIMARY, second), lines=(line,))
    )
    assert [each for each in segments if each[:3] in ("SVD", "MOA") or "*PR*2*" in each] == [
        "NM1*PR*2*FIRST PLAN*****PI*11111",
        "MOA***MA01",
        "NM1*PR*2*FIRST PLAN*****PI*22222",
        "SVD*11111*80*HC:99213**1",
        "CAS*PR*2*15",
        "SVD*22222*80*HC:99213**1",
        "CAS*PR*2*15",
    ]


# The tree of levels


def levels_of(*claims: Claim) -> list[str]:
    return [each for each in segments_of(bytes_of(*claims)) if each[:3] in ("HL*", "CLM")]


def numbered(*claims: Claim) -> list[Claim]:
    return [
        replace(claim, patient_control_number=f"P{number}")
        for number, claim in enumerate(claims, start=1)
    ]


def test_claims_of_one_provider_and_subscriber_share_their_levels() -> None:
    assert [each[:9] for each in levels_of(*numbered(CLAIM, CLAIM))] == [
        "HL*1**20*",
        "HL*2*1*22",
        "CLM*P1*10",
        "CLM*P2*10",
    ]


def test_dependents_stand_below_a_subscriber_level_that_says_no_self() -> None:
    child = replace(CLAIM, dependent=DEPENDENT)
    other = replace(CLAIM, dependent=replace(DEPENDENT, relationship="01"))
    found = segments_of(bytes_of(*numbered(child, CLAIM, other, child)))
    kept = [e for e in found if e.partition("*")[0] in ("HL", "CLM", "SBR", "PAT")]
    assert [each.partition("*100")[0] for each in kept] == [
        "HL*1**20*1",
        "HL*2*1*22*0",
        "SBR*P*18*******CI",
        "CLM*P2",
        "HL*3*1*22*1",
        "SBR*P********CI",
        "HL*4*3*23*0",
        "PAT*19",
        "CLM*P1",
        "CLM*P4",
        "HL*5*3*23*0",
        "PAT*01",
        "CLM*P3",
    ]


def test_each_provider_and_each_payer_has_levels_of_its_own() -> None:
    elsewhere = replace(CLAIM, billing_provider=replace(PROVIDER, npi="1111111112"))
    other_payer = replace(CLAIM, payer=replace(PAYER, identifier="88888"))
    found = [each for each in levels_of(CLAIM, other_payer, elsewhere) if each.startswith("HL")]
    assert found == ["HL*1**20*1", "HL*2*1*22*0", "HL*3*1*22*0", "HL*4**20*1", "HL*5*4*22*0"]


def test_a_patient_of_more_than_a_hundred_claims_gets_a_second_level() -> None:
    found = [each for each in levels_of(*[CLAIM] * 101) if each.startswith("HL")]
    assert found == ["HL*1**20*1", "HL*2*1*22*0", "HL*3*1*22*0"]


def test_a_billing_provider_may_be_a_person_and_be_paid_elsewhere() -> None:
    provider = replace(
        PROVIDER,
        name=PersonName("DOE", "JO", "M", "JR"),
        tax_identifier_is_ssn=True,
        taxonomy="207Q00000X",
        contact=Contact(name="JO", telephone="5555550100", extension="12", fax="5555550101"),
        pay_to=Address("2 SIDE ST", "TROY", "NY", "12180", line_2="FLOOR 2"),
    )
    segments = segments_of(bytes_of(replace(CLAIM, billing_provider=provider)))
    assert segments[8:18] == [
        "PRV*BI*PXC*207Q00000X",
        "NM1*85*1*DOE*JO*M**JR*XX*1234567893",
        "N3*1 MAIN ST",
        "N4*ALBANY*NY*122071234",
        "REF*SY*123456789",
        "PER*IC*JO*TE*5555550100*EX*12*FX*5555550101",
        "NM1*87*1",
        "N3*2 SIDE ST*FLOOR 2",
        "N4*TROY*NY*12180",
        "HL*2*1*22*0",
    ]


# Envelopes


def sets_of(*claims: list[Claim]) -> list[ClaimSet]:
    return [
        ClaimSet(
            control_number=number,
            reference=f"B{number}",
            submitter=SUBMITTER,
            receiver=RECEIVER,
            claims=each,
            is_encounter=number == 2,
        )
        for number, each in enumerate(claims, start=1)
    ]


def test_a_file_may_hold_several_sets_with_numbers_from_outside() -> None:
    envelope = replace(interchange(7), group_control_number=8, wants_acknowledgement=True)
    file = ClaimFile(
        kind=ClaimKind.PROFESSIONAL,
        interchange=envelope,
        sets=sets_of([CLAIM], [CLAIM, CLAIM]),
    )
    segments = segments_of(written(file))
    kept = [each for each in segments if each.partition("*")[0] in ("ST", "SE", "GE", "IEA", "BHT")]
    assert kept == [
        "ST*837*0001*005010X222A1",
        "BHT*0019*00*B1*20261126*0930*CH",
        "SE*23*0001",
        "ST*837*0002*005010X222A1",
        "BHT*0019*00*B2*20261126*0930*RP",
        "SE*28*0002",
        "GE*2*8",
        "IEA*1*000000007",
    ]
    assert segments[0].split("*")[13:15] == ["000000007", "1"]


def test_numbers_and_names_of_the_envelope_are_checked() -> None:
    envelope = replace(
        interchange(), control_number=10**9, group_control_number=0, sender_identifier="X" * 16
    )
    one = sets_of([CLAIM])[0]
    file = ClaimFile(kind=ClaimKind.PROFESSIONAL, interchange=envelope, sets=[one, one])
    assert [(each.kind, each.pointer) for each in prepare_claim_file(file).faults] == [
        (FaultKind.NOT_A_NUMBER, "/interchange/control_number"),
        (FaultKind.TOO_LONG, "/interchange/sender_identifier"),
        (FaultKind.NOT_A_NUMBER, "/interchange/group_control_number"),
        (FaultKind.TOO_MANY, "/sets"),
    ]


def test_a_file_without_sets_and_a_set_without_claims_are_faults() -> None:
    file = ClaimFile(kind=ClaimKind.PROFESSIONAL, interchange=interchange(), sets=[])
    assert [each.pointer for each in prepare_claim_file(file).faults] == ["/sets"]
    empty = changed_file(file, sets=sets_of([]))
    (fault,) = prepare_claim_file(empty).faults
    assert fault.pointer.removeprefix("/sets/0/") == "claims"


# Faults


def test_every_fault_of_every_claim_is_told_with_the_claim_it_is_in() -> None:
    first = replace(CLAIM, patient_control_number="P1", charge_cents=-1, note="X" * 81)
    second = replace(CLAIM, patient_control_number="P2", diagnoses=())
    found = prepared(first, second)
    assert found.delimiters is None
    assert found.fault_count == 3
    assert [(each.pointer, each.claim, each.patient_control_number) for each in found.faults] == [
        ("/charge_cents", 1, "P1"),
        ("/note", 1, "P1"),
        ("/diagnoses", 2, "P2"),
    ]


@pytest.mark.parametrize(("claim", "kind", "pointer"), UNWRITABLE)
def test_what_cannot_be_written_names_its_field(
    claim: Claim, kind: FaultKind, pointer: str
) -> None:
    assert faults_of(claim) == [(kind, pointer)]


def test_a_claim_of_the_other_kind_is_a_fault() -> None:
    file = changed_file(file_of([CLAIM]), kind=ClaimKind.INSTITUTIONAL)
    assert [each.kind for each in prepare_claim_file(file).faults] == [FaultKind.NOT_IN_GUIDE]


def test_no_fault_quotes_the_value() -> None:
    name = PersonName("SECRÉT" * 20, "SECRÉT" * 20)
    found = prepared(replace(CLAIM, subscriber=replace(SUBSCRIBER, name=name)))
    assert found.faults
    assert not [each for each in found.faults if "SECR" in each.detail]


def test_a_file_with_faults_is_not_written() -> None:
    file = file_of([replace(CLAIM, lines=())])
    with pytest.raises(UnwritableClaims):
        next(write_claim_file(file, prepare_claim_file(file)))


def test_claims_that_changed_since_they_were_prepared_are_not_written() -> None:
    before = prepare_claim_file(file_of([CLAIM]))
    for other in (replace(CLAIM, lines=()), replace(CLAIM, note="A*B")):
        with pytest.raises(UnwritableClaims):
            list(write_claim_file(file_of([other]), before))


# Delimiters


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        ("PLAIN", "*:~^"),
        ("A*B", "|:~^"),
        ("A*B|C", "^:~{"),
        ("5:30", "*>~^"),
        ("~ABOUT~", "*:'^"),
        ("^", "*:~{"),
    ],
)
def test_delimiters_are_the_usual_ones_unless_a_value_holds_them(note: str, expected: str) -> None:
    found = prepared(replace(CLAIM, note=note)).delimiters
    assert found is not None
    characters = (found.element, found.component, found.terminator, found.repetition)
    assert "".join(str(each) for each in characters) == expected
    assert f"NTE{found.element}ADD{found.element}{note}{found.terminator}".encode() in bytes_of(
        replace(CLAIM, note=note)
    )


def test_values_that_use_up_every_character_leave_no_delimiter() -> None:
    found = prepared(replace(CLAIM, note="!\"&'()*+,/:;?=%~@[]_{}\\|<>^`#$"))
    assert found.delimiters is None
    assert [each.pointer for each in found.faults] == ["/interchange/delimiters"]


def test_what_holds_a_prescribed_delimiter_is_a_fault_by_field() -> None:
    envelope = replace(interchange(), delimiters=Delimiters("|", "<", "!", "^"))
    file = changed_file(file_of([CLAIM]), interchange=envelope)
    data = written(file)
    assert data.startswith(b"ISA|00|")
    assert segments_of(data) == [
        each.replace(":", "<") if each[:3] in ("ISA", "CLM", "HI*", "SV1") else each
        for each in segments_of(bytes_of(CLAIM))
    ]
    loud = changed_file(file, sets=sets_of([replace(CLAIM, note="NOW!")]))
    assert [(each.kind, each.pointer) for each in prepare_claim_file(loud).faults] == [
        (FaultKind.DELIMITER, "/note")
    ]


@pytest.mark.parametrize("characters", ["**~^", "*:~*", "*-~^", "A:~^", "*: ^", "*:~é"])
def test_prescribed_delimiters_have_to_be_ones(characters: str) -> None:
    delimiters = Delimiters(*characters)
    file = changed_file(file_of([CLAIM]), interchange=replace(interchange(), delimiters=delimiters))
    found = prepare_claim_file(file)
    assert [each.pointer for each in found.faults][:1] == ["/interchange/delimiters"]


# Large files


class DrawnClaims:
    """Counts how many claims were asked for so far."""

    def __init__(self, count: int) -> None:
        self.drawn = 0
        self._count = count

    def __iter__(self) -> Iterator[Claim]:
        for number in range(self._count):
            self.drawn += 1
            subscriber = replace(SUBSCRIBER, member_id=f"MEM{number:06}")
            yield replace(CLAIM, subscriber=subscriber, patient_control_number=f"P{number}")


def test_a_large_file_is_written_while_its_claims_are_read() -> None:
    claims = DrawnClaims(1_000)
    file = changed_file(file_of([CLAIM]), sets=[changed_file(sets_of([])[0], claims=claims)])
    found = prepare_claim_file(file)
    assert (found.claim_count, found.faults) == (1_000, ())
    claims.drawn = 0
    pieces = write_claim_file(file, found)
    first = next(pieces)
    assert claims.drawn < 400
    segments = segments_of(first + b"".join(pieces))
    assert len(segments) == found.segment_count
    assert sum(each.startswith("CLM") for each in segments) == 1_000
