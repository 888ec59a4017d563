"""Lines that came in a table of their own become the lines of their claims."""

from typing import Any

import pytest

from services.claims.figures.checking import computed_anew
from services.importing.reporting import Reconciliation, Verdict
from services.importing.retrying import RecordRetry, retry_record
from storage.files import FileVault
from storage.filters import ByClaim, ClaimFilter, ImportRecordFilter
from storage.postgres.transaction import PostgresStorage
from storage.tables.claims import Claim
from storage.vocabulary.importing import ImportOutcome
from tests.builders.companies import CompanyForTests
from tests.builders.dumps import Importer, claim, keyed, line, line_row, of_map, payer

pytestmark = pytest.mark.anyio

PAYERS: dict[str, Any] = {"payers": keyed(payer())}
BARE = claim(lineItems=[], totalChargeAmount=14250)
"""A claim whose lines come apart from it."""
ROWS = [
    line_row("l1", line_number=1, charge_amount="100.00"),
    line_row("l2", line_number=2, charge_amount="42.50", procedure_code="92015", units="2.000"),
]


@pytest.fixture
def importer(storage: PostgresStorage, vault: FileVault, company: CompanyForTests) -> Importer:
    return Importer(storage, vault, company)


async def lines(importer: Importer) -> list[tuple[int, str, int]]:
    """The lines of all claims: their numbers, codes and charges."""
    company = importer.company
    async with importer.storage.transaction(company.id, company.actor) as store:
        claims = await store.claims.all(ClaimFilter())
        found = await store.claim_lines.all(ByClaim(claim_ids=[each.id for each in claims]))
    return sorted((each.line_number, each.procedure_code, each.charge_cents) for each in found)


async def charged(importer: Importer) -> list[Claim]:
    """The claims that have lines."""
    company = importer.company
    async with importer.storage.transaction(company.id, company.actor) as store:
        claims = await store.claims.all(ClaimFilter())
        found = await store.claim_lines.all(ByClaim(claim_ids=[each.id for each in claims]))
    return [each for each in claims if each.id in {one.claim_id for one in found}]


WHOLE = [(1, "92014", 10000), (2, "92015", 4250)]


def counted(found: Reconciliation) -> tuple[int, int, int, int, int]:
    """Placed, as before, merged and waiting lines, and how many rows stand for them."""
    each = of_map(found, "claimLineItems")
    return (
        each.placed_count,
        each.unchanged_count,
        each.merged_count,
        each.quarantined_count,
        each.row_count,
    )


async def reasons(importer: Importer) -> set[tuple[str | None, str | None]]:
    """Where and why lines wait."""
    company = importer.company
    async with importer.storage.transaction(company.id, company.actor) as store:
        found = await store.import_records.all(
            ImportRecordFilter(map_name="claimLineItems", outcome=ImportOutcome.QUARANTINED)
        )
    return {(each.field, each.reason) for each in found}


@pytest.mark.parametrize("is_first", [True, False])
async def test_the_rows_become_the_lines_of_their_claims_in_any_order(
    importer: Importer, is_first: bool
) -> None:
    tables = {"claim_line_items": list(reversed(ROWS)), "insurance_claims": [BARE]}
    named = tables if is_first else dict(reversed(tables.items()))
    found = await importer.bring({**named, **PAYERS})
    assert (counted(found), found.verdict) == ((2, 0, 0, 0, 2), Verdict.AGREES)
    assert (of_map(found, "claimLineItems").row_cents, await lines(importer)) == (14250, WHOLE)
    company = importer.company
    async with importer.storage.transaction(company.id, company.actor) as store:
        (row,) = await store.claims.all(ClaimFilter())
        (first, *_) = await store.import_records.all(ImportRecordFilter(map_name="claimLineItems"))
    assert (row.diagnosis_codes, first.patient_id) == (["H40.11X1"], row.patient_id)
    again = await importer.bring({**named, **PAYERS})
    assert (counted(again), again.verdict) == ((0, 2, 0, 0, 2), Verdict.AGREES)


async def test_what_is_kept_for_figures_is_what_claims_and_their_lines_come_to(
    importer: Importer,
) -> None:
    await importer.bring({**PAYERS, "claims": keyed(BARE), "claimLineItems": keyed(*ROWS)})
    company = importer.company
    _, differences = await computed_anew(importer.storage, company.id, company.actor)
    assert differences == []


