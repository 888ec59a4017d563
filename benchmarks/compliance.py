"""How long the questions of compliance take at 5,000 requirements with years of attestations.

    python -m benchmarks.compliance

Beside each question stand its statements, which stay as many however much there is, and what it is
of the yardstick: one statement of the same run that joins every attestation to its signatures and
sums them up by requirement. A page of a list should stay below ten times that. ``--plans`` prints
what each statement reads.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import uvloop

from app.memory import look_for_cycles_rarely
from benchmarks.compliance_rows import Filled, fill
from benchmarks.database import temporary_database
from benchmarks.figures import _nodes, watched
from services.regulatory_compliance.audit_pack.gathering import gather
from services.regulatory_compliance.auditing.finding_list import list_findings
from services.regulatory_compliance.corrective_actions.listing import (
    ActionConditions,
    list_actions,
)
from services.regulatory_compliance.due.calendar_file import calendar_file
from services.regulatory_compliance.due.feeds import FeedContent
from services.regulatory_compliance.due.things import due_things
from services.regulatory_compliance.policies.acknowledging import all_coverages, coverage_of
from services.regulatory_compliance.reporting.drafts import NewReportDraft, create_draft, preview
from services.regulatory_compliance.reporting.statistics import compliance_statistics
from services.regulatory_compliance.requirement_list import (
    AsOf,
    get_requirement,
    list_requirements,
)
from storage.filters import AuditFindingFilter
from storage.interface import Store
from storage.postgres.transaction import PostgresStorage, PostgresStore
from storage.vocabulary.audits import FindingStanding
from storage.vocabulary.compliance import Program, RequirementStatus
from tests.builders.companies import CompanyForTests, make_company
from tests.builders.keys import KEYRING

ROUNDS = 3
LAST_YEAR = dt.date.today() - dt.timedelta(days=365)  # noqa: DTZ011 -- any day will do

_YARDSTICK = """
SELECT count(*), sum(signatures) FROM (
    SELECT attestation.requirement_id, max(attestation.valid_until), count(*) AS signatures
    FROM compliance_attestations AS attestation
    JOIN compliance_signatures AS signature
      ON signature.company_id = %(company_id)s AND signature.attestation_id = attestation.id
    WHERE attestation.company_id = %(company_id)s
    GROUP BY attestation.requirement_id
) AS requirements
"""

Question = Callable[[Store], Awaitable[object]]


def _page(**conditions: Any) -> Question:
    chosen = {"program": None, "status": None, "is_overdue": None, "as_of": AsOf()} | conditions
    return lambda store: list_requirements(store, **chosen, limit=50, after=None)


async def _feed(store: Store) -> object:
    return calendar_file(FeedContent("A company", await due_things(store)), store.now)


async def _report(store: Store) -> object:
    new = NewReportDraft(
        title="A quarter",
        program=Program.HIPAA,
        period_from=LAST_YEAR,
        period_to=LAST_YEAR + dt.timedelta(days=90),
    )
    return await preview(store, (await create_draft(store, new)).id)


def questions(filled: Filled) -> Mapping[str, Question]:
    """What people ask, by name."""
    return {
        "requirements, a page": _page(),
        "requirements, a page of a year ago": _page(as_of=AsOf(on=LAST_YEAR)),
        "requirements, not compliant": _page(status=RequirementStatus.NON_COMPLIANT),
        "requirements, overdue": _page(is_overdue=True),
        "one requirement": lambda store: get_requirement(store, filled.requirement_id, AsOf()),
        "findings, open": lambda store: list_findings(
            store,
            AuditFindingFilter(),
            standing=FindingStanding.OPEN,
            on=None,
            limit=50,
            after=None,
        ),
        "actions, a page": lambda store: list_actions(
            store, ActionConditions(), limit=50, after=None
        ),
        "actions, overdue": lambda store: list_actions(
            store, ActionConditions(is_overdue=True), limit=50, after=None
        ),
        "coverage of a policy": lambda store: coverage_of(store, filled.policy_id),
        "coverage a year ago": lambda store: coverage_of(store, filled.policy_id, LAST_YEAR),
        "coverage of all policies": all_coverages,
        "what is due": due_things,
        "calendar feed": _feed,
        "statistics": lambda store: compliance_statistics(
            store, first=None, last=None, program=None
        ),
        "a report": _report,
        "an audit pack, gathered": lambda store: gather(store, Program.HIPAA, None),
    }


async def _yardstick(store: Store) -> object:
    assert isinstance(store, PostgresStore)
    cursor = await store.execute(_YARDSTICK, {"company_id": store.company_id})
    return await cursor.fetchall()


async def measure(
    storage: PostgresStorage, company: CompanyForTests, question: Question
) -> tuple[float, float, list[tuple[str, Any, float]]]:
    """The median of some rounds in seconds, how many of them the statements took, and which they
    are."""
    found = []
    for _ in range(ROUNDS):
        with watched() as seen:
            started = time.perf_counter()
            async with storage.transaction(company.id, company.actor) as store:
                await question(store)
            found.append(time.perf_counter() - started)
    return statistics.median(found), sum(took for _, _, took in seen), list(seen)


async def show_plans(
    storage: PostgresStorage, company: CompanyForTests, seen: list[tuple[str, Any, float]]
) -> None:
    """What each statement reads, and by which index."""
    for sql, parameters, seconds in seen:
        if not sql.lstrip().startswith(("SELECT", "WITH")):
            continue
        async with storage.transaction(company.id, company.actor) as store:
            assert isinstance(store, PostgresStore)
            cursor = await store.execute(f"EXPLAIN (FORMAT JSON) {sql}", parameters)
            ((document,),) = await cursor.fetchall()
        _say(f"    {seconds * 1000:>8.1f} ms: {' > '.join(_nodes(document[0]['Plan']))}")


async def run() -> None:
    with temporary_database() as place:
        storage = PostgresStorage(place.addresses.app, keyring=KEYRING)
        await storage.open()
        try:
            company = await make_company(place.addresses.owner, storage)
            started = time.perf_counter()
            filled = fill(place, company)
            rows = ", ".join(f"{count:,} {table}" for table, count in filled.rows.items())
            _say(f"written in {time.perf_counter() - started:.0f} s: {rows}")
            one_pass, _, _ = await measure(storage, company, _yardstick)
            _say(f"yardstick: {one_pass * 1000:.0f} ms")
            for name, question in questions(filled).items():
                seconds, in_database, seen = await measure(storage, company, question)
                _say(
                    f"{name:<36} {seconds * 1000:>8.0f} ms {seconds / one_pass:>7.2f} times"
                    f"   {len(seen):>3} statements, {in_database * 1000:>7.0f} ms in them"
                )
                if "--plans" in sys.argv:
                    await show_plans(storage, company, seen)
        finally:
            await storage.close()


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    look_for_cycles_rarely()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())


if __name__ == "__main__":
    main()
