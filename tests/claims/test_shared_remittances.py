"""Third-party 835 files, posted: the money lies where facts that no library computed say.

They lie beside the repository, in a folder of their own, and are not part of it; without it these
tests are skipped.
"""

import json
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from services.claims.remittances.remittance_scan import scan
from services.claims.x12.remittance_model import RemittanceClaim
from services.claims.x12.remittance_reader import read_remittances
from storage.files import FileVault
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.claims import (
    AdjudicationStatus,
    ExceptionKind,
    LedgerAccount,
    LedgerKind,
    TransactionStatus,
)
from tests.builders.books import Books
from tests.builders.companies import CompanyForTests

SAMPLES = Path(__file__).parents[3] / "shared" / "x12"
FACTS = SAMPLES / "expected_facts.json"
ENTRIES = json.loads(FACTS.read_text()) if FACTS.exists() else {}
REMITTANCES = sorted(name for name, facts in ENTRIES.items() if "tx" in facts)

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(not ENTRIES, reason="the shared samples are not here"),
]


def cents(text: str) -> int:
    return int(Decimal(text) * 100)


@pytest.fixture
async def books(storage: PostgresStorage, vault: FileVault, company: CompanyForTests) -> Books:
    """Books without payers."""
    return await Books.open(storage, vault, company, payers=0)


async def prepared(books: Books, content: bytes) -> None:
    """Have the payers that a file comes from, and a claim for each control number in it."""
    for each in scan([content]).transactions:
        header = each.header
        identifier = header.payer_identifier or header.payer_trace_identifier or "unknown"
        if identifier not in {payer.payer_identifier for payer in books.payers}:
            await books.payer(identifier, trace_identifier=header.payer_trace_identifier)
    charges: dict[str, list[int]] = {}
    for event in read_remittances([content]):
        if isinstance(event, RemittanceClaim):
            charges.setdefault(event.patient_control_number, []).append(event.charge_cents)
    for number, of_claim in charges.items():
        await books.claim(number, charges=of_claim)


@pytest.mark.parametrize("name", REMITTANCES)
async def test_a_sample_is_posted_as_its_facts_say(books: Books, name: str) -> None:
    content = (SAMPLES / name).read_bytes()
    await prepared(books, content)
    posted = await books.post_file(content)
    facts = ENTRIES[name]["tx"]
    moved: Counter[LedgerKind] = Counter()
    for entry in await books.ledger():
        moved[entry.kind] += entry.amount_cents
    balanced = [each for each in facts if cents(each["tx_delta"]) == 0]
    assert [each.status for each in posted] == [
        TransactionStatus.POSTED if each in balanced else TransactionStatus.UNBALANCED
        for each in facts
    ]
    assert [each.difference_cents for each in posted] == [cents(each["tx_delta"]) for each in facts]
    plb = sum(cents(amount) for each in balanced for _, amount in each["plb"])
    assert moved[LedgerKind.DEPOSIT] == sum(cents(each["bpr02"]) for each in balanced)
    assert moved[LedgerKind.PROVIDER_ADJUSTMENT] == plb
    applied = moved[LedgerKind.PAYMENT] + moved[LedgerKind.UNAPPLIED]
    assert applied == sum(cents(each["paid"]) for each in balanced)
    exceptions = await books.exceptions()
    assert {each.kind for each in exceptions} <= {ExceptionKind.UNBALANCED}
    off = [pair for each in balanced for pair in each["claims_unbalanced"]]
    found = [
        [each.patient_control_number, each.difference_cents]
        for each in exceptions
        if each.difference_cents in {cents(difference) for _, difference in off}
    ]
    assert found == [[number, cents(difference)] for number, difference in off]
    is_off = any(each["n_unbal"] or each["line_unbal"] for each in balanced)
    assert bool(exceptions) is is_off
    await books.assert_sound()


@pytest.mark.parametrize("name", REMITTANCES)
async def test_a_sample_that_comes_twice_is_posted_once(books: Books, name: str) -> None:
    content = (SAMPLES / name).read_bytes()
    await prepared(books, content)
    await books.post_file(content)
    first = await books.ledger()
    await books.post_file(content)
    await books.post_file(content + b"\n")
    assert [each.id for each in await books.ledger()] == [each.id for each in first]


@pytest.mark.parametrize("name", [name for name in REMITTANCES if "-11-" in name])
async def test_three_parts_of_one_claim_are_paid_denied_and_paid_in_part(
    books: Books, name: str
) -> None:
    content = (SAMPLES / name).read_bytes()
    await prepared(books, content)
    await books.post_file(content)
    (number,) = {each.patient_control_number for each in _claims(content)}
    assert (await books.row(number)).payment_cents == 4_575
    assert await books.status(number) is AdjudicationStatus.PARTIALLY_PAID
    assert sorted(each.reason_code for each in await books.denials()) == ["251", "251", "29", "29"]


@pytest.mark.parametrize("name", [name for name in REMITTANCES if "-02-" in name])
async def test_claims_without_lines_are_paid_and_the_increase_of_the_deposit_is_no_claims_money(
    books: Books, name: str
) -> None:
    content = (SAMPLES / name).read_bytes()
    await prepared(books, content)
    await books.post_file(content)
    paid = [
        (await books.row(each.patient_control_number)).payment_cents for each in _claims(content)
    ]
    assert sum(paid) == 14_999_873
    assert await books.account(LedgerAccount.CASH_EXPECTED) == 15_000_000
    assert await books.account(LedgerAccount.PROVIDER_ADJUSTMENT) == -127


def _claims(content: bytes) -> list[RemittanceClaim]:
    return [event for event in read_remittances([content]) if isinstance(event, RemittanceClaim)]
