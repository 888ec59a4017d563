"""An edition is loaded as a whole, by copying it in pieces, or nothing of it is."""

import datetime as dt

import pytest

from services.claims.scrubbing import code_tables
from services.claims.scrubbing.code_files import UnreadableCodeFile
from services.claims.scrubbing.code_tables import NewCodeTable, load_code_table, read_code_file
from storage.filters import CodeFilter, CodeTableFilter
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.codes import CodeKind
from tests.builders.companies import CompanyForTests

pytestmark = pytest.mark.anyio


async def load(
    storage: PostgresStorage, company: CompanyForTests, kind: CodeKind, text: str
) -> list[int]:
    """Load an edition; how many rows had been read whenever somebody was told."""
    new = NewCodeTable(
        kind=kind,
        edition="2026",
        source="a test",
        effective_from=dt.date(2026, 1, 1),
        schedule="Medicare" if kind is CodeKind.FEES else None,
        file_name="test.csv",
    )
    heard: list[int] = []
    file = read_code_file(lambda: [text.encode()])
    async with storage.transaction(company.id, company.actor) as store:
        await load_code_table(store, new, file, told=heard.append)
    return heard


async def test_rows_come_in_pieces_and_stand_in_the_order_of_their_lines(
    storage: PostgresStorage, company: CompanyForTests, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(code_tables, "ROWS_AT_ONCE", 2)
    text = "code,label\n" + "".join(f"9921{at},Visit\\ {at}\n" for at in range(5))
    assert await load(storage, company, CodeKind.PROCEDURES, text) == [2, 4, 5]
    async with storage.transaction(company.id, company.actor) as store:
        (table,) = await store.code_tables.all(CodeTableFilter())
        codes = await store.codes.all(CodeFilter(table_id=table.id))
        assert table.row_count == 5
        assert [each.code for each in codes] == ["99210", "99211", "99212", "99213", "99214"]
        assert codes[3].label == "Visit\\ 3"
        assert {each.recorded_by for each in codes} == {company.actor.principal_id}


@pytest.mark.parametrize(
    ("kind", "text", "line", "reason"),
    [
        (CodeKind.PROCEDURES, "code\n99213\n99214\n99213\n", 4, "repeats line 2"),
        (
            CodeKind.PROCEDURE_PAIRS,
            "column_one,column_two,modifier_allowed\n99213,36415,1\n\n99213,36415,0\n",
            4,
            "repeats line 2: the same column_one, column_two, effective_from",
        ),
        (CodeKind.FEES, "code,amount\n99213,1\n99214,2\n99213,2\n", 4, "repeats line 2"),
        (CodeKind.UNIT_LIMITS, "code,units\n99213,1\n99213,x\n", 3, "'x' is no whole number"),
        (CodeKind.UNIT_LIMITS, "code,units\n99213,1\n99214", 3, "ends after 1 of 2 columns"),
    ],
)
async def test_of_a_file_with_a_fault_nothing_is_written(
    storage: PostgresStorage,
    company: CompanyForTests,
    monkeypatch: pytest.MonkeyPatch,
    kind: CodeKind,
    text: str,
    line: int,
    reason: str,
) -> None:
    monkeypatch.setattr(code_tables, "ROWS_AT_ONCE", 1)
    with pytest.raises(UnreadableCodeFile) as refused:
        await load(storage, company, kind, text)
    assert refused.value.line == line
    assert reason in refused.value.reason
    async with storage.transaction(company.id, company.actor) as store:
        assert await store.code_tables.count(CodeTableFilter()) == 0


async def test_a_code_may_come_again_from_another_day_on(
    storage: PostgresStorage, company: CompanyForTests
) -> None:
    text = "code,amount,effective_from\n99213,1,2026-01-01\n99213,2,2026-07-01\n99213,3,\n"
    assert await load(storage, company, CodeKind.FEES, text) == [3]
