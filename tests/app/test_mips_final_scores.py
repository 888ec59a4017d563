"""The final score of a clinician or group over HTTP, and the file for CMS."""

import json

import httpx
import pytest

from tests.builders.mips import (
    CLINICIANS,
    COUNTS,
    INTEROPERABILITY,
    NPI,
    load_lists,
    make_clinician,
    make_submission,
    submitted,
    take_step,
)

pytestmark = pytest.mark.anyio

COST = {"measure_id": "TPCC_1", "kind": "value", "value": "25", "cases": 40}
"""In the middle of decile 8, from 30 to 20, for less is better: 8.5 points."""
IA = ({"measure_id": "IA_BE_1", "kind": "attested"}, {"measure_id": "IA_BE_2", "kind": "attested"})
BY_CLAIMS = {"category": "cost", "submission_method": "administrativeClaims"}
CEHRT = {"category": "pi", "cehrt_id": "0015HQJ4N7T3KRA"}


async def final(client: httpx.AsyncClient, clinician: str, **parameters: str) -> httpx.Response:
    return await client.get(f"{CLINICIANS}/{clinician}/final-score", params=parameters)


async def everything(client: httpx.AsyncClient, clinician: str) -> None:
    """Quality 14.9308, cost 85, activities 100 and interoperability 94 percent."""
    await submitted(client, clinician, COUNTS)
    await submitted(client, clinician, COST, **BY_CLAIMS)
    await submitted(client, clinician, *IA, category="ia")
    await submitted(client, clinician, *INTEROPERABILITY, **CEHRT)


async def test_four_categories_become_one_score_and_a_payment(client: httpx.AsyncClient) -> None:
    await load_lists(client)
    clinician = await make_clinician(client, complex_patient_bonus="1.5")
    await everything(client, clinician)
    found = (await final(client, clinician)).json()
    parts = {each["category"]: each for each in found["categories"]}
    shown = {name: (each["percent"], each["weight_pct"]) for name, each in parts.items()}
    assert shown == {
        "quality": ("14.9308", 30),
        "cost": ("85.0000", 30),
        "ia": ("100.0000", 15),
        "pi": ("94.0000", 25),
    }
    assert found["score"] == "69.98"  # 4.4792 + 25.5 + 15 + 23.5 + 1.5
    assert found["adjustment_pct"] == "-0.60"  # -9 x (75 - 69.98) / 75
    assert (found["performance_year"], found["payment_year"]) == (2026, 2028)
    assert [each["what"] for each in found["steps"]][-2:] == [
        "Final score",
        "Payment adjustment in percent",
    ]
    assert all(each["source"] for each in found["steps"])
    assert not any(each["is_verified"] for each in found["steps"])


async def test_a_category_that_is_not_submitted_counts_with_nothing(
    client: httpx.AsyncClient,
) -> None:
    await load_lists(client)
    clinician = await make_clinician(client)
    assert (await final(client, clinician)).json()["type"] == "/problems/nothing-submitted"
    await submitted(client, clinician, *IA, category="ia")
    found = (await final(client, clinician)).json()
    assert {each["category"]: each["basis"] for each in found["categories"]} == {
        "quality": "not_submitted",
        "cost": "reweighted",
        "ia": "scored",
        "pi": "not_submitted",
    }
    assert (found["score"], found["adjustment_pct"]) == ("15.00", "-9.00")


@pytest.mark.parametrize(
    ("facts", "weights"),
    [
        ({"is_small_practice": True}, {"quality": 50, "ia": 50}),
        ({"excused_categories": ["pi"]}, {"quality": 85, "ia": 15}),
        ({"excused_categories": ["pi", "quality"]}, {"quality": 85, "ia": 15}),
    ],
)
async def test_the_weight_of_what_is_excused_moves(
    client: httpx.AsyncClient, facts: dict[str, object], weights: dict[str, int]
) -> None:
    """What is submitted counts, though it is excused."""
    await load_lists(client)
    clinician = await make_clinician(client, **facts)
    await submitted(client, clinician, COUNTS)
    await submitted(client, clinician, *IA, category="ia")
    found = (await final(client, clinician)).json()
    weighed = {each["category"]: each["weight_pct"] for each in found["categories"]}
    assert {name: weight for name, weight in weighed.items() if weight} == weights


