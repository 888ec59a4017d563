"""Whatever several people do in whatever order: nobody verifies a corrective action who ever had a
hand in it, what its steps say of today is where it is, and an audit that has passed had nothing
critical standing open."""

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import ClassVar, TypeVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.approvals.involvement import DecidedBefore, SecondPersonNeeded
from services.identity.authentication import Principal
from services.refusals import IllegalTransition
from services.regulatory_compliance.auditing import audits, findings
from services.regulatory_compliance.auditing.lifecycle import CriticalFindingsOpen
from services.regulatory_compliance.corrective_actions import listing, verifying, working
from services.regulatory_compliance.corrective_actions.hands import roles_of
from services.regulatory_compliance.corrective_actions.lifecycle import UNDONE
from services.regulatory_compliance.evidence import NewEvidence, add_evidence
from storage.embedded import RoleAddresses
from storage.filters import ActionProgressFilter
from storage.identifiers import new_id
from storage.interface import Actor, Store
from storage.postgres.transaction import PostgresStorage
from storage.tables.audits import AuditFinding, RegulatoryAudit
from storage.tables.corrective_actions import ActionProgress
from storage.vocabulary.audits import (
    ActionStatus,
    AuditStatus,
    AuditType,
    FindingSeverity,
    HandRole,
)
from storage.vocabulary.compliance import Program
from tests.approvals.conftest import signed_in
from tests.builders.clocks import FixedClock
from tests.builders.companies import make_company
from tests.builders.keys import KEYRING

PEOPLE = 4
DAY = dt.date(2026, 3, 2)
Result = TypeVar("Result")

people = st.integers(0, PEOPLE - 1)
days = st.integers(-3, 3)

AUDIT = audits.NewAudit(
    program=Program.HIPAA,
    audit_type=AuditType.INTERNAL,
    scope="All of it.",
    auditor="Ada Lindqvist",
    scheduled_on=DAY,
)


def a_finding(severity: FindingSeverity) -> findings.NewFinding:
    return findings.NewFinding(
        severity=severity,
        category="access",
        description="Accounts are left.",
        impact="They could be used.",
        root_cause="Haste.",
        identified_on=DAY,
        identified_by="Ada Lindqvist",
    )


class Machine(RuleBasedStateMachine):
    """What both machines work with."""

    runner: ClassVar[asyncio.Runner]
    storage: ClassVar[PostgresStorage]
    clock: ClassVar[FixedClock]
    company_id: ClassVar[UUID]
    principals: ClassVar[list[Principal]]

    def done(self, work: Callable[[Store], Awaitable[Result]], person: int = 0) -> Result:
        async def transaction() -> Result:
            actor = Actor(self.principals[person].id, new_id())
            async with self.storage.transaction(self.company_id, actor) as store:
                return await work(store)

        return self.runner.run(transaction())

    def refused(
        self,
        refusal: type[Exception],
        work: Callable[[Store], Awaitable[object]],
        person: int = 0,
    ) -> None:
        with pytest.raises(refusal):
            self.done(work, person)

    def started_audit(self) -> UUID:
        async def start(store: Store) -> UUID:
            audit = await audits.create_audit(store, AUDIT)
            return (await audits.start_audit(store, audit.id, expected_version=1)).id

        return self.done(start)


