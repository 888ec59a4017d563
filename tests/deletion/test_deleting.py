"""A company that is deleted is gone, save what is held; the company beside it notices nothing."""

import asyncio
import threading
import time
from collections.abc import Mapping

import psycopg
import pytest
from psycopg import sql

from storage.deletion.certificate import DeletionCertificate
from storage.deletion.closing import as_owner
from storage.deletion.errors import DeletionRefused, LegalHoldsStand
from storage.deletion.holding import DUTIES, MACHINERY, TRAIL, company_tables
from storage.deletion.planning import plan
from storage.errors import CompanyClosed
from storage.identifiers import new_id
from storage.postgres.directory import companies
from storage.postgres.transaction import PostgresStorage
from storage.rows import DerivedRow
from storage.security import tenant_tables
from storage.tables.claims import PayerFields
from storage.trail.keys import KnownKeys
from storage.trail.verification import verify_company
from storage.vocabulary.claims import PayerType
from tests.builders.companies import CompanyForTests
from tests.builders.keys import KEYRING
from tests.builders.tenant_rows import bind, fingerprints
from tests.deletion.conftest import LATER, SIGNER, Crowd, Place


def payer(name: str) -> PayerFields:
    return PayerFields(name=name, payer_identifier=name, type=PayerType.COMMERCIAL)


def counts(place: Place, company: CompanyForTests) -> Mapping[str, int]:
    """How many rows a company has, by table."""
    with psycopg.connect(place.addresses.owner) as owner:
        bind(owner, company.id)
        return {
            table.name: int(
                owner.execute(
                    sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table.name))
                ).fetchall()[0][0]
            )
            for table in company_tables()
        }


def left(place: Place, company: CompanyForTests) -> set[str]:
    return {table for table, rows in counts(place, company).items() if rows}


def told(certificate: DeletionCertificate) -> Mapping[str, int]:
    """What a certificate says is held, by table."""
    return {each.name: each.held for each in certificate.tables}


def test_nothing_of_a_company_remains_once_nothing_is_held(place: Place, crowded: Crowd) -> None:
    leaving, staying = crowded(), crowded()
    before = fingerprints(place.addresses.owner, staying.id)
    had = counts(place, leaving)
    assert all(had.values()), "a row in every table"
    place.close(leaving)
    place.go_on()
    certificate = place.certificate(LATER)
    assert certificate.is_final
    assert certificate.held == 0
    assert left(place, leaving) == set()
    assert place.kept_files(leaving) == []
    assert certificate.keys_destroyed
    with as_owner(place.addresses.owner) as owner:
        listed = owner.execute(
            "SELECT 1 FROM company_directory WHERE company_id = %s", [leaving.id]
        ).fetchall()
    assert listed == []
    assert fingerprints(place.addresses.owner, staying.id) == before
    assert len(place.kept_files(staying)) == 1


def test_records_are_held_for_their_retention_and_the_machinery_goes_at_once(
    place: Place, crowded: Crowd
) -> None:
    leaving = crowded()
    had = counts(place, leaving)
    place.close(leaving)
    certificate = place.certificate()
    assert not certificate.is_final
    after = counts(place, leaving)
    assert told(certificate) == after
    gone = {table for table, rows in after.items() if not rows}
    derived = {name for name, row in tenant_tables().items() if issubclass(row, DerivedRow)}
    assert gone == (MACHINERY.keys() | derived) - {"data_keys", "mips_lists", "person_sessions"}
    for each in certificate.tables:
        if each.name not in ("api_log", "seals", "retirements"):
            assert each.deleted + each.held == had[each.name], each.name
        assert (each.held > 0) == bool(each.reasons)
        assert (each.held > 0) == (each.held_until is not None)


def test_records_that_were_handed_over_go_at_once_and_the_operators_duty_stays(
    place: Place, crowded: Crowd
) -> None:
    leaving = crowded()
    place.close(leaving, is_handed_over=True)
    certificate = place.certificate()
    held = {each.name: each for each in certificate.tables if each.held}
    assert held.keys() == {*TRAIL, *DUTIES, "companies", "patients"}
    assert held["patients"].reasons == ["named by held rows of disclosures"]
    assert certificate.keys_destroyed
    assert certificate.files_deleted == 4
    assert place.kept_files(leaving) == []
    assert left(place, leaving) == held.keys()


