"""Whether a server is fit: asked once before the program serves, and again by readiness probes."""

import asyncio
import functools
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import Conninfo

from storage import migrations
from storage.catalogue import BrokenRule, broken_rules
from storage.errors import StorageError, StorageUnavailable
from storage.migrations import SchemaState

OLDEST_MAJOR_VERSION = 15

_CONNECT_SECONDS = 5
_PROBE_SECONDS = 2.0

_Connection = psycopg.Connection[tuple[Any, ...]]

_expected_revision = functools.cache(migrations.expected_revision)


class UnfitServer(StorageError):
    """The server must not be used; the text says in one line why, and how to mend it."""


@dataclass
class ServerTooOld(UnfitServer):
    """PostgreSQL of this version lacks what the program needs."""

    found: str

    def __str__(self) -> str:
        return f"PostgreSQL {self.found} is too old: {OLDEST_MAJOR_VERSION} or newer is needed"


@dataclass
class SchemaBehind(UnfitServer):
    """The schema is older than the program."""

    found: str | None
    expected: str

    def __str__(self) -> str:
        return (
            f"the schema is at revision {self.found or 'none'} and the program needs"
            f" {self.expected}: run wellkept migrate"
        )


@dataclass
class SchemaAhead(UnfitServer):
    """The schema is newer than the program."""

    found: str
    expected: str

    def __str__(self) -> str:
        return (
            f"the schema is at revision {self.found}, which this program does not know (it needs"
            f" {self.expected}): install the newer program"
        )


@dataclass
class RoleCanBypass(UnfitServer):
    """The role that the program connects as could reach past row-level security."""

    role: str
    how: str

    def __str__(self) -> str:
        return f"role {self.role} could bypass row-level security: {self.how}"


@dataclass
class ServerForgets(UnfitServer):
    """The server could lose what it has acknowledged."""

    setting: str

    def __str__(self) -> str:
        return f"the server could lose acknowledged work: {self.setting} is off; turn it on"


@dataclass
class ServerNotVerified(UnfitServer):
    """Another machine's server, and nothing proves that it is the right one."""

    host: str

    def __str__(self) -> str:
        return (
            f"the connection to {self.host} is not verified: add sslmode=verify-full and"
            " sslrootcert to the address"
        )


@dataclass
class HouseRulesBroken(UnfitServer):
    """The schema is not as the migrations left it."""

    rules: list[BrokenRule]

    def __str__(self) -> str:
        more = f", and {len(self.rules) - 1} more" if len(self.rules) > 1 else ""
        return f"the schema breaks a house rule: {self.rules[0]}{more}"


class OfASchema(Protocol):
    """Storage, as far as its schema is asked for."""

    async def schema_state(self) -> SchemaState | None: ...


def check_server(conninfo: str) -> None:
    """Refuse a server that cannot hold the program's promises, for the role in ``conninfo``.

    Nothing is sent to a server of another machine that is not verified. Raises
    StorageUnavailable, ServerNotVerified, ServerTooOld, RoleCanBypass, ServerForgets,
    SchemaBehind, SchemaAhead, HouseRulesBroken.
    """
    try:
        _check_transport(_defaults() | conninfo_to_dict(conninfo))
        with psycopg.connect(
            conninfo, autocommit=True, connect_timeout=_CONNECT_SECONDS
        ) as connection:
            _check_transport(_effective(connection))
            _check_version(connection)
            _check_role(connection)
            _check_durability(connection)
            state = _state(connection)
            _check_revision(state)
            is_own = state is not None and state.revision == _expected_revision()
            if is_own and (found := broken_rules(connection)):
                raise HouseRulesBroken(found)
    except psycopg.Error as error:
        raise StorageUnavailable(str(error).strip().partition("\n")[0]) from error


async def check_schema(storage: OfASchema) -> None:
    """Raises SchemaBehind, SchemaAhead, StorageUnavailable."""
    _check_revision(await storage.schema_state())


