"""Attachments over HTTP: in, out, and what becomes of them when something breaks."""

import asyncio
import contextlib
import datetime as dt
import hashlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from litestar import Litestar

from app import uploads
from app.server import Routes
from app.settings import Settings
from services.files.keeping import NewFile, keep
from services.identity.scopes import Scope
from storage.errors import FileStoreFull, FileStoreUnavailable
from storage.files import FileVault
from storage.files.clamd import ClamdScanner
from storage.files.local import LocalFileStore
from storage.filters import AccessFilter, StoredFileFilter
from storage.identifiers import new_id
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.files import FilePurpose
from tests.builders.books import Books
from tests.builders.claims import make_patient
from tests.builders.companies import CompanyForTests, make_key
from tests.builders.remittance_files import RemittanceFile

pytestmark = pytest.mark.anyio

URL = "/api/v1/files"
NOTE = b"Dear payer,\nplease find attached.\n"
LARGE = b"%PDF-1.7\n\x00" + bytes(range(256)) * 20_000


async def attach(
    client: httpx.AsyncClient, content: bytes = NOTE, name: str = "note.txt", **parameters: str
) -> httpx.Response:
    return await client.post(URL, content=content, params={"file_name": name} | parameters)


def kept_objects(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "files").rglob("*") if path.is_file()]


async def test_a_file_comes_back_as_it_was(client: httpx.AsyncClient, tmp_path: Path) -> None:
    attached = await attach(client, LARGE, "scan ä.pdf")
    assert attached.status_code == 201, attached.text
    file = attached.json()
    assert (file["media_type"], file["byte_count"]) == ("application/pdf", len(LARGE))
    assert (file["retain_until"], file["deleted_at"]) == (None, None)
    read = await client.get(attached.headers["Location"])
    assert (read.json(), read.headers["ETag"]) == (file, attached.headers["ETag"])
    content = await client.get(f"{attached.headers['Location']}/content")
    assert (content.status_code, content.content) == (200, LARGE)
    assert content.headers["Content-Length"] == str(len(LARGE))
    assert content.headers["X-Content-Type-Options"] == "nosniff"
    assert content.headers["Content-Disposition"] == (
        "attachment; filename*=UTF-8''scan%20%C3%A4.pdf"
    )
    (path,) = kept_objects(tmp_path)
    assert bytes(range(256)) not in path.read_bytes()


async def test_files_are_listed_by_what_they_are_about(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    patient = await make_patient(storage, company)
    await attach(client)
    about = await attach(client, LARGE, "scan.pdf", patient_id=str(patient.id))

    async def names(**wanted: str) -> list[str]:
        answer = await client.get(URL, params=wanted)
        return [each["name"] for each in answer.json()["items"]]

    assert await names() == ["scan.pdf", "note.txt"]
    assert await names(patient_id=str(patient.id)) == ["scan.pdf"]
    assert await names(media_type="text/plain") == ["note.txt"]
    assert await names(name_prefix="sc", is_kept="true") == ["scan.pdf"]
    assert await names(is_kept="false") == []
    assert about.json()["patient_id"] == str(patient.id)


async def test_a_patient_whom_the_company_does_not_have_is_refused_and_nothing_is_left(
    client: httpx.AsyncClient,
    storage: PostgresStorage,
    other_company: CompanyForTests,
    company: CompanyForTests,
) -> None:
    theirs = await make_patient(storage, other_company)
    for patient_id in (new_id(), theirs.id):
        refused = await attach(client, patient_id=str(patient_id))
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/patient_id")
    assert await rows(storage, company) == []


async def rows(storage: PostgresStorage, company: CompanyForTests) -> list[str]:
    async with storage.transaction(company.id, company.actor) as store:
        return [row.name for row in await store.stored_files.all(StoredFileFilter())]


async def test_who_reads_a_file_about_a_patient_is_on_record(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    patient = await make_patient(storage, company)
    attached = await attach(client, patient_id=str(patient.id))
    await client.get(f"{attached.headers['Location']}/content")
    async with storage.transaction(company.id, company.actor) as store:
        (entry,) = await store.api_log.all(AccessFilter(operation="download_file"))
    assert (entry.patient_ids, entry.outcome) == ([patient.id], 200)


@pytest.mark.parametrize(
    ("content", "name", "problem"),
    [
        (b"", "note.txt", "file-empty"),
        (b"MZ" + bytes(99), "note.txt", "file-unlike-its-name"),
        (b"MZ" + bytes(99), "note", "file-type-not-accepted"),
        (b"<svg onload='x'>", "picture", "file-type-not-accepted"),
    ],
)
async def test_what_is_not_accepted_leaves_nothing(
    client: httpx.AsyncClient, content: bytes, name: str, problem: str, tmp_path: Path
) -> None:
    refused = await attach(client, content, name)
    assert (refused.status_code, refused.json()["type"]) == (422, f"/problems/{problem}")
    assert kept_objects(tmp_path) == []


async def test_a_file_that_is_too_large_leaves_nothing(
    routes: Routes,
    storage: PostgresStorage,
    vault: FileVault,
    company: CompanyForTests,
    tmp_path: Path,
) -> None:
    small = routes.serving(Settings(largest_upload_bytes=len(LARGE) - 1), storage, vault)
    async with calling(small, company) as client:
        refused = await attach(client, LARGE, "scan.pdf")
    assert (refused.status_code, refused.json()["largest_bytes"]) == (413, len(LARGE) - 1)
    assert kept_objects(tmp_path) == []


def calling(app: Litestar, company: CompanyForTests) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app),
        base_url="http://wellkept.test",
        headers=company.headers,
    )


