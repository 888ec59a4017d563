"""Writing a part of a claim's balance off: by one person, or by two from an amount on.

A request holds the amount and counts the changes of its claim: when anything about the claim
changes before the decision, the request is void and has to be made again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from services.approvals.asking import Asked, ask
from services.approvals.involvement import worked
from services.approvals.steps import Step, Subject, Threshold
from services.approvals.thresholds import second_person_needed
from services.claims.ledger.claim_balances import Movement, balance_of, move
from services.claims.ledger.money_reasons import WRITE_OFF_REASONS
from services.claims.patient_money.inputs import Cents
from services.company_calendar import company_today
from services.identity.authentication import Principal
from services.identity.scopes import Scope
from services.inputs import Identifier, Input, Reason
from services.refusals import Fault, IllegalTransition, InvalidInput, Refusal
from storage.errors import RowNotFound, VersionConflict
from storage.filters import WriteOffFilter
from storage.interface import Page, Store
from storage.tables.approvals import Approval
from storage.tables.claims import Claim
from storage.tables.money import WriteOff, WriteOffFields
from storage.vocabulary.approvals import ApprovalKind, ThresholdRule
from storage.vocabulary.claims import LedgerKind
from storage.vocabulary.money import BalanceSide, WriteOffStatus

ENTITY = "write_offs"
TWO_PEOPLE_FROM_CENTS = 2_500
_KINDS = {
    BalanceSide.PATIENT: LedgerKind.PATIENT_WRITE_OFF,
    BalanceSide.INSURANCE: LedgerKind.INSURANCE_WRITE_OFF,
}
_TRANSITIONS = {
    WriteOffStatus.REQUESTED: frozenset({WriteOffStatus.POSTED, WriteOffStatus.REFUSED}),
    WriteOffStatus.POSTED: frozenset({WriteOffStatus.REVERSED}),
}


class NewWriteOff(Input):
    """What is to be given up of a claim's balance, and why: ``reason_code`` is one of the list."""

    claim_id: UUID
    side: BalanceSide
    reason_code: Annotated[Identifier, Field(examples=["small_balance"])]
    amount_cents: Annotated[Cents, Field(examples=[850])]
    note: Reason | None = None


@dataclass
class ExceedsBalance(Refusal):
    """More would be written off than is owed."""

    title: ClassVar[str] = "More would be written off than is owed on that side of the claim"
    balance_cents: int
    wanted_cents: int


async def write_off(
    store: Store, principal: Principal, new: NewWriteOff
) -> WriteOff | Asked[WriteOff]:
    """Give up a part of a balance; where the company wants a second person, they are asked.

    Raises InvalidInput, ExceedsBalance, PersonNeeded, MissingScope.
    """
    today = await company_today(store)
    faults = WRITE_OFF_REASONS.faults(new.reason_code, new.side, new.amount_cents, new.note, today)
    try:
        claim = await store.claims.lock(new.claim_id)
    except RowNotFound:
        raise InvalidInput([*faults, Fault("/claim_id", "names no claim")]) from None
    if faults:
        raise InvalidInput(faults)
    _require_balance(claim, new.side, new.amount_cents)
    number = await store.numbers.take("write_off")
    requested = await store.write_offs.create(
        WriteOffFields(write_off_number=f"WO-{number:06}", patient_id=claim.patient_id, **dict(new))
    )
    if await second_person_needed(store, WRITE_OFF, amount_cents=new.amount_cents):
        subject = await _subject(store, requested.id)
        reason = new.note or new.reason_code
        return Asked(requested, await ask(store, principal, WRITE_OFF, subject, reason))
    await worked(store, ENTITY, requested.id)
    return await _posted(store, requested, claim)


async def reverse_write_off(
    store: Store, write_off_id: UUID, reason: str, *, expected_version: int
) -> WriteOff:
    """Owe it again: by contra entries. Raises RowNotFound, VersionConflict, IllegalTransition."""
    claim, posted = await _held(store, write_off_id)
    if posted.version != expected_version:
        raise VersionConflict(ENTITY)
    _require_move(posted, WriteOffStatus.REVERSED)
    today = await company_today(store)
    movement = Movement(claim.id, _KINDS[posted.side], -posted.amount_cents, posted.id)
    await move(store, [claim], [movement], effective_on=today)
    return await store.write_offs.update(
        write_off_id,
        {"status": WriteOffStatus.REVERSED, "reversed_on": today, "closing_note": reason},
        expected_version=posted.version,
    )


async def get_write_off(store: Store, write_off_id: UUID) -> WriteOff:
    """Raises RowNotFound."""
    return await store.write_offs.get(write_off_id)


async def list_write_offs(
    store: Store, conditions: WriteOffFilter, *, limit: int, after: UUID | None
) -> Page[WriteOff]:
    """Write-offs, newest first."""
    return await store.write_offs.list(conditions, limit=limit, after=after)


async def _held(store: Store, write_off_id: UUID) -> tuple[Claim, WriteOff]:
    """Claims are held before what is about them. Raises RowNotFound."""
    seen = await store.write_offs.get(write_off_id)
    claim = await store.claims.lock(seen.claim_id)
    return claim, await store.write_offs.lock(write_off_id)


async def _subject(store: Store, write_off_id: UUID) -> Subject:
    """What would be written off; versions only rise, so their sum tells any change of either."""
    claim, requested = await _held(store, write_off_id)
    return Subject(requested.id, requested.version + claim.version, requested.amount_cents)


async def _apply(store: Store, approval: Approval) -> None:
    claim, requested = await _held(store, approval.entity_id)
    _require_move(requested, WriteOffStatus.POSTED)
    _require_balance(claim, requested.side, requested.amount_cents)
    await _posted(store, requested, claim)


async def _put_back(store: Store, approval: Approval, why: str) -> None:
    requested = await store.write_offs.get(approval.entity_id)
    if requested.status is WriteOffStatus.REQUESTED:
        await store.write_offs.update(
            requested.id,
            {"status": WriteOffStatus.REFUSED, "closing_note": why},
            expected_version=requested.version,
        )


async def _posted(store: Store, requested: WriteOff, claim: Claim) -> WriteOff:
    today = await company_today(store)
    movement = Movement(claim.id, _KINDS[requested.side], requested.amount_cents, requested.id)
    await move(store, [claim], [movement], effective_on=today)
    return await store.write_offs.update(
        requested.id,
        {"status": WriteOffStatus.POSTED, "posted_on": today},
        expected_version=requested.version,
    )


def _require_balance(claim: Claim, side: BalanceSide, amount_cents: int) -> None:
    balance_cents = balance_of(claim, side)
    if amount_cents > balance_cents:
        raise ExceedsBalance(balance_cents, amount_cents)


def _require_move(found: WriteOff, wanted: WriteOffStatus) -> None:
    legal = _TRANSITIONS.get(found.status, frozenset())
    if wanted not in legal:
        raise IllegalTransition("write-off", found.status, wanted, sorted(legal))


WRITE_OFF = Step(
    kind=ApprovalKind.WRITE_OFF,
    title="Write off a part of a claim's balance",
    entity=ENTITY,
    asking_scope=Scope.PAYMENTS_WRITE,
    deciding_scope=Scope.PAYMENTS_APPROVE,
    default=Threshold(ThresholdRule.FROM_AMOUNT, TWO_PEOPLE_FROM_CENTS),
    subject=_subject,
    apply=_apply,
    put_back=_put_back,
)
