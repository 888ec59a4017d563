"""The worklist of payments below the contract: whose they are, notes, and what became of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.claims.contracts.disputes import Dispute, disputes_of
from services.claims.taken_work import Worklist
from services.company_calendar import company_today
from services.inputs import Input, LongText, Reason
from services.refusals import Fault, InvalidInput
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
    fresh: dict[UUID, PaymentVarianceFields] = {}
    moved: dict[UUID, int] = {}
    changes: dict[str, list[object]] = {name: [] for name in _FOLLOWED}
    for variance_id, row in valued.items():
        known = held.get((row.adjudication_id, row.line_ordinal))
        if row.verdict is VarianceVerdict.UNDERPAID and known is None:
            fresh[variance_id] = row
        elif known is not None and known.status is not UnderpaymentStatus.RESOLVED:
            moved[known.id] = known.version
            for name, value in _as_valued(known, variance_id, row).items():
                changes[name].append(value)
    disputes = await disputes_of(store, list(fresh.values()))
    await store.underpayments.create_many(
        [
            _opened(variance_id, row, disputes[row.adjudication_id, row.line_ordinal], today)
            for variance_id, row in fresh.items()
        ]
    )
    await store.underpayments.update_many(moved, changes)


async def get_underpayment(store: Store, underpayment_id: UUID) -> Underpayment:
    """Raises RowNotFound."""
    return await store.underpayments.get(underpayment_id)


async def list_underpayments(
    store: Store, conditions: UnderpaymentFilter, *, limit: int, after: UUID | None
) -> Page[Underpayment]:
    """Underpayments, newest first."""
    return await store.underpayments.list(conditions, limit=limit, after=after)


@dataclass(frozen=True)
class QueuedUnderpayment:
    """An open one as the queue shows it; ``days_left`` is below zero once it is overdue."""

    underpayment: Underpayment
    days_left: int


@dataclass(frozen=True)
class UnderpaymentQueuePage:
    """Some of the queue as of a company's day, and the place to go on from (None at the end)."""

    as_of: dt.date
    rows: Sequence[QueuedUnderpayment]
    next_place: tuple[dt.date, UUID] | None


async def list_queue(
    store: Store,
    conditions: UnderpaymentFilter,
    *,
    limit: int,
    after: tuple[dt.date, UUID] | None = None,
) -> UnderpaymentQueuePage:
    """Open underpayments, the earliest deadline first. The days left are not kept: they are
    reckoned from the day of the question."""
    today = await company_today(store)
    wanted = replace(conditions, status=UnderpaymentStatus.OPEN)
    found = await store.underpayment_queue.page(wanted, limit=limit + 1, after=after)
    rows = [QueuedUnderpayment(each, (each.due_on - today).days) for each in found[:limit]]
    last = found[limit - 1] if len(found) > limit else None
    return UnderpaymentQueuePage(today, rows, None if last is None else (last.due_on, last.id))


async def resolve(
    store: Store, underpayment_id: UUID, outcome: UnderpaymentOutcome, *, expected_version: int
) -> Underpayment:
    """End the work on an open one. Money itself is only ever posted from what the payer sends.

    Raises RowNotFound, VersionConflict, IllegalTransition, InvalidInput.
    """
    held = await UNDERPAYMENTS.held_open(
        store, underpayment_id, expected_version, UnderpaymentStatus.RESOLVED
    )
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
    held = await UNDERPAYMENTS.held(store, underpayment_id, expected_version)
    if held.status is not UnderpaymentStatus.RESOLVED:
        raise UNDERPAYMENTS.illegal(held, UnderpaymentStatus.OPEN)
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


def _opened(
    variance_id: UUID, row: PaymentVarianceFields, dispute: Dispute, today: dt.date
) -> UnderpaymentFields:
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
        deadline_started_on=dispute.started_on,
        due_on=dispute.due_on,
        due_is_verified=dispute.is_verified,
        due_source=dispute.source,
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


def _legal(found: Underpayment) -> list[str]:
    return [str(each) for each in LEGAL_MOVES[found.status]]


async def _open_of(store: Store, person_id: UUID) -> Sequence[Underpayment]:
    return await store.underpayments.lock_all(
        UnderpaymentFilter(assigned_person_id=person_id, status=UnderpaymentStatus.OPEN)
    )


UNDERPAYMENTS = Worklist[Underpayment](
    name="underpayment",
    entity="underpayments",
    rows=lambda store: store.underpayments,
    open_of=_open_of,
    legal_moves=_legal,
)
