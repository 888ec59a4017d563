"""Whatever earlier payers decided and took back, the next payer gets it balanced to the cent."""

import asyncio
from collections import Counter
from pathlib import Path
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.claims.outgoing import OutgoingClaim, outgoing_claims
from services.claims.x12.claim_file_check import check_claim_file
from services.claims.x12.claim_model import EarlierPayer, ProfessionalClaim
from services.claims.x12.party_model import Responsibility
from storage.embedded import RoleAddresses
from storage.filters import AdjudicationFilter, ClaimFilter
from storage.postgres.transaction import PostgresStorage
from storage.tables.claims import Claim
from storage.tables.ledger import Adjudication
from storage.vocabulary.claims import AdjudicationOutcome
from tests.builders.books import Books
from tests.builders.keys import KEYRING
from tests.builders.parties import make_known
from tests.builders.stories import stories
from tests.claims.x12.claims_to_write import bytes_of
from tests.properties.test_posting_books import Sending, opened, post_all

NOT_SENT = {"forwarded", "decided", "decided_in_part", "not_its_claim"}
"""Why a claim of which everything is known does not go out."""
GIVES_WAY = {AdjudicationOutcome.DENIED, AdjudicationOutcome.NOT_OURS}
"""What another decision of the same payer leaves without effect."""


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.integers(0, 2**32))
def test_what_earlier_payers_paid_and_adjusted_makes_up_the_charge_line_by_line(
    addresses: RoleAddresses, tmp_path: Path, seed: int
) -> None:
    async def run() -> None:
        storage = PostgresStorage(addresses.app, keyring=KEYRING)
        await storage.open()
        try:
            chance = Random(seed)
            told = list(stories(chance, 25))
            books = await opened(addresses, storage, tmp_path, told)
            await make_known(books)
            await post_all(books, Sending(books, told, chance, 6).files)
            await assert_balanced(storage, books)
        finally:
            await storage.close()

    asyncio.run(run())


async def assert_balanced(storage: PostgresStorage, books: Books) -> None:
    async with storage.transaction(books.company.id, books.company.actor) as store:
        rows = await store.claims.all(ClaimFilter())
        made = await outgoing_claims(store, rows)
        decisions = await store.adjudications.all(AdjudicationFilter())
    for row, each in zip(rows, made, strict=True):
        own = [decision for decision in decisions if decision.claim_id == row.id]
        if each.model is None:
            assert_kept_back(each, own)
        else:
            assert isinstance(each.model, ProfessionalClaim)
            assert_explained(row, each.model, own)
    models = [each.model for each in made if each.model is not None]
    if models:
        assert check_claim_file([bytes_of(*models)]) == []


def assert_kept_back(made: OutgoingClaim, decisions: list[Adjudication]) -> None:
    codes = {fault.code for fault in made.faults}
    assert codes <= NOT_SENT, made.faults
    if codes == {"forwarded"}:
        assert any(each.is_forwarded for each in decisions)


def assert_explained(row: Claim, model: ProfessionalClaim, decisions: list[Adjudication]) -> None:
    """Each earlier payer's word explains the charge of the claim and of each line."""
    earlier = [each for each in model.earlier_payers if each.paid_cents is not None]
    assert [each.responsibility for each in earlier] == list(Responsibility)[: len(earlier)]
    assert model.subscriber.responsibility is list(Responsibility)[len(earlier)]
    assert sum(each.paid_cents or 0 for each in earlier) == row.payment_cents
    taken_back = {each.reverses_id for each in decisions}
    assert not any(
        each.is_forwarded and each.outcome not in GIVES_WAY
        for each in decisions
        if each.payer_sequence == len(earlier) and each.id not in taken_back
    )
    for payer in earlier:
        of_lines = [
            (line, decided)
            for line in model.lines
            for decided in line.adjudications
            if decided.payer_identifier == payer.payer_identifier
        ]
        assert len(of_lines) == len(model.lines)
        for line, decided in of_lines:
            adjusted = [each.amount_cents for each in decided.adjustments]
            assert decided.paid_cents + sum(adjusted) == line.charge_cents
            keys = [(each.group, each.reason) for each in decided.adjustments]
            assert max(Counter(keys).values(), default=1) == 1
        of_claim = sum(each.amount_cents for each in payer.adjustments)
        explained = sum(
            sum(each.amount_cents for each in decided.adjustments) for _, decided in of_lines
        )
        assert payer.paid_cents is not None
        assert payer.paid_cents + of_claim + explained == row.total_charge_cents
        assert_liability(payer, of_lines)


def assert_liability(payer: EarlierPayer, of_lines: list[tuple[object, object]]) -> None:
    """The patient's share is told of lines or of the claim, never of both."""
    assert (payer.remaining_patient_liability_cents is None) is bool(of_lines)
    assert (payer.adjudicated_on is None) is bool(of_lines)
