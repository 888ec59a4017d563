"""Whatever several people do with an assessment in whatever order, it says what was approved from
then on, nobody approved it who worked on it, and of those that follow each other one is in use."""

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import ClassVar, TypeVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from app.approval_steps import STEPS
from services.approvals.deciding import Ruling, decide
from services.approvals.involvement import DecidedBefore, SecondPersonNeeded
from services.identity.authentication import Principal
from services.refusals import IllegalTransition
from services.regulatory_compliance.risks import assessing, following, risks, submitting
from services.regulatory_compliance.risks.following import FollowedAlready
from services.regulatory_compliance.risks.matrix import score
from services.regulatory_compliance.risks.submitting import NothingAssessed
from storage.embedded import RoleAddresses
from storage.filters import ApprovalFilter, ByAssessment
from storage.identifiers import new_id
from storage.interface import Actor, Store
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.approvals import ApprovalStatus, Verdict
from storage.vocabulary.risks import (
    AssessmentKind,
    AssessmentStatus,
    Impact,
    Likelihood,
    RiskTreatment,
)
from tests.approvals.conftest import signed_in
from tests.builders.clocks import FixedClock
from tests.builders.companies import make_company
from tests.builders.keys import KEYRING

PEOPLE = 3
FIRST = dt.date(2026, 3, 2)
Result = TypeVar("Result")

people = st.integers(0, PEOPLE - 1)


@dataclass
class Known:
    """What the model knows of an assessment."""

    id: UUID
    status: AssessmentStatus = AssessmentStatus.DRAFT
    scores: list[int] = field(default_factory=list)
    involved: set[int] = field(default_factory=set)
    deciders: set[int] = field(default_factory=set)


