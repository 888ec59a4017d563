"""The way of a claim: the table itself, and real claims that are moved along it at random."""

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.claims import lines, submission
from services.claims.claims import ClaimNotEditable, ClaimWithLines
from services.claims.drafts import NewAcknowledgement
from services.claims.lifecycle import EDITABLE, LEGAL_MOVES, ON_ITS_WAY, require_move
from services.refusals import IllegalTransition
from storage.embedded import RoleAddresses
from storage.filters import LedgerFilter
from storage.interface import Store
from storage.postgres.transaction import PostgresStorage
from storage.tables.claims import Payer
from storage.vocabulary.claims import AcknowledgementOutcome, ClaimStatus
from tests.builders.claims import make_claim, make_payer, new_line, transmission
from tests.builders.companies import CompanyForTests, make_company
from tests.builders.keys import KEYRING


def test_every_status_has_its_moves() -> None:
    assert set(LEGAL_MOVES) == set(ClaimStatus)


def test_everything_but_a_voided_claim_can_be_voided() -> None:
    for status, legal in LEGAL_MOVES.items():
        assert (ClaimStatus.VOIDED in legal) == (status is not ClaimStatus.VOIDED)


def test_a_claim_is_submitted_only_from_ready() -> None:
    sources = [status for status, legal in LEGAL_MOVES.items() if ClaimStatus.SUBMITTED in legal]
    assert sources == [ClaimStatus.READY_TO_SUBMIT]


def test_an_illegal_move_names_the_legal_ones() -> None:
    with pytest.raises(IllegalTransition) as refused:
        require_move(ClaimStatus.DRAFT, ClaimStatus.ACCEPTED)
    assert refused.value.legal == ["ready_to_submit", "voided"]


class WalkOnTheTable(RuleBasedStateMachine):
    """Whatever way a claim takes, these hold."""

    def __init__(self) -> None:
        super().__init__()
        self.path = [ClaimStatus.DRAFT]

    @property
    def status(self) -> ClaimStatus:
        return self.path[-1]

    @precondition(lambda self: bool(LEGAL_MOVES[self.status]))
    @rule(data=st.data())
    def move(self, data: st.DataObject) -> None:
        self.path.append(data.draw(st.sampled_from(LEGAL_MOVES[self.status])))

    @rule(wanted=st.sampled_from(ClaimStatus))
    def ask(self, wanted: ClaimStatus) -> None:
        if wanted in LEGAL_MOVES[self.status]:
            require_move(self.status, wanted)
        else:
            with pytest.raises(IllegalTransition):
                require_move(self.status, wanted)

    @invariant()
    def nobody_can_edit_what_a_payer_has(self) -> None:
        assert not EDITABLE & ON_ITS_WAY

    @invariant()
    def what_is_on_its_way_was_ready_and_submitted(self) -> None:
        if self.status in ON_ITS_WAY:
            last = len(self.path) - 1 - self.path[::-1].index(ClaimStatus.SUBMITTED)
            assert self.path[last - 1] is ClaimStatus.READY_TO_SUBMIT

    @invariant()
    def nothing_follows_a_void(self) -> None:
        assert ClaimStatus.VOIDED not in self.path[:-1]


TestWalkOnTheTable = WalkOnTheTable.TestCase
TestWalkOnTheTable.settings = settings(max_examples=50, stateful_step_count=12, deadline=None)


Step = Callable[[Store, ClaimWithLines], Awaitable[ClaimWithLines]]


async def _ready(store: Store, on: ClaimWithLines) -> ClaimWithLines:
    made = await submission.make_ready(store, on.claim.id, expected_version=on.claim.version)
    assert isinstance(made, ClaimWithLines)
    return made


async def _reopen(store: Store, on: ClaimWithLines) -> ClaimWithLines:
    return await submission.reopen(store, on.claim.id, expected_version=on.claim.version)


async def _void(store: Store, on: ClaimWithLines) -> ClaimWithLines:
    version = on.claim.version
    return await submission.void(store, on.claim.id, "a test", expected_version=version)


