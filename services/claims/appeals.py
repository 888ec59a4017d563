"""Appeals: requests that a payer decide again. Deadlines and levels are not checked here."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from services.claims.claims import hold_claim
from services.claims.company_day import company_today
from services.claims.drafts import CalendarDay
from services.inputs import Input, LongText, Name, left_out
from services.refusals import Fault, IllegalTransition, InvalidInput, Refusal
from storage.errors import VersionConflict
from storage.filters import ClaimAppealFilter
from storage.interface import Page, Store
from storage.tables.claims import ClaimAppeal, ClaimAppealFields
from storage.vocabulary.claims import AdjudicationStatus, AppealStatus

LEGAL_MOVES: Mapping[AppealStatus, tuple[AppealStatus, ...]] = {
    AppealStatus.SUBMITTED: (AppealStatus.PENDING,),
    AppealStatus.PENDING: (AppealStatus.APPROVED, AppealStatus.DENIED),
    AppealStatus.APPROVED: (),
    AppealStatus.DENIED: (),
}
FINAL = frozenset({AppealStatus.APPROVED, AppealStatus.DENIED})

_UNDECIDED = frozenset({AdjudicationStatus.NOT_ADJUDICATED, AdjudicationStatus.REVERSED})
_MOST_CENTS = 99_999_999_999


class NewAppeal(Input):
    """Why the payer should decide again, and what goes with it."""

    reason: LongText
    supporting_documents: Annotated[list[Name], Field(max_length=50)] = []
    appealed_on: CalendarDay | None = None
    notes: LongText | None = None


class AppealChanges(Input):
    """A step of an appeal. ``resolution_cents`` is what an approval brings; money is only ever
    posted from the payer's remittance."""

    status: Annotated[AppealStatus, Field(examples=[AppealStatus.APPROVED])] = left_out()
    resolved_on: CalendarDay | None = None
    resolution_cents: Annotated[int | None, Field(ge=0, le=_MOST_CENTS)] = None
    notes: LongText | None = None


@dataclass
class NothingToAppeal(Refusal):
    """No payer's decision stands on the claim."""

    title: ClassVar[str] = "There is no decision that could be appealed"
    adjudication_status: str


async def file_appeal(
    store: Store, claim_id: UUID, new: NewAppeal, *, expected_version: int
) -> ClaimAppeal:
    """File the claim's next appeal; the claim counts it. ``expected_version`` is the claim's.

    Raises RowNotFound, VersionConflict, NothingToAppeal, InvalidInput.
    """
    claim = await hold_claim(store, claim_id, expected_version=expected_version)
    if claim.submitted_at is None or claim.adjudication_status in _UNDECIDED:
        raise NothingToAppeal(claim.adjudication_status)
    today = await company_today(store)
    appealed_on = new.appealed_on or today
    if appealed_on > today:
        raise InvalidInput([Fault("/appealed_on", "lies in the future")])
    if appealed_on < claim.service_date:
        raise InvalidInput([Fault("/appealed_on", "lies before the service")])
    appeal = await store.claim_appeals.create(
        ClaimAppealFields(
            **dict(new) | {"appealed_on": appealed_on},
            claim_id=claim_id,
            patient_id=claim.patient_id,
            appeal_number=claim.appeal_count + 1,
        )
    )
    await store.claims.update(
        claim_id, {"appeal_count": appeal.appeal_number}, expected_version=expected_version
    )
    return appeal


async def get_appeal(store: Store, appeal_id: UUID) -> ClaimAppeal:
    """Raises RowNotFound."""
    return await store.claim_appeals.get(appeal_id)


async def list_appeals(
    store: Store, conditions: ClaimAppealFilter, *, limit: int, after: UUID | None
) -> Page[ClaimAppeal]:
    """Appeals, newest first."""
    return await store.claim_appeals.list(conditions, limit=limit, after=after)


async def update_appeal(
    store: Store, appeal_id: UUID, changes: AppealChanges, *, expected_version: int
) -> ClaimAppeal:
    """Move an appeal on, or add notes. Only a final state has a day of resolution (today, unless
    one is given), and only an approval an amount.

    Raises RowNotFound, VersionConflict, IllegalTransition, InvalidInput.
    """
    appeal = await store.claim_appeals.lock(appeal_id)
    if appeal.version != expected_version:
        raise VersionConflict("claim_appeals")
    wanted = changes.status or appeal.status
    if wanted is not appeal.status and wanted not in LEGAL_MOVES[appeal.status]:
        legal = [str(each) for each in LEGAL_MOVES[appeal.status]]
        raise IllegalTransition("appeal", appeal.status, wanted, legal)
    given = changes.given()
    today = await company_today(store)
    if wanted in FINAL and appeal.status not in FINAL:
        given["resolved_on"] = changes.resolved_on or today
    if faults := _faults(appeal, wanted, given, today):
        raise InvalidInput(faults)
    return await store.claim_appeals.update(appeal_id, given, expected_version=expected_version)


def _faults(
    appeal: ClaimAppeal, wanted: AppealStatus, given: Mapping[str, object], today: dt.date
) -> list[Fault]:
    found = []
    resolved_on = given.get("resolved_on", appeal.resolved_on)
    if (resolved_on is not None) != (wanted in FINAL):
        found.append(Fault("/resolved_on", f"belongs to approved and denied, not to {wanted}"))
    elif isinstance(resolved_on, dt.date) and not appeal.appealed_on <= resolved_on <= today:
        found.append(Fault("/resolved_on", "lies outside the days from the appeal until today"))
    amount = given.get("resolution_cents", appeal.resolution_cents)
    if amount is not None and wanted is not AppealStatus.APPROVED:
        found.append(Fault("/resolution_cents", "belongs to an approval"))
    return found
