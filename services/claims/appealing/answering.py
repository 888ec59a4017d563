"""What the payer answered to an appeal, and what follows for the denials that it is about.

An appeal posts no money. What the payer pays comes with its remittance, through the same gates as
all other money; the appeal names the decision that brought it. Where the payer upholds its denial,
or a part of it, the next level's days begin on the day its answer came.
"""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.claims.appealing.awaiting import await_payment, make_due
from services.claims.appealing.deadlines import DEADLINES, DueDate, Level, due_of
from services.claims.appealing.drafting import held
from services.claims.appealing.levels import level_of
from services.claims.appealing.lifecycle import ANSWERED, require_move
from services.claims.drafts import CalendarDay
from services.company_calendar import company_today
from services.inputs import Input, LongText
from services.refusals import Fault, IllegalTransition, InvalidInput
from storage.errors import RowNotFound
from storage.filters import AdjudicationFilter
from storage.interface import Store
from storage.tables.appeals import ClaimAppeal
from storage.vocabulary.appeals import AppealStatus

_MOST_CENTS = 99_999_999_999
_WON = frozenset({AppealStatus.OVERTURNED, AppealStatus.PARTLY_OVERTURNED})


class Answer(Input):
    """What the payer decided about its own denial, and the day its answer came (today, unless one
    is given). ``resolution_cents`` is what its letter grants; ``adjudication_id`` the posted
    decision that brings the money, as soon as it is there."""

    status: Annotated[AppealStatus, Field(examples=[AppealStatus.UPHELD])]
    received_on: Annotated[CalendarDay | None, Field(examples=[None])] = None
    resolution_cents: Annotated[
        Annotated[int, Field(ge=0, le=_MOST_CENTS)] | None, Field(examples=[None])
    ] = None
    adjudication_id: Annotated[UUID | None, Field(examples=[None])] = None
    notes: LongText | None = None


class Payment(Input):
    """The posted decision that brought the money of an appeal."""

    adjudication_id: Annotated[UUID, Field(examples=["01a1fd87-34ee-71ca-b850-10bcf0bfc799"])]


async def answer_appeal(
    store: Store, appeal_id: UUID, answer: Answer, *, expected_version: int
) -> ClaimAppeal:
    """Put the payer's answer on record.

    Raises RowNotFound, VersionConflict, IllegalTransition, InvalidInput.
    """
    appeal = await held(store, appeal_id, expected_version)
    if answer.status not in ANSWERED:
        message = f"is one of {', '.join(sorted(ANSWERED))}"
        raise InvalidInput([Fault("/status", message)])
    require_move(appeal, answer.status)
    today = await company_today(store)
    received_on = answer.received_on or today
    faults = []
    if appeal.appealed_on is not None and not appeal.appealed_on <= received_on <= today:
        faults.append(Fault("/received_on", "lies outside the days from the appeal until today"))
    if answer.status not in _WON:
        faults += [
            Fault(f"/{name}", "belongs to an answer that overturns something")
            for name in ("resolution_cents", "adjudication_id")
            if getattr(answer, name) is not None
        ]
    if not faults and answer.adjudication_id is not None:
        faults = await _payment_faults(store, appeal, answer.adjudication_id)
    if faults:
        raise InvalidInput(faults)
    changed = await store.claim_appeals.update(
        appeal_id,
        {
            "status": answer.status,
            "resolved_on": received_on,
            "resolution_cents": answer.resolution_cents,
            "adjudication_id": answer.adjudication_id,
            **({} if answer.notes is None else {"notes": answer.notes}),
        },
        expected_version=expected_version,
    )
    if answer.status is AppealStatus.OVERTURNED:
        await await_payment(store, changed, received_on)
    else:
        await _begin_next_level(store, changed)
    return changed


async def link_payment(
    store: Store, appeal_id: UUID, payment: Payment, *, expected_version: int
) -> ClaimAppeal:
    """Name the decision that brought what an appeal has won.

    Raises RowNotFound, VersionConflict, IllegalTransition, InvalidInput.
    """
    appeal = await held(store, appeal_id, expected_version)
    if appeal.status not in _WON:
        raise IllegalTransition("appeal", appeal.status, "paid", [])
    if faults := await _payment_faults(store, appeal, payment.adjudication_id):
        raise InvalidInput(faults)
    return await store.claim_appeals.update(
        appeal_id,
        {"adjudication_id": payment.adjudication_id},
        expected_version=expected_version,
    )


async def _payment_faults(store: Store, appeal: ClaimAppeal, adjudication_id: UUID) -> list[Fault]:
    """What keeps a decision from being the one that an appeal brought about."""
    pointer = "/adjudication_id"
    try:
        decision = await store.adjudications.get(adjudication_id)
    except RowNotFound:
        return [Fault(pointer, "names nothing that exists")]
    if decision.claim_id != appeal.claim_id or decision.payer_id != appeal.payer_id:
        return [Fault(pointer, "is no decision of this payer about this claim")]
    if decision.paid_cents <= 0:
        return [Fault(pointer, "paid nothing")]
    if decision.recorded_at < appeal.created_at:
        return [Fault(pointer, "was there before the appeal")]
    of_claim = await store.adjudications.all(AdjudicationFilter(claim_id=appeal.claim_id))
    if any(each.reverses_id == decision.id for each in of_claim):
        return [Fault(pointer, "was taken back by the payer")]
    return []


async def _begin_next_level(store: Store, appeal: ClaimAppeal) -> None:
    """Give what is still denied the deadline of the next level, or, where there is none, the days
    within which to end the work."""
    assert appeal.resolved_on is not None
    following = await level_of(store, appeal, appeal.level + 1, appeal.resolved_on)
    due = (
        DEADLINES.correction_due(appeal.resolved_on)
        if following is None
        else due_of(following, appeal.resolved_on)
    )
    await make_due(
        store,
        appeal,
        due,
        _next_action(appeal, following, due),
        appeal_level=due.level,
        deadline_started_on=appeal.resolved_on,
    )


def _next_action(appeal: ClaimAppeal, following: Level | None, due: DueDate) -> str:
    if following is None:
        return (
            f"The payer upheld level {appeal.level} and no further level is on record: record the"
            " next one, or end the work on it"
        )
    return (
        f"The payer upheld level {appeal.level}: decide on level {following.level},"
        f" {following.name}, until {due.due_on}"
    )
