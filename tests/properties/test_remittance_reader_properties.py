"""What holds for every 835, however it is written, cut, split or damaged."""

from __future__ import annotations

import datetime as dt
import string
from dataclasses import replace

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from msgspec import structs

from services.claims.x12.remittance_model import (
    FATAL_ANOMALIES,
    Adjustment,
    Anomaly,
    AnomalyKind,
    FileEnd,
    ProviderAdjustment,
    RemittanceClaim,
    RemittanceEvent,
    RemittanceLine,
    TransactionEnd,
    TransactionHeader,
)
from services.claims.x12.remittance_reader import read_remittances
from tests.builders.remittance_files import (
    Cas,
    Claim,
    Line,
    Plb,
    RemittanceFile,
    Separators,
    Transaction,
)

quickly = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=False
)

# The characters that the files below use in their elements; any other may separate.
CONTENT = string.ascii_letters + string.digits + "-. "
DELIMITERS = [chr(code) for code in range(0x21, 0x7F) if chr(code) not in CONTENT]
DELIMITERS += ["\x1c", "\x1d", "\x1e", "\x1f"]

words = st.text(string.ascii_uppercase + string.digits, min_size=1, max_size=12)
names = st.text(string.ascii_uppercase + " -", max_size=12).map(lambda name: f"N{name}X")
cents = st.integers(-(10**9), 10**9)
dates = st.dates(dt.date(1990, 1, 1), dt.date(2090, 12, 31))
reasons = st.sampled_from(["1", "2", "45", "97", "253", "A2"])

adjustments = st.builds(
    Cas,
    st.sampled_from(["CO", "OA", "PI", "PR"]),
    reasons,
    cents,
    st.sampled_from(["", "1", "2.5"]),
)
lines = st.builds(
    Line,
    charge_cents=cents,
    adjustments=st.lists(adjustments, max_size=8),
    procedure_code=words,
    modifiers=st.lists(st.sampled_from(["25", "59", "RT"]), max_size=4),
    revenue_code=st.sampled_from(["", "0450"]),
    submitted_procedure_code=st.sampled_from(["", "99214"]),
    service_date=st.none() | dates,
    control_number=st.just("") | words,
    allowed_cents=st.none() | cents,
    remark_codes=st.lists(words, max_size=2),
)
claims = st.builds(
    Claim,
    patient_control_number=words,
    status_code=st.sampled_from(["1", "2", "3", "4", "19", "22", "25"]),
    lines=st.lists(lines, max_size=3),
    adjustments=st.lists(adjustments, max_size=8),
    charge_cents=st.none() | cents,
    patient_responsibility_cents=st.none() | cents,
    patient_last_name=names,
    original_reference=st.just("") | words,
    service_from=st.none() | dates,
    remark_codes=st.lists(words, max_size=5),
)
transactions = st.builds(
    Transaction,
    claims=st.lists(claims, max_size=3),
    provider_adjustments=st.lists(st.builds(Plb, st.sampled_from(["WO", "L6"]), cents, words)),
    trace_number=words,
    payment_date=dates,
)


@st.composite
def separators(draw: st.DrawFn) -> Separators:
    chosen = draw(st.lists(st.sampled_from(DELIMITERS), min_size=4, max_size=4, unique=True))
    element, component, repetition, terminator = chosen
    return Separators(
        element=element,
        component=component,
        repetition=repetition,
        terminator=draw(st.sampled_from([terminator, "\n", "\r"])),
        line_break=draw(st.sampled_from(["", "\n", "\r\n"])),
    )


files = st.builds(
    RemittanceFile,
    transactions=st.lists(transactions, min_size=1, max_size=2),
    separators=separators(),
    byte_order_mark=st.booleans(),
    encoding=st.sampled_from(["utf-8", "utf-16-le", "utf-16-be"]),
)
SMALL = RemittanceFile(
    transactions=[
        Transaction(claims=[Claim(), Claim().reversed()]),
        Transaction(provider_adjustments=[Plb("WO", 5, "R")]),
    ]
).render()


def events_of(*chunks: bytes) -> list[RemittanceEvent]:
    return list(read_remittances(chunks))


def is_kept_out(events: list[RemittanceEvent]) -> bool:
    return any(isinstance(e, Anomaly) and e.kind in FATAL_ANOMALIES for e in events)


@quickly
@given(files)
def test_what_is_written_is_read(file: RemittanceFile) -> None:
    events = events_of(file.render())
    anomalies = {event.kind for event in events if isinstance(event, Anomaly)}
    assert anomalies <= {AnomalyKind.BYTE_ORDER_MARK}
    headers = [event for event in events if isinstance(event, TransactionHeader)]
    found_claims = [event for event in events if isinstance(event, RemittanceClaim)]
    found_plbs = [event for event in events if isinstance(event, ProviderAdjustment)]
    ends = [event for event in events if isinstance(event, TransactionEnd)]
    assert [
        (h.payment_cents, h.trace_number, h.payment_date, h.payee_identifier) for h in headers
    ] == [(t.payment, t.trace_number, t.payment_date, t.payee_npi) for t in file.transactions]
    written_claims = [claim for t in file.transactions for claim in t.claims]
    assert [without_places(claim) for claim in found_claims] == [
        expected(claim) for claim in written_claims
    ]
    assert [(f.reason, f.reference, f.amount_cents) for f in found_plbs] == [
        (p.reason, p.reference, p.cents) for t in file.transactions for p in t.provider_adjustments
    ]
    for header, end in zip(headers, ends, strict=True):
        assert header.payment_cents == end.paid_cents - end.provider_adjustment_cents


