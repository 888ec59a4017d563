"""All patients who qualify are billed by one run, each once, whenever it is stopped."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from services.claims.statements.runs import (
    NewStatementRun,
    RunUnderWay,
    ask_for_run,
    bill_next,
    get_run,
    run_file,
    run_statements,
)
from services.claims.statements.stating import NewStatement, write_statement
from storage.errors import FileStoreFull
from storage.files import FileVault
from storage.files.local import LocalFileStore
from storage.filters import PatientStatementFilter, StatementRunItemFilter
from storage.tables.claims import Patient
from storage.tables.statement_runs import StatementRun, StatementRunItem
from storage.vocabulary.money import StatementOutcome, StatementRunStatus
from tests.builders.books import Books
from tests.builders.claims import make_patient
from tests.builders.remittance_files import Cas, Claim, Line
from tests.builders.statements import counted
from tests.money.conftest import DEDUCTIBLE

pytestmark = pytest.mark.anyio


async def another_patient(books: Books, number: str, line: Line = DEDUCTIBLE) -> Patient:
    """A patient of their own with a claim that was decided so."""
    patient = await make_patient(books.storage, books.company)
    ours, books.patient = books.patient, patient
    await books.claim(number)
    books.patient = ours
    await books.pay(Claim(patient_control_number=number, lines=(line,)))
    return patient


async def asked(books: Books, *, is_dry: bool = False) -> StatementRun:
    async with books._transaction() as store:
        return await ask_for_run(store, NewStatementRun(is_dry=is_dry))


async def carried_out(books: Books, run: StatementRun) -> StatementRun:
    company = books.company
    await run_statements(books.storage, books.vault, company.id, company.actor, run.id)
    async with books._transaction() as store:
        return await get_run(store, run.id)


async def outcomes(books: Books, run: StatementRun) -> dict[UUID, StatementRunItem]:
    async with books._transaction() as store:
        items = await store.statement_run_items.all(StatementRunItemFilter(run_id=run.id))
    assert len({each.patient_id for each in items}) == len(items)
    return {each.patient_id: each for each in items}


async def statement_count(books: Books) -> int:
    async with books._transaction() as store:
        return await store.patient_statements.count(PatientStatementFilter())


async def set_company(books: Books, **values: int) -> None:
    async with books._transaction() as store:
        company = await store.companies.get(store.company_id)
        await store.companies.update(company.id, values, expected_version=company.version)


async def test_a_run_bills_everybody_who_qualifies_and_packs_their_documents(
    books: Books, vault: FileVault
) -> None:
    other = await another_patient(books, "PCN0003")
    run = await carried_out(books, await asked(books))
    assert (run.status, run.stated_count, run.left_out_count) == (StatementRunStatus.DONE, 2, 0)
    assert run.amount_cents == 9_000
    found = await outcomes(books, run)
    assert {patient: each.due_cents for patient, each in found.items()} == {
        books.patient.id: 6_000,
        other.id: 3_000,
    }
    async with books._transaction() as store:
        file = await run_file(store, run.id)
    with zipfile.ZipFile(io.BytesIO(b"".join(vault.read(file.key)))) as archive:
        assert archive.namelist() == ["ST-000001.pdf", "ST-000002.pdf"]
        assert all(archive.read(name).startswith(b"%PDF") for name in archive.namelist())


async def test_a_dry_run_says_whom_it_would_bill_and_why_not_the_others(books: Books) -> None:
    with_insurers = await another_patient(
        books, "PCN0003", Line(adjustments=(Cas("PR", "1", 3_000), Cas("CO", "197", 1_000)))
    )
    little = await another_patient(books, "PCN0004", Line(adjustments=(Cas("PR", "1", 400),)))
    lately = await another_patient(books, "PCN0005")
    refused = await another_patient(books, "PCN0006", Line(adjustments=(Cas("PR", "27", 10_000),)))
    await set_company(books, statement_minimum_cents=500)
    async with books._transaction() as store:
        await write_statement(store, books.vault, NewStatement(patient_id=lately.id))
    run = await carried_out(books, await asked(books, is_dry=True))
    assert {patient: each.outcome for patient, each in (await outcomes(books, run)).items()} == {
        books.patient.id: StatementOutcome.STATED,
        with_insurers.id: StatementOutcome.WITH_INSURERS,
        little.id: StatementOutcome.BELOW_MINIMUM,
        lately.id: StatementOutcome.STATED_LATELY,
        refused.id: StatementOutcome.IN_DENIAL,
    }
    assert (run.stated_count, run.left_out_count, run.amount_cents) == (1, 4, 6_000)
    assert await statement_count(books) == 1


async def test_the_next_run_leaves_whom_the_last_has_billed_in_quiet(books: Books) -> None:
    await carried_out(books, await asked(books))
    second = await carried_out(books, await asked(books))
    assert (second.stated_count, second.left_out_count) == (0, 1)
    await set_company(books, statement_quiet_days=0)
    third = await carried_out(books, await asked(books))
    assert third.stated_count == 1


class FullAfterTwo(LocalFileStore):
    """A disk with room for two more files."""

    room = 2

    def put(self, name: str, content: Iterator[bytes]) -> None:
        if not self.room:
            raise FileStoreFull
        self.room -= 1
        super().put(name, content)


async def test_a_run_that_was_stopped_goes_on_and_bills_nobody_twice(
    books: Books, tmp_path: Path
) -> None:
    for number in ("PCN0003", "PCN0004", "PCN0005"):
        await another_patient(books, number)
    run = await asked(books)
    company = books.company
    full = FileVault(FullAfterTwo(tmp_path))
    with pytest.raises(FileStoreFull):
        await run_statements(books.storage, full, company.id, company.actor, run.id, at_once=1)
    assert await statement_count(books) == 2
    books.vault = FileVault(LocalFileStore(tmp_path))
    done = await carried_out(books, run)
    assert (done.status, done.stated_count) == (StatementRunStatus.DONE, 4)
    assert (await carried_out(books, run)).version == done.version
    assert await statement_count(books) == 4


async def test_one_run_at_a_time(books: Books) -> None:
    run = await asked(books)
    with pytest.raises(RunUnderWay) as refused:
        await asked(books)
    assert refused.value.run_id == run.id
    await carried_out(books, run)
    await carried_out(books, await asked(books))


async def test_twenty_patients_take_as_many_statements_as_two(books: Books) -> None:
    counts = []
    await carried_out(books, await asked(books))
    for size in (2, 20):
        for at in range(size):
            await another_patient(books, f"PCN{size:02}{at:02}")
        run = await asked(books)
        async with books._transaction() as store:
            with counted(store) as counting:
                await bill_next(store, books.vault, run.id)
        await carried_out(books, run)
        counts.append(counting.statements)
    assert counts[0] == counts[1]


async def test_over_http(books: Books, client: httpx.AsyncClient) -> None:
    made = await client.post("/api/v1/statement-runs", json={"is_dry": False})
    assert (made.status_code, made.json()["status"]) == (201, "asked")
    path = made.headers["Location"]
    early = await client.get(f"{path}/file")
    assert (early.status_code, early.json()["type"]) == (404, "/problems/no-documents")
    async with books._transaction() as store:
        run = await get_run(store, UUID(made.json()["id"]))
    await carried_out(books, run)
    assert (await client.get(path)).json()["stated_count"] == 1
    items = (await client.get(f"{path}/items", params={"outcome": "stated"})).json()["items"]
    assert [each["patient_id"] for each in items] == [str(books.patient.id)]
    assert (await client.get(f"{path}/file")).content.startswith(b"PK")
