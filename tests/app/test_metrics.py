"""Figures: complete, of the installation and never of a company, and not for everybody."""

import datetime as dt

import httpx
import pytest
from litestar import Litestar

from app.metrics import Metrics
from app.monitoring import probe_app
from app.server import Routes
from app.settings import Settings
from services.outbox.emails import Email, send_email
from storage.embedded import RoleAddresses
from storage.files import FileVault
from storage.identifiers import moment_of, new_id
from storage.postgres.backlog import measure_backlog
from storage.postgres.log_archive import measure_log_archive
from storage.postgres.transaction import PostgresStorage
from tests.builders.companies import CompanyForTests

TOKEN = "a token of twenty letters"


async def _ready() -> str | None:
    return None


async def asked(
    application: Litestar,
    *,
    address: str = "127.0.0.1",
    headers: dict[str, str] | None = None,
) -> httpx.Response:
    transport = httpx.ASGITransport(app=application, client=(address, 40_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://wellkept.test") as client:
        return await client.get("/metrics", headers=headers)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("192.0.2.1", {}, 403),
        ("127.0.0.1", {"X-Forwarded-For": "192.0.2.1"}, 403),
        ("127.0.0.1", {"Forwarded": "for=192.0.2.1"}, 403),
    ],
)
async def test_without_a_token_only_this_machine_sees_figures(
    application: Litestar, address: str, headers: dict[str, str], status: int
) -> None:
    assert (await asked(application, address=address, headers=headers)).status_code == status


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("given", "status"),
    [
        (None, 401),
        ("", 401),
        (TOKEN, 401),
        ("Bearer ", 401),
        (f"Bearer {TOKEN}x", 401),
        (f"Bearer {TOKEN}", 200),
    ],
)
async def test_with_a_token_who_bears_it_sees_figures_from_anywhere(
    routes: Routes, storage: PostgresStorage, vault: FileVault, given: str | None, status: int
) -> None:
    settings = Settings(metrics_token=TOKEN)
    headers = {} if given is None else {"Authorization": given}
    for application in (
        routes.serving(settings, storage, vault),
        probe_app(settings, Metrics(), readiness=_ready, warnings=list),
    ):
        for address in ("127.0.0.1", "192.0.2.1"):
            answer = await asked(application, address=address, headers=headers)
            assert answer.status_code == status
            assert TOKEN not in answer.text


@pytest.mark.anyio
async def test_what_waits_is_counted_over_all_companies(
    addresses: RoleAddresses, storage: PostgresStorage, company: CompanyForTests
) -> None:
    worker = PostgresStorage(addresses.worker)
    await worker.open()
    try:
        before = await measure_backlog(worker)
        async with storage.transaction(company.id, company.actor) as store:
            await store.enqueue("nobody_does_this", {})
            email = Email(to="ana@example.org", subject="Hello", text="Hello")
            await send_email(store, email, purpose="greeting")
            await store.enqueue("later", {}, due=store.now + dt.timedelta(days=1))
        after = await measure_backlog(worker)
    finally:
        await worker.close()
    assert after.jobs_waiting > before.jobs_waiting
    assert after.jobs_oldest_waiting_seconds > 0
    assert after.outbox_waiting == before.outbox_waiting + 1
    assert after.outbox_oldest_seconds > 0
    assert after.unsealed_rows > 0
    assert after.unsealed_oldest_seconds > 0


@pytest.mark.anyio
async def test_a_server_that_archives_no_log_has_no_figures_of_it(
    storage: PostgresStorage,
) -> None:
    assert await measure_log_archive(storage) is None


def test_an_id_tells_when_it_was_made() -> None:
    made = new_id()
    assert abs((dt.datetime.now(dt.UTC) - moment_of(made)).total_seconds()) < 60
