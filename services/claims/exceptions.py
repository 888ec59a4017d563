"""The queue of what could not be posted by itself, and the ways out of it.

A match, a new claim, a release as received by two people, a return to the payer, or a rejection.
What another file or event clears by itself leaves the queue without anybody's doing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar
from uuid import UUID

from services.claims.books import Source, Writing
from services.claims.posting import arrivals_of, post_arrivals
from services.identity.authentication import Principal
from services.refusals import Category, Fault, IllegalTransition, InvalidInput, Refusal
from storage.errors import RowNotFound
from storage.filters import AuditFilter, ClaimFilter, RemittanceExceptionFilter
from storage.interface import Page, Store
from storage.tables.claims import Claim
from storage.tables.remittances import RemittanceException
from storage.vocabulary.claims import ExceptionKind, ExceptionStatus, LedgerKind

RELEASABLE = frozenset({ExceptionKind.UNBALANCED, ExceptionKind.EXCEEDS_CLAIM_CHARGE})
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


@dataclass
class NotReleasable(Refusal):
    """Only what is unbalanced or exceeds the charge can be released as received."""

    title: ClassVar[str] = "This kind of exception cannot be released"
    kind: ExceptionKind


@dataclass
class SecondPersonNeeded(Refusal):
    """Whoever asked for a release, or worked the exception, cannot approve it."""

    category: ClassVar[Category] = Category.FORBIDDEN
    title: ClassVar[str] = "Somebody else must approve this"


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

    Raises RowNotFound, InvalidInput, IllegalTransition, VersionConflict, StillBlocked.
    """
    exception = await _open(store, exception_id, ExceptionStatus.POSTED)
    if exception.status is not ExceptionStatus.OPEN:  # two people have to grant the release
        raise _illegal(exception, ExceptionStatus.POSTED)
    if exception.kind not in MATCHABLE:
        raise StillBlocked(exception.kind, exception.detail)
    try:
        claim = await store.claims.get(claim_id)
    except RowNotFound:
        raise InvalidInput([Fault("/claim_id", "names nothing that exists")]) from None
    matched = await store.remittance_exceptions.update(
        exception_id,
        {"claim_id": claim.id, "patient_id": claim.patient_id},
        expected_version=expected_version,
    )
    return await _posted(store, matched, is_chosen=True)


async def reject(
    store: Store, exception_id: UUID, reason: str, *, expected_version: int
) -> RemittanceException:
    """Close it without posting; its money stays in unapplied cash until it is returned."""
    await _open(store, exception_id, ExceptionStatus.REJECTED)
    return await store.remittance_exceptions.update(
        exception_id,
        {
            "status": ExceptionStatus.REJECTED,
            "resolution_note": reason,
            "resolved_at": store.now,
        },
        expected_version=expected_version,
    )


async def return_to_payer(
    store: Store, exception_id: UUID, reason: str, *, expected_version: int
) -> RemittanceException:
    """Owe its money back to the payer: out of unapplied cash, into refunds payable."""
    exception = await _open(store, exception_id, ExceptionStatus.RETURNED)
    returned = await store.remittance_exceptions.update(
        exception_id,
        {
            "status": ExceptionStatus.RETURNED,
            "resolution_note": reason,
            "resolved_at": store.now,
        },
        expected_version=expected_version,
    )
    transaction = await store.remittance_transactions.get(exception.transaction_id)
    writing = Writing()
    writing.move(
        LedgerKind.RETURN,
        exception.paid_cents,
        Source(transaction, None),
        exception_id=exception_id,
    )
    await store.ledger_entries.create_many(writing.ledger)
    return returned


async def request_release(
    store: Store,
    principal: Principal,
    exception_id: UUID,
    reason: str,
    *,
    expected_version: int,
) -> RemittanceException:
    """Ask that it be posted as received, although it does not balance; a second person decides.

    Raises PersonNeeded, NotReleasable, IllegalTransition, VersionConflict.
    """
    principal.require_session()
    exception = await _open(store, exception_id, ExceptionStatus.RELEASE_REQUESTED)
    if exception.kind not in RELEASABLE:
        raise NotReleasable(exception.kind)
    return await store.remittance_exceptions.update(
        exception_id,
        {
            "status": ExceptionStatus.RELEASE_REQUESTED,
            "release_reason": reason,
            "release_requested_by": principal.id,
        },
        expected_version=expected_version,
    )


async def approve_release(
    store: Store, principal: Principal, exception_id: UUID, *, expected_version: int
) -> RemittanceException:
    """Post it as received. Only somebody who neither asked for it nor worked on it can.

    Raises PersonNeeded, SecondPersonNeeded, IllegalTransition, VersionConflict, StillBlocked.
    """
    principal.require_session()
    exception = await store.remittance_exceptions.lock(exception_id)
    if exception.status is not ExceptionStatus.RELEASE_REQUESTED:
        raise _illegal(exception, ExceptionStatus.POSTED)
    if principal.id in await _who_worked_it(store, exception):
        raise SecondPersonNeeded
    released = await store.remittance_exceptions.update(
        exception_id,
        {"is_released": True, "release_approved_by": principal.id},
        expected_version=expected_version,
    )
    return await _posted(store, released)


async def refuse_release(
    store: Store, principal: Principal, exception_id: UUID, reason: str, *, expected_version: int
) -> RemittanceException:
    """Do not post it as received; it is open again."""
    principal.require_session()
    exception = await store.remittance_exceptions.lock(exception_id)
    if exception.status is not ExceptionStatus.RELEASE_REQUESTED:
        raise _illegal(exception, ExceptionStatus.OPEN)
    return await store.remittance_exceptions.update(
        exception_id,
        {
            "status": ExceptionStatus.OPEN,
            "release_requested_by": None,
            "release_reason": None,
            "resolution_note": reason,
        },
        expected_version=expected_version,
    )


async def _who_worked_it(store: Store, exception: RemittanceException) -> set[UUID | None]:
    """Whoever brought its file, asked for its release or ever changed it, by its audit trail."""
    transaction = await store.remittance_transactions.get(exception.transaction_id)
    remittance = await store.remittances.get(transaction.remittance_id)
    trail = await store.audit_log.all(
        AuditFilter(entity="remittance_exceptions", entity_id=exception.id)
    )
    hands = {remittance.created_by, exception.created_by, exception.release_requested_by}
    return hands | {each.recorded_by for each in trail}


async def _posted(
    store: Store, exception: RemittanceException, *, is_chosen: bool = False
) -> RemittanceException:
    (arrival,) = await arrivals_of(store, [exception])
    tally = await post_arrivals(store, [replace(arrival, is_chosen=is_chosen)])
    if tally.still_blocked:
        obstacle = tally.still_blocked[0]
        raise StillBlocked(obstacle.kind, obstacle.detail)
    return await store.remittance_exceptions.get(exception.id)


async def _open(store: Store, exception_id: UUID, wanted: ExceptionStatus) -> RemittanceException:
    exception = await store.remittance_exceptions.lock(exception_id)
    if wanted not in _TRANSITIONS.get(exception.status, frozenset()):
        raise _illegal(exception, wanted)
    return exception


def _illegal(exception: RemittanceException, wanted: ExceptionStatus) -> IllegalTransition:
    legal = sorted(_TRANSITIONS.get(exception.status, frozenset()))
    return IllegalTransition("remittance exception", exception.status, wanted, list(legal))
