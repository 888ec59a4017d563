"""How long all indicators and both agings take at a million claims, and what keeping them costs.

    python -m benchmarks.figures

The claims are written by set-based SQL: two years of service, twelve payers, sixty providers,
eight locations; nine in ten are decided, one in eight denied. The target is two seconds for the
whole dashboard, indicators and agings, on two cores. The yardstick of the same run is one pass over
the claims that counts them and sums their charges. Then a remittance is posted, and the part of
its time that keeping facts and sums takes is printed, with the plans of the dashboard's statements.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import statistics
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
import uvloop

from app.memory import look_for_cycles_rarely
from benchmarks.database import Place, temporary_database
from benchmarks.remittance_posting import (
    PAYER_TRACE_IDENTIFIER,
    Size,
    file_of,
    post_file,
)
from services.claims.figures.aging import aging
from services.claims.figures.reporting import FigureQuestion, report
from storage.figures import FigureScope
from storage.files import FileVault
from storage.files.local import LocalFileStore
from storage.postgres.claim_facts import COLUMNS, FACTS, measured
from storage.postgres.figure_measures import ROWS, Source
from storage.postgres.refreshing import refresh_statements
from storage.postgres.sql import table_of
from storage.postgres.transaction import PostgresStorage, PostgresStore
from storage.tables.claims import Claim
from storage.vocabulary.figures import FigureDimension
from tests.builders.claims import make_claims, make_payer
from tests.builders.companies import CompanyForTests, make_company
from tests.builders.keys import KEYRING

CLAIMS = 1_000_000
_MONTHS = (dt.date(2025, 10, 1), dt.date(2026, 9, 1))
TARGET_SECONDS = 2.0
ROUNDS = 5
POSTED = Size(5_000, 5_000)

_DECIDED, _DENIED = "number % 10 < 9", "number % 8 = 0"
_SERVED = "date '2026-09-30' - (number % 730)::int"
_CHARGE = "10000 + number % 90000"
_PAID = f"CASE WHEN {_DENIED} THEN 0 ELSE (({_CHARGE}) * 6 / 10)::bigint END"
_ROWS_OF_CLAIM: Mapping[str, str] = {
    "claim_transmissions": """
        SELECT company_id, uuidv7() AS id, created_at AS recorded_at, created_by AS recorded_by,
               id AS claim_id, 'clearinghouse' AS method, 'made elsewhere' AS reference,
               submitted_at AS transmitted_at
        FROM given""",
    "adjudications": """
        SELECT company_id, decision_id AS id, created_at AS recorded_at, created_by AS recorded_by,
               id AS claim_id, patient_id, company_id AS transaction_id,
               primary_payer_id AS payer_id, 1::smallint AS payer_sequence, 1 AS claim_ordinal,
               1::bigint AS position, '1' AS status_code, false AS is_forwarded,
               CASE WHEN paid = 0 THEN 'denied' ELSE 'paid' END AS outcome,
               decided_on AS effective_on, '' AS order_key, total_charge_cents AS charge_cents,
               paid AS paid_cents, share AS patient_responsibility_cents,
               '{}'::text[] AS remark_codes
        FROM given WHERE is_decided""",
    "denials": """
        SELECT company_id, uuidv7() AS id, 1 AS version, created_at, created_by, updated_at,
               updated_by, id AS claim_id, patient_id, decision_id AS adjudication_id,
               primary_payer_id AS payer_id, 'CO' AS group_code, '197' AS reason_code,
               '{}'::text[] AS remark_codes, total_charge_cents AS amount_cents,
               'authorization' AS category, '' AS root_cause, 'biller' AS owner_role,
               '' AS next_action, decided_on AS denied_on,
               decided_on AS deadline_started_on, decided_on + 90 AS due_on,
               false AS due_is_verified, 'none' AS due_source,
               true AS is_correctable, true AS is_appealable,
               CASE WHEN number % 3 = 0 THEN 'resolved' ELSE 'open' END AS status,
               CASE WHEN number % 3 = 0 THEN 'given_up' END AS resolution,
               CASE WHEN number % 3 = 0 THEN decided_on + 20 END AS resolved_on
        FROM given WHERE is_decided AND paid = 0""",
    "ledger_entries": """
        SELECT given.company_id, uuidv7() AS id, created_at AS recorded_at,
               created_by AS recorded_by, entry.kind, entry.debit AS debit_account,
               entry.credit AS credit_account, entry.cents AS amount_cents,
               entry.on_day AS effective_on, given.id AS claim_id, primary_payer_id AS payer_id,
               CASE WHEN entry.kind = 'write_off' THEN given.id END AS adjustment_id
        FROM given CROSS JOIN LATERAL (VALUES
            ('charge', 'insurance_receivable', 'revenue', total_charge_cents, submitted_at::date),
            ('payment', 'deposit_clearing', 'insurance_receivable', paid, decided_on),
            ('write_off', 'write_off', 'insurance_receivable', written_off, decided_on),
            ('patient_transfer', 'patient_receivable', 'insurance_receivable', share, decided_on)
        ) AS entry (kind, debit, credit, cents, on_day)
        WHERE entry.cents <> 0 AND (is_decided OR entry.kind = 'charge')""",
}


def fill(place: Place, company: CompanyForTests, model: Claim) -> None:
    """A million claims like one, with all that became of them; then their facts and sums."""
    names = [column.name for column in table_of(Claim).columns]
    values = {
        "id": "uuidv7()",
        "claim_number": "'CLM-' || number || 'x'",
        "patient_control_number": "'P' || number",
        "primary_payer_id": "payers[1 + number % 12]",
        "rendering_provider_id": "'19' || (number % 60 + 10)::text || '000000'",
        "facility_id": "'19' || (number % 8 + 10)::text || '111111'",
        "service_date": _SERVED,
        "submitted_at": f"({_SERVED} + 3)::timestamptz",
        "total_charge_cents": _CHARGE,
        "payment_cents": f"CASE WHEN {_DECIDED} THEN {_PAID} ELSE 0 END",
        "write_off_cents": f"CASE WHEN {_DECIDED} AND NOT {_DENIED}"
        f" THEN (({_CHARGE}) * 3 / 10)::bigint ELSE 0 END",
        "patient_balance_cents": f"CASE WHEN {_DECIDED} AND NOT {_DENIED} AND number % 5 = 0"
        f" THEN {_CHARGE} - {_PAID} - (({_CHARGE}) * 3 / 10)::bigint ELSE 0 END",
    }
    values["insurance_balance_cents"] = (
        f"{_CHARGE} - ({values['payment_cents']}) - ({values['write_off_cents']})"
        f" - ({values['patient_balance_cents']})"
    )
    chosen = ", ".join(values.get(name, f"model.{name}") for name in names)
    with place.as_superuser() as connection, connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")  # no foreign key checks
        connection.execute("SET LOCAL work_mem = '256MB'")
        connection.execute("SELECT set_config('app.company_id', %s, true)", [str(company.id)])
        connection.execute(
            f"INSERT INTO claims ({', '.join(names)}) SELECT {chosen} FROM claims AS model,"
            " (SELECT array_agg(id ORDER BY id) AS payers FROM payers) AS registered,"
            f" generate_series(1, {CLAIMS}) AS number WHERE model.id = '{model.id}'".encode()
        )
        connection.execute(
            "CREATE TEMPORARY TABLE given ON COMMIT DROP AS"
            " SELECT claims.*, uuidv7() AS decision_id, number %% 10 < 9 AS is_decided,"
            " payment_cents AS paid, write_off_cents AS written_off,"
            " patient_balance_cents AS share, service_date + 20 AS decided_on"
            " FROM (SELECT *, substr(patient_control_number, 2)::int AS number FROM claims"
            " WHERE company_id = %s AND id <> %s) AS claims",
            [company.id, model.id],
        )
        for table, select in _ROWS_OF_CLAIM.items():
            described = connection.execute(f"{select} LIMIT 0".encode()).description or ()
            columns = ", ".join(column.name for column in described)
            connection.execute(f"INSERT INTO {table} ({columns}) {select}".encode())
        count_anew(connection, company)
    with place.as_superuser() as connection:
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


def count_anew(connection: psycopg.Connection, company: CompanyForTests) -> None:
    """The facts and sums of every claim of the company, by the product's own expressions."""
    parameters = {"company_id": company.id}
    columns = ", ".join(COLUMNS)
    for table in ("claim_facts", "figure_sums"):
        connection.execute(f"DELETE FROM {table} WHERE company_id = %(company_id)s", parameters)
    connection.execute(
        f"INSERT INTO claim_facts (company_id, id, {columns})"
        f" SELECT %(company_id)s, id, {columns} FROM ({FACTS}) AS facts",
        parameters,
    )
    cell = "measure, month, payer_id, provider_id, location"
    connection.execute(
        f"INSERT INTO figure_sums (company_id, id, {cell}, items, amount, is_folded)"
        f" SELECT %(company_id)s, gen_random_uuid(), {cell}, sum(items), sum(amount), true"
        f" FROM ({measured(Source.CLAIMS, rows=ROWS[Source.CLAIMS].sql)}"
        f" UNION ALL {measured(Source.LEDGER, rows=ROWS[Source.LEDGER].sql)}) AS counted"
        f" GROUP BY {cell}",
        parameters,
    )


