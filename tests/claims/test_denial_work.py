"""Whose a denial is, what is noted, and what becomes of it."""

import asyncio

import pytest

from services.claims import submission
from services.claims.denial_work import notes, queue, resolving
from services.claims.denial_work.assigning import DENIALS
from services.claims.denial_work.notes import NewNote
from services.claims.denial_work.resolving import NothingLeftToWork, Resolution
from services.claims.taken_work import WorkTaken
from services.identity.authentication import PersonNeeded, Principal
from services.identity.people import disable_person, enable_person
from services.identity.scopes import Scope
from services.refusals import IllegalTransition, InvalidInput
from storage.errors import VersionConflict
from storage.files import FileVault
from storage.filters import ByDenial, DenialFilter
from storage.identifiers import new_id
from storage.postgres.transaction import PostgresStorage
from storage.tables.denial_work import DenialOutcome
from storage.tables.ledger import Denial
from storage.vocabulary.claims import DenialStatus
from storage.vocabulary.denials import DenialResolution, SupersededBecause
from storage.vocabulary.identity import PrincipalKind, Role
from tests.builders.books import Books
from tests.builders.companies import CompanyForTests
from tests.builders.denials import DENIED, denied
from tests.builders.people import PersonForTests, make_person
from tests.builders.remittance_files import Cas, Claim, Line

pytestmark = pytest.mark.anyio

GIVEN_UP = Resolution(resolution=DenialResolution.GIVEN_UP, note="Below what an appeal costs")


@pytest.fixture
async def books(storage: PostgresStorage, vault: FileVault, company: CompanyForTests) -> Books:
    """A company's books."""
    return await Books.open(storage, vault, company)


@pytest.fixture
async def denial(books: Books) -> Denial:
    """A claim of 100.00 that its payer has refused."""
    return await denied(books)


def signed_in(person: PersonForTests) -> Principal:
    """A person, as who asks."""
    return Principal(
        person.id,
        PrincipalKind.PERSON,
        person.company.id,
        "a person",
        frozenset(Scope),
        session_id=new_id(),
    )


async def taken(books: Books, denial: Denial, person: PersonForTests) -> Denial:
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        return await DENIALS.take(
            store, signed_in(person), denial.id, expected_version=denial.version
        )


async def resolved(books: Books, denial: Denial, resolution: Resolution = GIVEN_UP) -> Denial:
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        return await resolving.resolve(
            store, denial.id, resolution, expected_version=denial.version
        )


async def reopened(books: Books, denial: Denial) -> Denial:
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        return await resolving.reopen(
            store, denial.id, "The payer has called back", expected_version=denial.version
        )


async def outcomes(books: Books, denial: Denial) -> list[DenialOutcome]:
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        return await store.denial_outcomes.all(ByDenial(denial_id=denial.id))


async def test_of_two_who_take_a_denial_at_once_one_has_it(
    books: Books, denial: Denial, company: CompanyForTests
) -> None:
    people = [await make_person(books.storage, company, Role.RCM_STAFF) for _ in range(2)]
    answers = await asyncio.gather(
        *(taken(books, denial, each) for each in people), return_exceptions=True
    )
    (won,) = (each for each in answers if isinstance(each, Denial))
    (lost,) = (each for each in answers if not isinstance(each, Denial))
    assert isinstance(lost, VersionConflict)
    (stands,) = await books.denials()
    assert stands.assigned_person_id == won.assigned_person_id


async def test_nobody_takes_what_somebody_else_has_but_it_can_be_assigned_to_another(
    books: Books, denial: Denial, company: CompanyForTests
) -> None:
    first = await make_person(books.storage, company, Role.RCM_STAFF)
    second = await make_person(books.storage, company, Role.RCM_STAFF)
    held = await taken(books, denial, first)
    with pytest.raises(WorkTaken):
        await taken(books, held, second)
    async with books.storage.transaction(company.id, company.actor) as store:
        given = await DENIALS.assign(store, denial.id, second.id, expected_version=held.version)
        assert given.assigned_person_id == second.id
        back = await DENIALS.assign(store, denial.id, None, expected_version=given.version)
    assert (back.assigned_person_id, back.assigned_at) == (None, None)


async def test_a_key_takes_nothing(books: Books, denial: Denial, company: CompanyForTests) -> None:
    with pytest.raises(PersonNeeded):
        async with books.storage.transaction(company.id, company.actor) as store:
            await DENIALS.take(store, company.principal, denial.id, expected_version=denial.version)


