"""Whatever several people do with a policy in whatever order, what was approved stays as it was,
one version at most is in force, and who has acknowledged it is who a recount finds."""

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

from app.approval_steps import STEPS
from services.approvals.asking import withdraw
from services.approvals.deciding import Ruling, decide
from services.approvals.involvement import DecidedBefore, SecondPersonNeeded
from services.identity.authentication import Principal
from services.refusals import IllegalTransition
from services.regulatory_compliance.policies import acknowledging, approving, keeping, versions
from services.regulatory_compliance.policies.acknowledging import (
    AcknowledgedBefore,
    Acknowledgement,
    NotInForce,
)
from services.regulatory_compliance.policies.versions import DraftThere
from storage.embedded import RoleAddresses
from storage.filters import ApprovalFilter
from storage.identifiers import SYSTEM_ACTOR_ID, new_id
from storage.interface import Actor, Store
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.approvals import ApprovalStatus, Verdict
from storage.vocabulary.policies import PolicyChange, PolicyStage, PolicyVersionStatus
from tests.approvals.conftest import signed_in
from tests.builders.clocks import FixedClock
from tests.builders.companies import make_company
from tests.builders.keys import KEYRING

PEOPLE = 3
Result = TypeVar("Result")

people = st.integers(0, PEOPLE - 1)


@dataclass
class Known:
    """What the model knows of a version."""

    id: UUID
    label: tuple[int, int]
    content: str
    effective_on: dt.date
    stage: PolicyStage = PolicyStage.DRAFT
    involved: set[int] = field(default_factory=set)
    deciders: set[int] = field(default_factory=set)
    requester: int = -1
    in_force_on: dt.date | None = None
    acknowledged_by: set[int] = field(default_factory=set)


