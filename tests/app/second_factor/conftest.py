"""People with and without a second factor, at a time that stands still."""

from collections.abc import AsyncIterator

import httpx
import pytest
from litestar import Litestar

from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.identity import Role
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests
from tests.builders.people import PersonForTests, browser, make_person


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
async def administrator(storage: PostgresStorage, company: CompanyForTests) -> PersonForTests:
    return await make_person(storage, company, Role.ADMINISTRATOR)


@pytest.fixture
async def newcomer(storage: PostgresStorage, company: CompanyForTests) -> PersonForTests:
    """An administrator without a second factor."""
    return await make_person(storage, company, Role.ADMINISTRATOR, is_enrolled=False)


@pytest.fixture
async def page(application: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(application) as client:
        yield client
