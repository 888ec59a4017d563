"""Secondary and tertiary claims: whose turn it is, and what the earlier payers said."""

from dataclasses import dataclass, replace

import pytest

from services.claims.outgoing import OutgoingClaim, outgoing_claims
from services.claims.x12.claim_file_check import check_claim_file
from services.claims.x12.claim_model import ProfessionalClaim
from services.claims.x12.party_model import Responsibility
from storage.files import FileVault
from storage.filters import ClaimFilter
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.parties import FilingIndicator
from tests.builders.books import Books
from tests.builders.companies import CompanyForTests
from tests.builders.parties import make_care_provider, make_coverage, make_known
from tests.builders.remittance_files import Cas, Claim, Line
from tests.claims.x12.claims_to_write import bytes_of, segments_of

pytestmark = pytest.mark.anyio

PAID = Claim(
    patient_control_number="PCN0001",
    status_code="1",
    payer_claim_number="ICN1",
    lines=[
        Line(charge_cents=6_000, adjustments=[Cas("CO", "45", 1_000), Cas("PR", "2", 1_000)]),
        Line(charge_cents=4_000, adjustments=[Cas("CO", "45", 500), Cas("PR", "1", 3_500)]),
    ],
)


@dataclass
class Billed:
    """Books with one claim of two lines to two payers, of which everything is known."""

    books: Books

    async def outgoing(self) -> OutgoingClaim:
        company = self.books.company
        async with self.books.storage.transaction(company.id, company.actor) as store:
            (made,) = await outgoing_claims(store, await store.claims.all(ClaimFilter()))
        return made

    async def model(self) -> ProfessionalClaim:
        made = await self.outgoing()
        assert made.faults == ()
        assert isinstance(made.model, ProfessionalClaim)
        return made.model

    async def code(self) -> tuple[str, str]:
        made = await self.outgoing()
        assert made.model is None
        (fault,) = made.faults
        return fault.pointer, fault.code


@pytest.fixture
async def billed(storage: PostgresStorage, company: CompanyForTests, vault: FileVault) -> Billed:
    books = await Books.open(storage, vault, company, payers=2)
    await make_known(books)
    await books.claim(charges=(6_000, 4_000), payers=books.payers)
    return Billed(books)


async def test_a_claim_goes_to_its_primary_payer_first_and_names_the_other(billed: Billed) -> None:
    model = await billed.model()
    assert model.subscriber.responsibility is Responsibility.PRIMARY
    assert [(each.responsibility, each.paid_cents) for each in model.earlier_payers] == [
        (Responsibility.SECONDARY, None)
    ]


async def test_after_the_primarys_decision_it_goes_to_the_secondary_with_all_that_was_decided(
    billed: Billed,
) -> None:
    await billed.books.pay(PAID)
    model = await billed.model()
    assert model.payer.identifier == billed.books.payers[1].payer_identifier
    content = bytes_of(model)
    assert check_claim_file([content]) == []
    segments = segments_of(content)
    for wanted in (
        "AMT*D*40",
        "REF*F8*ICN1",
        "SVD*99999*40*HC:99213**1",
        "CAS*CO*45*10",
        "CAS*PR*2*10",
        "AMT*EAF*10",
        "SVD*99999*0*HC:99213**1",
        "CAS*CO*45*5",
        "CAS*PR*1*35",
        "AMT*EAF*35",
        "DTP*573*D8*20250331",
    ):
        assert wanted in segments, wanted
    assert segments.count("DTP*573*D8*20250331") == 2, "the day stands at the lines alone"


async def test_a_reversed_decision_makes_it_the_primarys_turn_again(billed: Billed) -> None:
    await billed.books.pay(PAID)
    await billed.books.pay(PAID.reversed())
    assert (await billed.model()).subscriber.responsibility is Responsibility.PRIMARY


@pytest.mark.parametrize("code", ["19", "20", "21"])
async def test_a_claim_that_the_payer_forwarded_itself_is_not_billed_to_the_next(
    billed: Billed, code: str
) -> None:
    await billed.books.pay(replace(PAID, status_code=code))
    assert await billed.code() == ("/secondary_payer_id", "forwarded")


async def test_a_claim_that_all_payers_decided_about_goes_nowhere(billed: Billed) -> None:
    await billed.books.pay(PAID)
    second = [
        Line(charge_cents=6_000, adjustments=[Cas("OA", "23", 5_000)]),
        Line(charge_cents=4_000, adjustments=[Cas("OA", "23", 500)]),
    ]
    await billed.books.pay(
        Claim(patient_control_number="PCN0001", status_code="2", lines=second),
        payer=billed.books.payers[1],
    )
    assert await billed.code() == ("", "decided")


async def test_a_payer_that_decided_on_a_part_is_waited_for(billed: Billed) -> None:
    await billed.books.pay(replace(PAID, lines=PAID.lines[:1]))
    assert await billed.code() == ("/primary_payer_id", "decided_in_part")


async def test_parts_of_which_one_was_denied_make_one_decision(billed: Billed) -> None:
    denied = Line(charge_cents=4_000, adjustments=[Cas("CO", "197", 4_000)])
    await billed.books.pay(
        replace(PAID, lines=PAID.lines[:1]),
        replace(PAID, lines=[denied], payer_claim_number="ICN2"),
    )
    model = await billed.model()
    assert model.earlier_payers[0].paid_cents == 4_000
    assert [line.adjudications[0].paid_cents for line in model.lines] == [4_000, 0]


