"""What keeps an 835 out as a whole, what only puts one transaction aside, and what tells payments
apart."""

import datetime as dt
import io
import zipfile
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.claims.remittances.remittance_scan import (
    MOST_ANOMALIES_KEPT,
    UnreadableRemittance,
    scan,
)
from services.claims.x12.remittance_model import AnomalyKind
from tests.builders.remittance_files import (
    Cas,
    Claim,
    Line,
    Plb,
    RemittanceFile,
    Separators,
    Transaction,
)

FILE = RemittanceFile(
    transactions=[
        Transaction(claims=[Claim(), Claim(patient_control_number="PCN0002")], trace_number="A"),
        Transaction(provider_adjustments=[Plb("WO", 500, "REF")], trace_number="B"),
    ]
)
CONTENT = FILE.render()


def refusal_of(content: bytes) -> UnreadableRemittance:
    with pytest.raises(UnreadableRemittance) as caught:
        scan([content])
    return caught.value


def zipped() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("remittance.835", CONTENT)
    return packed.getvalue()


def test_a_scan_counts_transactions_and_claims_and_sums_each_deposit() -> None:
    found = scan([CONTENT])
    first, second = found.transactions
    assert found.claim_count == 3
    assert (first.end.claim_count, first.end.paid_cents, first.header.payment_cents) == (
        2,
        16_000,
        16_000,
    )
    assert (second.end.provider_adjustment_cents, second.header.payment_cents) == (500, 7_500)
    assert [each.difference_cents for each in found.transactions] == [0, 0]
    assert found.anomalies == []


def test_a_deposit_is_off_by_exactly_what_the_third_gate_says() -> None:
    off = replace(FILE.transactions[1], payment_cents=7_613)
    (found,) = scan([RemittanceFile(transactions=[off]).render()]).transactions
    assert found.difference_cents == -113


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", AnomalyKind.EMPTY),
        (b" \r\n\r\n", AnomalyKind.EMPTY),
        (b"\xef\xbb\xbf", AnomalyKind.EMPTY),
        (b"Dear payer, please find enclosed", AnomalyKind.NOT_X12),
        (bytes(range(256)) * 8, AnomalyKind.UNDECODABLE),
        (b"%PDF-1.7\n", AnomalyKind.UNDECODABLE),
        (zipped(), AnomalyKind.UNDECODABLE),
        (CONTENT.replace(b"ST*835", b"ST*837"), AnomalyKind.NOT_835),
        (CONTENT.replace(b"PAT", b"P\x00T", 1), AnomalyKind.UNDECODABLE),
    ],
    ids=["empty", "blank", "mark", "text", "binary", "pdf", "zip", "837", "control characters"],
)
def test_what_is_no_835_is_refused_with_what_and_where(content: bytes, fault: AnomalyKind) -> None:
    refusal = refusal_of(content)
    assert refusal.fault == fault
    assert refusal.segment >= 1
    assert refusal.reason
    assert refusal.detail.startswith(f"At segment {refusal.segment}: ")
    assert "SAMPLE" not in refusal.detail


@settings(max_examples=200, deadline=None)
@given(st.integers(1, len(CONTENT) - 1))
def test_a_file_cut_off_anywhere_but_between_transactions_is_refused(at: int) -> None:
    content = CONTENT[:at]
    last = content.rstrip().rpartition(b"\n")[2]
    if last.endswith(b"~") and last[:3] in (b"SE*", b"GE*", b"IEA"):
        found = scan([content])
        assert len(found.transactions) == content.count(b"\nSE*")
        is_whole = last.startswith(b"IEA")
        missing = AnomalyKind.MISSING_ENVELOPE in {each.kind for each in found.anomalies}
        assert missing is not is_whole
        return
    assert refusal_of(content).fault in {
        AnomalyKind.UNTERMINATED_SEGMENT,
        AnomalyKind.MISSING_SE,
        AnomalyKind.NOT_835,
        AnomalyKind.NOT_X12,
        AnomalyKind.EMPTY,
    }


def test_an_unreadable_payment_is_told_apart_from_an_unreadable_claim() -> None:
    unreadable_payment = CONTENT.replace(b"BPR*I*160*", b"BPR*I*16O*")
    unreadable_claim = CONTENT.replace(b"*100*80*", b"*100*8O*", 1)
    unreadable_adjustment = CONTENT.replace(b"WO:REF*5", b"WO:REF*S")
    assert [
        [each.has_unreadable_payment for each in scan([content]).transactions]
        for content in (unreadable_payment, unreadable_claim, unreadable_adjustment)
    ] == [[True, False], [False, False], [False, True]]


def test_amounts_beyond_all_money_are_refused_rather_than_summed() -> None:
    huge = Claim(lines=(), charge_cents=10**18 - 1, adjustments=[Cas("CO", "45", 0)])
    content = RemittanceFile(transactions=[Transaction(claims=[huge] * 20)]).render()
    assert refusal_of(content).fault == "absurd_amounts"


def test_anomalies_are_counted_in_full_and_kept_up_to_a_bound() -> None:
    lines = [Line(service_date=None) for _ in range(3)]
    claim = Claim(lines=lines, extra_segments=[["ZZZ", "x"]])
    many = MOST_ANOMALIES_KEPT + 7
    found = scan([RemittanceFile(transactions=[Transaction(claims=[claim] * many)]).render()])
    assert (found.anomaly_count, len(found.anomalies)) == (many, MOST_ANOMALIES_KEPT)


def key_of(transaction: Transaction, separators: Separators | None = None) -> tuple[bytes, bytes]:
    file = RemittanceFile(transactions=[transaction], separators=separators or Separators())
    (found,) = scan([file.render()]).transactions
    return found.key, found.end.content_sha256


def test_envelope_delimiters_and_control_numbers_do_not_tell_payments_apart() -> None:
    transaction = Transaction()
    pipes = Separators(element="|", component=">", terminator="!", line_break="")
    assert key_of(transaction) == key_of(replace(transaction, control_number="0777"))
    assert key_of(transaction) == key_of(transaction, pipes)


@pytest.mark.parametrize(
    "change",
    [
        {"trace_number": "EFT0002"},
        {"payment_cents": 7_999},
        {"payment_cents": -8_000},
        {"payment_date": dt.date(2025, 4, 1)},
        {"payer_trace_identifier": "1999999998"},
        {"payer_identifier": "99998"},
        {"payee_npi": "1234567891"},
        {"payee_tax_identifier": "123456780"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_each_part_of_the_key_tells_payments_apart(change: dict[str, object]) -> None:
    other = replace(Transaction(), **change)  # type: ignore[arg-type]
    assert key_of(other)[0] != key_of(Transaction())[0]


def test_parts_of_the_key_do_not_run_into_each_other() -> None:
    first = Transaction(trace_number="AB", payer_identifier="C")
    second = Transaction(trace_number="B", payer_identifier="CA")
    assert key_of(first)[0] != key_of(second)[0]


def test_other_claims_under_one_payment_have_its_key_and_other_content() -> None:
    first, second = Transaction(), Transaction(claims=[Claim(patient_control_number="PCN0009")])
    assert key_of(first)[0] == key_of(second)[0]
    assert key_of(first)[1] != key_of(second)[1]