@quickly
@given(files, st.data())
def test_it_does_not_matter_where_the_bytes_are_split(
    file: RemittanceFile, data: st.DataObject
) -> None:
    whole = file.render()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=12)))
    pieces = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    assert events_of(*pieces) == events_of(whole)


@quickly
@given(transactions, separators(), separators(), st.booleans())
def test_the_hash_is_of_the_content_alone(
    transaction: Transaction, first: Separators, second: Separators, has_envelope: bool
) -> None:
    one = RemittanceFile(transactions=[transaction], separators=first)
    other = RemittanceFile(
        transactions=[replace(transaction, control_number="7777")],
        separators=second,
        has_envelope=has_envelope,
        interchange_control_number="000000042",
    )
    assert hashes_of(one.render()) == hashes_of(other.render())


@quickly
@given(st.lists(transactions, min_size=2, max_size=2), separators())
def test_different_content_has_different_hashes(
    pair: list[Transaction], written_with: Separators
) -> None:
    one, other = (list(transaction.segments()) for transaction in pair)
    assume(one[1:-1] != other[1:-1])
    hashes = hashes_of(RemittanceFile(transactions=pair, separators=written_with).render())
    assert len(set(hashes)) == 2


@quickly
@given(st.integers(0, len(SMALL)), st.integers(1, 40))
def test_a_cut_file_is_kept_out_or_holds_whole_transactions_only(cut: int, size: int) -> None:
    data = SMALL[:cut]
    events = events_of(*[data[at : at + size] for at in range(0, cut, size)])
    whole = data.rstrip(b"\n")
    ends_between_transactions = whole.endswith(b"~") and (
        whole[whole.rfind(b"\n") + 1 :][:3] in (b"SE*", b"GE*", b"IEA")
    )
    assert is_kept_out(events) is not ends_between_transactions
    begun = sum(isinstance(event, TransactionHeader) for event in events)
    ended = sum(isinstance(event, TransactionEnd) for event in events)
    assert begun == ended or is_kept_out(events)


@quickly
@given(st.lists(st.binary(max_size=300), max_size=4), st.sampled_from([b"", SMALL[:106], SMALL]))
def test_no_bytes_make_it_raise(chunks: list[bytes], start: bytes) -> None:
    whole = events_of(start, *chunks)
    assert isinstance(whole[-1], FileEnd)
    assert whole[-1].byte_count == len(start) + sum(map(len, chunks))
    assert whole == events_of(start + b"".join(chunks))


@quickly
@given(
    st.lists(
        st.tuples(st.integers(0, len(SMALL) - 1), st.integers(0, 255), st.booleans()),
        min_size=1,
        max_size=5,
    ),
    st.integers(1, 200),
)
def test_no_damage_makes_it_raise_or_depend_on_the_split(
    changes: list[tuple[int, int, bool]], size: int
) -> None:
    damaged = bytearray(SMALL)
    for at, byte, is_inserted in changes:
        damaged[at : at if is_inserted else at + 1] = bytes((byte,))
    data = bytes(damaged)
    events = events_of(data)
    assert isinstance(events[-1], FileEnd)
    assert events == events_of(*[data[at : at + size] for at in range(0, len(data), size)])


def hashes_of(data: bytes) -> list[bytes]:
    return [event.content_sha256 for event in events_of(data) if isinstance(event, TransactionEnd)]


def without_places(claim: RemittanceClaim) -> RemittanceClaim:
    found = tuple(structs.replace(line, position=0) for line in claim.lines)
    return structs.replace(claim, position=0, ordinal=0, lines=found)


def expected(claim: Claim) -> RemittanceClaim:
    return RemittanceClaim(
        position=0,
        ordinal=0,
        patient_control_number=claim.patient_control_number,
        status_code=claim.status_code,
        charge_cents=claim.charge,
        paid_cents=claim.paid,
        patient_responsibility_cents=claim.patient_responsibility_cents,
        filing_indicator="12",
        payer_claim_number="ICN0001",
        facility_code="11",
        frequency_code="1",
        original_reference=claim.original_reference or None,
        patient_last_name=claim.patient_last_name,
        patient_first_name="PAT",
        member_id="MEM0001",
        service_from=claim.service_from,
        remark_codes=tuple(claim.remark_codes),
        adjustments=tuple(expected_adjustment(cas) for cas in claim.adjustments),
        lines=tuple(expected_line(line) for line in claim.lines),
    )


def expected_line(line: Line) -> RemittanceLine:
    return RemittanceLine(
        position=0,
        procedure_code=line.procedure_code,
        modifiers=tuple(line.modifiers),
        charge_cents=line.charge_cents,
        paid_cents=line.paid,
        procedure_qualifier="HC",
        revenue_code=line.revenue_code or None,
        paid_units="1",
        submitted_procedure_code=line.submitted_procedure_code or None,
        service_from=line.service_date,
        service_to=line.service_date,
        line_control_number=line.control_number or None,
        allowed_cents=line.allowed_cents,
        remark_codes=tuple(line.remark_codes),
        adjustments=tuple(expected_adjustment(cas) for cas in line.adjustments),
    )


def expected_adjustment(cas: Cas) -> Adjustment:
    return Adjustment(cas.group, cas.reason, cas.cents, cas.quantity or None)
