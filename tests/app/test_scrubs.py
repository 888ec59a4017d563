"""The scrubber over HTTP: what the rules say of a claim, and what comes of it."""

import asyncio
from typing import Any

import httpx
import pytest
from litestar import Litestar

from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.claims import ClaimStatus
from storage.vocabulary.codes import CHARGES, CodeKind
from storage.vocabulary.identity import Role
from tests.builders.claims import new_line
from tests.builders.companies import CompanyForTests
from tests.builders.people import browser, make_person, sign_in
from tests.builders.scrubbing import Practice

pytestmark = pytest.mark.anyio

CLAIMS = "/api/v1/claims"
RULES = "/api/v1/claim-rules"
HIGH = {
    "rule_key": "high_charges",
    "severity": "hold",
    "title": "High charges are looked at",
    "remedy": "Have the charge checked.",
    "condition": {
        "type": "compare",
        "field": "charge_cents",
        "operator": "more_than",
        "values": ["5000"],
    },
}


@pytest.fixture
async def practice(storage: PostgresStorage, company: CompanyForTests) -> Practice:
    return await Practice.open(storage, company)


async def scrubbed(client: httpx.AsyncClient, claim_id: object) -> dict[str, Any]:
    answer = await client.post(f"{CLAIMS}/{claim_id}/scrub")
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said


def found(said: dict[str, Any], status: str = "fail") -> list[tuple[str, str]]:
    return [(e["rule_id"], e["pointer"]) for e in said["results"] if e["status"] == status]


async def ready(client: httpx.AsyncClient, claim_id: object, version: int = 1) -> httpx.Response:
    return await client.post(f"{CLAIMS}/{claim_id}/ready", headers={"If-Match": f'"{version}"'})


async def test_a_sound_claim_is_clean_and_what_is_not_known_is_said(
    client: httpx.AsyncClient, practice: Practice
) -> None:
    on = await practice.claim()
    said = await scrubbed(client, on.claim.id)
    assert said["run"]["is_clean"] is True
    assert found(said) == []
    assert {rule for rule, _ in found(said, "no_data")} == {
        "authorization",
        "charge_below_schedule",
        "diagnosis_in_force",
        "procedure_in_force",
        "procedure_pairs",
        "unit_limit",
    }
    assert said["run"]["no_data_count"] == len(found(said, "no_data"))
    assert "dates@1" in said["run"]["passed"]
    assert not [each for each in said["run"]["passed"] if each.startswith("procedure_pairs")]
    assert (await ready(client, on.claim.id)).status_code == 200


async def test_loaded_tables_turn_no_data_into_answers(
    client: httpx.AsyncClient, practice: Practice
) -> None:
    await practice.load(CodeKind.DIAGNOSES, "code\nH4011X1\n")
    await practice.load(CodeKind.PROCEDURES, "code\n92014\n92083\n")
    await practice.load(
        CodeKind.PROCEDURE_PAIRS, "column_one,column_two,modifier_allowed\n92014,92083,1\n"
    )
    await practice.load(CodeKind.UNIT_LIMITS, "code,units\n92014,1\n")
    await practice.load(CodeKind.FEES, "code,amount\n92014,100\n", schedule=CHARGES)
    await practice.load(CodeKind.AUTHORIZATIONS, "code\n92083\n", payer_id=practice.payer.id)
    said = await scrubbed(client, (await practice.claim()).claim.id)
    assert (found(said), found(said, "no_data")) == ([], [])
    flawed = await practice.claim(
        lines=[
            new_line(15_000, procedure_code="92014").model_copy(update={"units": 2}),
            new_line(5_000, procedure_code="92083"),
            new_line(5_000, procedure_code="99999"),
        ]
    )
    assert set(found(await scrubbed(client, flawed.claim.id))) == {
        ("authorization", "/lines/1/procedure_code"),
        ("charge_below_schedule", "/lines/0/charge_cents"),
        ("procedure_in_force", "/lines/2/procedure_code"),
        ("procedure_pairs", "/lines/1/procedure_code"),
        ("unit_limit", "/lines/0/units"),
    }


async def test_a_claim_that_lacks_something_says_what_and_is_not_clean(
    client: httpx.AsyncClient, practice: Practice
) -> None:
    on = await practice.claim()
    changed = await client.patch(
        f"{CLAIMS}/{on.claim.id}",
        json={"subscriber_id": "ANOTHER"},
        headers={"If-Match": '"1"'},
    )
    assert changed.status_code == 200
    said = await scrubbed(client, on.claim.id)
    assert (said["run"]["is_clean"], said["run"]["is_complete"]) == (False, False)
    assert found(said, "no_data") == [("claim_complete", "/subscriber_id")]
    assert said["run"]["passed"] == []


