"""Patients are billed for what payers said is theirs, and for nothing else."""

import io

import httpx
import psycopg
import pytest
from pypdf import PdfReader

from services.claims.denial_work.resolving import Resolution, reopen, resolve
from services.claims.statements.document import dollars
from services.claims.statements.stating import (
    NewStatement,
    NothingToBill,
    get_statement,
    statement_file,
    write_statement,
)
from services.refusals import InvalidInput
from storage.files import FileVault
from storage.identifiers import new_id
from storage.tables.money import PatientStatement
from storage.vocabulary.denials import DenialResolution
from tests.builders.books import Books
from tests.builders.remittance_files import Cas, Claim, Line
from tests.money.conftest import DEDUCTIBLE
from tests.money.test_patient_payments import paid

pytestmark = pytest.mark.anyio


async def stated(books: Books) -> PatientStatement:
    async with books._transaction() as store:
        return await write_statement(store, books.vault, NewStatement(patient_id=books.patient.id))


async def text_of(books: Books, vault: FileVault, statement: PatientStatement) -> str:
    """What the kept document says."""
    async with books._transaction() as store:
        file = await statement_file(store, statement.id)
    content = b"".join(vault.read(file.key))
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def due(statement: PatientStatement) -> dict[str, int]:
    """What is due on each claim."""
    return {line.claim_number: line.due_cents for line in statement.content.lines}


async def test_a_statement_adds_up_to_what_payers_left_to_the_patient(books: Books) -> None:
    await paid(books, 1_000, ("PCN0001", 1_000))
    statement = await stated(books)
    assert (statement.statement_number, statement.amount_cents) == ("ST-000001", 5_000)
    assert due(statement) == {"C-PCN0001": 2_000, "C-PCN0002": 3_000}
    for line in statement.content.lines:
        taken = line.insurance_paid_cents + line.adjusted_cents + line.patient_paid_cents
        assert line.charge_cents - taken == line.due_cents + line.not_yet_due_cents


async def test_the_document_says_it_and_is_kept_as_it_was(books: Books, vault: FileVault) -> None:
    statement = await stated(books)
    before = await text_of(books, vault, statement)
    assert "Please pay $60.00" in before
    assert "ST-000001" in before
    assert "$50.00" in before
    await paid(books, 3_000, ("PCN0001", 3_000))
    assert await text_of(books, vault, statement) == before
    async with books._transaction() as store:
        assert (await get_statement(store, statement.id)).amount_cents == 6_000
    assert (await stated(books)).amount_cents == 3_000


async def test_nothing_is_billed_while_an_insurer_still_owes(books: Books) -> None:
    await books.claim("PCN0003", charges=(10_000, 5_000))
    denied = Line(charge_cents=5_000, adjustments=(Cas("CO", "50", 5_000),))
    await books.pay(Claim(patient_control_number="PCN0003", lines=(DEDUCTIBLE, denied)))
    row = await books.row("PCN0003")
    assert (row.insurance_balance_cents, row.patient_balance_cents) == (5_000, 3_000)
    assert "C-PCN0003" not in due(await stated(books))


async def test_a_secondary_payer_decides_before_the_patient_is_billed(books: Books) -> None:
    second = await books.payer("88888", trace_identifier="1888888888")
    await books.claim("PCN0004", payers=[books.payers[0], second])
    await books.pay(Claim(patient_control_number="PCN0004", lines=(DEDUCTIBLE,)))
    assert "C-PCN0004" not in due(await stated(books))


async def test_a_denial_that_is_put_on_the_patient_is_worked_before_it_is_billed(
    books: Books,
) -> None:
    await books.claim("PCN0005")
    mixed = Line(adjustments=(Cas("PR", "27", 10_000),))
    await books.pay(Claim(patient_control_number="PCN0005", lines=(mixed,)))
    assert (await books.row("PCN0005")).patient_balance_cents == 10_000
    assert "C-PCN0005" not in due(await stated(books))
    (denial,) = await books.denials()
    resolution = Resolution(resolution=DenialResolution.GIVEN_UP)
    async with books._transaction() as store:
        given_up = await resolve(store, denial.id, resolution, expected_version=denial.version)
    assert "C-PCN0005" not in due(await stated(books))
    resolution = Resolution(resolution=DenialResolution.BILLED_TO_PATIENT)
    async with books._transaction() as store:
        again = await reopen(store, denial.id, "hers", expected_version=given_up.version)
        await resolve(store, denial.id, resolution, expected_version=again.version)
    assert due(await stated(books))["C-PCN0005"] == 10_000


async def test_a_part_that_is_being_worked_is_named_and_not_billed(
    books: Books, vault: FileVault
) -> None:
    await books.claim("PCN0006", charges=(10_000, 5_000))
    uncovered = Line(charge_cents=5_000, adjustments=(Cas("PR", "27", 5_000),))
    await books.pay(Claim(patient_control_number="PCN0006", lines=(DEDUCTIBLE, uncovered)))
    statement = await stated(books)
    (line,) = [each for each in statement.content.lines if each.claim_number == "C-PCN0006"]
    assert (line.due_cents, line.not_yet_due_cents) == (3_000, 5_000)
    assert "$50.00 more may become yours" in await text_of(books, vault, statement)


async def test_who_owes_nothing_gets_no_statement(books: Books) -> None:
    await paid(books, 6_000, ("PCN0001", 3_000), ("PCN0002", 3_000))
    with pytest.raises(NothingToBill) as refused:
        await stated(books)
    assert refused.value.patient_balance_cents == 0
    with pytest.raises(InvalidInput):
        async with books._transaction() as store:
            await write_statement(store, books.vault, NewStatement(patient_id=new_id()))


async def test_a_name_is_text_and_never_markup(books: Books, vault: FileVault) -> None:
    async with books._transaction() as store:
        await store.patients.update(
            books.patient.id,
            {"last_name": '#panic("x") *bold* $x$ "q" \\'},
            expected_version=books.patient.version,
        )
    assert '#panic("x") *bold* $x$ "q" \\' in await text_of(books, vault, await stated(books))


async def test_a_statement_is_never_changed(books: Books) -> None:
    statement = await stated(books)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        async with books._transaction() as store:
            await store.execute(  # type: ignore[attr-defined]
                "UPDATE patient_statements SET amount_cents = 1 WHERE id = %(id)s",
                {"id": statement.id},
            )


@pytest.mark.parametrize(
    ("cents", "text"),
    [(0, "$0.00"), (5, "$0.05"), (123_456_789, "$1,234,567.89"), (-105, "-$1.05")],
)
def test_cents_are_read_as_dollars(cents: int, text: str) -> None:
    assert dollars(cents) == text


async def test_a_statement_over_http(books: Books, client: httpx.AsyncClient) -> None:
    url = "/api/v1/patient-statements"
    body = {"patient_id": str(books.patient.id), "due_in_days": 21}
    made = await client.post(url, json=body)
    assert (made.status_code, made.json()["amount_cents"]) == (201, 6_000)
    file = await client.get(f"{made.headers['Location']}/file")
    assert file.content.startswith(b"%PDF")
    (listed,) = (await client.get(url, params={"patient_id": body["patient_id"]})).json()["items"]
    assert listed == made.json()
