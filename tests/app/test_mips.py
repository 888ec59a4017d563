"""MIPS submissions over HTTP: what is reported, what becomes of it, what is kept of it."""

import asyncio

import httpx
import pytest

from services.regulatory_compliance.mips.years import TABLE
from tests.builders.mips import (
    BENCHMARKS,
    CLINICIANS,
    COUNTS,
    EXCLUSIONS,
    INTEROPERABILITY,
    LISTS,
    NPI,
    SUBMISSIONS,
    YEAR,
    benchmark,
    load_list,
    load_lists,
    make_clinician,
    make_submission,
    submitted,
    take_step,
)

pytestmark = pytest.mark.anyio

STEPS = ("submit", "accept", "reject", "reopen", "withdraw")


async def statuses(client: httpx.AsyncClient, address: str) -> list[str]:
    steps = (await client.get(f"{address}/steps")).json()["items"]
    return [each["to_status"] for each in steps]


async def test_cms_own_example_scores_what_cms_says(client: httpx.AsyncClient) -> None:
    await load_lists(client)
    address = await make_submission(client, await make_clinician(client), COUNTS)
    score = (await client.get(f"{address}/score")).json()
    (measure,) = score["content"]["measures"]
    assert (measure["points"], measure["basis"]) == ("8.9585", "benchmark")
    (step,) = measure["steps"]
    assert step["arithmetic"].startswith("82.31 in [0, 0, 26.89, 40.49")
    assert step["source"].startswith("42 CFR")
    assert score["content"]["percent"] == "14.9308"
    assert score["is_kept"] is False


async def test_a_score_is_kept_with_what_it_was_computed_by_and_never_anew(
    client: httpx.AsyncClient,
) -> None:
    await load_lists(client)
    clinician = await make_clinician(client)
    address = await submitted(client, clinician, COUNTS)
    row = (await client.get(address)).json()
    kept = (await client.get(f"{address}/score")).json()
    assert (row["status"], row["score_pct"], kept["is_kept"]) == ("submitted", "14.9308", True)
    assert kept["rules_edition"] == TABLE.edition.isoformat()
    assert kept["rules_sha256"] == TABLE.sha256.hex()
    lists = (await client.get(LISTS)).json()["items"]
    assert [kept["measure_list_id"], kept["benchmark_list_id"]] == [each["id"] for each in lists]
    await load_list(client, [benchmark("236"), *BENCHMARKS[1:]])
    await client.patch(
        f"{CLINICIANS}/{clinician}",
        json={"is_small_practice": True},
        headers={"If-Match": '"1"'},
    )
    assert (await client.get(f"{address}/score")).json() == kept
    await take_step(client, address, "reject")
    await take_step(client, address, "reopen")
    await take_step(client, address, "submit")
    scores = (await client.get(f"{address}/scores")).json()["items"]
    assert scores[0] == kept
    assert scores[1]["content"]["measures"][0]["points"] == "9.2310"
    assert scores[1]["content"]["percent"] == "25.3850"


async def test_who_took_which_step_and_when_is_on_record(client: httpx.AsyncClient) -> None:
    await load_lists(client)
    address = await submitted(client, await make_clinician(client), COUNTS)
    for verb in ("reject", "reopen", "submit", "accept"):
        taken = await take_step(client, address, verb, f"{verb} it")
        assert taken.status_code == 200, taken.text
    steps = (await client.get(f"{address}/steps")).json()["items"]
    assert [(each["from_status"], each["to_status"], each["note"]) for each in steps] == [
        (None, "draft", None),
        ("draft", "submitted", "as agreed"),
        ("submitted", "rejected", "reject it"),
        ("rejected", "draft", "reopen it"),
        ("draft", "submitted", "submit it"),
        ("submitted", "accepted", "accept it"),
    ]
    assert all(each["recorded_by"] and each["recorded_at"] for each in steps)


@pytest.mark.parametrize(
    ("path", "refused"),
    [
        ((), ("accept", "reject", "reopen")),
        (("submit",), ("submit", "reopen", "withdraw")),
        (("submit", "accept"), STEPS),
        (("submit", "reject"), ("submit", "accept", "reject")),
        (("withdraw",), STEPS),
    ],
)
async def test_an_illegal_step_is_refused_and_changes_nothing(
    client: httpx.AsyncClient, path: tuple[str, ...], refused: tuple[str, ...]
) -> None:
    await load_lists(client)
    address = await make_submission(client, await make_clinician(client), COUNTS)
    for verb in path:
        assert (await take_step(client, address, verb)).status_code == 200
    before = (await client.get(address)).json()
    for verb in refused:
        answer = await take_step(client, address, verb)
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/illegal-transition")
    assert (await client.get(address)).json() == before


