"""``wellkept import`` killed in the middle of its write: nothing of it stays, or comes twice."""

import json
from pathlib import Path

import pytest

from storage.embedded import EmbeddedServer
from tests.builders.companies import CompanyForTests
from tests.builders.dumps import appeal, batch, claim, keyed, payer
from tests.cli.conftest import Run
from tests.cli.killing import killed_at

_ROWS = ("payers", "patients", "claims", "claim_lines", "claim_batches", "claim_appeals")


def rows(server: EmbeddedServer, company: CompanyForTests) -> dict[str, int]:
    """How many rows the company has."""
    with server.connect_as_superuser("wellkept") as connection:
        counts = {}
        for table in (*_ROWS, "ledger_entries"):
            found = connection.execute(
                f"SELECT count(*) FROM {table} WHERE company_id = %s".encode(),  # noqa: S608
                [company.id],
            ).fetchone()
            assert found is not None
            counts[table] = found[0]
    return counts


@pytest.mark.parametrize("table", ["ledger_entries", "claim_batch_items"])
def test_an_import_that_was_killed_is_whole_once_it_runs_again(
    table: str,
    server: EmbeddedServer,
    company: CompanyForTests,
    wellkept: Run,
    tmp_path: Path,
) -> None:
    dump = tmp_path / "dump.json"
    claims = keyed(*(claim(f"c{number}") for number in range(1, 41)))
    content = {"payers": [payer()], "claims": claims, "batches": [batch()], "appeals": [appeal()]}
    dump.write_text(json.dumps(content), "utf-8")
    arguments = ("import", str(dump), "--company", company.slug)
    with server.connect_as_superuser("wellkept") as holding:
        holding.autocommit = False
        with killed_at(holding, table, *arguments):
            """There it ends."""
    assert not any(rows(server, company).values())
    code, printed = wellkept(*arguments)
    assert (code, "Verdict: agrees" in printed) == (0, True), printed
    once = {"payers": 1, "patients": 1, "claims": 40, "claim_lines": 40, "ledger_entries": 40}
    once |= {"claim_batches": 1, "claim_appeals": 1}
    assert rows(server, company) == once
    code, printed = wellkept(*arguments)
    assert (code, rows(server, company)) == (0, once), printed
