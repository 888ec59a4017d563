"""Access reviews: the record that somebody has looked at who can do what."""

import datetime as dt
from dataclasses import dataclass
from typing import Annotated, ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import Field

from services.identity.access_report import access_report
from services.identity.authentication import Principal
from services.identity.holders import holders_of
from services.identity.scopes import Scope
from services.inputs import Input, LongText
from services.notifications.reminders import Due, Reminding, remind
from services.refusals import Refusal
from storage.filters import NoFilter
from storage.interface import Page, Store
from storage.tables.identity import AccessReview, AccessReviewFields
from storage.vocabulary.notifications import NotificationKind, ReminderSubject

_REVIEWS = Reminding(
    ReminderSubject.ACCESS_REVIEW,
    NotificationKind.ACCESS_REVIEW_DUE,
    "companies",
    leads=(14, -1, -14),
)


@dataclass
class AccessChanged(Refusal):
    """What was looked at is not how it is any more."""

    title: ClassVar[str] = "Access has changed since the report was made"

    @property
    def detail(self) -> str:
        return "Read the report again, look at what is different, and record that."


class NewAccessReview(Input):
    """That the access report with this ``content_sha256`` was reviewed."""

    content_sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$", examples=["9f" * 32])]
    notes: LongText | None = None


async def record_review(
    store: Store, new: NewAccessReview, *, principal: Principal
) -> AccessReview:
    """Record that a signed-in person has reviewed the access that holds now.

    Raises PersonNeeded, AccessChanged.
    """
    principal.require_session()
    report = await access_report(store)
    if report.content_sha256 != bytes.fromhex(new.content_sha256):
        raise AccessChanged
    return await store.access_reviews.create(
        AccessReviewFields(
            content_sha256=report.content_sha256,
            people=len(report.people),
            keys=len(report.keys),
            flagged_keys=sum(key.flag is not None for key in report.keys),
            notes=new.notes,
        )
    )


async def remind_of_review(store: Store) -> int:
    """Remind whoever records reviews that the next one is due: as many days after the last, or
    after the company was founded, as it says. Two weeks before, the day after, and two weeks
    after; returns of how many."""
    company = await store.companies.get(store.company_id)
    if company.access_review_days is None:
        return 0
    last = (await store.access_reviews.list(NoFilter(), limit=1)).rows
    zone = ZoneInfo(company.time_zone)
    since = last[0].recorded_at if last else company.created_at
    due_on = since.astimezone(zone).date() + dt.timedelta(days=company.access_review_days)
    reviewers = frozenset(each.id for each in await holders_of(store, Scope.ACCESS_REVIEW))
    today = store.now.astimezone(zone).date()
    return await remind(store, _REVIEWS, [Due(company.id, due_on, reviewers)], today=today)


async def get_review(store: Store, review_id: UUID) -> AccessReview:
    """Raises RowNotFound."""
    return await store.access_reviews.get(review_id)


async def list_reviews(store: Store, *, limit: int, after: UUID | None) -> Page[AccessReview]:
    """Reviews, newest first."""
    return await store.access_reviews.list(NoFilter(), limit=limit, after=after)
