"""A page of records is bounded by what they hold, and leaves none out."""

import pytest

from services.importing import receiving
from services.importing.receiving import list_records
from storage.files import FileVault
from storage.filters import ImportRecordFilter
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.importing import ImportOutcome
from tests.builders.companies import CompanyForTests
from tests.builders.dumps import Importer

pytestmark = pytest.mark.anyio

LENGTHS = (10, 400, 10, 10, 700, 900, 30)


@pytest.fixture
def importer(storage: PostgresStorage, vault: FileVault, company: CompanyForTests) -> Importer:
    return Importer(storage, vault, company)


@pytest.mark.parametrize(
    ("most_bytes", "limit", "pages"),
    [
        (10_000, 7, [7]),
        (10_000, 3, [3, 3, 1]),
        (1_000, 7, [2, 3, 2]),
        (1_000, 2, [2, 2, 2, 1]),
        (1, 7, [1] * 7),
    ],
)
async def test_pages_hold_as_many_records_as_are_short_enough_together(
    importer: Importer,
    monkeypatch: pytest.MonkeyPatch,
    most_bytes: int,
    limit: int,
    pages: list[int],
) -> None:
    monkeypatch.setattr(receiving, "MOST_BYTES", most_bytes)
    dump = {"notes": [{"id": str(at), "text": "n" * each} for at, each in enumerate(LENGTHS)]}
    import_id = (await importer.bring(dump)).import_id
    company, seen, counts, after = importer.company, [], [], None
    conditions = ImportRecordFilter(import_id=import_id, outcome=ImportOutcome.HELD)
    while True:
        async with importer.storage.transaction(company.id, company.actor) as store:
            found = await list_records(store, conditions, limit=limit, after=after)
        seen += [int(each.legacy_key) for each in found.rows]
        counts.append(len(found.rows))
        after = found.next_after
        if after is None:
            break
    assert (seen, counts) == (list(reversed(range(len(LENGTHS)))), pages)
