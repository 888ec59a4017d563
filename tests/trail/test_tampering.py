"""Whatever somebody who owns the database does to a log, verification names the first row of it."""

import datetime as dt
from uuid import UUID

import pytest

from storage.identifiers import new_id
from storage.partitions import bounds
from storage.postgres.transaction import PostgresStorage
from storage.trail.chain import made_at
from storage.trail.findings import FindingKind
from storage.trail.keys import KnownKeys, Signer
from storage.trail.roots import RootsUnusable, read_roots, roots_of, write_roots
from storage.trail.sealer import seal_company
from tests.builders.companies import CompanyForTests
from tests.trail.conftest import Tamper
from tests.trail.logs import kinds, look, look_in, only, report, seals_of

pytestmark = pytest.mark.anyio


@pytest.fixture
async def rows(worker: PostgresStorage, company: CompanyForTests, signer: Signer) -> list[UUID]:
    """Nine rows under three seals, and nothing wrong with them."""
    ids: list[UUID] = []
    for _ in range(3):
        ids += await look(worker, company, 3)
        await seal_company(worker, company.id, signer)
    return ids


async def test_an_altered_row_is_named(
    worker: PostgresStorage,
    company: CompanyForTests,
    rows: list[UUID],
    keys: KnownKeys,
    tamper: Tamper,
) -> None:
    tamper("UPDATE api_log SET outcome = 404 WHERE id = ANY(%s)", [rows[4], rows[7]])
    found = only(await report(worker, company, keys))
    assert (found.kind, found.row_id, found.sequence) == (FindingKind.ALTERED, rows[4], 2)
    assert (found.at, found.count) == (made_at(rows[4]), 2)


async def test_two_rows_that_swapped_their_contents_are_altered(
    worker: PostgresStorage,
    company: CompanyForTests,
    rows: list[UUID],
    keys: KnownKeys,
    tamper: Tamper,
) -> None:
    swap = new_id()
    tamper("UPDATE api_log SET id = %s WHERE id = %s", swap, rows[1])
    tamper("UPDATE api_log SET id = %s WHERE id = %s", rows[1], rows[5])
    tamper("UPDATE api_log SET id = %s WHERE id = %s", rows[5], swap)
    found = only(await report(worker, company, keys))
    assert (found.kind, found.row_id, found.count) == (FindingKind.ALTERED, rows[1], 2)


async def test_a_row_whose_transaction_was_forged_is_altered(
    worker: PostgresStorage,
    company: CompanyForTests,
    rows: list[UUID],
    keys: KnownKeys,
    tamper: Tamper,
) -> None:
    tamper(
        "UPDATE api_log SET xid = (SELECT xid FROM api_log WHERE id = %s) WHERE id = %s",
        rows[8],
        rows[2],
    )
    found = only(await report(worker, company, keys))
    assert (found.kind, found.row_id, found.sequence) == (FindingKind.ALTERED, rows[2], 1)


async def test_a_row_inserted_under_an_old_transaction_is_named(
    worker: PostgresStorage,
    company: CompanyForTests,
    rows: list[UUID],
    keys: KnownKeys,
    tamper: Tamper,
) -> None:
    forged = UUID(int=rows[3].int + 1)
    tamper(
        "INSERT INTO api_log SELECT company_id, %s, recorded_at, recorded_by, xid, request_id,"
        " operation, outcome, patient_ids FROM api_log WHERE id = %s",
        forged,
        rows[3],
    )
    found = only(await report(worker, company, keys))
    assert (found.kind, found.row_id, found.sequence) == (FindingKind.INSERTED, forged, 2)


async def test_a_row_slipped_in_with_an_old_id_is_named_before_and_after_its_seal(
    worker: PostgresStorage,
    company: CompanyForTests,
    rows: list[UUID],
    keys: KnownKeys,
    signer: Signer,
) -> None:
    (backdated,) = await look_in(worker, company, made_at(rows[0]).date() - dt.timedelta(days=60))
    unsealed = only(await report(worker, company, keys))
    await seal_company(worker, company.id, signer)
    sealed = only(await report(worker, company, keys))
    assert (unsealed.kind, unsealed.row_id) == (FindingKind.INSERTED, backdated)
    assert (sealed.kind, sealed.row_id, sealed.sequence) == (FindingKind.INSERTED, backdated, 4)


async def test_a_removed_row_is_named(
    worker: PostgresStorage,
    company: CompanyForTests,
    rows: list[UUID],
    keys: KnownKeys,
    tamper: Tamper,
) -> None:
    tamper("DELETE FROM api_log WHERE id = %s", rows[3])
    found = only(await report(worker, company, keys))
    assert (found.kind, found.row_id, found.sequence) == (FindingKind.REMOVED, rows[3], 2)


