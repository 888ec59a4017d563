"""The server and its database are killed in the middle of work: what was acknowledged is there.

Three rounds, or as many as WELLKEPT_TEST_SURVIVAL_ROUNDS says.
"""

import asyncio
import datetime as dt
import itertools
import json
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from storage.embedded import EmbeddedServer
from tests.builders.remittance_files import Cas, Claim, Line, RemittanceFile, Transaction
from tests.running.program import Program

pytestmark = pytest.mark.anyio

ROUNDS = int(os.environ.get("WELLKEPT_TEST_SURVIVAL_ROUNDS", "3"))
WRITERS = 4
CHARGES_CENTS = (7_000, 3_000)
PAID_CENTS = 8_000
YESTERDAY = (dt.datetime.now(dt.UTC) - dt.timedelta(days=2)).date()


@dataclass
class Acknowledged:
    """What the program has said is done."""

    payers: list[str] = field(default_factory=list)
    versions: dict[str, int] = field(default_factory=dict)
    """The version of each claim that it showed last."""
    paid: set[str] = field(default_factory=set)
    """Claims whose remittance was answered as posted."""


@dataclass
class Company:
    """A payer and a patient to write claims for."""

    payer: dict[str, Any]
    patient_id: str


@pytest.fixture
async def client(demonstration: Program) -> AsyncIterator[httpx.AsyncClient]:
    credentials = json.loads((demonstration.data_directory / "credentials.json").read_text())
    key = credentials["lakeshore"]["keys"]["everything"]
    async with httpx.AsyncClient(
        base_url=f"{demonstration.url}/api/v1",
        headers={"Authorization": f"Bearer {key}"},
        timeout=30,
    ) as client:
        yield client


async def _written(acknowledged: Acknowledged, paid: int) -> None:
    """Wait until so many claims were paid: only then is there a load to crash under."""
    async with asyncio.timeout(120):
        while True:
            if len(acknowledged.paid) >= paid:
                return
            await asyncio.sleep(0.02)


async def test_what_was_acknowledged_is_there_after_any_crash_and_nothing_is_half_done(
    demonstration: Program, client: httpx.AsyncClient
) -> None:
    database = EmbeddedServer(demonstration.data_directory / "postgresql")
    company = await _company(client)
    acknowledged = Acknowledged()
    crashes = itertools.cycle(("program", "database", "both"))
    for crash in itertools.islice(crashes, ROUNDS):
        before = len(acknowledged.paid)
        writers = [
            asyncio.create_task(_write(client, company, acknowledged)) for _ in range(WRITERS)
        ]
        await _written(acknowledged, before + WRITERS)
        if crash != "database":
            demonstration.kill()
        if crash != "program":
            await asyncio.to_thread(database.kill)
        await asyncio.sleep(0.2)
        for writer in writers:
            writer.cancel()
        for ended in await asyncio.gather(*writers, return_exceptions=True):
            assert _is_of_the_crash(ended), ended
        if crash == "database":
            await asyncio.to_thread(demonstration.wait_until_ready)
        else:
            await asyncio.to_thread(demonstration.start)
        await _check(client, company, acknowledged)


async def _company(client: httpx.AsyncClient) -> Company:
    payer = await client.post(
        "/payers",
        json={
            "name": "Survivors Mutual",
            "payer_identifier": "SURV1",
            "remittance_identifier": "1900000777",
            "type": "commercial",
        },
    )
    patient = await client.post(
        "/patients",
        json={
            "medical_record_number": "MRN-SURVIVOR",
            "last_name": "Vance",
            "first_name": "Iris",
            "birth_date": "1970-01-02",
        },
    )
    return Company(payer.json(), patient.json()["id"])


