"""Reviews: that somebody has looked at a policy again, and when the next is due."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from services.company_calendar import company_today
from services.inputs import Input, LongText
from services.refusals import Refusal
from services.regulatory_compliance.policies.keeping import kept
from services.regulatory_compliance.policies.standing import review_due_on
from storage.filters import ByPolicy, PolicyFilter
from storage.interface import Store
from storage.tables.policies import Policy, PolicyReview, PolicyReviewFields
from storage.vocabulary.policies import ReviewOutcome


class NewPolicyReview(Input):
    """What a review has found. One that needs a change begins no new period: its next version
    does."""

    outcome: ReviewOutcome
    note: LongText | None = None


@dataclass
class NothingToReview(Refusal):
    """Nothing of the policy was ever approved."""

    title: ClassVar[str] = "Nothing of the policy is approved yet"


@dataclass(frozen=True)
class PolicyDue:
    """A policy and when it is due for review; ``is_overdue`` as of the day that was asked for."""

    policy: Policy
    due_on: dt.date
    is_overdue: bool


async def review_policy(store: Store, policy_id: UUID, new: NewPolicyReview) -> PolicyReview:
    """Record a review of today. Raises RowNotFound, PolicyArchived, NothingToReview."""
    await kept(store, policy_id)
    if not await store.policy_approvals.count(ByPolicy(policy_id=policy_id)):
        raise NothingToReview
    fields = PolicyReviewFields(
        policy_id=policy_id,
        reviewed_on=await company_today(store),
        outcome=new.outcome,
        note=new.note,
    )
    return await store.policy_reviews.create(fields)


async def reviews_of(store: Store, policy_id: UUID) -> list[PolicyReview]:
    """Every review, oldest first. Raises RowNotFound."""
    await store.policies.get(policy_id)
    return await store.policy_reviews.all(ByPolicy(policy_id=policy_id))


async def due_for_review(
    store: Store, *, on: dt.date | None, days_ahead: int
) -> Sequence[PolicyDue]:
    """The policies that are due for review within some days of a day (today if None), as it was
    known on it; the earliest first."""
    day = on or await company_today(store)
    until = day + min(dt.timedelta(days=days_ahead), dt.date.max - day)
    due = [
        PolicyDue(policy, due_on, due_on < day)
        for policy, due_on in await review_days(store, on=day)
        if due_on <= until
    ]
    return sorted(due, key=lambda each: (each.due_on, each.policy.number))


async def review_days(store: Store, *, on: dt.date) -> Sequence[tuple[Policy, dt.date]]:
    """When each policy in use is due for review, as it was known on a day."""
    policies = [
        each
        for each in await store.policies.all(PolicyFilter())
        if each.archived_on is None or each.archived_on > on
    ]
    ids = [each.id for each in policies]
    approved: defaultdict[UUID, list[dt.date]] = defaultdict(list)
    for approval in await store.policy_approvals.all(ByPolicy(policy_ids=ids)):
        approved[approval.policy_id].append(approval.approved_on)
    reviewed: defaultdict[UUID, list[dt.date]] = defaultdict(list)
    for review in await store.policy_reviews.all(ByPolicy(policy_ids=ids)):
        if review.outcome is ReviewOutcome.STILL_RIGHT:
            reviewed[review.policy_id].append(review.reviewed_on)
    dues = (
        (
            each,
            review_due_on(approved[each.id], reviewed[each.id], months=each.review_months, on=on),
        )
        for each in policies
    )
    return [(policy, due_on) for policy, due_on in dues if due_on is not None]
