"""The reader says what an 835 says, to the cent."""

from __future__ import annotations

import datetime as dt

import pytest

from services.claims.x12.remittance_model import (
    Adjustment,
    AnomalyKind,
    FileEnd,
    ProviderAdjustment,
    RemittanceClaim,
    TransactionEnd,
    TransactionHeader,
)
from tests.builders.remittance_files import (
    Cas,
    Claim,
    Line,
    Plb,
    RemittanceFile,
    Transaction,
)
from tests.claims.x12.reading import (
    PLAIN,
    anomalies_of,
    claims_of,
    edited,
    ends_of,
    events_of,
    headers_of,
    kinds_of,
    provider_adjustments_of,
    with_claim_segments,
)

# What a transaction says


def test_the_events_of_a_file_come_in_its_order() -> None:
    data = RemittanceFile.of(
        claims=[Claim(), Claim()], provider_adjustments=[Plb("WO", 100)]
    ).render()
    assert [type(event) for event in events_of(data)] == [
        TransactionHeader,
        RemittanceClaim,
        RemittanceClaim,
        ProviderAdjustment,
        TransactionEnd,
        FileEnd,
    ]


def test_the_header_says_who_paid_whom() -> None:
    (header,) = headers_of(PLAIN)
    assert header == TransactionHeader(
        position=3,
        ordinal=1,
        control_number="0001",
        handling_code="I",
        payment_cents=8_000,
        payment_method="ACH",
        payment_date=dt.date(2025, 3, 31),
        trace_number="EFT0001",
        payer_trace_identifier="1999999999",
        production_date=dt.date(2025, 3, 31),
        payer_name="EXAMPLE HEALTH PLAN",
        payer_identifier="99999",
        payee_name="EXAMPLE CLINIC",
        payee_qualifier="XX",
        payee_identifier="1234567893",
        payee_tax_identifier="123456789",
    )


def test_the_payers_additional_identifier_is_read() -> None:
    (header,) = headers_of(edited(b"PER*BL", b"REF*2U*PAYER7~PER*BL"))
    assert header.payer_additional_identifier == "PAYER7"


def test_a_debit_is_a_negative_payment() -> None:
    transaction = Transaction(claims=(), provider_adjustments=[Plb("WO", 12_345)])
    (header,) = headers_of(RemittanceFile(transactions=[transaction]).render())
    assert header.payment_cents == -12_345


def test_the_first_bpr_and_trn_hold_and_a_second_is_reported() -> None:
    data = edited(b"DTM*405", b"BPR*I*1*C~TRN*1*OTHER~DTM*405")
    assert headers_of(data)[0].payment_cents == 8_000
    assert headers_of(data)[0].trace_number == "EFT0001"
    assert kinds_of(data)[:2] == 2 * [AnomalyKind.UNEXPECTED_SEGMENT]


def test_a_claim_is_read_whole() -> None:
    claim = Claim(
        patient_control_number="ACCT7",
        status_code="19",
        patient_responsibility_cents=1_500,
        original_reference="ICN0000",
        service_from=dt.date(2025, 3, 1),
        service_to=dt.date(2025, 3, 2),
        received_on=dt.date(2025, 3, 9),
        remark_codes=["MA01", "MA18"],
        adjustments=[Cas("OA", "23", 500)],
        lines=[
            Line(
                modifiers=["25", "59"],
                revenue_code="0450",
                submitted_procedure_code="99214",
                control_number="LINE1",
                allowed_cents=8_000,
                remark_codes=["N130", "M15"],
                adjustments=[Cas("CO", "45", 2_000), Cas("PR", "2", 1_500, "1")],
            )
        ],
    )
    (read,) = claims_of(RemittanceFile.of(claims=[claim]).render())
    assert (read.ordinal, read.patient_control_number, read.status_code) == (1, "ACCT7", "19")
    assert (read.charge_cents, read.paid_cents) == (10_000, 6_000)
    assert read.patient_responsibility_cents == 1_500
    assert (read.filing_indicator, read.payer_claim_number) == ("12", "ICN0001")
    assert (read.facility_code, read.frequency_code) == ("11", "1")
    assert read.original_reference == "ICN0000"
    assert (read.patient_last_name, read.patient_first_name) == ("SAMPLE", "PAT")
    assert read.member_id == "MEM0001"
    assert (read.service_from, read.service_to) == (dt.date(2025, 3, 1), dt.date(2025, 3, 2))
    assert read.received_on == dt.date(2025, 3, 9)
    assert read.remark_codes == ("MA01", "MA18")
    assert read.adjustments == (Adjustment("OA", "23", 500),)
    (line,) = read.lines
    assert (line.procedure_qualifier, line.procedure_code) == ("HC", "99213")
    assert line.modifiers == ("25", "59")
    assert (line.charge_cents, line.paid_cents) == (10_000, 6_500)
    assert (line.revenue_code, line.paid_units) == ("0450", "1")
    assert line.submitted_procedure_code == "99214"
    assert (line.service_from, line.service_to) == (dt.date(2025, 3, 3), dt.date(2025, 3, 3))
    assert line.line_control_number == "LINE1"
    assert line.allowed_cents == 8_000
    assert line.remark_codes == ("N130", "M15")
    assert line.adjustments == (
        Adjustment("CO", "45", 2_000),
        Adjustment("PR", "2", 1_500, "1"),
    )


