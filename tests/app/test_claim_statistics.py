"""Figures over HTTP: every one is counted again through the list that it names."""

import datetime as dt
from decimal import Decimal
from typing import Any

import httpx
import pytest

from storage.files import FileVault
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.claims import ClaimStatus
from tests.builders.books import Books
from tests.builders.claims import make_claim, make_claims
from tests.builders.companies import CompanyForTests
from tests.builders.remittance_files import CONTRACTUAL, Cas, Claim, Line

pytestmark = pytest.mark.anyio

DENIED = (Line(adjustments=(Cas("CO", "197", 10_000),)),)
IN_PART = (Line(adjustments=(Cas("CO", "45", 2_000), Cas("PR", "1", 3_000))),)


@pytest.fixture
async def books(storage: PostgresStorage, vault: FileVault, company: CompanyForTests) -> Books:
    """Claims in every state, some decided: denied, denied and then paid, paid, partly paid."""
    books = await Books.open(storage, vault, company, payers=2)
    for number in ("DENIED", "LATERPAID", "PAID", "SHARED", "PAIDTHENDENIED", "REVERSED", "OPEN"):
        await books.claim(number)
    await books.claim("OTHERPAYER", payers=books.payers[1:])
    for status in (ClaimStatus.DRAFT, ClaimStatus.READY_TO_SUBMIT, ClaimStatus.REJECTED):
        await books.claim(f"{status}"[:17], status=status)
    await books.pay(
        Claim(patient_control_number="DENIED", lines=DENIED),
        Claim(patient_control_number="LATERPAID", lines=DENIED),
        Claim(patient_control_number="PAID"),
        Claim(patient_control_number="SHARED", lines=IN_PART),
        Claim(patient_control_number="PAIDTHENDENIED"),
        Claim(patient_control_number="REVERSED", lines=DENIED),
    )
    await books.pay(Claim(patient_control_number="OTHERPAYER", lines=DENIED), payer=books.payers[1])
    await books.pay(
        Claim(patient_control_number="LATERPAID"),
        Claim(patient_control_number="PAIDTHENDENIED").reversed(),
        Claim(patient_control_number="PAIDTHENDENIED", lines=DENIED),
        Claim(patient_control_number="REVERSED", lines=DENIED).reversed(),
    )
    return books


async def _rows(client: httpx.AsyncClient, url: str) -> list[dict[str, Any]]:
    """Every row of a list, page by page."""
    rows: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        follow = f"{url}{'&' if '?' in url else '?'}limit=3" + (
            f"&cursor={cursor}" if cursor else ""
        )
        answer = await client.get(follow)
        assert answer.status_code == 200, answer.text
        rows += answer.json()["items"]
        cursor = answer.json()["next_cursor"]
    return rows


NUMERATORS = {
    "charges": lambda row: row["total_charge_cents"],
    "payments": lambda row: row["payment_cents"],
    "write_offs": lambda row: row["write_off_cents"],
    "insurance_balance": lambda row: row["insurance_balance_cents"],
    "patient_balance": lambda row: row["patient_balance_cents"],
    "outstanding": lambda row: row["insurance_balance_cents"] + row["patient_balance_cents"],
    "average_charge": lambda row: row["total_charge_cents"],
    "initial_denial_rate_of_charges": lambda row: row["total_charge_cents"],
    "net_collection_rate": lambda row: row["payment_cents"],
}
"""What each figure sums over its rows; all others count them."""


@pytest.mark.parametrize(
    "window",
    ["", "?service_from=2025-03-03&service_until=2025-03-03", "?service_from=2025-03-04"],
)
async def test_every_figure_recounts_through_its_drill_down(
    client: httpx.AsyncClient, books: Books, window: str
) -> None:
    assert books.files_sent == 3
    answer = await client.get(f"/api/v1/statistics/claims{window}")
    figures = answer.json()["figures"]
    assert len(figures) > 20
    for figure in figures:
        rows = await _rows(client, figure["drill_down"])
        numerator = NUMERATORS.get(figure["name"], lambda _: 1)
        assert figure["numerator"] == sum(map(numerator, rows)), figure
        assert figure["value"] == _value(figure), figure


def _value(figure: dict[str, Any]) -> object:
    """What the numerator and denominator come to."""
    if figure["denominator"] is None or (
        figure["unit"] == "claims" and figure["name"] != "average_charge"
    ):
        return figure["numerator"]
    if figure["denominator"] == 0:
        return None
    ratio = Decimal(figure["numerator"]) / figure["denominator"]
    if figure["unit"] == "percent":
        return str((100 * ratio).quantize(Decimal("0.01")))
    return round(ratio)