async def test_what_was_refused_is_kept_and_the_first_run_stays_the_first(
    client: httpx.AsyncClient, practice: Practice
) -> None:
    on = await practice.claim(lines=[new_line(), new_line()])
    refused = await ready(client, on.claim.id)
    assert refused.status_code == 422
    assert [(e["rule"], e["pointer"]) for e in refused.json()["findings"]] == [
        ("line_repeated", "/lines/1")
    ]
    again = await ready(client, on.claim.id)
    assert again.status_code == 422
    mended = await client.delete(
        f"{CLAIMS}/{on.claim.id}/lines/{on.lines[1].id}", headers={"If-Match": '"1"'}
    )
    assert mended.status_code == 200
    assert (await ready(client, on.claim.id, 2)).status_code == 200
    runs = (await client.get(f"{CLAIMS}/{on.claim.id}/scrub-runs")).json()["items"]
    assert [(e["run_number"], e["claim_version"], e["is_clean"]) for e in runs] == [
        (2, 2, True),
        (1, 1, False),
    ]
    first = (await client.get(f"/api/v1/scrub-runs/{runs[1]['id']}")).json()
    assert found(first) == [("line_repeated", "/lines/1")]
    assert first["results"][0]["remedy"]


async def test_the_same_services_a_second_time_are_a_duplicate(
    client: httpx.AsyncClient, practice: Practice
) -> None:
    first = await practice.claim(status=ClaimStatus.SUBMITTED)
    assert found(await scrubbed(client, first.claim.id)) == []
    again, other = await practice.claim(), await practice.claim(charges_cents=(9_000,))
    assert found(await scrubbed(client, again.claim.id)) == [("claim_repeated", "")]
    assert found(await scrubbed(client, other.claim.id)) == []


async def test_of_two_claims_for_the_same_services_one_is_made_ready(
    client: httpx.AsyncClient, practice: Practice
) -> None:
    """Both would go out in one file; neither has gone out before the other."""
    first, second = await practice.claim(), await practice.claim()
    answers = await asyncio.gather(*(ready(client, each.claim.id) for each in (first, second)))
    assert sorted(each.status_code for each in answers) == [200, 422]
    (turned_away,) = [each for each in answers if each.status_code == 422]
    assert "claim_repeated" in turned_away.text
    made_ready = first if answers[0].status_code == 200 else second
    assert found(await scrubbed(client, made_ready.claim.id)) == []


async def test_a_rule_is_tried_before_it_is_switched_on_and_holds_claims_then(
    client: httpx.AsyncClient, practice: Practice, application: Litestar
) -> None:
    await practice.claims(3, status=ClaimStatus.SUBMITTED)
    on = await practice.claim(charges_cents=(6_000,))
    made = await client.post(RULES, json=HIGH)
    assert made.status_code == 201, made.text
    rule = made.headers["Location"]
    early = await client.post(f"{rule}/enable", headers={"If-Match": '"1"'})
    assert (early.status_code, early.json()["type"]) == (409, "/problems/rule-not-tried")
    days = {"service_from": "2025-01-01", "service_until": "2025-12-31"}
    trial = await client.post(f"{rule}/trials", json=days)
    assert trial.status_code == 201, trial.text
    counts = [trial.json()[name] for name in ("considered", "examined", "matched")]
    assert counts == [4, 4, 4]
    enabled = await client.post(f"{rule}/enable", headers={"If-Match": '"1"'})
    assert enabled.json()["enabled_revision"] == 1
    held = await ready(client, on.claim.id)
    assert (held.status_code, held.json()["type"]) == (409, "/problems/claim-held")
    assert [each["rule_id"] for each in held.json()["held_by"]] == ["company:high_charges"]
    together = await client.post(f"{CLAIMS}/ready", json={"claim_ids": [str(on.claim.id)]})
    (kept_back,) = together.json()["refused"]
    assert kept_back["held_by"] == held.json()["held_by"]
    release = {"rule_id": "company:high_charges", "reason": "The charge was checked"}
    path, unchanged = f"{CLAIMS}/{on.claim.id}/scrub-releases", {"If-Match": '"1"'}
    by_key = await client.post(path, json=release, headers=unchanged)
    assert by_key.status_code == 403
    person = await make_person(practice.storage, practice.company, Role.RCM_MANAGER)
    async with browser(application) as manager:
        await sign_in(manager, person)
        wrong = await manager.post(
            path, json=release | {"rule_id": "company:other"}, headers=unchanged
        )
        assert wrong.status_code == 422
        released = await manager.post(path, json=release, headers=unchanged)
        assert (released.status_code, released.json()["recorded_by"]) == (201, str(person.id))
    assert (await ready(client, on.claim.id)).status_code == 200
    reopened = await client.post(f"{CLAIMS}/{on.claim.id}/reopen", headers={"If-Match": '"2"'})
    assert reopened.status_code == 200
    assert (await ready(client, on.claim.id, 3)).status_code == 409


