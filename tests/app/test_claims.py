"""Claims over HTTP."""

import asyncio
import datetime as dt
from typing import Any

import httpx
import pytest

from services.claims.drafts import NewClaim
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.claims import ClaimStatus
from tests.builders.claims import (
    make_claim,
    make_claims,
    make_patient,
    make_payer,
    new_claim,
    save_claims,
)
from tests.builders.companies import CompanyForTests

pytestmark = pytest.mark.anyio

LINE = {
    "procedure_code": "92083",
    "charge_cents": 500,
    "place_of_service": "11",
    "diagnosis_codes": ["H40.11X1"],
    "units": "1.5",
}
SENT = {"method": "portal", "reference": "P-1", "transmitted_at": "2025-03-04T10:00:00Z"}


def _json(draft: NewClaim, **changes: object) -> dict[str, Any]:
    return draft.model_dump(mode="json") | changes


def _match(answer: httpx.Response) -> dict[str, str]:
    """The If-Match header that goes with an answer."""
    return {"If-Match": answer.headers["ETag"]}


@pytest.fixture
async def draft(storage: PostgresStorage, company: CompanyForTests) -> NewClaim:
    """A claim of two lines to hand in."""
    patient, payer = await make_patient(storage, company), await make_payer(storage, company)
    return new_claim(patient, [payer], charges_cents=(14_250, 750))


async def test_a_claim_is_drafted_read_and_listed_with_its_total(
    client: httpx.AsyncClient, draft: NewClaim
) -> None:
    created = await client.post("/api/v1/claims", json=_json(draft))
    read = await client.get(created.headers["Location"])
    assert created.status_code == 201
    assert read.json() == created.json()
    assert read.headers["ETag"] == created.headers["ETag"] == '"1"'
    assert read.json()["total_charge_cents"] == 15_000
    assert [line["line_number"] for line in read.json()["lines"]] == [1, 2]
    listed = (await client.get("/api/v1/claims")).json()["items"]
    whole_only = {"lines", "professional", "institutional"}
    assert listed == [{k: v for k, v in read.json().items() if k not in whole_only}]


async def test_a_claim_goes_out_over_http(client: httpx.AsyncClient, draft: NewClaim) -> None:
    created = await client.post("/api/v1/claims", json=_json(draft))
    url = created.headers["Location"]
    found = (await client.get(f"{url}/validation")).json()
    assert found["is_valid"]
    assert {finding["severity"] for finding in found["findings"]} == {"no_data"}
    ready = await client.post(f"{url}/ready", headers=_match(created))
    sent = await client.post(f"{url}/transmissions", json=SENT, headers=_match(ready))
    accepted = await client.post(
        f"{url}/acknowledgements",
        json={"outcome": "accepted", "reference": "277CA", "payer_claim_number": "ICN1"},
        headers=_match(sent),
    )
    assert [each.json()["status"] for each in (created, ready, sent, accepted)] == [
        "draft",
        "ready_to_submit",
        "submitted",
        "accepted",
    ]
    assert sent.json()["insurance_balance_cents"] == 15_000
    history = (await client.get(f"{url}/history")).json()["items"]
    assert [item["kind"] for item in history if item["kind"] != "change"] == [
        "acknowledgement",
        "ledger_entry",
        "transmission",
    ]


