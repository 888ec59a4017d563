"""The worklist of payments below the contract: whose they are, notes, and what became of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from services.claims.company_day import company_today
from services.identity.authentication import Principal
from services.inputs import Input, LongText, Reason
from services.refusals import Fault, IllegalTransition, InvalidInput, Refusal
from storage.errors import RowNotFound, VersionConflict
from storage.filters import ByUnderpayment, UnderpaymentFilter
from storage.interface import Page, Store
from storage.tables.contracts import (
    PaymentVarianceFields,
    Underpayment,
    UnderpaymentFields,
    UnderpaymentNote,
    UnderpaymentNoteFields,
)
from storage.vocabulary.contracts import (
    UnderpaymentResolution,
    UnderpaymentStatus,
    VarianceVerdict,
)

_MOST_CENTS = 99_999_999_999
_BRINGS_MONEY = frozenset(
    {UnderpaymentResolution.RECOVERED, UnderpaymentResolution.PARTLY_RECOVERED}
)
LEGAL_MOVES: Mapping[UnderpaymentStatus, tuple[UnderpaymentStatus, ...]] = {
    UnderpaymentStatus.OPEN: (UnderpaymentStatus.RESOLVED, UnderpaymentStatus.SUPERSEDED),
    UnderpaymentStatus.RESOLVED: (UnderpaymentStatus.OPEN,),
    UnderpaymentStatus.SUPERSEDED: (UnderpaymentStatus.OPEN,),
}
"""What people resolve they may reopen; what is superseded opens again only by another value."""


@dataclass
class UnderpaymentTaken(Refusal):
    """Somebody has it already; they, or whoever assigns, can hand it on."""

    title: ClassVar[str] = "Somebody else has this underpayment"
    assigned_person_id: UUID


class UnderpaymentAssignment(Input):
    """Who is to work it; null: nobody."""

    person_id: UUID | None


class UnderpaymentOutcome(Input):
    """What became of it; ``recovered_cents`` belongs to what was recovered, and only there."""

    resolution: Annotated[
        UnderpaymentResolution, Field(examples=[UnderpaymentResolution.PAYER_WAS_RIGHT])
    ]
    note: Annotated[Reason | None, Field(examples=["The amendment of March holds"])] = None
    recovered_cents: Annotated[
        Annotated[int, Field(ge=1, le=_MOST_CENTS)] | None, Field(examples=[None])
    ] = None


class NewUnderpaymentNote(Input):
    """What was done or found out."""

    text: Annotated[LongText, Field(examples=["Sent the fee schedule page to provider relations."])]


async def follow(
    store: Store, valued: Mapping[UUID, PaymentVarianceFields], today: dt.date
) -> None:
    """Let the worklist follow variances that were just appended, by their ids.

    What is new is opened, what is open takes the new amount, what was superseded is opened again;
    what somebody has resolved stays so.
    """
    if not valued:
        return
    adjudication_ids = sorted({each.adjudication_id for each in valued.values()})
    held = {
        (each.adjudication_id, each.line_ordinal): each
        for each in await store.underpayments.lock_all(
            UnderpaymentFilter(adjudication_ids=adjudication_ids)
        )
    }
    fresh: list[UnderpaymentFields] = []
    moved: dict[UUID, int] = {}
    changes: dict[str, list[object]] = {name: [] for name in _FOLLOWED}
    for variance_id, row in valued.items():
        known = held.get((row.adjudication_id, row.line_ordinal))
        if row.verdict is VarianceVerdict.UNDERPAID and known is None:
            fresh.append(_opened(variance_id, row, today))
        elif known is not None and known.status is not UnderpaymentStatus.RESOLVED:
            moved[known.id] = known.version
            for name, value in _as_valued(known, variance_id, row).items():
                changes[name].append(value)
    await store.underpayments.create_many(fresh)
    await store.underpayments.update_many(moved, changes)


async def get_underpayment(store: Store, underpayment_id: UUID) -> Underpayment:
    """Raises RowNotFound."""
    return await store.underpayments.get(underpayment_id)


async def list_underpayments(
    store: Store, conditions: UnderpaymentFilter, *, limit: int, after: UUID | None
) -> Page[Underpayment]:
    """Underpayments, newest first."""
    return await store.underpayments.list(conditions, limit=limit, after=after)


async def take(
    store: Store, principal: Principal, underpayment_id: UUID, *, expected_version: int
) -> Underpayment:
    """Take an open one that nobody has. Of two who take it at once one gets it.

    Raises RowNotFound, VersionConflict, PersonNeeded, IllegalTransition, UnderpaymentTaken.
    """
    held = await _held_open(store, underpayment_id, expected_version, "assigned")
    principal.require_session()
    if held.assigned_person_id not in (None, principal.id):
        assert held.assigned_person_id is not None
        raise UnderpaymentTaken(held.assigned_person_id)
    return await _given_to(store, held, principal.id)


async def assign(
    store: Store,
    underpayment_id: UUID,
    assignment: UnderpaymentAssignment,
    *,
    expected_version: int,
) -> Underpayment:
    """Give an open one to somebody, or to nobody, whoever has it.

    Raises RowNotFound, VersionConflict, IllegalTransition, InvalidInput for a person who is not
    there or can sign in no more.
    """
    if assignment.person_id is not None:
        try:
            person = await store.people.lock(assignment.person_id)
        except RowNotFound:
            raise InvalidInput([Fault("/person_id", "names nothing that exists")]) from None
        if person.disabled_at is not None:
            raise InvalidInput([Fault("/person_id", "is disabled")])
    held = await _held_open(store, underpayment_id, expected_version, "assigned")
    return await _given_to(store, held, assignment.person_id)


async def give_back_all(store: Store, person_id: UUID) -> None:
    """Let the open ones of somebody who is leaving be nobody's again.

    The caller holds the person's row, so that nothing is given to them meanwhile.
    """
    held = await store.underpayments.lock_all(
        UnderpaymentFilter(assigned_person_id=person_id, status=UnderpaymentStatus.OPEN)
    )
    await store.underpayments.update_many(
        {each.id: each.version for each in held},
        {"assigned_person_id": [None] * len(held), "assigned_at": [None] * len(held)},
    )


async def resolve(
    store: Store, underpayment_id: UUID, outcome: UnderpaymentOutcome, *, expected_version: int
) -> Underpayment:
    """End the work on an open one. Money itself is only ever posted from what the payer sends.

    Raises RowNotFound, VersionConflict, IllegalTransition, InvalidInput.
    """
    held = await _held_open(store, underpayment_id, expected_version, UnderpaymentStatus.RESOLVED)
    brings_money = outcome.resolution in _BRINGS_MONEY
    if (outcome.recovered_cents is not None) != brings_money:
        message = "is needed where something was recovered, and belongs only there"
        raise InvalidInput([Fault("/recovered_cents", message)])
    if outcome.recovered_cents is not None and outcome.recovered_cents > held.amount_cents:
        raise InvalidInput([Fault("/recovered_cents", "is more than was missing")])
    return await store.underpayments.update(
        underpayment_id,
        {
            "status": UnderpaymentStatus.RESOLVED,
            "resolution": outcome.resolution,
            "recovered_cents": outcome.recovered_cents,
            "resolved_on": await company_today(store),
            "resolution_note": outcome.note,
        },
        expected_version=expected_version,
    )


async def reopen(
    store: Store, underpayment_id: UUID, reason: str, *, expected_version: int
) -> Underpayment:
    """Begin the work on a resolved one again. Raises RowNotFound, VersionConflict,
    IllegalTransition."""
    held = await _held(store, underpayment_id, expected_version)
    if held.status is not UnderpaymentStatus.RESOLVED:
        raise _illegal(held, UnderpaymentStatus.OPEN)
    changes: dict[str, object] = {
        "status": UnderpaymentStatus.OPEN,
        "resolution": None,
        "recovered_cents": None,
        "resolved_on": None,
        "resolution_note": reason,
    }
    if held.assigned_person_id is not None:
        (person,) = await store.people.get_many([held.assigned_person_id])
        if person.disabled_at is not None:
            changes |= {"assigned_person_id": None, "assigned_at": None}
    return await store.underpayments.update(
        underpayment_id, changes, expected_version=expected_version
    )


async def add_note(
    store: Store, underpayment_id: UUID, note: NewUnderpaymentNote
) -> UnderpaymentNote:
    """Note something about one, in whatever state it is. Raises RowNotFound."""
    found = await store.underpayments.get(underpayment_id)
    return await store.underpayment_notes.create(
        UnderpaymentNoteFields(
            underpayment_id=found.id, patient_id=found.patient_id, text=note.text
        )
    )


async def list_notes(
    store: Store, underpayment_id: UUID, *, limit: int, after: UUID | None
) -> Page[UnderpaymentNote]:
    """The notes about one, newest first. Raises RowNotFound."""
    await store.underpayments.get(underpayment_id)
    conditions = ByUnderpayment(underpayment_id=underpayment_id)
    return await store.underpayment_notes.list(conditions, limit=limit, after=after)


_FOLLOWED = (
    "variance_id",
    "expected_cents",
    "allowed_cents",
    "amount_cents",
    "status",
    "superseded_because",
)


def _opened(variance_id: UUID, row: PaymentVarianceFields, today: dt.date) -> UnderpaymentFields:
    assert row.expected_cents is not None
    assert row.difference_cents is not None
    return UnderpaymentFields(
        variance_id=variance_id,
        adjudication_id=row.adjudication_id,
        line_ordinal=row.line_ordinal,
        claim_id=row.claim_id,
        patient_id=row.patient_id,
        payer_id=row.payer_id,
        expected_cents=row.expected_cents,
        allowed_cents=row.allowed_cents,
        amount_cents=-row.difference_cents,
        found_on=today,
    )


def _as_valued(
    known: Underpayment, variance_id: UUID, row: PaymentVarianceFields
) -> Mapping[str, object]:
    """The columns of one that is open, or was superseded, as it is valued now."""
    if row.verdict is VarianceVerdict.UNDERPAID and row.difference_cents is not None:
        return {
            "variance_id": variance_id,
            "expected_cents": row.expected_cents,
            "allowed_cents": row.allowed_cents,
            "amount_cents": -row.difference_cents,
            "status": UnderpaymentStatus.OPEN,
            "superseded_because": None,
        }
    return {
        "variance_id": variance_id,
        "expected_cents": known.expected_cents,
        "allowed_cents": known.allowed_cents,
        "amount_cents": known.amount_cents,
        "status": UnderpaymentStatus.SUPERSEDED,
        "superseded_because": _WHY[row.verdict],
    }


_WHY: Mapping[VarianceVerdict, str] = {
    VarianceVerdict.AS_EXPECTED: "the payment is what the contract pays",
    VarianceVerdict.OVERPAID: "the payment is more than the contract pays",
    VarianceVerdict.NO_DATA: "what the contract pays cannot be said any more",
    VarianceVerdict.REVERSED: "the payer took its decision back",
}


async def _held(store: Store, underpayment_id: UUID, expected_version: int) -> Underpayment:
    held = await store.underpayments.lock(underpayment_id)
    if held.version != expected_version:
        raise VersionConflict("underpayments")
    return held


async def _held_open(
    store: Store, underpayment_id: UUID, expected_version: int, wanted: str
) -> Underpayment:
    held = await _held(store, underpayment_id, expected_version)
    if held.status is not UnderpaymentStatus.OPEN:
        raise _illegal(held, wanted)
    return held


def _illegal(held: Underpayment, wanted: str) -> IllegalTransition:
    legal = [str(each) for each in LEGAL_MOVES[held.status]]
    return IllegalTransition("underpayment", held.status, wanted, legal)


async def _given_to(store: Store, held: Underpayment, person_id: UUID | None) -> Underpayment:
    if held.assigned_person_id == person_id:
        return held
    return await store.underpayments.update(
        held.id,
        {
            "assigned_person_id": person_id,
            "assigned_at": None if person_id is None else store.now,
        },
        expected_version=held.version,
    )