@contextmanager
def watched() -> Iterator[list[tuple[str, Any, float]]]:
    """The statements that stores run meanwhile, with their parameters and seconds."""
    seen: list[tuple[str, Any, float]] = []
    original = PostgresStore.execute

    async def execute(store: PostgresStore, sql: str, parameters: Any = None) -> Any:
        started = time.perf_counter()
        try:
            return await original(store, sql, parameters)
        finally:
            seen.append((sql, parameters, time.perf_counter() - started))

    PostgresStore.execute = execute  # type: ignore[method-assign, assignment]
    try:
        yield seen
    finally:
        PostgresStore.execute = original  # type: ignore[method-assign]


async def dashboard(storage: PostgresStorage, company: CompanyForTests) -> None:
    """All indicators of the last month, and both agings."""
    async with storage.transaction(company.id, company.actor) as store:
        await report(store, FigureQuestion())
        await aging(store, FigureScope(), by=None)


async def by_dimension(
    storage: PostgresStorage, company: CompanyForTests, by: FigureDimension
) -> None:
    """The same told apart; a year where it is by month."""
    months = {"first_month": _MONTHS[0], "last_month": _MONTHS[1]} if by == "month" else {}
    async with storage.transaction(company.id, company.actor) as store:
        await report(store, FigureQuestion(by=by, **months))
        if by is not FigureDimension.MONTH:
            await aging(store, FigureScope(), by=by)