class AssessmentMachine(RuleBasedStateMachine):
    """A row of assessments that follow each other, and some people."""

    runner: ClassVar[asyncio.Runner]
    storage: ClassVar[PostgresStorage]
    company_id: ClassVar[UUID]
    principals: ClassVar[list[Principal]]

    @initialize(person=people)
    def an_assessment(self, person: int) -> None:
        new = assessing.NewRiskAssessment(
            kind=AssessmentKind.SECURITY,
            title="Our networks",
            scope="Both offices.",
            assessed_on=FIRST,
            next_due_on=FIRST + dt.timedelta(days=365),
        )
        made = self._done(lambda store: assessing.create_assessment(store, new), person)
        self.row = [Known(made.id)]
        self.created_by = {made.id: person}

    @rule(
        person=people,
        which=st.integers(0, 3),
        likelihood=st.sampled_from(Likelihood),
        impact=st.sampled_from(Impact),
    )
    def add_a_risk(self, person: int, which: int, likelihood: Likelihood, impact: Impact) -> None:
        known = self.row[which % len(self.row)]
        new = risks.NewRisk(
            category="technical",
            description="Something is lost.",
            likelihood=likelihood,
            impact=impact,
            residual_likelihood=likelihood,
            residual_impact=impact,
            treatment=RiskTreatment.MITIGATE,
            owner_person_id=self.principals[0].id,
        )

        async def adding(store: Store) -> object:
            return await risks.add_risk(store, known.id, new)

        if known.status is not AssessmentStatus.DRAFT:
            return self._refused(IllegalTransition, adding, person)
        if person in known.deciders:
            return self._refused(DecidedBefore, adding, person)
        self._done(adding, person)
        known.scores.append(score(likelihood, impact))
        known.involved.add(person)
        return None

    @rule(person=people, which=st.integers(0, 3))
    def submit(self, person: int, which: int) -> None:
        known = self.row[which % len(self.row)]

        async def submitting_it(store: Store) -> object:
            version = (await store.risk_assessments.get(known.id)).version
            return await submitting.submit_assessment(
                store, self.principals[person], known.id, "Because", expected_version=version
            )

        if known.status is not AssessmentStatus.DRAFT:
            return self._refused(IllegalTransition, submitting_it, person)
        if person in known.deciders:
            return self._refused(DecidedBefore, submitting_it, person)
        if not known.scores:
            return self._refused(NothingAssessed, submitting_it, person)
        self._done(submitting_it, person)
        known.status = AssessmentStatus.SUBMITTED
        known.involved |= {person} | ({self.created_by[known.id]} - known.deciders)
        return None

    @rule(person=people, verdict=st.sampled_from(Verdict))
    def decide_about_it(self, person: int, verdict: Verdict) -> None:
        known = self.row[-1]
        if known.status is not AssessmentStatus.SUBMITTED:
            return None

        async def deciding(store: Store) -> object:
            (request,) = await store.approvals.all(
                ApprovalFilter(entity_id=known.id, status=ApprovalStatus.REQUESTED)
            )
            return await decide(
                store,
                self.principals[person],
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
            known.status = AssessmentStatus.DRAFT
            return None
        known.status = AssessmentStatus.APPROVED
        for before in self.row[:-1]:
            before.status = AssessmentStatus.SUPERSEDED
        return None

    @rule(person=people, which=st.integers(0, 3))
    def follow(self, person: int, which: int) -> None:
        known = self.row[which % len(self.row)]
        new = following.NextAssessment(
            assessed_on=FIRST, next_due_on=FIRST + dt.timedelta(days=365)
        )

        async def beginning(store: Store) -> UUID:
            return (await following.begin_next(store, known.id, new)).id

        if known.status is not AssessmentStatus.APPROVED:
            return self._refused(IllegalTransition, beginning, person)
        if known is not self.row[-1]:
            return self._refused(FollowedAlready, beginning, person)
        after = Known(self._done(beginning, person), scores=list(known.scores))
        self.created_by[after.id] = person
        self.row.append(after)
        return None

    @invariant()
    def every_assessment_says_what_was_done(self) -> None:
        if not hasattr(self, "row"):
            return

        async def look(store: Store) -> None:
            for known in self.row:
                found = await risks.assessed(store, known.id)
                scored = await risks.risks_of(store, known.id)
                assert found.assessment.status is known.status
                assert sorted(each.residual_score for each in scored) == sorted(known.scores)
                records = await store.assessment_records.all(ByAssessment(assessment_id=known.id))
                is_approved = known.status in (
                    AssessmentStatus.APPROVED,
                    AssessmentStatus.SUPERSEDED,
                )
                assert len(records) == is_approved
                for record in records:
                    said = record.content
                    assert submitting.content_hash(said) == record.content_hash
                    assert said == await submitting.content_of(store, found.assessment)
                    assert said.overall_level is found.overall_level
                    assert record.recorded_by not in {
                        self.principals[at].id for at in known.involved
                    }

        self._done(look, 0)

    @invariant()
    def one_is_in_use_at_most(self) -> None:
        if hasattr(self, "row"):
            statuses = [each.status for each in self.row]
            assert statuses.count(AssessmentStatus.APPROVED) <= 1

    def _done(self, work: Callable[[Store], Awaitable[Result]], person: int) -> Result:
        async def transaction() -> Result:
            actor = Actor(self.principals[person].id, new_id())
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


def test_assessments_in_any_order(addresses: RoleAddresses) -> None:
    clock = FixedClock(dt.datetime(2026, 3, 2, 18, tzinfo=dt.UTC))

    async def opened() -> tuple[PostgresStorage, UUID, list[Principal]]:
        storage = PostgresStorage(addresses.app, clock=clock, keyring=KEYRING)
        await storage.open()
        company = await make_company(addresses.owner, storage)
        principals = [await signed_in(storage, clock, company) for _ in range(PEOPLE)]
        return storage, company.id, principals

    with asyncio.Runner() as runner:
        storage, company_id, principals = runner.run(opened())

        class Machine(AssessmentMachine):
            pass

        Machine.runner, Machine.storage = runner, storage
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
