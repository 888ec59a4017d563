"""CMS's lists over HTTP: loaded whole or not at all, by what is in them."""

import json

import httpx
import pytest

from tests.builders.mips import (
    BENCHMARKS,
    COUNTS,
    EXCLUSIONS,
    LISTS,
    MEASURES,
    TENS,
    benchmark,
    load_list,
    load_lists,
    make_clinician,
    make_submission,
)
from tests.regulatory_compliance.mips.published import FOLDER, needs_published

pytestmark = pytest.mark.anyio


async def test_a_list_is_loaded_once_and_looked_at(client: httpx.AsyncClient) -> None:
    made = await load_list(client, BENCHMARKS, file_name="benchmarks.json")
    assert made.status_code == 201
    row = made.json()
    assert (row["kind"], row["performance_year"], row["row_count"]) == ("benchmarks", 2026, 4)
    again = await load_list(client, BENCHMARKS, file_name="renamed.json")
    assert (again.status_code, again.json()) == (200, row)
    assert (await client.get(made.headers["Location"])).json() == row
    assert (await client.get(LISTS, params={"kind": "benchmarks"})).json()["items"] == [row]
    found = await client.get(f"{made.headers['Location']}/benchmarks", params={"measure": "226"})
    (one,) = found.json()["items"]
    assert one["cut_offs"]["percentiles"] == [str(each) for each in TENS]


async def test_what_a_file_is_follows_from_its_content(client: httpx.AsyncClient) -> None:
    for entries, kind in ((BENCHMARKS, "benchmarks"), (EXCLUSIONS, "exclusions")):
        assert (await load_list(client, entries)).json()["kind"] == kind
    assert (await load_list(client, MEASURES)).status_code == 422
    loaded = (await load_list(client, MEASURES, performance_year=2026)).json()
    assert loaded["kind"] == "measures"
    measures = await client.get(f"{LISTS}/{loaded['id']}/measures", params={"measure": "226"})
    assert measures.json()["items"][0]["strata"] == ["first", "second"]


TWICE = [BENCHMARKS[0], BENCHMARKS[0]]
CUT_OFF = json.dumps(BENCHMARKS).encode()[:-20]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no list in JSON"),
        (b"[]", "the file's list is empty"),
        (CUT_OFF, "no list in JSON"),
        (b"measureId,decile\n236,1\n", "no list in JSON"),
        ([{"code": "99213"}], "none of CMS's lists"),
        ([1, 2], "none of CMS's lists"),
        (TWICE, "entry 2: 236 by registry in 2026 stands there twice"),
        ([benchmark("236", cut_offs=TENS[::-1])], "entry 1: percentiles do not ascend"),
        ([*BENCHMARKS, {"percentiles": {}}], "entry 5: Object missing required field"),
        ([*BENCHMARKS, benchmark("1", performanceYear=2025)], "several years: 2025, 2026"),
        ([benchmark("1", performanceYear=2031)], "there are no rules for 2031"),
    ],
)
async def test_of_a_file_that_cannot_be_used_nothing_is_loaded(
    client: httpx.AsyncClient, content: object, said: str
) -> None:
    refused = await load_list(client, content)
    assert refused.status_code == 422
    assert said in refused.text
    assert (await client.get(LISTS)).json()["items"] == []


async def test_a_file_of_another_year_than_said_is_refused(client: httpx.AsyncClient) -> None:
    refused = await load_list(client, BENCHMARKS, performance_year=2025)
    assert refused.json()["detail"] == "the file is of 2026, not of 2025. Nothing was loaded."


async def test_the_last_one_loaded_holds_until_it_is_withdrawn(client: httpx.AsyncClient) -> None:
    async def points() -> str:
        content = (await client.get(f"{address}/score")).json()["content"]
        return str(content["measures"][0]["points"])

    await load_lists(client)
    address = await make_submission(client, await make_clinician(client), COUNTS)
    assert await points() == "8.9585"
    second = await load_list(client, [benchmark("236")])
    assert await points() == "9.2310"
    reason = {"reason": "the wrong file"}
    own = f"{second.headers['Location']}/withdraw"
    assert (await client.post(own, json=reason, headers={"If-Match": '"1"'})).status_code == 200
    assert await points() == "8.9585"
    twice = await client.post(own, json=reason, headers={"If-Match": '"2"'})
    assert (twice.status_code, twice.json()["type"]) == (409, "/problems/list-withdrawn")
    assert (await load_list(client, [benchmark("236")])).status_code == 201


@needs_published
async def test_cms_own_lists_are_loaded_and_score(client: httpx.AsyncClient) -> None:
    """The points are derived from CMS's cut-offs of 2026 by hand: 72 begins decile 7, and 75 the
    eighth."""
    for name, rows in (
        ("benchmarks-2026.json", 293),
        ("benchmarks-2025.json", 380),
        ("benchmark-exclusion-reasons-2026.json", 196),
    ):
        loaded = await load_list(client, (FOLDER / name).read_bytes())
        assert (loaded.status_code, loaded.json()["row_count"]) == (201, rows)
    content = (FOLDER / "measures-data-2026.json").read_bytes()
    loaded = await load_list(client, content, performance_year=2026)
    assert loaded.json()["row_count"] == 574
    ehr = {"submission_method": "electronicHealthRecord"}
    rate = COUNTS | {"is_end_to_end": True, "eligible": 100, "met": 75, "not_met": 25}
    address = await make_submission(client, await make_clinician(client), rate, **ehr)
    (measure,) = (await client.get(f"{address}/score")).json()["content"]["measures"]
    assert (measure["points"], measure["is_outcome"]) == ("8.0000", True)
