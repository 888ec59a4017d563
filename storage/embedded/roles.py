"""The database roles that Wellkept needs, and who may do what before any table exists."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import psycopg
from psycopg import sql

from storage.errors import StorageError

_RESTRICTED = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION"


ROLE_SETTINGS: Mapping[str, str] = {
    "statement_timeout": "30s",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "60s",
    "timezone": "UTC",
}
"""How sessions of the roles that do the work begin: nothing waits or idles without bound."""


class Role(StrEnum):
    """Each part of the product connects as a role of its own."""

    OWNER = "wellkept_owner"
    """Owns the database and its schema; migrations run as it."""
    APP = "wellkept_app"
    """Serves requests. Owns nothing and is a member of nothing."""
    WORKER = "wellkept_worker"
    """Runs jobs, under the same restrictions."""
    BACKUP = "wellkept_backup"
    """Reads every row of every company, and writes none."""


@dataclass(eq=False)
class RoleIsMember(StorageError):
    """A restricted role belongs to another, through which it could do more than it should."""

    role: str
    member_of: str

    def __str__(self) -> str:
        return f"{self.role} is a member of {self.member_of}; revoke that membership"


def install_roles(
    connection: psycopg.Connection[tuple[object, ...]], passwords: Mapping[Role, str]
) -> None:
    """Make the roles and give them the database that the connection is to.

    For a superuser's connection to any server from PostgreSQL 15 on; may be repeated. The
    server is sent SCRAM verifiers, so no log of its statements ever holds a password.
    Raises RoleIsMember.
    """
    with connection.transaction():
        take_turn(connection)
        for role in Role:
            _make_role(connection, role, passwords[role])
        _refuse_memberships(connection)
        _grant(connection)


def take_turn(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """Wait for set-ups of other databases of this server, until the transaction ends.

    They share its roles, and PostgreSQL refuses changes of one role at the same time.
    """
    connection.execute("LOCK TABLE pg_catalog.pg_authid IN SHARE ROW EXCLUSIVE MODE")


def _make_role(
    connection: psycopg.Connection[tuple[object, ...]], role: Role, password: str
) -> None:
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role.value])
    verifier = connection.pgconn.encrypt_password(
        password.encode(), role.value.encode(), b"scram-sha-256"
    )
    connection.execute(
        sql.SQL("{verb} ROLE {role} {attributes} {rows} PASSWORD {verifier}").format(
            verb=sql.SQL("CREATE" if known.fetchone() is None else "ALTER"),
            role=sql.Identifier(role.value),
            attributes=sql.SQL(_RESTRICTED),
            rows=sql.SQL("BYPASSRLS" if role is Role.BACKUP else "NOBYPASSRLS"),
            verifier=sql.Literal(verifier.decode()),
        )
    )


def _refuse_memberships(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    found = connection.execute(
        "SELECT m.member::regrole::text, m.roleid::regrole::text FROM pg_auth_members m "
        "JOIN pg_roles r ON r.oid = m.member WHERE r.rolname = ANY(%s)",
        [[Role.APP.value, Role.WORKER.value]],
    ).fetchone()
    if found is not None:
        raise RoleIsMember(role=str(found[0]), member_of=str(found[1]))


def _grant(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    names = {
        "database": sql.Identifier(connection.info.dbname),
        "owner": sql.Identifier(Role.OWNER.value),
        "backup": sql.Identifier(Role.BACKUP.value),
        "everyone": sql.SQL(", ").join(sql.Identifier(role.value) for role in Role),
        "workers": sql.SQL(", ").join(
            sql.Identifier(role.value) for role in (Role.APP, Role.WORKER)
        ),
    }
    for statement in (
        "ALTER DATABASE {database} OWNER TO {owner}",
        "ALTER SCHEMA public OWNER TO {owner}",
        "REVOKE ALL ON DATABASE {database} FROM PUBLIC",
        "GRANT CONNECT ON DATABASE {database} TO {everyone}",
        "GRANT TEMPORARY ON DATABASE {database} TO {workers}",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        "GRANT USAGE ON SCHEMA public TO {everyone}",
        "GRANT pg_read_all_data TO {backup}",
        "ALTER ROLE {backup} SET default_transaction_read_only = on",
    ):
        connection.execute(sql.SQL(statement).format(**names))
    for role in (Role.APP, Role.WORKER):
        for setting, value in ROLE_SETTINGS.items():
            connection.execute(
                sql.SQL("ALTER ROLE {} SET {} = {}").format(
                    sql.Identifier(role.value), sql.Identifier(setting), sql.Literal(value)
                )
            )
