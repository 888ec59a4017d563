"""What an archive carries is decided by name for everything that could be a secret."""

import re

import psycopg
import pytest
from sqlmodel import SQLModel

from storage.archive.selection import (
    FINGERPRINTS_CARRIED,
    TABLES_LEFT_OUT,
    TREATMENTS,
    Treatment,
    archived_tables,
)
from storage.embedded import RoleAddresses
from storage.security import tenant_tables

LOOKS_SECRET = re.compile(r"hash|sha256|secret|token|sealed|password|private|digest$|credential")
COLUMNS = """
    SELECT c.relname::text, a.attname::text, format_type(a.atttypid, NULL)
    FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
        AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped"""


@pytest.fixture(scope="module")
def suspects(addresses: RoleAddresses) -> set[str]:
    """Columns of the database that are bytes, or named or declared like a secret."""
    with psycopg.connect(addresses.owner) as owner:
        found = owner.execute(COLUMNS.encode()).fetchall()
    wanted = tenant_tables()
    return {
        f"{table}.{column}"
        for table, column, kind in found
        if table in wanted
        and (
            kind == "bytea"
            or LOOKS_SECRET.search(column)
            or SQLModel.metadata.tables[table].columns[column].info.get("secret")
        )
    }


def test_every_column_that_could_be_a_secret_is_carried_or_left_out_by_name(
    suspects: set[str],
) -> None:
    left = {each for each in suspects if each.partition(".")[0] not in TABLES_LEFT_OUT}
    assert left - TREATMENTS.keys() - FINGERPRINTS_CARRIED == set()
    assert left >= FINGERPRINTS_CARRIED, "the list names nothing that is not there"


def test_no_column_that_is_declared_a_secret_is_carried_as_it_is() -> None:
    carried = {
        f"{table.name}.{column.name}"
        for table in archived_tables()
        for column in table.table.columns
        if column.info.get("secret") and table.treatment(column.name) is None
    }
    assert carried == set()


def test_only_what_is_no_means_of_entry_is_opened_for_an_archive() -> None:
    opened = {name for name, each in TREATMENTS.items() if each is Treatment.SEALED_ANEW}
    assert opened == {"care_providers.sealed_tax_identifier"}


def test_every_name_in_the_lists_is_one_of_the_schema() -> None:
    known = {
        f"{table}.{column.name}"
        for table in tenant_tables()
        for column in SQLModel.metadata.tables[table].columns
    }
    assert TREATMENTS.keys() <= known
    assert TABLES_LEFT_OUT.keys() <= tenant_tables().keys()


def test_every_table_is_carried_or_left_out_by_name() -> None:
    carried = [table.name for table in archived_tables()]
    assert sorted([*carried, *TABLES_LEFT_OUT]) == sorted(tenant_tables())


def test_parents_come_before_their_children_and_nobody_names_what_is_left_out() -> None:
    there: set[str] = set()
    for table in archived_tables():
        for key in table.table.foreign_key_constraints:
            assert key.referred_table.name in there | {table.name}
        there.add(table.name)
