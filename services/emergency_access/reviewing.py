"""Looking at emergency accesses afterwards: each is reviewed once, by somebody else."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from services.identity.authentication import Principal
from services.inputs import Input, Reason
from services.refusals import Category, IllegalTransition, Refusal
from storage.errors import VersionConflict
from storage.filters import ByEmergencyAccess, EmergencyAccessFilter
from storage.interface import Page, Store
from storage.tables.emergency import EmergencyAccess, EmergencyReview, EmergencyReviewFields
from storage.vocabulary.emergency import ReviewVerdict


@dataclass
class OwnEmergency(Refusal):
    """Nobody reviews what they did themselves."""

    category: ClassVar[Category] = Category.FORBIDDEN
    title: ClassVar[str] = "Somebody else must review your emergency access"


class EmergencyVerdict(Input):
    """What one makes of an emergency access, and what one looked at."""

    verdict: ReviewVerdict
    note: Reason


@dataclass(frozen=True)
class ReviewedAccess:
    """An emergency access and its review, if there is one."""

    access: EmergencyAccess
    review: EmergencyReview | None


async def get_emergency_access(store: Store, access_id: UUID) -> ReviewedAccess:
    """Raises RowNotFound."""
    access = await store.emergency_accesses.get(access_id)
    found = await store.emergency_reviews.all(ByEmergencyAccess(access_id=access_id))
    return ReviewedAccess(access, found[0] if found else None)


async def list_emergency_accesses(
    store: Store,
    *,
    person_id: UUID | None,
    is_unreviewed: bool | None,
    is_overdue: bool | None,
    limit: int,
    after: UUID | None,
) -> Page[EmergencyAccess]:
    """Emergency accesses, newest first; overdue are those that nobody reviewed in time."""
    conditions = EmergencyAccessFilter(
        person_id=person_id,
        is_unreviewed=True if is_overdue else is_unreviewed,
        review_due_until=store.now if is_overdue else None,
    )
    return await store.emergency_accesses.list(conditions, limit=limit, after=after)


async def review_emergency_access(
    store: Store,
    principal: Principal,
    access_id: UUID,
    verdict: EmergencyVerdict,
    *,
    expected_version: int,
) -> EmergencyAccess:
    """Say what one makes of it.

    Raises RowNotFound, PersonNeeded, OwnEmergency, IllegalTransition, VersionConflict.
    """
    principal.require_session()
    access = await store.emergency_accesses.lock(access_id)
    if access.person_id == principal.id:
        raise OwnEmergency
    if access.reviewed_at is not None:
        raise IllegalTransition("emergency access", "reviewed", "reviewed", [])
    if access.version != expected_version:
        raise VersionConflict("emergency_accesses")
    await store.emergency_reviews.create(
        EmergencyReviewFields(
            access_id=access_id,
            person_id=access.person_id,
            verdict=verdict.verdict,
            note=verdict.note,
        )
    )
    return await store.emergency_accesses.update(
        access_id, {"reviewed_at": store.now}, expected_version=access.version
    )
