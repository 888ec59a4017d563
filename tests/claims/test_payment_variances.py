"""Posted payments held against contracts: the ledger of variances, and the worklist beside it."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

import psycopg
import pytest

from services.claims.contracts import agreements, underpayments
from services.claims.contracts.agreements import NewContract, NewTerm, Terms
from services.claims.contracts.comparing import COMPARE, compare, compare_as_asked
from services.claims.contracts.underpayments import UnderpaymentOutcome
from services.claims.contracts.valuing import value_adjudications
from services.claims.scrubbing.code_tables import (
    NewCodeTable,
    load_code_table,
    read_code_file,
    withdraw_code_table,
)
from storage.embedded import RoleAddresses
from storage.files import FileVault
from storage.filters import (
    AdjudicationFilter,
    PaymentVarianceFilter,
    UnderpaymentFilter,
)
from storage.postgres.transaction import PostgresStorage
from storage.tables.claims import Payer
from storage.tables.codes import CodeTable
from storage.tables.contracts import PaymentVariance, Underpayment
from storage.vocabulary.codes import CodeKind
from storage.vocabulary.contracts import (
    TermBasis,
    UnderpaymentResolution,
    UnderpaymentStatus,
    VarianceVerdict,
)
from tests.builders.books import Books
from tests.builders.companies import CompanyForTests
from tests.builders.remittance_files import Cas, Claim, Line
from tests.builders.statements import counted

pytestmark = pytest.mark.anyio

FROM = dt.date(2025, 1, 1)
FIXED = NewTerm(basis=TermBasis.FIXED, amount_cents=8_000)


@pytest.fixture
async def books(storage: PostgresStorage, vault: FileVault, company: CompanyForTests) -> Books:
    return await Books.open(storage, vault, company)


async def agree(
    books: Books,
    *terms: NewTerm,
    payer: Payer | None = None,
    tolerance_cents: int = 0,
) -> UUID:
    """A contract of the first payer."""
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        made = await agreements.create_contract(
            store,
            NewContract(
                payer_id=(payer or books.payers[0]).id,
                name="Of a test",
                effective_from=FROM,
                tolerance_cents=tolerance_cents,
            ),
        )
        await agreements.set_terms(
            store, made.contract.id, Terms(terms=list(terms)), expected_version=1
        )
    return made.contract.id


async def compared(books: Books) -> list[PaymentVariance]:
    """All variances once everything has been compared, oldest first."""
    company = books.company
    await compare(books.storage, company.id, company.actor, AdjudicationFilter())
    async with books.storage.transaction(company.id, company.actor) as store:
        return await store.payment_variances.all(PaymentVarianceFilter())


async def worklist(books: Books) -> list[Underpayment]:
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        return await store.underpayments.all(UnderpaymentFilter())


def amounts(rows: Sequence[PaymentVariance]) -> list[tuple[str, int | None, int, int | None]]:
    return [(r.verdict.value, r.expected_cents, r.allowed_cents, r.difference_cents) for r in rows]


def line(paid: int, patient: int = 0, **adjusted: int) -> Line:
    """A line of 100.00: paid, shared by the patient, denied; the rest is written off."""
    denied = adjusted.get("denied", 0)
    rest = 10_000 - paid - patient - denied
    parts = [Cas("CO", "45", rest), Cas("PR", "2", patient), Cas("CO", "197", denied)]
    return Line(adjustments=tuple(each for each in parts if each.cents))


async def test_allowed_is_what_was_paid_and_what_the_patient_shares(books: Books) -> None:
    await books.claim(charges=(10_000, 10_000, 10_000))
    await agree(books, FIXED, tolerance_cents=100)
    await books.pay(Claim(lines=(line(6_000, 2_000), line(5_899, 2_000), line(9_000))))
    rows = await compared(books)
    assert amounts(rows) == [
        ("as_expected", 8_000, 8_000, 0),
        ("underpaid", 8_000, 7_899, -101),
        ("overpaid", 8_000, 9_000, 1_000),
    ]
    assert rows[1].arithmetic == "80.00 x 1.000 = 80.00; allowed 78.99: -1.01"
    (work,) = await worklist(books)
    assert (work.amount_cents, work.line_ordinal, work.status) == (101, 2, UnderpaymentStatus.OPEN)


async def test_what_is_denied_is_worked_as_a_denial_and_is_no_underpayment(books: Books) -> None:
    """Nothing is in both worklists, and nothing in neither: a line that was paid in part has no
    denial."""
    await books.claim(charges=(10_000, 10_000))
    await agree(books, FIXED)
    await books.pay(Claim(lines=(line(3_000, denied=7_000), line(0, denied=10_000))))
    (row,) = await compared(books)
    assert amounts([row]) == [("underpaid", 8_000, 3_000, -5_000)]
    assert [each.line_ordinal for each in await books.denials()] == [2]
    assert [(each.line_ordinal, each.amount_cents) for each in await worklist(books)] == [
        (1, 5_000)
    ]


async def test_a_payment_without_a_contract_or_a_fee_is_no_data_and_never_zero(
    books: Books,
) -> None:
    await books.claim()
    await books.pay(Claim(lines=(line(5_000),)))
    assert await compared(books) == []
    scheduled = NewTerm(
        basis=TermBasis.PERCENT_OF_SCHEDULE, schedule="Medicare", percent=Decimal(80)
    )
    await agree(books, scheduled)
    (row,) = await compared(books)
    assert amounts([row]) == [("no_data", None, 5_000, None)]
    assert row.arithmetic == "no fee schedule 'Medicare' is loaded"
    await load_fees(books, "code,amount\n99213,100\n")
    rows = await compared(books)
    assert amounts(rows[1:]) == [("underpaid", 8_000, 5_000, -3_000)]
    assert [each.valuation for each in rows] == [1, 2]
    assert [each.id for each in await compared(books)] == [each.id for each in rows]


async def load_fees(books: Books, text: str) -> CodeTable:
    new = NewCodeTable(
        kind=CodeKind.FEES,
        schedule="Medicare",
        edition="2025",
        source="a test",
        effective_from=FROM,
        file_name="fees.csv",
    )
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        file = read_code_file(lambda: [text.encode()])
        table, _ = await load_code_table(store, new, file)
    return table


async def test_a_payment_that_is_taken_back_has_no_variance_any_more(books: Books) -> None:
    await books.claim()
    await agree(books, FIXED)
    paid = Claim(lines=(line(5_000),))
    await books.pay(paid)
    assert amounts(await compared(books)) == [("underpaid", 8_000, 5_000, -3_000)]
    await books.pay(paid.reversed(), Claim(lines=(line(8_000),)))
    rows = await compared(books)
    assert sorted(amounts(rows[1:])) == [
        ("as_expected", 8_000, 8_000, 0),
        ("reversed", None, 0, None),
    ]
    (work,) = await worklist(books)
    assert work.status is UnderpaymentStatus.SUPERSEDED
    assert work.superseded_because == "the payer took its decision back"


async def test_only_the_first_payer_is_held_against_its_contract(books: Books) -> None:
    second = await books.payer("SECOND", trace_identifier="1222222222")
    await books.claim(payers=[books.payers[0], second])
    await agree(books, FIXED, payer=second)
    await books.pay(
        Claim(status_code="2", lines=(Line(adjustments=(Cas("OA", "23", 9_000),)),)), payer=second
    )
    assert await compared(books) == []


async def test_a_case_rate_is_compared_with_all_of_its_lines_together(books: Books) -> None:
    await books.claim(charges=(10_000, 10_000))
    await agree(books, NewTerm(basis=TermBasis.CASE_RATE, amount_cents=12_000))
    await books.pay(Claim(lines=(line(10_000), line(1_500))))
    (row,) = await compared(books)
    assert amounts([row]) == [("underpaid", 12_000, 11_500, -500)]
    assert row.line_ordinal == 1


async def test_an_open_underpayment_follows_and_a_resolved_one_stays(books: Books) -> None:
    await books.claim()
    contract_id = await agree(books, FIXED)
    await books.pay(Claim(lines=(line(5_000),)))
    await compared(books)

    async def price(cents: int, version: int) -> None:
        terms = Terms(terms=[FIXED.model_copy(update={"amount_cents": cents})])
        async with books.storage.transaction(books.company.id, books.company.actor) as store:
            await agreements.set_terms(store, contract_id, terms, expected_version=version)
        await compared(books)

    await price(9_000, 2)
    (work,) = await worklist(books)
    assert (work.amount_cents, work.expected_cents) == (4_000, 9_000)
    await price(5_000, 3)
    (work,) = await worklist(books)
    assert (work.status, work.superseded_because) == (
        UnderpaymentStatus.SUPERSEDED,
        "the payment is what the contract pays",
    )
    await price(7_000, 4)
    (work,) = await worklist(books)
    assert (work.status, work.amount_cents) == (UnderpaymentStatus.OPEN, 2_000)
    outcome = UnderpaymentOutcome(resolution=UnderpaymentResolution.PAYER_WAS_RIGHT)
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        await underpayments.resolve(store, work.id, outcome, expected_version=work.version)
    await price(8_000, 5)
    (after,) = await worklist(books)
    assert (after.status, after.amount_cents) == (UnderpaymentStatus.RESOLVED, 2_000)


def asked(addresses: RoleAddresses, books: Books) -> list[dict[str, str]]:
    """With what the company's comparisons were asked for, oldest first."""
    with psycopg.connect(addresses.owner) as owner:
        found = owner.execute(
            "SELECT args - 'company_id' FROM procrastinate_jobs"
            " WHERE task_name = %s AND args ->> 'company_id' = %s ORDER BY id",
            [COMPARE, str(books.company.id)],
        )
        return [arguments for (arguments,) in found]


