"""The schema keeps the house rules, and each rule notices when its guard is taken down."""

from collections.abc import Iterator, Mapping

import psycopg
import pytest

from storage.catalogue import broken_rules
from storage.catalogue_rules import RULES
from storage.embedded import EmbeddedServer, RoleAddresses
from storage.security import APP_ROLE, BOUND_COMPANY, WORKER_ROLE
from tests.servers import migrated_database

Connection = psycopg.Connection[tuple[object, ...]]

POLICY = f"CREATE POLICY company_rows ON payers USING (company_id = {BOUND_COMPANY})"


def with_policy(policy: str) -> str:
    return f"DROP POLICY company_rows ON payers; {policy}"


def with_column(kind: str, name: str = "extra") -> str:
    return f"ALTER TABLE payers ADD COLUMN {name} {kind}"


TAKEN_DOWN: Mapping[str, Mapping[str, str]] = {
    "every table of the program is there": {
        "a table is gone": "DROP TABLE legal_holds",
    },
    "rows name their company and themselves by UUIDs": {
        "a table of no company": "CREATE TABLE notes (id uuid PRIMARY KEY)",
        "the company may be null": (
            "ALTER TABLE legal_holds DROP CONSTRAINT pk_legal_holds, ALTER company_id DROP NOT NULL"
        ),
        "the company is text": (
            "DROP POLICY company_floor ON legal_holds; DROP POLICY company_rows ON legal_holds;"
            "ALTER TABLE legal_holds DROP CONSTRAINT fk_legal_holds_patient_id;"
            "ALTER TABLE legal_holds ALTER company_id TYPE text"
        ),
    },
    "the primary key is (company_id, id)": {
        "it forgets the company": (
            "ALTER TABLE legal_holds DROP CONSTRAINT pk_legal_holds, ADD PRIMARY KEY (id)"
        ),
        "it is turned round": (
            "ALTER TABLE legal_holds DROP CONSTRAINT pk_legal_holds,"
            " ADD PRIMARY KEY (id, company_id)"
        ),
        "there is none": "ALTER TABLE legal_holds DROP CONSTRAINT pk_legal_holds",
    },
    "uniqueness holds within a company": {
        "a constraint without the company": "ALTER TABLE payers ADD UNIQUE (name)",
        "an index with the company last": "CREATE UNIQUE INDEX ON payers (name, company_id)",
    },
    "an index begins with company_id": {
        "an index without the company": "CREATE INDEX ON payers (name)",
        "an index on an expression": "CREATE INDEX ON payers (lower(name))",
    },
    "an index is valid": {
        "building it has failed": (
            "SET LOCAL allow_system_table_mods = on; UPDATE pg_index SET indisvalid = false"
            " WHERE indexrelid = 'ix_patients_name_key'::regclass"
        ),
    },
    "a foreign key stays within a company": {
        "it names only the id": (
            "ALTER TABLE payers ADD UNIQUE (id); ALTER TABLE claims DROP CONSTRAINT"
            " fk_claims_primary_payer_id, ADD FOREIGN KEY (primary_payer_id) REFERENCES payers (id)"
        ),
        "it takes the company from elsewhere": (
            "ALTER TABLE legal_holds ADD other uuid, ADD FOREIGN KEY (other, id)"
            " REFERENCES payers (company_id, id)"
        ),
        "it points out of the companies' tables": (
            "ALTER TABLE legal_holds ADD FOREIGN KEY (company_id)"
            " REFERENCES company_directory (company_id)"
        ),
    },
    "a foreign key has looked at every row": {
        "it was added without a look": (
            "ALTER TABLE claims ADD FOREIGN KEY (company_id, id) REFERENCES payers NOT VALID"
        ),
    },
    "a foreign key changes no other row": {
        "it deletes without a trail": (
            "ALTER TABLE claims ADD FOREIGN KEY (company_id, id) REFERENCES payers"
            " ON DELETE CASCADE"
        ),
    },
    "no column counts by itself": {
        "a serial": with_column("serial"),
        "an identity": with_column("bigint GENERATED ALWAYS AS IDENTITY"),
    },
    "there are no sequences": {
        "one of its own": "CREATE SEQUENCE payer_numbers",
    },
    "there are no database enums": {
        "one": "CREATE TYPE mood AS ENUM ('sad', 'glad')",
    },
    "numbers are exact": {
        "a float": with_column("real"),
        "many floats": with_column("double precision[]"),
        "the money type": with_column("money"),
        "a decimal without a scale": with_column("numeric"),
    },
    "money is bigint": {
        "a decimal": with_column("numeric(12, 2)", "total_cents"),
        "a small integer": with_column("integer", "total_cents"),
    },
    "moments have a time zone": {
        "a moment without": with_column("timestamp"),
    },
    "a closed vocabulary is closed by a CHECK": {
        "it is open": "ALTER TABLE payers DROP CONSTRAINT ck_payers_type_is_known",
        "it has one word more": (
            "ALTER TABLE principals DROP CONSTRAINT ck_principals_kind_is_known, ADD CHECK"
            " (kind IN ('person', 'api_key', 'system', 'operator', 'ghost'))"
        ),
    },
    "a column of states is a closed vocabulary": {
        "a new one is open": with_column("text", "review_status"),
    },
    "every declared CHECK holds": {
        "one is gone": "ALTER TABLE claims DROP CONSTRAINT ck_claims_balances_add_up",
        "one has not looked at the rows": (
            "ALTER TABLE payers DROP CONSTRAINT ck_payers_filing_limit_is_positive, ADD CONSTRAINT"
            " ck_payers_filing_limit_is_positive CHECK (timely_filing_limit_days > 0) NOT VALID"
        ),
    },
    "row-level security is enabled and forced": {
        "it is disabled": "ALTER TABLE payers DISABLE ROW LEVEL SECURITY",
        "it spares the owner": "ALTER TABLE payers NO FORCE ROW LEVEL SECURITY",
        "it is disabled on a partition": "ALTER TABLE audit_log_default DISABLE ROW LEVEL SECURITY",
    },
    "a floor and one policy, both of them bound to the company": {
        "the floor is gone": "DROP POLICY company_floor ON payers",
        "a partition's floor is gone": "DROP POLICY company_floor ON audit_log_default",
        "the permissive one is gone": "DROP POLICY company_rows ON payers",
        "the permissive one lets all through": with_policy(
            "CREATE POLICY company_rows ON payers USING (true)"
        ),
        "the floor lets all be written": (
            "DROP POLICY company_floor ON payers; CREATE POLICY company_floor ON payers"
            f" AS RESTRICTIVE USING (company_id = {BOUND_COMPANY}) WITH CHECK (true)"
        ),
        "it has a way round": with_policy(f"{POLICY[:-1]} OR company_id IS NULL)"),
        "it is for one verb": with_policy(POLICY.replace("USING", "FOR SELECT USING")),
        "it is for one role": with_policy(POLICY.replace("USING", f"TO {APP_ROLE} USING")),
        "it reads another setting": with_policy(POLICY.replace("app.company_id", "app.other")),
        "another lets more through": "CREATE POLICY more ON payers USING (true)",
    },
    "there are no triggers or rules": {
        "a trigger": (
            "CREATE TRIGGER quiet BEFORE UPDATE ON payers FOR EACH ROW"
            " EXECUTE FUNCTION suppress_redundant_updates_trigger()"
        ),
        "a rule": "CREATE RULE quiet AS ON DELETE TO payers DO INSTEAD NOTHING",
    },
    "foreign keys are enforced": {
        "they are switched off": "ALTER TABLE payers DISABLE TRIGGER ALL",
    },
    "there are no materialised views": {
        "one": "CREATE MATERIALIZED VIEW all_payers AS SELECT * FROM payers",
    },
    "a view asks with the rights of who reads it": {
        "one asks with its owner's": "CREATE VIEW all_payers AS SELECT * FROM payers",
    },
    "only known functions run with their owner's rights": {
        "another does": (
            "CREATE FUNCTION peek() RETURNS bigint LANGUAGE sql SECURITY DEFINER"
            " SET search_path = public AS 'SELECT count(*) FROM payers';"
            "REVOKE ALL ON FUNCTION peek() FROM PUBLIC"
        ),
    },
    "a function with its owner's rights fixes its search_path": {
        "it finds what the caller puts in its way": (
            "ALTER FUNCTION company_of_slug(text) RESET search_path"
        ),
    },
    "not everybody may call a function with its owner's rights": {
        "everybody may": "GRANT EXECUTE ON FUNCTION company_of_slug(text) TO PUBLIC",
    },
    "a role can do exactly what storage.security says": {
        "a log can be changed": f"GRANT UPDATE ON ledger_entries TO {APP_ROLE}",
        "a log can be deleted from": f"GRANT DELETE ON audit_log TO {WORKER_ROLE}",
        "a partition can be read directly": f"GRANT SELECT ON audit_log_default TO {APP_ROLE}",
        "a table can be emptied": f"GRANT TRUNCATE ON payers TO {APP_ROLE}",
        "a table can be pointed at": f"GRANT REFERENCES ON payers TO {APP_ROLE}",
        "a table can get triggers": f"GRANT TRIGGER ON payers TO {APP_ROLE}",
        "a right can be handed on": f"GRANT SELECT ON payers TO {APP_ROLE} WITH GRANT OPTION",
        "everybody may read": "GRANT SELECT ON payers TO PUBLIC",
        "a right is missing": f"REVOKE DELETE ON payers FROM {WORKER_ROLE}",
        "requests can make companies": f"GRANT INSERT ON companies TO {APP_ROLE}",
        "requests can list companies": f"GRANT SELECT ON company_directory TO {APP_ROLE}",
        "requests can read the queue": f"GRANT SELECT ON procrastinate_jobs TO {APP_ROLE}",
        "requests can write seals": f"GRANT INSERT ON seals TO {APP_ROLE}",
    },
    "nothing is granted by column": {
        "one can be changed": f"GRANT UPDATE (amount_cents) ON ledger_entries TO {APP_ROLE}",
    },
    "nothing is granted on what will be made": {
        "it is": f"ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {APP_ROLE}",
    },
    "a role makes nothing in the schema": {
        "it may": f"GRANT CREATE ON SCHEMA public TO {APP_ROLE}",
        "everybody may": "GRANT CREATE ON SCHEMA public TO PUBLIC",
    },
    "a role is restricted": {
        "it is a superuser": f"ALTER ROLE {APP_ROLE} SUPERUSER",
        "it bypasses row-level security": f"ALTER ROLE {APP_ROLE} BYPASSRLS",
        "it makes roles": f"ALTER ROLE {WORKER_ROLE} CREATEROLE",
        "it makes databases": f"ALTER ROLE {WORKER_ROLE} CREATEDB",
        "it replicates": f"ALTER ROLE {WORKER_ROLE} REPLICATION",
    },
    "a role owns nothing": {
        "it owns a table": f"ALTER TABLE legal_holds OWNER TO {APP_ROLE}",
        "it owns a function": f"ALTER FUNCTION company_of_slug(text) OWNER TO {APP_ROLE}",
    },
    "a role is a member of nothing": {
        "it is a member": f"GRANT pg_read_all_data TO {APP_ROLE}",
    },
    "no setting binds a company": {
        "a role begins with one": (
            f"ALTER ROLE {APP_ROLE} SET app.company_id = '01a1fd87-34ee-71ca-b850-10bcf0bfc799'"
        ),
    },
}
"""For each rule, how its guard can be taken down as its owner or a superuser could."""