class ActionMachine(Machine):
    """One corrective action, and people who do things with it."""

    @initialize(planner=people, assignee=people)
    def an_action(self, planner: int, assignee: int) -> None:
        audit_id = self.started_audit()

        async def plan(store: Store) -> UUID:
            found = await findings.add_finding(store, audit_id, a_finding(FindingSeverity.MINOR))
            new = working.NewAction(
                description="Remove them.", assignee_id=self.principals[assignee].id, due_on=DAY
            )
            return (await working.plan_action(store, found.id, new)).action.id

        self.action_id = self.done(plan, planner)
        self.status = ActionStatus.PLANNED
        self.involved = {planner, assignee}
        self.verifiers: set[int] = set()
        self.due_on = DAY

    @rule(person=people)
    def start(self, person: int) -> None:
        self._work(
            person,
            {ActionStatus.PLANNED},
            ActionStatus.IN_PROGRESS,
            lambda store, version: working.start_action(
                store, self.action_id, expected_version=version
            ),
        )

    @rule(person=people)
    def complete(self, person: int) -> None:
        said = working.ActionRemark(note="Done.")
        self._work(
            person,
            {ActionStatus.IN_PROGRESS},
            ActionStatus.COMPLETED,
            lambda store, version: working.complete_action(
                store, self.action_id, said, expected_version=version
            ),
        )

    @rule(person=people)
    def note(self, person: int) -> None:
        said = working.ActionRemark(note="Half of it.")
        self._work(
            person,
            {*UNDONE, ActionStatus.COMPLETED},
            None,
            lambda store, version: working.note_on_action(
                store, self.action_id, said, expected_version=version
            ),
        )

    @rule(person=people, away=days)
    def reschedule(self, person: int, away: int) -> None:
        due_on = DAY + dt.timedelta(days=away)
        new = working.ActionSchedule(due_on=due_on, reason="Late.")
        if self._work(
            person,
            UNDONE,
            None,
            lambda store, version: working.reschedule_action(
                store, self.action_id, new, expected_version=version
            ),
        ):
            self.due_on = due_on

    @rule(person=people)
    def reopen(self, person: int) -> None:
        new = working.ActionSchedule(due_on=DAY, reason="Again.")
        if self._work(
            person,
            {ActionStatus.NOT_EFFECTIVE},
            ActionStatus.IN_PROGRESS,
            lambda store, version: working.reopen_action(
                store, self.action_id, new, expected_version=version
            ),
        ):
            self.due_on = DAY

    @rule(person=people, assignee=people)
    def assign(self, person: int, assignee: int) -> None:
        new = working.ActionAssignment(assignee_id=self.principals[assignee].id, reason="Free.")

        async def assigning(store: Store) -> object:
            version = (await self._progress(store)).version
            return await working.assign_action(store, self.action_id, new, expected_version=version)

        if self.status not in UNDONE:
            return self.refused(IllegalTransition, assigning, person)
        if {person, assignee} & self.verifiers:
            return self.refused(DecidedBefore, assigning, person)
        self.done(assigning, person)
        self.involved |= {person, assignee}
        return None

    @rule(person=people)
    def verify(self, person: int) -> None:
        seen = verifying.Verification(note="Seen.", check_due_on=DAY)
        self._judge(
            person,
            ActionStatus.COMPLETED,
            ActionStatus.VERIFIED,
            lambda store, who, version: verifying.verify_action(
                store, who, self.action_id, seen, expected_version=version
            ),
        )

    @rule(person=people)
    def give_back(self, person: int) -> None:
        self._judge(
            person,
            ActionStatus.COMPLETED,
            ActionStatus.IN_PROGRESS,
            lambda store, who, version: verifying.return_action(
                store, who, self.action_id, "Not done.", expected_version=version
            ),
        )

    @rule(person=people, effect=st.sampled_from(["effective", "not_effective"]))
    def check(self, person: int, effect: str) -> None:
        seen = verifying.EffectCheck.model_validate({"effect": effect, "note": "Seen."})
        self._judge(
            person,
            ActionStatus.VERIFIED,
            ActionStatus(effect),
            lambda store, who, version: verifying.check_effect(
                store, who, self.action_id, seen, expected_version=version
            ),
        )

    @invariant()
    def nobody_has_verified_it_who_had_a_hand_in_it(self) -> None:
        if not hasattr(self, "action_id"):
            return

        async def look(store: Store) -> None:
            assert await roles_of(store, self.action_id) == {
                **{self.principals[at].id: HandRole.INVOLVED for at in self.involved},
                **{self.principals[at].id: HandRole.VERIFIER for at in self.verifiers},
            }
            shown = await listing.get_action(store, self.action_id)
            assert shown.state.status is shown.progress.status is self.status
            assert shown.state.is_overdue == (self.status in UNDONE and self.due_on < DAY)
            steps = await listing.steps_of(store, self.action_id)
            assert [each.number for each in steps] == list(range(1, len(steps) + 1))
            by = {HandRole.INVOLVED: self.involved, HandRole.VERIFIER: self.verifiers}
            for each in steps:
                assert each.person_id in {self.principals[at].id for at in by[each.role]}

        self.done(look)

    def _work(
        self,
        person: int,
        allowed: set[ActionStatus] | frozenset[ActionStatus],
        leads_to: ActionStatus | None,
        work: Callable[[Store, int], Awaitable[object]],
    ) -> bool:
        """Whether it was done."""

        async def working_on(store: Store) -> object:
            return await work(store, (await self._progress(store)).version)

        if self.status not in allowed:
            self.refused(IllegalTransition, working_on, person)
            return False
        if person in self.verifiers:
            self.refused(DecidedBefore, working_on, person)
            return False
        self.done(working_on, person)
        self.involved.add(person)
        self.status = leads_to or self.status
        return True

    def _judge(
        self,
        person: int,
        allowed: ActionStatus,
        leads_to: ActionStatus,
        judge: Callable[[Store, Principal, int], Awaitable[object]],
    ) -> None:
        async def judging(store: Store) -> object:
            who = replace(self.principals[person], proven_at=self.clock.now())
            return await judge(store, who, (await self._progress(store)).version)

        if self.status is not allowed:
            return self.refused(IllegalTransition, judging, person)
        if person in self.involved:
            return self.refused(SecondPersonNeeded, judging, person)
        self.done(judging, person)
        self.verifiers.add(person)
        self.status = leads_to
        return None

    async def _progress(self, store: Store) -> ActionProgress:
        (found,) = await store.action_progress.all(ActionProgressFilter(action_id=self.action_id))
        return found


