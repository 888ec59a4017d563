"""Records that are easily taken for others: of one id, of one number, of patients of one id."""

import datetime as dt
import json
from typing import Any
from uuid import UUID

import pytest

from services.claims.patients import name_key
from services.importing.reporting import Verdict
from services.importing.retrying import RecordRetry, retry_record
from storage.files import FileVault
from storage.filters import ClaimFilter, ImportRecordFilter
from storage.postgres.transaction import PostgresStorage
from storage.tables.claims import Claim, PatientFields, PayerFields
from storage.tables.importing import DataImport
from storage.vocabulary.claims import PayerType
from storage.vocabulary.importing import ImportOutcome, ImportStatus
from tests.builders.companies import CompanyForTests
from tests.builders.dumps import (
    Importer,
    Record,
    appeal,
    audit,
    batch,
    claim,
    era,
    keyed,
    line,
    mips_submission,
    of_map,
    paid,
    payer,
    requirement,
    risk_assessment,
)

pytestmark = pytest.mark.anyio

PAYERS: dict[str, Any] = {"payers": keyed(payer())}
DEARER: dict[str, Any] = {"lineItems": [line(chargeAmount=20000)]}


@pytest.fixture
def importer(storage: PostgresStorage, vault: FileVault, company: CompanyForTests) -> Importer:
    return Importer(storage, vault, company)


async def claims_of(importer: Importer) -> list[Claim]:
    """Claims of the company, by number."""
    async with importer.storage.transaction(importer.company.id, importer.company.actor) as store:
        found = await store.claims.all(ClaimFilter())
    return sorted(found, key=lambda each: each.claim_number)


async def register(importer: Importer, last_name: str, first_name: str, born: dt.date) -> UUID:
    """A patient who was here before, under an id that the dump has too."""
    async with importer.storage.transaction(importer.company.id, importer.company.actor) as store:
        made = await store.patients.create(
            PatientFields(
                medical_record_number="pt7",
                last_name=last_name,
                first_name=first_name,
                birth_date=born,
                name_key=name_key(last_name, first_name),
            )
        )
    return made.id


async def test_what_stands_twice_waits_however_often_it_comes(importer: Importer) -> None:
    dump = PAYERS | {"claims": [claim(), claim(**DEARER)]}
    first = await importer.bring(dump)
    assert (await importer.bring(dump)).verdict is Verdict.WAITS
    assert (await importer.report(first.import_id)).verdict is Verdict.WAITS


async def test_the_good_one_of_two_under_one_id_does_not_mend_the_other(
    importer: Importer,
) -> None:
    found = await importer.bring(PAYERS | {"claims": [claim(type="legal", **DEARER), claim()]})
    assert (found.verdict, of_map(found, "claims").mended_count) == (Verdict.WAITS, 0)
    company = importer.company
    async with importer.storage.transaction(company.id, company.actor) as store:
        (waiting,) = await store.import_records.all(
            ImportRecordFilter(outcome=ImportOutcome.QUARANTINED)
        )
        await retry_record(store, importer.vault, waiting.id, RecordRetry(content=claim()))
    assert (await importer.report(found.import_id)).verdict is Verdict.AGREES


@pytest.mark.parametrize("key", ["", True, None])
async def test_what_could_be_known_by_its_place_only_waits(importer: Importer, key: object) -> None:
    found = await importer.bring({"payers": [payer() | {"id": key}]})
    assert [each.field for each in found.faults] == ["/id"]


@pytest.mark.parametrize(
    ("last_name", "first_name", "born", "field"),
    [
        ("Quill", "Ada", dt.date(1972, 5, 2), "/patientDOB"),
        ("Stone", "Bob", dt.date(1971, 5, 2), "/patientName"),
    ],
)
async def test_no_claim_goes_to_another_patient_of_its_patient_s_id(
    importer: Importer, last_name: str, first_name: str, born: dt.date, field: str
) -> None:
    await register(importer, last_name, first_name, born)
    for _ in range(2):
        found = await importer.bring(PAYERS | {"claims": [claim()]})
        assert [each.field for each in found.faults] == [field]
    assert await claims_of(importer) == []


@pytest.mark.parametrize("names", [("Quill", "ADA"), ("Quill-Stone", "Ada"), ("Ada", "Quill")])
async def test_a_patient_who_is_written_in_another_way_is_the_same(
    importer: Importer, names: tuple[str, str]
) -> None:
    patient_id = await register(importer, *names, dt.date(1971, 5, 2))
    found = await importer.bring(PAYERS | {"claims": [claim()]})
    assert found.verdict is Verdict.AGREES
    assert [each.patient_id for each in await claims_of(importer)] == [patient_id]