async def test_the_same_content_twice_is_two_files(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    attached = await asyncio.gather(*(attach(client) for _ in range(4)))
    assert {each.status_code for each in attached} == {201}
    assert len({each.json()["id"] for each in attached}) == len(kept_objects(tmp_path)) == 4
    first, second, *_ = (each.headers["Location"] for each in attached)
    deleted = await client.delete(first, headers={"If-Match": '"1"'})
    assert deleted.status_code == 200
    assert (await client.get(f"{second}/content")).content == NOTE


async def test_the_same_idempotency_key_is_one_file(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    sent = {"content": NOTE, "params": {"file_name": "n.txt"}, "headers": {"Idempotency-Key": "1"}}
    first, again = await client.post(URL, **sent), await client.post(URL, **sent)
    assert again.json() == first.json()
    assert len(kept_objects(tmp_path)) == 1


async def test_a_deleted_file_leaves_its_row_and_not_its_content(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    location = (await attach(client)).headers["Location"]
    assert (await client.delete(location)).status_code == 428
    assert (await client.delete(location, headers={"If-Match": '"9"'})).status_code == 412
    deleted = await client.delete(location, headers={"If-Match": '"1"'})
    assert (deleted.status_code, deleted.json()["deletion"]) == (200, "asked_for")
    assert kept_objects(tmp_path) == []
    assert (await client.get(location)).json() == deleted.json()
    gone = await client.get(f"{location}/content")
    assert (gone.status_code, gone.json()["type"]) == (404, "/problems/file-not-kept")
    again = await client.delete(location, headers={"If-Match": '"2"'})
    assert again.json()["type"] == "/problems/file-not-kept"


async def test_a_record_is_not_deleted_before_its_time(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    patient = await make_patient(storage, company)
    attached = await attach(client, patient_id=str(patient.id))
    refused = await client.delete(attached.headers["Location"], headers={"If-Match": '"1"'})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/file-retained")
    years = dt.date.fromisoformat(attached.json()["retain_until"]).year - storage.clock.now().year
    assert (years, refused.json()["retain_until"]) == (7, attached.json()["retain_until"])


async def test_a_legal_hold_keeps_every_file(client: httpx.AsyncClient) -> None:
    attached = await attach(client)
    hold = await client.post("/api/v1/legal-holds", json={"reason": "litigation"})
    assert hold.status_code == 201
    refused = await client.delete(attached.headers["Location"], headers={"If-Match": '"1"'})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/file-held")


async def test_the_file_of_a_remittance_is_reached_through_it_alone(
    client: httpx.AsyncClient, storage: PostgresStorage, vault: FileVault, company: CompanyForTests
) -> None:
    books = await Books.open(storage, vault, company)
    await books.received(RemittanceFile(transactions=[books.transaction()]).render())
    async with storage.transaction(company.id, company.actor) as store:
        (file,) = await store.stored_files.all(StoredFileFilter())
        assert await store.file_figures.referring(file.id) == ["remittances"]
        assert await store.file_figures.referring(new_id()) == []
    assert (await client.get(URL)).json()["items"] == []
    for url in (f"{URL}/{file.id}", f"{URL}/{file.id}/content"):
        assert (await client.get(url)).status_code == 404
    deleted = await client.delete(f"{URL}/{file.id}", headers={"If-Match": '"1"'})
    assert deleted.status_code == 404


async def test_scopes_divide_reading_and_writing(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    location = (await attach(client)).headers["Location"]
    reader, _ = await make_key(storage, company.id, scopes=(Scope.FILES_READ,))
    client.headers["Authorization"] = f"Bearer {reader}"
    assert (await client.get(f"{location}/content")).status_code == 200
    assert (await attach(client)).status_code == 403
    assert (await client.delete(location, headers={"If-Match": '"1"'})).status_code == 403


class FailingStore(LocalFileStore):
    """A folder that takes no more, or has gone."""

    def __init__(self, folder: Path, failure: Exception) -> None:
        super().__init__(folder)
        self.failure = failure

    def put(self, name: str, content: Iterator[bytes]) -> None:
        def some() -> Iterator[bytes]:
            yield next(content)
            raise self.failure

        super().put(name, some())


@pytest.mark.parametrize(
    ("failure", "status", "problem"),
    [
        (FileStoreFull(), 507, "file-store-full"),
        (FileStoreUnavailable("gone"), 503, "not-available"),
    ],
)
async def test_a_store_that_fails_is_said_and_leaves_neither_row_nor_object(
    routes: Routes,
    storage: PostgresStorage,
    company: CompanyForTests,
    tmp_path: Path,
    failure: Exception,
    status: int,
    problem: str,
) -> None:
    vault = FileVault(FailingStore(tmp_path / "files", failure))
    async with calling(routes.serving(Settings(), storage, vault), company) as client:
        refused = await attach(client)
    assert (refused.status_code, refused.json()["type"]) == (status, f"/problems/{problem}")
    assert await rows(storage, company) == []
    assert kept_objects(tmp_path) == []


async def test_without_its_scanner_nothing_is_kept(
    routes: Routes, storage: PostgresStorage, company: CompanyForTests, tmp_path: Path
) -> None:
    vault = FileVault(
        LocalFileStore(tmp_path / "files"), ClamdScanner(str(tmp_path / "nobody.ctl"))
    )
    async with calling(routes.serving(Settings(), storage, vault), company) as client:
        refused = await attach(client)
    assert (refused.status_code, "scanner" in refused.json()["detail"]) == (503, True)
    assert await rows(storage, company) == []
    assert kept_objects(tmp_path) == []


async def test_a_file_whose_object_is_gone_is_a_clear_problem(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    location = (await attach(client)).headers["Location"]
    (path,) = kept_objects(tmp_path)
    path.unlink()
    broken = await client.get(f"{location}/content")
    assert (broken.status_code, broken.json()["type"]) == (500, "/problems/file-damaged")


async def test_an_upload_that_is_cut_off_leaves_nothing(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests, tmp_path: Path
) -> None:
    class Gone(Exception):
        pass

    async def breaking() -> AsyncIterator[bytes]:
        yield NOTE
        raise Gone

    with contextlib.suppress(Gone):
        await client.post(URL, params={"file_name": "n.txt"}, content=breaking())
    assert await rows(storage, company) == []
    assert kept_objects(tmp_path) == []


async def test_a_large_upload_never_lies_on_disk_in_the_clear(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bytes] = []
    written = uploads._Spool.write

    def watched(spool: uploads._Spool, chunk: bytes) -> None:
        written(spool, chunk)
        file = spool._file
        at = file.tell()
        file.seek(0)
        seen.append(hashlib.sha256(file.read(64)).digest())
        file.seek(at)

    monkeypatch.setattr(uploads, "IN_MEMORY_BYTES", 10)
    monkeypatch.setattr(uploads._Spool, "write", watched)
    attached = await attach(client, LARGE, "scan.pdf")
    assert attached.status_code == 201
    assert hashlib.sha256(LARGE[:64]).digest() not in seen
    content = await client.get(f"{attached.headers['Location']}/content")
    assert content.content == LARGE


async def test_what_is_small_is_kept_in_the_transaction_of_its_work(
    storage: PostgresStorage, vault: FileVault, company: CompanyForTests
) -> None:
    new = NewFile(purpose=FilePurpose.ATTACHMENT, name="n.txt", media_type="text/plain")
    async with storage.transaction(company.id, company.actor) as store:
        file = await keep(store, vault, new, NOTE)
    async with storage.transaction(company.id, company.actor) as store:
        key = await store.secrets.file_key_of(file.object_key, file.data_key_number)
    assert b"".join(vault.read(key)) == NOTE
    assert file.sha256 == hashlib.sha256(NOTE).digest()
