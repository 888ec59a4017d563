"""Mailboxes over HTTP: secrets go in and never out, and one is tried before it is used."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncssh
import httpx
import pytest

from app.server import Routes
from app.settings import Settings
from storage.files import FileVault
from storage.postgres.transaction import PostgresStorage
from tests.builders.companies import CompanyForTests
from tests.builders.sftp_servers import PASSWORD, USER_NAME, ServerForTests, serving

pytestmark = pytest.mark.anyio

MAILBOXES = "/api/v1/mailboxes"
FIRST = {"If-Match": '"1"'}
KEY = asyncssh.generate_private_key("ssh-ed25519")
PUBLIC = KEY.export_public_key().decode().strip()
PRIVATE = KEY.export_private_key().decode()
CLEARINGHOUSE = {
    "name": "Clearinghouse",
    "host": "sftp.example.org",
    "host_key": f"{PUBLIC} root@sftp",
    "user_name": USER_NAME,
    "password": PASSWORD,
    "write_folder": "/in",
}


async def test_the_secret_goes_in_and_never_out(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    made = await client.post(MAILBOXES, json=CLEARINGHOUSE)
    assert made.status_code == 201
    mailbox = made.json()
    assert mailbox["host_key"] == PUBLIC
    assert mailbox["host_key_fingerprint"] == KEY.get_fingerprint()
    assert (mailbox["port"], mailbox["read_folder"]) == (22, None)
    read = await client.get(made.headers["Location"])
    listed = await client.get(MAILBOXES, params={"is_enabled": "true"})
    trail = await client.get("/api/v1/audit-log", params={"entity_id": mailbox["id"]})
    assert read.json() == mailbox == listed.json()["items"][0]
    assert PASSWORD not in made.text + read.text + listed.text + trail.text
    assert "password" not in trail.text
    async with storage.transaction(company.id, company.actor) as store:
        row = await store.mailboxes.get(mailbox["id"])
    assert row.sealed_password is not None
    assert PASSWORD.encode() not in row.sealed_password


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"host_key": "ssh-ed25519 nonsense"}, "/host_key"),
        ({"host_key": "SHA256:abc"}, "/host_key"),
        ({"host": "sftp.example.org/path"}, "/host"),
        ({"host": "ana@sftp.example.org"}, "/host"),
        ({"port": 0}, "/port"),
        ({"write_folder": "a\nb"}, "/write_folder"),
        ({"private_key": PRIVATE}, "/private_key"),
        ({"private_key": "nonsense", "password": None}, "/private_key"),
        (
            {
                "private_key": KEY.export_private_key("pkcs8-pem", passphrase="p").decode(),
                "password": None,
            },
            "/private_key",
        ),
        ({"password": None}, "/password"),
    ],
)
async def test_a_mailbox_that_could_not_work_is_refused_with_what_is_wrong(
    client: httpx.AsyncClient, change: dict[str, object], pointer: str
) -> None:
    refused = await client.post(MAILBOXES, json=CLEARINGHOUSE | change)
    assert refused.status_code == 422
    assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]
    assert PASSWORD not in refused.text
    assert "nonsense" not in refused.text


async def test_a_name_is_given_once(client: httpx.AsyncClient) -> None:
    await client.post(MAILBOXES, json=CLEARINGHOUSE)
    assert (await client.post(MAILBOXES, json=CLEARINGHOUSE)).status_code == 409


async def test_a_secret_goes_to_no_server_but_the_one_that_it_was_given_for(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    made = await client.post(MAILBOXES, json=CLEARINGHOUSE)
    url = made.headers["Location"]
    for elsewhere in ({"host": "evil.example.org"}, {"port": 2222}):
        refused = await client.patch(url, json=elsewhere, headers=FIRST)
        assert refused.status_code == 422
        pointers = [error["pointer"] for error in refused.json()["errors"]]
        assert pointers == ["/host_key", "/password"]
    same = await client.patch(url, json={"host": "sftp.example.org"}, headers=FIRST)
    assert same.status_code == 200
    moved = await client.patch(
        url,
        json={"host": "new.example.org", "host_key": PUBLIC, "private_key": PRIVATE},
        headers={"If-Match": same.headers["ETag"]},
    )
    assert moved.json()["host"] == "new.example.org"
    async with storage.transaction(company.id, company.actor) as store:
        row = await store.mailboxes.get(moved.json()["id"])
    assert row.sealed_password is None
    assert row.sealed_private_key is not None


async def test_a_mailbox_is_changed_disabled_and_enabled_by_version(
    client: httpx.AsyncClient,
) -> None:
    url = (await client.post(MAILBOXES, json=CLEARINGHOUSE)).headers["Location"]
    assert (await client.patch(url, json={"name": "Lake"})).status_code == 428
    changed = await client.patch(url, json={"name": "Lake", "read_folder": "/out"}, headers=FIRST)
    assert (changed.json()["name"], changed.json()["read_folder"]) == ("Lake", "/out")
    assert (await client.post(f"{url}/disable", headers=FIRST)).status_code == 412
    disabled = await client.post(f"{url}/disable", headers={"If-Match": changed.headers["ETag"]})
    assert disabled.json()["disabled_at"] is not None
    enabled = await client.post(f"{url}/enable", headers={"If-Match": disabled.headers["ETag"]})
    assert enabled.json()["disabled_at"] is None
    assert (await client.get(f"{url}/files")).json()["items"] == []


@pytest.fixture
async def clearinghouse(tmp_path: Path) -> AsyncIterator[ServerForTests]:
    async with serving(ServerForTests(tmp_path / "sftp")) as clearinghouse:
        yield clearinghouse


@pytest.mark.parametrize(
    ("change", "is_admitted", "failure"),
    [
        ({}, True, None),
        ({"password": "wrong"}, True, "login_refused"),
        ({"host_key": PUBLIC}, True, "unverified"),
        ({"read_folder": "/elsewhere"}, True, "refused_for_now"),
        ({}, False, "host_refused"),
    ],
)
async def test_a_trial_says_what_keeps_files_from_arriving(
    routes: Routes,
    storage: PostgresStorage,
    company: CompanyForTests,
    vault: FileVault,
    clearinghouse: ServerForTests,
    change: dict[str, object],
    *,
    is_admitted: bool,
    failure: str | None,
) -> None:
    admitted = f"localhost:{clearinghouse.port}" if is_admitted else ""
    app = routes.serving(Settings(allowed_private_hosts=admitted), storage, vault)
    place = {"host": "localhost", "port": clearinghouse.port, "host_key": clearinghouse.public_key}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app),
        base_url="http://wellkept.test",
        headers=company.headers,
    ) as client:
        made = await client.post(MAILBOXES, json=CLEARINGHOUSE | place | change)
        tried = await client.post(f"{made.headers['Location']}/test")
        sent = await client.get("/api/v1/outbox-messages")
    assert (tried.status_code, tried.json()["failure"]) == (200, failure)
    assert clearinghouse.files() == {}
    assert sent.json()["items"] == []
