"""The report counts what the database holds: whoever changes a row changes the verdict."""

from typing import Any

import pytest

from services.importing.reporting import Reconciliation, Verdict
from storage.embedded import EmbeddedServer, RoleAddresses
from storage.files import FileVault
from storage.postgres import import_figures
from storage.postgres.transaction import PostgresStorage
from tests.builders.companies import CompanyForTests
from tests.builders.dumps import (
    Importer,
    audit,
    claim,
    era,
    keyed,
    line_row,
    of_map,
    paid,
    payer,
    policy,
    requirement,
    risk_assessment,
)
from tests.builders.people import make_person

pytestmark = pytest.mark.anyio

DUMP: dict[str, Any] = {
    "payers": keyed(payer()),
    "claims": keyed(claim()),
    "eras": [era()],
    "complianceRequirements": keyed(requirement()),
    "audits": [audit()],
    "policyDocuments": [policy()],
    "riskAssessments": [risk_assessment()],
}

ANOTHER_CHARGE = (
    "UPDATE claims SET total_charge_cents = total_charge_cents + 1,"
    " insurance_balance_cents = insurance_balance_cents + 1"
)
"""Balanced, for the database keeps a claim whose balances do not add up from anybody."""


@pytest.fixture
def importer(storage: PostgresStorage, vault: FileVault, company: CompanyForTests) -> Importer:
    return Importer(storage, vault, company)


async def brought(importer: Importer, dump: dict[str, Any]) -> Reconciliation:
    steward = await make_person(importer.storage, importer.company)
    return await importer.bring(dump, steward_person_id=steward.id)


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        (ANOTHER_CHARGE, "claims"),
        ("DELETE FROM claim_lines", "claims"),
        ("UPDATE remittance_transactions SET payment_cents = payment_cents - 1", "eras"),
        ("UPDATE remittance_transactions SET status = 'received'", "eras"),
        ("DELETE FROM adjudication_adjustments; DELETE FROM adjudications", "eras"),
        ("UPDATE ledger_entries SET amount_cents = 1 WHERE kind = 'deposit'", "eras"),
        (
            "DELETE FROM corrective_actions",
            "audits",
        ),
        ("DELETE FROM audit_recommendations", "audits"),
        ("DELETE FROM policy_versions", "policyDocuments"),
        ("DELETE FROM risk_controls", "riskAssessments"),
    ],
)
async def test_a_row_that_was_tampered_with_turns_the_verdict(
    importer: Importer,
    server: EmbeddedServer,
    addresses: RoleAddresses,
    statement: str,
    name: str,
) -> None:
    found = await brought(importer, DUMP)
    assert found.verdict is Verdict.AGREES
    tamper(server, addresses.database, importer.company, statement)
    again = await importer.report(found.import_id)
    assert [each.name for each in again.maps if each.verdict is Verdict.DIFFERS] == [name]
    assert again.verdict is Verdict.DIFFERS


async def test_a_line_of_a_table_that_is_taken_away_turns_the_verdict(
    importer: Importer, server: EmbeddedServer, addresses: RoleAddresses
) -> None:
    bare = claim("c2", lineItems=[], totalChargeAmount=14250)
    rows = [line_row(claim_id="c2")]
    found = await brought(importer, {**DUMP, "claims": [claim(), bare], "claim_line_items": rows})
    counts = {each.name: (each.part_count, each.part_row_count) for each in found.maps}
    assert (counts["claims"], found.verdict) == ((1, 1), Verdict.AGREES)
    which = "claim_id IN (SELECT id FROM claims WHERE claim_number = 'CLM-c2')"
    tamper(
        server,
        addresses.database,
        importer.company,
        f"DELETE FROM claim_lines WHERE {which}",  # noqa: S608 -- the test's own
    )
    again = await importer.report(found.import_id)
    assert [each.name for each in again.maps if each.verdict is Verdict.DIFFERS] == [
        "claimLineItems"
    ]


async def test_records_are_gone_through_by_turns(
    importer: Importer, monkeypatch: pytest.MonkeyPatch
) -> None:
    claims = [claim(f"c{number}") for number in range(7)]
    claims += [claim(f"d{number}", primaryPayerId="p9") for number in range(3)]
    dump = {**DUMP, "claims": claims, "eras": [era(), era("e2"), era("e3")]}
    whole = await brought(importer, dump)
    monkeypatch.setattr(import_figures, "RECORDS_AT_ONCE", 2)
    by_turns = await importer.report(whole.import_id)
    assert (by_turns.maps, by_turns.faults) == (whole.maps, whole.faults)
    assert (of_map(whole, "claims").row_count, whole.faults[0].count) == (7, 3)


def tamper(server: EmbeddedServer, database: str, company: CompanyForTests, statement: str) -> None:
    """Go round the program, and round what the database keeps the program from."""
    with server.connect_as_superuser(database) as connection:
        connection.execute("SET session_replication_role = replica")
        for each in statement.split(";"):
            verb, _, rest = each.strip().partition(" ")
            condition = "AND" if " WHERE " in rest else "WHERE"
            changed = f"{verb} {rest} {condition} company_id = %s"
            connection.execute(changed.encode(), (company.id,))


async def test_a_remittance_is_counted_as_posted_once_the_books_have_it(importer: Importer) -> None:
    eras = of_map(await brought(importer, DUMP), "eras")
    assert (eras.posted_count, eras.posted_cents, eras.waiting_count, eras.lost_count) == (
        1,
        9800,
        0,
        0,
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"claimPayments": [paid(claimId="c9", claimNumber="CLM-9")]},
        {"claimPayments": [paid(adjustments=[])]},
        {"paymentAmount": 9900},
    ],
)
async def test_a_remittance_that_somebody_has_to_look_at_waits(
    importer: Importer, changes: dict[str, Any]
) -> None:
    found = await brought(importer, {**DUMP, "eras": [era(**changes)]})
    eras = of_map(found, "eras")
    assert (eras.posted_count, eras.waiting_count, eras.lost_count) == (0, 1, 0)
    assert (eras.verdict, found.verdict) == (Verdict.WAITS, Verdict.WAITS)


async def test_parts_are_counted_as_they_came_and_as_they_stand(importer: Importer) -> None:
    found = await brought(importer, DUMP)
    counts = {each.name: (each.part_count, each.part_row_count) for each in found.maps}
    assert counts["claims"] == (1, 1)
    assert counts["audits"] == (3, 3)
    assert counts["riskAssessments"] == (4, 4)
    assert counts["payers"] == (0, 0)
