"""A second server, which forgets nothing: what start-up checks accept."""

from collections.abc import Iterator

import pytest

from storage import migrations
from storage.embedded import EmbeddedServer, RoleAddresses, provision
from tests.servers import chosen_server, start_test_server


@pytest.fixture(scope="session")
def durable_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """A server that waits for its disk, as the product's always does."""
    server = start_test_server(chosen_server(), tmp_path_factory.mktemp("durable"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def durable(durable_server: EmbeddedServer) -> RoleAddresses:
    """A migrated database on the server that forgets nothing."""
    addresses = provision(durable_server, "durable")
    migrations.upgrade(addresses.owner)
    return addresses
