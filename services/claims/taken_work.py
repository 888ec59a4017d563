"""Work that people take: one mechanism for every worklist.

An open item is nobody's or somebody's. One takes what nobody has; of two who take it at once one
gets it. Whoever assigns gives it to anybody, whoever has it. What somebody has who is leaving is
nobody's again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, Protocol, TypeVar
from uuid import UUID

from services.identity.authentication import Principal
from services.refusals import Fault, IllegalTransition, InvalidInput, Refusal
from storage.errors import RowNotFound, VersionConflict
from storage.interface import Store
from storage.tables.contracts import Underpayment
from storage.tables.ledger import Denial

Item = TypeVar("Item", Denial, Underpayment)
Held = TypeVar("Held", Denial, Underpayment, covariant=True)


@dataclass
class WorkTaken(Refusal):
    """Somebody has it already; they, or whoever assigns, can hand it on."""

    title: ClassVar[str] = "Somebody else has this"
    assigned_person_id: UUID


class WorkRows(Protocol[Held]):
    """The rows of a worklist, as far as they are taken and given."""

    async def lock(self, row_id: UUID) -> Held:
        """The row, held. Raises RowNotFound."""

    async def update(
        self, row_id: UUID, changes: Mapping[str, object], *, expected_version: int
    ) -> Held:
        """Change some columns. Raises RowNotFound, VersionConflict."""

    async def update_many(
        self, versions: Mapping[UUID, int], changes: Mapping[str, Sequence[object]]
    ) -> None:
        """Change many rows that are held."""


@dataclass(frozen=True)
class Worklist(Generic[Item]):
    """One kind of work. ``open_of`` holds what is open and somebody's."""

    name: str
    entity: str
    rows: Callable[[Store], WorkRows[Item]]
    open_of: Callable[[Store, UUID], Awaitable[Sequence[Item]]]
    legal_moves: Callable[[Item], list[str]]

    async def held(self, store: Store, item_id: UUID, expected_version: int) -> Item:
        """An item in whatever state, held. Raises RowNotFound, VersionConflict."""
        item = await self.rows(store).lock(item_id)
        if item.version != expected_version:
            raise VersionConflict(self.entity)
        return item

    async def held_open(
        self, store: Store, item_id: UUID, expected_version: int, wanted: str
    ) -> Item:
        """An open item, held. Raises RowNotFound, VersionConflict, IllegalTransition."""
        item = await self.held(store, item_id, expected_version)
        if item.status != "open":
            raise self.illegal(item, wanted)
        return item

    def illegal(self, item: Item, wanted: str) -> IllegalTransition:
        """The refusal of a move, with the moves that people can make."""
        return IllegalTransition(self.name, item.status, wanted, self.legal_moves(item))

    async def take(
        self, store: Store, principal: Principal, item_id: UUID, *, expected_version: int
    ) -> Item:
        """Take an open item that nobody has.

        Raises RowNotFound, PersonNeeded, IllegalTransition, VersionConflict, WorkTaken.
        """
        principal.require_session()
        item = await self.held_open(store, item_id, expected_version, "assigned")
        if item.assigned_person_id not in (None, principal.id):
            assert item.assigned_person_id is not None
            raise WorkTaken(item.assigned_person_id)
        return await self._given_to(store, item, principal.id)

    async def assign(
        self, store: Store, item_id: UUID, person_id: UUID | None, *, expected_version: int
    ) -> Item:
        """Give an open item to somebody, or to nobody, whoever has it.

        Raises RowNotFound, IllegalTransition, VersionConflict, InvalidInput for a person who is not
        there or can sign in no more.
        """
        if person_id is not None:
            try:
                person = await store.people.lock(person_id)
            except RowNotFound:
                raise InvalidInput([Fault("/person_id", "names nothing that exists")]) from None
            if person.disabled_at is not None:
                raise InvalidInput([Fault("/person_id", "is disabled")])
        wanted = "given back" if person_id is None else "assigned"
        item = await self.held_open(store, item_id, expected_version, wanted)
        return await self._given_to(store, item, person_id)

    async def give_back_all(self, store: Store, person_id: UUID) -> None:
        """Let the open items of somebody who is leaving be nobody's again.

        The caller holds the person's row, so that nothing is given to them meanwhile.
        """
        held = await self.open_of(store, person_id)
        await self.rows(store).update_many(
            {each.id: each.version for each in held},
            {"assigned_person_id": [None] * len(held), "assigned_at": [None] * len(held)},
        )

    async def _given_to(self, store: Store, item: Item, person_id: UUID | None) -> Item:
        if item.assigned_person_id == person_id:
            return item
        return await self.rows(store).update(
            item.id,
            {
                "assigned_person_id": person_id,
                "assigned_at": None if person_id is None else store.now,
            },
            expected_version=item.version,
        )
