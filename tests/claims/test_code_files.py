"""Files of codes are read as a stream, and refused by the number of the line that is wrong."""

import datetime as dt
import tracemalloc
from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.claims.scrubbing.code_files import (
    CodeLine,
    FeeLine,
    ProcedurePairLine,
    UnreadableCodeFile,
    rows_of,
)
from services.claims.scrubbing.editions import spans_of, within
from services.claims.x12.scrub_tables import Span
from storage.identifiers import new_ids
from storage.tables.codes import CodeTable
from storage.vocabulary.codes import CodeKind

FIRST = dt.date(2026, 1, 1)


def rows(kind: CodeKind, text: str) -> list[object]:
    return [row for _, row in rows_of(kind, [text.encode()])]


def read(kind: CodeKind, chunks: Iterable[bytes]) -> int:
    """How many rows a file has."""
    return sum(1 for _ in rows_of(kind, chunks))


def test_codes_come_without_dots_with_their_wording_and_days() -> None:
    found = rows(
        CodeKind.DIAGNOSES,
        "Code;Description;Effective Date;Termination Date;is_billable\r\n"
        "e11.9;Type 2  diabetes;2025-10-01;;1\r\n"
        "E11;Diabetes;20251001;*;0\r\n"
        "\r\n",
    )
    assert found == [
        CodeLine("E119", "Type 2 diabetes", dt.date(2025, 10, 1), None, is_billable=True),
        CodeLine("E11", "Diabetes", dt.date(2025, 10, 1), None, is_billable=False),
    ]


def test_pairs_and_prices_are_read_as_medicare_writes_them() -> None:
    assert rows(
        CodeKind.PROCEDURE_PAIRS,
        "Column 1\tColumn 2\tEffective Date\tDeletion Date\tModifier Indicator\n"
        "99213\t36415\t20200101\t*\t1\n",
    ) == [ProcedurePairLine("99213", "36415", dt.date(2020, 1, 1), None, modifier_allowed=True)]
    assert rows(CodeKind.FEES, 'HCPCS,MOD,Fee\n77067,26,"$1,234.50"\n77067,,70\n') == [
        FeeLine("77067", "26", 123_450, None, None),
        FeeLine("77067", None, 7_000, None, None),
    ]


@pytest.mark.parametrize(
    ("kind", "text", "line", "reason"),
    [
        (CodeKind.PROCEDURES, "", 1, "the file is empty"),
        (CodeKind.PROCEDURES, "label\n99213\n", 1, "the heading lacks code"),
        (CodeKind.PROCEDURES, "code,hcpcs\n", 1, "two columns are called code"),
        (CodeKind.PROCEDURES, "code\n99213\n9921\n", 3, "code '9921' is not made like a code"),
        (CodeKind.PROCEDURES, "code,effective_from\n99213,soon\n", 2, "'soon' is no day"),
        (
            CodeKind.PROCEDURES,
            "code,effective_from,effective_to\n99213,2026-02-01,2026-01-01\n",
            2,
            "'2026-01-01' lies before 2026-02-01",
        ),
        (CodeKind.PROCEDURES, 'code\n"99213\n', 2, "unexpected end of data"),
        (
            CodeKind.PROCEDURES,
            f"code,label\n99213,{'x' * 1001}\n",
            2,
            "has more than 1000 characters",
        ),
        (CodeKind.UNIT_LIMITS, "code,units\n99213,1.5\n", 2, "'1.5' is no whole number"),
        (CodeKind.FEES, "code,amount\n99213,1.005\n", 2, "no amount in whole cents"),
        (CodeKind.FEES, "code,amount\n99213,-1\n", 2, "below zero"),
        (CodeKind.FEES, "code,amount\n99213,1\x00\n", 2, "holds a NUL character"),
    ],
)
def test_a_line_that_is_wrong_is_named(kind: CodeKind, text: str, line: int, reason: str) -> None:
    with pytest.raises(UnreadableCodeFile) as refused:
        rows(kind, text)
    assert refused.value.line == line
    assert reason in refused.value.reason


