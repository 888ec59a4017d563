"""What the keys of the database refuse to whoever goes past the services, as the program's role."""

import asyncio
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import errors

from app.approval_steps import STEPS
from services.approvals.deciding import Ruling, decide
from services.approvals.involvement import DecidedBefore, SecondPersonNeeded, involve
from services.identity.authentication import Principal
from services.trail.hold_release import release_hold
from storage.embedded import RoleAddresses
from storage.errors import DuplicateValue
from storage.identifiers import new_id
from storage.tables.approvals import Approval, ApprovalParticipantFields
from storage.vocabulary.approvals import ParticipantRole, Verdict
from tests.approvals.conftest import Office
from tests.builders.tenant_rows import Connection, bind, insert

pytestmark = pytest.mark.anyio

APPROVE = Ruling(Verdict.APPROVE, None)


@pytest.fixture
def program(addresses: RoleAddresses, office: Office) -> Iterator[Connection]:
    """The program's role, bound to the company, in plain SQL."""
    with psycopg.connect(addresses.app) as connection:
        bind(connection, office.company.id)
        yield connection
        connection.rollback()


@pytest.fixture
async def approval(office: Office) -> Approval:
    """The first administrator asks that a hold be released."""
    hold = await office.hold()
    async with office.storage.transaction(office.company.id, office.actor(0)) as store:
        asked = await release_hold(
            store, office.people[0], hold.id, reason="Settled", expected_version=1
        )
    return asked.approval  # type: ignore[union-attr]


def participant(approval: Approval, person_id: UUID, role: str) -> dict[str, Any]:
    return _row(approval, person_id) | {"person_id": str(person_id), "role": role}


def decision(approval: Approval, principal: Principal, **special: str) -> dict[str, Any]:
    return (
        _row(approval, principal.id)
        | {
            "approval_id": str(approval.id),
            "role": "decider",
            "verdict": "approve",
            "session_id": str(principal.session_id),
        }
        | special
    )


def _row(approval: Approval, author: UUID) -> dict[str, Any]:
    return {
        "company_id": str(approval.company_id),
        "id": str(new_id()),
        "recorded_at": approval.created_at.isoformat(),
        "recorded_by": str(author),
        "entity": approval.entity,
        "entity_id": str(approval.entity_id),
    }


async def test_who_asked_cannot_be_made_a_decider(
    office: Office, program: Connection, approval: Approval
) -> None:
    requester = office.people[0]
    row = participant(approval, requester.id, "decider")
    with pytest.raises(errors.UniqueViolation), program.transaction():
        insert(program, "approval_participants", row)
    with pytest.raises(errors.ForeignKeyViolation) as refused:
        insert(program, "approval_decisions", decision(approval, requester))
    assert refused.value.diag.constraint_name == "fk_approval_decisions_recorded_by"


async def test_who_is_involved_cannot_decide_in_that_role_either(
    office: Office, program: Connection, approval: Approval
) -> None:
    involved = decision(approval, office.people[0], role="involved")
    with pytest.raises(errors.CheckViolation) as refused:
        insert(program, "approval_decisions", involved)
    assert refused.value.diag.constraint_name == ("ck_approval_decisions_only_a_decider_decides")


async def test_who_has_decided_cannot_come_to_work_on_it_nor_stop_being_a_decider(
    office: Office, program: Connection, approval: Approval
) -> None:
    decider = office.people[1]
    insert(program, "approval_participants", participant(approval, decider.id, "decider"))
    insert(program, "approval_decisions", decision(approval, decider))
    with pytest.raises(errors.UniqueViolation), program.transaction():
        insert(program, "approval_participants", participant(approval, decider.id, "involved"))
    for statement in (
        "UPDATE approval_participants SET role = 'involved'",
        "DELETE FROM approval_participants",
        "UPDATE approval_decisions SET verdict = 'refuse', note = 'x'",
        "DELETE FROM approval_decisions",
    ):
        with (
            pytest.raises(errors.InsufficientPrivilege, match="permission denied"),
            program.transaction(),
        ):
            program.execute(statement.encode())