class PolicyMachine(RuleBasedStateMachine):
    """One policy, some people, and the days that go by."""

    runner: ClassVar[asyncio.Runner]
    storage: ClassVar[PostgresStorage]
    clock: ClassVar[FixedClock]
    company_id: ClassVar[UUID]
    principals: ClassVar[list[Principal]]

    @initialize()
    def a_policy(self) -> None:
        self.known: list[Known] = []
        new = keeping.NewPolicy(
            title="Sanctions", category="safeguards", owner_person_id=self.principals[0].id
        )
        self.policy_id = self._done(lambda store: keeping.create_policy(store, new)).id

    @rule(person=people, change=st.sampled_from(PolicyChange), days=st.integers(0, 3))
    def draft(self, person: int, change: PolicyChange, days: int) -> None:
        last = self._approved()[-1] if self._approved() else None
        effective_on = self._today() + dt.timedelta(days=days)
        if last is not None:
            effective_on = max(effective_on, last.effective_on)
        content = f"Text {new_id()}"
        new = versions.NewPolicyVersion(change=change, content=content, effective_on=effective_on)

        async def drafting(store: Store) -> UUID:
            return (await versions.draft_version(store, self.policy_id, new)).id

        if self._open() is not None:
            return self._refused(DraftThere, drafting, person)
        label = (1, 0)
        if last is not None:
            major, minor = last.label
            label = (major + 1, 0) if change is PolicyChange.MAJOR else (major, minor + 1)
        known = Known(self._done(drafting, person), label, content, effective_on)
        known.involved.add(person)
        self.known.append(known)
        return None

    @rule(person=people, which=st.integers(0, 5))
    def write(self, person: int, which: int) -> None:
        if not self.known:
            return None
        known = self.known[which % len(self.known)]
        content = f"Text {new_id()}"
        changes = versions.PolicyVersionChanges(content=content)

        async def writing(store: Store) -> object:
            version = (await store.policy_versions.get(known.id)).version
            return await versions.change_version(store, known.id, changes, expected_version=version)

        if known.stage is not PolicyStage.DRAFT:
            return self._refused(IllegalTransition, writing, person)
        if person in known.deciders:
            return self._refused(DecidedBefore, writing, person)
        self._done(writing, person)
        known.content = content
        known.involved.add(person)
        return None

    @rule(person=people, which=st.integers(0, 5))
    def submit(self, person: int, which: int) -> None:
        if not self.known:
            return None
        known = self.known[which % len(self.known)]

        async def submitting(store: Store) -> object:
            version = (await store.policy_versions.get(known.id)).version
            return await approving.submit_version(
                store, self._who(person), known.id, "Because", expected_version=version
            )

        if known.stage is not PolicyStage.DRAFT:
            return self._refused(IllegalTransition, submitting, person)
        if person in known.deciders:
            return self._refused(DecidedBefore, submitting, person)
        self._done(submitting, person)
        known.stage, known.requester = PolicyStage.UNDER_REVIEW, person
        known.involved.add(person)
        return None

    @rule(person=people, verdict=st.sampled_from(Verdict))
    def decide_about_it(self, person: int, verdict: Verdict) -> None:
        known = self._open()
        if known is None or known.stage is not PolicyStage.UNDER_REVIEW:
            return None

        async def deciding(store: Store) -> object:
            (request,) = await store.approvals.all(
                ApprovalFilter(entity_id=known.id, status=ApprovalStatus.REQUESTED)
            )
            return await decide(
                store,
                self._who(person),
                STEPS,
                request.id,
                Ruling(verdict, "Because"),
                expected_version=request.version,
            )

        if person in known.involved:
            return self._refused(SecondPersonNeeded, deciding, person)
        self._done(deciding, person)
        known.deciders.add(person)
        if verdict is Verdict.REFUSE:
            known.stage = PolicyStage.DRAFT
            return None
        known.stage = PolicyStage.APPROVED
        known.in_force_on = max(self._today(), known.effective_on)
        return None

    @rule()
    def withdraw_it(self) -> None:
        known = self._open()
        if known is None or known.stage is not PolicyStage.UNDER_REVIEW:
            return

        async def withdrawing(store: Store) -> object:
            (request,) = await store.approvals.all(
                ApprovalFilter(entity_id=known.id, status=ApprovalStatus.REQUESTED)
            )
            return await withdraw(
                store,
                self._who(known.requester),
                STEPS,
                request.id,
                expected_version=request.version,
            )

        self._done(withdrawing, known.requester)
        known.stage = PolicyStage.DRAFT

    @rule(person=people, which=st.integers(0, 5))
    def acknowledge(self, person: int, which: int) -> None:
        if not self._approved():
            return None
        known = self._approved()[which % len(self._approved())]

        async def acknowledging_it(store: Store) -> object:
            digest = (await store.policy_versions.get(known.id)).content_hash
            read = Acknowledgement(content_sha256=digest.hex())
            return await acknowledging.acknowledge(store, self._who(person), known.id, read)

        if known is not self._in_force():
            return self._refused(NotInForce, acknowledging_it, person)
        if person in known.acknowledged_by:
            return self._refused(AcknowledgedBefore, acknowledging_it, person)
        self._done(acknowledging_it, person)
        known.acknowledged_by.add(person)
        return None

    @rule(days=st.integers(1, 4))
    def let_time_pass(self, days: int) -> None:
        self.clock.move(dt.timedelta(days=days))
        known = self._open()
        if known is not None and known.stage is PolicyStage.UNDER_REVIEW:
            self.withdraw_it()  # a request runs out after a week; this machine has none that does

    @invariant()
    def what_is_kept_is_what_was_done(self) -> None:
        if not hasattr(self, "policy_id"):
            return

        async def look(store: Store) -> None:
            listed = await versions.versions_of(store, self.policy_id)
            assert [(each.version.id, each.status) for each in listed] == [
                (each.id, self._status(each)) for each in self.known
            ]
            for known in self.known:
                detail = await versions.get_version(store, known.id)
                label = detail.version.major, detail.version.minor
                assert (label, detail.text.content) == (known.label, known.content)
                assert (detail.approval is None) == (known.in_force_on is None)
                if detail.approval is not None:
                    assert detail.approval.content_hash == detail.text.content_hash
                    assert detail.approval.in_force_on == known.in_force_on

        self._done(look)

    @invariant()
    def coverage_is_a_recount(self) -> None:
        if not hasattr(self, "policy_id"):
            return None
        current = self._in_force()

        async def look(store: Store) -> object:
            return await acknowledging.coverage_of(store, self.policy_id)

        if current is None:
            return self._refused(NotInForce, look, 0)
        covered = self._done(lambda store: acknowledging.coverage_of(store, self.policy_id))
        done = {
            person
            for each in self.known
            if each.label[0] == current.label[0]
            for person in each.acknowledged_by
        }
        assert covered.acknowledged == {self.principals[at].id for at in done}
        assert covered.missing == {each.id for each in self.principals} - covered.acknowledged
        return None

    def _today(self) -> dt.date:
        return self.clock.now().date()

    def _open(self) -> Known | None:
        found = [each for each in self.known if each.stage is not PolicyStage.APPROVED]
        assert len(found) <= 1
        return found[0] if found else None

    def _approved(self) -> list[Known]:
        return [each for each in self.known if each.stage is PolicyStage.APPROVED]

    def _in_force(self) -> Known | None:
        come = [
            each
            for each in self._approved()
            if each.in_force_on is not None and each.in_force_on <= self._today()
        ]
        return come[-1] if come else None

    def _status(self, known: Known) -> PolicyVersionStatus:
        if known.stage is not PolicyStage.APPROVED:
            return PolicyVersionStatus(known.stage)
        current = self._in_force()
        if known is current:
            return PolicyVersionStatus.IN_FORCE
        if current is None or self.known.index(known) > self.known.index(current):
            return PolicyVersionStatus.APPROVED
        return PolicyVersionStatus.SUPERSEDED

    def _who(self, person: int) -> Principal:
        return replace(self.principals[person], proven_at=self.clock.now())

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
        with pytest.raises(refusal):
            self._done(work, person)


def test_a_policy_in_any_order(addresses: RoleAddresses) -> None:
    clock = FixedClock(dt.datetime(2026, 3, 2, 18, tzinfo=dt.UTC))

    async def opened() -> tuple[PostgresStorage, UUID, list[Principal]]:
        storage = PostgresStorage(addresses.app, clock=clock, keyring=KEYRING)
        await storage.open()
        company = await make_company(addresses.owner, storage)
        principals = [await signed_in(storage, clock, company) for _ in range(PEOPLE)]
        return storage, company.id, principals

    with asyncio.Runner() as runner:
        storage, company_id, principals = runner.run(opened())

        class Machine(PolicyMachine):
            pass

        Machine.runner, Machine.storage, Machine.clock = runner, storage, clock
        Machine.company_id, Machine.principals = company_id, principals
        Machine.TestCase.settings = settings(
            max_examples=15,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        try:
            Machine.TestCase().runTest()
        finally:
            runner.run(storage.close())
