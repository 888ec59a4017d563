"""A company is told that months of its logs are due by the day that maintenance goes by."""

import datetime as dt

import pytest

from services.trail.retention import retention_state
from storage.embedded import RoleAddresses
from storage.identifiers import lowest_id_at, new_id
from storage.postgres.transaction import PostgresStorage
from storage.tables.trail import AccessFields
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests
from tests.builders.keys import KEYRING

pytestmark = pytest.mark.anyio

MARCH = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
"""From here on maintenance may retire February 2019; in New York it is still the evening before."""


@pytest.mark.parametrize(
    ("now", "due"),
    [(MARCH - dt.timedelta(seconds=1), []), (MARCH, [dt.date(2019, 2, 1)])],
)
async def test_a_month_is_due_once_maintenance_may_retire_it(
    addresses: RoleAddresses, company: CompanyForTests, now: dt.datetime, due: list[dt.date]
) -> None:
    storage = PostgresStorage(addresses.app, clock=FixedClock(now), keyring=KEYRING)
    await storage.open()
    try:
        async with storage.transaction(company.id, company.actor) as store:
            fields = AccessFields(request_id=new_id(), operation="x", outcome=200, patient_ids=[])
            first = lowest_id_at(dt.datetime(2019, 2, 15, tzinfo=dt.UTC))
            await store.api_log.create_many([fields], ids=[first])
            state = await retention_state(store)
    finally:
        await storage.close()
    assert [[each.month for each in log.due] for log in state.logs] == [[], due]
