"""The program refuses a server that cannot hold its promises, and says in one line why."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from storage import migrations
from storage.embedded import EmbeddedServer, RoleAddresses, provision
from storage.errors import StorageUnavailable
from storage.postgres.checks import (
    HouseRulesBroken,
    RoleCanBypass,
    SchemaAhead,
    SchemaBehind,
    ServerForgets,
    ServerNotVerified,
    ServerTooOld,
    check_server,
    readiness,
)
from storage.postgres.transaction import PostgresStorage
from storage.security import APP_ROLE

pytestmark = pytest.mark.anyio


@contextmanager
def changed(server: EmbeddedServer, database: str, change: str, back: str) -> Iterator[None]:
    """A database while a superuser's change stands."""
    with server.connect_as_superuser(database) as connection:
        connection.execute(change.encode())
        try:
            yield
        finally:
            connection.execute(back.encode())


def test_a_server_set_up_by_the_program_is_fit(durable: RoleAddresses) -> None:
    check_server(durable.app)
    check_server(durable.worker)


def test_a_server_that_forgets_is_refused(addresses: RoleAddresses) -> None:
    with pytest.raises(ServerForgets, match="fsync is off"):
        check_server(addresses.app)


def test_a_role_that_does_not_wait_for_its_commits_is_refused(
    durable_server: EmbeddedServer, durable: RoleAddresses
) -> None:
    with (
        changed(
            durable_server,
            durable.database,
            f"ALTER ROLE {APP_ROLE} SET synchronous_commit = off",
            f"ALTER ROLE {APP_ROLE} RESET synchronous_commit",
        ),
        pytest.raises(ServerForgets, match="synchronous_commit is off"),
    ):
        check_server(durable.app)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://wellkept_app@127.0.0.1:1/wellkept",
        "postgresql://wellkept_app@/wellkept?host=/nowhere",
        "this is no address",
    ],
)
def test_a_server_that_cannot_be_reached_is_named_in_one_line(address: str) -> None:
    with pytest.raises(StorageUnavailable) as refused:
        check_server(address)
    assert refused.value.reason
    assert "\n" not in refused.value.reason


def test_the_owner_and_the_backup_role_are_refused(durable: RoleAddresses) -> None:
    with pytest.raises(RoleCanBypass, match="it owns "):
        check_server(durable.owner)
    with pytest.raises(RoleCanBypass, match="it has BYPASSRLS"):
        check_server(durable.backup)


@pytest.mark.parametrize(
    ("change", "back", "how"),
    [
        ("ALTER ROLE {} SUPERUSER", "ALTER ROLE {} NOSUPERUSER", "it is a superuser"),
        ("ALTER ROLE {} BYPASSRLS", "ALTER ROLE {} NOBYPASSRLS", "it has BYPASSRLS"),
        ("ALTER ROLE {} CREATEROLE", "ALTER ROLE {} NOCREATEROLE", "it has CREATEROLE"),
        ("ALTER ROLE {} REPLICATION", "ALTER ROLE {} NOREPLICATION", "it has REPLICATION"),
        ("GRANT wellkept_owner TO {}", "REVOKE wellkept_owner FROM {}", "a member of"),
        ("GRANT pg_read_all_data TO {}", "REVOKE pg_read_all_data FROM {}", "a member of"),
        ("GRANT TRUNCATE ON payers TO {}", "REVOKE TRUNCATE ON payers FROM {}", "TRUNCATE payers"),
        (
            "ALTER TABLE legal_holds OWNER TO {}",
            (
                "ALTER TABLE legal_holds OWNER TO wellkept_owner;"
                "REVOKE ALL ON legal_holds FROM {0};"
                "GRANT SELECT, INSERT, UPDATE, DELETE ON legal_holds TO {0}"
            ),
            "it owns legal_holds",
        ),
    ],
)
def test_a_role_that_could_reach_past_its_company_is_refused(
    durable_server: EmbeddedServer, durable: RoleAddresses, change: str, back: str, how: str
) -> None:
    with (
        changed(durable_server, durable.database, change.format(APP_ROLE), back.format(APP_ROLE)),
        pytest.raises(RoleCanBypass, match=how),
    ):
        check_server(durable.app)
    check_server(durable.app)