async def test_the_tail_that_was_cut_off_is_named(
    worker: PostgresStorage,
    company: CompanyForTests,
    rows: list[UUID],
    keys: KnownKeys,
    tamper: Tamper,
) -> None:
    tamper("DELETE FROM api_log WHERE company_id = %s AND id >= %s", company.id, rows[5])
    found = only(await report(worker, company, keys))
    assert (found.kind, found.row_id) == (FindingKind.TRUNCATED, rows[5])
    assert (found.sequence, found.count) == (2, 4)


async def test_an_emptied_log_is_truncated_from_its_first_row(
    worker: PostgresStorage,
    company: CompanyForTests,
    rows: list[UUID],
    keys: KnownKeys,
    tamper: Tamper,
) -> None:
    tamper("DELETE FROM api_log WHERE company_id = %s", company.id)
    found = only(await report(worker, company, keys))
    assert (found.kind, found.row_id, found.count) == (FindingKind.TRUNCATED, rows[0], 9)


async def test_a_partition_that_was_truncated_or_dropped_is_not_excused(
    worker: PostgresStorage,
    company: CompanyForTests,
    keys: KnownKeys,
    signer: Signer,
    tamper: Tamper,
) -> None:
    march = dt.date(2001, 3, 1)
    tamper(
        "CREATE TABLE api_log_2001_03 PARTITION OF api_log FOR VALUES FROM ('{}') TO ('{}')".format(
            *bounds(march)
        )
    )
    old = await look_in(worker, company, march, 3)
    await seal_company(worker, company.id, signer)
    await look(worker, company)
    await seal_company(worker, company.id, signer)
    assert tamper("SELECT FROM api_log_2001_03") == len(old)
    for wipe in ("TRUNCATE api_log_2001_03", "DROP TABLE api_log_2001_03"):
        tamper(wipe)
        found = only(await report(worker, company, keys))
        assert (found.kind, found.row_id) == (FindingKind.REMOVED, old[0])
        assert found.count == len(old)


@pytest.mark.usefixtures("rows")
async def test_an_altered_seal_and_a_missing_one_are_named(
    worker: PostgresStorage,
    company: CompanyForTests,
    keys: KnownKeys,
    tamper: Tamper,
) -> None:
    tamper(
        "UPDATE seals SET recorded_at = now()"
        " WHERE company_id = %s AND log = 'api_log' AND sequence = 3",
        company.id,
    )
    altered = only(await report(worker, company, keys))
    tamper(
        "DELETE FROM seals WHERE company_id = %s AND log = 'api_log' AND sequence = 2", company.id
    )
    gone = await report(worker, company, keys)
    assert (altered.kind, altered.sequence) == (FindingKind.SEAL_ALTERED, 3)
    assert (kinds(gone)[0], gone.findings[0].sequence) == (FindingKind.SEAL_MISSING, 2)


async def test_a_row_taken_out_of_its_seal_too_leaves_a_forged_seal(
    worker: PostgresStorage,
    company: CompanyForTests,
    rows: list[UUID],
    keys: KnownKeys,
    tamper: Tamper,
) -> None:
    tamper("DELETE FROM api_log WHERE id = %s", rows[6])
    tamper(
        "UPDATE seals SET members = substr(members, 49), member_count = 2"
        " WHERE company_id = %s AND log = 'api_log' AND sequence = 3",
        company.id,
    )
    found = only(await report(worker, company, keys))
    assert (found.kind, found.sequence) == (FindingKind.SEAL_ALTERED, 3)


async def test_seals_cut_off_the_end_are_found_by_exported_roots(
    worker: PostgresStorage,
    company: CompanyForTests,
    rows: list[UUID],
    keys: KnownKeys,
    signer: Signer,
    tamper: Tamper,
) -> None:
    roots = read_roots(write_roots(await roots_of(worker, company.id, company.slug)), keys)
    tamper(
        "DELETE FROM seals WHERE company_id = %s AND log = 'api_log' AND sequence >= 2", company.id
    )
    tamper("DELETE FROM api_log WHERE id = ANY(%s)", rows[3:])
    found = only(await report(worker, company, keys, roots=roots))
    assert (found.kind, found.sequence, found.count) == (FindingKind.CHAIN_TRUNCATED, 2, 2)
    await look(worker, company, 3)
    for _ in range(2):
        await look(worker, company)
        await seal_company(worker, company.id, signer)
    regrown = only(await report(worker, company, keys, roots=roots))
    assert (regrown.kind, regrown.sequence) == (FindingKind.CHAIN_REWRITTEN, 3)


