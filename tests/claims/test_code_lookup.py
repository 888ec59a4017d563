"""Codes of many claims are looked up at once, in the edition of each day."""

import datetime as dt
from uuid import UUID

import pytest
from msgspec.structs import replace

from services.claims.scrubbing.code_lookup import fee_schedules, tables_for
from services.claims.scrubbing.code_tables import (
    NewCodeTable,
    load_code_table,
    read_code_file,
    withdraw_code_table,
)
from services.claims.x12.claim_model import Claim
from services.claims.x12.scrub_tables import CodeStatus, Tables
from storage.identifiers import new_id
from storage.interface import Store
from storage.postgres.transaction import PostgresStorage
from storage.tables.codes import CodeTable
from storage.vocabulary.codes import CHARGES, CodeKind
from tests.builders.claims import make_payer
from tests.builders.companies import CompanyForTests
from tests.builders.statements import counted
from tests.claims.x12.claims_to_write import CLAIM, LINE

pytestmark = pytest.mark.anyio

OLD, NEW = dt.date(2025, 6, 1), dt.date(2026, 6, 1)


async def load(
    store: Store,
    kind: CodeKind,
    text: str,
    effective_from: dt.date,
    *,
    schedule: str | None = None,
    payer_id: UUID | None = None,
) -> CodeTable:
    new = NewCodeTable(
        kind=kind,
        edition=str(effective_from),
        source="a test",
        effective_from=effective_from,
        schedule=schedule,
        payer_id=payer_id,
        file_name="test.csv",
    )
    file = read_code_file(lambda: [text.encode()])
    table, _ = await load_code_table(store, new, file)
    return table


async def shared(store: Store) -> Tables:
    return (await tables_for(store, [CLAIM])).shared


async def test_what_is_not_loaded_is_no_table(
    storage: PostgresStorage, company: CompanyForTests
) -> None:
    async with storage.transaction(company.id, company.actor) as store:
        assert await shared(store) == Tables()


async def test_each_day_is_judged_by_its_edition(
    storage: PostgresStorage, company: CompanyForTests, other_company: CompanyForTests
) -> None:
    async with storage.transaction(company.id, company.actor) as store:
        await load(store, CodeKind.PROCEDURES, "code\n99213\n", dt.date(2025, 1, 1))
        newer = await load(store, CodeKind.PROCEDURES, "code\n99214\n", dt.date(2026, 1, 1))
        known = (await shared(store)).procedures
        assert known is not None
        assert known.status("99213", OLD) is CodeStatus.VALID
        assert known.status("99213", NEW) is CodeStatus.NOT_ON_DATE
        assert not known.covers(dt.date(2024, 12, 31))
        await withdraw_code_table(store, newer.id, "wrong", expected_version=newer.version)
        known = (await shared(store)).procedures
        assert known is not None
        assert known.status("99213", NEW) is CodeStatus.VALID
    async with storage.transaction(other_company.id, other_company.actor) as store:
        assert (await shared(store)).procedures is None


async def test_pairs_limits_charges_and_authorizations_are_found(
    storage: PostgresStorage, company: CompanyForTests
) -> None:
    payer = await make_payer(storage, company)
    line = replace(LINE, procedure_code="36415")
    claims: list[Claim] = [replace(CLAIM, lines=(LINE, line))]
    async with storage.transaction(company.id, company.actor) as store:
        pairs = "column_one,column_two,effective_to,modifier_allowed\n99213,36415,2025-12-31,1\n"
        await load(store, CodeKind.PROCEDURE_PAIRS, pairs, dt.date(2025, 1, 1))
        await load(store, CodeKind.UNIT_LIMITS, "code,units\n99213,1\n", dt.date(2025, 1, 1))
        fees = "code,modifier,amount\n99213,,100\n99213,26,40\n"
        await load(store, CodeKind.FEES, fees, dt.date(2025, 1, 1), schedule=CHARGES)
        wanted = await load(
            store,
            CodeKind.AUTHORIZATIONS,
            "code\n99213\n",
            dt.date(2025, 1, 1),
            payer_id=payer.id,
        )
        assert wanted.payer_id == payer.id
        found = await tables_for(store, claims)
        schedules = await fee_schedules(store, [CHARGES, "absent"], ["99213"])
    tables = found.for_payer(payer.id)
    assert tables.pair_edits is not None
    assert tables.pair_edits.between("99213", "36415", OLD) is not None
    assert tables.pair_edits.between("99213", "36415", NEW) is None
    assert tables.unit_limits is not None
    assert tables.unit_limits.value("99213", (), OLD) == 1
    assert tables.charges is not None
    assert tables.charges.value("99213", ("26",), OLD) == 4_000
    assert tables.needs_authorization is not None
    assert tables.needs_authorization.status("99213", OLD) is CodeStatus.VALID
    assert found.for_payer(new_id()).needs_authorization is None
    assert list(schedules) == [CHARGES]


async def test_many_claims_take_as_many_statements_as_one(
    storage: PostgresStorage, company: CompanyForTests
) -> None:
    async with storage.transaction(company.id, company.actor) as store:
        for kind, text in {
            CodeKind.PROCEDURES: "code\n99213\n",
            CodeKind.UNIT_LIMITS: "code,units\n99213,1\n",
        }.items():
            await load(store, kind, text, OLD)
        counts = []
        for claims in ([CLAIM], [CLAIM] * 200):
            with counted(store) as counting:
                await tables_for(store, claims)
            counts.append(counting.statements)
    assert counts == [4, 4]