class AuditMachine(Machine):
    """One audit, with what it finds."""

    @initialize()
    def an_audit(self) -> None:
        async def schedule(store: Store) -> UUID:
            return (await audits.create_audit(store, AUDIT)).id

        async def show(store: Store) -> UUID:
            new = NewEvidence(title="Minutes", fact="Mended.", effective_on=DAY)
            return (await add_evidence(store, new)).id

        self.audit_id, self.evidence_id = self.done(schedule), self.done(show)
        self.status = AuditStatus.SCHEDULED
        self.critical: dict[UUID, bool] = {}
        self.acted_on: set[UUID] = set()
        self.found = 0
        self.stamps: set[dt.datetime] = set()

    @rule()
    def start(self) -> None:
        self._move(AuditStatus.SCHEDULED, AuditStatus.IN_PROGRESS, audits.start_audit)

    @rule()
    def complete(self) -> None:
        unanswered = {each for each, is_open in self.critical.items() if is_open} - self.acted_on
        self._move(
            AuditStatus.IN_PROGRESS,
            AuditStatus.COMPLETED,
            audits.complete_audit,
            is_refused=bool(unanswered),
        )

    @rule(is_passed=st.booleans())
    def conclude(self, *, is_passed: bool) -> None:
        verb = audits.pass_audit if is_passed else audits.fail_audit

        async def concluding(
            store: Store, audit_id: UUID, *, expected_version: int
        ) -> RegulatoryAudit:
            return await verb(store, audit_id, "Said.", expected_version=expected_version)

        self._move(
            AuditStatus.COMPLETED,
            AuditStatus.PASSED if is_passed else AuditStatus.FAILED,
            concluding,
            is_refused=is_passed and any(self.critical.values()),
        )

    @rule(severity=st.sampled_from(FindingSeverity))
    def find(self, severity: FindingSeverity) -> None:
        async def finding(store: Store) -> AuditFinding:
            return await findings.add_finding(store, self.audit_id, a_finding(severity))

        if self.status is not AuditStatus.IN_PROGRESS:
            return self.refused(IllegalTransition, finding)
        found = self.done(finding)
        self.found += 1
        assert found.ordinal == self.found
        if severity is FindingSeverity.CRITICAL:
            self.critical[found.id] = True
        return None

    @rule(data=st.data())
    def close_or_reopen(self, data: st.DataObject) -> None:
        able = sorted(set(self.critical) - self.acted_on)
        if not able:
            return
        finding_id = data.draw(st.sampled_from(able))
        closing = findings.FindingClosing(evidence_id=self.evidence_id, note="Seen.")

        async def turn(store: Store) -> None:
            version = (await store.audit_findings.get(finding_id)).version
            if self.critical[finding_id]:
                await findings.close_finding(store, finding_id, closing, expected_version=version)
            else:
                await findings.reopen_finding(store, finding_id, "Again.", expected_version=version)

        self.done(turn)
        self.critical[finding_id] = not self.critical[finding_id]

    @rule(data=st.data())
    def act_on(self, data: st.DataObject) -> None:
        able = sorted(each for each, is_open in self.critical.items() if is_open)
        if not able:
            return
        finding_id = data.draw(st.sampled_from(able))
        new = working.NewAction(
            description="Mend it.", assignee_id=self.principals[0].id, due_on=DAY
        )
        self.done(lambda store: working.plan_action(store, finding_id, new))
        self.acted_on.add(finding_id)

    @invariant()
    def it_is_where_it_was_moved_and_stamped_once(self) -> None:
        if not hasattr(self, "audit_id"):
            return
        audit = self.done(lambda store: store.regulatory_audits.get(self.audit_id))
        assert audit.status is self.status
        assert audit.finding_count == self.found
        stamps = {audit.started_at, audit.completed_at, audit.concluded_at} - {None}
        assert stamps >= self.stamps
        self.stamps = {each for each in stamps if each is not None}

    def _move(
        self,
        before: AuditStatus,
        after: AuditStatus,
        verb: Callable[..., Awaitable[RegulatoryAudit]],
        *,
        is_refused: bool = False,
    ) -> None:
        self.clock.move(dt.timedelta(seconds=1))

        async def moving(store: Store) -> RegulatoryAudit:
            version = (await store.regulatory_audits.get(self.audit_id)).version
            return await verb(store, self.audit_id, expected_version=version)

        if self.status is not before:
            return self.refused(IllegalTransition, moving)
        if is_refused:
            return self.refused(CriticalFindingsOpen, moving)
        self.done(moving)
        self.status = after
        return None


@pytest.mark.parametrize("machine", [ActionMachine, AuditMachine])
def test_people_in_any_order(addresses: RoleAddresses, machine: type[Machine]) -> None:
    clock = FixedClock(dt.datetime(2026, 3, 2, 18, tzinfo=dt.UTC))

    async def opened() -> tuple[PostgresStorage, UUID, list[Principal]]:
        storage = PostgresStorage(addresses.app, clock=clock, keyring=KEYRING)
        await storage.open()
        company = await make_company(addresses.owner, storage)
        principals = [await signed_in(storage, clock, company) for _ in range(PEOPLE)]
        return storage, company.id, principals

    with asyncio.Runner() as runner:
        storage, company_id, principals = runner.run(opened())

        class OfThisRun(machine):  # type: ignore[valid-type, misc]
            pass

        OfThisRun.runner, OfThisRun.storage, OfThisRun.clock = runner, storage, clock
        OfThisRun.company_id, OfThisRun.principals = company_id, principals
        OfThisRun.TestCase.settings = settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        try:
            OfThisRun.TestCase().runTest()
        finally:
            runner.run(storage.close())
