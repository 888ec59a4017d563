"""An installation with companies that have a row in every table."""

import asyncio
import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from services.files.keeping import NewFile, keep
from storage.clock import SystemClock
from storage.deletion.certificate import DeletionCertificate
from storage.deletion.closing import as_owner, close_company
from storage.deletion.pieces import ROWS_AT_ONCE
from storage.deletion.register import Decision
from storage.deletion.removing import Outcome, go_on
from storage.embedded import EmbeddedServer, RoleAddresses
from storage.files import FileVault
from storage.files.local import LocalFileStore
from storage.identifiers import OPERATOR_ACTOR_ID, new_id
from storage.interface import Actor
from storage.postgres.transaction import PostgresStorage
from storage.trail.keys import Signer
from storage.vocabulary.files import FilePurpose
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests, make_company
from tests.builders.keys import KEYRING
from tests.builders.tenant_rows import fill_every_table
from tests.servers import migrated_database

SIGNER = Signer(bytes(range(32)))
LETTER = b"A letter. " * 1_000
LATER = dt.datetime(2090, 1, 1, tzinfo=dt.UTC)
"""When nothing that was written in these tests is held any more."""


@dataclass(frozen=True)
class Place:
    """An installation whose companies can be deleted."""

    addresses: RoleAddresses
    vault: FileVault
    files: Path

    def close(self, company: CompanyForTests, *, is_handed_over: bool = False) -> None:
        """Close a company, as the operator."""
        now = SystemClock().now()
        decision = Decision(
            asked_by="Ada",
            asked_at=now,
            approved_by="Grace",
            approved_at=now,
            is_handed_over=is_handed_over,
        )
        with as_owner(self.addresses.owner) as owner:
            close_company(owner, company.slug, company.slug, decision, now)

    def go_on(
        self,
        at: dt.datetime | None = None,
        *,
        rows_at_once: int = ROWS_AT_ONCE,
        is_stopping: Callable[[], bool] = lambda: False,
        waits: bool = True,
    ) -> Sequence[Outcome]:
        """Take out what nothing holds at a time."""
        return go_on(
            self.addresses.owner,
            vault=self.vault,
            signer=SIGNER,
            rows_at_once=rows_at_once,
            is_stopping=is_stopping,
            waits=waits,
            clock=SystemClock() if at is None else FixedClock(at),
        )

    def certificate(self, at: dt.datetime | None = None) -> DeletionCertificate:
        """The same, of the one company that it is about."""
        (outcome,) = self.go_on(at)
        assert outcome.certificate is not None
        return outcome.certificate

    def kept_files(self, company: CompanyForTests) -> list[Path]:
        """What lies in the store of a company."""
        return [each for each in (self.files / company.id.hex).rglob("*") if each.is_file()]


@pytest.fixture(scope="module")
def place(server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Place:
    files = tmp_path_factory.mktemp("files")
    addresses = migrated_database(server, f"deleting_{new_id().hex[-8:]}")
    return Place(addresses, FileVault(LocalFileStore(files)), files)


Crowd = Callable[[], CompanyForTests]


@pytest.fixture
def crowded(place: Place) -> Iterator[Crowd]:
    """Makes companies with a row in every table and a kept file."""

    def make() -> CompanyForTests:
        return asyncio.run(_made(place))

    yield make
    place.go_on(LATER)  # what a test has closed is gone before the next one


async def _made(place: Place) -> CompanyForTests:
    storage = PostgresStorage(place.addresses.app, keyring=KEYRING)
    await storage.open()
    try:
        company = await make_company(place.addresses.owner, storage)
        fill_every_table(place.addresses.owner, company.id)
        actor = Actor(OPERATOR_ACTOR_ID, new_id())
        new = NewFile(purpose=FilePurpose.ROOTS, name="letter.txt", media_type="text/plain")
        async with storage.transaction(company.id, actor) as store:
            await keep(store, place.vault, new, LETTER)
    finally:
        await storage.close()
    return company
