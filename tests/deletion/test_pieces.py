"""Rows go in pieces: each is whole by itself, and what they add up to is what was there."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from itertools import count

import psycopg
import pytest
from psycopg import sql

from storage.archive.selection import ArchivedTable
from storage.backup.contents import TableContents, contents_of_rows
from storage.deletion.closing import as_owner, bound
from storage.deletion.holding import company_tables, self_references
from storage.deletion.register import Deletion, all_deletions, removed
from storage.identifiers import new_id
from storage.postgres.deletions import HELD, NEW, DeletionFigures, measure_deletions
from storage.postgres.transaction import PostgresStorage
from tests.builders.companies import CompanyForTests
from tests.builders.tenant_rows import bind, insert, rows_of
from tests.deletion.conftest import LATER, Crowd, Place

WRITTEN = ("api_log", "audit_log", "seals", "retirements")
"""What the deletion itself writes into."""


def contents(place: Place, company: CompanyForTests) -> Mapping[str, TableContents]:
    """What a company has, as an archive adds rows up."""
    with as_owner(place.addresses.owner) as owner, bound(owner, company.id):
        return {
            table.name: contents_of_rows(
                owner,
                sql.SQL("SELECT {} FROM {}").format(
                    sql.SQL(", ").join(map(sql.Identifier, ArchivedTable(table).carried)),
                    sql.Identifier(table.name),
                ),
            )
            for table in company_tables()
            if table.name not in WRITTEN
        }


def went(place: Place, company: CompanyForTests) -> Mapping[str, TableContents]:
    """What is on record as deleted of it."""
    with as_owner(place.addresses.owner) as owner:
        (deletion,) = [each for each in all_deletions(owner) if each.company_id == company.id]
        return {
            name: part.contents
            for name, part in removed(owner, deletion).items()
            if name not in WRITTEN
        }


def add_claims(place: Place, company: CompanyForTests) -> None:
    """Three more claims, of which each replaces the next: the oldest id names the youngest."""
    ids = sorted(new_id() for _ in range(3))
    with psycopg.connect(place.addresses.owner) as owner:
        bind(owner, company.id)
        (made, *_) = rows_of(owner, "claims")
        for number, row_id in reversed(list(enumerate(ids))):
            row = made | {"id": str(row_id), "claim_number": 90 + number}
            row |= {"patient_control_number": f"C{number}", "frequency": "1", "replaces_id": None}
            if number < 2:
                row |= {"frequency": "7", "replaces_id": str(ids[number + 1])}
            insert(owner, "claims", row)


@pytest.mark.parametrize("rows_at_once", [1, 2, 1_000])
def test_whatever_their_size_the_pieces_add_up_to_what_was_there(
    rows_at_once: int, place: Place, crowded: Crowd
) -> None:
    leaving = crowded()
    add_claims(place, leaving)
    place.close(leaving)
    before = contents(place, leaving)
    place.go_on(rows_at_once=rows_at_once)
    place.go_on(LATER, rows_at_once=rows_at_once)
    wiped = {"people", "api_keys", "mailboxes", "companies"}  # by the closing, before they went
    gone = went(place, leaving)
    assert {name: each.rows for name, each in gone.items()} == {
        name: each.rows for name, each in before.items()
    }
    assert {name: each for name, each in gone.items() if name not in wiped} == {
        name: each for name, each in before.items() if name not in wiped
    }


@pytest.mark.parametrize("asked", [0, 1, 100, 200, 300])
def test_a_deletion_ends_once_the_program_stops_and_goes_on_with_the_next_run(
    asked: int, place: Place, crowded: Crowd
) -> None:
    leaving = crowded()
    place.close(leaving, is_handed_over=True)
    before = contents(place, leaving)
    questions = count()
    broken_off = place.go_on(rows_at_once=1, is_stopping=lambda: next(questions) >= asked)
    assert next(questions) == asked + 1, "nothing more was done"
    assert [(each.certificate, each.failure) for each in broken_off] == [(None, None)][:asked]
    assert sum(each.rows for each in went(place, leaving).values()) < sum(
        each.rows for each in before.values()
    )
    (outcome,) = place.go_on()
    assert outcome.certificate is not None
    assert standing(place, leaving).obstacle is None
    place.go_on(LATER)
    gone = went(place, leaving)
    assert {name: each.rows for name, each in gone.items()} == {
        name: each.rows for name, each in before.items()
    }


def test_who_does_not_wait_leaves_a_deletion_to_the_one_that_is_at_work(
    place: Place, crowded: Crowd
) -> None:
    leaving = crowded()
    place.close(leaving)
    with as_owner(place.addresses.owner):
        assert place.go_on(waits=False) == []
    (outcome,) = place.go_on(waits=False)
    assert outcome.certificate is not None


def test_every_table_whose_rows_name_each_other_finds_them_by_an_index() -> None:
    for table in company_tables():
        for column in self_references(table):
            found = {tuple(each.name for each in index.columns) for index in table.indexes}
            found |= {
                tuple(each.name for each in constraint.columns)
                for constraint in table.constraints
                if hasattr(constraint, "columns")
            }
            assert any(each[:2] == ("company_id", column) for each in found), (
                f"to delete a row of {table.name} reads all of the company's: {column}"
            )


@pytest.fixture
def refusing(place: Place) -> Iterator[Callable[[CompanyForTests], None]]:
    """Has the database refuse to delete a company's payers while a test lasts."""
    with psycopg.connect(place.addresses.owner, autocommit=True) as owner:

        def refuse(company: CompanyForTests) -> None:
            owner.execute(
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                " RAISE 'what a patient is called' USING ERRCODE = '58030'; END $$"
            )
            owner.execute(
                "CREATE TRIGGER refuses BEFORE DELETE ON payers FOR EACH ROW"
                f" WHEN (OLD.company_id = '{company.id}') EXECUTE FUNCTION refuse()".encode()
            )

        yield refuse
        owner.execute("DROP TRIGGER IF EXISTS refuses ON payers")
        owner.execute("DROP FUNCTION IF EXISTS refuse")