async def test_of_two_at_once_one_wins(client: httpx.AsyncClient) -> None:
    await load_lists(client)
    address = await submitted(client, await make_clinician(client), COUNTS)
    answers = await asyncio.gather(
        *(take_step(client, address, verb) for verb in ("accept", "reject", "accept"))
    )
    assert sorted(each.status_code == 200 for each in answers) == [False, False, True]
    assert len(await statuses(client, address)) == 3


async def test_what_is_submitted_is_what_was_seen(client: httpx.AsyncClient) -> None:
    await load_lists(client)
    address = await make_submission(client, await make_clinician(client), COUNTS)
    seen = (await client.get(address)).headers["ETag"]
    await client.post(f"{address}/measures", json=COUNTS | {"measure_id": "047"})
    stale = await client.post(f"{address}/submit", json={}, headers={"If-Match": seen})
    assert stale.status_code == 412


async def test_only_a_draft_is_changed(client: httpx.AsyncClient) -> None:
    await load_lists(client)
    address = await submitted(client, await make_clinician(client), COUNTS)
    (measure,) = (await client.get(f"{address}/measures")).json()["items"]
    current = {"If-Match": '"3"'}
    own = {"If-Match": '"1"'}
    answers = [
        await client.patch(address, json={"performance_end": "2026-06-30"}, headers=current),
        await client.post(f"{address}/measures", json=COUNTS | {"measure_id": "047"}),
        await client.patch(f"{address}/measures/{measure['id']}", json={"met": 1}, headers=own),
        await client.delete(f"{address}/measures/{measure['id']}", headers=own),
    ]
    assert [each.status_code for each in answers] == [409] * 4
    assert {each.json()["type"] for each in answers} == {"/problems/no-longer-draft"}


async def test_one_stands_at_a_time_beside_those_rejected_or_withdrawn(
    client: httpx.AsyncClient,
) -> None:
    await load_lists(client)
    clinician = await make_clinician(client)
    first = await submitted(client, clinician, COUNTS)
    given = {"clinician_id": clinician, "category": "quality", "submission_method": "registry"}
    assert (await client.post(SUBMISSIONS, json=given)).status_code == 409
    await make_submission(client, clinician, submission_method="claims")
    await take_step(client, first, "reject")
    second = await make_submission(client, clinician)
    assert (await take_step(client, first, "reopen")).status_code == 409
    await take_step(client, second, "withdraw")
    assert (await take_step(client, first, "reopen")).status_code == 200


async def test_measures_are_added_changed_and_removed(client: httpx.AsyncClient) -> None:
    await load_lists(client)
    address = await make_submission(client, await make_clinician(client), COUNTS)
    (measure,) = (await client.get(f"{address}/measures")).json()["items"]
    own = f"{address}/measures/{measure['id']}"
    changed = await client.patch(own, json={"met": 8_000}, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.json()["met"]) == (200, 8_000)
    stale = await client.patch(own, json={"met": 7_000}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    assert (await client.post(f"{address}/measures", json=COUNTS)).status_code == 409
    gone = await client.delete(own, headers={"If-Match": '"2"'})
    assert gone.status_code == 204
    assert (await client.get(f"{address}/measures")).json()["items"] == []
    assert (await client.get(address)).json()["content_number"] == 4
    empty = await take_step(client, address, "submit")
    assert (empty.status_code, empty.json()["errors"][0]["pointer"]) == (422, "/measures")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"eligible": 9_999}, "/eligible"),
        ({"eligible": 10_001, "is_end_to_end": True}, "/eligible"),
        ({"measure_id": "999"}, "/measure_id"),
        ({"measure_id": "IA_BE_1"}, "/measure_id"),
        ({"stratum": "overall"}, "/stratum"),
        ({"measure_id": "226"}, "/stratum"),
        ({"measure_id": "226", "stratum": "third"}, "/stratum"),
    ],
)
async def test_what_cannot_be_reported_is_named(
    client: httpx.AsyncClient, changes: dict[str, object], pointer: str
) -> None:
    await load_lists(client)
    address = await make_submission(client, await make_clinician(client))
    refused = await client.post(f"{address}/measures", json=COUNTS | changes)
    assert refused.status_code == 422
    assert pointer in [each["pointer"] for each in refused.json()["errors"]]


async def test_a_change_keeps_the_counts_within_the_eligible(client: httpx.AsyncClient) -> None:
    await load_lists(client)
    address = await make_submission(client, await make_clinician(client), COUNTS)
    (measure,) = (await client.get(f"{address}/measures")).json()["items"]
    refused = await client.patch(
        f"{address}/measures/{measure['id']}", json={"met": 9_000}, headers={"If-Match": '"1"'}
    )
    assert refused.status_code == 422
    assert "sum to 10769" in refused.text


