"""Whose work a denial is: taken by oneself, assigned by somebody else, given back."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from services.identity.authentication import Principal
from services.inputs import Input
from services.refusals import Fault, IllegalTransition, InvalidInput, Refusal
from storage.errors import RowNotFound, VersionConflict
from storage.filters import DenialFilter
from storage.interface import Store
from storage.tables.ledger import Denial
from storage.vocabulary.claims import DenialStatus


@dataclass
class DenialTaken(Refusal):
    """Somebody has it already; they, or whoever assigns, can hand it on."""

    title: ClassVar[str] = "Somebody else has this denial"
    assigned_person_id: UUID


class DenialAssignment(Input):
    """Who is to work the denial."""

    person_id: UUID


async def take(
    store: Store, principal: Principal, denial_id: UUID, *, expected_version: int
) -> Denial:
    """Take an open denial that nobody has. Of two who take it at once one gets it.

    Raises RowNotFound, PersonNeeded, IllegalTransition, VersionConflict, DenialTaken.
    """
    principal.require_session()
    denial = await held_open(store, denial_id, expected_version, "assigned")
    if denial.assigned_person_id not in (None, principal.id):
        assert denial.assigned_person_id is not None
        raise DenialTaken(denial.assigned_person_id)
    return await _given_to(store, denial, principal.id)


async def assign(
    store: Store, denial_id: UUID, assignment: DenialAssignment, *, expected_version: int
) -> Denial:
    """Give an open denial to somebody, whoever has it.

    Raises RowNotFound, IllegalTransition, VersionConflict, InvalidInput for a person who is not
    there or can sign in no more.
    """
    try:
        person = await store.people.lock(assignment.person_id)
    except RowNotFound:
        raise InvalidInput([Fault("/person_id", "names nothing that exists")]) from None
    if person.disabled_at is not None:
        raise InvalidInput([Fault("/person_id", "is disabled")])
    denial = await held_open(store, denial_id, expected_version, "assigned")
    return await _given_to(store, denial, person.id)


async def give_back(store: Store, denial_id: UUID, *, expected_version: int) -> Denial:
    """Let an open denial be nobody's again. Raises RowNotFound, IllegalTransition,
    VersionConflict."""
    denial = await held_open(store, denial_id, expected_version, "given back")
    return await store.denials.update(
        denial.id,
        {"assigned_person_id": None, "assigned_at": None},
        expected_version=expected_version,
    )


async def give_back_all(store: Store, person_id: UUID) -> None:
    """Let the open denials of somebody who is leaving be nobody's again.

    The caller holds the person's row, so that nothing is given to them meanwhile.
    """
    held = await store.denials.lock_all(
        DenialFilter(assigned_person_id=person_id, status=DenialStatus.OPEN)
    )
    await store.denials.update_many(
        {each.id: each.version for each in held},
        {"assigned_person_id": [None] * len(held), "assigned_at": [None] * len(held)},
    )


async def held_open(store: Store, denial_id: UUID, expected_version: int, wanted: str) -> Denial:
    """An open denial, held. Raises RowNotFound, VersionConflict, IllegalTransition."""
    denial = await store.denials.lock(denial_id)
    if denial.version != expected_version:
        raise VersionConflict("denials")
    if denial.status is not DenialStatus.OPEN:
        raise IllegalTransition("denial", denial.status, wanted, _legal(denial))
    return denial


def _legal(denial: Denial) -> list[str]:
    return ["open"] if denial.status is DenialStatus.RESOLVED else []


async def _given_to(store: Store, denial: Denial, person_id: UUID) -> Denial:
    if denial.assigned_person_id == person_id:
        return denial
    return await store.denials.update(
        denial.id,
        {"assigned_person_id": person_id, "assigned_at": store.now},
        expected_version=denial.version,
    )