async def readiness(storage: OfASchema) -> str | None:
    """None while the program can work, else why not in one short sentence. Never raises."""
    try:
        async with asyncio.timeout(_PROBE_SECONDS):
            found = await storage.schema_state()
        _check_revision(found)
    except (SchemaBehind, SchemaAhead) as error:
        return str(error)
    except Exception:  # noqa: BLE001 -- whatever it is, the program cannot work
        return "the database cannot be reached"
    return None


def _defaults() -> dict[str, Any]:
    """What libpq takes from the environment for keywords that the address does not name."""
    return {
        option.keyword.decode(): option.val.decode()
        for option in Conninfo.get_defaults()
        if option.val is not None
    }


def _effective(connection: _Connection) -> dict[str, Any]:
    return {
        option.keyword.decode(): option.val.decode()
        for option in connection.pgconn.info
        if option.val is not None
    }


def _check_transport(options: Mapping[str, Any]) -> None:
    """Raises ServerNotVerified for any host that is neither here nor verified."""
    if options.get("sslmode") == "verify-full":
        return
    named = str(options.get("hostaddr") or options.get("host") or "")
    for host in named.split(","):
        if not _is_here(host):
            raise ServerNotVerified(host)


def _is_here(host: str) -> bool:
    """Whether a host is a socket's directory (or nothing, which is the default socket's) or this
    machine's loopback."""
    if host == "" or host.startswith(("/", "@")) or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _check_version(connection: _Connection) -> None:
    if connection.info.server_version < OLDEST_MAJOR_VERSION * 10_000:
        raise ServerTooOld(connection.info.parameter_status("server_version") or "")


_ROLE = """
WITH me AS (SELECT * FROM pg_roles WHERE rolname = current_user)
SELECT how FROM (
    SELECT 1, 'it is a superuser' FROM me WHERE rolsuper
    UNION ALL
    SELECT 2, 'it has BYPASSRLS' FROM me WHERE rolbypassrls
    UNION ALL
    SELECT 3, 'it has CREATEROLE' FROM me WHERE rolcreaterole
    UNION ALL
    SELECT 4, 'it has REPLICATION' FROM me WHERE rolreplication
    UNION ALL
    SELECT 6, 'it is a member of ' || other.rolname
    FROM me JOIN pg_roles other ON other.oid <> me.oid AND pg_has_role(me.oid, other.oid, 'MEMBER')
    WHERE NOT me.rolsuper
    UNION ALL
    SELECT 5, 'it owns ' || c.relname FROM me JOIN pg_class c ON c.relowner = me.oid
    WHERE c.relnamespace = 'public'::regnamespace
    UNION ALL
    SELECT 7, 'it may ' || verb || ' ' || c.relname
    FROM pg_class c CROSS JOIN unnest('{TRUNCATE,REFERENCES,TRIGGER}'::text[]) AS verb
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
      AND has_table_privilege(c.oid, verb)
) AS found (rank, how)
ORDER BY rank, how LIMIT 1
"""


def _check_role(connection: _Connection) -> None:
    found = connection.execute(_ROLE).fetchone()
    if found is not None:
        raise RoleCanBypass(role=connection.info.user, how=str(found[0]))


_FORGETTING = """
SELECT name FROM pg_settings
WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') AND setting = 'off'
ORDER BY name LIMIT 1
"""


def _check_durability(connection: _Connection) -> None:
    found = connection.execute(_FORGETTING).fetchone()
    if found is not None:
        raise ServerForgets(str(found[0]))


def _state(connection: _Connection) -> SchemaState | None:
    try:
        row = connection.execute(migrations.ASK_STATE.encode()).fetchone()
    except (psycopg.errors.UndefinedTable, psycopg.errors.InsufficientPrivilege):
        return None
    return None if row is None else SchemaState.of(*row)


def _check_revision(found: SchemaState | None) -> None:
    """A schema that a newer program has only expanded is as good as this program's own."""
    expected = _expected_revision()
    if found is None:
        raise SchemaBehind(None, expected)
    if found.revision == expected:
        return
    if migrations.is_known(found.revision):
        raise SchemaBehind(found.revision, expected)
    if found.oldest_program is None or not migrations.is_known(found.oldest_program):
        raise SchemaAhead(found.revision, expected)