async def _write(client: httpx.AsyncClient, company: Company, acknowledged: Acknowledged) -> None:
    """Claims from draft to paid, one after another, until the program does not answer."""
    for number in itertools.count():
        name = f"{id(asyncio.current_task())}-{number}"
        payer = await client.post(
            "/payers", json={"name": name, "payer_identifier": name, "type": "other"}
        )
        if payer.status_code == 201:
            acknowledged.payers.append(payer.json()["id"])
        claim = _accepted(await client.post("/claims", json=_draft(company)), acknowledged)
        url = f"/claims/{claim['id']}"
        for step, body in (
            ("ready", None),
            ("transmissions", {"method": "portal", "reference": name, "transmitted_at": _now()}),
        ):
            answer = await client.post(
                f"{url}/{step}", json=body, headers={"If-Match": f'"{claim["version"]}"'}
            )
            claim = _accepted(answer, acknowledged)
        posted = await client.post(
            "/remittances",
            content=_remittance(claim, company),
            headers={"Content-Type": "application/octet-stream"},
        )
        posted.raise_for_status()
        if posted.status_code == 201:
            acknowledged.paid.add(claim["id"])


def _accepted(answer: httpx.Response, acknowledged: Acknowledged) -> dict[str, Any]:
    answer.raise_for_status()
    claim: dict[str, Any] = answer.json()
    acknowledged.versions[claim["id"]] = claim["version"]
    return claim


def _draft(company: Company) -> dict[str, Any]:
    return {
        "type": "professional",
        "patient_id": company.patient_id,
        "primary_payer_id": company.payer["id"],
        "subscriber_id": "S1",
        "rendering_provider_id": "1466209750",
        "billing_provider_id": "1295018646",
        "service_date": YESTERDAY.isoformat(),
        "diagnosis_codes": ["H40.11X1"],
        "lines": [
            {
                "procedure_code": code,
                "charge_cents": cents,
                "place_of_service": "11",
                "diagnosis_codes": ["H40.11X1"],
            }
            for code, cents in zip(("92014", "92083"), CHARGES_CENTS, strict=True)
        ],
    }


def _remittance(claim: dict[str, Any], company: Company) -> bytes:
    lines = [
        Line(
            charge_cents=line["charge_cents"],
            procedure_code=line["procedure_code"],
            control_number=line["line_control_number"],
            service_date=YESTERDAY,
            adjustments=[Cas("CO", "45", line["charge_cents"] // 5)],
        )
        for line in claim["lines"]
    ]
    paid = Claim(patient_control_number=claim["patient_control_number"], lines=lines)
    transaction = Transaction(
        claims=[paid],
        trace_number=claim["claim_number"],
        payer_identifier=company.payer["payer_identifier"],
        payer_trace_identifier=company.payer["remittance_identifier"],
    )
    return RemittanceFile(transactions=[transaction]).render()


async def _check(client: httpx.AsyncClient, company: Company, acknowledged: Acknowledged) -> None:
    for payer_id in acknowledged.payers:
        assert (await client.get(f"/payers/{payer_id}")).status_code == 200
    claims = {claim["id"]: claim for claim in await _claims(client, company)}
    assert acknowledged.versions.keys() <= claims.keys()
    for claim_id, claim in claims.items():
        assert claim["version"] >= acknowledged.versions.get(claim_id, 1)
        assert claim["total_charge_cents"] == sum(CHARGES_CENTS)
        assert claim["payment_cents"] in (0, PAID_CENTS)
        balances = claim["insurance_balance_cents"] + claim["patient_balance_cents"]
        is_charged = claim["status"] in ("submitted", "accepted")
        taken = claim["payment_cents"] + claim["write_off_cents"]
        assert balances == (sum(CHARGES_CENTS) - taken if is_charged else 0)
        if claim_id in acknowledged.paid:
            assert claim["payment_cents"] == PAID_CENTS
    for claim_id in list(claims)[:50]:
        lines = (await client.get(f"/claims/{claim_id}")).json()["lines"]
        assert [line["charge_cents"] for line in lines] == list(CHARGES_CENTS)
    assert (await client.get("/ledger/check")).json()["is_sound"]


async def _claims(client: httpx.AsyncClient, company: Company) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    query: dict[str, str] = {"payer_id": company.payer["id"], "limit": "200"}
    while True:
        page = (await client.get("/claims", params=query)).raise_for_status().json()
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        query["cursor"] = page["next_cursor"]


def _is_of_the_crash(ended: object) -> bool:
    """Whether a writer stopped because nobody answered, or with an answer that asks to wait."""
    if isinstance(ended, httpx.HTTPStatusError):
        return ended.response.status_code == 503
    return isinstance(ended, httpx.TransportError | asyncio.CancelledError)


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat()
