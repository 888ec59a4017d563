"""Small lists in the form of CMS's, and clinicians and submissions to test with."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

LISTS = "/api/v1/compliance/mips/lists"
CLINICIANS = "/api/v1/compliance/mips/clinicians"
SUBMISSIONS = "/api/v1/compliance/mips/submissions"
NPI = "1234567893"
YEAR = 2026

WORKED_EXAMPLE = (0, 0, 26.89, 40.49, 50, 57.07, 64.79, 73.08, 82.71, 96.44, 100)
"""The cut-offs of CMS's worked example, in which a rate of 82.31 earns 8.9585 points."""
TENS = (0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100)

COUNTS = {
    "measure_id": "236",
    "kind": "counts",
    "eligible": 10_000,
    "met": 8_231,
    "not_met": 1_769,
    "exceptions": 0,
    "exclusions": 0,
}
"""CMS's worked example, as it would be reported."""


def benchmark(
    measure_id: str, method: str = "registry", cut_offs: Sequence[float] = TENS, **changes: Any
) -> dict[str, Any]:
    names = ("1", "10", "20", "30", "40", "50", "60", "70", "80", "90", "99")
    return {
        "measureId": measure_id,
        "benchmarkYear": 2024,
        "performanceYear": YEAR,
        "submissionMethod": method,
        "isToppedOut": False,
        "isHighPriority": True,
        "isInverse": False,
        "metricType": "singlePerformanceRate",
        "isToppedOutByProgram": False,
        "percentiles": dict(zip(names, cut_offs, strict=True)),
    } | changes


def listed(measure_id: str, category: str = "quality", **changes: Any) -> dict[str, Any]:
    return {
        "measureId": measure_id,
        "category": category,
        "title": f"Measure {measure_id}",
        "metricType": "singlePerformanceRate" if category == "quality" else "boolean",
        "firstPerformanceYear": 2017,
        "lastPerformanceYear": None,
    } | changes


BENCHMARKS = [
    benchmark("236", cut_offs=WORKED_EXAMPLE),
    benchmark("236", "claims"),
    benchmark("226", metricType="multiPerformanceRate"),
    benchmark("TPCC_1", "administrativeClaims", isInverse=True, metricType="costScore"),
]
BOTH = ["registry", "claims"]
RATIO = {"metricType": "proportion"}
_YES = (
    *("PI_PPHI_1", "PI_PPHI_2", "PI_INFBLO_1", "PI_ONCDIR_1"),
    *("PI_EP_2", "PI_HIE_5", "PI_PHCDRR_1", "PI_PHCDRR_3"),
)
MEASURES = [
    listed("236", measureType="intermediateOutcome", submissionMethods=BOTH),
    listed("047", measureType="process", submissionMethods=["registry"]),
    listed(
        "226",
        measureType="process",
        submissionMethods=["registry"],
        metricType="multiPerformanceRate",
        overallAlgorithm="weightedAverage",
        strata=[{"name": "first"}, {"name": "second"}],
    ),
    listed("IA_BE_1", "ia"),
    listed("IA_BE_2", "ia"),
    *(listed(each, "pi") for each in _YES),
    listed("PI_EP_1", "pi", **RATIO),
    listed("PI_PEA_1", "pi", **RATIO),
    listed("TPCC_1", "cost", metricType="costScore", submissionMethods=["administrativeClaims"]),
]
EXCLUSIONS = [
    {
        "measureId": "047",
        "performanceYear": YEAR,
        "benchmarkYear": 2024,
        "submissionMethod": "registry",
        "reasonCodes": ["BR-009"],
        "reasonDescriptions": ["Too few submitted it."],
    }
]
INTEROPERABILITY: list[dict[str, object]] = [
    *({"measure_id": each, "kind": "attested"} for each in _YES),
    {"measure_id": "PI_EP_1", "kind": "ratio", "numerator": 9, "denominator": 10},
    {"measure_id": "PI_PEA_1", "kind": "ratio", "numerator": 4, "denominator": 5},
]
"""Nine of ten points for prescribing, twenty of twenty-five for access, and all the others."""


async def load_list(
    client: httpx.AsyncClient, entries: object, **parameters: object
) -> httpx.Response:
    content = entries if isinstance(entries, bytes) else json.dumps(entries).encode()
    return await client.post(
        LISTS,
        params={key: str(value) for key, value in parameters.items()},
        content=content,
        headers={"Content-Type": "application/json"},
    )


async def load_lists(client: httpx.AsyncClient) -> None:
    """Measures and benchmarks of the year."""
    for entries in (BENCHMARKS, MEASURES):
        loaded = await load_list(client, entries, performance_year=YEAR)
        assert loaded.status_code == 201, loaded.text


async def make_clinician(client: httpx.AsyncClient, **changes: object) -> str:
    """A new clinician's id."""
    given = {"performance_year": YEAR, "tin": "123456789", "npi": NPI, "name": "Dr. Ada"}
    made = await client.post(CLINICIANS, json=given | changes)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def make_submission(
    client: httpx.AsyncClient,
    clinician_id: str,
    *measures: Mapping[str, object],
    **changes: object,
) -> str:
    """A new draft's address, with measures in it."""
    given = {
        "clinician_id": clinician_id,
        "category": "quality",
        "submission_method": "registry",
    }
    made = await client.post(SUBMISSIONS, json=given | changes)
    assert made.status_code == 201, made.text
    address = str(made.headers["Location"])
    for each in measures:
        added = await client.post(f"{address}/measures", json=dict(each))
        assert added.status_code == 201, added.text
    return address


async def take_step(
    client: httpx.AsyncClient, address: str, verb: str, note: str = "as agreed"
) -> httpx.Response:
    """Take a step with a submission as it stands."""
    version = (await client.get(address)).json()["version"]
    return await client.post(
        f"{address}/{verb}", json={"note": note}, headers={"If-Match": f'"{version}"'}
    )


async def submitted(
    client: httpx.AsyncClient,
    clinician_id: str,
    *measures: Mapping[str, object],
    **changes: object,
) -> str:
    """A submission that was submitted: its address."""
    address = await make_submission(client, clinician_id, *measures, **changes)
    done = await take_step(client, address, "submit")
    assert done.status_code == 200, done.text
    return address
