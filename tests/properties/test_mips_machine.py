"""Whatever is done with a submission in whatever order: only legal steps are taken, each is on
record, and what was kept of a score never changes; and nothing contradicts itself in its counts."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import ClassVar, TypeVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.refusals import IllegalTransition
from services.regulatory_compliance.mips_reporting.clinicians import (
    NewMipsClinician,
    create_clinician,
)
from services.regulatory_compliance.mips_reporting.list_files import read_mips_list
from services.regulatory_compliance.mips_reporting.lists import load_mips_list
from services.regulatory_compliance.mips_reporting.measures import (
    MipsMeasureChanges,
    NewMipsMeasure,
    add_measure,
    faults_of_counts,
    update_measure,
)
from services.regulatory_compliance.mips_reporting.scores import scores_of, submit
from services.regulatory_compliance.mips_reporting.submissions import (
    NewMipsSubmission,
    NoLongerDraft,
    create_submission,
    decide_submission,
    steps_of,
)
from storage.embedded import RoleAddresses
from storage.errors import ConstraintRefused, VersionConflict
from storage.identifiers import new_id
from storage.interface import Store
from storage.postgres.transaction import PostgresStorage
from storage.tables.mips import MipsMeasureFields, MipsScore
from storage.vocabulary.mips import MeasurementKind, MipsSubmissionStatus
from tests.builders.companies import CompanyForTests, make_company
from tests.builders.keys import KEYRING
from tests.builders.mips import BENCHMARKS, COUNTS, MEASURES, YEAR

Result = TypeVar("Result")
Status = MipsSubmissionStatus
LEGAL = {
    (Status.DRAFT, Status.SUBMITTED),
    (Status.DRAFT, Status.WITHDRAWN),
    (Status.SUBMITTED, Status.ACCEPTED),
    (Status.SUBMITTED, Status.REJECTED),
    (Status.REJECTED, Status.DRAFT),
    (Status.REJECTED, Status.WITHDRAWN),
}


class SubmissionMachine(RuleBasedStateMachine):
    """One submission, and what its version is believed to be."""

    runner: ClassVar[asyncio.Runner]
    storage: ClassVar[PostgresStorage]
    company: ClassVar[CompanyForTests]

    @initialize()
    def a_draft(self) -> None:
        async def create(store: Store) -> tuple[UUID, UUID]:
            tin = f"{new_id().int % 10**9:09}"
            clinician = await create_clinician(
                store, NewMipsClinician(performance_year=YEAR, tin=tin, name="A group")
            )
            new = NewMipsSubmission(
                clinician_id=clinician.id, category="quality", submission_method="registry"
            )
            submission = await create_submission(store, new)
            measure = await add_measure(store, submission.id, NewMipsMeasure(**COUNTS))
            return submission.id, measure.id

        self.submission_id, self.measure_id = self._done(create)
        self.status, self.steps = Status.DRAFT, [Status.DRAFT]
        self.kept: list[MipsScore] = []

    @rule(to=st.sampled_from(Status), is_stale=st.booleans())
    def step(self, to: Status, is_stale: bool) -> None:
        version = self._version() - is_stale

        async def taken(store: Store) -> object:
            if to is Status.SUBMITTED:
                return await submit(store, self.submission_id, None, expected_version=version)
            return await decide_submission(
                store, self.submission_id, to, None, expected_version=version
            )

        if is_stale:
            return self._refused(VersionConflict, taken)
        if (self.status, to) not in LEGAL:
            return self._refused(IllegalTransition, taken)
        self._done(taken)
        self.status = to
        self.steps.append(to)
        return None

    @rule(met=st.integers(0, 10_000))
    def change(self, met: int) -> None:
        async def changed(store: Store) -> object:
            row = await store.mips_measures.get(self.measure_id)
            return await update_measure(
                store,
                self.submission_id,
                self.measure_id,
                MipsMeasureChanges(met=met, not_met=10_000 - met),
                expected_version=row.version,
            )

        if self.status is Status.DRAFT:
            self._done(changed)
        else:
            self._refused(NoLongerDraft, changed)

    @invariant()
    def it_stands_where_its_steps_lead(self) -> None:
        row = self._done(lambda store: store.mips_submissions.get(self.submission_id))
        taken = self._done(lambda store: steps_of(store, self.submission_id))
        assert row.status is self.status
        assert [each.to_status for each in taken] == self.steps
        assert [each.from_status for each in taken] == [None, *self.steps[:-1]]

    @invariant()
    def what_was_kept_never_changes(self) -> None:
        scores = self._done(lambda store: scores_of(store, self.submission_id))
        before = scores[: len(self.kept)]
        assert [each.model_dump() for each in before] == [e.model_dump() for e in self.kept]
        assert len(scores) == self.steps.count(Status.SUBMITTED)
        assert [each.number for each in scores] == list(range(1, len(scores) + 1))
        self.kept = scores

    def _version(self) -> int:
        row = self._done(lambda store: store.mips_submissions.get(self.submission_id))
        return row.version

    def _done(self, work: Callable[[Store], Awaitable[Result]]) -> Result:
        async def transaction() -> Result:
            async with self.storage.transaction(self.company.id, self.company.actor) as store:
                return await work(store)

        return self.runner.run(transaction())

    def _refused(
        self, refusal: type[Exception], work: Callable[[Store], Awaitable[object]]
    ) -> None:
        with pytest.raises(refusal):
            self._done(work)


async def opened(addresses: RoleAddresses) -> tuple[PostgresStorage, CompanyForTests]:
    """Storage, and a company that has CMS's lists."""
    storage = PostgresStorage(addresses.app, keyring=KEYRING)
    await storage.open()
    company = await make_company(addresses.owner, storage)
    async with storage.transaction(company.id, company.actor) as store:
        for entries in (BENCHMARKS, MEASURES):
            content = json.dumps(entries).encode()
            await load_mips_list(store, read_mips_list(content, performance_year=YEAR), "a file")
    return storage, company