def test_positions_point_at_clp_and_svc() -> None:
    names = [segment[0] for segment in RemittanceFile.of().segments()]
    (claim,) = claims_of(PLAIN)
    assert claim.position == names.index("CLP") + 1
    assert claim.lines[0].position == names.index("SVC") + 1


def test_the_insureds_identifier_serves_where_the_patient_has_none() -> None:
    names = ["NM1*IL*1*OTHER*SUBSCRIBER****MI*SUB1", "NM1*74*1*CORRECTED*NAME****C*NEW1"]
    segments = [name.split("*") for name in names]
    own = RemittanceFile.of(claims=[Claim(extra_segments=segments)]).render()
    none = RemittanceFile.of(claims=[Claim(member_id="", extra_segments=segments)]).render()
    assert claims_of(own)[0].member_id == "MEM0001"
    assert claims_of(none)[0].member_id == "SUB1"
    assert claims_of(none)[0].patient_last_name == "SAMPLE"


def test_remark_codes_come_from_mia_and_moa() -> None:
    mia = "MIA*0****MA07" + "*" * 15 + "N1*N2**N4"
    (claim,) = claims_of(with_claim_segments(mia, "MOA***MA01**MA02"))
    assert claim.remark_codes == ("MA07", "N1", "N2", "N4", "MA01", "MA02")


@pytest.mark.parametrize(
    ("segments", "expected"),
    [
        ("DTM*472*20250303", ("2025-03-03", "2025-03-03")),
        ("DTM*150*20250301~DTM*151*20250304", ("2025-03-01", "2025-03-04")),
        ("DTM*151*20250304", ("", "2025-03-04")),
        ("DTM*472****RD8*20250301-20250304", ("2025-03-01", "2025-03-04")),
        ("DTM*472****D8*20250301", ("2025-03-01", "2025-03-01")),
    ],
)
def test_the_forms_of_a_line_date(segments: str, expected: tuple[str, str]) -> None:
    (claim,) = claims_of(edited(b"DTM*472*20250303", segments.encode()))
    found = (claim.lines[0].service_from, claim.lines[0].service_to)
    assert tuple(date.isoformat() if date else "" for date in found) == expected


def test_a_claim_period_may_stand_in_one_segment() -> None:
    (claim,) = claims_of(with_claim_segments("DTM*232****RD8*20250301-20250304"))
    assert claim.service_from == dt.date(2025, 3, 1)
    assert claim.service_to == dt.date(2025, 3, 4)


# Adjustments


def test_a_cas_holds_up_to_six_reasons_and_may_have_gaps() -> None:
    cas = "CAS*CO*1*1.00**2*2.00*3****4*4.00**5*-5.00**6*6.00*7"
    (claim,) = claims_of(with_claim_segments(cas))
    assert claim.adjustments == (
        Adjustment("CO", "1", 100),
        Adjustment("CO", "2", 200, "3"),
        Adjustment("CO", "4", 400),
        Adjustment("CO", "5", -500),
        Adjustment("CO", "6", 600, "7"),
    )


def test_more_than_six_reasons_in_a_cas_are_reported() -> None:
    data = with_claim_segments("CAS*CO" + "*1*1.00*" * 6 + "*7*7.00")
    assert len(claims_of(data)[0].adjustments) == 6
    assert AnomalyKind.UNEXPECTED_SEGMENT in kinds_of(data)


def test_an_amount_without_reason_is_kept_and_reported() -> None:
    data = with_claim_segments("CAS*CO**5.00")
    assert claims_of(data)[0].adjustments == (Adjustment("CO", "", 500),)
    assert kinds_of(data) == [AnomalyKind.MISSING_ELEMENT]


def test_claim_level_adjustments_need_no_lines() -> None:
    claim = Claim(lines=(), charge_cents=50_000, adjustments=[Cas("CO", "45", 12_000)])
    (read,) = claims_of(RemittanceFile.of(claims=[claim]).render())
    assert read.paid_cents == 38_000
    assert read.adjustments == (Adjustment("CO", "45", 12_000),)
    assert read.lines == ()


def test_a_plb_holds_up_to_six_adjustments() -> None:
    plbs = [Plb("WO", -1_27, "REF1"), *[Plb("L6", cents) for cents in range(1, 8)]]
    read = provider_adjustments_of(RemittanceFile.of(provider_adjustments=plbs).render())
    assert [(r.reason, r.reference, r.amount_cents) for r in read] == [
        ("WO", "REF1", -127),
        *[("L6", None, cents) for cents in range(1, 8)],
    ]
    assert {r.provider_identifier for r in read} == {"1234567893"}
    assert {r.fiscal_period_end for r in read} == {dt.date(2025, 12, 31)}
    assert read[0].position + 1 == read[-1].position


