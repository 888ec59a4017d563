"""Packs of a company's own, and moving on from one version to the next."""

import asyncio

import httpx
import pytest

from tests.compliance_reports.deeds import REQUIREMENTS, attested, made, status_of

pytestmark = pytest.mark.anyio

PACKS = "/api/v1/compliance/packs"
HEAD = 'id = "house"\nversion = "{}"\nprogram = "HIPAA"\nname = "House rules"\nsource = "us"\n'
ITEM = """
[[requirements]]
code = "{code}"
citation = "house rule"
name = "{name}"
description = "{description}"
category = "house"
frequency = "{frequency}"
"""


def pack(version: str, *items: dict[str, str]) -> str:
    usual = {"name": "A rule", "description": "Do it.", "frequency": "annual"}
    return HEAD.format(version) + "".join(ITEM.format(**usual | each) for each in items)


FIRST = pack("1", {"code": "A"}, {"code": "B"}, {"code": "C"})
SECOND = pack(
    "2",
    {"code": "A", "description": "Do it twice."},
    {"code": "C", "name": "Another name", "description": "Do it thrice.", "frequency": "monthly"},
    {"code": "D"},
    {"code": "OWN"},
)
UPGRADE = {"pack": "house", "from_version": "1", "version": "2", "reason": "the rules changed"}


async def brought(client: httpx.AsyncClient, *texts: str) -> None:
    for text in texts:
        answer = await client.post(PACKS, json={"text": text})
        assert answer.status_code == 201, answer.text


async def adopted(client: httpx.AsyncClient, version: str = "1") -> dict[str, str]:
    """The addresses of the requirements that were taken over, by code."""
    answer = await client.post(f"{PACKS}/adopt", json={"pack": "house", "version": version})
    assert answer.status_code == 200, answer.text
    return {each["code"]: f"{REQUIREMENTS}/{each['id']}" for each in answer.json()["items"]}


async def content_of(client: httpx.AsyncClient, address: str) -> dict[str, object]:
    return dict((await client.get(address)).json()["requirement"]["content"])


async def test_a_pack_of_ones_own_is_brought_once_and_listed(officer: httpx.AsyncClient) -> None:
    await brought(officer, FIRST, FIRST)
    listed = (await officer.get(PACKS)).json()["items"]
    ours = [each for each in listed if not each["is_shipped"]]
    assert [(each["id"], each["version"]) for each in ours] == [("house", "1")]
    other = await officer.post(PACKS, json={"text": FIRST.replace("Do it.", "Do not.")})
    assert other.status_code == 422


async def test_every_fault_of_a_pack_is_named(officer: httpx.AsyncClient) -> None:
    refused = await officer.post(
        PACKS, json={"text": pack("1", {"code": "A"}, {"code": "A"}, {"code": "B", "name": " "})}
    )
    assert refused.status_code == 422
    assert "A stands there twice" in refused.text
    assert "B: code, citation, name and description are needed" in refused.text


async def test_an_upgrade_is_seen_before_it_happens(officer: httpx.AsyncClient) -> None:
    await brought(officer, FIRST, SECOND)
    await adopted(officer)
    await made(officer, code="OWN")
    asked = await officer.get(f"{PACKS}/difference", params={"pack": "house", "version": "2"})
    seen = asked.json()
    assert asked.status_code == 200, asked.text
    assert [each["code"] for each in seen["added"]] == ["D"]
    assert [each["code"] for each in seen["retired"]] == ["B"]
    assert [(each["code"], each["taken"]) for each in seen["changed"]] == [
        ("A", ["description"]),
        ("C", ["name", "description", "frequency"]),
    ]
    assert seen["own_codes"] == ["OWN"]
    listed = (await officer.get(REQUIREMENTS)).json()["items"]
    assert {each["requirement"]["pack_version"] for each in listed} == {"1", None}


async def test_an_upgrade_follows_the_pack_and_leaves_what_is_the_companys(
    officer: httpx.AsyncClient,
) -> None:
    await brought(officer, FIRST, SECOND)
    rows = await adopted(officer)
    own = await made(officer, code="OWN")
    changed = await officer.patch(
        rows["C"],
        json={"name": "Our name for it", "reason": "we say so"},
        headers={"If-Match": '"1"'},
    )
    assert changed.status_code == 200, changed.text
    before = await content_of(officer, own)
    done = await officer.post(f"{PACKS}/upgrade", json=UPGRADE)
    assert done.status_code == 200, done.text
    assert [each["kept"] for each in done.json()["changed"]] == [[], ["name"]]
    assert (await content_of(officer, rows["A"]))["description"] == "Do it twice."
    third = await content_of(officer, rows["C"])
    assert (third["name"], third["frequency"]) == ("Our name for it", "monthly")
    assert await content_of(officer, own) == before
    assert (await officer.get(rows["B"])).status_code == 200, "what is retired can be read"
    listed = (await officer.get(REQUIREMENTS)).json()["items"]
    assert {
        each["requirement"]["code"]: each["requirement"]["pack_version"] for each in listed
    } == {
        "A": "2",
        "C": "2",
        "D": "2",
        "OWN": None,
    }


async def test_what_was_retired_and_comes_back_in_the_pack_is_named(
    officer: httpx.AsyncClient,
) -> None:
    await brought(officer, FIRST, SECOND, pack("3", {"code": "A"}, {"code": "B"}))
    await adopted(officer)
    assert (await officer.post(f"{PACKS}/upgrade", json=UPGRADE)).status_code == 200
    asked = await officer.get(f"{PACKS}/difference", params={"pack": "house", "version": "3"})
    seen = asked.json()
    assert (seen["added"], seen["own_codes"]) == ([], ["B"])


async def test_attestations_stay_bound_to_their_version_and_count_unless_the_change_is_material(
    officer: httpx.AsyncClient,
) -> None:
    await brought(officer, FIRST, SECOND)
    rows = await adopted(officer)
    attestations = [await attested(officer, rows[code]) for code in ("A", "C")]
    done = await officer.post(f"{PACKS}/upgrade", json=UPGRADE | {"material_codes": ["C"]})
    assert done.status_code == 200, done.text
    assert await status_of(officer, rows["A"]) == "compliant"
    assert await status_of(officer, rows["C"]) == "in_progress"
    for address in attestations:
        answer = (await officer.get(address)).json()
        assert answer["attestation"]["content_number"] == 1


async def test_of_two_upgrades_at_once_one_wins(officers: list[httpx.AsyncClient]) -> None:
    await brought(officers[0], FIRST, SECOND)
    await adopted(officers[0])
    answers = await asyncio.gather(
        *(each.post(f"{PACKS}/upgrade", json=UPGRADE) for each in officers)
    )
    assert sorted(each.status_code for each in answers) == [200, 409]


async def test_what_is_adopted_is_upgraded_and_what_is_not_is_adopted(
    officer: httpx.AsyncClient,
) -> None:
    await brought(officer, FIRST, SECOND)
    refused = await officer.post(f"{PACKS}/upgrade", json=UPGRADE)
    assert refused.status_code == 409
    await adopted(officer)
    again = await officer.post(f"{PACKS}/adopt", json={"pack": "house", "version": "2"})
    assert again.status_code == 409
    assert again.json()["version"] == "1"
    unknown = await officer.post(f"{PACKS}/upgrade", json=UPGRADE | {"version": "3"})
    assert unknown.status_code == 422
    stray = await officer.post(f"{PACKS}/upgrade", json=UPGRADE | {"material_codes": ["D"]})
    assert stray.status_code == 422
