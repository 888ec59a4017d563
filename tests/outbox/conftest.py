"""What tests of the outbox share: a clock that they move, and certificates."""

import pytest

from tests.builders.certificates import Authority, make_authority
from tests.builders.clocks import FixedClock


@pytest.fixture
def clock() -> FixedClock:
    """Stands still until a test moves it."""
    return FixedClock()


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Who vouches for the servers on this machine."""
    return make_authority(tmp_path_factory.mktemp("authority"), "localhost", "127.0.0.1")