def test_bytes_that_are_no_text_are_refused_and_so_is_a_line_without_an_end() -> None:
    with pytest.raises(UnreadableCodeFile) as refused:
        read(CodeKind.PROCEDURES, [b"code,label\n99213,Visit\n", b"99214,Gr\xf6\xdfe\n"])
    assert (refused.value.line, refused.value.column) == (3, 2)
    with pytest.raises(UnreadableCodeFile) as endless:
        read(CodeKind.PROCEDURES, (b"x" * 5_000 for _ in range(1_000_000)))
    assert "more than 10000 characters" in endless.value.reason
    with pytest.raises(UnreadableCodeFile) as empty:
        read(CodeKind.PROCEDURES, [b"code\n"])
    assert "nothing below it" in empty.value.reason


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("column_one,column_two,modifier_allowed\n99213,36415,1\n99213,364", 3, 3),
        ("column_one,column_two,modifier_allowed\n99213,3641,1\n", 2, 2),
        ("column_one,column_two,modifier_allowed\n99213,36415,maybe\n", 2, 3),
        ("column_one,column_two,modifier_allowed\n99213,36415,1,1\n", 2, 4),
        ("column_one,column_two,column_2\n", 1, 3),
    ],
    ids=["cut off", "no code", "no choice", "a cell too many", "a column twice"],
)
def test_the_cell_that_is_wrong_is_named(text: str, line: int, column: int) -> None:
    with pytest.raises(UnreadableCodeFile) as refused:
        rows(CodeKind.PROCEDURE_PAIRS, text)
    assert (refused.value.line, refused.value.column) == (line, column)
    assert f"Line {line}, column {column}: " in refused.value.detail


@given(st.lists(st.integers(1, 40), max_size=30))
def test_where_the_chunks_end_makes_no_difference(lengths: list[int]) -> None:
    text = "\ufeffcode,label\n99213,Gespräch\n99214,Längeres Gespräch\n".encode()
    chunks, at = [], 0
    for length in lengths:
        chunks.append(text[at : at + length])
        at += length
    cut = list(rows_of(CodeKind.PROCEDURES, [*chunks, text[at:]]))
    assert cut == list(rows_of(CodeKind.PROCEDURES, [text]))


def test_memory_does_not_grow_with_the_file() -> None:
    def file(lines: int) -> Iterator[bytes]:
        yield b"column_one,column_two,modifier_allowed\n"
        for _ in range(lines // 100):
            yield b"99213,36415,1\n" * 100

    def peak(lines: int) -> int:
        tracemalloc.start()
        assert read(CodeKind.PROCEDURE_PAIRS, file(lines)) == lines
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(20_000) < 2 * peak(2_000)


def edition(at: int, first: int, last: int | None) -> CodeTable:
    return CodeTable(
        id=ORDERED[at],
        effective_from=FIRST + dt.timedelta(days=first),
        effective_to=None if last is None else FIRST + dt.timedelta(days=first + last),
    )


ORDERED = new_ids(8)
EDITIONS = st.lists(
    st.tuples(st.integers(0, 20), st.none() | st.integers(0, 20)), max_size=len(ORDERED)
)


@given(EDITIONS, st.integers(-2, 45))
def test_on_each_day_at_most_the_edition_that_began_last_is_in_force(
    drawn: list[tuple[int, int | None]], day: int
) -> None:
    editions = [edition(at, first, last) for at, (first, last) in enumerate(drawn)]
    on = FIRST + dt.timedelta(days=day)
    begun = [each for each in editions if each.effective_from <= on]
    latest = max(begun, key=lambda each: (each.effective_from, each.id), default=None)
    if latest is not None and latest.effective_to is not None and latest.effective_to < on:
        latest = None
    spans = spans_of(reversed(editions))
    holding = [table_id for table_id, span in spans.items() if span.holds(on)]
    assert holding == ([] if latest is None else [latest.id])


@given(
    st.tuples(st.integers(0, 9), st.none() | st.integers(0, 9)),
    st.none() | st.integers(0, 12),
    st.none() | st.integers(0, 12),
    st.integers(0, 12),
)
def test_a_row_holds_on_days_of_its_own_and_of_its_edition(
    drawn: tuple[int, int | None], first: int | None, last: int | None, day: int
) -> None:
    def on(days: int | None) -> dt.date | None:
        return None if days is None else FIRST + dt.timedelta(days=days)

    begins, ends = FIRST + dt.timedelta(days=drawn[0]), on(drawn[1])
    if ends is not None and ends < begins:
        ends = begins
    today = FIRST + dt.timedelta(days=day)
    own_first, own_last = on(first), on(last)
    expected = (
        Span(begins, ends).holds(today)
        and (own_first is None or own_first <= today)
        and (own_last is None or today <= own_last)
    )
    span = within(Span(begins, ends), own_first, own_last)
    assert (span is not None and span.holds(today)) == expected
