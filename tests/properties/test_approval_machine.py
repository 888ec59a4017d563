"""Whatever several people do in whatever order, nobody decides who ever had a hand in the item, and
what was approved is done once; what was refused, withdrawn, void or expired is never done."""

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import ClassVar, TypeVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.approvals.asking import AlreadyAsked, NotTheRequester, ask, withdraw
from services.approvals.closing import expire
from services.approvals.deciding import DecidedOnce, DecisionTooLate, Ruling, decide
from services.approvals.involvement import (
    DecidedBefore,
    SecondPersonNeeded,
    involve,
    roles_of,
    worked,
)
from services.approvals.steps import Step, Subject, Threshold
from services.identity.authentication import Principal
from services.identity.scopes import Scope
from services.refusals import IllegalTransition
from storage.embedded import RoleAddresses
from storage.filters import ApprovalFilter, ByApproval
from storage.identifiers import SYSTEM_ACTOR_ID, new_id
from storage.interface import Actor, Store
from storage.postgres.transaction import PostgresStorage
from storage.tables.approvals import Approval
from storage.tables.claims import PayerFields
from storage.vocabulary.approvals import (
    ApprovalKind,
    ApprovalStatus,
    ParticipantRole,
    ThresholdRule,
    Verdict,
)
from storage.vocabulary.claims import PayerType
from tests.approvals.conftest import signed_in
from tests.builders.clocks import FixedClock
from tests.builders.companies import make_company
from tests.builders.keys import KEYRING

ENTITY = "payers"
PEOPLE = 4
LIFETIME = dt.timedelta(days=7)
Result = TypeVar("Result")

people = st.integers(0, PEOPLE - 1)
verdicts = st.sampled_from(Verdict)


@dataclass
class Request:
    """What the model knows of a request."""

    requester: int
    quorum: int
    version: int
    expires_at: dt.datetime
    status: ApprovalStatus = ApprovalStatus.REQUESTED
    approved_by: list[int] = field(default_factory=list)