def test_what_is_held_opens_nothing_any_more(place: Place, crowded: Crowd) -> None:
    leaving = crowded()
    place.close(leaving)
    place.go_on()
    with psycopg.connect(place.addresses.owner) as owner:
        bind(owner, leaving.id)
        for query in (
            "SELECT count(*) FROM people WHERE password_hash IS NOT NULL",
            "SELECT count(*) FROM mailboxes WHERE sealed_password <> ''",
            "SELECT count(*) FROM webhook_endpoints WHERE sealed_secret <> ''",
            "SELECT count(*) FROM second_factors",
        ):
            assert owner.execute(query.encode()).fetchall() == [(0,)], query


def test_nobody_enters_a_company_that_is_closed(place: Place, crowded: Crowd) -> None:
    leaving, staying = crowded(), crowded()

    async def entered(url: str, company: CompanyForTests) -> bool:
        storage = PostgresStorage(url, keyring=KEYRING)
        await storage.open()
        try:
            for _ in range(3):  # on one and the same connection
                try:
                    async with storage.transaction(company.id, company.actor) as store:
                        await store.payers.create(payer(new_id().hex))
                except CompanyClosed:
                    return False
            return True
        finally:
            await storage.close()

    place.close(leaving)
    for url in (place.addresses.app, place.addresses.worker):
        assert not asyncio.run(entered(url, leaving))
        assert asyncio.run(entered(url, staying))
    place.go_on()
    place.go_on(LATER)
    assert not asyncio.run(entered(place.addresses.app, leaving)), "also when it is gone"


def test_a_closed_company_has_no_slug_and_no_place_in_the_worker_s_list(
    place: Place, crowded: Crowd
) -> None:
    leaving = crowded()
    place.close(leaving)

    async def known() -> tuple[object, list[str]]:
        app, worker = PostgresStorage(place.addresses.app), PostgresStorage(place.addresses.worker)
        await app.open()
        await worker.open()
        try:
            listed = [each.slug for each in await companies(worker)]
            return await app.company_of_slug(leaving.slug), listed
        finally:
            await app.close()
            await worker.close()

    found, listed = asyncio.run(known())
    assert found is None
    assert leaving.slug not in listed


def test_who_was_inside_when_it_was_closed_is_waited_for_and_what_they_wrote_goes(
    place: Place, crowded: Crowd
) -> None:
    leaving = crowded()

    async def write_slowly(inside: threading.Event, closed: threading.Event) -> None:
        storage = PostgresStorage(place.addresses.app, keyring=KEYRING)
        await storage.open()
        try:
            async with storage.transaction(leaving.id, leaving.actor) as store:
                await store.payers.create(payer("written in time"))
                inside.set()
                await asyncio.to_thread(closed.wait, 30)
                await asyncio.sleep(0.5)
                await store.payers.create(payer("written late"))
        finally:
            await storage.close()

    inside, closed = threading.Event(), threading.Event()
    writer = threading.Thread(target=lambda: asyncio.run(write_slowly(inside, closed)))
    writer.start()
    inside.wait(30)
    place.close(leaving, is_handed_over=True)
    closed.set()
    certificate = place.certificate()
    writer.join()
    payers = next(each for each in certificate.tables if each.name == "payers")
    assert (payers.deleted, payers.held) == (5, 0)
    assert "payers" not in left(place, leaving)


def test_a_deletion_that_was_killed_is_gone_on_with(place: Place, crowded: Crowd) -> None:
    leaving = crowded()
    had = counts(place, leaving)
    place.close(leaving, is_handed_over=True)
    failures: list[BaseException] = []

    def run() -> None:
        try:
            place.go_on()
        except psycopg.OperationalError as error:
            failures.append(error)

    with psycopg.connect(place.addresses.owner, autocommit=True) as other:
        with other.transaction():
            other.execute("LOCK TABLE payers IN SHARE MODE")
            running = threading.Thread(target=run)
            running.start()
            _kill_who_waits_for(other, "payers")
            running.join()
        assert failures
    halfway = counts(place, leaving)
    assert halfway["claims"] == 0
    assert halfway["payers"] == had["payers"]
    certificate = place.certificate()
    for each in certificate.tables:
        if each.name not in ("api_log", "seals", "retirements"):
            assert each.deleted + each.held == had[each.name], each.name
    assert "payers" not in left(place, leaving)


def _kill_who_waits_for(connection: psycopg.Connection[tuple[object, ...]], table: str) -> None:
    give_up_at = time.monotonic() + 60
    while time.monotonic() < give_up_at:
        killed = connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks"
            " WHERE relation = %s::regclass AND NOT granted",
            [table],
        ).fetchall()
        if killed:
            return
        time.sleep(0.05)
    raise AssertionError("nobody waited")


