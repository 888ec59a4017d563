"""Seals cover what was committed, wait for what is open, and keep nobody waiting."""

import asyncio
import sys
from collections.abc import AsyncGenerator
from types import AsyncGeneratorType
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import SQLModel

from storage.embedded import RoleAddresses
from storage.identifiers import new_id
from storage.postgres.directory import companies
from storage.postgres.sealing import canonical_text
from storage.postgres.transaction import PostgresStorage
from storage.rows import SealedRow
from storage.security import tenant_tables
from storage.tables.claims import PayerFields
from storage.tables.trail import Seal
from storage.trail.chain import members_of
from storage.trail.forms import CURRENT_FORM, FORMS
from storage.trail.keys import KnownKeys, Signer
from storage.trail.sealer import seal_company
from storage.trail.verification import verify_company
from storage.vocabulary.claims import PayerType
from tests.builders.companies import CompanyForTests, make_company
from tests.trail.logs import access, look, report, seals_of

pytestmark = pytest.mark.anyio


def sealed_ids(seals: list[Seal]) -> list[UUID]:
    return [UUID(bytes=row_id) for seal in seals for row_id, _ in members_of(seal.members)]


def test_every_sealed_table_has_a_form_that_covers_all_of_its_columns() -> None:
    tables = {name for name, row in tenant_tables().items() if issubclass(row, SealedRow)}
    forms = FORMS[CURRENT_FORM]
    assert set(forms) == tables
    for log, columns in forms.items():
        assert sorted(columns) == sorted(SQLModel.metadata.tables[log].columns.keys())


async def test_a_seal_covers_what_was_committed_and_nothing_twice(
    worker: PostgresStorage, company: CompanyForTests, signer: Signer, keys: KnownKeys
) -> None:
    first = await look(worker, company, 3)
    await seal_company(worker, company.id, signer)
    second = await look(worker, company, 2)
    await seal_company(worker, company.id, signer)
    quiet = await seal_company(worker, company.id, signer)
    assert sealed_ids(await seals_of(worker, company)) == first + second
    assert (quiet.seals, quiet.members) == (0, 0)
    assert (await report(worker, company, keys)).is_clean


class LostKey(Exception):
    """A key cannot sign any more."""


class SignerThatIsLost(Signer):
    """A key that signs nothing."""

    def sign(self, message: bytes) -> bytes:
        raise LostKey(len(message))


async def test_a_round_that_fails_midway_leaves_no_cursor_open(
    worker: PostgresStorage, company: CompanyForTests
) -> None:
    """The rows come by cursors of the server, through generators that hold them."""
    for _ in range(3):
        await look(worker, company, 1)
    begun: list[AsyncGeneratorType[object, object]] = []
    hooks = sys.get_asyncgen_hooks()

    def note(generator: AsyncGenerator[object, object]) -> None:
        assert isinstance(generator, AsyncGeneratorType)
        begun.append(generator)
        if hooks.firstiter is not None:
            hooks.firstiter(generator)

    sys.set_asyncgen_hooks(firstiter=note)
    try:
        with pytest.raises(LostKey):
            await seal_company(worker, company.id, SignerThatIsLost(bytes(32)), members_at_most=1)
    finally:
        sys.set_asyncgen_hooks(*hooks)
    texts = [each for each in begun if each.__qualname__ == "PostgresSealing.texts"]
    assert texts
    assert [each for each in begun if each.ag_frame is not None] == []


async def test_changes_of_rows_and_ledger_are_sealed_too(
    worker: PostgresStorage, company: CompanyForTests, signer: Signer, keys: KnownKeys
) -> None:
    async with worker.transaction(company.id, company.actor) as store:
        fields = PayerFields(name="Aetna", payer_identifier="A", type=PayerType.COMMERCIAL)
        await store.payers.create(fields)
    await seal_company(worker, company.id, signer)
    found = await report(worker, company, keys, log="audit_log")
    assert found.is_clean
    assert found.sealed_rows >= 1
    assert found.pending_rows == 0


async def test_a_transaction_that_is_open_is_sealed_by_a_later_seal(
    worker: PostgresStorage, company: CompanyForTests, signer: Signer, keys: KnownKeys
) -> None:
    await seal_company(worker, company.id, signer)
    async with worker.transaction(company.id, company.actor) as store:
        await store.api_log.create(access(company))
        await look(worker, company, 2)
        while_open = await seal_company(worker, company.id, signer)
        pending = (await report(worker, company, keys)).pending_rows
    after = await seal_company(worker, company.id, signer)
    found = await report(worker, company, keys)
    assert (while_open.members, pending, after.members) == (0, 2, 3)
    assert (found.is_clean, found.sealed_rows, found.pending_rows) == (True, 3, 0)


async def test_seals_are_bounded_and_a_transaction_stays_whole(
    worker: PostgresStorage, company: CompanyForTests, signer: Signer, keys: KnownKeys
) -> None:
    for count in (2, 2, 7, 1, 1):
        await look(worker, company, count)
    await seal_company(worker, company.id, signer, members_at_most=3)
    seals = await seals_of(worker, company)
    assert [seal.member_count for seal in seals] == [4, 7, 2]
    assert (await report(worker, company, keys)).is_clean