async def test_a_revised_rule_holds_as_before_until_it_is_tried_again(
    client: httpx.AsyncClient, practice: Practice
) -> None:
    on = await practice.claim()
    made = await client.post(RULES, json=HIGH)
    rule = made.headers["Location"]
    days = {"service_from": "2025-01-01", "service_until": "2025-12-31"}
    await client.post(f"{rule}/trials", json=days)
    await client.post(f"{rule}/enable", headers={"If-Match": '"1"'})
    content = {name: value for name, value in HIGH.items() if name != "rule_key"}
    revised = await client.put(
        rule, json=content | {"severity": "warning"}, headers={"If-Match": '"2"'}
    )
    assert (revised.json()["revision"], revised.json()["enabled_revision"]) == (2, 1)
    assert found(await scrubbed(client, on.claim.id)) == [("company:high_charges", "")]
    early = await client.post(f"{rule}/enable", headers={"If-Match": '"3"'})
    assert early.json()["revision"] == 2
    await client.post(f"{rule}/trials", json=days)
    await client.post(f"{rule}/enable", headers={"If-Match": '"3"'})
    said = await scrubbed(client, on.claim.id)
    assert [
        (e["rule_version"], e["severity"]) for e in said["results"] if e["status"] == "fail"
    ] == [(2, "warning")]
    disabled = await client.post(f"{rule}/disable", headers={"If-Match": '"4"'})
    assert disabled.json()["enabled_revision"] is None
    assert found(await scrubbed(client, on.claim.id)) == []
    history = (await client.get(f"{rule}/revisions")).json()["items"]
    assert [each["severity"] for each in history] == ["warning", "hold"]


async def test_everything_that_is_wrong_with_a_condition_is_named(
    client: httpx.AsyncClient,
) -> None:
    condition = {
        "type": "all",
        "conditions": [
            {"type": "compare", "field": "shoe_size", "operator": "is_one_of", "values": ["43"]},
            {"type": "not", "condition": {"type": "any", "conditions": []}},
            {"type": "compare", "field": "charge_cents", "operator": "less_than", "values": ["x"]},
        ],
    }
    refused = await client.post(RULES, json=HIGH | {"condition": condition})
    assert refused.status_code == 422
    assert {each["pointer"] for each in refused.json()["errors"]} == {
        "/condition/conditions/0/field",
        "/condition/conditions/1/condition/conditions",
        "/condition/conditions/2/values/0",
    }


async def test_a_rule_that_is_passed_by_says_why(
    client: httpx.AsyncClient, practice: Practice
) -> None:
    on = await practice.claim(lines=[new_line(), new_line()])
    bypass = {"rule_id": "line_repeated", "reason": "Our payer takes repeated lines"}
    unknown = await client.post("/api/v1/rule-bypasses", json=bypass | {"rule_id": "unheard_of"})
    assert unknown.status_code == 422
    made = await client.post("/api/v1/rule-bypasses", json=bypass)
    assert made.status_code == 201
    assert (await client.post("/api/v1/rule-bypasses", json=bypass)).status_code == 409
    said = await scrubbed(client, on.claim.id)
    assert said["run"]["is_clean"] is True
    assert found(said, "bypassed") == [("line_repeated", "")]
    in_force = (await client.get(f"{RULES}/in-force")).json()["rules"]
    told = {e["rule_id"]: e["bypassed_because"] for e in in_force if e["bypassed_because"]}
    assert told == {"line_repeated": bypass["reason"]}
    ended = await client.post(
        f"/api/v1/rule-bypasses/{made.json()['id']}/end", headers={"If-Match": '"1"'}
    )
    assert ended.status_code == 200
    assert found(await scrubbed(client, on.claim.id)) == [("line_repeated", "/lines/1")]


async def test_many_claims_are_scrubbed_at_once_by_id_or_by_batch(
    client: httpx.AsyncClient, practice: Practice, other_company: CompanyForTests
) -> None:
    made = await practice.claims(3, status=ClaimStatus.READY_TO_SUBMIT)
    ids = [str(each.claim.id) for each in made]
    batch = await client.post(
        "/api/v1/batches", json={"payer_id": str(practice.payer.id), "claim_ids": ids}
    )
    by_batch = await client.post("/api/v1/scrub-runs", json={"batch_id": batch.json()["id"]})
    assert [each["claim_id"] for each in by_batch.json()["runs"]] == sorted(ids)
    by_ids = await client.post("/api/v1/scrub-runs", json={"claim_ids": ids[:2]})
    assert [each["run_number"] for each in by_ids.json()["runs"]] == [1, 1]
    nothing = await client.post("/api/v1/scrub-runs", json={})
    assert nothing.status_code == 422
    foreign = await Practice.open(practice.storage, other_company)
    theirs = str((await foreign.claim()).claim.id)
    refused = await client.post("/api/v1/scrub-runs", json={"claim_ids": [ids[0], theirs]})
    assert refused.status_code == 422
    assert [each["pointer"] for each in refused.json()["errors"]] == ["/claim_ids/1"]
