"""Envelopes may be wrong; a file that is cut off or no 835 is kept out as a whole."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.claims.x12.remittance_model import (
    FATAL_ANOMALIES,
    Anomaly,
    AnomalyKind,
    FileEnd,
)
from services.claims.x12.remittance_reader import MAX_LOOP_SEGMENTS
from tests.builders.remittance_files import (
    Claim,
    Line,
    Plb,
    RemittanceFile,
    Separators,
    Transaction,
)
from tests.claims.x12.reading import (
    PLAIN,
    anomalies_of,
    claims_of,
    edited,
    ends_of,
    events_of,
    fatal_kinds_of,
    headers_of,
    kinds_of,
    provider_adjustments_of,
)


def test_a_component_separator_other_than_the_declared_is_used_and_reported_once() -> None:
    separators = Separators(component=">", declared_component=":")
    data = RemittanceFile.of(
        claims=[Claim(lines=[Line(modifiers=["25"]), Line()])],
        provider_adjustments=[Plb("WO", 1, "A:B")],
        separators=separators,
    ).render()
    (claim,) = claims_of(data)
    assert claim.lines[0].procedure_code == "99213"
    assert claim.lines[0].modifiers == ("25",)
    assert provider_adjustments_of(data)[0].reference == "A:B"
    assert kinds_of(data) == [AnomalyKind.DELIMITER_MISMATCH]


@pytest.mark.parametrize("start", [b"GS*", b"ST*"])
def test_a_missing_envelope_is_reported_and_the_rest_read(start: bytes) -> None:
    body = PLAIN[PLAIN.index(start) : PLAIN.index(b"GE*")]
    assert AnomalyKind.MISSING_ENVELOPE in kinds_of(body)
    assert fatal_kinds_of(body) == []
    (claim,) = claims_of(body)
    skipped = PLAIN[: PLAIN.index(start)].count(b"~")
    assert claim.position == claims_of(PLAIN)[0].position - skipped
    assert claim.lines[0].procedure_code == "99213"


def test_a_missing_envelope_is_reported_once() -> None:
    file = RemittanceFile(has_envelope=False, transactions=[Transaction()] * 3)
    assert kinds_of(file.render()) == [AnomalyKind.MISSING_ENVELOPE]


def test_missing_trailers_are_no_reason_to_refuse() -> None:
    for end in (b"GE*", b"IEA*"):
        data = PLAIN[: PLAIN.index(end)]
        assert set(kinds_of(data)) == {AnomalyKind.MISSING_ENVELOPE}
        assert len(claims_of(data)) == 1


@pytest.mark.parametrize(
    ("file", "kinds"),
    [
        (
            RemittanceFile(transactions=[Transaction(segment_count=99)]),
            [AnomalyKind.WRONG_COUNT],
        ),
        (
            RemittanceFile(transactions=[Transaction(closing_control_number="9")]),
            [AnomalyKind.WRONG_CONTROL_NUMBER],
        ),
        (RemittanceFile(transaction_count=2), [AnomalyKind.WRONG_COUNT]),
        (RemittanceFile(group_count=0), [AnomalyKind.WRONG_COUNT]),
        (
            RemittanceFile(closing_interchange_control_number="000000009"),
            [AnomalyKind.WRONG_CONTROL_NUMBER],
        ),
    ],
)
def test_wrong_trailers_are_reported_and_not_fatal(
    file: RemittanceFile, kinds: list[AnomalyKind]
) -> None:
    data = file.render()
    assert kinds_of(data) == kinds
    assert len(ends_of(data)) == 1


@pytest.mark.parametrize("trailer", [b"SE*", b"SE*x*0001", b"SE*" + b"9" * 5_000 + b"*0001"])
def test_an_unreadable_count_is_a_wrong_one(trailer: bytes) -> None:
    end = PLAIN.index(b"SE*")
    data = PLAIN[:end] + trailer + PLAIN[PLAIN.index(b"~", end) :]
    assert AnomalyKind.WRONG_COUNT in kinds_of(data)


def test_several_interchanges_and_transactions_are_one_file() -> None:
    two = RemittanceFile(transactions=[Transaction(), Transaction(control_number="0002")])
    bars = Separators(element="|", component="<", terminator="\n", line_break="")
    data = two.render() + replace(two, separators=bars).render()
    assert anomalies_of(data) == []
    assert [header.ordinal for header in headers_of(data)] == [1, 2, 3, 4]
    assert [claim.ordinal for claim in claims_of(data)] == [1, 1, 1, 1]


# Files that are kept out


@pytest.mark.parametrize("start", [b"SE*", b"GE*", b"IEA*"])
def test_a_segment_without_its_end_is_a_cut_off_file(start: bytes) -> None:
    at = PLAIN.index(start)
    assert fatal_kinds_of(PLAIN[: at + 2]) == [AnomalyKind.UNTERMINATED_SEGMENT]
    assert fatal_kinds_of(PLAIN[: PLAIN.index(b"~", at)]) == [AnomalyKind.UNTERMINATED_SEGMENT]


def test_a_cut_off_names_the_transaction_that_it_falls_in() -> None:
    cut = [PLAIN[: PLAIN.index(name) + 2] for name in (b"GS*", b"CLP", b"GE*")]
    assert [anomalies_of(data)[0].transaction for data in cut] == [None, 1, None]


def test_an_st_without_se_is_a_cut_off_file_and_loses_its_last_claim() -> None:
    data = PLAIN[: PLAIN.index(b"SE*")]
    assert fatal_kinds_of(data) == [AnomalyKind.MISSING_SE]
    assert claims_of(data) == []
    assert ends_of(data) == []


@pytest.mark.parametrize("following", [b"GE*1*1~", b"ST*835*0002~", PLAIN])
def test_an_st_that_is_followed_by_anything_but_its_se_is_fatal(following: bytes) -> None:
    data = PLAIN[: PLAIN.index(b"SE*")] + following
    (fatal,) = [a for a in anomalies_of(data) if a.kind in FATAL_ANOMALIES]
    assert (fatal.kind, fatal.transaction) == (AnomalyKind.MISSING_SE, 1)
    assert claims_of(data) == []


@pytest.mark.parametrize("other", ["837", "999", "277"])
def test_a_file_of_another_type_is_told_by_its_type(other: str) -> None:
    segments = f"ST*{other}*0001~BHT*0019~CLM*A*1~SE*4*0001~"
    whole = _instead_of_the_transaction(segments.encode())
    cut = whole[: whole.index(b"CLM") + 2]
    for data in (whole, cut, whole[: whole.index(b"SE*")]):
        (fatal,) = [a for a in anomalies_of(data) if a.kind in FATAL_ANOMALIES]
        assert fatal.kind is AnomalyKind.NOT_835
        assert other in fatal.detail
        assert fatal.position == 3
    assert fatal_kinds_of(whole + PLAIN) == []


def test_an_envelope_without_transaction_is_no_835() -> None:
    assert fatal_kinds_of(_instead_of_the_transaction(b"")) == [AnomalyKind.NOT_835]


def test_a_transaction_of_another_type_beside_an_835_is_skipped() -> None:
    other = b"ST*999*0009~AK1*HP*1~CLP*NOT*A*CLAIM~SE*3*0009~"
    for data in (edited(b"ST*835", other + b"ST*835"), edited(b"GE*1", other + b"GE*1")):
        assert set(kinds_of(data)) == {AnomalyKind.UNEXPECTED_SEGMENT, AnomalyKind.WRONG_COUNT}
        assert len(claims_of(data)) == 1
        assert headers_of(data)[0].ordinal == 1


def test_another_type_that_is_cut_off_before_an_835_keeps_the_file_out() -> None:
    data = edited(b"ST*835", b"ST*999*0009~AK1*HP*1~ST*835")
    assert fatal_kinds_of(data) == [AnomalyKind.MISSING_SE]


@pytest.mark.parametrize("data", [b"", b" \n ", b"{}", b"<html>", b"PK\x03\x04", b"\x89PNG\r\n"])
def test_what_is_no_x12_gives_one_anomaly_and_the_end(data: bytes) -> None:
    anomaly, end = events_of(data)
    assert isinstance(anomaly, Anomaly)
    assert anomaly.kind in FATAL_ANOMALIES
    assert end == FileEnd(byte_count=len(data), segment_count=0, transaction_count=0)


def test_a_loop_without_end_is_given_up() -> None:
    data = edited(b"SE*", b"QTY*CA*1~" * MAX_LOOP_SEGMENTS + b"SE*")
    assert fatal_kinds_of(data) == [AnomalyKind.SEGMENT_TOO_LONG]


# Segments in the wrong place


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"N1*PR", b"CAS*CO*45*1~N1*PR"),
        (b"LX*1", b"SVC*HC:99213*1*1~LX*1"),
        (b"LX*1~", b"LX*1~CAS*CO*45*1~"),
        (b"SVC*", b"TRN*1*X~SVC*"),
        (b"SE*", b"MOA***MA01~SE*"),
        (b"SE*", b"PLB*1*20251231*WO*1~CAS*CO*45*1~SE*"),
        (b"GS*", b"REF*EV*1~GS*"),
        (b"GE*", b"SE*1*1~GE*"),
    ],
)
def test_a_segment_in_the_wrong_place_is_reported(old: bytes, new: bytes) -> None:
    kinds = kinds_of(edited(old, new))
    assert AnomalyKind.UNEXPECTED_SEGMENT in kinds
    assert len(claims_of(edited(old, new))) == 1


def test_details_name_no_text_of_the_file() -> None:
    # A stray terminator inside a name makes its rest look like a segment.
    data = edited(b"SAMPLE*PAT", b"SAM~DOE*ABC-SECRET*SECRET")
    details = " ".join(anomaly.detail for anomaly in anomalies_of(data))
    assert details
    assert "DOE" not in details
    assert "SECRET" not in details


def _instead_of_the_transaction(segments: bytes) -> bytes:
    return PLAIN[: PLAIN.index(b"ST*")] + segments + PLAIN[PLAIN.index(b"GE*") :]
