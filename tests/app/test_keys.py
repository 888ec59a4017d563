"""API keys over HTTP."""

import datetime as dt

import httpx
import pytest

from services.identity.scopes import Scope
from storage.postgres.transaction import PostgresStorage
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests, make_key

pytestmark = pytest.mark.anyio

KEYS = "/api/v1/keys"
WHO = "/api/v1/sessions/current"
READER = {"name": "nightly export", "scopes": ["payers:read"]}
FIRST = {"If-Match": '"1"'}


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


async def status_with(client: httpx.AsyncClient, secret: str) -> int:
    answer = await client.get(WHO, headers={"Authorization": f"Bearer {secret}"})
    return answer.status_code


async def test_a_new_key_may_do_what_it_was_given_and_nothing_else(
    client: httpx.AsyncClient,
) -> None:
    created = await client.post(KEYS, json=READER)
    theirs = {"Authorization": f"Bearer {created.json()['secret']}"}
    assert created.status_code == 201
    assert (await client.get("/api/v1/payers", headers=theirs)).status_code == 200
    refused = await client.get("/api/v1/claims", headers=theirs)
    assert (refused.status_code, refused.json()["scope"]) == (403, "claims:read")


async def test_a_key_can_be_read_back_without_its_secret(client: httpx.AsyncClient) -> None:
    created = await client.post(KEYS, json=READER)
    read = await client.get(created.headers["Location"])
    listed = (await client.get(KEYS)).json()["items"]
    assert read.json() == created.json()["key"] == listed[0]
    assert read.headers["ETag"] == created.headers["ETag"] == '"1"'
    assert created.json()["secret"] not in read.text
    assert "sha256" not in read.text


async def test_a_secret_is_not_shown_again_to_a_repeated_request(
    client: httpx.AsyncClient,
) -> None:
    key = {"Idempotency-Key": "once"}
    created = await client.post(KEYS, json=READER, headers=key)
    again = await client.post(KEYS, json=READER, headers=key)
    other = await client.post(KEYS, json={**READER, "name": "another"}, headers=key)
    assert created.headers["Cache-Control"] == "no-store"
    assert (again.status_code, again.json()["type"]) == (409, "/problems/answer-not-kept")
    assert again.json()["resource"] == created.headers["Location"]
    assert created.json()["secret"] not in again.text
    assert other.status_code == 422