async def compared_as_asked(addresses: RoleAddresses, books: Books) -> list[PaymentVariance]:
    """All variances once the last comparison that was asked for is done."""
    company = books.company
    arguments = asked(addresses, books)[-1]
    await compare_as_asked(books.storage, company.id, company.actor, arguments)
    async with books.storage.transaction(company.id, company.actor) as store:
        return await store.payment_variances.all(PaymentVarianceFilter())


async def test_posting_asks_for_a_comparison_where_there_is_a_contract(
    books: Books, addresses: RoleAddresses
) -> None:
    await books.claim()
    await books.claim("PCN0002")
    await books.pay(Claim(lines=(line(5_000),)))
    assert asked(addresses, books) == []
    await agree(books, FIXED)
    posted = await books.pay(Claim(patient_control_number="PCN0002", lines=(line(5_000),)))
    assert asked(addresses, books)[-1] == {"transaction_ids": str(posted.id)}


async def test_new_terms_are_held_against_what_was_paid_and_both_comparisons_stay(
    books: Books, addresses: RoleAddresses
) -> None:
    await books.claim()
    await books.pay(Claim(lines=(line(5_000),)))
    contract_id = await agree(books, NewTerm(basis=TermBasis.FIXED, amount_cents=5_000))
    (first,) = await compared_as_asked(addresses, books)
    assert first.verdict is VarianceVerdict.AS_EXPECTED
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        await agreements.set_terms(store, contract_id, Terms(terms=[FIXED]), expected_version=2)
    rows = await compared_as_asked(addresses, books)
    assert [(each.valuation, each.verdict) for each in rows] == [
        (1, VarianceVerdict.AS_EXPECTED),
        (2, VarianceVerdict.UNDERPAID),
    ]
    assert [each.amount_cents for each in await worklist(books)] == [3_000]


