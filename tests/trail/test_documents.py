"""What the trail says of a row that is made or goes leaves out what was null; of a change it says
every column that changed, null or not."""

from collections.abc import Sequence

import pytest

from storage.filters import AuditFilter
from storage.identifiers import new_ids
from storage.postgres.repository import FEWEST_OF_A_SHAPE
from storage.postgres.transaction import PostgresStorage
from storage.tables.claims import ContactInfo, PayerFields
from storage.tables.trail import AuditEntry
from storage.vocabulary.claims import PayerType
from tests.builders.companies import CompanyForTests
from tests.trail.conftest import Tamper

pytestmark = pytest.mark.anyio

PHONE = ContactInfo(phone="555-0100")
PHONE_IN_FULL = {"phone": "555-0100", "fax": None, "email": None, "address": None}
ALWAYS = {
    "claim_submission_method": "electronic",
    "is_active": True,
    "name": "Aetna",
    "timely_filing_limit_days": 365,
    "type": "medicare",
}


def payer(number: int, **said: object) -> PayerFields:
    return PayerFields.model_validate(
        {
            "name": "Aetna",
            "payer_identifier": f"P{number}",
            "type": PayerType.MEDICARE,
            **said,
        }
    )


async def made(
    storage: PostgresStorage, company: CompanyForTests, rows: Sequence[PayerFields]
) -> list[AuditEntry]:
    """What the trail has of payers that were made at once, in their order."""
    ids = new_ids(len(rows))
    async with storage.transaction(company.id, company.actor) as store:
        await store.payers.create_many(rows, ids=ids)
        found = await store.audit_log.all(AuditFilter(entity="payers", entity_ids=ids))
    by_row = {each.entity_id: each for each in found}
    return [by_row[each] for each in ids]


async def test_a_row_that_is_made_says_what_is_not_null(
    storage: PostgresStorage, company: CompanyForTests
) -> None:
    async with storage.transaction(company.id, company.actor) as store:
        await store.payers.create(payer(1, remittance_identifier="R1"))
        (entry,) = await store.audit_log.all(AuditFilter(entity="payers"))
    assert entry.before is None
    assert entry.after == {**ALWAYS, "payer_identifier": "P1", "remittance_identifier": "R1"}


async def test_what_is_null_within_a_document_is_part_of_what_it_says(
    storage: PostgresStorage, company: CompanyForTests
) -> None:
    async with storage.transaction(company.id, company.actor) as store:
        await store.payers.create(payer(1, contact_info=PHONE))
        (entry,) = await store.audit_log.all(AuditFilter(entity="payers"))
    assert entry.after == {**ALWAYS, "payer_identifier": "P1", "contact_info": PHONE_IN_FULL}


@pytest.mark.parametrize("count", [3, FEWEST_OF_A_SHAPE])
async def test_each_of_many_says_what_is_not_null_in_it(
    storage: PostgresStorage, company: CompanyForTests, count: int
) -> None:
    """Whether they are few, or so many that their statement is made for the columns they have."""
    few = {0: {"remittance_identifier": "R0"}, 1: {"contact_info": PHONE}}
    found = await made(storage, company, [payer(at, **few.get(at, {})) for at in range(count)])
    assert [each.after for each in found[:3]] == [
        {**ALWAYS, "payer_identifier": "P0", "remittance_identifier": "R0"},
        {**ALWAYS, "payer_identifier": "P1", "contact_info": PHONE_IN_FULL},
        {**ALWAYS, "payer_identifier": "P2"},
    ]
    assert all((each.after or {}).keys() == {*ALWAYS, "payer_identifier"} for each in found[2:])


async def test_what_all_of_many_have_stands_in_each(
    storage: PostgresStorage, company: CompanyForTests
) -> None:
    """No row has a null beside those that none has anything in."""
    rows = [payer(at, contact_info=PHONE) for at in range(FEWEST_OF_A_SHAPE)]
    found = await made(storage, company, rows)
    assert [each.after for each in found] == [
        {**ALWAYS, "payer_identifier": f"P{at}", "contact_info": PHONE_IN_FULL}
        for at in range(FEWEST_OF_A_SHAPE)
    ]


async def test_a_change_says_what_became_null_and_what_was(
    storage: PostgresStorage, company: CompanyForTests
) -> None:
    async with storage.transaction(company.id, company.actor) as store:
        row = await store.payers.create(payer(1))
        named = {"remittance_identifier": "R1"}
        await store.payers.update(row.id, named, expected_version=1)
        await store.payers.update(row.id, {"remittance_identifier": None}, expected_version=2)
        (_, first, second) = await store.audit_log.all(AuditFilter(entity="payers"))
    assert (first.before, first.after) == ({"remittance_identifier": None}, named)
    assert (second.before, second.after) == (named, {"remittance_identifier": None})


async def test_a_row_that_is_gone_said_what_is_not_null(
    storage: PostgresStorage, company: CompanyForTests
) -> None:
    async with storage.transaction(company.id, company.actor) as store:
        row = await store.payers.create(payer(1, contact_info=PHONE))
        await store.payers.delete(row.id, expected_version=1)
        (_, entry) = await store.audit_log.all(AuditFilter(entity="payers"))
    assert entry.after is None
    assert entry.before == {**ALWAYS, "payer_identifier": "P1", "contact_info": PHONE_IN_FULL}


async def test_what_rows_said_is_read_alike_from_entries_with_every_column(
    storage: PostgresStorage, company: CompanyForTests, tamper: Tamper
) -> None:
    """Entries that an earlier program wrote name what was null, too."""
    asked = ["name", "remittance_identifier"]
    async with storage.transaction(company.id, company.actor) as store:
        row = await store.payers.create(payer(1))
    async with storage.transaction(company.id, company.actor) as store:
        await store.payers.delete(row.id, expected_version=1)
        since = store.now
        now_written = await store.past_values.deleted("payers", asked, since=since)
    assert now_written == {row.id: {"name": "Aetna", "remittance_identifier": None}}
    in_full = """UPDATE audit_log SET before = before || '{"remittance_identifier": null}'
        WHERE company_id = %s AND entity_id = %s AND action = 'delete'"""
    assert tamper(in_full, company.id, row.id) == 1
    async with storage.transaction(company.id, company.actor) as store:
        assert await store.past_values.deleted("payers", asked, since=since) == now_written
