"""A database on the embedded server, with its roles and their addresses."""

from collections.abc import Mapping
from dataclasses import dataclass

from psycopg import errors, sql

from storage.embedded.roles import Role, install_roles, take_turn
from storage.embedded.server import EmbeddedServer


@dataclass(frozen=True)
class RoleAddresses:
    """The URL of one database for each role, passwords included."""

    database: str
    owner: str
    app: str
    worker: str
    backup: str


def create_database(server: EmbeddedServer, name: str) -> None:
    """Create an empty database, unless one of that name exists already."""
    with server.connect_as_superuser() as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if known.fetchone() is not None:
            return
        try:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name))
            )
        except (errors.DuplicateDatabase, errors.UniqueViolation):
            return


def provision(
    server: EmbeddedServer, database: str, passwords: Mapping[Role, str] | None = None
) -> RoleAddresses:
    """Have a database with Wellkept's roles on the server; may be repeated.

    Without `passwords`, those in the data directory's credentials file hold, made at random
    the first time. Given ones are written there.
    """
    credentials = server.directory.credentials
    if passwords is not None:
        credentials.store({role.value: password for role, password in passwords.items()})
    known = credentials.ensure(role.value for role in Role)
    create_database(server, database)
    with server.connect_as_superuser(database) as connection, connection.transaction():
        take_turn(connection)
        connection.execute("REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC")
        install_roles(connection, {role: known[role.value] for role in Role})
    return RoleAddresses(
        database=database,
        owner=server.url(Role.OWNER, database),
        app=server.url(Role.APP, database),
        worker=server.url(Role.WORKER, database),
        backup=server.url(Role.BACKUP, database),
    )