def test_a_transaction_of_provider_adjustments_only_is_read() -> None:
    transaction = Transaction(claims=(), provider_adjustments=[Plb("CS", -5_000)])
    data = RemittanceFile(transactions=[transaction]).render()
    assert anomalies_of(data) == []
    (end,) = ends_of(data)
    assert (end.claim_count, end.provider_adjustment_cents) == (0, -5_000)
    assert headers_of(data)[0].payment_cents == 5_000


# Sums


def test_the_end_sums_the_transaction() -> None:
    claim = Claim(lines=[Line(), Line()])
    data = RemittanceFile.of(
        claims=[claim, claim, claim.reversed()], provider_adjustments=[Plb("L6", -3)]
    ).render()
    (end,) = ends_of(data)
    assert (end.claim_count, end.line_count, end.has_reversals) == (3, 6, True)
    assert (end.charge_cents, end.paid_cents) == (20_000, 16_000)
    assert end.provider_adjustment_cents == -3
    names = [segment[0] for segment in RemittanceFile.of().segments()]
    assert not ends_of(PLAIN)[0].has_reversals
    assert ends_of(PLAIN)[0].segment_count == names.index("SE") - names.index("ST") + 1


def test_the_file_end_counts_bytes_segments_and_transactions() -> None:
    data = RemittanceFile(transactions=[Transaction(), Transaction(control_number="2")]).render()
    last = events_of(data)[-1]
    assert last == FileEnd(
        byte_count=len(data), segment_count=data.count(b"~"), transaction_count=2
    )


# Amounts and dates


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("12", 1_200),
        ("12.5", 1_250),
        ("12.50", 1_250),
        ("12.500", 1_250),
        ("12.", 1_200),
        ("-.5", -50),
        ("-0.05", -5),
        ("+3", 300),
        ("0", 0),
        ("007.10", 710),
        ("0.29", 29),
        ("9999999999999999.99", 999_999_999_999_999_999),
        ("0000000000000000000000.01", 1),
    ],
)
def test_an_amount_is_read_to_the_cent(text: str, cents: int) -> None:
    (claim,) = claims_of(edited(b"*1*100*80*", f"*1*{text}*80*".encode()))
    assert claim.charge_cents == cents


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "12 ", ".", "-", "--5", "+-5", "1.005", "1.2.3", "1e3", "NaN", "$5"),
        *("1,000.00", "1_0", "\u0663.\u0660\u0660", "\u00b2", "10000000000000000.00", "9" * 5_000),
    ],
)
def test_what_is_no_amount_is_zero_and_reported(text: str) -> None:
    data = edited(b"*1*100*80*", f"*1*{text}*80*".encode())
    (claim,) = claims_of(data)
    assert claim.charge_cents == 0
    (anomaly,) = anomalies_of(data)
    assert anomaly.kind is AnomalyKind.MALFORMED_AMOUNT
    assert (anomaly.transaction, anomaly.claim) == (1, 1)
    assert anomaly.position == claim.position
    assert "CLP03" in anomaly.detail


def test_a_malformed_line_amount_names_its_claim() -> None:
    data = RemittanceFile.of(claims=[Claim(), Claim(lines=[Line(charge_cents=77)])]).render()
    (anomaly,) = anomalies_of(edited(b"HC:99213*0.77", b"HC:99213*O.77", data))
    assert (anomaly.kind, anomaly.claim) == (AnomalyKind.MALFORMED_AMOUNT, 2)


@pytest.mark.parametrize("text", ["20250230", "250303", "2025-3-3", "20251301", "00000101"])
def test_what_is_no_date_is_none_and_reported(text: str) -> None:
    data = edited(b"DTM*472*20250303", f"DTM*472*{text}".encode())
    assert claims_of(data)[0].lines[0].service_from is None
    assert kinds_of(data) == [AnomalyKind.MALFORMED_DATE]


@pytest.mark.parametrize(
    ("old", "new", "element"),
    [
        (b"CLP*PCN0001", b"CLP*", "CLP01"),
        (b"PCN0001*1*", b"PCN0001**", "CLP02"),
        (b"TRN*1*EFT0001", b"TRN*1*", "TRN02"),
        (b"CAS*CO*", b"CAS**", "CAS01"),
        (b"BPR*I*80*C", b"BPR*I*80*", "BPR03"),
    ],
)
def test_a_missing_element_is_reported(old: bytes, new: bytes, element: str) -> None:
    (anomaly,) = anomalies_of(edited(old, new))
    assert anomaly.kind is AnomalyKind.MISSING_ELEMENT
    assert element in anomaly.detail


def test_an_anomaly_outside_of_claims_names_none() -> None:
    data = RemittanceFile.of(provider_adjustments=[Plb("WO", 7)]).render()
    (anomaly,) = anomalies_of(edited(b"*WO*0.07", b"*WO*0,07", data))
    assert (anomaly.kind, anomaly.claim) == (AnomalyKind.MALFORMED_AMOUNT, None)


def test_a_reason_with_a_blank_in_it_is_no_composite() -> None:
    data = RemittanceFile.of(provider_adjustments=[Plb("J1 NOTE", 7)]).render()
    assert anomalies_of(data) == []
    assert provider_adjustments_of(data)[0].reason == "J1 NOTE"