@pytest.mark.parametrize("is_later", [False, True])
async def test_a_payment_names_a_claim_by_the_number_that_it_had_there(
    importer: Importer, *, is_later: bool
) -> None:
    await importer.bring(PAYERS | {"claims": [claim()]}, source="north")
    other: dict[str, Any] = {
        "claims": [claim("c9", claimNumber="CLM-c1", serviceDate="2025-08-01")]
    }
    payment = {"eras": [era(claimPayments=[paid(claimId=None)])]}
    if is_later:
        await importer.bring(PAYERS | other, source="south")
        await importer.bring(payment, source="south")
    else:
        await importer.bring(PAYERS | other | payment, source="south")
    assert [(each.claim_number, each.payment_cents) for each in await claims_of(importer)] == [
        ("CLM-c1", 0),
        ("CLM-c1-2", 9800),
    ]


async def test_a_payment_that_names_a_number_which_two_claims_had_there_waits(
    importer: Importer,
) -> None:
    await importer.bring(PAYERS | {"claims": [claim()]}, source="north")
    for key, served in (("c8", "2025-08-01"), ("c9", "2025-08-02")):
        other = claim(key, claimNumber="CLM-c1", serviceDate=served)
        await importer.bring(PAYERS | {"claims": [other]}, source="south")
    payment = {"eras": [era(claimPayments=[paid(claimId=None)])]}
    found = await importer.bring(payment, source="south")
    assert [each.reason for each in found.faults] == ["names several records of claims"]
    assert [each.payment_cents for each in await claims_of(importer)] == [0, 0, 0]


@pytest.mark.parametrize("waits", [False, True])
async def test_a_payment_of_a_claim_that_waits_is_not_that_of_another_of_its_number(
    importer: Importer, *, waits: bool
) -> None:
    await importer.bring(PAYERS | {"claims": [claim()]}, source="north")
    other: dict[str, Any] = {"claims": [claim("c9", claimNumber="CLM-c1", type="legal")]}
    await importer.bring(PAYERS | (other if waits else {}), source="south")
    payment = {"eras": [era(claimPayments=[paid(claimId="c9")])]}
    found = await importer.bring(payment, source="south")
    assert [each.field for each in found.faults] == (["/claimPayments/*/claimId"] if waits else [])
    assert [each.payment_cents for each in await claims_of(importer)] == [0 if waits else 9800]


@pytest.mark.parametrize("is_first_native", [False, True])
async def test_a_number_that_an_earlier_claim_of_the_source_kept_is_that_claim_s_too(
    importer: Importer, *, is_first_native: bool
) -> None:
    first, second = claim("c8", claimNumber="CLM-7"), claim("c9", claimNumber="CLM-7", **DEARER)
    source = "north" if is_first_native else "south"
    await importer.bring(PAYERS | {"claims": [first]}, source=source)
    await importer.bring(PAYERS | {"claims": [second]}, source="south")
    found = await importer.bring({"appeals": [appeal(claimId="CLM-7")]}, source="south")
    assert of_map(found, "appeals").placed_count == (1 if is_first_native else 0)


def numbered(number: str, **changes: Any) -> dict[str, Any]:
    """A dump of one claim."""
    return PAYERS | {"claims": [claim(claimNumber=number, **changes)]}


async def test_a_number_too_long_for_payers_is_the_same_the_next_time(importer: Importer) -> None:
    await importer.bring(numbered("C" * 39))
    (before,) = await claims_of(importer)
    found = await importer.bring(numbered("C" * 39, notes="Called"))
    assert of_map(found, "claims").changed_count == 1
    (row,) = await claims_of(importer)
    assert (row.notes, row.patient_control_number) == ("Called", before.patient_control_number)


async def test_a_number_by_which_payers_know_another_claim_is_not_given_out_again(
    importer: Importer,
) -> None:
    await importer.bring(numbered("C" * 39))
    (other,) = await claims_of(importer)
    dump: Record = PAYERS | {"claims": [claim("c2", claimNumber=other.patient_control_number)]}
    assert (await importer.bring(dump)).verdict is Verdict.AGREES
    numbers = {each.patient_control_number for each in await claims_of(importer)}
    assert len(numbers) == 2


async def test_lines_come_to_no_more_than_a_claim_may_have(importer: Importer) -> None:
    huge = claim(lineItems=[line(chargeAmount=99_999_999_999)] * 2)
    del huge["totalChargeAmount"]
    found = await importer.bring(PAYERS | {"claims": [huge]})
    assert [each.field for each in found.faults] == ["/lineItems"]


