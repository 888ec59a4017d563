"""What reports say of audits and findings on any past day, as known at any time, is what a replay
of all that was done to them leaves, whatever was changed since."""

import dataclasses
import datetime as dt
from collections.abc import Awaitable, Callable
from uuid import UUID

import anyio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.regulatory_compliance.auditing import audits, findings
from services.regulatory_compliance.auditing.finding_list import get_finding
from services.regulatory_compliance.reporting.audit_figures import (
    audit_figures,
    audit_records,
    reported_findings,
)
from services.regulatory_compliance.reporting.periods import ReportPeriod
from storage.embedded import RoleAddresses
from storage.identifiers import SYSTEM_ACTOR_ID, new_id
from storage.interface import Actor, Store
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.audits import AuditType, FindingSeverity
from storage.vocabulary.compliance import Program
from tests.builders.clocks import FixedClock
from tests.builders.companies import make_company
from tests.builders.keys import KEYRING

FIRST = dt.date(2026, 3, 1)
NOON = dt.time(18, tzinfo=dt.UTC)
DAYS = 8

Day = st.integers(0, DAYS)
DEEDS = st.lists(
    st.tuples(
        st.one_of(
            st.sampled_from(FindingSeverity),  # so severe is the finding from now on
            st.text("abc", min_size=1, max_size=3),  # so it is described
            Day,  # then the audit to come is to be
        ),
        st.integers(0, 2),  # so many days later
    ),
    max_size=8,
)


def day(number: int) -> dt.date:
    return FIRST + dt.timedelta(days=number)


def noon(number: int, minute: int = 0) -> dt.datetime:
    return dt.datetime.combine(day(number), NOON) + dt.timedelta(minutes=minute)


@dataclasses.dataclass(frozen=True)
class Said:
    """What was said of the finding and of the audit to come, from a moment on."""

    since: dt.datetime
    severity: FindingSeverity
    description: str
    scheduled_on: dt.date


class Play:
    """Everything that was done, and what it left, kept by hand."""

    def __init__(self, storage: PostgresStorage, clock: FixedClock, company_id: UUID) -> None:
        self.storage, self.clock, self.company_id = storage, clock, company_id
        self.said: list[Said] = []

    async def done(self, deed: Callable[[Store], Awaitable[UUID | int]]) -> UUID | int:
        actor = Actor(SYSTEM_ACTOR_ID, new_id())
        async with self.storage.transaction(self.company_id, actor) as store:
            return await deed(store)

    async def begin(self) -> None:
        new = audits.NewAudit(
            program=Program.OSHA,
            audit_type=AuditType.INTERNAL,
            scope="All of it.",
            auditor="Ada Lindqvist",
            scheduled_on=FIRST,
        )

        async def deed(store: Store) -> int:
            self.planned = (await audits.create_audit(store, new)).id
            begun = await audits.create_audit(store, new)
            await audits.start_audit(store, begun.id, expected_version=1)
            found = await findings.add_finding(
                store,
                begun.id,
                findings.NewFinding(
                    severity=FindingSeverity.MODERATE,
                    category="access",
                    description="Accounts are left.",
                    impact="They could be used.",
                    identified_on=FIRST,
                    identified_by="Ada Lindqvist",
                ),
            )
            self.finding, self.number = found.id, found.number
            return 0

        await self.done(deed)
        severity, said = FindingSeverity.MODERATE, "Accounts are left."
        self.said.append(Said(self.clock.now(), severity, said, FIRST))

    async def change(self, wanted: FindingSeverity | str | int) -> None:
        last = self.said[-1]

        async def deed(store: Store) -> int:
            if isinstance(wanted, int):
                version = (await store.regulatory_audits.get(self.planned)).version
                moved = audits.AuditChanges(scheduled_on=day(wanted))
                await audits.update_audit(store, self.planned, moved, expected_version=version)
                return 0
            version = (await store.audit_findings.get(self.finding)).version
            name = "severity" if isinstance(wanted, FindingSeverity) else "description"
            changed = findings.FindingChanges.model_validate({name: wanted})
            await findings.update_finding(store, self.finding, changed, expected_version=version)
            return 0

        await self.done(deed)
        now = self.clock.now()
        if isinstance(wanted, int):
            self.said.append(dataclasses.replace(last, since=now, scheduled_on=day(wanted)))
        elif isinstance(wanted, FindingSeverity):
            self.said.append(dataclasses.replace(last, since=now, severity=wanted))
        else:
            self.said.append(dataclasses.replace(last, since=now, description=wanted))

    def at(self, moment: dt.datetime) -> Said:
        """What was said by then; before anything was changed, what was said first."""
        return [self.said[0], *(each for each in self.said if each.since <= moment)][-1]

    async def check(self, store: Store, on: int, known: int) -> None:
        known_at = noon(known, 30)
        records = await audit_records(store, Program.OSHA, on=day(on), known_at=known_at)
        by_then = self.at(min(known_at, dt.datetime.combine(day(on), dt.time.max, dt.UTC)))
        assert records.audits[self.planned].scheduled_on == by_then.scheduled_on
        of_the_day = ReportPeriod(by_then.scheduled_on, by_then.scheduled_on)
        figures = audit_figures(records, of_the_day)
        assert figures.scheduled == 1
        (said,) = reported_findings(records, ReportPeriod(FIRST, day(on)))
        assert said.finding_number == self.number
        assert (said.severity, said.description) == (by_then.severity, by_then.description)

    async def check_today(self, store: Store, on: int) -> None:
        """As lists of a past day have it, by all that is known now."""
        found = await get_finding(store, self.finding, day(on))
        by_then = self.at(dt.datetime.combine(day(on), dt.time.max, dt.UTC))
        assert (found.finding.severity, found.finding.description) == (
            by_then.severity,
            by_then.description,
        )


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(deeds=DEEDS, asked=st.lists(st.tuples(Day, Day), min_size=1, max_size=6))
def test_each_day_is_what_a_replay_leaves(
    addresses: RoleAddresses,
    deeds: list[tuple[FindingSeverity | str | int, int]],
    asked: list[tuple[int, int]],
) -> None:
    async def run() -> None:
        clock = FixedClock(noon(0))
        storage = PostgresStorage(addresses.app, clock=clock, keyring=KEYRING)
        await storage.open()
        try:
            company = await make_company(addresses.owner, storage)
            play = Play(storage, clock, company.id)
            await play.begin()
            passed = 0
            for minute, (wanted, later) in enumerate(deeds, 1):
                passed += later
                clock.set(noon(passed, minute))
                await play.change(wanted)
            clock.set(noon(DAYS * 3))
            async with storage.transaction(company.id, Actor(SYSTEM_ACTOR_ID, new_id())) as store:
                for on, known in asked:
                    await play.check(store, on, known)
                    await play.check_today(store, on)
        finally:
            await storage.close()

    anyio.run(run)
