"""What an approved policy says, and what somebody has attested with, outlasts the retention."""

import datetime as dt
from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest
from litestar import Litestar

from services.files.sweeping import retire_files
from storage.embedded import RoleAddresses
from storage.files import FileVault
from storage.postgres.transaction import PostgresStorage
from tests.builders.claims import make_patient
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests
from tests.builders.keys import KEYRING
from tests.builders.policies import Office, open_office

pytestmark = pytest.mark.anyio

NOON = dt.datetime(2026, 3, 2, 18, tzinfo=dt.UTC)
REQUIREMENTS = "/api/v1/compliance/requirements"
EVIDENCE = "/api/v1/compliance/evidence"


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
async def office(
    application: Litestar, storage: PostgresStorage, company: CompanyForTests
) -> AsyncIterator[Office]:
    async with open_office(application, storage, company) as office:
        yield office


@pytest.fixture
async def worker(addresses: RoleAddresses, clock: FixedClock) -> AsyncIterator[PostgresStorage]:
    storage = PostgresStorage(addresses.worker, clock=clock, keyring=KEYRING)
    await storage.open()
    yield storage
    await storage.close()


async def scanned(client: httpx.AsyncClient, patient_id: UUID, name: str) -> str:
    """A file about a patient, which retention takes away once its years are over."""
    kept = await client.post(
        "/api/v1/files",
        content=f"About {name}.\n".encode(),
        params={"file_name": f"{name}.txt", "patient_id": str(patient_id)},
    )
    assert kept.status_code == 201, kept.text
    return str(kept.json()["id"])


async def attested_with(office: Office, file_id: str) -> None:
    """Attest that a requirement is met, by what a file shows."""
    requirement = await office.one.post(
        REQUIREMENTS,
        json={
            "code": "R-1",
            "program": "HIPAA",
            "name": "Review who has access",
            "description": "Do it.",
            "category": "access",
            "frequency": "ongoing",
        },
    )
    address = requirement.headers["Location"]
    evidence = await showing(office, file_id)
    await office.one.post(f"{address}/evidence", json={"evidence_id": evidence})
    statement = {
        "kind": "self_attestation",
        "statement": "Reviewed.",
        "valid_from": "2026-03-01",
        "evidence_ids": [evidence],
    }
    signed = await office.one.post(f"{address}/attestations", json=statement)
    assert signed.status_code == 201, signed.text


async def showing(office: Office, file_id: str) -> str:
    """A piece of evidence that is a file."""
    new = {"title": "Scan", "file_id": file_id, "effective_on": "2026-03-01"}
    return str((await office.one.post(EVIDENCE, json=new)).json()["id"])


async def test_retention_takes_what_nothing_of_record_rests_on(
    office: Office,
    worker: PostgresStorage,
    vault: FileVault,
    company: CompanyForTests,
    clock: FixedClock,
) -> None:
    patient = await make_patient(worker, company)
    names = ("approved", "attested", "draft", "unattested", "nothing")
    files = {each: await scanned(office.one, patient.id, each) for each in names}
    await office.approved(await office.policy(), content=None, file_id=files["approved"])
    await office.draft(await office.policy(), content=None, file_id=files["draft"])
    await attested_with(office, files["attested"])
    await showing(office, files["unattested"])
    clock.move(dt.timedelta(days=12 * 366))
    assert await retire_files(worker, vault, company.id) == 3
    async with worker.transaction(company.id, company.actor) as store:
        rows = await store.stored_files.get_many([UUID(each) for each in files.values()])
        kept = {row.name.removesuffix(".txt") for row in rows if row.deleted_at is None}
        assert kept == {"approved", "attested"}
        for row in rows:
            if row.deleted_at is None:
                key = await store.secrets.file_key_of(row.object_key, row.data_key_number)
                assert b"".join(vault.read(key)) == f"About {row.name[:-4]}.\n".encode()
    assert await retire_files(worker, vault, company.id) == 0
