"""The records of another installation come over, once, to the cent, and nothing is dropped."""

import datetime as dt

import pytest

from services.importing.reporting import Verdict
from services.importing.retrying import RecordRetry, retry_record
from storage.files import FileVault
from storage.filters import (
    ClaimFilter,
    ImportRecordFilter,
    LedgerFilter,
    PatientFilter,
    PayerFilter,
)
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.claims import ClaimStatus
from storage.vocabulary.importing import ImportOutcome, ImportStatus
from tests.builders.companies import CompanyForTests
from tests.builders.dumps import (
    Importer,
    action,
    audit,
    claim,
    finding,
    keyed,
    line,
    line_row,
    of_map,
    payer,
    risk,
    risk_assessment,
)

pytestmark = pytest.mark.anyio

DUMP = {"payers": keyed(payer()), "claims": keyed(claim())}


@pytest.fixture
def importer(storage: PostgresStorage, vault: FileVault, company: CompanyForTests) -> Importer:
    return Importer(storage, vault, company)


async def quarantined(importer: Importer) -> list[tuple[str | None, str | None]]:
    """Where and why records wait."""
    company = importer.company
    async with importer.storage.transaction(company.id, company.actor) as store:
        found = await store.import_records.all(
            ImportRecordFilter(outcome=ImportOutcome.QUARANTINED)
        )
    return [(each.field, each.reason) for each in found]


async def test_a_claim_comes_over_with_its_payer_patient_lines_and_charge(
    importer: Importer,
) -> None:
    found = await importer.bring(DUMP)
    assert found.verdict is Verdict.AGREES, found
    claims = of_map(found, "claims")
    assert (claims.record_count, claims.placed_count, claims.row_count) == (1, 1, 1)
    assert (claims.record_cents, claims.row_cents) == (14250, 14250)
    company = importer.company
    async with importer.storage.transaction(company.id, company.actor) as store:
        (row,) = await store.claims.all(ClaimFilter())
        (patient,) = await store.patients.all(PatientFilter())
        (entry,) = await store.ledger_entries.all(LedgerFilter(claim_id=row.id))
    assert (row.claim_number, row.status) == ("CLM-c1", ClaimStatus.SUBMITTED)
    assert (row.patient_id, patient.last_name, patient.first_name) == (patient.id, "Quill", "Ada")
    assert patient.birth_date == dt.date(1971, 5, 2)
    assert (row.insurance_balance_cents, entry.amount_cents) == (14250, 14250)
    assert entry.effective_on == dt.date(2025, 9, 5)


async def test_the_order_of_the_maps_in_a_file_does_not_matter(importer: Importer) -> None:
    found = await importer.bring({"claims": [claim()], "payers": [["p1", payer()]]})
    assert found.verdict is Verdict.AGREES


async def test_a_trial_checks_everything_and_writes_nothing(importer: Importer) -> None:
    found = await importer.bring(DUMP, is_trial=True)
    assert of_map(found, "claims").placed_count == 1
    assert (of_map(found, "claims").row_count, found.verdict) == (0, Verdict.UNDECIDED)
    assert (await importer.bring(DUMP)).verdict is Verdict.AGREES


async def test_the_same_dump_a_second_time_changes_nothing(importer: Importer) -> None:
    await importer.bring(DUMP)
    again = await importer.bring(DUMP)
    claims = of_map(again, "claims")
    assert (claims.unchanged_count, claims.placed_count, claims.row_cents) == (1, 0, 14250)
    assert again.verdict is Verdict.AGREES


async def test_a_newer_dump_changes_what_may_follow_and_shows_the_difference(
    importer: Importer,
) -> None:
    await importer.bring(DUMP)
    newer = {"payers": keyed(payer(name="Northlake")), "claims": keyed(claim())}
    found = await importer.bring(newer)
    assert (of_map(found, "payers").changed_count, of_map(found, "claims").unchanged_count) == (
        1,
        1,
    )
    company = importer.company
    async with importer.storage.transaction(company.id, company.actor) as store:
        (row,) = await store.payers.all(PayerFilter())
        (record,) = await store.import_records.all(
            ImportRecordFilter(outcome=ImportOutcome.CHANGED)
        )
    assert (row.name, row.version) == ("Northlake", 2)
    assert record.notes == ["/name: 'Northlake Health' has become 'Northlake'"]