def test_deleting_again_removes_nothing_and_issues_nothing(place: Place, crowded: Crowd) -> None:
    leaving = crowded()
    place.close(leaving)
    place.go_on()
    before = fingerprints(place.addresses.owner, leaving.id)
    (again,) = place.go_on()
    assert again.certificate is None
    assert again.kept_from is None
    assert fingerprints(place.addresses.owner, leaving.id) == before
    with pytest.raises(DeletionRefused, match="closed already"):
        place.close(leaving)


def test_a_legal_hold_keeps_everything(place: Place, crowded: Crowd) -> None:
    leaving = crowded()
    with psycopg.connect(place.addresses.owner) as owner:
        bind(owner, leaving.id)
        owner.execute("UPDATE legal_holds SET released_at = NULL, release_reason = NULL")
    before = fingerprints(place.addresses.owner, leaving.id)
    with pytest.raises(LegalHoldsStand):
        place.close(leaving)
    assert fingerprints(place.addresses.owner, leaving.id) == before
    assert plan(place.addresses.owner, leaving.slug, is_handed_over=False).holds


def test_a_hold_that_is_placed_after_the_closing_keeps_what_is_still_there(
    place: Place, crowded: Crowd
) -> None:
    leaving = crowded()
    place.close(leaving)
    place.go_on()
    with psycopg.connect(place.addresses.owner) as owner:
        bind(owner, leaving.id)
        owner.execute("UPDATE legal_holds SET released_at = NULL, release_reason = NULL")
    before = fingerprints(place.addresses.owner, leaving.id)
    (outcome,) = place.go_on(LATER)
    assert isinstance(outcome.kept_from, LegalHoldsStand)
    assert fingerprints(place.addresses.owner, leaving.id) == before
    with psycopg.connect(place.addresses.owner) as owner:
        bind(owner, leaving.id)
        owner.execute("UPDATE legal_holds SET released_at = now(), release_reason = 'settled'")


def test_another_name_deletes_nothing(place: Place, crowded: Crowd) -> None:
    leaving = crowded()
    before = fingerprints(place.addresses.owner, leaving.id)
    other = CompanyForTests(leaving.id, leaving.slug[:-1], leaving.actor, leaving.key)
    with pytest.raises(DeletionRefused, match="no company has the slug"):
        place.close(other)
    assert fingerprints(place.addresses.owner, leaving.id) == before


def test_the_plan_says_what_the_deletion_then_does(place: Place, crowded: Crowd) -> None:
    leaving = crowded()
    before = fingerprints(place.addresses.owner, leaving.id)
    planned = plan(place.addresses.owner, leaving.slug, is_handed_over=True)
    assert fingerprints(place.addresses.owner, leaving.id) == before
    place.close(leaving, is_handed_over=True)
    certificate = place.certificate()
    written = {"api_log", "audit_log", "seals", "retirements"}
    assert {(t.name, t.going, t.held) for t in planned.tables if t.name not in written} == {
        (t.name, t.deleted, t.held) for t in certificate.tables if t.name not in written
    }


def test_the_trail_that_is_held_is_whole_to_the_last_row(place: Place, crowded: Crowd) -> None:
    leaving = crowded()
    place.close(leaving, is_handed_over=True)
    certificate = place.certificate()

    async def verified() -> list[str]:
        owner = PostgresStorage(place.addresses.owner)
        await owner.open()
        try:
            reports = await verify_company(owner, leaving.id, KnownKeys([SIGNER.public_key]))
        finally:
            await owner.close()
        ends = {report.log: report.seals for report in reports}
        assert {root.log for root in certificate.roots} <= ends.keys()
        return [str(each) for report in reports for each in report.findings]

    assert [each for each in asyncio.run(verified()) if "ledger" in each] == []


def test_every_table_is_a_record_unless_it_is_named() -> None:
    known = tenant_tables().keys()
    assert MACHINERY.keys() | DUTIES.keys() | set(TRAIL) <= known
    assert not MACHINERY.keys() & DUTIES.keys()
    tables = {table.name: table for table in company_tables()}
    assert tables.keys() == known, "a table that the deletion does not know keeps its rows for ever"
    for name in TRAIL:
        assert not tables[name].foreign_key_constraints, "what is held whole names nothing"
