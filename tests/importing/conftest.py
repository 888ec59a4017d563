"""A company that moves its compliance over."""

from dataclasses import dataclass
from typing import Any

import pytest

from services.importing.reporting import Reconciliation
from storage.files import FileVault
from storage.filters import ImportRecordFilter
from storage.postgres.transaction import PostgresStorage
from storage.tables.importing import ImportRecord
from storage.vocabulary.importing import ImportOutcome
from tests.builders.companies import CompanyForTests
from tests.builders.dumps import Importer, requirement
from tests.builders.people import PersonForTests, make_person


@dataclass
class Moving:
    """A company that moves over, with a person who is the steward."""

    importer: Importer
    steward: PersonForTests

    async def bring(self, **maps: list[dict[str, Any]]) -> Reconciliation:
        dump = {"complianceRequirements": [requirement()], **maps}
        return await self.importer.bring(dump, steward_person_id=self.steward.id)

    async def records(self, outcome: ImportOutcome) -> list[ImportRecord]:
        company = self.importer.company
        async with self.importer.storage.transaction(company.id, company.actor) as store:
            return list(await store.import_records.all(ImportRecordFilter(outcome=outcome)))


@pytest.fixture
async def moving(storage: PostgresStorage, vault: FileVault, company: CompanyForTests) -> Moving:
    steward = await make_person(storage, company)
    return Moving(Importer(storage, vault, company), steward)


@pytest.fixture
async def store(moving: Moving) -> Any:
    company = moving.importer.company
    async with moving.importer.storage.transaction(company.id, company.actor) as found:
        yield found