async def test_the_first_decision_says_whether_a_claim_was_initially_denied(
    client: httpx.AsyncClient, books: Books
) -> None:
    listed = await _rows(client, "/api/v1/claims?was_initially_denied=true")
    assert {row["patient_control_number"] for row in listed} == {
        "DENIED",
        "LATERPAID",
        "REVERSED",
        "OTHERPAYER",
    }
    others = await _rows(client, "/api/v1/claims?was_initially_denied=false")
    assert len(listed) + len(others) == 11
    figures = (await client.get("/api/v1/statistics/claims")).json()["figures"]
    rate = next(each for each in figures if each["name"] == "initial_denial_rate")
    assert (rate["numerator"], rate["denominator"], rate["value"]) == (4, 8, "50.00")
    assert books.payers[0].id != books.payers[1].id


async def test_a_payers_figures_cover_its_claims_only(
    client: httpx.AsyncClient, books: Books
) -> None:
    other = books.payers[1].id
    figures = (await client.get(f"/api/v1/statistics/claims?payer_id={other}")).json()["figures"]
    total = next(each for each in figures if each["name"] == "claims")
    assert total["value"] == 1
    assert total["window"] == {"first_day": None, "last_day": None, "payer_id": str(other)}


@pytest.mark.parametrize("window", ["", "?denied_from=2025-03-31", "?denied_until=2025-03-30"])
async def test_every_group_of_denials_recounts_through_its_drill_down(
    client: httpx.AsyncClient, books: Books, window: str
) -> None:
    found = (await client.get(f"/api/v1/statistics/denials{window}")).json()
    groups = [found["total"], *found["by_category"], *found["by_reason"], *found["by_payer"]]
    for group in groups:
        rows = await _rows(client, group["denials"]["drill_down"])
        assert group["denials"]["value"] == len(rows)
        assert group["amount"]["value"] == sum(row["amount_cents"] for row in rows)
        recoverable = await _rows(client, group["recoverable"]["drill_down"])
        assert group["recoverable"]["value"] == sum(row["amount_cents"] for row in recoverable)
    for kind in ("by_category", "by_reason", "by_payer"):
        assert sum(group["denials"]["value"] for group in found[kind]) == len(
            await books.denials() if window != "?denied_until=2025-03-30" else []
        )


async def test_recoverable_is_what_is_open_and_not_past_its_last_day(
    storage: PostgresStorage, vault: FileVault, client: httpx.AsyncClient, company: CompanyForTests
) -> None:
    books = await Books.open(storage, vault, company)
    for number in ("OLD", "FRESH", "DONE"):
        await books.claim(number)
    async with storage.transaction(company.id, company.actor) as store:
        today = store.now.date()
    for number, day in (
        ("OLD", dt.date(2015, 1, 5)),
        ("FRESH", today),
        ("DONE", today),
    ):
        await books.post(
            books.transaction(Claim(patient_control_number=number, lines=DENIED), payment_date=day)
        )
    await books.pay(Claim(patient_control_number="DONE", lines=(Line(adjustments=(CONTRACTUAL,)),)))
    found = (await client.get("/api/v1/statistics/denials")).json()["total"]
    assert found["amount"]["value"] == 30_000
    assert found["recoverable"]["value"] == 10_000


async def test_another_company_has_figures_of_its_own(
    client: httpx.AsyncClient,
    books: Books,
    storage: PostgresStorage,
    other_company: CompanyForTests,
) -> None:
    await make_claims(storage, other_company, 2)
    answer = await client.get("/api/v1/statistics/claims", headers=other_company.headers)
    total = answer.json()["figures"][0]
    assert (total["name"], total["value"]) == ("claims", 2)
    denials = await client.get("/api/v1/statistics/denials", headers=other_company.headers)
    assert denials.json()["total"]["denials"]["value"] == 0
    assert books.company.id != other_company.id


async def test_a_mean_of_nothing_is_no_number(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    await make_claim(storage, company, status=ClaimStatus.DRAFT)
    figures = (await client.get("/api/v1/statistics/claims")).json()["figures"]
    undefined = {each["name"] for each in figures if each["value"] is None}
    assert undefined == {
        "average_charge",
        "initial_denial_rate",
        "initial_denial_rate_of_charges",
        "appeal_rate",
        "net_collection_rate",
    }


async def test_a_window_that_ends_before_it_begins_is_refused(client: httpx.AsyncClient) -> None:
    claims = await client.get(
        "/api/v1/statistics/claims?service_from=2025-03-02&service_until=2025-03-01"
    )
    denials = await client.get(
        "/api/v1/statistics/denials?denied_from=2025-03-02&denied_until=2025-03-01"
    )
    assert [claims.status_code, denials.status_code] == [400, 400]
