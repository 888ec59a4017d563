"""Compliance officers of one company, and a clock that the tests move."""

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import httpx
import pytest
from litestar import Litestar

from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.identity import Role
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests
from tests.builders.people import PersonForTests, browser, make_person, prove, sign_in
from tests.compliance_reports.deeds import ComeBack

NOON = dt.datetime(2026, 3, 2, 18, tzinfo=dt.UTC)
"""A Monday, at noon in every time zone of the United States or near it."""


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
async def people(storage: PostgresStorage, company: CompanyForTests) -> list[PersonForTests]:
    """Two compliance officers."""
    return [await make_person(storage, company, Role.COMPLIANCE_OFFICER) for _ in range(2)]


@pytest.fixture
async def officers(
    application: Litestar, people: list[PersonForTests]
) -> AsyncIterator[list[httpx.AsyncClient]]:
    """Two compliance officers who have just proved who they are."""
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(browser(application)) for _ in people]
        await _arrive(clients, people)
        yield clients


@pytest.fixture
def officer(officers: list[httpx.AsyncClient]) -> httpx.AsyncClient:
    return officers[0]


@pytest.fixture
def come_back(
    officers: list[httpx.AsyncClient], people: list[PersonForTests], clock: FixedClock
) -> ComeBack:
    """Has the officers sign in again at a later time: their sessions are over by then."""

    async def come(moment: dt.datetime) -> None:
        clock.set(moment)
        await _arrive(officers, people)

    return come


async def _arrive(clients: list[httpx.AsyncClient], people: list[PersonForTests]) -> None:
    for client, person in zip(clients, people, strict=True):
        await sign_in(client, person)
        await prove(client, person)
