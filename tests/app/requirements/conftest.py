"""Compliance officers, on a Monday at noon."""

from collections.abc import AsyncIterator

import httpx
import pytest
from litestar import Litestar

from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.identity import Role
from tests.app.requirements.steps import NOON
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests
from tests.builders.people import colleagues


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
async def officers(
    application: Litestar, storage: PostgresStorage, company: CompanyForTests
) -> AsyncIterator[list[httpx.AsyncClient]]:
    """Two compliance officers who have just proved who they are."""
    roles = [Role.COMPLIANCE_OFFICER] * 2
    async with colleagues(application, storage, company, *roles) as found:
        yield [each.client for each in found]


@pytest.fixture
async def third(
    application: Litestar, storage: PostgresStorage, company: CompanyForTests
) -> AsyncIterator[httpx.AsyncClient]:
    """One more, who comes to settle disputes."""
    async with colleagues(application, storage, company, Role.COMPLIANCE_OFFICER) as found:
        yield found[0].client


@pytest.fixture
def officer(officers: list[httpx.AsyncClient]) -> httpx.AsyncClient:
    return officers[0]
