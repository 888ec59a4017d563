"""Where corrective actions were at the end of a day, as the database finds it, is what their steps
leave when they are taken one after another, whatever is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.regulatory_compliance.corrective_actions.lifecycle import UNDONE
from storage.embedded import EmbeddedServer, RoleAddresses
from storage.identifiers import SYSTEM_ACTOR_ID, new_id
from storage.interface import Actor
from storage.postgres.transaction import PostgresStorage
from storage.standings import ActionFound, ActionQuestion
from storage.vocabulary.audits import ActionStatus
from tests.builders.companies import make_company
from tests.regulatory_compliance.histories import day, moment

PEOPLE = [UUID(int=number) for number in range(1, 4)]


@dataclass(frozen=True)
class Step:
    status: ActionStatus
    assignee_id: UUID
    due: int
    taken: int
    recorded: int


@st.composite
def steps(draw: st.DrawFn) -> list[Step]:
    """Each is recorded after the one before it, on the same day or later."""
    found = []
    taken = recorded = 0
    for _ in range(draw(st.integers(1, 5))):
        taken += draw(st.integers(0, 3))
        recorded += draw(st.integers(0, 3))
        found.append(
            Step(
                status=draw(st.sampled_from(ActionStatus)),
                assignee_id=draw(st.sampled_from(PEOPLE)),
                due=draw(st.integers(0, 12)),
                taken=taken,
                recorded=recorded,
            )
        )
    return found


def left(taken: Sequence[Step], on: int, known: int) -> Step | None:
    """The step that an action was left by; None where it was not planned by then."""
    last = None
    for each in taken:
        if each.taken <= on and each.recorded <= known:
            last = each
    return last


@pytest.fixture(scope="module")
def company_id(addresses: RoleAddresses) -> UUID:
    """A company for all examples, which look at their own finding."""

    async def make() -> UUID:
        storage = PostgresStorage(addresses.app)
        await storage.open()
        try:
            return (await make_company(addresses.owner, storage)).id
        finally:
            await storage.close()

    return anyio.run(make)


def written(
    server: EmbeddedServer, company_id: UUID, finding_id: UUID, drawn: Sequence[Sequence[Step]]
) -> dict[UUID, Sequence[Step]]:
    """The actions as rows, by their ids, in the order in which they were planned."""
    found = {new_id(): each for each in drawn}
    with server.connect_as_superuser("wellkept") as connection, connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")  # people and findings
        for ordinal, (action_id, taken) in enumerate(found.items(), 1):
            connection.execute(
                "INSERT INTO corrective_actions (company_id, id, recorded_at, recorded_by,"
                " audit_id, finding_id, ordinal, number, description)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, 'Disable accounts.')",
                (
                    company_id,
                    action_id,
                    moment(0),
                    SYSTEM_ACTOR_ID,
                    finding_id,
                    finding_id,
                    ordinal,
                    action_id.hex,
                ),
            )
            for number, step in enumerate(taken, 1):
                connection.execute(
                    "INSERT INTO action_steps (company_id, id, recorded_at, recorded_by, action_id,"
                    " number, kind, status, role, assignee_id, assignee_role, due_on, taken_on)"
                    " VALUES (%s, %s, %s, %s, %s, %s, 'noted', %s, 'involved', %s, 'involved', %s,"
                    " %s)",
                    (
                        company_id,
                        new_id(),
                        moment(step.recorded),
                        SYSTEM_ACTOR_ID,
                        action_id,
                        number,
                        step.status,
                        step.assignee_id,
                        day(step.due),
                        day(step.taken),
                    ),
                )
    return found


@dataclass(frozen=True)
class Asked:
    on: int
    known: int
    status: ActionStatus | None
    assignee_id: UUID | None
    is_overdue: bool | None
    after: int | None
    limit: int | None


ASKED = st.builds(
    Asked,
    on=st.integers(-1, 15),
    known=st.integers(0, 15),
    status=st.none() | st.sampled_from(ActionStatus),
    assignee_id=st.none() | st.sampled_from(PEOPLE),
    is_overdue=st.none() | st.booleans(),
    after=st.none() | st.integers(0, 5),
    limit=st.none() | st.integers(1, 4),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    drawn=st.lists(steps(), min_size=1, max_size=6),
    asked=st.lists(ASKED, min_size=1, max_size=6),
    is_of_few=st.booleans(),
)
def test_the_database_finds_what_the_steps_leave(
    server: EmbeddedServer,
    addresses: RoleAddresses,
    company_id: UUID,
    drawn: list[list[Step]],
    asked: list[Asked],
    is_of_few: bool,
) -> None:
    finding_id = new_id()
    actions = written(server, company_id, finding_id, drawn)
    ids = list(actions)

    def expected(each: Asked, after: UUID | None) -> list[ActionFound]:
        found = []
        for action_id, taken in actions.items():
            last = left(taken, each.on, each.known)
            if last is None or (after is not None and action_id <= after):
                continue
            is_overdue = last.status in UNDONE and last.due < each.on
            if (
                each.status in (None, last.status)
                and each.assignee_id in (None, last.assignee_id)
                and each.is_overdue in (None, is_overdue)
            ):
                found.append(
                    ActionFound(
                        action_id=action_id,
                        audit_id=finding_id,
                        finding_id=finding_id,
                        status=last.status,
                        assignee_id=last.assignee_id,
                        due_on=day(last.due),
                        is_overdue=is_overdue,
                    )
                )
        return found[: each.limit]

    async def check() -> None:
        storage = PostgresStorage(addresses.app)
        await storage.open()
        try:
            async with storage.transaction(company_id, Actor(SYSTEM_ACTOR_ID, new_id())) as store:
                for each in asked:
                    after = None if each.after is None else ids[each.after % len(ids)]
                    question = ActionQuestion(
                        on=day(each.on),
                        known_at=moment(each.known),
                        action_ids=ids if is_of_few else None,
                        audit_id=finding_id if is_of_few else None,
                        finding_id=finding_id,
                        status=each.status,
                        assignee_id=each.assignee_id,
                        is_overdue=each.is_overdue,
                        after=after,
                        limit=each.limit,
                    )
                    assert await store.action_figures.found(question) == expected(each, after)
        finally:
            await storage.close()

    anyio.run(check)