async def test_a_decider_of_one_item_is_none_of_another(
    office: Office, program: Connection, approval: Approval
) -> None:
    decider = office.people[1]
    elsewhere = participant(approval, decider.id, "decider") | {"entity_id": str(new_id())}
    insert(program, "approval_participants", elsewhere)
    with pytest.raises(errors.ForeignKeyViolation), program.transaction():
        insert(program, "approval_decisions", decision(approval, decider))
    disguised = decision(approval, decider, entity_id=elsewhere["entity_id"])
    with pytest.raises(errors.ForeignKeyViolation) as refused:
        insert(program, "approval_decisions", disguised)
    assert refused.value.diag.constraint_name == "fk_approval_decisions_approval_id"


async def test_a_key_is_nobody_who_can_decide(
    office: Office, program: Connection, approval: Approval
) -> None:
    key_id = office.company.actor.principal_id
    with pytest.raises(errors.ForeignKeyViolation) as refused:
        insert(program, "approval_participants", participant(approval, key_id, "decider"))
    assert refused.value.diag.constraint_name == "fk_approval_participants_person_id"


async def test_a_decision_names_a_session(
    office: Office, program: Connection, approval: Approval
) -> None:
    decider = office.people[1]
    insert(program, "approval_participants", participant(approval, decider.id, "decider"))
    nowhere = decision(approval, decider, session_id=str(new_id()))
    with pytest.raises(errors.ForeignKeyViolation) as refused:
        insert(program, "approval_decisions", nowhere)
    assert refused.value.diag.constraint_name == "fk_approval_decisions_session_id"


async def test_nobody_asks_who_is_not_on_record_as_involved(
    office: Office, program: Connection, approval: Approval
) -> None:
    with pytest.raises(errors.ForeignKeyViolation) as refused:
        program.execute(
            "UPDATE approvals SET requested_by = %s WHERE id = %s",
            [office.people[2].id, approval.id],
        )
    assert refused.value.diag.constraint_name == "fk_approvals_requested_by"


async def test_what_lacks_its_quorum_is_not_approved(
    program: Connection, approval: Approval
) -> None:
    with pytest.raises(errors.CheckViolation) as refused:
        program.execute(
            "UPDATE approvals SET status = 'approved', closed_at = now() WHERE id = %s",
            [approval.id],
        )
    assert refused.value.diag.constraint_name == "ck_approvals_approved_by_its_quorum"


async def test_of_deciding_and_coming_to_be_involved_at_once_one_wins(
    office: Office, approval: Approval
) -> None:
    """Two transactions that know nothing of each other, as a service that took no lock would."""
    decider = office.people[1].id

    async def becomes(role: ParticipantRole) -> bool:
        fields = ApprovalParticipantFields(
            entity=approval.entity, entity_id=approval.entity_id, person_id=decider, role=role
        )
        try:
            async with office.storage.transaction(office.company.id, office.actor(1)) as store:
                await store.approval_participants.create(fields)
                await asyncio.sleep(0)
        except DuplicateValue:
            return False
        return True

    won = await asyncio.gather(*(becomes(role) for role in ParticipantRole))
    assert sorted(won) == [False, True]


async def test_who_is_assigned_while_they_decide_is_one_or_the_other(
    office: Office, approval: Approval
) -> None:
    async def assigned() -> bool:
        try:
            async with office.storage.transaction(office.company.id, office.actor(2)) as store:
                await store.legal_holds.lock(approval.entity_id)
                await involve(store, approval.entity, approval.entity_id, {office.people[1].id})
        except DecidedBefore:
            return False
        return True

    async def decided() -> bool:
        try:
            async with office.storage.transaction(office.company.id, office.actor(1)) as store:
                await decide(
                    store, office.people[1], STEPS, approval.id, APPROVE, expected_version=1
                )
        except SecondPersonNeeded:
            return False
        return True

    assert sorted(await asyncio.gather(assigned(), decided())) == [False, True]