async def test_a_newer_dump_never_changes_what_is_in_the_books(importer: Importer) -> None:
    await importer.bring(DUMP)
    dearer = claim(lineItems=[line(chargeAmount=20000)])
    found = await importer.bring({"payers": keyed(payer()), "claims": keyed(dearer)})
    assert of_map(found, "claims").quarantined_count == 1
    ((_, reason),) = await quarantined(importer)
    assert reason is not None
    assert "total_charge_cents" in reason


async def test_what_no_map_takes_is_held_as_it_came(importer: Importer) -> None:
    content = b'{"riskScores": {"r1": {"id": "r1",  "score": NaN}}, "elsewhere": [1, "two"]}'
    found = await importer.bring(content)
    assert found.verdict is Verdict.WAITS
    assert [(each.name, each.held_count) for each in found.maps] == [
        ("elsewhere", 2),
        ("riskScores", 1),
    ]
    company = importer.company
    async with importer.storage.transaction(company.id, company.actor) as store:
        kept = await store.import_records.all(ImportRecordFilter(map_name="riskScores"))
    assert [each.content for each in kept] == ['{"id": "r1",  "score": NaN}']


async def test_a_file_that_breaks_off_is_refused_before_anything_is_placed(
    importer: Importer,
) -> None:
    found = await importer.bring(b'{"payers": {"p1": {"id": "p1"')
    assert found.status is ImportStatus.REFUSED
    assert (found.verdict, found.maps) == (Verdict.UNDECIDED, [])
    assert found.refusal is not None
    assert "character" in found.refusal


@pytest.mark.parametrize(
    ("damaged", "field"),
    [
        (claim(patientDOB="1971-02-30"), "/patientDOB"),
        (claim(patientName="Cher"), "/patientName"),
        (claim(primaryPayerId="p9"), "/primaryPayerId"),
        (claim(lineItems=[line(diagnosisCodes=["no code"])]), "/lineItems/0/diagnosisCodes"),
        (claim(totalChargeAmount=1), "/totalChargeAmount"),
        (claim(secondaryPayerId="p1"), "/secondaryPayerId"),
        (claim(type="legal"), "/type"),
        (claim(subscriberId="\ud800"), "/subscriberId"),
        (claim(serviceDate=None), "/serviceDate"),
    ],
)
async def test_a_record_that_cannot_be_placed_says_where_and_why(
    importer: Importer, damaged: dict[str, object], field: str
) -> None:
    found = await importer.bring({"payers": keyed(payer()), "claims": [damaged]})
    claims = of_map(found, "claims")
    assert (claims.quarantined_count, claims.placed_count) == (1, 0)
    assert found.verdict is Verdict.WAITS
    assert [where for where, _ in await quarantined(importer)] == [field]


async def test_the_noise_of_binary_fractions_is_rounded_and_told(importer: Importer) -> None:
    noisy = claim(
        lineItems=[line(chargeAmount=14250.000000000002)], totalChargeAmount=14249.999999999998
    )
    found = await importer.bring({"payers": keyed(payer()), "claims": [noisy]})
    claims = of_map(found, "claims")
    assert (claims.row_cents, claims.noted_count, found.verdict) == (14250, 1, Verdict.AGREES)


async def test_a_payer_is_found_by_id_code_or_name(importer: Importer) -> None:
    claims = [claim("c1"), claim("c2", primaryPayerId="NLH-p1")]
    claims.append(claim("c3", primaryPayerId="Northlake Health"))
    await importer.bring({"payers": keyed(payer())})
    found = await importer.bring({"claims": claims})
    assert of_map(found, "claims").placed_count == 3


async def test_duplicates_are_merged_and_other_claims_of_one_number_wait(
    importer: Importer,
) -> None:
    twin, other = claim("c2", claimNumber="CLM-c1"), claim("c3", claimNumber="CLM-c1")
    other["serviceDate"] = "2025-09-04"
    found = await importer.bring(
        {"payers": keyed(payer(), payer("p2", payerId="NLH-p1")), "claims": [claim(), twin, other]}
    )
    claims = of_map(found, "claims")
    assert (claims.placed_count, claims.merged_count, claims.quarantined_count) == (1, 1, 1)
    assert of_map(found, "payers").merged_count == 1