async def test_a_decision_about_the_claim_as_a_whole_stands_at_the_claim(billed: Billed) -> None:
    whole = Claim(
        patient_control_number="PCN0001",
        status_code="1",
        charge_cents=10_000,
        paid_cents=7_000,
        adjustments=[Cas("CO", "45", 2_000), Cas("PR", "3", 1_000)],
        lines=[],
    )
    await billed.books.pay(whole)
    model = await billed.model()
    (primary,) = model.earlier_payers
    assert (primary.paid_cents, primary.remaining_patient_liability_cents) == (7_000, 1_000)
    assert primary.adjudicated_on is not None
    assert all(line.adjudications == () for line in model.lines)
    assert check_claim_file([bytes_of(model)]) == []


async def test_adjustments_of_one_reason_are_told_once(billed: Billed) -> None:
    twice = [Cas("CO", "45", 600), Cas("CO", "45", 400), Cas("PR", "2", 1_000)]
    lines = [Line(charge_cents=6_000, adjustments=twice), PAID.lines[1]]
    await billed.books.pay(replace(PAID, lines=lines))
    adjustments = (await billed.model()).lines[0].adjudications[0].adjustments
    assert [(each.group, each.reason, each.amount_cents) for each in adjustments] == [
        ("CO", "45", 1_000),
        ("PR", "2", 1_000),
    ]


async def test_the_units_that_the_payer_paid_are_told_and_the_billed_ones_where_it_names_none(
    billed: Billed,
) -> None:
    fewer = replace(PAID.lines[0], units="0.5", submitted_units="1")
    unnamed = replace(PAID.lines[1], units="")
    await billed.books.pay(replace(PAID, lines=[fewer, unnamed]))
    content = bytes_of(await billed.model())
    assert check_claim_file([content]) == []
    assert [each for each in segments_of(content) if each.startswith("SVD*")] == [
        "SVD*99999*40*HC:99213**0.5",
        "SVD*99999*0*HC:99213**1",
    ]


async def test_units_that_are_no_number_count_as_not_named(billed: Billed) -> None:
    lines = [
        replace(line, units=units) for line, units in zip(PAID.lines, ("1E3", "x"), strict=True)
    ]
    await billed.books.pay(replace(PAID, lines=lines))
    assert [line.adjudications[0].units for line in (await billed.model()).lines] == [1, 1]


async def test_a_line_that_was_bundled_names_the_line_that_it_was_paid_with(
    billed: Billed,
) -> None:
    recoded = {"procedure_code": "99214", "submitted_procedure_code": "99213"}
    paid = replace(PAID.lines[0], **recoded)
    bundled = Line(charge_cents=4_000, adjustments=[Cas("CO", "97", 4_000)], units="0", **recoded)
    await billed.books.pay(replace(PAID, lines=[paid, bundled]))
    content = bytes_of(await billed.model())
    assert check_claim_file([content]) == []
    assert [each for each in segments_of(content) if each.startswith("SVD*")] == [
        "SVD*99999*40*HC:99214**1",
        "SVD*99999*0*HC:99214**0*1",
    ]


async def test_a_line_that_was_recoded_alone_is_in_no_bundle(billed: Billed) -> None:
    denied = replace(
        PAID.lines[1],
        adjustments=[Cas("CO", "97", 4_000)],
        procedure_code="99214",
        submitted_procedure_code="99213",
    )
    await billed.books.pay(replace(PAID, lines=[PAID.lines[0], denied]))
    lines = (await billed.model()).lines
    assert [line.adjudications[0].bundled_into_line for line in lines] == [None, None]


async def test_a_decision_about_a_line_that_the_claim_lacks_is_told(billed: Billed) -> None:
    recoded = [
        Line(charge_cents=6_000, adjustments=[Cas("CO", "45", 6_000)]),
        Line(charge_cents=3_000, adjustments=[Cas("CO", "45", 3_000)]),
        Line(charge_cents=1_000, adjustments=[Cas("CO", "45", 1_000)]),
    ]
    await billed.books.pay(replace(PAID, lines=recoded))
    assert await billed.code() == ("/primary_payer_id", "decided_line_unknown")


async def test_medicare_after_another_payer_needs_the_reason_for_it(
    storage: PostgresStorage, company: CompanyForTests, vault: FileVault
) -> None:
    books = await Books.open(storage, vault, company, payers=2)
    await make_care_provider(storage, company)
    for payer, indicator in zip(
        books.payers, (FilingIndicator.COMMERCIAL, FilingIndicator.MEDICARE_PART_B), strict=True
    ):
        await make_coverage(
            storage,
            company,
            books.patient,
            payer,
            member_id="MEM0001",
            filing_indicator=indicator,
        )
    await books.claim(charges=(6_000, 4_000), payers=books.payers)
    await books.pay(PAID)
    made = await Billed(books).outgoing()
    assert ("/secondary_payer_id", "insurance_type_missing") in [
        (fault.pointer, fault.code) for fault in made.faults
    ]
