"""The roles that provision makes, and what each of them may and may not do."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from psycopg import errors

from storage.embedded import (
    EmbeddedServer,
    Role,
    RoleAddresses,
    RoleIsMember,
    create_database,
    install_roles,
    provision,
)
from tests.servers import servers, start_test_server


@pytest.fixture(scope="module", params=servers(), ids=lambda spec: spec.name)
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[EmbeddedServer]:
    started = start_test_server(request.param, tmp_path_factory.mktemp("roles"))
    yield started
    started.stop("immediate")


@pytest.fixture(scope="module")
def addresses(server: EmbeddedServer) -> RoleAddresses:
    made = provision(server, "wellkept")
    with psycopg.connect(made.owner) as connection:
        connection.execute("CREATE TABLE claims (n int)")
        connection.execute("INSERT INTO claims VALUES (1)")
        connection.execute("ALTER TABLE claims ENABLE ROW LEVEL SECURITY")
        connection.execute("ALTER TABLE claims FORCE ROW LEVEL SECURITY")
        connection.execute("GRANT SELECT ON claims TO wellkept_app")
    return made


def refused(address: str, statement: str) -> bool:
    with psycopg.connect(address) as connection:
        try:
            connection.execute(statement.encode())
        except (errors.InsufficientPrivilege, errors.ReadOnlySqlTransaction):
            return True
        connection.rollback()
        return False


def test_no_role_can_make_itself_more(server: EmbeddedServer, addresses: RoleAddresses) -> None:
    with server.connect_as_superuser(addresses.database) as connection:
        rows = connection.execute(
            "SELECT rolname, rolcanlogin, rolbypassrls, "
            "rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication "
            "FROM pg_roles WHERE rolname LIKE 'wellkept%' ORDER BY rolname"
        ).fetchall()
    assert rows == [
        ("wellkept_app", True, False, False),
        ("wellkept_backup", True, True, False),
        ("wellkept_owner", True, False, False),
        ("wellkept_worker", True, False, False),
    ]


def test_app_and_worker_own_nothing_and_only_load_into_temporary_tables(
    addresses: RoleAddresses,
) -> None:
    for address in (addresses.app, addresses.worker):
        assert refused(address, "CREATE TABLE theirs (n int)")
        assert refused(address, "CREATE SCHEMA theirs")
        assert refused(address, "ALTER TABLE claims DISABLE ROW LEVEL SECURITY")
        assert refused(address, "SET ROLE wellkept_owner")
        assert not refused(address, "CREATE TEMPORARY TABLE loaded (n int)")


def test_backup_reads_every_row_and_writes_none(addresses: RoleAddresses) -> None:
    with psycopg.connect(addresses.backup) as connection:
        assert connection.execute("SELECT n FROM claims").fetchall() == [(1,)]
    with psycopg.connect(addresses.app) as connection:
        assert connection.execute("SELECT n FROM claims").fetchall() == []
    assert refused(addresses.backup, "INSERT INTO claims VALUES (2)")
    writable = "SET default_transaction_read_only = off; INSERT INTO claims VALUES (2)"
    assert refused(addresses.backup, writable)


def test_owner_owns_the_database_and_its_schema(
    server: EmbeddedServer, addresses: RoleAddresses
) -> None:
    with server.connect_as_superuser(addresses.database) as connection:
        owners = connection.execute(
            "SELECT datdba::regrole::text, nspowner::regrole::text FROM pg_database, pg_namespace "
            "WHERE datname = current_database() AND nspname = 'public'"
        ).fetchall()
    assert owners == [("wellkept_owner", "wellkept_owner")]


def test_roles_enter_no_other_database(server: EmbeddedServer, addresses: RoleAddresses) -> None:
    assert addresses.database == "wellkept"
    for database in ("postgres", "template1"):
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(server.url(Role.APP, database))


def test_provisioning_again_keeps_rows_and_passwords(
    server: EmbeddedServer, addresses: RoleAddresses
) -> None:
    assert provision(server, "wellkept") == addresses
    with psycopg.connect(addresses.backup) as connection:
        assert connection.execute("SELECT n FROM claims").fetchall() == [(1,)]


def test_databases_can_be_provisioned_at_the_same_time(
    server: EmbeddedServer, addresses: RoleAddresses
) -> None:
    names = ["first", "second", "first", "second"]
    with ThreadPoolExecutor(len(names)) as pool:
        made = list(pool.map(lambda name: provision(server, name), names))
    assert made[0] == made[2] != made[1]
    for address in (made[1].app, addresses.app):
        psycopg.connect(address).close()


def test_attributes_given_by_hand_are_taken_away(
    server: EmbeddedServer, addresses: RoleAddresses
) -> None:
    with server.connect_as_superuser() as connection:
        connection.execute("ALTER ROLE wellkept_app SUPERUSER BYPASSRLS CREATEDB")
    provision(server, addresses.database)
    assert refused(addresses.app, "CREATE TABLE theirs (n int)")


def test_a_membership_of_a_restricted_role_is_refused(
    server: EmbeddedServer, addresses: RoleAddresses
) -> None:
    with server.connect_as_superuser() as connection:
        connection.execute("GRANT wellkept_owner TO wellkept_worker")
        with pytest.raises(RoleIsMember, match="wellkept_worker is a member of wellkept_owner"):
            provision(server, addresses.database)
        connection.execute("REVOKE wellkept_owner FROM wellkept_worker")
    provision(server, addresses.database)


def test_chosen_passwords_are_taken_and_kept(
    server: EmbeddedServer, addresses: RoleAddresses
) -> None:
    chosen = provision(server, addresses.database, {Role.BACKUP: "chosen by the operator"})
    assert "chosen%20by%20the%20operator" in chosen.backup
    assert provision(server, addresses.database).backup == chosen.backup
    psycopg.connect(chosen.backup).close()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(addresses.backup)


def test_roles_can_be_installed_over_a_plain_connection(server: EmbeddedServer) -> None:
    create_database(server, "plain")
    passwords = server.directory.credentials.ensure(role.value for role in Role)
    with psycopg.connect(server.conninfo("postgres", "plain")) as connection:
        install_roles(connection, {role: passwords[role] for role in Role})
    psycopg.connect(server.url(Role.WORKER, "plain")).close()