def test_steps_in_any_order(addresses: RoleAddresses) -> None:
    with asyncio.Runner() as runner:
        storage, company = runner.run(opened(addresses))

        class Machine(SubmissionMachine):
            pass

        Machine.runner, Machine.storage, Machine.company = runner, storage, company
        Machine.TestCase.settings = settings(
            max_examples=20,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        try:
            Machine.TestCase().runTest()
        finally:
            runner.run(storage.close())


few = st.integers(-1, 4)


def test_operation_and_database_agree_on_what_counts_contradict_themselves(
    addresses: RoleAddresses,
) -> None:
    with asyncio.Runner() as runner:
        storage, company = runner.run(opened(addresses))
        machine = SubmissionMachine()
        machine.runner, machine.storage, machine.company = runner, storage, company  # type: ignore[misc]
        machine.a_draft()

        @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
        @given(
            eligible=st.integers(0, 9),
            parts=st.tuples(few, few, few, few),
            is_end_to_end=st.booleans(),
        )
        def agree(eligible: int, parts: tuple[int, int, int, int], is_end_to_end: bool) -> None:
            names = ("met", "not_met", "exceptions", "exclusions")
            fields = MipsMeasureFields(
                submission_id=machine.submission_id,
                measure_id=new_id().hex,
                kind=MeasurementKind.COUNTS,
                is_end_to_end=is_end_to_end,
                eligible=eligible,
                **dict(zip(names, parts, strict=True)),
            )
            is_refused = min(parts) < 0 or bool(list(faults_of_counts(fields)))
            try:
                machine._done(lambda store: store.mips_measures.create(fields))
            except ConstraintRefused:
                assert is_refused
            else:
                assert not is_refused

        try:
            agree()
        finally:
            runner.run(storage.close())
