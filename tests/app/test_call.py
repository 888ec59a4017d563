"""What holds for every request, whatever it asks."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx
import pytest
from litestar import Litestar
from structlog.testing import capture_logs

from app.api.remittances import SHOWN_TRANSACTIONS
from app.http_server import server_configuration
from app.openapi import document_of
from app.server import Routes
from app.settings import Settings
from storage.embedded import RoleAddresses
from storage.files import FileVault
from storage.identifiers import new_id
from storage.interface import Actor, Store
from storage.postgres.transaction import PostgresStorage
from tests.builders.books import Books
from tests.builders.companies import CompanyForTests
from tests.builders.keys import KEYRING
from tests.builders.remittance_files import Claim, RemittanceFile, Transaction

pytestmark = pytest.mark.anyio

PAYERS = "/api/v1/payers"
AETNA = {"name": "Aetna", "payer_identifier": "AETNA", "type": "commercial"}
REMITTANCES = "/api/v1/remittances"
TRANSACTIONS = "/api/v1/remittance-transactions"
UNSEEN = {"NUL": "a\x00b", "CR LF": "a\r\nb", "end of line": "a\n", "bidi": "a\u202eb"}


@asynccontextmanager
async def calling(
    application: Litestar, company: CompanyForTests
) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=application),
        base_url="http://wellkept.test",
        headers=company.headers,
    ) as client:
        yield client


class Watched(PostgresStorage):
    """Tells which of its transactions waited for the disk."""

    def __init__(self, conninfo: str) -> None:
        super().__init__(conninfo, keyring=KEYRING)
        self.waited: list[bool] = []

    @asynccontextmanager
    async def transaction(
        self, company_id: UUID, actor: Actor, *, durable: bool = True
    ) -> AsyncIterator[Store]:
        self.waited.append(durable)
        async with super().transaction(company_id, actor, durable=durable) as store:
            yield store


async def test_an_export_waits_for_the_record_of_who_took_it_and_a_read_does_not(
    routes: Routes,
    client: httpx.AsyncClient,
    addresses: RoleAddresses,
    vault: FileVault,
    company: CompanyForTests,
) -> None:
    content = RemittanceFile(transactions=[Transaction(claims=[Claim()])]).render()
    location = (await client.post(REMITTANCES, content=content)).headers["Location"]
    storage = Watched(addresses.app)
    await storage.open()
    async with calling(routes.serving(Settings(), storage, vault), company) as watched:
        assert (await watched.get(location)).status_code == 200
        assert storage.waited == [False]
        assert (await watched.get(location + "/file")).content == content
        assert storage.waited == [False, True]
    await storage.close()


async def test_a_file_of_many_transactions_is_posted_behind_and_its_answer_is_bounded(
    client: httpx.AsyncClient, storage: PostgresStorage, vault: FileVault, company: CompanyForTests
) -> None:
    await Books.open(storage, vault, company)
    count = SHOWN_TRANSACTIONS + 1
    file = RemittanceFile(
        transactions=[Transaction(claims=[], trace_number=f"T{n}") for n in range(count)]
    )
    accepted = await client.post(REMITTANCES, content=file.render())
    assert accepted.status_code == 202, accepted.text
    assert accepted.json()["remittance"]["transaction_count"] == count
    shown = [each["ordinal"] for each in accepted.json()["transactions"]]
    assert len(shown) == SHOWN_TRANSACTIONS
    assert shown == sorted(shown)
    assert count not in shown
    whose = {"remittance_id": accepted.json()["remittance"]["id"], "limit": 200}
    listed = (await client.get(TRANSACTIONS, params=whose)).json()["items"]
    assert sorted(each["ordinal"] for each in listed) == list(range(1, count + 1))
    nobodys = {"remittance_id": str(new_id())}
    assert (await client.get(TRANSACTIONS, params=nobodys)).json()["items"] == []


async def a_remittance(client: httpx.AsyncClient) -> str:
    """The URL of a transaction that waits for a person: it does not balance."""
    bad = Transaction(claims=[Claim()], payment_cents=1)
    posted = await client.post(REMITTANCES, content=RemittanceFile(transactions=[bad]).render())
    return f"{TRANSACTIONS}/{posted.json()['transactions'][0]['id']}"


async def test_a_stale_etag_is_not_the_last_word_under_an_idempotency_key(
    client: httpx.AsyncClient,
) -> None:
    url = await a_remittance(client)
    key, why = {"Idempotency-Key": "k"}, {"reason": "a corrected one comes"}
    stale = await client.post(url + "/dismiss", json=why, headers={**key, "If-Match": '"99"'})
    fresh = {**key, "If-Match": (await client.get(url)).headers["ETag"]}
    dismissed = await client.post(url + "/dismiss", json=why, headers=fresh)
    again = await client.post(url + "/dismiss", json=why, headers=fresh)
    other = await client.post(url + "/dismiss", json=why, headers={**key, "If-Match": '"99"'})
    assert [stale.status_code, dismissed.status_code, again.status_code] == [412, 200, 200]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert other.json()["type"] == "/problems/idempotency-key-reused"


@pytest.mark.parametrize("key", ["", "k" * 256, "tab\there", "caf\u00e9"])
async def test_an_idempotency_key_that_cannot_be_used_is_a_bad_parameter(
    client: httpx.AsyncClient, key: str
) -> None:
    headers = [(b"Idempotency-Key", key.encode("latin-1"))]
    refused = await client.post(PAYERS, json=AETNA, headers=headers)
    assert refused.status_code == 400
    assert refused.json()["type"] == "/problems/invalid-parameter"
    assert refused.json()["errors"][0]["pointer"] == "/Idempotency-Key"


@pytest.mark.parametrize("text", UNSEEN.values(), ids=UNSEEN)
async def test_a_parameter_with_unseen_characters_is_refused_by_its_name(
    client: httpx.AsyncClient, text: str
) -> None:
    content = RemittanceFile(transactions=[Transaction(claims=[Claim()])]).render()
    exceptions = "/api/v1/remittance-exceptions"
    for name, refused in (
        ("file_name", await client.post(REMITTANCES, content=content, params={"file_name": text})),
        ("trace_number", await client.get(TRANSACTIONS, params={"trace_number": text})),
        (
            "patient_control_number",
            await client.get(exceptions, params={"patient_control_number": text}),
        ),
    ):
        assert refused.status_code == 400, refused.text
        (fault,) = refused.json()["errors"]
        assert fault["pointer"] == f"/{name}"
        assert fault["detail"] == "holds characters that are not allowed"


@pytest.mark.parametrize("text", UNSEEN.values(), ids=UNSEEN)
async def test_a_body_with_unseen_characters_is_refused_by_its_pointer(
    client: httpx.AsyncClient, text: str
) -> None:
    url = await a_remittance(client)
    version = {"If-Match": (await client.get(url)).headers["ETag"]}
    for pointer, refused in (
        ("/reason", await client.post(url + "/dismiss", json={"reason": text}, headers=version)),
        ("/reason", await client.post("/api/v1/legal-holds", json={"reason": text})),
        ("/name", await client.post(PAYERS, json={**AETNA, "name": text})),
    ):
        assert refused.status_code == 422, refused.text
        (fault,) = refused.json()["errors"]
        assert fault["pointer"] == pointer
        assert fault["detail"] == "holds characters that are not allowed"


async def test_a_body_that_is_nested_too_deeply_is_a_bad_request(
    client: httpx.AsyncClient,
) -> None:
    headers = {"Content-Type": "application/json"}
    for body in (b"[" * 100_000, b'{"name":' * 100_000, b'{"name":' + b"[" * 100_000):
        refused = await client.post(PAYERS, content=body, headers=headers)
        assert refused.status_code == 400, refused.text


@pytest.mark.parametrize("path", [PAYERS, REMITTANCES])
async def test_a_client_that_goes_while_it_sends_is_no_defect(
    application: Litestar, company: CompanyForTests, path: str
) -> None:
    sent: list[Any] = []
    coming = [
        {"type": "http.request", "body": b'{"name": "Ae', "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> Any:
        return coming.pop(0) if coming else await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)

    headers = {**company.headers, "Host": "wellkept.test", "Content-Type": "application/json"}
    if path == REMITTANCES:
        headers["Content-Type"] = "text/plain"
    scope: Any = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(n.lower().encode(), v.encode()) for n, v in headers.items()],
        "client": ("192.0.2.1", 1),
        "server": ("wellkept.test", 80),
        "state": {},
    }
    with capture_logs() as lines:
        await application(scope, receive, send)
    assert [line["event"] for line in lines] == ["request"]
    assert lines[0]["status"] == sent[0]["status"] == 499


async def test_a_method_that_is_not_allowed_names_those_that_are(
    client: httpx.AsyncClient,
) -> None:
    refused = await client.put(PAYERS, json=AETNA)
    assert refused.status_code == 405
    assert refused.headers["Allow"] == "GET, OPTIONS, POST"
    assert refused.json()["type"] == "/problems/method-not-allowed"


async def test_what_finds_no_route_is_counted_limited_and_logged_like_the_rest(
    routes: Routes, storage: PostgresStorage, vault: FileVault, company: CompanyForTests
) -> None:
    application = routes.serving(Settings(rate_per_address="3/hour"), storage, vault)
    async with calling(application, company) as client:
        with capture_logs() as lines:
            answers = [
                await client.get("/nowhere"),
                await client.put(PAYERS),
                await client.get(f"{PAYERS}/{new_id()}"),
                await client.get("/nowhere"),
            ]
    statuses = [answer.status_code for answer in answers]
    assert statuses == [404, 405, 404, 429]
    assert [line["status"] for line in lines if line["event"] == "request"] == statuses
    for answer in answers:
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert ("X-Request-Id" in answer.headers) == (answer.status_code != 404)
    counted = application.state.metrics.registry.get_sample_value
    for status in ("404", "405", "429"):
        labels = {"operation": "none", "status": status}
        assert counted("wellkept_requests_total", labels) == 1


@pytest.mark.parametrize(
    ("trusted", "forwarded", "statuses"),
    [
        pytest.param("", ["192.0.2.1", "192.0.2.2", "192.0.2.3"], [200, 200, 429], id="nobody"),
        pytest.param("10.0.0.0/8", ["192.0.2.1", "192.0.2.2", "192.0.2.3"], [200, 200, 429]),
        pytest.param("127.0.0.1", ["192.0.2.1", "192.0.2.2", "192.0.2.1"], [200, 200, 200]),
        pytest.param("127.0.0.0/8", ["192.0.2.1"] * 3, [200, 200, 429]),
        pytest.param(
            "127.0.0.1,10.0.0.0/8",
            ["192.0.2.1, 10.1.1.1", "192.0.2.1, 10.1.1.2", "192.0.2.1, 10.1.1.3"],
            [200, 200, 429],
            id="two proxies in a row",
        ),
        pytest.param(
            "127.0.0.1",
            ["203.0.113.1, 192.0.2.1", "203.0.113.2, 192.0.2.1", "203.0.113.3, 192.0.2.1"],
            [200, 200, 429],
            id="what the client forged stands before what the proxy saw",
        ),
    ],
)
async def test_only_a_trusted_proxy_names_another_address_than_its_own(
    routes: Routes,
    storage: PostgresStorage,
    vault: FileVault,
    trusted: str,
    forwarded: list[str],
    statuses: list[int],
) -> None:
    settings = Settings(rate_per_address="2/hour", trusted_proxies=trusted)
    served = server_configuration(routes.serving(settings, storage, vault), settings)
    served.load()
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=served.loaded_app), base_url="http://wellkept.test"
    ) as client:
        answers = [
            (await client.get("/health/live", headers={"X-Forwarded-For": each}))
            for each in forwarded
        ]
    assert [answer.status_code for answer in answers] == statuses


async def test_the_figures_name_their_charset_once(client: httpx.AsyncClient) -> None:
    figures = await client.get("/metrics")
    assert figures.headers["Content-Type"].count("charset") == 1
    assert figures.headers["Content-Type"].startswith("text/plain; version=")


async def test_the_document_shows_how_a_remittance_is_sent(
    application: Litestar, client: httpx.AsyncClient
) -> None:
    operation = document_of(application)["paths"][REMITTANCES]["post"]
    content = operation["requestBody"]["content"]
    assert set(content) == {"application/octet-stream", "application/edi-x12", "text/plain"}
    for media_type, each in content.items():
        sent = await client.post(
            REMITTANCES,
            content=each["example"].encode(),
            headers={"Content-Type": media_type},
        )
        assert sent.status_code in (200, 201), json.dumps(sent.json())
        assert sent.json()["transactions"][0]["difference_cents"] == 0
