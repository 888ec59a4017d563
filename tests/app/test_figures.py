"""Figures over HTTP: every one is counted again through the lists that it names."""

import csv
import datetime as dt
import io
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app import exports
from services.claims.figures.checking import check_figures, computed_anew
from storage.files import FileVault
from storage.filters import ClaimFilter
from storage.postgres.transaction import PostgresStorage, PostgresStore
from storage.tables.claims import Claim as ClaimRow
from storage.vocabulary.claims import ClaimStatus
from storage.vocabulary.figures import FigureDimension
from tests.builders.books import Books
from tests.builders.companies import CompanyForTests
from tests.builders.remittance_files import Cas, Claim, Line

pytestmark = pytest.mark.anyio

DENIED = (Line(adjustments=(Cas("CO", "197", 10_000),)),)
DUPLICATE = (Line(adjustments=(Cas("CO", "18", 10_000),)),)
SHARED = (Line(adjustments=(Cas("CO", "45", 2_000), Cas("PR", "1", 3_000))),)
MARCH = {"first_month": "2025-03", "last_month": "2025-03"}
APRIL = {"first_month": "2025-04"}


@pytest.fixture
async def books(storage: PostgresStorage, vault: FileVault, company: CompanyForTests) -> Books:
    """Claims in every state, billed in March 2025 and decided on the last day of it."""
    books = await Books.open(storage, vault, company, payers=2)
    for number in ("DENIED", "LATERPAID", "PAID", "SHARED", "PAIDTHENDENIED", "TWICE", "OPEN"):
        await books.claim(number)
    await books.claim("OTHERPAYER", payers=books.payers[1:])
    for status in (ClaimStatus.DRAFT, ClaimStatus.READY_TO_SUBMIT, ClaimStatus.REJECTED):
        await books.claim(f"{status}"[:17], status=status)
    await books.pay(
        Claim(patient_control_number="DENIED", lines=DENIED),
        Claim(patient_control_number="LATERPAID", lines=DENIED),
        Claim(patient_control_number="PAID"),
        Claim(patient_control_number="SHARED", lines=SHARED),
        Claim(patient_control_number="PAIDTHENDENIED"),
        Claim(patient_control_number="TWICE", lines=DUPLICATE),
    )
    await books.pay(Claim(patient_control_number="OTHERPAYER", lines=DENIED), payer=books.payers[1])
    await books.pay(
        Claim(patient_control_number="LATERPAID"),
        Claim(patient_control_number="PAIDTHENDENIED").reversed(),
        Claim(patient_control_number="PAIDTHENDENIED", lines=DENIED),
    )
    return books


async def _figures(client: httpx.AsyncClient, **asked: str) -> list[dict[str, Any]]:
    answer = await client.get("/api/v1/figures", params=asked)
    assert answer.status_code == 200, answer.text
    groups: list[dict[str, Any]] = answer.json()["groups"]
    return groups


async def _by_name(client: httpx.AsyncClient, **asked: str) -> dict[str, dict[str, Any]]:
    (group,) = await _figures(client, **asked)
    return {each["name"]: each for each in group["figures"]}


async def _rows(client: httpx.AsyncClient, url: str) -> list[dict[str, Any]]:
    """Every row of a list, page by page."""
    rows: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        following = f"&cursor={cursor}" if cursor else ""
        answer = await client.get(f"{url}&limit=7{following}")
        assert answer.status_code == 200, answer.text
        rows += answer.json()["items"]
        cursor = answer.json()["next_cursor"]
    assert len({row["id"] for row in rows}) == len(rows)
    return rows


