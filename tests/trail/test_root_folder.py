"""Exported roots: written day by day, never overwritten, compared by themselves."""

import datetime as dt
from pathlib import Path

import pytest

from app.cli.exit_codes import ExitCode
from storage.embedded import EmbeddedServer, RoleAddresses
from storage.postgres.transaction import PostgresStorage
from storage.trail.findings import FindingKind
from storage.trail.keys import KnownKeys, Signer
from storage.trail.root_export import export_roots
from storage.trail.root_folder import RootFolder
from storage.trail.roots import RootsUnusable, merged_roots, read_roots, roots_of, write_roots
from storage.trail.sealer import seal_company
from tests.builders.companies import CompanyForTests
from tests.servers import migrated_database
from tests.trail.conftest import Tamper, Wellkept
from tests.trail.logs import kinds, look, report

pytestmark = pytest.mark.anyio

MORNING = dt.datetime(2026, 3, 2, 6, tzinfo=dt.UTC)
A_DAY = dt.timedelta(days=1)


async def sealed(worker: PostgresStorage, company: CompanyForTests, signer: Signer) -> None:
    await look(worker, company, 2)
    await seal_company(worker, company.id, signer)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_each_day_has_a_file_that_is_appended_to(
    worker: PostgresStorage, company: CompanyForTests, signer: Signer, tmp_path: Path
) -> None:
    await sealed(worker, company, signer)
    roots = await roots_of(worker, company.id, company.slug)
    folder = RootFolder(tmp_path)
    folder.append(roots, MORNING)
    first = (tmp_path / "roots-2026-03-02.jsonl").read_bytes()
    folder.append(roots, MORNING + dt.timedelta(hours=6))
    folder.append(roots, MORNING + A_DAY)
    assert names_in(tmp_path) == ["roots-2026-03-02.jsonl", "roots-2026-03-03.jsonl"]
    assert (tmp_path / "roots-2026-03-02.jsonl").read_bytes() == first * 2


@pytest.fixture(scope="module")
def addresses(server: EmbeddedServer) -> RoleAddresses:
    """A database of this module's own: an export holds the seals of all companies, and others
    seal with keys of theirs."""
    return migrated_database(server, "exported_roots")


async def test_what_was_exported_finds_a_chain_that_was_cut_short(
    worker: PostgresStorage,
    company: CompanyForTests,
    signer: Signer,
    keys: KnownKeys,
    tamper: Tamper,
    tmp_path: Path,
) -> None:
    folder = RootFolder(tmp_path)
    await sealed(worker, company, signer)
    rows = await look(worker, company, 2)
    await seal_company(worker, company.id, signer)
    await export_roots(worker, folder)
    clean = await report(worker, company, keys, roots=folder.read(keys))
    for row_id in rows:
        tamper("DELETE FROM api_log WHERE id = %s", row_id)
    tamper("DELETE FROM seals WHERE company_id = %s AND sequence = 2", company.id)
    cut = await report(worker, company, keys, roots=folder.read(keys))
    assert clean.is_clean
    assert kinds(cut) == [FindingKind.CHAIN_TRUNCATED]


async def test_a_chain_that_was_rewritten_between_two_exports_is_found_by_the_first(
    worker: PostgresStorage,
    company: CompanyForTests,
    signer: Signer,
    keys: KnownKeys,
    tamper: Tamper,
) -> None:
    """Whoever has the signing key as well waits until the forged root has been exported, too."""
    await sealed(worker, company, signer)
    before = write_roots(await roots_of(worker, company.id, company.slug))
    tamper("DELETE FROM api_log WHERE company_id = %s", company.id)
    tamper("DELETE FROM seals WHERE company_id = %s", company.id)
    await sealed(worker, company, signer)
    after = write_roots(await roots_of(worker, company.id, company.slug))
    one_file = read_roots(before + after, keys)
    two_files = merged_roots([read_roots(before, keys), read_roots(after, keys)])
    for exported in (one_file, two_files):
        found = await report(worker, company, keys, roots=exported)
        assert FindingKind.CHAIN_REWRITTEN in kinds(found)


async def test_a_line_that_a_crash_cut_short_spoils_nothing(
    worker: PostgresStorage,
    company: CompanyForTests,
    signer: Signer,
    keys: KnownKeys,
    tmp_path: Path,
) -> None:
    await sealed(worker, company, signer)
    roots = await roots_of(worker, company.id, company.slug)
    folder = RootFolder(tmp_path)
    path = folder.append(roots, MORNING)
    whole = folder.read(keys)
    path.write_bytes(path.read_bytes() + b'{"company": "cut sh')
    assert folder.read(keys) == whole
    folder.append(roots, MORNING)
    assert folder.read(keys) == whole
    assert len(path.read_text().splitlines()) == 2 * len(roots) + 1


async def test_an_altered_export_is_not_believed(
    worker: PostgresStorage,
    company: CompanyForTests,
    signer: Signer,
    keys: KnownKeys,
    tmp_path: Path,
) -> None:
    await sealed(worker, company, signer)
    folder = RootFolder(tmp_path)
    (root, *_) = await roots_of(worker, company.id, company.slug)
    path = folder.append([root], MORNING)
    path.write_text(path.read_text().replace(root.hash[:8], "00000000"))
    with pytest.raises(RootsUnusable, match="line 1: the signature is not good"):
        folder.read(keys)


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    folder = RootFolder(tmp_path / "not-mounted")
    with pytest.raises(RootsUnusable, match="cannot be written"):
        folder.append([], MORNING)
    assert not (tmp_path / "not-mounted").exists()
    assert folder.silence(MORNING) == "the folder of exported roots cannot be read"
    assert folder.exported_timestamp() == 0


async def test_silence_of_more_than_a_day_is_told(
    worker: PostgresStorage, company: CompanyForTests, signer: Signer, tmp_path: Path
) -> None:
    folder = RootFolder(tmp_path)
    now = worker.clock.now()
    assert folder.silence(now) == "no roots of the audit trail were exported yet"
    await sealed(worker, company, signer)
    await export_roots(worker, folder)
    assert folder.silence(now) is None
    assert folder.exported_timestamp() == pytest.approx(now.timestamp(), abs=600)
    told = folder.silence(now + A_DAY + dt.timedelta(hours=1))
    assert told is not None
    assert told.startswith("no roots of the audit trail were exported since")


async def test_verification_compares_with_the_folder_of_exported_roots_by_itself(
    wellkept: Wellkept,
    worker: PostgresStorage,
    company: CompanyForTests,
    tamper: Tamper,
    tmp_path: Path,
) -> None:
    folder = tmp_path / "roots"
    configured = {"WELLKEPT_ROOTS_DIRECTORY": str(folder)}
    verify = ("audit", "verify", "--company", company.slug)
    await look(worker, company, 3)
    await wellkept("seal", "--company", company.slug)
    missing = await wellkept(*verify, **configured)
    folder.mkdir()
    never = await wellkept(*verify, **configured)
    await export_roots(worker, RootFolder(folder))
    same = await wellkept(*verify, **configured)
    tamper("DELETE FROM api_log WHERE company_id = %s", company.id)
    tamper("DELETE FROM seals WHERE company_id = %s AND log = 'api_log'", company.id)
    gone = await wellkept(*verify, **configured)
    codes = [each.exit_code for each in (missing, never, same, gone)]
    assert codes == [ExitCode.NOT_CHECKED, 0, 0, 1]
    assert "warning: no roots of the audit trail were exported yet" in never.stderr
    assert f"roots: {folder}, exported until 20" in same.stdout
    assert "chain truncated" in gone.stdout