async def test_a_contract_that_ends_earlier_is_compared_where_it_was_in_force(
    books: Books, addresses: RoleAddresses
) -> None:
    await books.claim()
    await books.pay(Claim(lines=(line(5_000),)))
    contract_id = await agree(books, FIXED)
    await compared_as_asked(addresses, books)
    changes = agreements.ContractChanges(effective_to=dt.date(2025, 2, 1))
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        await agreements.change_contract(store, contract_id, changes, expected_version=2)
    assert "service_until" not in asked(addresses, books)[-1]
    rows = await compared_as_asked(addresses, books)
    assert [each.verdict for each in rows] == [VarianceVerdict.UNDERPAID, VarianceVerdict.NO_DATA]


async def test_a_schedule_that_is_loaded_or_withdrawn_is_held_against_what_it_prices(
    books: Books, addresses: RoleAddresses
) -> None:
    await books.claim()
    await books.pay(Claim(lines=(line(5_000),)))
    scheduled = NewTerm(
        basis=TermBasis.PERCENT_OF_SCHEDULE, schedule="Medicare", percent=Decimal(80)
    )
    await agree(books, scheduled)
    table = await load_fees(books, "code,amount\n99213,100\n")
    assert asked(addresses, books)[-1]["schedule"] == "Medicare"
    (row,) = await compared_as_asked(addresses, books)
    assert amounts([row]) == [("underpaid", 8_000, 5_000, -3_000)]
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        await withdraw_code_table(store, table.id, "wrong year", expected_version=table.version)
    rows = await compared_as_asked(addresses, books)
    assert [each.verdict for each in rows] == [VarianceVerdict.UNDERPAID, VarianceVerdict.NO_DATA]


async def test_what_no_contract_names_is_not_compared(
    books: Books, addresses: RoleAddresses
) -> None:
    await books.claim()
    await books.pay(Claim(lines=(line(5_000),)))
    await agree(books, FIXED)
    await load_fees(books, "code,amount\n99213,100\n")
    assert await compared_as_asked(addresses, books) == []


async def test_two_hundred_decisions_take_as_many_statements_as_two(books: Books) -> None:
    await agree(books, FIXED)
    counts = []
    for size in (2, 200):
        fields = [
            (books.claim_fields(f"PCN{size:04}{at:04}", charge_cents=10_000), (10_000,))
            for at in range(size)
        ]
        await books.claims(fields)
        posted = await books.pay(
            *(
                Claim(patient_control_number=row.patient_control_number, lines=(line(5_000),))
                for row, _ in fields
            )
        )
        async with books.storage.transaction(books.company.id, books.company.actor) as store:
            decided = await store.adjudications.all(AdjudicationFilter(transaction_id=posted.id))
            with counted(store) as counting:
                assert await value_adjudications(store, decided) == size
        counts.append(counting.statements)
    assert counts[0] == counts[1] > 0
    verdicts = {each.verdict for each in await compared(books)}
    assert verdicts == {VarianceVerdict.UNDERPAID}