async def test_quality_by_several_methods_is_one_category(client: httpx.AsyncClient) -> None:
    """The better of one measure counts: 9.2310 by claims."""
    await load_lists(client)
    clinician = await make_clinician(client)
    await submitted(client, clinician, COUNTS, COUNTS | {"measure_id": "047"})
    await submitted(client, clinician, COUNTS, submission_method="claims")
    quality = (await final(client, clinician)).json()["categories"][0]
    assert (quality["percent"], len(quality["submission_ids"])) == ("15.3850", 2)


async def test_drafts_count_only_where_they_are_asked_for(client: httpx.AsyncClient) -> None:
    await load_lists(client)
    clinician = await make_clinician(client)
    await submitted(client, clinician, *IA, category="ia")
    await make_submission(client, clinician, COUNTS)
    assert (await final(client, clinician)).json()["categories"][0]["percent"] == "0.0000"
    estimate = (await final(client, clinician, with_drafts="true")).json()
    assert estimate["categories"][0]["percent"] == "14.9308"
    await make_submission(client, clinician, category="pi")
    assert (await final(client, clinician, with_drafts="true")).json() == estimate, "it is empty"


async def test_what_is_rejected_no_longer_counts(client: httpx.AsyncClient) -> None:
    await load_lists(client)
    clinician = await make_clinician(client)
    address = await submitted(client, clinician, *IA, category="ia")
    await take_step(client, address, "reject")
    assert (await final(client, clinician)).status_code == 409


async def test_a_scaling_factor_is_bounded(client: httpx.AsyncClient) -> None:
    await load_lists(client)
    clinician = await make_clinician(client)
    await submitted(client, clinician, *IA, category="ia")
    for factor, status in (("3", 200), ("3.1", 422), ("0", 422), ("-1", 400), ("NaN", 400)):
        assert (await final(client, clinician, scaling_factor=factor)).status_code == status


async def test_the_file_for_cms_holds_what_was_submitted(client: httpx.AsyncClient) -> None:
    await load_lists(client)
    clinician = await make_clinician(client)
    assert (await client.get(f"{CLINICIANS}/{clinician}/qpp-submission")).status_code == 409
    await everything(client, clinician)
    await make_submission(client, clinician, COUNTS, submission_method="claims")
    answer = await client.get(f"{CLINICIANS}/{clinician}/qpp-submission")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="qpp-submission.json"'
    sent = json.loads(answer.content)
    sets = sent.pop("measurementSets")
    assert sent == {
        "entityType": "individual",
        "taxpayerIdentificationNumber": "123456789",
        "nationalProviderIdentifier": NPI,
        "performanceYear": 2026,
    }
    assert [each["category"] for each in sets] == ["quality", "ia", "pi"]
    assert sets[0] == {
        "category": "quality",
        "submissionMethod": "registry",
        "performanceStart": "2026-01-01",
        "performanceEnd": "2026-12-31",
        "measurements": [
            {
                "measureId": "236",
                "value": {
                    "isEndToEndReported": False,
                    "eligiblePopulation": 10_000,
                    "performanceMet": 8_231,
                    "performanceNotMet": 1_769,
                    "eligiblePopulationException": 0,
                    "eligiblePopulationExclusion": 0,
                },
            }
        ],
    }
    assert sets[1]["measurements"] == [
        {"measureId": "IA_BE_1", "value": True},
        {"measureId": "IA_BE_2", "value": True},
    ]
    assert sets[2]["cehrtId"] == "0015HQJ4N7T3KRA"
    assert {"measureId": "PI_EP_1", "value": {"numerator": 9, "denominator": 10}} in sets[2][
        "measurements"
    ]


async def test_a_group_has_no_npi_in_it(client: httpx.AsyncClient) -> None:
    await load_lists(client)
    group = await make_clinician(client, npi=None)
    await submitted(client, group, *IA, category="ia")
    sent = (await client.get(f"{CLINICIANS}/{group}/qpp-submission")).json()
    assert (sent["entityType"], "nationalProviderIdentifier" in sent) == ("group", False)