def test_a_schema_that_was_changed_by_hand_is_refused(
    durable_server: EmbeddedServer, durable: RoleAddresses
) -> None:
    with (
        changed(
            durable_server,
            durable.database,
            "ALTER TABLE payers NO FORCE ROW LEVEL SECURITY",
            "ALTER TABLE payers FORCE ROW LEVEL SECURITY",
        ),
        pytest.raises(HouseRulesBroken, match="payers: row-level security"),
    ):
        check_server(durable.app)


async def test_a_schema_that_is_behind_is_refused(durable_server: EmbeddedServer) -> None:
    empty = provision(durable_server, "behind")
    with pytest.raises(SchemaBehind, match="run wellkept migrate"):
        check_server(empty.app)
    assert "run wellkept migrate" in str(await asked_for_readiness(empty.app))


async def test_a_schema_that_is_ahead_is_refused(
    durable_server: EmbeddedServer, durable: RoleAddresses
) -> None:
    with changed(
        durable_server,
        durable.database,
        "UPDATE alembic_version SET version_num = 'later'",
        f"UPDATE alembic_version SET version_num = '{migrations.expected_revision()}'",  # noqa: S608
    ):
        with pytest.raises(SchemaAhead, match="install the newer program"):
            check_server(durable.app)
        assert "install the newer program" in str(await asked_for_readiness(durable.app))


async def asked_for_readiness(address: str) -> str | None:
    storage = PostgresStorage(address)
    await storage.open()
    try:
        return await readiness(storage)
    finally:
        await storage.close()


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://app:secret@db.invalid/wellkept",
        "postgresql://app:secret@db.invalid/wellkept?sslmode=require",
        "postgresql://app:secret@db.invalid/wellkept?sslmode=verify-ca",
        "postgresql://app:secret@/wellkept?host=localhost&hostaddr=192.0.2.1",
        "postgresql://app:secret@localhost,db.invalid/wellkept",
        "host=192.0.2.1 dbname=wellkept",
    ],
)
def test_a_remote_server_without_verified_tls_is_refused_before_it_is_asked(address: str) -> None:
    with pytest.raises(ServerNotVerified, match="sslmode=verify-full") as refused:
        check_server(address)
    assert "secret" not in str(refused.value)


def test_a_remote_server_that_the_environment_names_is_refused_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PGHOST", "db.invalid")
    with pytest.raises(ServerNotVerified, match=r"db\.invalid"):
        check_server("dbname=wellkept")


def test_a_remote_server_with_verified_tls_is_asked() -> None:
    with pytest.raises(StorageUnavailable):
        check_server("postgresql://app@db.invalid/wellkept?sslmode=verify-full")


def test_an_old_server_is_refused() -> None:
    with a_server_of("14.11") as port, pytest.raises(ServerTooOld, match=r"14\.11 is too old"):
        check_server(f"host=127.0.0.1 port={port} user=app sslmode=disable gssencmode=disable")


@contextmanager
def a_server_of(version: str) -> Iterator[int]:
    """The port of something that greets one client as a PostgreSQL of a version does."""

    def greet() -> None:
        with listener.accept()[0] as client:
            client.recv(1024)
            told = b"server_version\0" + version.encode() + b"\0"
            client.sendall(
                b"R" + struct.pack("!ii", 8, 0)
                + b"S" + struct.pack("!i", 4 + len(told)) + told
                + b"Z" + struct.pack("!i", 5) + b"I"
            )  # fmt: skip
            client.recv(1024)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        greeting = threading.Thread(target=greet)
        greeting.start()
        yield listener.getsockname()[1]
        greeting.join()
