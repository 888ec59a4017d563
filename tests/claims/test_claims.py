"""Claims and their lines: drafted, edited, never by two at once."""

import asyncio

import pytest

from services.claims import claims, lines, patients, payers
from services.claims.claims import ClaimNotEditable, ClaimWithLines
from services.claims.drafts import ClaimChanges, LineChanges
from services.claims.patients import PatientChanges
from services.refusals import InvalidInput
from storage.errors import RowNotFound, VersionConflict
from storage.filters import ClaimFilter
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.claims import ClaimStatus
from tests.builders.claims import (
    make_claim,
    make_claims,
    make_patient,
    make_payer,
    new_claim,
    new_line,
)
from tests.builders.companies import CompanyForTests

pytestmark = pytest.mark.anyio


async def _found(storage: PostgresStorage, company: CompanyForTests, text: str) -> list[str]:
    """The claim numbers that a text finds."""
    async with storage.transaction(company.id, company.actor) as store:
        page = await claims.list_claims(store, ClaimFilter(text=text), limit=50, after=None)
    return [claim.claim_number for claim in page.rows]


async def test_numbers_rise_and_are_the_companys_own(
    storage: PostgresStorage, company: CompanyForTests, other_company: CompanyForTests
) -> None:
    ours = await make_claims(storage, company, 2, status=ClaimStatus.DRAFT)
    theirs = await make_claim(storage, other_company, status=ClaimStatus.DRAFT)
    assert [each.claim.claim_number for each in ours] == ["CLM-000001", "CLM-000002"]
    assert theirs.claim.claim_number == "CLM-000001"


async def test_control_numbers_tell_nothing_and_differ(
    storage: PostgresStorage, company: CompanyForTests
) -> None:
    made = await make_claims(
        storage, company, 20, charges_cents=(100, 200), status=ClaimStatus.DRAFT
    )
    numbers = {each.claim.patient_control_number for each in made}
    of_lines = {line.line_control_number for each in made for line in each.lines}
    assert len(numbers) == 20
    assert all(len(number) == 17 and number.isalnum() for number in numbers)
    assert len(of_lines) == 40
    assert max(map(len, of_lines)) <= 30


async def test_the_total_follows_the_lines_and_the_version_rises(
    storage: PostgresStorage, company: CompanyForTests
) -> None:
    on = await make_claim(storage, company, charges_cents=(1_000, 2_000), status=ClaimStatus.DRAFT)
    totals = [on.claim.total_charge_cents]
    versions = [on.claim.version]

    def note(now: ClaimWithLines) -> ClaimWithLines:
        totals.append(now.claim.total_charge_cents)
        versions.append(now.claim.version)
        assert totals[-1] == sum(line.charge_cents for line in now.lines)
        return now

    async with storage.transaction(company.id, company.actor) as store:
        claim_id = on.claim.id
        on = note(await lines.add_line(store, claim_id, new_line(500), expected_version=1))
        on = note(
            await lines.change_line(
                store,
                claim_id,
                on.lines[0].id,
                LineChanges(charge_cents=1_500),
                expected_version=2,
            )
        )
        on = note(await lines.remove_line(store, claim_id, on.lines[1].id, expected_version=3))
    assert totals == [3_000, 3_500, 4_000, 2_000]
    assert versions == [1, 2, 3, 4]


async def test_the_number_of_a_removed_line_is_never_given_out_again(
    storage: PostgresStorage, company: CompanyForTests
) -> None:
    on = await make_claim(storage, company, charges_cents=(1, 2), status=ClaimStatus.DRAFT)
    async with storage.transaction(company.id, company.actor) as store:
        last = on.lines[-1]
        await lines.remove_line(store, on.claim.id, last.id, expected_version=1)
        after = await lines.add_line(store, on.claim.id, new_line(3), expected_version=2)
    assert [line.line_number for line in after.lines] == [1, 3]
    assert after.lines[-1].line_control_number != last.line_control_number


async def test_only_a_draft_or_a_rejected_claim_is_edited(
    storage: PostgresStorage, company: CompanyForTests
) -> None:
    for status in (ClaimStatus.READY_TO_SUBMIT, ClaimStatus.SUBMITTED):
        claim = (await make_claim(storage, company, status=status)).claim
        with pytest.raises(ClaimNotEditable) as refused:
            async with storage.transaction(company.id, company.actor) as store:
                await claims.update_claim(
                    store,
                    claim.id,
                    ClaimChanges(subscriber_id="X"),
                    expected_version=claim.version,
                )
        assert refused.value.state == status