def standing(place: Place, company: CompanyForTests) -> Deletion:
    with as_owner(place.addresses.owner) as owner:
        (deletion,) = [each for each in all_deletions(owner) if each.company_id == company.id]
    return deletion


def figures(place: Place) -> Mapping[str, DeletionFigures]:
    """What the worker tells of deletions."""

    async def measured() -> Mapping[str, DeletionFigures]:
        worker = PostgresStorage(place.addresses.worker)
        await worker.open()
        try:
            return await measure_deletions(worker)
        finally:
            await worker.close()

    return asyncio.run(measured())


def test_what_fails_for_one_company_keeps_no_other_and_is_on_record(
    place: Place, crowded: Crowd, refusing: Callable[[CompanyForTests], None]
) -> None:
    first, second = crowded(), crowded()
    refusing(first)
    for each in (first, second):
        place.close(each, is_handed_over=True)
    assert standing(place, first).got_on_at is None
    failed, done = place.go_on()
    assert failed.failure is not None
    assert failed.obstacle == "IoError (58030)", "in words that hold nobody's data"
    assert done.certificate is not None
    assert standing(place, first).obstacle == "IoError (58030)"
    assert standing(place, second).obstacle is None
    assert {stage: each.under_way for stage, each in figures(place).items()} == {NEW: 1, HELD: 1}


def test_a_deletion_that_does_not_get_on_grows_old_and_one_that_does_begins_anew(
    place: Place, crowded: Crowd
) -> None:
    leaving = crowded()
    assert figures(place)[NEW] == DeletionFigures(0, 0.0)
    place.close(leaving)
    with psycopg.connect(place.addresses.owner) as owner:
        owner.execute("UPDATE company_deletions SET closed_at = closed_at - interval '3 hours'")
    assert figures(place)[NEW].idle_seconds > 10_000
    place.go_on()
    found = figures(place)
    assert found[NEW] == DeletionFigures(0, 0.0)
    assert found[HELD].under_way == 1
    assert found[HELD].idle_seconds < 10_000
    with psycopg.connect(place.addresses.owner) as owner:
        owner.execute("UPDATE company_deletions SET got_on_at = closed_at")
    assert figures(place)[HELD].idle_seconds > 10_000
    place.go_on()
    assert figures(place)[HELD].idle_seconds < 10_000, "looked at, though nothing was due"


def test_what_a_legal_hold_keeps_is_said_and_raises_no_alarm(place: Place, crowded: Crowd) -> None:
    leaving = crowded()
    place.close(leaving)
    with psycopg.connect(place.addresses.owner) as owner:
        bind(owner, leaving.id)
        owner.execute("UPDATE legal_holds SET released_at = NULL, release_reason = NULL")
        owner.execute("UPDATE company_deletions SET closed_at = closed_at - interval '3 hours'")
    place.go_on()
    assert "legal holds stand" in str(standing(place, leaving).obstacle)
    assert figures(place)[NEW].idle_seconds < 10_000
    with psycopg.connect(place.addresses.owner) as owner:
        bind(owner, leaving.id)
        owner.execute("UPDATE legal_holds SET released_at = now(), release_reason = 'settled'")
