"""Ending the work on a denial, and beginning it again.

Money is only ever posted from what the payer sends. Whoever resolves a denial as overturned names
the decision that brought the money, and how much of it answers this denial.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from services.claims.denial_work.assigning import DENIALS
from services.claims.denial_work.outcomes import Outcome, record_outcomes, retraction_of
from services.claims.ledger.bookshelf import load_books
from services.company_calendar import company_today
from services.inputs import Input, Reason
from services.refusals import Fault, IllegalTransition, InvalidInput, Refusal
from storage.errors import RowNotFound, VersionConflict
from storage.filters import AdjudicationFilter
from storage.interface import Store
from storage.tables.ledger import Denial
from storage.vocabulary.claims import ClaimStatus, DenialStatus
from storage.vocabulary.denials import DECIDED_AGAIN, DenialResolution

_BRINGS_MONEY = frozenset({DenialResolution.OVERTURNED, DenialResolution.PARTLY_OVERTURNED})
_MOST_CENTS = 99_999_999_999


@dataclass
class NothingLeftToWork(Refusal):
    """The decision that it came with does not count any more, or its claim was given up."""

    title: ClassVar[str] = "What was denied is decided otherwise by now"


class Resolution(Input):
    """What became of the denied amount.

    ``recovered_cents`` and ``adjudication_id`` (the posted decision that brought it) belong to
    what was overturned, as a whole or in part, and only there.
    """

    resolution: Annotated[DenialResolution, Field(examples=[DenialResolution.GIVEN_UP])]
    note: Annotated[Reason | None, Field(examples=["Below what an appeal costs"])] = None
    recovered_cents: Annotated[
        Annotated[int, Field(ge=1, le=_MOST_CENTS)] | None, Field(examples=[None])
    ] = None
    adjudication_id: Annotated[UUID | None, Field(examples=[None])] = None


async def resolve(
    store: Store, denial_id: UUID, resolution: Resolution, *, expected_version: int
) -> Denial:
    """End the work on an open denial, and learn from how the payer decided.

    Raises RowNotFound, VersionConflict, IllegalTransition, InvalidInput.
    """
    denial = await DENIALS.held_open(store, denial_id, expected_version, "resolved")
    if faults := await _faults(store, denial, resolution):
        raise InvalidInput(faults)
    today = await company_today(store)
    if resolution.resolution in DECIDED_AGAIN:
        outcome = Outcome(
            resolution.resolution, resolution.recovered_cents or 0, resolution.adjudication_id
        )
        await record_outcomes(store, [(denial, outcome)], today)
    return await store.denials.update(
        denial_id,
        {
            "status": DenialStatus.RESOLVED,
            "resolution": resolution.resolution,
            "recovered_cents": resolution.recovered_cents,
            "resolved_on": today,
            "resolution_note": resolution.note,
        },
        expected_version=expected_version,
    )


async def reopen(store: Store, denial_id: UUID, reason: str, *, expected_version: int) -> Denial:
    """Begin the work on a resolved denial again; what was learned from it is taken back.

    Whoever had it has it again, unless they can sign in no more. Raises RowNotFound,
    VersionConflict, IllegalTransition for one that is not resolved, NothingLeftToWork.
    """
    claim = await store.claims.lock((await store.denials.get(denial_id)).claim_id)
    denial = await store.denials.lock(denial_id)
    if denial.version != expected_version:
        raise VersionConflict("denials")
    if denial.status is not DenialStatus.RESOLVED:
        legal = ["resolved"] if denial.status is DenialStatus.OPEN else []
        raise IllegalTransition("denial", denial.status, DenialStatus.OPEN, legal)
    books = await load_books(store, [claim])
    if claim.status is ClaimStatus.VOIDED or not books[claim.id].counts(denial.adjudication_id):
        raise NothingLeftToWork
    if (outcome := retraction_of(denial)) is not None:
        await record_outcomes(
            store, [(denial, outcome)], await company_today(store), is_retraction=True
        )
    changes: dict[str, object] = {
        "status": DenialStatus.OPEN,
        "resolution": None,
        "recovered_cents": None,
        "resolved_on": None,
        "resolution_note": reason,
    }
    if denial.assigned_person_id is not None:
        (person,) = await store.people.get_many([denial.assigned_person_id])
        if person.disabled_at is not None:
            changes |= {"assigned_person_id": None, "assigned_at": None}
    return await store.denials.update(denial_id, changes, expected_version=expected_version)


async def _faults(store: Store, denial: Denial, resolution: Resolution) -> list[Fault]:
    brings_money = resolution.resolution in _BRINGS_MONEY
    found = []
    for name in ("recovered_cents", "adjudication_id"):
        if (getattr(resolution, name) is not None) != brings_money:
            message = (
                "is needed where something was overturned"
                if brings_money
                else ("belongs to what was overturned")
            )
            found.append(Fault(f"/{name}", message))
    if found or resolution.adjudication_id is None:
        return found
    try:
        decision = await store.adjudications.get(resolution.adjudication_id)
    except RowNotFound:
        return [Fault("/adjudication_id", "names nothing that exists")]
    if decision.claim_id != denial.claim_id or decision.payer_id != denial.payer_id:
        return [Fault("/adjudication_id", "is no decision of this payer about this claim")]
    if decision.id == denial.adjudication_id:
        return [Fault("/adjudication_id", "is the decision that denied it")]
    of_claim = await store.adjudications.all(AdjudicationFilter(claim_id=denial.claim_id))
    if any(each.reverses_id == decision.id for each in of_claim):
        return [Fault("/adjudication_id", "was taken back by the payer")]
    recovered = resolution.recovered_cents or 0
    if recovered > decision.paid_cents:
        found.append(Fault("/recovered_cents", "is more than the decision paid"))
    if recovered > denial.amount_cents:
        found.append(Fault("/recovered_cents", "is more than was denied"))
    return found