async def test_a_measure_with_several_rates_needs_all_of_them(client: httpx.AsyncClient) -> None:
    await load_lists(client)
    rate = COUNTS | {"measure_id": "226", "eligible": 100, "met": 60, "not_met": 40}
    address = await make_submission(
        client, await make_clinician(client), rate | {"stratum": "first"}
    )
    refused = await take_step(client, address, "submit")
    assert (refused.status_code, "lacks the stratum second" in refused.text) == (422, True)
    second = rate | {"stratum": "second", "met": 80, "not_met": 20}
    await client.post(f"{address}/measures", json=second)
    assert (await take_step(client, address, "submit")).status_code == 200
    (measure,) = (await client.get(f"{address}/score")).json()["content"]["measures"]
    assert measure["points"] == "8.0000"


async def test_why_a_measure_has_no_benchmark_is_said(client: httpx.AsyncClient) -> None:
    await load_lists(client)
    await load_list(client, EXCLUSIONS)
    address = await make_submission(
        client, await make_clinician(client), COUNTS | {"measure_id": "047"}
    )
    content = (await client.get(f"{address}/score")).json()["content"]
    assert content["missing"] == ["047: no benchmark (BR-009)"]
    assert content["measures"][0]["basis"] == "no_benchmark"


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"tin": "12345678"}, "tin"),
        ({"tin": "000000000"}, "tin"),
        ({"npi": "1234567890"}, "check digit"),
        ({"npi": "123456789"}, "npi"),
        ({"performance_year": 2031}, "there are no rules for 2031"),
    ],
)
async def test_tin_npi_and_year_are_checked(
    client: httpx.AsyncClient, changes: dict[str, object], fault: str
) -> None:
    given = {"performance_year": YEAR, "tin": "123456789", "npi": NPI, "name": "Dr. Ada"}
    refused = await client.post(CLINICIANS, json=given | changes)
    assert refused.status_code == 422
    assert fault in refused.text


async def test_a_clinician_and_a_group_are_there_once_a_year(client: httpx.AsyncClient) -> None:
    given = {"performance_year": YEAR, "tin": "123456789", "name": "Dr. Ada"}
    for person in ({"npi": NPI}, {}):
        assert (await client.post(CLINICIANS, json=given | person)).status_code == 201
        assert (await client.post(CLINICIANS, json=given | person)).status_code == 409
    assert (await client.post(CLINICIANS, json=given | {"performance_year": 2025})).is_success


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"category": "cost"}, "cost is not submitted by registry"),
        ({"category": "ia", "submission_method": "claims"}, "ia is not submitted by claims"),
        ({"performance_start": "2025-12-31"}, "is no day of 2026"),
        ({"performance_start": "2026-05-01", "performance_end": "2026-04-30"}, "before the first"),
        ({"clinician_id": "0199f0a0-0000-7000-8000-000000000000"}, "names nothing that exists"),
    ],
)
async def test_a_submission_that_cannot_be_is_refused(
    client: httpx.AsyncClient, changes: dict[str, object], fault: str
) -> None:
    given = {
        "clinician_id": await make_clinician(client),
        "category": "quality",
        "submission_method": "registry",
    }
    refused = await client.post(SUBMISSIONS, json=given | changes)
    assert refused.status_code == 422
    assert fault in refused.text


async def test_without_cmss_lists_nothing_is_reported(client: httpx.AsyncClient) -> None:
    address = await make_submission(client, await make_clinician(client))
    refused = await client.post(f"{address}/measures", json=COUNTS)
    assert refused.status_code == 409
    assert refused.json()["detail"] == "Load CMS's measures for 2026 first."


async def test_lists_are_narrowed(client: httpx.AsyncClient) -> None:
    await load_lists(client)
    one, other = await make_clinician(client), await make_clinician(client, tin="987654321")
    address = await submitted(client, one, COUNTS)
    await make_submission(client, one, submission_method="claims")
    await make_submission(client, other, category="ia")
    for parameters, count in (
        ({}, 3),
        ({"status": "submitted"}, 1),
        ({"tin": "123456789"}, 2),
        ({"tin": "987654321", "npi": NPI}, 1),
        ({"category": "ia"}, 1),
        ({"performance_year": "2025"}, 0),
        ({"clinician_id": one, "status": "draft"}, 1),
    ):
        found = (await client.get(SUBMISSIONS, params=parameters)).json()["items"]
        assert len(found) == count, parameters
    (only,) = (await client.get(SUBMISSIONS, params={"status": "submitted"})).json()["items"]
    assert address.endswith(only["id"])


async def test_promoting_interoperability_needs_its_parts(client: httpx.AsyncClient) -> None:
    await load_lists(client)
    address = await make_submission(
        client, await make_clinician(client), *INTEROPERABILITY, category="pi"
    )
    content = (await client.get(f"{address}/score")).json()["content"]
    assert (content["percent"], content["missing"]) == ("0.0000", ["certified technology (CEHRT)"])
    version = (await client.get(address)).headers["ETag"]
    await client.patch(address, json={"cehrt_id": "0015HQJ4N7T3KRA"}, headers={"If-Match": version})
    content = (await client.get(f"{address}/score")).json()["content"]
    assert content["percent"] == "94.0000"
