"""What the database itself refuses to the program's roles, in plain SQL without repositories."""

from collections.abc import Iterator, Mapping
from uuid import UUID

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import errors, sql

from storage.embedded import RoleAddresses
from storage.identifiers import new_id
from storage.security import APP_ROLE, WORKER_ROLE, tenant_tables, verbs_granted
from tests.builders.tenant_rows import (
    Connection,
    bind,
    foreign_keys,
    insert,
    insertion,
    made_row,
    rows_of,
    tables,
)
from tests.isolation.conftest import Furnished

pytestmark = pytest.mark.anyio

TABLES = [table.name for table in tables()]
KEYS = [
    pytest.param(table, key, column, referred, id=str(key.name))
    for table in tables()
    for key, column, referred in foreign_keys(table)
]


@pytest.fixture(scope="module", params=[APP_ROLE, WORKER_ROLE])
def role(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def connected(addresses: RoleAddresses, role: str) -> Iterator[Connection]:
    with psycopg.connect(addresses.app if role == APP_ROLE else addresses.worker) as connection:
        yield connection


@pytest.fixture
def program(connected: Connection) -> Iterator[Connection]:
    """A connection of one of the program's roles, in a transaction that leaves nothing behind."""
    yield connected
    connected.rollback()


@pytest.fixture(scope="module")
def owning(addresses: RoleAddresses) -> Iterator[Connection]:
    with psycopg.connect(addresses.owner) as connection:
        yield connection


@pytest.fixture
def owner(owning: Connection) -> Iterator[Connection]:
    """The owner, whom no missing grant stops: what stops it is row-level security or a key."""
    yield owning
    owning.rollback()


def may(verb: str, table: str, role: str) -> bool:
    return verb in verbs_granted(table, tenant_tables()[table], role)


def update(table: str) -> sql.Composed:
    """Changes every row that the connection may change, into itself."""
    return sql.SQL("UPDATE {} SET company_id = company_id").format(sql.Identifier(table))


def delete(table: str) -> sql.Composed:
    return sql.SQL("DELETE FROM {}").format(sql.Identifier(table))


def a_row(owner: Connection, company: Furnished, table: str) -> dict[str, object]:
    """A row of a company, under an id that is free."""
    bind(owner, company.id)
    return rows_of(owner, table)[0] | {"id": str(new_id())}


@pytest.mark.parametrize("table", TABLES)
def test_without_a_company_nothing_is_seen_or_written(
    program: Connection, role: str, owner: Connection, theirs: Furnished, table: str
) -> None:
    row = a_row(owner, theirs, table)
    assert rows_of(program, table) == []
    if may("UPDATE", table, role):
        assert program.execute(update(table)).rowcount == 0
    if may("DELETE", table, role):
        assert program.execute(delete(table)).rowcount == 0
    if may("INSERT", table, role):
        with pytest.raises(errors.InsufficientPrivilege, match="row-level security"):
            insert(program, table, row)


@pytest.mark.parametrize("table", TABLES)
def test_rows_of_another_company_are_not_seen_or_written(
    program: Connection,
    role: str,
    owner: Connection,
    ours: Furnished,
    theirs: Furnished,
    table: str,
) -> None:
    row = a_row(owner, theirs, table)
    bind(program, ours.id)
    seen = rows_of(program, table)
    assert {row["company_id"] for row in seen} == {str(ours.id)}
    if may("UPDATE", table, role):
        assert program.execute(update(table)).rowcount == len(seen)
    if may("INSERT", table, role):
        with (
            pytest.raises(errors.InsufficientPrivilege, match="row-level security"),
            program.transaction(),
        ):
            insert(program, table, row)
    if may("UPDATE", table, role):
        give_away = sql.SQL("UPDATE {} SET company_id = {}").format(
            sql.Identifier(table), sql.Literal(theirs.id)
        )
        with pytest.raises(errors.InsufficientPrivilege, match="row-level security"):
            program.execute(give_away)


@pytest.mark.parametrize("table", TABLES)
def test_the_owner_is_bound_like_everybody(
    owner: Connection, ours: Furnished, theirs: Furnished, table: str
) -> None:
    row = a_row(owner, theirs, table)
    bind(owner, ours.id)
    assert {row["company_id"] for row in rows_of(owner, table)} == {str(ours.id)}
    with pytest.raises(errors.InsufficientPrivilege, match="row-level security"):
        insert(owner, table, row)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("verb", ["UPDATE", "DELETE", "INSERT", "TRUNCATE"])
def test_a_verb_that_is_not_granted_is_refused(
    program: Connection, role: str, owner: Connection, ours: Furnished, table: str, verb: str
) -> None:
    if may(verb, table, role):
        return
    attempts = {
        "UPDATE": update(table),
        "DELETE": delete(table),
        "INSERT": insertion(table, a_row(owner, ours, table)),
        "TRUNCATE": sql.SQL("TRUNCATE {}").format(sql.Identifier(table)),
    }
    bind(program, ours.id)
    with pytest.raises(errors.InsufficientPrivilege, match="permission denied"):
        program.execute(attempts[verb])


def a_principal(owner: Connection, company: Furnished) -> object:
    """Somebody new, for a row that shares its id with its principal."""
    row = a_row(owner, company, "principals") | {"id": str(new_id())}
    insert(owner, "principals", row)
    return row["id"]


BESIDE: Mapping[tuple[str, str], Mapping[str, object]] = {
    ("action_progress", "checked_by"): {
        "status": "effective",
        "started_at": "2025-03-03T12:00:00Z",
        "completed_at": "2025-03-03T12:00:00Z",
        "verified_at": "2025-03-03T12:00:00Z",
        "verified_by": "00000000-0000-7000-8000-000000000001",
        "check_due_on": "2025-03-03",
        "checked_at": "2025-03-03T12:00:00Z",
    },
    ("action_progress", "verified_by"): {
        "status": "verified",
        "started_at": "2025-03-03T12:00:00Z",
        "completed_at": "2025-03-03T12:00:00Z",
        "verified_at": "2025-03-03T12:00:00Z",
        "check_due_on": "2025-03-03",
    },
    ("audit_findings", "closing_evidence_id"): {
        "status": "closed",
        "closed_at": "2025-03-03T12:00:00Z",
        "closing_note": "Seen.",
    },
    ("appeal_rules", "confirmed_by_person_id"): {"level": 1},
    ("appeal_rules", "payer_id"): {"level": 1},
    ("claims", "replaces_id"): {"frequency": "7"},
    ("policy_members", "role_id"): {"person_id": None},
    ("policy_texts", "file_id"): {"content": None},
    ("compliance_evidence", "file_id"): {"number": 1, "kind": "file", "fact": None},
}
"""What a row has to be for its column to hold anything."""


def beside(own: dict[str, object], ours: Furnished, table: str, column: str) -> dict[str, object]:
    """The row as it has to be for the column to hold anything: a refund that goes to a payer."""
    if table == "refunds" and column == "exception_id":
        payer = {"payer_id": str(ours.ids["payers"][0])}
        return own | {"patient_payment_id": None} | payer
    if table != "refunds" or column not in ("claim_id", "payer_id"):
        return own | BESIDE.get((table, column), {})
    of_claim = {name: str(ours.ids[f"{name[:-3]}s"][0]) for name in ("claim_id", "payer_id")}
    return own | {"patient_payment_id": None} | of_claim


@pytest.mark.parametrize(("table", "key", "column", "referred"), KEYS)
def test_a_foreign_key_does_not_reach_another_companys_row(
    owner: Connection,
    ours: Furnished,
    theirs: Furnished,
    table: sa.Table,
    key: sa.ForeignKeyConstraint,
    column: str,
    referred: str,
) -> None:
    own = beside(made_row(table, ours.id, ours.ids, ordinal=9), ours, table.name, column)
    foreign = str(theirs.ids[referred][-1])
    shares_its_id = own[column] == own["id"] and table.name != referred
    row = own | {column: foreign} | ({"id": foreign} if shares_its_id else {})
    bind(owner, ours.id)
    if table.name == "filed_claims":  # a claim is in a file once
        owner.execute("DELETE FROM filed_claims")
    if own.get("principal_id") == own["id"] and not shares_its_id:
        row |= dict.fromkeys(("id", "principal_id"), a_principal(owner, ours))
    has_one_row = table.name == "companies"
    statement = renamed(column, foreign) if has_one_row else insertion(table.name, row)
    with pytest.raises(errors.ForeignKeyViolation) as refused:
        owner.execute(statement)
    assert refused.value.diag.constraint_name == key.name


def renamed(column: str, value: str) -> sql.Composed:
    """Has the company name something else, for it has its one row already."""
    return sql.SQL("UPDATE companies SET {} = {}").format(
        sql.Identifier(column), sql.Literal(value)
    )


def test_the_very_same_rows_may_stand_in_another_company(
    owner: Connection, theirs: Furnished
) -> None:
    twin = str(new_id())
    for table in TABLES:
        bind(owner, theirs.id)
        rows = rows_of(owner, table)
        bind(owner, UUID(twin))
        for row in rows:
            own_id = {"id": twin} if table == "companies" else {}
            insert(owner, table, row | {"company_id": twin} | own_id)
        assert len(rows_of(owner, table)) == len(rows)


def test_rows_are_not_copied_in_past_the_policies(program: Connection, ours: Furnished) -> None:
    bind(program, ours.id)
    with (
        pytest.raises(errors.FeatureNotSupported, match="row-level security"),
        program.cursor().copy("COPY payers FROM STDIN"),
    ):
        pass


def test_rows_are_copied_out_only_of_the_own_company(
    program: Connection, ours: Furnished, theirs: Furnished
) -> None:
    bind(program, ours.id)
    with program.cursor().copy("COPY payers (id) TO STDOUT") as copy:
        copied = {UUID(row[0]) for row in copy.rows()}
    assert copied >= set(ours.ids["payers"])
    assert not copied & set(theirs.ids["payers"])


def test_rows_are_merged_only_into_the_own_company(
    program: Connection, owner: Connection, ours: Furnished, theirs: Furnished
) -> None:
    row = a_row(owner, theirs, "payers") | {"id": str(theirs.ids["payers"][0])}
    bind(program, ours.id)
    merge = (
        "INSERT INTO payers SELECT * FROM jsonb_populate_record(NULL::payers, %s)"
        " ON CONFLICT (company_id, id) DO UPDATE SET name = 'ours now'"
    )
    with pytest.raises(errors.InsufficientPrivilege, match="row-level security"):
        program.execute(merge, [psycopg.types.json.Jsonb(row)])


def test_a_function_of_the_callers_is_not_shown_other_companies_rows(
    program: Connection, ours: Furnished, theirs: Furnished
) -> None:
    shown: list[str] = []
    program.add_notice_handler(lambda notice: shown.append(str(notice.message_primary)))
    bind(program, ours.id)
    program.execute(
        "CREATE FUNCTION pg_temp.peek(uuid) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS"
        " 'BEGIN RAISE NOTICE ''%'', $1; RETURN true; END'"
    )
    program.execute("SELECT count(*) FROM payers WHERE pg_temp.peek(id)")
    assert {UUID(text) for text in shown} >= set(ours.ids["payers"])
    assert not {UUID(text) for text in shown} & set(theirs.ids["payers"])


@pytest.mark.parametrize(
    "attempt",
    [
        "SET LOCAL row_security = off; SELECT * FROM payers",
        "SET ROLE wellkept_owner",
        "SET ROLE wellkept_backup",
        "SET SESSION AUTHORIZATION wellkept_owner",
        "SET session_replication_role = replica",
        "ALTER TABLE payers DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE payers NO FORCE ROW LEVEL SECURITY",
        "ALTER TABLE payers OWNER TO CURRENT_USER",
        "CREATE POLICY more ON payers USING (true)",
        "DROP POLICY company_floor ON payers",
        "CREATE TABLE public.mine (id uuid)",
        "CREATE VIEW public.mine AS SELECT * FROM payers",
        "SELECT * FROM audit_log_default",
        "INSERT INTO audit_log_default SELECT * FROM audit_log",
        "DROP TABLE payers",
        "COPY payers TO PROGRAM 'cat'",
        "SELECT pg_read_file('PG_VERSION')",
        "SELECT lo_import('/etc/passwd')",
    ],
)
def test_a_way_round_is_refused(program: Connection, ours: Furnished, attempt: str) -> None:
    bind(program, ours.id)
    with pytest.raises(errors.InsufficientPrivilege):
        program.execute(attempt.encode())


def test_requests_can_neither_list_companies_nor_read_the_queue(addresses: RoleAddresses) -> None:
    with psycopg.connect(addresses.app) as connection:
        for table in ("company_directory", "procrastinate_jobs"):
            with pytest.raises(errors.InsufficientPrivilege), connection.transaction():
                connection.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(table)))