class GoneAway(Exception):
    """The process that imports is gone once all is checked."""


async def test_what_is_made_between_the_check_and_the_writing_refuses_the_import(
    importer: Importer,
) -> None:
    async def vanish(_: DataImport) -> bool:
        raise GoneAway

    company, import_id = importer.company, await importer.receive(PAYERS)
    with pytest.raises(GoneAway):
        await importer.go_on(import_id, agree=vanish)
    async with importer.storage.transaction(company.id, company.actor) as store:
        await store.payers.create(
            PayerFields(name="Northlake", payer_identifier="NLH-p1", type=PayerType.COMMERCIAL)
        )
    found = await importer.go_on(import_id)
    assert (found.status, found.verdict) == (ImportStatus.REFUSED, Verdict.UNDECIDED)
    assert "a row of payers" in (found.refusal or "")
    assert "import the file again" in (found.refusal or "")
    again = await importer.bring(PAYERS)
    assert (again.verdict, of_map(again, "payers").merged_count) == (Verdict.AGREES, 1)


async def test_a_map_of_the_name_of_a_derived_one_is_held(importer: Importer) -> None:
    found = await importer.bring(
        PAYERS | {"claims": [claim()], "claims.patients": [{"id": "pt7"}, {"id": "pt8"}]}
    )
    assert of_map(found, "claims.patients as given").held_count == 2
    assert of_map(found, "claims.patients").placed_count == 1
    assert found.verdict is Verdict.WAITS


@pytest.mark.parametrize("dump", [{}, [], {"claims": {}, "payers": None, "eras": []}])
async def test_a_dump_without_a_record_is_taken_for_a_mistake(
    importer: Importer, dump: object
) -> None:
    found = await importer.bring(dump, name="claims.json")
    assert found.status is ImportStatus.REFUSED
    assert "JavaScript writes a Map as {}" in (found.refusal or "")


async def test_a_dump_that_is_only_written_in_another_way_changes_nothing(
    importer: Importer,
) -> None:
    dump: dict[str, Any] = PAYERS | {
        "claims": [claim(status="paid")],
        "batches": [batch()],
        "appeals": [appeal()],
        "eras": [era()],
        "complianceRequirements": [requirement()],
        "audits": [audit(correctiveActions=[])],
        "mipsSubmissions": [mips_submission()],
        "riskAssessments": [risk_assessment(risks=[])],
    }
    await importer.bring(dump)
    found = await importer.bring(json.dumps(dump, indent=1, sort_keys=True).encode())
    assert found.verdict is Verdict.AGREES
    assert [each.unchanged_count for each in found.maps if not each.is_derived] == [1] * 9


async def test_what_a_newer_dump_adds_beside_the_lines_does_not_change_them(
    importer: Importer,
) -> None:
    dump: dict[str, Any] = PAYERS | {"claims": [claim()], "batches": [batch()], "eras": [era()]}
    await importer.bring(dump)
    later = {"updatedAt": "2026-01-01T00:00:00.000Z"}
    newer = {"batches": [batch(**later)], "eras": [era(processedAt="2026-01-01T00:00:00.000Z")]}
    found = await importer.bring(newer)
    assert [each.changed_count for each in found.maps] == [1, 1]
    other = await importer.bring({"batches": [batch(claimIds=["CLM-c1"])]})
    assert [each.reason for each in other.faults] == ["has changed in lines since it was placed"]


async def test_what_stands_twice_alike_is_known_again_as_one(importer: Importer) -> None:
    await importer.bring({"payers": [payer(), payer()]})
    again = of_map(await importer.bring({"payers": [payer(), payer()]}), "payers")
    assert (again.unchanged_count, again.merged_count, again.row_count) == (1, 1, 1)
    renamed = payer(name="Northlake")
    newer = of_map(await importer.bring({"payers": [renamed, renamed]}), "payers")
    assert (newer.changed_count, newer.merged_count, newer.row_count) == (1, 1, 1)


@pytest.mark.parametrize(
    ("number", "written"), [(1000, "1000"), (1000.0, "1000"), (1234567.5, "1234567.5")]
)
async def test_a_number_that_came_as_one_is_written_out_whole(
    importer: Importer, number: float, written: str
) -> None:
    await importer.bring(PAYERS | {"claims": [claim(claimNumber=number)]})
    assert [each.claim_number for each in await claims_of(importer)] == [written]
