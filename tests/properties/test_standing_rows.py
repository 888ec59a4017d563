"""Where requirements stand, as the database works it out for many at once, is what the rules say of
each one's history and what a replay of its events leaves, whatever the day and what was known."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from uuid import UUID, uuid4

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from services.regulatory_compliance.requirement_list import AsOf, list_requirements
from services.regulatory_compliance.standing import (
    Cover,
    History,
    attestation_states,
    in_force,
    standing,
)
from services.regulatory_compliance.standings import histories_of, standings
from storage.embedded import EmbeddedServer, RoleAddresses
from storage.identifiers import SYSTEM_ACTOR_ID, new_id
from storage.interface import Actor
from storage.postgres.transaction import PostgresStorage
from storage.standings import AttestationQuestion, StandingQuestion
from storage.tables.compliance import RequirementContent
from storage.vocabulary.compliance import (
    AttestationStatus,
    BusinessDayRule,
    Frequency,
    LateRule,
    Program,
    RequirementStatus,
)
from tests.builders.companies import make_company
from tests.regulatory_compliance.histories import (
    ANNUAL,
    COUNTED_ON,
    FEW,
    day,
    histories,
    moment,
    replayed,
)

HASH = b"x" * 32
EMPTY = (
    b"DELETE FROM compliance_signatures WHERE company_id = %s",
    b"DELETE FROM compliance_attestations WHERE company_id = %s",
)
PERIODS = FEW | st.sampled_from([61, 62, 63, 64, 124, 125, 186, 187])
"""Those about the ends of the figures in which the database hands them over, and beyond."""
QUESTIONS = st.lists(st.tuples(st.integers(0, 1900), st.integers(0, 14)), min_size=1, max_size=4)

Insert = tuple[str, Sequence[object]]


def rows_of(history: History, company_id: UUID, requirement_id: UUID) -> Iterator[Insert]:
    """The rows that operations would have left."""
    by = SYSTEM_ACTOR_ID
    contents = [
        RequirementContent(
            citation=None,
            name="Review who has access",
            description="Do it.",
            category="access",
            specification=None,
            is_mandatory=True,
            frequency=Frequency.ONGOING if each.schedule is None else each.schedule.frequency,
            first_due_on=None if each.schedule is None else each.schedule.first_due_on,
            business_day_rule=BusinessDayRule.AS_IS,
            late_rule=(
                LateRule.KEEP_SCHEDULE if each.schedule is None else each.schedule.late_rule
            ),
            evidence_required=[],
            quorum=each.quorum,
        ).model_dump(mode="json")
        for each in history.contents
    ]
    yield (
        (
            "INSERT INTO compliance_requirements (company_id, id, version, created_at, created_by,"
            " updated_at, updated_by, code, program, content, content_number)"
            " VALUES (%s, %s, 1, %s, %s, %s, %s, %s, 'HIPAA', %s, %s)"
        ),
        (
            company_id,
            requirement_id,
            moment(0),
            by,
            moment(0),
            by,
            requirement_id.hex,
            Jsonb(contents[-1]),
            len(contents),
        ),
    )
    for version, said in zip(history.contents, contents, strict=True):
        yield (
            (
                "INSERT INTO requirement_versions (company_id, id, recorded_at, recorded_by,"
                " requirement_id, number, content, content_hash, material_number, schedule_number)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
            ),
            (
                company_id,
                new_id(),
                version.recorded_at,
                by,
                requirement_id,
                version.number,
                Jsonb(said),
                HASH,
                version.material_number,
                version.schedule_number,
            ),
        )
    for decision in history.decisions:
        yield (
            (
                "INSERT INTO requirement_decisions (company_id, id, recorded_at, recorded_by,"
                " requirement_id, kind, rationale, effective_on, approval_id)"
                " VALUES (%s, %s, %s, %s, %s, %s, 'So decided.', %s, %s)"
            ),
            (
                company_id,
                new_id(),
                decision.recorded_at,
                by,
                requirement_id,
                decision.kind,
                decision.effective_on,
                uuid4(),
            ),
        )
    for each in history.attestations:
        yield (
            (
                "INSERT INTO compliance_attestations (company_id, id, recorded_at, recorded_by,"
                " requirement_id, content_number, schedule_number, period_number, kind, statement,"
                " signed_on, valid_from, valid_until, evidence_ids, evidence_until, quorum,"
                " supersedes_id, content_hash) VALUES (%s, %s, %s, %s, %s, %s, %s, %s,"
                " 'self_attestation', 'Done.', %s, %s, %s, '{}', %s, %s, %s, %s)"
            ),
            (
                company_id,
                each.id,
                each.recorded_at,
                by,
                requirement_id,
                each.content_number,
                each.schedule_number,
                each.period_number,
                each.signed_on,
                each.valid_from,
                each.valid_until,
                each.evidence_until,
                each.quorum,
                each.supersedes_id,
                HASH,
            ),
        )
    for number, signature in enumerate(history.signatures, 1):
        yield (
            (
                "INSERT INTO compliance_signatures (company_id, id, recorded_at, recorded_by, xid,"
                " requirement_id, attestation_id, number, kind, person_id, session_id,"
                " printed_name, meaning, reason, signed_at, content_hash, previous_hash,"
                " signature_hash)"
                " VALUES (%s, %s, %s, %s, '0', %s, %s, %s, %s, %s, %s, 'Ada', 'I do.', 'So.', %s,"
                " %s, %s, %s)"
            ),
            (
                company_id,
                new_id(),
                signature.recorded_at,
                by,
                requirement_id,
                signature.attestation_id,
                number,
                signature.kind,
                uuid4(),
                uuid4(),
                signature.recorded_at,
                HASH,
                HASH,
                HASH,
            ),
        )


def written(
    server: EmbeddedServer, company_id: UUID, drawn: Sequence[History]
) -> dict[UUID, History]:
    """The histories as rows, by the ids of their requirements."""
    found = {new_id(): each for each in drawn}
    with server.connect_as_superuser("wellkept") as connection, connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")  # people and approvals
        for requirement_id, history in found.items():
            for statement, values in rows_of(history, company_id, requirement_id):
                connection.execute(statement.encode(), values)
    return found


def a_company(addresses: RoleAddresses) -> UUID:
    async def make() -> UUID:
        storage = PostgresStorage(addresses.app)
        await storage.open()
        try:
            return (await make_company(addresses.owner, storage)).id
        finally:
            await storage.close()

    return anyio.run(make)


@pytest.fixture(scope="module")
def company_id(addresses: RoleAddresses) -> UUID:
    """A company for all examples, which look at their own requirements."""
    return a_company(addresses)


@pytest.fixture(scope="module")
def listed_company_id(addresses: RoleAddresses) -> UUID:
    """A company whose requirements become more with each example."""
    return a_company(addresses)


@pytest.fixture(scope="module")
def counted_company_id(addresses: RoleAddresses) -> UUID:
    """A company that has the attestations of one example at a time."""
    return a_company(addresses)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    drawn=st.lists(
        histories(is_legal=True, schedules=(None, ANNUAL, ANNUAL, COUNTED_ON), periods=PERIODS),
        min_size=1,
        max_size=6,
    ),
    asked=QUESTIONS,
    is_of_few=st.booleans(),
)
def test_the_database_says_what_the_rules_and_a_replay_say(
    server: EmbeddedServer,
    addresses: RoleAddresses,
    company_id: UUID,
    drawn: list[History],
    asked: list[tuple[int, int]],
    is_of_few: bool,
) -> None:
    rows = written(server, company_id, drawn)

    async def check() -> None:
        storage = PostgresStorage(addresses.app)
        await storage.open()
        try:
            async with storage.transaction(company_id, Actor(SYSTEM_ACTOR_ID, new_id())) as store:
                kept = await histories_of(store, list(rows))
                for on, known in asked:
                    question = StandingQuestion(
                        on=day(on),
                        known_at=moment(known),
                        requirement_ids=list(rows) if is_of_few else None,
                    )
                    stood = await standings(store, question)
                    found = {each.requirement_id: its for each, its in stood}
                    completed = {each.requirement_id: each.completed for each, _ in stood}
                    for requirement_id, history in rows.items():
                        counting = in_force(
                            kept[requirement_id], on=day(on), known_at=moment(known)
                        )
                        assert completed.get(requirement_id) == (
                            None if counting is None else counting.completed.numbers
                        )
                        by_the_rules = standing(
                            kept[requirement_id],
                            on=day(on),
                            known_at=moment(known),
                            is_business_day=lambda _: True,
                        )
                        assert found.get(requirement_id) == by_the_rules
                        if COUNTED_ON in {each.schedule for each in history.contents}:
                            continue
                        status = replayed(history, moment(known)).status(day(on))
                        assert (None if by_the_rules is None else by_the_rules.status) == status
        finally:
            await storage.close()

    anyio.run(check)


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    drawn=st.lists(histories(is_legal=True), min_size=1, max_size=6),
    on=st.integers(0, 1900).map(day),
    first_look=st.integers(1, 9),
)
def test_the_pages_of_a_list_hold_all_that_stand_so_however_many_are_looked_at_first(
    server: EmbeddedServer,
    addresses: RoleAddresses,
    listed_company_id: UUID,
    drawn: list[History],
    on: dt.date,
    first_look: int,
) -> None:
    written(server, listed_company_id, drawn)

    async def check() -> None:
        storage = PostgresStorage(addresses.app)
        await storage.open()
        try:
            actor = Actor(SYSTEM_ACTOR_ID, new_id())
            async with storage.transaction(listed_company_id, actor) as store:
                question = StandingQuestion(on=on, known_at=store.now)
                stood = await standings(store, question)
                for status in RequirementStatus:
                    found, after = list[UUID](), None
                    while not found or after is not None:
                        page, after = await list_requirements(
                            store,
                            program=None,
                            status=status,
                            is_overdue=None,
                            as_of=AsOf(on=on),
                            limit=3,
                            after=after,
                            first_look=first_look,
                        )
                        found += [each.id for each in page]
                        if not page:
                            break
                    assert found == [
                        row.requirement_id for row, each in stood if each.status is status
                    ]
        finally:
            await storage.close()

    anyio.run(check)


def recounted(
    drawn: Sequence[History], first: dt.date, last: dt.date, known_at: dt.datetime
) -> Counter[AttestationStatus]:
    """What the attestations signed in a period were at its end, one by one by the rules."""
    counted: Counter[AttestationStatus] = Counter()
    for history in drawn:
        states = attestation_states(history, known_at)
        for each in history.attestations:
            if each.id not in states or not first <= each.signed_on <= last:
                continue
            state = states[each.id]
            until = Cover(each.valid_from, each.valid_until, each.evidence_until).last_day
            if state is AttestationStatus.ATTESTED and until < last:
                state = AttestationStatus.EXPIRED
            counted[state] += 1
    return counted


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    drawn=st.lists(histories(is_legal=True), min_size=1, max_size=6),
    periods=st.lists(
        st.tuples(st.integers(0, 14), st.integers(0, 900), st.integers(0, 14)),
        min_size=1,
        max_size=4,
    ),
    program=st.none() | st.sampled_from([Program.HIPAA, Program.OSHA]),
)
def test_the_database_counts_attestations_by_what_the_rules_say_that_they_are(
    server: EmbeddedServer,
    addresses: RoleAddresses,
    counted_company_id: UUID,
    drawn: list[History],
    periods: list[tuple[int, int, int]],
    program: Program | None,
) -> None:
    with server.connect_as_superuser("wellkept") as connection, connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")
        for statement in EMPTY:
            connection.execute(statement, [counted_company_id])
    written(server, counted_company_id, drawn)

    async def check() -> None:
        storage = PostgresStorage(addresses.app)
        await storage.open()
        try:
            actor = Actor(SYSTEM_ACTOR_ID, new_id())
            async with storage.transaction(counted_company_id, actor) as store:
                for first, length, known in periods:
                    found = await store.standing_figures.attestations(
                        AttestationQuestion(
                            first=day(first),
                            last=day(first + length),
                            known_at=moment(known),
                            program=program,
                        )
                    )
                    ours = [] if program is Program.OSHA else drawn
                    by_the_rules = recounted(ours, day(first), day(first + length), moment(known))
                    assert found == by_the_rules
        finally:
            await storage.close()

    anyio.run(check)