@pytest.mark.usefixtures("rows")
async def test_all_seals_and_rows_gone_are_found_by_exported_roots(
    worker: PostgresStorage,
    company: CompanyForTests,
    keys: KnownKeys,
    tamper: Tamper,
) -> None:
    roots = read_roots(write_roots(await roots_of(worker, company.id, company.slug)), keys)
    tamper("DELETE FROM seals WHERE company_id = %s", company.id)
    tamper("DELETE FROM api_log WHERE company_id = %s", company.id)
    assert (await report(worker, company, keys)).is_clean
    found = only(await report(worker, company, keys, roots=roots))
    assert (found.kind, found.sequence) == (FindingKind.CHAIN_TRUNCATED, 1)


async def test_a_chain_rewritten_with_another_key_is_found(
    worker: PostgresStorage,
    company: CompanyForTests,
    rows: list[UUID],
    keys: KnownKeys,
    signer: Signer,
    tamper: Tamper,
) -> None:
    roots = read_roots(write_roots(await roots_of(worker, company.id, company.slug)), keys)
    tamper("UPDATE api_log SET outcome = 404 WHERE id = %s", rows[4])
    tamper("DELETE FROM seals WHERE company_id = %s", company.id)
    forger = Signer(bytes(32))
    await seal_company(worker, company.id, forger, members_at_most=3)
    by_key = await report(worker, company, keys)
    both_keys = KnownKeys([signer.public_key, forger.public_key])
    by_root = await report(worker, company, both_keys, roots=roots)
    assert (kinds(by_key), by_key.findings[0].sequence) == ([FindingKind.KEY_UNKNOWN], 1)
    assert kinds(by_root) == [FindingKind.CHAIN_REWRITTEN]


@pytest.mark.usefixtures("rows")
async def test_a_signature_that_is_not_the_keys_is_found(
    worker: PostgresStorage,
    company: CompanyForTests,
    keys: KnownKeys,
    tamper: Tamper,
) -> None:
    tamper(
        "UPDATE seals SET signature = sha512(signature)"
        " WHERE company_id = %s AND log = 'api_log' AND sequence = 2",
        company.id,
    )
    found = only(await report(worker, company, keys))
    assert (found.kind, found.sequence) == (FindingKind.SEAL_FORGED, 2)


@pytest.mark.usefixtures("rows")
async def test_seals_of_a_former_key_go_on_being_believed(
    worker: PostgresStorage, company: CompanyForTests, signer: Signer
) -> None:
    successor = Signer(bytes(range(32, 64)))
    await look(worker, company)
    await seal_company(worker, company.id, successor)
    both = KnownKeys([successor.public_key, signer.public_key])
    assert (await report(worker, company, both)).is_clean
    alone = await report(worker, company, KnownKeys([successor.public_key]))
    assert kinds(alone) == [FindingKind.KEY_UNKNOWN]
    seals = await seals_of(worker, company)
    assert [seal.key_id for seal in seals] == [signer.key_id] * 3 + [successor.key_id]


@pytest.mark.usefixtures("rows")
async def test_a_chain_moved_to_another_company_is_not_believed(
    worker: PostgresStorage,
    company: CompanyForTests,
    other_company: CompanyForTests,
    keys: KnownKeys,
    tamper: Tamper,
) -> None:
    tamper("UPDATE api_log SET company_id = %s WHERE company_id = %s", other_company.id, company.id)
    tamper(
        "UPDATE seals SET company_id = %s WHERE company_id = %s AND log = 'api_log'",
        other_company.id,
        company.id,
    )
    found = await report(worker, other_company, keys)
    assert FindingKind.SEAL_ALTERED in kinds(found)


@pytest.mark.usefixtures("rows")
async def test_exported_roots_that_were_edited_are_refused(
    worker: PostgresStorage, company: CompanyForTests, keys: KnownKeys
) -> None:
    text = write_roots(await roots_of(worker, company.id, company.slug))
    hash_ = (await seals_of(worker, company))[-1].hash.hex()
    with pytest.raises(RootsUnusable, match="line 1"):
        read_roots(text.replace(hash_, hash_[::-1]).replace("\n", "x\n", 1), keys)
    with pytest.raises(RootsUnusable, match="signature"):
        read_roots(text.replace(hash_, hash_[::-1]), keys)