async def test_nobody_grants_or_renews_a_scope_that_they_lack(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    manager, _ = await make_key(storage, company.id, scopes=(Scope.KEYS_MANAGE, Scope.PAYERS_READ))
    theirs = {"Authorization": f"Bearer {manager}"}
    strong = (await client.post(KEYS, json={**READER, "scopes": ["claims:write"]})).json()["key"]
    refused = [
        await client.post(
            KEYS, json={**READER, "scopes": ["payers:read", "claims:read"]}, headers=theirs
        ),
        await client.post(f"{KEYS}/{strong['id']}/rotate", json={}, headers={**theirs, **FIRST}),
    ]
    assert [answer.status_code for answer in refused] == [403, 403]
    assert [answer.json()["lacking"] for answer in refused] == [["claims:read"], ["claims:write"]]
    assert (await client.post(KEYS, json=READER, headers=theirs)).status_code == 201


@pytest.mark.parametrize(
    "fault",
    [
        {"name": ""},
        {"name": "a\x00b"},
        {"scopes": []},
        {"scopes": ["everything"]},
        {"expires_at": "2001-01-01T00:00:00Z"},
        {"expires_at": "2101-01-01T00:00:00Z"},
        {"expires_at": "2027-01-01T00:00:00"},
        {"secret": "chosen"},
    ],
)
async def test_what_is_not_a_key_is_refused(
    client: httpx.AsyncClient, fault: dict[str, object]
) -> None:
    assert (await client.post(KEYS, json={**READER, **fault})).status_code == 422


async def test_a_key_lives_a_year_unless_told_otherwise_and_two_at_most(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    usual = (await client.post(KEYS, json=READER)).json()["key"]["expires_at"]
    longest = (clock.now() + dt.timedelta(days=731)).isoformat()
    too_long = (clock.now() + dt.timedelta(days=731, seconds=1)).isoformat()
    assert dt.datetime.fromisoformat(usual) == clock.now() + dt.timedelta(days=365)
    assert (await client.post(KEYS, json={**READER, "expires_at": longest})).status_code == 201
    assert (await client.post(KEYS, json={**READER, "expires_at": too_long})).status_code == 422


async def test_an_expired_key_is_refused_and_not_rotated(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    expires_at = (clock.now() + dt.timedelta(hours=1)).isoformat()
    created = await client.post(KEYS, json={**READER, "expires_at": expires_at})
    secret, url = created.json()["secret"], created.headers["Location"]
    clock.move(dt.timedelta(minutes=59))
    assert await status_with(client, secret) == 200
    clock.move(dt.timedelta(minutes=1))
    assert await status_with(client, secret) == 401
    tag = {"If-Match": (await client.get(url)).headers["ETag"]}
    refused = await client.post(f"{url}/rotate", json={}, headers=tag)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/key-over")


async def test_the_old_secret_holds_for_the_overlap_and_no_longer(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    created = await client.post(KEYS, json=READER)
    rotated = await client.post(
        f"{created.headers['Location']}/rotate", json={"overlap_hours": 2}, headers=FIRST
    )
    old, new = created.json()["secret"], rotated.json()["secret"]
    clock.move(dt.timedelta(hours=2, seconds=-1))
    assert [await status_with(client, old), await status_with(client, new)] == [200, 200]
    clock.move(dt.timedelta(seconds=1))
    assert [await status_with(client, old), await status_with(client, new)] == [401, 200]


async def test_without_overlap_the_old_secret_ends_at_once(client: httpx.AsyncClient) -> None:
    created = await client.post(KEYS, json=READER)
    rotated = await client.post(
        f"{created.headers['Location']}/rotate", json={"overlap_hours": 0}, headers=FIRST
    )
    assert await status_with(client, created.json()["secret"]) == 401
    assert await status_with(client, rotated.json()["secret"]) == 200
    assert rotated.headers["Cache-Control"] == "no-store"


async def test_a_second_rotation_ends_the_secret_before_the_first(
    client: httpx.AsyncClient,
) -> None:
    created = await client.post(KEYS, json=READER)
    url = created.headers["Location"]
    first = await client.post(f"{url}/rotate", json={}, headers=FIRST)
    second = await client.post(f"{url}/rotate", json={}, headers={"If-Match": '"2"'})
    secrets = [answer.json()["secret"] for answer in (created, first, second)]
    assert [await status_with(client, secret) for secret in secrets] == [401, 200, 200]


async def test_revoking_ends_both_secrets_of_a_rotated_key(client: httpx.AsyncClient) -> None:
    created = await client.post(KEYS, json=READER)
    url = created.headers["Location"]
    rotated = await client.post(f"{url}/rotate", json={}, headers=FIRST)
    tag = {"If-Match": rotated.headers["ETag"]}
    revoked = await client.post(f"{url}/revoke", headers=tag)
    again = await client.post(f"{url}/revoke", headers={"If-Match": revoked.headers["ETag"]})
    assert revoked.json()["revoked_at"] is not None
    assert again.json() == revoked.json()
    for answer in (created, rotated):
        assert await status_with(client, answer.json()["secret"]) == 401
    left = (await client.get(KEYS, params={"is_unrevoked": "true"})).json()["items"]
    assert created.json()["key"]["id"] not in [row["id"] for row in left]


@pytest.mark.parametrize("overlap_hours", [-1, 169])
async def test_the_overlap_is_at_most_a_week(client: httpx.AsyncClient, overlap_hours: int) -> None:
    url = (await client.post(KEYS, json=READER)).headers["Location"]
    body = {"overlap_hours": overlap_hours}
    assert (await client.post(f"{url}/rotate", json=body, headers=FIRST)).status_code == 422


async def test_a_change_needs_the_version_that_was_read(client: httpx.AsyncClient) -> None:
    url = (await client.post(KEYS, json=READER)).headers["Location"]
    stale = {"If-Match": '"9"'}
    answers = [
        await client.post(f"{url}/rotate", json={}),
        await client.post(f"{url}/rotate", json={}, headers=stale),
        await client.post(f"{url}/revoke"),
        await client.post(f"{url}/revoke", headers=stale),
    ]
    assert [answer.status_code for answer in answers] == [428, 412, 428, 412]


async def test_last_use_is_on_record_to_the_hour(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    created = await client.post(KEYS, json=READER)
    secret, url = created.json()["secret"], created.headers["Location"]
    first_use = clock.now()
    for pause in (dt.timedelta(0), dt.timedelta(minutes=59)):
        clock.move(pause)
        await status_with(client, secret)
    noted = (await client.get(url)).json()["last_used_at"]
    assert dt.datetime.fromisoformat(noted) == first_use


async def test_another_company_finds_no_key(
    client: httpx.AsyncClient, other_company: CompanyForTests
) -> None:
    url = (await client.post(KEYS, json=READER)).headers["Location"]
    theirs = {**other_company.headers, **FIRST}
    answers = [
        await client.get(url, headers=theirs),
        await client.post(f"{url}/rotate", json={}, headers=theirs),
        await client.post(f"{url}/revoke", headers=theirs),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len((await client.get(KEYS, headers=theirs)).json()["items"]) == 1


async def test_a_key_without_the_scope_neither_sees_nor_makes_keys(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    url = (await client.post(KEYS, json=READER)).headers["Location"]
    key, _ = await make_key(storage, company.id, scopes=(Scope.KEYS_READ,))
    reader = {"Authorization": f"Bearer {key}", **FIRST}
    key, _ = await make_key(storage, company.id, scopes=(Scope.PAYERS_READ,))
    stranger = {"Authorization": f"Bearer {key}"}
    refused = [
        await client.get(KEYS, headers=stranger),
        await client.get(url, headers=stranger),
        await client.post(KEYS, json=READER, headers=reader),
        await client.post(f"{url}/rotate", json={}, headers=reader),
        await client.post(f"{url}/revoke", headers=reader),
    ]
    assert {answer.status_code for answer in refused} == {403}
    assert (await client.get(url, headers=reader)).status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer wk_",
        "Bearer wk_" + "A" * 65,
        "Bearer ws_" + "A" * 65,
        "Basic wk_" + "A" * 65,
        "Bearer wk_" + "A" * 10_000,
    ],
)
async def test_what_is_no_key_is_not_authenticated(client: httpx.AsyncClient, header: str) -> None:
    answer = await client.get(KEYS, headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_a_secret_moved_to_another_company_is_worthless(
    client: httpx.AsyncClient, company: CompanyForTests, other_company: CompanyForTests
) -> None:
    transplanted = other_company.key[:25] + company.key[25:]
    assert await status_with(client, company.key) == 200
    assert await status_with(client, transplanted) == 401