async def test_a_submitted_claim_cannot_be_edited_and_says_so(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    claim = (await make_claim(storage, company)).claim
    url = f"/api/v1/claims/{claim.id}"
    tag = {"If-Match": f'"{claim.version}"'}
    for refused in (
        await client.patch(url, json={"subscriber_id": "X"}, headers=tag),
        await client.post(f"{url}/lines", json=LINE, headers=tag),
    ):
        assert refused.status_code == 409
        assert refused.json()["type"] == "/problems/claim-not-editable"
        assert refused.json()["state"] == "submitted"
        assert refused.json()["editable_in"] == ["draft", "rejected"]


async def test_an_illegal_move_names_the_legal_ones(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    claim = (await make_claim(storage, company, status=ClaimStatus.DRAFT)).claim
    refused = await client.post(
        f"/api/v1/claims/{claim.id}/transmissions", json=SENT, headers={"If-Match": '"1"'}
    )
    assert refused.status_code == 409
    assert refused.json()["type"] == "/problems/illegal-transition"
    assert refused.json()["legal"] == ["ready_to_submit", "voided"]


async def test_a_flawed_claim_is_not_made_ready_and_every_error_is_named(
    client: httpx.AsyncClient, draft: NewClaim
) -> None:
    flawed = _json(draft, diagnosis_codes=[], lines=[])
    created = await client.post("/api/v1/claims", json=flawed)
    url = created.headers["Location"]
    refused = await client.post(f"{url}/ready", headers=_match(created))
    assert refused.status_code == 422
    assert refused.json()["type"] == "/problems/claim-not-valid"
    assert {finding["rule"] for finding in refused.json()["findings"]} == {
        "diagnosis_missing",
        "lines_missing",
    }
    assert (await client.get(url)).json()["status"] == "draft"


async def test_lines_are_added_changed_and_removed_under_the_claims_etag(
    client: httpx.AsyncClient, draft: NewClaim
) -> None:
    created = await client.post("/api/v1/claims", json=_json(draft, lines=[]))
    url = created.headers["Location"]
    added = await client.post(f"{url}/lines", json=LINE, headers=_match(created))
    line = added.json()["lines"][0]
    assert (line["units"], line["service_date"]) == ("1.500", "2025-03-03")
    line_url = f"{url}/lines/{line['id']}"
    changed = await client.patch(line_url, json={"charge_cents": 700}, headers=_match(added))
    stale = await client.delete(line_url, headers=_match(added))
    removed = await client.delete(line_url, headers=_match(changed))
    totals = [each.json()["total_charge_cents"] for each in (added, changed, removed)]
    assert (totals, stale.status_code) == ([500, 700, 0], 412)
    assert removed.json() == (await client.get(url)).json()


async def test_a_voided_claim_keeps_its_reason(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    claim = (await make_claim(storage, company)).claim
    voided = await client.post(
        f"/api/v1/claims/{claim.id}/void",
        json={"reason": "Billed twice"},
        headers={"If-Match": f'"{claim.version}"'},
    )
    assert voided.json()["status_reason"] == "Billed twice"
    assert voided.json()["insurance_balance_cents"] == 0


async def test_of_two_edits_at_once_one_is_stale(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    claim = (await make_claim(storage, company, status=ClaimStatus.DRAFT)).claim
    url = f"/api/v1/claims/{claim.id}"
    edits = [
        client.patch(url, json={"subscriber_id": name}, headers={"If-Match": '"1"'})
        for name in ("FIRST", "SECOND")
    ]
    answers = await asyncio.gather(*edits)
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    (done,) = (answer for answer in answers if answer.status_code == 200)
    assert (await client.get(url)).json() == done.json()


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"lines": [LINE | {"charge_cents": 0}]}, "/lines/0/charge_cents"),
        ({"lines": [LINE | {"charge_cents": 100_000_000_000}]}, "/lines/0/charge_cents"),
        ({"lines": [LINE | {"units": "1.0005"}]}, "/lines/0/units"),
        ({"lines": [LINE | {"modifiers": ["25", "59", "76", "77", "91"]}]}, "/lines/0/modifiers"),
        ({"lines": [LINE | {"modifiers": ["2"]}]}, "/lines/0/modifiers/0"),
        ({"lines": [LINE | {"place_of_service": "office"}]}, "/lines/0/place_of_service"),
        ({"diagnosis_codes": ["glaucoma"]}, "/diagnosis_codes/0"),
        ({"diagnosis_codes": ["A00"] * 13}, "/diagnosis_codes"),
        ({"service_date": "1989-12-31"}, "/service_date"),
        ({"subscriber_id": "a\u0000"}, "/subscriber_id"),
        ({"status": "submitted"}, "/status"),
        ({"claim_number": "CLM-9"}, "/claim_number"),
        ({"lines": [LINE] * 51}, "/lines"),
    ],
)
async def test_what_is_out_of_bounds_or_not_the_callers_is_refused_at_its_field(
    client: httpx.AsyncClient, draft: NewClaim, change: dict[str, object], pointer: str
) -> None:
    refused = await client.post("/api/v1/claims", json=_json(draft) | change)
    assert refused.status_code == 422
    assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]