async def test_two_sealers_at_once_do_not_fork_the_chain(
    worker: PostgresStorage, company: CompanyForTests, signer: Signer, keys: KnownKeys
) -> None:
    for _ in range(5):
        await look(worker, company, 20)
        rounds = (seal_company(worker, company.id, signer, members_at_most=5) for _ in range(4))
        await asyncio.gather(*rounds)
    await seal_company(worker, company.id, signer)
    found = await report(worker, company, keys)
    assert (found.is_clean, found.sealed_rows) == (True, 100)


async def test_writers_go_on_while_a_seal_is_being_made(
    worker: PostgresStorage, company: CompanyForTests, signer: Signer, keys: KnownKeys
) -> None:
    done = asyncio.Event()

    async def write() -> int:
        rows = 0
        while not done.is_set():
            rows += len(await look(worker, company, 3))
        return rows

    writers = [asyncio.create_task(write()) for _ in range(3)]
    for _ in range(10):
        await seal_company(worker, company.id, signer, members_at_most=7)
    done.set()
    written = sum(await asyncio.gather(*writers))
    await seal_company(worker, company.id, signer)
    found = await report(worker, company, keys)
    assert (found.is_clean, found.sealed_rows, found.pending_rows) == (True, written, 0)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("begin"), st.integers(0, 2)),
            st.tuples(st.just("write"), st.integers(0, 2)),
            st.tuples(st.just("commit"), st.integers(0, 2)),
            st.tuples(st.just("undo"), st.integers(0, 2)),
            st.tuples(st.just("seal"), st.just(0)),
        ),
        max_size=25,
    )
)
def test_however_transactions_interleave_every_committed_row_is_sealed_once(
    addresses: RoleAddresses, steps: list[tuple[str, int]]
) -> None:
    asyncio.run(_interleave(addresses, steps))


async def _interleave(addresses: RoleAddresses, steps: list[tuple[str, int]]) -> None:
    signer = Signer(bytes(32))
    worker = PostgresStorage(addresses.worker)
    await worker.open()
    try:
        company = await make_company(addresses.owner, worker)
        committed: set[UUID] = set()
        open_ones: dict[int, tuple[psycopg.AsyncConnection[object], set[UUID]]] = {}

        async def end(which: int, command: str) -> None:
            connection, written = open_ones.pop(which)
            await connection.execute(command.encode())
            await connection.close()
            if command == "COMMIT":
                committed.update(written)

        for verb, which in [*steps, *(("commit", at) for at in range(3)), ("seal", 0)]:
            if verb == "seal":
                await seal_company(worker, company.id, signer, members_at_most=2)
            elif verb == "begin" and which not in open_ones:
                connection = await psycopg.AsyncConnection.connect(addresses.app)
                await connection.execute(f"SET LOCAL app.company_id = '{company.id}'".encode())
                open_ones[which] = (connection, set())
            elif verb == "write" and which in open_ones:
                row_id = new_id()
                await open_ones[which][0].execute(
                    "INSERT INTO api_log (company_id, id, recorded_at, recorded_by, request_id,"
                    " operation, outcome, patient_ids)"
                    " VALUES (%s, %s, now(), %s, %s, 'get_claim', 200, '{}')",
                    [company.id, row_id, row_id, row_id],
                )
                open_ones[which][1].add(row_id)
            elif verb in ("commit", "undo") and which in open_ones:
                await end(which, "COMMIT" if verb == "commit" else "ROLLBACK")
        seals = sealed_ids(await seals_of(worker, company))
        assert len(seals) == len(set(seals))
        assert set(seals) == committed
        reports = await verify_company(worker, company.id, KnownKeys([signer.public_key]))
        assert all(each.is_clean for each in reports)
    finally:
        await worker.close()


async def test_the_text_of_a_row_does_not_depend_on_the_session(
    worker: PostgresStorage, company: CompanyForTests, addresses: RoleAddresses
) -> None:
    await look(worker, company)
    texts = set()
    for option in (
        "timezone=UTC",
        "timezone=Asia/Tokyo",
        "datestyle=German",
        "bytea_output=escape",
    ):
        async with await psycopg.AsyncConnection.connect(
            addresses.worker, options=f"-c {option}"
        ) as connection:
            await connection.execute(f"SET LOCAL app.company_id = '{company.id}'".encode())
            for log in FORMS[CURRENT_FORM]:
                statement = f"SELECT {canonical_text(log, CURRENT_FORM)} FROM {log} ORDER BY id"  # noqa: S608
                cursor = await connection.execute(statement.encode())
                texts.add((log, tuple(await cursor.fetchall())))
    assert len(texts) == len(FORMS[CURRENT_FORM])


async def test_only_the_worker_lists_companies_and_appends_seals(
    storage: PostgresStorage, worker: PostgresStorage, company: CompanyForTests, signer: Signer
) -> None:
    assert company.id in {each.id for each in await companies(worker)}
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await companies(storage)
    await look(storage, company)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await seal_company(storage, company.id, signer)
