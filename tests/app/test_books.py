"""The way of a remittance from its bytes to the books, over HTTP."""

import datetime as dt

import httpx
import pytest

from storage.postgres.transaction import PostgresStorage
from tests.builders.claims import make_patient
from tests.builders.companies import CompanyForTests
from tests.builders.remittance_files import Cas, Claim, Line, Plb, RemittanceFile, Transaction

pytestmark = pytest.mark.anyio

PAYER = {
    "name": "Example Health Plan",
    "payer_identifier": "99999",
    "remittance_identifier": "1999999999",
    "type": "commercial",
}


def rendered(file: RemittanceFile) -> bytes:
    content = file.render()
    return content if isinstance(content, bytes) else content.encode()


async def test_a_claim_nobody_entered_is_made_from_the_remittance_and_paid(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    await client.post("/api/v1/payers", json=PAYER)
    patient = await make_patient(storage, company)
    line = Line(adjustments=(Cas("CO", "45", 2_000), Cas("PR", "1", 1_000)))
    transaction = Transaction(
        claims=[Claim(lines=(line,))], provider_adjustments=[Plb("WO", 500, "REF1")]
    )
    file = RemittanceFile(transactions=[transaction])
    posted = await client.post("/api/v1/remittances", content=rendered(file))
    (waiting,) = (await client.get("/api/v1/remittance-exceptions?status=open")).json()["items"]
    adopted = await client.post(
        f"/api/v1/remittance-exceptions/{waiting['id']}/adopt",
        json={
            "type": "professional",
            "patient_id": str(patient.id),
            "subscriber_id": "MEM0001",
            "rendering_provider_id": "1234567893",
            "billing_provider_id": "1234567893",
            "place_of_service": "11",
            "transmission": {
                "method": "portal",
                "reference": "portal-7781",
                "transmitted_at": "2025-03-04T15:00:00Z",
            },
        },
        headers={"If-Match": f'"{waiting["version"]}"'},
    )
    assert posted.status_code == 201
    assert (adopted.status_code, adopted.json()["status"]) == (200, "posted")
    claim_id = adopted.json()["claim_id"]
    claim = (await client.get(f"/api/v1/claims/{claim_id}")).json()
    balances = {
        name: claim[f"{name}_cents"]
        for name in ("payment", "write_off", "patient_balance", "insurance_balance")
    }
    assert balances == {
        "payment": 7_000,
        "write_off": 2_000,
        "patient_balance": 1_000,
        "insurance_balance": 0,
    }
    (decision,) = (await client.get(f"/api/v1/claims/{claim_id}/adjudications")).json()["items"]
    assert [each["amount_cents"] for each in decision["adjustments"]] == [2_000, 1_000]
    (item,) = (await client.get("/api/v1/provider-adjustments/open-items")).json()["items"]
    assert (item["balance_cents"], item["reference"]) == (500, "REF1")
    assert (await client.get("/api/v1/ledger/check")).json()["is_sound"]


async def test_another_transaction_under_the_trace_of_a_posted_one_still_waits(
    client: httpx.AsyncClient,
) -> None:
    await client.post("/api/v1/payers", json=PAYER)
    off = Transaction(trace_number="SPLIT-1", control_number="0001", payment_cents=12_345)
    sound = Transaction(trace_number="SPLIT-1", control_number="0002")
    file = RemittanceFile(transactions=[off, sound])
    posted = await client.post("/api/v1/remittances", content=rendered(file))
    statuses = [each["status"] for each in posted.json()["transactions"]]
    assert statuses == ["unbalanced", "posted"]


async def test_the_accounts_of_any_window_sum_to_zero(client: httpx.AsyncClient) -> None:
    await client.post("/api/v1/payers", json=PAYER)
    await client.post("/api/v1/remittances", content=rendered(RemittanceFile()))
    day = Transaction().payment_date
    window = {"first": (day - dt.timedelta(1)).isoformat(), "last": day.isoformat()}
    accounts = (await client.get("/api/v1/ledger/balances", params=window)).json()["items"]
    by_name = {each["account"]: each["balance_cents"] for each in accounts}
    assert sum(by_name.values()) == 0
    assert by_name["unapplied_cash"] == -by_name["cash_expected"] != 0


async def test_what_came_before_its_payer_was_known_is_posted_when_it_is(
    client: httpx.AsyncClient,
) -> None:
    await client.post("/api/v1/remittances", content=rendered(RemittanceFile()))
    created = await client.post("/api/v1/payers", json=PAYER)
    (transaction,) = (await client.get("/api/v1/remittance-transactions")).json()["items"]
    assert transaction["payer_id"] == created.json()["id"]
