"""An application whose companies can bring the providers of this machine."""

from collections.abc import AsyncIterator, Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from litestar import Litestar

from app.server import Routes
from app.settings import Settings
from storage.files.vault import FileVault
from storage.postgres.transaction import PostgresStorage
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests
from tests.builders.people import PersonForTests, browser, make_person
from tests.builders.providers import (
    Forger,
    ProviderForTests,
    hanging_provider,
    running_forger,
    running_provider,
)
from tests.providers.signing_in import KEY, bring


@pytest.fixture(scope="module")
def provider() -> Iterator[ProviderForTests]:
    with running_provider() as provider:
        yield provider


@pytest.fixture
def forger() -> Iterator[Forger]:
    with running_forger() as forger:
        yield forger


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def hanging() -> Iterator[str]:
    with hanging_provider() as issuer:
        yield issuer


@pytest.fixture
def application(
    routes: Routes,
    storage: PostgresStorage,
    vault: FileVault,
    provider: ProviderForTests,
    forger: Forger,
    hanging: str,
) -> Litestar:
    here = [urlsplit(issuer).netloc for issuer in (provider.issuer, forger.issuer, hanging)]
    settings = Settings(public_url="https://wellkept.test", allowed_private_hosts=",".join(here))
    return routes.serving(settings, storage, vault)


@pytest.fixture
async def page(application: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(application) as client:
        yield client


@pytest.fixture
async def person(storage: PostgresStorage, company: CompanyForTests) -> PersonForTests:
    return await make_person(storage, company)


@pytest.fixture
async def ready(client: httpx.AsyncClient, forger: Forger) -> Forger:
    """The forger as the company's provider, with one key published."""
    forger.published = [KEY]
    await bring(client, forger.issuer)
    return forger