async def test_who_leaves_gives_the_work_back_and_is_given_none(
    books: Books, denial: Denial, company: CompanyForTests
) -> None:
    person = await make_person(books.storage, company, Role.RCM_STAFF)
    held = await taken(books, denial, person)
    async with books.storage.transaction(company.id, company.actor) as store:
        await disable_person(store, person.id, expected_version=person.version)
    (back,) = await books.denials()
    assert (held.assigned_person_id, back.assigned_person_id) == (person.id, None)
    assert back.version == held.version + 1
    with pytest.raises(InvalidInput):
        async with books.storage.transaction(company.id, company.actor) as store:
            await DENIALS.assign(store, denial.id, person.id, expected_version=back.version)


async def test_notes_are_kept_in_every_state(
    books: Books, denial: Denial, company: CompanyForTests
) -> None:
    async with books.storage.transaction(company.id, company.actor) as store:
        await notes.add_note(store, denial.id, NewNote(text="Called the payer."))
    await resolved(books, denial)
    async with books.storage.transaction(company.id, company.actor) as store:
        await notes.add_note(store, denial.id, NewNote(text="It called back."))
        page = await notes.list_notes(store, denial.id, limit=10, after=None)
    assert [each.text for each in page.rows] == ["It called back.", "Called the payer."]


async def test_what_is_given_up_leaves_the_queue_and_comes_back_when_it_is_reopened(
    books: Books, denial: Denial, company: CompanyForTests
) -> None:
    gone = await resolved(books, denial)
    assert (gone.status, gone.resolution) == (DenialStatus.RESOLVED, DenialResolution.GIVEN_UP)
    assert await outcomes(books, denial) == []
    back = await reopened(books, gone)
    assert (back.status, back.resolution, back.resolved_on) == (DenialStatus.OPEN, None, None)
    async with books.storage.transaction(company.id, company.actor) as store:
        page = await queue.list_queue(store, DenialFilter(), limit=10)
    assert [each.denial.id for each in page.rows] == [denial.id]


async def test_a_resolution_happens_once(books: Books, denial: Denial) -> None:
    gone = await resolved(books, denial)
    with pytest.raises(IllegalTransition) as refused:
        await resolved(books, gone)
    assert refused.value.legal == ["open"]
    back = await reopened(books, gone)
    with pytest.raises(IllegalTransition):
        await reopened(books, back)


async def test_who_has_left_does_not_get_a_reopened_denial(
    books: Books, denial: Denial, company: CompanyForTests
) -> None:
    person = await make_person(books.storage, company, Role.RCM_STAFF)
    gone = await resolved(books, await taken(books, denial, person))
    async with books.storage.transaction(company.id, company.actor) as store:
        await disable_person(store, person.id, expected_version=person.version)
    assert (await reopened(books, gone)).assigned_person_id is None
    async with books.storage.transaction(company.id, company.actor) as store:
        person_row = await store.people.get(person.id)
        await enable_person(
            store, person.id, expected_version=person_row.version, granted_by=frozenset(Scope)
        )


async def test_money_names_the_decision_that_brought_it(books: Books, denial: Denial) -> None:
    with pytest.raises(InvalidInput) as refused:
        await resolved(books, denial, Resolution(resolution=DenialResolution.OVERTURNED))
    assert [each.pointer for each in refused.value.faults] == [
        "/recovered_cents",
        "/adjudication_id",
    ]
    with pytest.raises(InvalidInput) as refused:
        await resolved(
            books,
            denial,
            Resolution(
                resolution=DenialResolution.OVERTURNED,
                recovered_cents=1,
                adjudication_id=denial.adjudication_id,
            ),
        )
    assert [each.message for each in refused.value.faults] == ["is the decision that denied it"]


@pytest.mark.parametrize("which", ["denied it beside", "taken back"])
async def test_only_a_decision_that_came_after_it_and_stands_brings_money(
    books: Books, which: str
) -> None:
    """The odds learn from it: what was paid beside the denial came back for nothing."""
    beside = Line(adjustments=(Cas("CO", "45", 2_000),))
    refused_line = Line(adjustments=(Cas("CO", "197", 10_000),))
    await books.claim(charges=(10_000, 10_000))
    await books.pay(Claim(lines=(beside, refused_line)))
    (open_denial,) = await books.denials()
    named = open_denial.adjudication_id
    if which == "taken back":
        more = Claim(
            lines=(Line(charge_cents=1_000, adjustments=()),), payer_claim_number="ICN-more"
        )
        await books.pay(more)
        named = (await books.adjudications())[-1].id
        await books.pay(more.reversed())
    won = Resolution(
        resolution=DenialResolution.OVERTURNED, recovered_cents=500, adjudication_id=named
    )
    with pytest.raises(InvalidInput) as refused:
        await resolved(books, open_denial, won)
    assert [each.pointer for each in refused.value.faults] == ["/adjudication_id"]