async def test_rows_may_lie_in_another_file_and_come_later(importer: Importer) -> None:
    await importer.bring({**PAYERS, "claims": [BARE]})
    found = await importer.bring(ROWS, name="claim_line_items.json")
    assert (counted(found), found.verdict) == ((2, 0, 0, 0, 2), Verdict.AGREES)
    assert await lines(importer) == WHOLE


async def test_a_row_names_its_claim_by_id_or_number(importer: Importer) -> None:
    rows = [ROWS[0] | {"claim_id": "CLM-c1"}, ROWS[1]]
    await importer.bring({**PAYERS, "claims": [BARE], "claim_line_items": rows})
    assert await lines(importer) == WHOLE


@pytest.mark.parametrize("is_later", [False, True])
async def test_a_row_names_a_claim_by_the_number_that_it_had_there(
    importer: Importer, *, is_later: bool
) -> None:
    native = claim(lineItems=[], totalChargeAmount=14250, serviceDate="2025-08-01")
    await importer.bring({**PAYERS, "claims": [native]}, source="north")
    moved = {**PAYERS, "claims": [BARE | {"id": "c9"}]}
    rows = [row | {"claim_id": "CLM-c1"} for row in ROWS]
    if is_later:
        await importer.bring(moved, source="south")
        found = await importer.bring(rows, name="claim_line_items.json", source="south")
    else:
        found = await importer.bring({**moved, "claim_line_items": rows}, source="south")
    assert (counted(found), found.verdict) == ((2, 0, 0, 0, 2), Verdict.AGREES)
    assert {each.claim_number for each in await charged(importer)} == {"CLM-c1-2"}


async def test_a_number_that_two_claims_had_there_names_neither(importer: Importer) -> None:
    native = claim(lineItems=[], totalChargeAmount=14250, serviceDate="2025-08-01")
    await importer.bring({**PAYERS, "claims": [native]}, source="north")
    for key, charge in (("c8", 14250), ("c9", 9900)):
        moved = BARE | {"id": key, "totalChargeAmount": charge}
        await importer.bring({**PAYERS, "claims": [moved]}, source="south")
    rows = [row | {"claim_id": "CLM-c1"} for row in ROWS]
    found = await importer.bring(rows, name="claim_line_items.json", source="south")
    assert (counted(found), await charged(importer)) == ((0, 0, 0, 2, 0), [])
    assert await reasons(importer) == {("/claimId", "names several records of claims")}
    by_id = [row | {"claim_id": "c8"} for row in ROWS]
    await importer.bring(by_id, name="claim_line_items.json", source="south")
    assert {each.claim_number for each in await charged(importer)} == {"CLM-c1-2"}


async def test_rows_as_the_program_exports_them_are_dollars_too(importer: Importer) -> None:
    row = {**line(), "claimId": "c1", "chargeAmount": "142.50", "diagnosisCodePointers": []}
    found = await importer.bring({**PAYERS, "claims": [BARE], "claim_line_items": [row]})
    assert (counted(found)[0], found.verdict) == (1, Verdict.AGREES)


async def test_a_line_that_names_no_claim_waits(importer: Importer) -> None:
    found = await importer.bring(
        {**PAYERS, "claims": [BARE], "claim_line_items": [line_row(claim_id="c9")]}
    )
    assert (counted(found), found.verdict) == ((0, 0, 0, 1, 0), Verdict.WAITS)
    assert await reasons(importer) == {("/claimId", "names nothing that was placed of claims")}


async def test_lines_that_do_not_come_to_the_charge_wait_together(importer: Importer) -> None:
    found = await importer.bring({**PAYERS, "claims": [BARE], "claim_line_items": ROWS[:1]})
    assert counted(found) == (0, 0, 0, 1, 0)
    assert of_map(found, "claims").placed_count == 1
    again = await importer.bring(ROWS, name="claim_line_items.json")
    assert (counted(again), await lines(importer)) == ((2, 0, 0, 0, 2), WHOLE)
    first = await importer.report(found.import_id)
    assert (of_map(first, "claimLineItems").mended_count, first.verdict) == (1, Verdict.AGREES)