class ApprovalMachine(RuleBasedStateMachine):
    """One item, some people, and the requests about it."""

    runner: ClassVar[asyncio.Runner]
    storage: ClassVar[PostgresStorage]
    clock: ClassVar[FixedClock]
    company_id: ClassVar[UUID]
    principals: ClassVar[list[Principal]]

    @initialize(quorum=st.integers(1, 2))
    def an_item(self, quorum: int) -> None:
        self.step = Step(
            kind=ApprovalKind.REMITTANCE_RETURN,
            title="Rename a payer",
            entity=ENTITY,
            asking_scope=Scope.PAYERS_WRITE,
            deciding_scope=Scope.PAYERS_WRITE,
            default=Threshold(ThresholdRule.ALWAYS, quorum=quorum),
            lifetime=LIFETIME,
            subject=self._subject,
            apply=self._apply,
        )
        self.steps = {self.step.kind: self.step}
        self.quorum, self.version = quorum, 1
        self.involved: set[int] = set()
        self.deciders: set[int] = set()
        self.unnoted: set[int] = set()
        self.applied: list[UUID] = []
        self.requests: dict[UUID, Request] = {}
        self.latest: UUID | None = None

        async def create(store: Store) -> UUID:
            name = new_id().hex
            fields = PayerFields(name=name, payer_identifier=name, type=PayerType.OTHER)
            return (await store.payers.create(fields)).id

        self.item_id = self._done(create)

    @rule(person=people)
    def work(self, person: int) -> None:
        async def working(store: Store) -> None:
            await store.payers.lock(self.item_id)
            await worked(store, ENTITY, self.item_id)
            await self._rename(store, "worked")

        if person in self.deciders:
            return self._refused(DecidedBefore, working, person)
        self._done(working, person)
        self.involved.add(person)
        self.version += 1
        if self.latest is not None and self._open().status is ApprovalStatus.REQUESTED:
            self._open().status = ApprovalStatus.VOID
        return None

    @rule(person=people)
    def change_without_a_word(self, person: int) -> None:
        """As an operation would that forgot to say that somebody worked on it."""
        self._done(lambda store: self._rename(store, "changed"), person)
        self.unnoted.add(person)
        self.version += 1

    @rule()
    def change_by_itself(self) -> None:
        self._done(lambda store: self._rename(store, "posted"))
        self.version += 1

    @rule(person=people, by=people)
    def assign(self, person: int, by: int) -> None:
        async def assigning(store: Store) -> None:
            await store.payers.lock(self.item_id)
            await involve(store, ENTITY, self.item_id, {self.principals[person].id})

        if person in self.deciders:
            return self._refused(DecidedBefore, assigning, by)
        self._done(assigning, by)
        self.involved.add(person)
        return None

    @rule(person=people)
    def ask_for_it(self, person: int) -> None:
        async def asking(store: Store) -> Approval:
            subject = await self._subject(store, self.item_id)
            return await ask(store, self._who(person), self.step, subject, "Because")

        if self._waits() and self._over() is None:
            return self._refused(AlreadyAsked, asking, person)
        if person in self.deciders:
            return self._refused(DecidedBefore, asking, person)
        if self._waits():
            self._open().status = self._over() or ApprovalStatus.VOID
        approval = self._done(asking, person)
        self.involved |= {person} | (self.unnoted - self.deciders)
        self.latest = approval.id
        expires_at = self.clock.now() + LIFETIME
        self.requests[approval.id] = Request(person, self.quorum, self.version, expires_at)
        return None

    @rule(person=people, verdict=verdicts)
    def decide_about_it(self, person: int, verdict: Verdict) -> None:
        if self.latest is None:
            return None
        request, request_id = self._open(), self.latest

        async def deciding(store: Store) -> Approval | DecisionTooLate:
            version = (await store.approvals.get(request_id)).version
            ruling = Ruling(verdict, "Because")
            return await decide(
                store, self._who(person), self.steps, request_id, ruling, expected_version=version
            )

        if request.status is not ApprovalStatus.REQUESTED:
            return self._refused(IllegalTransition, deciding, person)
        if (over := self._over()) is not None:
            late = self._done(deciding, person)
            assert late == DecisionTooLate(over, [])
            request.status = over
            return None
        if person in self.involved:
            return self._refused(SecondPersonNeeded, deciding, person)
        if person in request.approved_by:
            return self._refused(DecidedOnce, deciding, person)
        self._done(deciding, person)
        self.deciders.add(person)
        if verdict is Verdict.REFUSE:
            request.status = ApprovalStatus.REFUSED
            return None
        request.approved_by.append(person)
        if len(request.approved_by) == request.quorum:
            request.status = ApprovalStatus.APPROVED
            self.version += 1
        return None

    @rule(person=people)
    def withdraw_it(self, person: int) -> None:
        if self.latest is None:
            return None
        request, request_id = self._open(), self.latest

        async def withdrawing(store: Store) -> Approval:
            version = (await store.approvals.get(request_id)).version
            return await withdraw(
                store, self._who(person), self.steps, request_id, expected_version=version
            )

        if request.status is not ApprovalStatus.REQUESTED:
            return self._refused(IllegalTransition, withdrawing, person)
        if person != request.requester:
            return self._refused(NotTheRequester, withdrawing, person)
        self._done(withdrawing, person)
        request.status = ApprovalStatus.WITHDRAWN
        return None

    @rule(days=st.integers(1, 8))
    def let_time_pass(self, days: int) -> None:
        self.clock.move(dt.timedelta(days=days))

    @rule()
    def sweep(self) -> None:
        if self.latest is None:
            return
        request_id = self.latest
        self._done(lambda store: expire(store, self.steps, request_id))
        if self._waits() and self._open().expires_at <= self.clock.now():
            self._open().status = ApprovalStatus.EXPIRED

    @invariant()
    def nobody_decided_who_had_a_hand_in_it(self) -> None:
        if not hasattr(self, "item_id"):
            return

        async def look(store: Store) -> None:
            conditions = ApprovalFilter(entity=ENTITY, entity_id=self.item_id)
            approvals = await store.approvals.all(conditions)
            assert {each.id: each.status for each in approvals} == {
                request_id: request.status for request_id, request in self.requests.items()
            }
            roles = await roles_of(store, ENTITY, self.item_id)
            assert roles == {
                **{self.principals[at].id: ParticipantRole.INVOLVED for at in self.involved},
                **{self.principals[at].id: ParticipantRole.DECIDER for at in self.deciders},
            }
            for each in approvals:
                decisions = await store.approval_decisions.all(ByApproval(approval_id=each.id))
                assert all(
                    roles[decision.recorded_by] is ParticipantRole.DECIDER for decision in decisions
                )

        self._done(look)

    @invariant()
    def what_was_approved_was_done_once_and_nothing_else(self) -> None:
        if hasattr(self, "item_id"):
            approved = [
                request_id
                for request_id, request in self.requests.items()
                if request.status is ApprovalStatus.APPROVED
            ]
            assert self.applied == approved

    def _open(self) -> Request:
        assert self.latest is not None
        return self.requests[self.latest]

    def _waits(self) -> bool:
        return self.latest is not None and self._open().status is ApprovalStatus.REQUESTED

    def _over(self) -> ApprovalStatus | None:
        if self._open().expires_at <= self.clock.now():
            return ApprovalStatus.EXPIRED
        return ApprovalStatus.VOID if self._open().version != self.version else None

    def _who(self, person: int) -> Principal:
        return replace(self.principals[person], proven_at=self.clock.now())

    async def _subject(self, store: Store, item_id: UUID) -> Subject:
        payer = await store.payers.lock(item_id)
        return Subject(payer.id, payer.version)

    async def _apply(self, store: Store, approval: Approval) -> None:
        await self._rename(store, "approved")
        self.applied.append(approval.id)

    async def _rename(self, store: Store, name: str) -> None:
        payer = await store.payers.lock(self.item_id)
        await store.payers.update(payer.id, {"name": name}, expected_version=payer.version)

    def _done(
        self, work: Callable[[Store], Awaitable[Result]], person: int | None = None
    ) -> Result:
        actor_id = SYSTEM_ACTOR_ID if person is None else self.principals[person].id

        async def transaction() -> Result:
            actor = Actor(actor_id, new_id())
            async with self.storage.transaction(self.company_id, actor) as store:
                return await work(store)

        return self.runner.run(transaction())

    def _refused(
        self,
        refusal: type[Exception],
        work: Callable[[Store], Awaitable[object]],
        person: int,
    ) -> None:
        with pytest.raises(refusal) as refused:
            self._done(work, person)
        if isinstance(refused.value, IllegalTransition):
            assert refused.value.legal == []


def test_people_in_any_order(addresses: RoleAddresses) -> None:
    clock = FixedClock()

    async def opened() -> tuple[PostgresStorage, UUID, list[Principal]]:
        storage = PostgresStorage(addresses.app, clock=clock, keyring=KEYRING)
        await storage.open()
        company = await make_company(addresses.owner, storage)
        principals = [await signed_in(storage, clock, company) for _ in range(PEOPLE)]
        return storage, company.id, principals

    with asyncio.Runner() as runner:
        storage, company_id, principals = runner.run(opened())

        class Machine(ApprovalMachine):
            pass

        Machine.runner, Machine.storage, Machine.clock = runner, storage, clock
        Machine.company_id, Machine.principals = company_id, principals
        Machine.TestCase.settings = settings(
            max_examples=40,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        try:
            Machine.TestCase().runTest()
        finally:
            runner.run(storage.close())
