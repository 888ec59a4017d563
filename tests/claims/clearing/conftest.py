"""What tests of sending share: a clock that they move, certificates, and a company that sends."""

from pathlib import Path

import pytest

from storage.files import FileVault
from storage.postgres.transaction import PostgresStorage
from tests.builders.certificates import Authority, make_authority
from tests.builders.clearing import Desk
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests


@pytest.fixture
def clock() -> FixedClock:
    """Stands still until a test moves it."""
    return FixedClock()


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Who vouches for the servers on this machine."""
    return make_authority(tmp_path_factory.mktemp("authority"), "localhost", "127.0.0.1")


@pytest.fixture
async def desk(
    worker: PostgresStorage, company: CompanyForTests, vault: FileVault, tmp_path: Path
) -> Desk:
    """A company that sends claims through a partner with a drop folder."""
    return await Desk.open(worker, company, vault, tmp_path / "drop")