async def test_one_faulty_line_keeps_the_others_of_its_claim_back(importer: Importer) -> None:
    rows = [ROWS[0] | {"procedure_code": "no code"}, ROWS[1]]
    found = await importer.bring({**PAYERS, "claims": [BARE], "claim_line_items": rows})
    assert (counted(found), await lines(importer)) == ((0, 0, 0, 2, 0), [])
    assert {where for where, _ in await reasons(importer)} == {"/procedureCode", "/chargeAmount"}


async def test_a_mended_line_is_tried_with_those_that_wait_for_it(importer: Importer) -> None:
    faulty = ROWS[0] | {"procedure_code": "no code"}
    dump = {**PAYERS, "claims": [BARE], "claim_line_items": [faulty, ROWS[1]]}
    found = await importer.bring(dump)
    company = importer.company
    async with importer.storage.transaction(company.id, company.actor) as store:
        waiting = await store.import_records.all(ImportRecordFilter(map_name="claimLineItems"))
        (record,) = [each for each in waiting if each.field == "/procedureCode"]
        await retry_record(store, importer.vault, record.id, RecordRetry(content=ROWS[0]))
    assert await lines(importer) == WHOLE
    first = await importer.report(found.import_id)
    assert (of_map(first, "claimLineItems").mended_count, first.verdict) == (2, Verdict.AGREES)


async def test_two_lines_of_one_number_wait(importer: Importer) -> None:
    rows = [ROWS[0], ROWS[1] | {"line_number": 1}]
    found = await importer.bring({**PAYERS, "claims": [BARE], "claim_line_items": rows})
    assert counted(found) == (0, 0, 0, 2, 0)
    assert {where for where, _ in await reasons(importer)} == {"/lineNumber"}


async def test_a_row_that_is_a_line_its_claim_brings_is_merged(importer: Importer) -> None:
    rows = [line_row("l1", charge_amount="142.50"), line_row("l2", line_number=2)]
    found = await importer.bring({**PAYERS, "claims": [claim()], "claim_line_items": rows})
    assert counted(found) == (0, 0, 1, 1, 0)
    assert of_map(found, "claimLineItems").merged_cents == 14250
    assert await lines(importer) == [(1, "92014", 14250)]


async def test_rows_of_a_claim_that_is_merged_go_to_the_one_that_it_is(
    importer: Importer,
) -> None:
    twin = BARE | {"id": "c2"}
    rows = [*ROWS, *(row | {"id": f"{row['id']}b", "claim_id": "c2"} for row in ROWS)]
    found = await importer.bring({**PAYERS, "claims": [BARE, twin], "claim_line_items": rows})
    assert counted(found)[3] == 4
    assert await lines(importer) == []
    only = await importer.bring(rows[2:], name="claim_line_items.json")
    assert (counted(only)[0], await lines(importer)) == (2, WHOLE)


async def test_a_line_that_has_changed_since_waits_for_a_person(importer: Importer) -> None:
    dump = {**PAYERS, "claims": [BARE], "claim_line_items": ROWS}
    await importer.bring(dump)
    dearer = [ROWS[0] | {"charge_amount": "110.00"}, ROWS[1] | {"updated_at": "2025-10-01"}]
    found = await importer.bring({**dump, "claim_line_items": dearer})
    each = of_map(found, "claimLineItems")
    assert (each.quarantined_count, each.changed_count, each.row_count) == (1, 1, 1)
    assert await reasons(importer) == {(None, "has changed in charge_cents since it was placed")}
    assert await lines(importer) == WHOLE


async def test_more_lines_than_come_at_once_are_joined_with_their_claims(
    importer: Importer,
) -> None:
    bare = [BARE | {"id": f"c{n}", "claimNumber": f"CLM-{n}"} for n in range(700)]
    rows = [
        row | {"id": f"{row['id']}-{n}", "claim_id": f"c{n}"} for row in ROWS for n in range(700)
    ]
    found = await importer.bring({"claim_line_items": rows, "claims": bare, **PAYERS})
    assert (counted(found), found.verdict) == ((1400, 0, 0, 0, 1400), Verdict.AGREES)
    assert await lines(importer) == sorted(WHOLE * 700)
