"""The tokenizer finds the segments of any X12 file, and reports what is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from services.claims.x12.remittance_model import Anomaly, AnomalyKind
from services.claims.x12.tokenizer import MAX_SEGMENT_BYTES, Segment, tokenize
from tests.builders.remittance_files import RemittanceFile, Separators

if TYPE_CHECKING:
    from collections.abc import Iterator

PLAIN = RemittanceFile.of().render()
PLAIN_ELEMENTS = list(RemittanceFile.of().segments())


def segments_of(*chunks: bytes) -> list[list[str]]:
    return [token.elements for token in tokenize(chunks) if isinstance(token, Segment)]


def anomalies_of(*chunks: bytes) -> list[tuple[AnomalyKind, int]]:
    return [
        (token.kind, token.position) for token in tokenize(chunks) if isinstance(token, Anomaly)
    ]


def isa_with(*, element: str = "*", component: str = ":", terminator: str = "~") -> bytes:
    separators = Separators(
        element=element, component=component, terminator=terminator, line_break=""
    )
    header = next(RemittanceFile.of(separators=separators).segments())
    return (element.join(header) + terminator).encode()


def test_segments_are_numbered_from_one_and_lose_empty_elements_at_the_end() -> None:
    tokens = list(tokenize([isa_with() + b"GS*HP***~ST*835*0001**~"]))
    assert [(t.position, t.elements[0]) for t in tokens if isinstance(t, Segment)] == [
        (1, "ISA"),
        (2, "GS"),
        (3, "ST"),
    ]
    assert segments_of(isa_with() + b"GS*HP***~ST*835*0001**~")[1:] == [
        ["GS", "HP"],
        ["ST", "835", "0001"],
    ]


@pytest.mark.parametrize("element", ["*", "|", "\t", "\x1d", "\x15", "!"])
@pytest.mark.parametrize("terminator", ["~", "\n", "\r", "'", "\x1c"])
def test_delimiters_are_read_from_the_isa(element: str, terminator: str) -> None:
    separators = Separators(element=element, component="<", terminator=terminator, line_break="")
    data = RemittanceFile.of(separators=separators).render()
    token = next(tokenize([data]))
    assert isinstance(token, Segment)
    assert token.delimiters.element == element
    assert token.delimiters.component == "<"
    assert token.delimiters.terminator == terminator
    assert token.delimiters.repetition == "^"
    assert len(segments_of(data)) == len(PLAIN_ELEMENTS)


@pytest.mark.parametrize("line_break", ["", "\n", "\r\n", "\r", "\n\n", " \n", "\x1a"])
def test_line_breaks_and_blanks_between_segments_mean_nothing(line_break: str) -> None:
    data = RemittanceFile.of(separators=Separators(line_break=line_break)).render()
    assert segments_of(data) == segments_of(PLAIN)
    assert anomalies_of(data) == []


def test_a_newline_terminator_may_follow_a_carriage_return() -> None:
    data = RemittanceFile.of(separators=Separators(terminator="\r", line_break="\n")).render()
    assert segments_of(data)[1:] == segments_of(PLAIN)[1:]


@pytest.mark.parametrize("line_break", [b"\n", b"\r\n"])
def test_a_file_wrapped_at_eighty_columns_reads_as_if_it_were_not(line_break: bytes) -> None:
    unwrapped = RemittanceFile.of(separators=Separators(line_break="")).render()
    wrapped = line_break.join(chunked(unwrapped, 80))
    assert segments_of(wrapped) == segments_of(unwrapped)


def test_each_interchange_has_delimiters_of_its_own() -> None:
    other = RemittanceFile.of(
        separators=Separators(element="|", component=">", terminator="\n", line_break="")
    ).render()
    for first, second in ((PLAIN, other), (other, PLAIN), (PLAIN, PLAIN)):
        names = [elements[0] for elements in segments_of(first + second)]
        assert names == 2 * [elements[0] for elements in PLAIN_ELEMENTS]
        assert anomalies_of(first + second) == []


def test_isa_inside_an_element_does_not_begin_an_interchange() -> None:
    data = isa_with() + b"NM1*QC*1*ISA*LISA~N3*ISA|1~IEA*1*000000001~"
    assert segments_of(data)[1:3] == [["NM1", "QC", "1", "ISA", "LISA"], ["N3", "ISA|1"]]


def test_an_isa_of_wrong_width_is_read_by_counting() -> None:
    data = b"ISA*00**00**ZZ*A*ZZ*B*250101*1200*^*00501*1*0*P*:~GS*HP~"
    assert segments_of(data)[1:] == [["GS", "HP"]]


def test_an_isa_without_component_separator_is_read() -> None:
    data = b"ISA*00**00**ZZ*A*ZZ*B*250101*1200*^*00501*1*0*P*~GS*HP~"
    assert segments_of(data)[1:] == [["GS", "HP"]]


def test_the_standards_identifier_of_older_versions_is_no_repetition_separator() -> None:
    data = isa_with().replace(b"*^*00501*", b"*U*00401*")
    token = next(tokenize([data]))
    assert isinstance(token, Segment)
    assert token.delimiters.repetition is None


@pytest.mark.parametrize("terminator", ["~", "\n", "|", "\x1e"])
@pytest.mark.parametrize("start", ["ST*835*0001", "GS*HP*A*B*20250101*1200*1*X*005010X221A1"])
def test_without_isa_the_delimiters_are_inferred(start: str, terminator: str) -> None:
    data = (start + terminator + "BPR*I*10" + terminator).encode()
    token = next(tokenize([data]))
    assert isinstance(token, Segment)
    assert token.delimiters.terminator == terminator
    assert not token.delimiters.declared
    assert segments_of(data) == [start.split("*"), ["BPR", "I", "10"]]


def test_a_byte_order_mark_is_reported_and_skipped() -> None:
    data = RemittanceFile(byte_order_mark=True).render()
    assert segments_of(data) == segments_of(PLAIN)
    assert anomalies_of(data) == [(AnomalyKind.BYTE_ORDER_MARK, 1)]
    assert anomalies_of(PLAIN + data) == [(AnomalyKind.BYTE_ORDER_MARK, len(PLAIN_ELEMENTS) + 1)]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("has_mark", [True, False])
def test_utf_16_is_read(encoding: str, has_mark: bool) -> None:
    data = RemittanceFile(byte_order_mark=has_mark, encoding=encoding).render()
    assert segments_of(*chunked(data, 7)) == segments_of(PLAIN)
    assert anomalies_of(data) == ([(AnomalyKind.BYTE_ORDER_MARK, 1)] if has_mark else [])


def test_each_segment_is_utf_8_or_else_latin_1() -> None:
    data = isa_with() + "N1*PR*MÜLLER~".encode() + "N1*PE*PEÑA~".encode("latin-1")
    assert segments_of(data)[1:] == [["N1", "PR", "MÜLLER"], ["N1", "PE", "PEÑA"]]


def test_a_mark_before_a_latin_1_segment_is_no_part_of_it_wherever_the_bytes_are_split() -> None:
    data = isa_with() + b"GS*HP~\xef\xbb\xbfN1*PE*PE\xd1A~SE*1~"
    for size in range(1, len(data)):
        assert segments_of(*chunked(data, size))[2] == ["N1", "PE", "PE\u00d1A"]


@pytest.mark.parametrize("data", [b"", b" \r\n\t \n", b"\xef\xbb\xbf", b" " * 300_000])
def test_a_file_of_blanks_is_empty(data: bytes) -> None:
    assert AnomalyKind.EMPTY in [kind for kind, _ in anomalies_of(data)]
    assert segments_of(data) == []


@pytest.mark.parametrize(
    ("data", "kind", "words"),
    [
        (b"PK\x03\x04\x14\x00\x00\x00", AnomalyKind.UNDECODABLE, "ZIP"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", AnomalyKind.UNDECODABLE, "PNG"),
        (b"%PDF-1.7\n%\xe2\xe3", AnomalyKind.UNDECODABLE, "PDF"),
        (b"\x1f\x8b\x08\x00", AnomalyKind.UNDECODABLE, "gzip"),
        (bytes(range(256)), AnomalyKind.UNDECODABLE, "binary"),
        (b'{"claims": []}', AnomalyKind.NOT_X12, "JSON"),
        (b" \n<!DOCTYPE html><html>", AnomalyKind.NOT_X12, "HTML"),
        (b"<?xml version='1.0'?>", AnomalyKind.NOT_X12, "XML"),
        (b"MSH|^~\\&|A|B", AnomalyKind.NOT_X12, "HL7"),
        (b"UNB+UNOA:1+A+B'", AnomalyKind.NOT_X12, "EDIFACT"),
        (b"claim,amount\n1,2\n", AnomalyKind.NOT_X12, "text"),
        (b"BPR*I*10*C~", AnomalyKind.NOT_X12, "no ISA"),
    ],
)
def test_what_is_no_x12_is_told_once_and_in_words(
    data: bytes, kind: AnomalyKind, words: str
) -> None:
    tokens = list(tokenize([data]))
    assert len(tokens) == 1
    assert isinstance(tokens[0], Anomaly)
    assert tokens[0].kind is kind
    assert words in tokens[0].detail


@pytest.mark.parametrize("cut", [1, 3, 4, 50, 105, len(PLAIN) - 2, len(PLAIN) - 20])
def test_a_file_that_ends_inside_a_segment_is_cut_off(cut: int) -> None:
    kinds = [kind for kind, _ in anomalies_of(PLAIN[:cut])]
    assert kinds == [AnomalyKind.NOT_X12 if cut < 4 else AnomalyKind.UNTERMINATED_SEGMENT]


def test_blanks_after_the_last_segment_are_no_segment() -> None:
    assert anomalies_of(PLAIN + b"\r\n \t\x1a" + b"\n" * 100_000) == []


def test_control_characters_in_a_segment_are_refused_where_they_stand() -> None:
    data = isa_with() + b"GS*HP~NM1*QC*1*SA\x00MPLE~SE*1~"
    assert anomalies_of(data) == [(AnomalyKind.UNDECODABLE, 3)]
    assert len(segments_of(data)) == 2


def test_a_segment_has_a_greatest_length() -> None:
    longest = b"N3*" + b"x" * (MAX_SEGMENT_BYTES - 3)
    assert anomalies_of(isa_with() + longest + b"~") == []
    assert anomalies_of(isa_with() + longest + b"x~") == [(AnomalyKind.SEGMENT_TOO_LONG, 2)]


def test_an_endless_segment_is_given_up_early_and_the_rest_only_read_over() -> None:
    taken = 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        yield isa_with()
        for _ in range(1_000):
            taken += 1
            yield b"x" * 10_000

    tokens = tokenize(endless())
    assert isinstance(next(tokens), Segment)
    refusal = next(tokens)
    assert isinstance(refusal, Anomaly)
    assert refusal.kind is AnomalyKind.SEGMENT_TOO_LONG
    assert taken <= 8
    assert list(tokens) == []
    assert taken == 1_000


def chunked(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]