@pytest.mark.parametrize(
    ("content", "number"),
    [(None, "CLM-c1-2"), ({"claimNumber": "CLM-7"}, "CLM-7")],
)
async def test_of_two_claims_of_one_number_the_later_is_mended_by_trying_it_again(
    importer: Importer, content: dict[str, object] | None, number: str
) -> None:
    other = claim("c3", claimNumber="CLM-c1", serviceDate="2025-09-04")
    found = await importer.bring({"payers": keyed(payer()), "claims": [claim(), other]})
    company = importer.company
    async with importer.storage.transaction(company.id, company.actor) as store:
        (record,) = await store.import_records.all(
            ImportRecordFilter(outcome=ImportOutcome.QUARANTINED)
        )
        mended = RecordRetry(content=None if content is None else other | content)
        await retry_record(store, importer.vault, record.id, mended)
        claims = await store.claims.all(ClaimFilter())
    assert {each.claim_number for each in claims} == {"CLM-c1", number}
    assert (await importer.report(found.import_id)).verdict is Verdict.AGREES


async def test_one_patient_has_one_day_of_birth(importer: Importer) -> None:
    found = await importer.bring(
        {"payers": keyed(payer()), "claims": [claim(), claim("c2", patientDOB="1972-05-02")]}
    )
    assert of_map(found, "claims").quarantined_count == 1
    assert [where for where, _ in await quarantined(importer)] == ["/patientDOB"]


async def test_numbers_go_on_above_those_that_came(importer: Importer) -> None:
    numbered = claim(claimNumber="CLM-1041-1757066400000")
    await importer.bring({"payers": keyed(payer()), "claims": [numbered]})
    company = importer.company
    async with importer.storage.transaction(company.id, company.actor) as store:
        assert await store.numbers.take("claim") == 1042


async def test_fields_without_a_place_are_named_wherever_they_stand(importer: Importer) -> None:
    found = await importer.bring(
        {
            "payers": keyed(payer(color="green", contactInfo={"phone": "555-0100", "telex": "7"})),
            "claims": [claim(lineItems=[line(color="red")])],
            "claim_line_items": [line_row(line_color="blue")],
            "audits": [audit(findings=[finding(tint="pale")], correctiveActions=[action(hue=1)])],
            "riskAssessments": [risk_assessment(risks=[risk(shade="dark")])],
        }
    )
    named = {each.name: each.unknown_fields for each in found.maps if each.unknown_fields}
    assert named == {
        "payers": ["color", "contactInfo/telex"],
        "claims": ["lineItems/color"],
        "claimLineItems": ["lineColor"],
        "audits": ["correctiveActions/hue", "findings/tint"],
        "riskAssessments": ["risks/shade"],
    }


@pytest.mark.parametrize(
    "given",
    [
        "2025-09-03",
        "2025-09-03T00:00:00.000Z",
        "2025-09-03 00:00:00+00",
        "2025-09-03T00:00:00+02:00",
        "2025-09-02 20:00:00-04",
        "2025-09-03T10:11:12.123456789Z",
        1756857600000,
        "1756857600000",
        "Wed Sep 03 2025 00:00:00 GMT+0200 (Central European Summer Time)",
        "Wed Sep 03 2025 00:00:00 GMT+0000 (Coordinated Universal Time)",
        "Wed, 03 Sep 2025 00:00:00 GMT",
    ],
)
async def test_a_day_is_the_same_in_all_its_forms(importer: Importer, given: object) -> None:
    found = await importer.bring({"payers": keyed(payer()), "claims": [claim(serviceDate=given)]})
    assert found.verdict is Verdict.AGREES
    company = importer.company
    async with importer.storage.transaction(company.id, company.actor) as store:
        (row,) = await store.claims.all(ClaimFilter())
    assert row.service_date == dt.date(2025, 9, 3)


@pytest.mark.parametrize("given", ["9/3/2025", "20250903", "Wed Sep 31 2025 00:00:00 GMT+0000"])
async def test_a_date_that_may_be_another_is_not_guessed(importer: Importer, given: str) -> None:
    await importer.bring({"payers": keyed(payer()), "claims": [claim(serviceDate=given)]})
    assert [where for where, _ in await quarantined(importer)] == ["/serviceDate"]
