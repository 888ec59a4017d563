"""What tests of the trail share: the worker's storage, a signing key, and a way to tamper."""

import asyncio
import base64
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest
from typer.testing import CliRunner, Result

from app.cli.commands import application
from storage.embedded import EmbeddedServer, RoleAddresses
from storage.postgres.transaction import PostgresStorage
from storage.trail.keys import KnownKeys, Signer
from tests.builders.companies import CompanyForTests, make_company

Tamper = Callable[..., int]
Wellkept = Callable[..., Awaitable[Result]]


@pytest.fixture(scope="session")
def signer() -> Signer:
    """The installation's signing key."""
    return Signer(bytes(range(32)))


@pytest.fixture(scope="session")
def keys(signer: Signer) -> KnownKeys:
    """The public keys that are believed."""
    return KnownKeys([signer.public_key])


@pytest.fixture
def tamper(server: EmbeddedServer, addresses: RoleAddresses) -> Iterator[Tamper]:
    """Runs a statement as somebody who owns the whole database; returns how many rows it met."""
    with server.connect_as_superuser(addresses.database) as connection:

        def run(statement: LiteralString, *parameters: object) -> int:
            return connection.execute(statement, parameters).rowcount

        yield run


@pytest.fixture
async def tenant(addresses: RoleAddresses, storage: PostgresStorage) -> CompanyForTests:
    """A company of one test alone."""
    return await make_company(addresses.owner, storage)


@pytest.fixture
def as_superuser(
    server: EmbeddedServer, addresses: RoleAddresses
) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A connection that row-level security does not bind."""
    with server.connect_as_superuser(addresses.database) as connection:
        yield connection


@pytest.fixture
def environment(addresses: RoleAddresses, tmp_path: Path) -> Mapping[str, str | None]:
    return {
        "WELLKEPT_TEST_POSTGRESQL": None,
        "WELLKEPT_DATABASE_URL": addresses.app,
        "WELLKEPT_OWNER_URL": addresses.owner,
        "WELLKEPT_WORKER_URL": addresses.worker,
        "WELLKEPT_DATA_DIRECTORY": str(tmp_path),
        "WELLKEPT_MASTER_KEY": base64.b64encode(bytes(32)).decode(),
        "WELLKEPT_SIGNING_KEY": base64.b64encode(bytes(range(32))).decode(),
    }


@pytest.fixture
def wellkept(environment: Mapping[str, str | None]) -> Wellkept:
    """Runs a command line; ``changed`` are other variables."""

    async def run(*arguments: str, **changed: str | None) -> Result:
        def invoke() -> Result:
            return CliRunner().invoke(application, arguments, env={**environment, **changed})

        return await asyncio.to_thread(invoke)

    return run
