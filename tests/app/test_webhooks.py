"""Webhook endpoints over HTTP: made, changed, tried and looked at."""

import httpx
import pytest
from standardwebhooks import Webhook

from storage.postgres.transaction import PostgresStorage
from tests.builders.companies import CompanyForTests

pytestmark = pytest.mark.anyio

ENDPOINTS = "/api/v1/webhook-endpoints"
WAREHOUSE = {
    "name": "Warehouse",
    "url": "https://hooks.example.org/wellkept",
    "event_types": ["remittance.processed", "key.*"],
}
FIRST = {"If-Match": '"1"'}
KEY = {"name": "Loader", "scopes": ["payers:read"]}


async def test_the_secret_is_shown_once(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    made = await client.post(ENDPOINTS, json=WAREHOUSE)
    assert made.status_code == 201
    assert made.headers["Cache-Control"] == "no-store"
    secret = made.json()["secret"]
    Webhook(secret)
    read = await client.get(made.headers["Location"])
    assert read.json() == made.json()["endpoint"]
    assert read.json()["event_types"] == ["key.*", "remittance.processed"]
    listed = await client.get(ENDPOINTS)
    assert secret not in read.text + listed.text
    async with storage.transaction(company.id, company.actor) as store:
        endpoint = await store.webhook_endpoints.get(read.json()["id"])
    assert secret.encode() not in endpoint.sealed_secret
    trail = await client.get("/api/v1/audit-log", params={"entity_id": read.json()["id"]})
    assert "secret" not in trail.text.replace("sealed_", "")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"url": "http://hooks.example.org/"}, "/url"),
        ({"url": "https://"}, "/url"),
        ({"url": "hooks.example.org"}, "/url"),
        ({"url": "https://hooks.example.org:99999/"}, "/url"),
        ({"url": "https://ana:pass@hooks.example.org/"}, "/url"),
        ({"url": "https://hooks.example.org/#here"}, "/url"),
        ({"url": "https://hooks.example.org/a b"}, "/url"),
        ({"event_types": ["claim.paid"]}, "/event_types/0"),
        ({"event_types": ["*", "claims.*"]}, "/event_types/1"),
        ({"event_types": []}, "/event_types"),
    ],
)
async def test_an_endpoint_that_could_not_work_is_refused_with_what_is_wrong(
    client: httpx.AsyncClient, change: dict[str, object], pointer: str
) -> None:
    refused = await client.post(ENDPOINTS, json=WAREHOUSE | change)
    assert refused.status_code == 422
    assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]
    made = await client.post(ENDPOINTS, json=WAREHOUSE)
    changed = await client.patch(made.headers["Location"], json=change, headers=FIRST)
    assert changed.status_code == 422


async def test_an_endpoint_is_changed_disabled_and_enabled_by_version(
    client: httpx.AsyncClient,
) -> None:
    url = (await client.post(ENDPOINTS, json=WAREHOUSE)).headers["Location"]
    assert (await client.patch(url, json={"name": "Lake"})).status_code == 428
    changed = await client.patch(url, json={"name": "Lake", "event_types": ["*"]}, headers=FIRST)
    assert (changed.json()["name"], changed.json()["event_types"]) == ("Lake", ["*"])
    assert (await client.post(f"{url}/disable", headers=FIRST)).status_code == 412
    tag = {"If-Match": changed.headers["ETag"]}
    disabled = await client.post(f"{url}/disable", headers=tag)
    assert disabled.json()["disabled_because"] == "asked"
    refused = await client.post(f"{url}/ping")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/endpoint-disabled")
    tag = {"If-Match": disabled.headers["ETag"]}
    assert (await client.post(f"{url}/enable", headers=tag)).json()["disabled_at"] is None


async def test_a_rotation_shows_another_secret_once(client: httpx.AsyncClient) -> None:
    made = await client.post(ENDPOINTS, json=WAREHOUSE)
    rotated = await client.post(
        f"{made.headers['Location']}/rotate-secret", json={"overlap_hours": 2}, headers=FIRST
    )
    assert rotated.status_code == 200
    assert rotated.json()["secret"] != made.json()["secret"]
    assert rotated.json()["endpoint"]["previous_valid_until"] is not None


async def test_what_happens_is_on_record_with_its_deliveries(client: httpx.AsyncClient) -> None:
    url = (await client.post(ENDPOINTS, json=WAREHOUSE)).headers["Location"]
    key = (await client.post("/api/v1/keys", json=KEY)).json()["key"]
    pinged = await client.post(f"{url}/ping")
    events = (await client.get("/api/v1/events")).json()["items"]
    assert [(each["type"], each["entity_id"]) for each in events] == [
        ("endpoint.pinged", url.rpartition("/")[2]),
        ("key.created", key["id"]),
    ]
    params = {"endpoint_id": url.rpartition("/")[2], "status": "waiting"}
    deliveries = (await client.get("/api/v1/webhook-deliveries", params=params)).json()["items"]
    assert [each["event_id"] for each in deliveries] == [each["id"] for each in events]
    read = await client.get(pinged.headers["Location"])
    assert read.json() == pinged.json() == deliveries[0]
    attempts = await client.get(f"{pinged.headers['Location']}/attempts")
    assert attempts.json()["items"] == []
    refused = await client.post(
        f"{pinged.headers['Location']}/replay", headers={"If-Match": read.headers["ETag"]}
    )
    assert (refused.status_code, refused.json()["legal"]) == (409, ["delivering"])
    replayed = await client.post(
        f"{url}/replay-failed", json={"failed_since": "2026-01-01T00:00:00Z"}
    )
    assert replayed.json() == {"replayed": 0}


async def test_every_type_of_event_says_what_it_means(client: httpx.AsyncClient) -> None:
    items = (await client.get("/api/v1/events/types")).json()["items"]
    assert {"remittance.processed", "claim.status_changed", "person.disabled"} <= {
        each["type"] for each in items
    }
    assert all(each["meaning"] for each in items)


async def test_without_a_subscription_nothing_is_written(client: httpx.AsyncClient) -> None:
    await client.post(ENDPOINTS, json=WAREHOUSE | {"event_types": ["claim.*"]})
    await client.post("/api/v1/keys", json=KEY)
    assert (await client.get("/api/v1/events")).json()["items"] == []
    assert (await client.get("/api/v1/outbox-messages")).json()["items"] == []
