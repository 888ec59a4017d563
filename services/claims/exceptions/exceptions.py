"""The queue of what could not be posted by itself, and the ways out of it.

A match, a new claim or a rejection here; a release as received and a return to the payer, which
take a second person, in ``exception_release`` and ``exception_return``. What another file or event
clears by itself leaves the queue without anybody's doing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar
from uuid import UUID

from services.approvals.involvement import worked
from services.claims.exceptions.exception_queue import publish_resolved
from services.claims.refunds.takebacks import recognise
from services.claims.remittances.posting import arrivals_of, post_arrivals
from services.refusals import Fault, IllegalTransition, InvalidInput, Refusal
from storage.errors import RowNotFound
from storage.filters import ClaimFilter, RemittanceExceptionFilter
from storage.interface import Page, Store
from storage.tables.claims import Claim
from storage.tables.remittances import RemittanceException
from storage.vocabulary.claims import ExceptionKind, ExceptionStatus

ENTITY = "remittance_exceptions"
MATCHABLE = frozenset(ExceptionKind) - {ExceptionKind.UNREADABLE, ExceptionKind.UNKNOWN_STATUS}
_TRANSITIONS: dict[ExceptionStatus, frozenset[ExceptionStatus]] = {
    ExceptionStatus.OPEN: frozenset(
        {
            ExceptionStatus.POSTED,
            ExceptionStatus.RELEASE_REQUESTED,
            ExceptionStatus.REJECTED,
            ExceptionStatus.RETURNED,
        }
    ),
    ExceptionStatus.RELEASE_REQUESTED: frozenset({ExceptionStatus.OPEN, ExceptionStatus.POSTED}),
    ExceptionStatus.REJECTED: frozenset({ExceptionStatus.RETURNED}),
}
"""The moves that people make. Posting closes what it clears by itself (POSTED, SUPERSEDED)."""
_MOST_CANDIDATES = 20


@dataclass
class StillBlocked(Refusal):
    """The claim that was chosen cannot take it either."""

    title: ClassVar[str] = "It still cannot be posted"
    kind: ExceptionKind
    reason: str

    @property
    def detail(self) -> str:
        return f"{self.reason}. The exception stays as it was."


async def get_exception(store: Store, exception_id: UUID) -> RemittanceException:
    """Raises RowNotFound."""
    return await store.remittance_exceptions.get(exception_id)


async def list_exceptions(
    store: Store, conditions: RemittanceExceptionFilter, *, limit: int, after: UUID | None
) -> Page[RemittanceException]:
    """The queue, newest first."""
    return await store.remittance_exceptions.list(conditions, limit=limit, after=after)


async def candidates(store: Store, exception_id: UUID) -> list[Claim]:
    """Claims that it may be about, the likeliest first: same member, charge, service date.

    Proposed to a person and never posted by themselves.
    """
    exception = await store.remittance_exceptions.get(exception_id)
    alike = ClaimFilter(
        charge_at_least_cents=abs(exception.charge_cents),
        charge_at_most_cents=abs(exception.charge_cents),
        service_from=exception.service_date,
        service_until=exception.service_date,
    )
    found: dict[UUID, Claim] = {}
    if exception.member_id is not None:
        of_member = replace(alike, subscriber_id=exception.member_id)
        page = await store.claims.list(of_member, limit=_MOST_CANDIDATES)
        found |= {claim.id: claim for claim in page.rows}
    page = await store.claims.list(alike, limit=_MOST_CANDIDATES)
    return list((found | {claim.id: claim for claim in page.rows}).values())[:_MOST_CANDIDATES]


async def match(
    store: Store, exception_id: UUID, claim_id: UUID, *, expected_version: int
) -> RemittanceException:
    """Post it to the claim that a person chose.

    Raises RowNotFound, InvalidInput, IllegalTransition, VersionConflict, DecidedBefore,
    StillBlocked.
    """
    exception = await held_for(store, exception_id, ExceptionStatus.POSTED)
    if exception.status is not ExceptionStatus.OPEN:  # two people have to grant the release
        raise illegal_move(exception, ExceptionStatus.POSTED)
    if exception.kind not in MATCHABLE:
        raise StillBlocked(exception.kind, exception.detail)
    try:
        claim = await store.claims.get(claim_id)
    except RowNotFound:
        raise InvalidInput([Fault("/claim_id", "names nothing that exists")]) from None
    await worked(store, ENTITY, exception_id)
    matched = await store.remittance_exceptions.update(
        exception_id,
        {"claim_id": claim.id, "patient_id": claim.patient_id},
        expected_version=expected_version,
    )
    return await post_exception(store, matched, is_chosen=True)


async def reject(
    store: Store, exception_id: UUID, reason: str, *, expected_version: int
) -> RemittanceException:
    """Close it without posting; its money stays in unapplied cash until it is returned.

    Raises RowNotFound, IllegalTransition, VersionConflict, DecidedBefore.
    """
    await held_for(store, exception_id, ExceptionStatus.REJECTED)
    await worked(store, ENTITY, exception_id)
    await publish_resolved(store, [exception_id])
    return await store.remittance_exceptions.update(
        exception_id,
        {
            "status": ExceptionStatus.REJECTED,
            "resolution_note": reason,
            "resolved_at": store.now,
        },
        expected_version=expected_version,
    )


async def post_exception(
    store: Store, exception: RemittanceException, *, is_chosen: bool = False
) -> RemittanceException:
    """Post an exception that is held. Raises StillBlocked."""
    (arrival,) = await arrivals_of(store, [exception])
    tally = await post_arrivals(store, [replace(arrival, is_chosen=is_chosen)])
    if tally.still_blocked:
        obstacle = tally.still_blocked[0]
        raise StillBlocked(obstacle.kind, obstacle.detail)
    await recognise(store, arrival.source.transaction)
    return await store.remittance_exceptions.get(exception.id)


async def held_for(
    store: Store, exception_id: UUID, wanted: ExceptionStatus
) -> RemittanceException:
    """The exception, held, if the move is one that its state allows.

    Raises RowNotFound, IllegalTransition.
    """
    exception = await store.remittance_exceptions.lock(exception_id)
    if wanted not in _TRANSITIONS.get(exception.status, frozenset()):
        raise illegal_move(exception, wanted)
    return exception


def illegal_move(exception: RemittanceException, wanted: ExceptionStatus) -> IllegalTransition:
    """The refusal of a move, with the moves that the state allows."""
    legal = sorted(_TRANSITIONS.get(exception.status, frozenset()))
    return IllegalTransition("remittance exception", exception.status, wanted, list(legal))