async def test_a_required_field_may_be_left_out_of_a_change_but_not_emptied(
    client: httpx.AsyncClient, draft: NewClaim
) -> None:
    created = await client.post("/api/v1/claims", json=_json(draft))
    url = created.headers["Location"]
    emptied = await client.patch(url, json={"subscriber_id": None}, headers=_match(created))
    cleared = await client.patch(url, json={"notes": None}, headers=_match(created))
    assert emptied.status_code == 422
    assert emptied.json()["errors"][0]["pointer"] == "/subscriber_id"
    assert cleared.json() == created.json() | {
        "version": 2,
        "updated_at": cleared.json()["updated_at"],
    }


async def test_a_rejected_claim_is_a_draft_again_once_it_is_edited(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    claim = (await make_claim(storage, company)).claim
    url = f"/api/v1/claims/{claim.id}"
    rejected = await client.post(
        f"{url}/acknowledgements",
        json={"outcome": "rejected", "reference": "277CA", "reason": "Subscriber not found"},
        headers={"If-Match": f'"{claim.version}"'},
    )
    edited = await client.patch(url, json={"subscriber_id": "SUB78"}, headers=_match(rejected))
    assert (rejected.json()["status"], rejected.json()["status_reason"]) == (
        "rejected",
        "Subscriber not found",
    )
    assert (edited.json()["status"], edited.json()["status_reason"]) == ("draft", None)


async def test_lists_narrow_by_every_filter(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    patient = await make_patient(storage, company, last_name="Wanted")
    primary, secondary = [await make_payer(storage, company) for _ in range(2)]
    unlike = new_claim(
        patient, [primary, secondary], charges_cents=(77_700,), service_date=dt.date(2025, 6, 1)
    ).model_copy(update={"rendering_provider_id": "dr3"})
    (wanted,) = await save_claims(storage, company, [unlike], status=ClaimStatus.DRAFT)
    await make_claims(storage, company, 3)
    for query in (
        {"patient_id": str(patient.id)},
        {"provider_id": "dr3"},
        {"payer_id": str(primary.id)},
        {"payer_id": str(secondary.id)},
        {"status": "draft"},
        {"service_from": "2025-05-31"},
        {"service_from": "2025-06-01", "service_until": "2025-06-01"},
        {"charge_at_least_cents": "77700", "charge_at_most_cents": "77700"},
        {"text": "wanted"},
        {"text": wanted.claim.claim_number},
        {"is_submitted": "false"},
    ):
        items = (await client.get("/api/v1/claims", params=query)).json()["items"]
        assert [row["id"] for row in items] == [str(wanted.claim.id)], query
    nobody = await client.get("/api/v1/claims", params={"adjudication_status": "paid"})
    assert nobody.json()["items"] == []


async def test_another_company_can_do_nothing_with_a_claim(
    client: httpx.AsyncClient,
    storage: PostgresStorage,
    company: CompanyForTests,
    other_company: CompanyForTests,
) -> None:
    on = await make_claim(storage, company, status=ClaimStatus.DRAFT)
    absent = "01a1fd87-34ee-71ca-b850-10bcf0bfc799"
    headers = other_company.headers | {"If-Match": '"1"'}

    async def answers(claim_id: object) -> list[tuple[int, bytes]]:
        url = f"/api/v1/claims/{claim_id}"
        line = f"{url}/lines/{on.lines[0].id}"
        made = [
            await client.get(url, headers=headers),
            await client.get(f"{url}/validation", headers=headers),
            await client.get(f"{url}/history", headers=headers),
            await client.patch(url, json={"notes": "mine"}, headers=headers),
            await client.post(f"{url}/lines", json=LINE, headers=headers),
            await client.patch(line, json={"charge_cents": 1}, headers=headers),
            await client.delete(line, headers=headers),
            await client.post(f"{url}/ready", headers=headers),
            await client.post(f"{url}/reopen", headers=headers),
            await client.post(f"{url}/void", json={"reason": "mine"}, headers=headers),
            await client.post(f"{url}/transmissions", json=SENT, headers=headers),
            await client.post(f"{url}/appeals", json={"reason": "mine"}, headers=headers),
        ]
        return [(answer.status_code, answer.content) for answer in made]

    foreign = await answers(on.claim.id)
    assert foreign == await answers(absent)
    assert {status for status, _ in foreign} == {404}