CASES = [(rule, guard) for rule, guards in TAKEN_DOWN.items() for guard in guards]


@pytest.fixture(scope="module")
def empty(server: EmbeddedServer) -> RoleAddresses:
    """A migrated database without rows, so that any guard can be taken down."""
    return migrated_database(server, "empty")


@pytest.fixture(scope="module")
def connected(server: EmbeddedServer, empty: RoleAddresses) -> Iterator[Connection]:
    with server.connect_as_superuser(empty.database) as connection:
        yield connection


@pytest.fixture
def superuser(connected: Connection) -> Iterator[Connection]:
    """A connection that may do anything, and leaves nothing behind."""
    with connected.transaction(force_rollback=True):
        yield connected


def test_every_table_keeps_the_house_rules(addresses: RoleAddresses) -> None:
    with psycopg.connect(addresses.app) as connection:
        assert [str(rule) for rule in broken_rules(connection)] == []


@pytest.mark.parametrize(("rule", "guard"), CASES)
def test_a_guard_that_is_taken_down_is_missed(superuser: Connection, rule: str, guard: str) -> None:
    superuser.execute(TAKEN_DOWN[rule][guard].encode())
    assert rule in {broken.rule for broken in broken_rules(superuser)}


def test_every_rule_has_been_seen_broken() -> None:
    assert set(TAKEN_DOWN) == set(RULES)


def test_what_an_extension_brings_is_not_judged(superuser: Connection) -> None:
    superuser.execute("CREATE VIEW all_payers AS SELECT * FROM payers")
    assert broken_rules(superuser)
    superuser.execute("ALTER EXTENSION plpgsql ADD VIEW all_payers")
    assert broken_rules(superuser) == []