async def test_a_line_of_another_claim_is_not_found(
    storage: PostgresStorage, company: CompanyForTests
) -> None:
    one, other = await make_claims(storage, company, 2, status=ClaimStatus.DRAFT)
    with pytest.raises(RowNotFound):
        async with storage.transaction(company.id, company.actor) as store:
            await lines.remove_line(store, one.claim.id, other.lines[0].id, expected_version=1)


async def test_of_two_edits_at_once_one_is_told_to_read_again(
    storage: PostgresStorage, company: CompanyForTests
) -> None:
    claim = (await make_claim(storage, company, status=ClaimStatus.DRAFT)).claim

    async def add(charge_cents: int) -> bool:
        try:
            async with storage.transaction(company.id, company.actor) as store:
                line = new_line(charge_cents, procedure_code="92083")
                await lines.add_line(store, claim.id, line, expected_version=1)
        except VersionConflict:
            return False
        return True

    outcomes = await asyncio.gather(add(100), add(200))
    async with storage.transaction(company.id, company.actor) as store:
        after = await claims.get_claim(store, claim.id)
    assert sorted(outcomes) == [False, True]
    assert len(after.lines) == 2
    assert after.claim.total_charge_cents in (10_100, 10_200)


async def test_a_claim_names_only_what_exists_in_the_company_and_still_works(
    storage: PostgresStorage, company: CompanyForTests, other_company: CompanyForTests
) -> None:
    foreign_patient = await make_patient(storage, other_company)
    foreign_payer = await make_payer(storage, other_company)
    retired = await make_payer(storage, company)
    async with storage.transaction(company.id, company.actor) as store:
        await payers.update_payer(store, retired.id, {"is_active": False}, expected_version=1)
    with pytest.raises(InvalidInput) as refused:
        async with storage.transaction(company.id, company.actor) as store:
            await claims.create_claim(store, new_claim(foreign_patient, [foreign_payer, retired]))
    assert [fault.pointer for fault in refused.value.faults] == [
        "/patient_id",
        "/primary_payer_id",
        "/secondary_payer_id",
    ]


async def test_payers_come_once_each_and_without_gaps(
    storage: PostgresStorage, company: CompanyForTests
) -> None:
    patient, payer = await make_patient(storage, company), await make_payer(storage, company)
    twice = new_claim(patient, [payer, payer])
    gap = new_claim(patient, [payer]).model_copy(update={"tertiary_payer_id": payer.id})
    for draft, pointers in (
        (twice, ["/secondary_payer_id"]),
        (gap, ["/tertiary_payer_id", "/secondary_payer_id"]),
    ):
        with pytest.raises(InvalidInput) as refused:
            async with storage.transaction(company.id, company.actor) as store:
                await claims.create_claim(store, draft)
        assert [fault.pointer for fault in refused.value.faults] == pointers


async def test_a_form_holds_so_many_lines_and_no_more(
    storage: PostgresStorage, company: CompanyForTests
) -> None:
    full = await make_claim(storage, company, charges_cents=[100] * 50, status=ClaimStatus.DRAFT)
    with pytest.raises(InvalidInput) as refused:
        async with storage.transaction(company.id, company.actor) as store:
            await lines.add_line(store, full.claim.id, new_line(), expected_version=1)
    assert refused.value.faults[0].pointer == "/lines"


async def test_a_claim_is_found_by_how_its_numbers_and_its_patients_name_begin(
    storage: PostgresStorage, company: CompanyForTests
) -> None:
    munoz = await make_patient(storage, company, last_name="Muñoz", first_name="Inés")
    wanted = (await make_claim(storage, company, patient=munoz)).claim
    await make_claim(storage, company)
    for text in ("munoz, in", wanted.claim_number.lower(), wanted.patient_control_number[:12]):
        assert await _found(storage, company, text) == [wanted.claim_number]
    assert await _found(storage, company, "uñoz") == []


async def test_a_patient_with_a_new_name_is_found_by_it_on_old_claims(
    storage: PostgresStorage, company: CompanyForTests
) -> None:
    patient = await make_patient(storage, company, last_name="Quill")
    claim = (await make_claim(storage, company, patient=patient)).claim
    async with storage.transaction(company.id, company.actor) as store:
        await patients.update_patient(
            store, patient.id, PatientChanges(last_name="Zander"), expected_version=1
        )
    assert await _found(storage, company, "zand") == [claim.claim_number]
    assert await _found(storage, company, "quill") == []