async def test_an_upheld_denial_is_learned_from_and_taken_back_when_it_is_reopened(
    books: Books, denial: Denial
) -> None:
    gone = await resolved(books, denial, Resolution(resolution=DenialResolution.UPHELD))
    await reopened(books, gone)
    learned = await outcomes(books, denial)
    assert [(each.resolution, each.is_retraction) for each in learned] == [
        (DenialResolution.UPHELD, False),
        (DenialResolution.UPHELD, True),
    ]


PAID = Claim(
    lines=(Line(adjustments=(Cas("CO", "45", 2_000),)),), payer_claim_number="ICN-corrected"
)


async def test_a_correction_of_the_payer_says_what_came_back(books: Books, denial: Denial) -> None:
    await books.pay(DENIED.reversed(), PAID)
    (overturned,) = await books.denials()
    assert overturned.status is DenialStatus.SUPERSEDED
    assert overturned.superseded_because is SupersededBecause.DECISION_REVERSED
    assert overturned.resolution is DenialResolution.OVERTURNED
    assert overturned.recovered_cents == 8_000
    (learned,) = await outcomes(books, denial)
    assert (learned.recovered_basis_points, learned.is_retraction) == (8_000, False)
    assert learned.adjudication_id == (await books.adjudications())[-1].id
    await books.assert_sound()


async def test_a_correction_that_is_taken_back_opens_the_denial_again_and_unlearns(
    books: Books, denial: Denial
) -> None:
    """A full denial gives way to a payment without a reversal, and stands again without it."""
    await books.pay(PAID)
    (replaced,) = await books.denials()
    assert replaced.superseded_because is SupersededBecause.DECISION_REPLACED
    await books.pay(PAID.reversed())
    (back,) = await books.denials()
    assert (back.status, back.resolution, back.resolved_on) == (DenialStatus.OPEN, None, None)
    learned = await outcomes(books, denial)
    assert [each.is_retraction for each in learned] == [False, True]
    await books.assert_sound()


async def test_a_reversal_alone_says_nothing_of_how_the_payer_decides_again(
    books: Books, denial: Denial
) -> None:
    await books.pay(DENIED.reversed())
    (reversed_,) = await books.denials()
    assert (reversed_.status, reversed_.resolution) == (DenialStatus.SUPERSEDED, None)
    await books.pay(PAID)
    (answered,) = await books.denials()
    assert answered.resolution is DenialResolution.OVERTURNED
    assert len(await outcomes(books, denial)) == 1


async def test_a_second_refusal_upholds_the_first_and_is_a_denial_of_its_own(books: Books) -> None:
    await denied(books)
    again = Claim(
        lines=(Line(adjustments=(Cas("CO", "50", 10_000),)),), payer_claim_number="ICN-again"
    )
    await books.pay(DENIED.reversed(), again)
    first, second = await books.denials()
    assert first.resolution is DenialResolution.UPHELD
    assert (second.status, second.category) == (DenialStatus.OPEN, "medical_necessity")


async def test_what_was_decided_otherwise_meanwhile_is_not_reopened(
    books: Books, denial: Denial
) -> None:
    gone = await resolved(books, denial)
    await books.pay(DENIED.reversed(), PAID)
    (stands,) = await books.denials()
    assert (stands.version, stands.resolution) == (gone.version, gone.resolution)
    with pytest.raises(NothingLeftToWork):
        await reopened(books, stands)


async def test_the_denials_of_a_voided_claim_say_so(books: Books, company: CompanyForTests) -> None:
    await denied(books)
    claim = await books.row()
    async with books.storage.transaction(company.id, company.actor) as store:
        await submission.void(store, claim.id, "Billed by mistake", expected_version=claim.version)
    (voided,) = await books.denials()
    assert voided.status is DenialStatus.SUPERSEDED
    assert voided.superseded_because is SupersededBecause.CLAIM_VOIDED