def test_the_planners_statistics_show_no_values(
    addresses: RoleAddresses, program: Connection, ours: Furnished
) -> None:
    with psycopg.connect(addresses.owner) as connection:
        connection.execute("ANALYZE payers")
    bind(program, ours.id)
    shown = program.execute("SELECT count(*) FROM pg_stats WHERE tablename = 'payers'").fetchone()
    assert shown == (0,)


def test_a_job_speaks_only_for_the_company_that_asked(
    program: Connection, addresses: RoleAddresses, ours: Furnished, theirs: Furnished
) -> None:
    forged = psycopg.types.json.Jsonb({"company_id": str(theirs.id)})
    task = f"forged {new_id()}"
    bind(program, ours.id)
    program.execute(
        "SELECT enqueue_job(%s, %s, NULL, NULL::timestamptz, 'wellkept', NULL)", [task, forged]
    )
    program.commit()
    with psycopg.connect(addresses.worker) as connection:
        found = connection.execute(
            "DELETE FROM procrastinate_jobs WHERE task_name = %s RETURNING args ->> 'company_id'",
            [task],
        ).fetchall()
    assert found == [(str(ours.id),)]


def test_no_job_is_made_for_no_company(program: Connection) -> None:
    with pytest.raises(errors.InsufficientPrivilege, match="a job needs a company"):
        program.execute(
            "SELECT enqueue_job('any', '{}', NULL, NULL::timestamptz, 'wellkept', NULL)"
        )