def _terms(figure: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for part in (figure["numerator"], figure["denominator"]):
        yield from part["terms"] if part else ()
    yield from (each["term"] for each in figure["exclusions"])


async def _recount(client: httpx.AsyncClient, figure: dict[str, Any]) -> int:
    """Hold every term against its rows; returns how many rows there were."""
    seen = 0
    for term in _terms(figure):
        rows = await _rows(client, term["drill_down"])
        amounts = [row.get("amount", row.get("amount_cents")) for row in rows]
        assert term["total"] == (len(rows) if term["counting"] == "rows" else sum(amounts)), term
        seen += len(rows)
    for part in (figure["numerator"], figure["denominator"]):
        assert part is None or part["total"] == sum(each["total"] for each in part["terms"])
    return seen


@pytest.mark.usefixtures("books")
@pytest.mark.parametrize("by", [None, *FigureDimension])
async def test_the_rows_behind_every_figure_recount_to_it(
    client: httpx.AsyncClient, by: FigureDimension | None
) -> None:
    await client.post(
        "/api/v1/figure-inputs",
        json={"kind": "revenue_cycle_cost", "month": "2025-03-01", "amount_cents": 4_321},
    )
    asked = MARCH if by is None else {**MARCH, "by": str(by)}
    seen = 0
    for group in await _figures(client, **asked):
        for figure in group["figures"]:
            seen += await _recount(client, figure)
    assert seen > 50


@pytest.mark.usefixtures("books")
async def test_a_denial_rate_is_of_the_claims_of_the_three_months_before(
    client: httpx.AsyncClient,
) -> None:
    march = await _by_name(client, **MARCH)
    rate = march["initial_denial_rate"]
    assert (rate["value"], rate["no_data"]) == (None, "the denominator is zero")
    assert rate["denominator"]["terms"][0]["window"] == {
        "first": "2024-12-01",
        "last": "2025-02-28",
    }
    spring = await _by_name(client, first_month="2025-04", last_month="2025-05")
    rate = spring["initial_denial_rate"]
    assert (rate["numerator"]["total"], rate["numerator"]["divisor"]) == (0, 2)
    assert (rate["denominator"]["total"], rate["denominator"]["divisor"]) == (8, 3)
    assert rate["value"] == "0.00"


@pytest.mark.usefixtures("books")
async def test_figures_are_what_their_definitions_say(
    client: httpx.AsyncClient,
) -> None:
    march = await _by_name(client, **MARCH)
    values = {name: figure["value"] for name, figure in march.items()}
    assert march["initial_denial_rate"]["numerator"]["total"] == 4
    assert values["first_pass_resolution"] == _percent(2, 7)
    assert values["net_collection_rate"] == "100.00"
    assert values["primary_denial_rate"] == _percent(4, 8)
    assert values["cash_collection"] == _percent(8_000 + 5_000 + 8_000, 80_000 - 6_000)
    owed = 80_000 - 3 * 2_000 - (8_000 + 5_000 + 8_000)
    assert values["net_days_in_receivables"] == str(
        (Decimal(owed) / (Decimal(74_000) / 90)).quantize(Decimal("0.01"))
    )
    assert [each["term"]["total"] for each in march["primary_denial_rate"]["exclusions"]] == [1, 1]


def _percent(numerator: int, denominator: int) -> str:
    return str((Decimal(100 * numerator) / denominator).quantize(Decimal("0.01")))


async def test_what_nobody_entered_is_no_data_and_never_zero(
    books: Books, client: httpx.AsyncClient
) -> None:
    lacking = (await _by_name(client, **MARCH))["cost_to_collect"]
    assert lacking["value"] is None
    assert lacking["no_data"] == "no revenue_cycle_cost was entered for 2025-03"
    assert lacking["numerator"] is None
    new = {"kind": "revenue_cycle_cost", "month": "2025-03-01", "amount_cents": 2_100}
    made = await client.post("/api/v1/figure-inputs", json=new)
    assert made.status_code == 201
    assert (await client.post("/api/v1/figure-inputs", json=new)).status_code == 409
    cost = (await _by_name(client, **MARCH))["cost_to_collect"]
    assert (cost["value"], cost["no_data"]) == ("10.00", None)
    changed = await client.patch(
        made.headers["location"], json={"amount_cents": 4_200}, headers={"If-Match": '"1"'}
    )
    assert changed.status_code == 200
    assert (await _by_name(client, **MARCH))["cost_to_collect"]["value"] == "20.00"
    of_payer = await _by_name(client, **MARCH, payer_id=str(books.payers[0].id))
    assert "as a whole" in of_payer["cost_to_collect"]["no_data"]


async def test_open_balances_are_aged_from_both_days_and_recount(
    books: Books, client: httpx.AsyncClient
) -> None:
    answer = await client.get("/api/v1/figures/aging", params={"by": "payer"})
    assert answer.status_code == 200
    groups = {each["key"]: each["agings"] for each in answer.json()["groups"]}
    assert set(groups) == {str(payer.id) for payer in books.payers}
    first = {(each["basis"], each["aged_from"]): each for each in groups[str(books.payers[0].id)]}
    assert first["insurance", "service_date"]["balance_cents"] == 40_000
    assert first["insurance", "last_bill_date"]["claims"] == 4
    assert first["patient", "service_date"]["balance_cents"] == 3_000
    for agings in groups.values():
        for aging in agings:
            for bucket in aging["buckets"]:
                rows = await _rows(client, bucket["drill_down"])
                assert len(rows) == bucket["claims"]
                assert sum(row["amount"] for row in rows) == bucket["balance_cents"]


async def test_a_window_that_ends_before_it_begins_is_refused(client: httpx.AsyncClient) -> None:
    asked = {"first_month": "2025-03", "last_month": "2025-02"}
    assert (await client.get("/api/v1/figures", params=asked)).status_code == 400
    asked = {"first_month": "2025-13"}
    assert (await client.get("/api/v1/figures", params=asked)).status_code == 400
    rows = {"measure": "submitted", "first": "2025-03-02", "last": "2025-03-01"}
    assert (await client.get("/api/v1/figures/rows", params=rows)).status_code == 400


@pytest.mark.parametrize("aged_from", ["service_date", "last_bill_date"])
async def test_aging_by_month_is_by_the_month_of_the_day_that_an_age_begins_on(
    books: Books, client: httpx.AsyncClient, aged_from: str
) -> None:
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        (claim,) = [
            each
            for each in await store.claims.all(ClaimFilter(status=ClaimStatus.SUBMITTED))
            if each.patient_control_number == "OPEN"
        ]
        await store.claims.update(
            claim.id, {"service_date": dt.date(2025, 1, 31)}, expected_version=claim.version
        )
    answer = await client.get("/api/v1/figures/aging", params={"by": "month"})
    assert answer.status_code == 200, answer.text
    found = {
        group["key"]: aging
        for group in answer.json()["groups"]
        for aging in group["agings"]
        if (aging["basis"], aging["aged_from"]) == ("insurance", aged_from)
    }
    owed = {key: aging["balance_cents"] for key, aging in found.items()}
    is_by_service = aged_from == "service_date"
    assert owed == (
        {"2025-01": 10_000, "2025-03": 40_000}
        if is_by_service
        else {"2025-01": 0, "2025-03": 50_000}
    )
    for aging in found.values():
        for bucket in aging["buckets"]:
            if bucket["drill_down"] is None:
                assert bucket["claims"] == 0
                continue
            rows = await _rows(client, bucket["drill_down"])
            assert len(rows) == bucket["claims"]
            assert sum(row["amount"] for row in rows) == bucket["balance_cents"]


async def test_what_is_kept_is_checked_by_a_job_whose_answer_stays(
    books: Books, client: httpx.AsyncClient
) -> None:
    asked = await client.post("/api/v1/figures/checks")
    assert asked.status_code == 201, asked.text
    assert asked.json()["is_sound"] is None
    again = await client.post("/api/v1/figures/checks")
    assert (again.status_code, again.json()["check_id"]) == (409, asked.json()["id"])
    company = books.company
    check_id = UUID(asked.json()["id"])
    for _ in range(2):
        await check_figures(books.storage, company.id, company.actor, check_id)
    done = (await client.get(asked.headers["location"])).json()
    assert (done["is_sound"], done["differences"]) == (True, [])
    assert done["claim_count"] == 11
    assert done["finished_at"] is not None


async def test_a_check_names_what_differs(books: Books, client: httpx.AsyncClient) -> None:
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        claim = (await store.claims.all(ClaimFilter(status=ClaimStatus.DRAFT)))[0]
        assert isinstance(store, PostgresStore)
        await store.execute(
            "UPDATE claim_facts SET charge_cents = 1 WHERE company_id = %(company)s"
            " AND id = %(claim)s",
            {"company": books.company.id, "claim": claim.id},
        )
        await store.execute(
            "UPDATE figure_sums SET items = items + 1 WHERE company_id = %(company)s"
            " AND measure = 'submitted'",
            {"company": books.company.id},
        )
    asked = (await client.post("/api/v1/figures/checks")).json()
    company = books.company
    await check_figures(books.storage, company.id, company.actor, UUID(asked["id"]))
    listed = await client.get("/api/v1/figures/checks", params={"is_sound": "false"})
    (check,) = listed.json()["items"]
    assert check["differences"][0] == f"facts of claim {claim.id}"
    assert set(check["differences"][1:]) == {"submitted of 2025-03"}
    path = "/api/v1/figures/checks"
    asked = (await client.post(path, params={"corrects": "true"})).json()
    await check_figures(books.storage, company.id, company.actor, UUID(asked["id"]))
    corrected = (await client.get(f"{path}/{asked['id']}")).json()
    assert (corrected["corrects"], corrected["is_sound"]) == (True, False)
    assert corrected["differences"][0] == f"facts of claim {claim.id}"
    assert "submitted of 2025-03" in corrected["differences"]
    assert await computed_anew(books.storage, company.id, company.actor) == (11, [])


@pytest.mark.usefixtures("books")
async def test_the_rows_of_a_figure_leave_as_parquet_with_their_types(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "ROWS_AT_ONCE", 3)
    asked = {"measure": "submitted", "first": "2025-03-01", "last": "2025-03-31"}
    listed = await _rows(client, f"/api/v1/figures/rows?{urlencode(asked)}")
    answer = await client.get("/api/v1/figures/rows/export", params={**asked, "form": "parquet"})
    assert answer.headers["content-type"] == "application/vnd.apache.parquet"
    file = pq.ParquetFile(io.BytesIO(answer.content))
    assert file.num_row_groups == 3
    assert file.schema_arrow.field("amount").type == pa.int64()
    assert file.schema_arrow.field("day").type == pa.date32()
    assert [{**row, "day": str(row["day"])} for row in file.read().to_pylist()] == listed


@pytest.mark.parametrize("path", ["claims", "ledger"])
async def test_claims_and_ledger_leave_as_files(
    books: Books, client: httpx.AsyncClient, path: str
) -> None:
    files = {
        form: (await client.get(f"/api/v1/{path}/export", params={"form": form})).content
        for form in ("csv", "jsonl", "parquet")
    }
    of_csv = list(csv.DictReader(io.StringIO(files["csv"].decode())))
    of_jsonl = [json.loads(line) for line in files["jsonl"].splitlines()]
    table = pq.read_table(io.BytesIO(files["parquet"]))
    cents = "total_charge_cents" if path == "claims" else "amount_cents"
    assert table.schema.field(cents).type == pa.int64()
    assert len(of_csv) == (
        len(await _all_claims(books)) if path == "claims" else len(await books.ledger())
    )
    for name in ("id", cents):
        assert [str(row[name]) for row in of_jsonl] == [row[name] for row in of_csv]
        assert [str(row[name]) for row in table.to_pylist()] == [row[name] for row in of_csv]


async def test_no_cell_of_an_export_is_a_formula(books: Books, client: httpx.AsyncClient) -> None:
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        claim = (await store.claims.all(ClaimFilter(status=ClaimStatus.DRAFT)))[0]
        await store.claims.update(
            claim.id, {"notes": "=HYPERLINK(1)"}, expected_version=claim.version
        )
    answer = await client.get("/api/v1/claims/export", params={"status": "draft"})
    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert row["notes"] == "'=HYPERLINK(1)"


async def _all_claims(books: Books) -> list[ClaimRow]:
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        return await store.claims.all(ClaimFilter())