async def _transmit(store: Store, on: ClaimWithLines) -> ClaimWithLines:
    sent = transmission(store.now - dt.timedelta(minutes=1))
    version = on.claim.version
    return await submission.record_transmission(store, on.claim.id, sent, expected_version=version)


def _acknowledge(outcome: AcknowledgementOutcome) -> Step:
    async def step(store: Store, on: ClaimWithLines) -> ClaimWithLines:
        return await submission.record_acknowledgement(
            store,
            on.claim.id,
            NewAcknowledgement(outcome=outcome, reference="277CA", reason="a test"),
            expected_version=on.claim.version,
        )

    return step


async def _add_line(store: Store, on: ClaimWithLines) -> ClaimWithLines:
    modifiers = ("76",) if on.lines else ()
    line = new_line(2_500, modifiers=modifiers)
    return await lines.add_line(store, on.claim.id, line, expected_version=on.claim.version)


STEPS: dict[str, tuple[Step, ClaimStatus]] = {
    "ready": (_ready, ClaimStatus.READY_TO_SUBMIT),
    "reopen": (_reopen, ClaimStatus.DRAFT),
    "void": (_void, ClaimStatus.VOIDED),
    "transmit": (_transmit, ClaimStatus.SUBMITTED),
    "accept": (_acknowledge(AcknowledgementOutcome.ACCEPTED), ClaimStatus.ACCEPTED),
    "reject": (_acknowledge(AcknowledgementOutcome.REJECTED), ClaimStatus.REJECTED),
    "edit": (_add_line, ClaimStatus.DRAFT),
}


def test_real_claims_move_as_the_table_says_and_their_balances_follow_the_ledger(
    addresses: RoleAddresses,
) -> None:
    with asyncio.Runner() as runner:
        storage = PostgresStorage(addresses.app, keyring=KEYRING)
        runner.run(storage.open())
        company = runner.run(make_company(addresses.owner, storage))
        payer = runner.run(make_payer(storage, company))

        @settings(max_examples=25, deadline=None)
        @given(data=st.data())
        def walk(data: st.DataObject) -> None:
            runner.run(_walk(storage, company, [payer], data))

        walk()
        runner.run(storage.close())


async def _walk(
    storage: PostgresStorage,
    company: CompanyForTests,
    payers: Sequence[Payer],
    data: st.DataObject,
) -> None:
    """Eight steps, legal ones more often than not."""
    on = await make_claim(storage, company, payers=payers, status=ClaimStatus.DRAFT)
    for _ in range(8):
        legal = [name for name in STEPS if _is_legal(name, on.claim.status)]
        name = data.draw(st.sampled_from([*legal, *legal, *STEPS]))
        step, wanted = STEPS[name]
        try:
            async with storage.transaction(company.id, company.actor) as store:
                moved = await step(store, on)
        except (IllegalTransition, ClaimNotEditable):
            assert name not in legal
        else:
            assert name in legal
            assert moved.claim.status is wanted
            assert moved.claim.version > on.claim.version
            on = moved
        await _assert_balances_are_the_ledgers(storage, company, on)


def _is_legal(name: str, status: ClaimStatus) -> bool:
    if name == "edit":
        return status in EDITABLE
    return STEPS[name][1] in LEGAL_MOVES[status]


async def _assert_balances_are_the_ledgers(
    storage: PostgresStorage, company: CompanyForTests, on: ClaimWithLines
) -> None:
    async with storage.transaction(company.id, company.actor) as store:
        entries = await store.ledger_entries.all(LedgerFilter(claim_id=on.claim.id))
        claim = await store.claims.get(on.claim.id)
    in_ledger = sum(entry.amount_cents for entry in entries)
    assert in_ledger == claim.insurance_balance_cents
    assert in_ledger == (claim.total_charge_cents if claim.status in ON_ITS_WAY else 0)
    assert claim.total_charge_cents == sum(line.charge_cents for line in on.lines)
