"""Trading partners over HTTP: who gets files of claims, and for which payers."""

import httpx
import pytest

from storage.postgres.transaction import PostgresStorage
from tests.builders.claims import make_payer
from tests.builders.companies import CompanyForTests

pytestmark = pytest.mark.anyio

PARTNERS = "/api/v1/trading-partners"
FIRST = {"If-Match": '"1"'}
LAKES = {
    "name": "Lakes Clearinghouse",
    "delivery": "drop_folder",
    "sender_identifier": "RIVERBEND",
    "receiver_identifier": "LAKESCLEAR",
    "application_sender": "RIVERBEND",
    "application_receiver": "LAKESCLEAR",
    "submitter_name": "Riverbend Clinic",
    "submitter_identifier": "RIVERBEND",
    "contact_name": "Ada Okafor",
    "contact_telephone": "2185550134",
    "receiver_name": "Lakes Clearinghouse",
    "receiver_identifier_code": "LAKESCLEAR",
}


async def test_a_partner_is_a_test_partner_until_somebody_says_otherwise(
    client: httpx.AsyncClient,
) -> None:
    made = await client.post(PARTNERS, json=LAKES)
    assert made.status_code == 201
    assert made.json()["usage"] == "test"
    url = made.headers["Location"]
    changed = await client.patch(url, json={"usage": "production"}, headers=FIRST)
    assert changed.json()["usage"] == "production"
    assert (await client.get(url)).json() == changed.json()
    assert (await client.patch(url, json={"usage": "test"}, headers=FIRST)).status_code == 412


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"delivery": "mailbox"}, "/mailbox_id"),
        ({"mailbox_id": "01a1fd87-34ee-71ca-b850-10bcf0bfc799"}, "/mailbox_id"),
        (
            {"delivery": "mailbox", "mailbox_id": "01a1fd87-34ee-71ca-b850-10bcf0bfc799"},
            "/mailbox_id",
        ),
        ({"contact_telephone": None}, "/contact_telephone"),
        ({"contact_telephone": "218-555"}, "/contact_telephone"),
        ({"sender_identifier": "RIVERBEND-CLINIC-OF-DULUTH"}, "/sender_identifier"),
        ({"sender_qualifier": "Z"}, "/sender_qualifier"),
        ({"submitter_name": "Clínica"}, "/submitter_name"),
        ({"receiver_name": " "}, "/receiver_name"),
    ],
)
async def test_a_partner_that_no_file_could_go_to_is_refused_with_what_is_wrong(
    client: httpx.AsyncClient, change: dict[str, object], pointer: str
) -> None:
    refused = await client.post(PARTNERS, json=LAKES | change)
    assert refused.status_code == 422
    assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]


async def test_a_payers_claims_go_through_one_partner(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    first, second = [await make_payer(storage, company) for _ in range(2)]
    lakes = (await client.post(PARTNERS, json=LAKES)).headers["Location"]
    harbor = (await client.post(PARTNERS, json=LAKES | {"name": "Harbor"})).headers["Location"]

    async def payers_of(url: str) -> set[str]:
        listed = await client.get(f"{url}/payers")
        return {each["payer_id"] for each in listed.json()["items"]}

    both = {"payer_ids": [str(first.id), str(second.id), str(first.id)]}
    assert (await client.put(f"{lakes}/payers", json=both, headers=FIRST)).status_code == 200
    assert await payers_of(lakes) == {str(first.id), str(second.id)}
    one = {"payer_ids": [str(second.id)]}
    await client.put(f"{harbor}/payers", json=one, headers=FIRST)
    assert await payers_of(lakes) == {str(first.id)}
    assert await payers_of(harbor) == {str(second.id)}
    none = await client.put(f"{harbor}/payers", json={"payer_ids": []}, headers={"If-Match": '"2"'})
    assert none.status_code == 200
    assert await payers_of(harbor) == set()
    again = await client.put(f"{lakes}/payers", json=both, headers={"If-Match": '"2"'})
    assert again.json()["version"] == 3
    assert await payers_of(lakes) == {str(first.id), str(second.id)}


async def test_a_payer_that_is_not_there_is_named(client: httpx.AsyncClient) -> None:
    url = (await client.post(PARTNERS, json=LAKES)).headers["Location"]
    absent = {"payer_ids": ["01a1fd87-34ee-71ca-b850-10bcf0bfc799"]}
    refused = await client.put(f"{url}/payers", json=absent, headers=FIRST)
    assert refused.status_code == 422
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/payer_ids/0"]


async def test_a_disabled_partner_is_told_and_enabled_again(client: httpx.AsyncClient) -> None:
    url = (await client.post(PARTNERS, json=LAKES)).headers["Location"]
    disabled = await client.post(f"{url}/disable", headers=FIRST)
    assert disabled.json()["disabled_at"] is not None
    listed = await client.get(PARTNERS, params={"is_enabled": "true"})
    assert listed.json()["items"] == []
    enabled = await client.post(f"{url}/enable", headers={"If-Match": disabled.headers["ETag"]})
    assert enabled.json()["disabled_at"] is None