async def seconds_of(work: Any) -> float:
    """The median of some rounds."""
    found = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        await work()
        found.append(time.perf_counter() - started)
    return statistics.median(found)


async def yardstick(storage: PostgresStorage, company: CompanyForTests) -> None:
    """One pass over the claims."""
    async with storage.transaction(company.id, company.actor) as store:
        assert isinstance(store, PostgresStore)
        await store.execute(
            "SELECT count(*), sum(total_charge_cents) FROM claims WHERE company_id = %(company)s",
            {"company": company.id},
        )


async def show_plans(storage: PostgresStorage, company: CompanyForTests) -> None:
    """What each statement of the dashboard reads, and by which index."""
    with watched() as seen:
        await dashboard(storage, company)
    for sql, parameters, seconds in seen:
        async with storage.transaction(company.id, company.actor) as store:
            assert isinstance(store, PostgresStore)
            cursor = await store.execute(f"EXPLAIN (FORMAT JSON) {sql}", parameters)
            ((document,),) = await cursor.fetchall()
        nodes = " > ".join(_nodes(document[0]["Plan"]))
        sys.stdout.write(f"  {seconds * 1000:>7.1f} ms: {nodes}\n")


def _nodes(plan: dict[str, Any]) -> Iterator[str]:
    named = plan.get("Index Name") or plan.get("Relation Name")
    yield " ".join([plan["Node Type"], *filter(None, [named])])
    for child in plan.get("Plans", []):
        yield from _nodes(child)


async def show_cost_of_writing(place: Place, storage: PostgresStorage, company: Any) -> None:
    """The part of posting that keeping facts and sums takes."""
    payer = await make_payer(storage, company, remittance_identifier=PAYER_TRACE_IDENTIFIER)
    claims = await make_claims(
        storage, company, POSTED.claim_count, charges_cents=(10_000, 10_000), payers=[payer]
    )
    content = file_of(claims, POSTED)
    vault = FileVault(LocalFileStore(place.directory / "files"))
    with watched() as seen:
        started = time.perf_counter()
        await post_file(storage, vault, company, content)
        seconds = time.perf_counter() - started
    keeping = sum(took for sql, _, took in seen if sql in refresh_statements())
    sys.stdout.write(
        f"posting {POSTED}: {POSTED.claim_count / seconds:,.0f} claims/s, of which facts and sums"
        f" take {100 * keeping / seconds:.1f} %\n"
    )


async def run() -> None:
    with temporary_database() as place:
        storage = PostgresStorage(place.addresses.app, keyring=KEYRING)
        await storage.open()
        try:
            company = await make_company(place.addresses.owner, storage)
            for _ in range(11):
                await make_payer(storage, company)
            (model,) = await make_claims(storage, company, 1)
            started = time.perf_counter()
            fill(place, company, model.claim)
            _say(f"{CLAIMS:,} claims written in {time.perf_counter() - started:.0f} s")
            one_pass = await seconds_of(lambda: yardstick(storage, company))
            _say(f"yardstick, one pass over the claims: {one_pass:.2f} s")
            whole = await seconds_of(lambda: dashboard(storage, company))
            _say(
                f"dashboard: {whole:.2f} s (target {TARGET_SECONDS:.0f}),"
                f" {whole / one_pass:.1f} times the yardstick"
            )
            for by in FigureDimension:
                took = await seconds_of(lambda by=by: by_dimension(storage, company, by))
                _say(f"by {by}: {took:.2f} s, {took / one_pass:.1f} times the yardstick")
            await show_plans(storage, company)
            await show_cost_of_writing(place, storage, company)
            async with storage.transaction(company.id, company.actor) as store:
                await store.figures.fold()
            whole = await seconds_of(lambda: dashboard(storage, company))
            _say(f"dashboard after folding: {whole:.2f} s")
        finally:
            await storage.close()


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    look_for_cycles_rarely()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())


if __name__ == "__main__":
    main()
