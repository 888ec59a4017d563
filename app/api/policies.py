"""Policies over HTTP: what they are about, whom they concern, and when they are reviewed."""

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from app.answers import PageAnswer, created, decode_cursor, one, page, ready_made
from app.api.parameters import Cursor, Limit
from app.api.policy_answers import (
    ListedPolicyVersionAnswer,
    PolicyAcknowledgementAnswer,
    PolicyAnswer,
    PolicyCoverageAnswer,
    PolicyDueAnswer,
    PolicyMemberAnswer,
    PolicyRequirementAnswer,
    PolicyReviewAnswer,
    PolicyVersionAnswer,
)
from app.call import Call
from services.identity.scopes import Scope
from services.regulatory_compliance.policies import (
    acknowledging,
    keeping,
    links,
    reviews,
    versions,
)
from services.regulatory_compliance.policies.acknowledging import Coverage
from services.regulatory_compliance.policies.keeping import (
    NewPolicy,
    PolicyArchiving,
    PolicyChanges,
)
from services.regulatory_compliance.policies.links import NewPolicyMember, NewPolicyRequirement
from services.regulatory_compliance.policies.reviews import NewPolicyReview, PolicyDue
from services.regulatory_compliance.policies.versions import ListedVersion, NewPolicyVersion
from storage.filters import PolicyAcknowledgementFilter, PolicyFilter
from storage.interface import Page
from storage.vocabulary.compliance import Program

DaysAhead = Annotated[
    int, QueryParameter(ge=0, le=3660, description="How many days ahead of the day to look.")
]
On = Annotated[
    dt.date | None,
    QueryParameter(description="The day as of which it is asked; today if left out."),
]


class PolicyController(Controller):
    """What the company has resolved. What of it is in force follows from approvals and days."""

    path = "/compliance/policies"
    tags = ("Policies",)

    @post(operation_id="create_policy", scope=Scope.COMPLIANCE_WRITE)
    async def create(self, request: Call, data: JSONBody[NewPolicy]) -> Response[PolicyAnswer]:
        """Open a policy, with what it is about and whom it concerns."""
        return await request.run(
            lambda store: keeping.create_policy(store, data),
            created(PolicyAnswer, "/api/v1/compliance/policies/{id}"),
        )

    @get(operation_id="list_policies", scope=Scope.COMPLIANCE_READ)
    async def browse(
        self,
        request: Call,
        program: FromQuery[Program | None] = None,
        owner_person_id: FromQuery[UUID | None] = None,
        is_archived: FromQuery[bool | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[PolicyAnswer]]:
        """Policies, newest first."""
        conditions = PolicyFilter(
            program=program,
            owner_person_id=owner_person_id,
            is_kept=None if is_archived is None else not is_archived,
        )
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: keeping.list_policies(store, conditions, limit=limit, after=after),
            page(PolicyAnswer),
        )

    @get(
        "/due-for-review",
        operation_id="get_policies_due_for_review",
        scope=Scope.COMPLIANCE_READ,
    )
    async def due(
        self, request: Call, on: On = None, days_ahead: DaysAhead = 30
    ) -> Response[PageAnswer[PolicyDueAnswer]]:
        """The policies that are due for review within some days, as it was known on a day; the
        earliest first."""
        return await request.run(
            lambda store: reviews.due_for_review(store, on=on, days_ahead=days_ahead), _due
        )

    @get("/{policy_id:uuid}", operation_id="get_policy", scope=Scope.COMPLIANCE_READ)
    async def read(self, request: Call, policy_id: FromPath[UUID]) -> Response[PolicyAnswer]:
        """One policy."""
        return await request.run(
            lambda store: keeping.get_policy(store, policy_id), one(PolicyAnswer)
        )

    @patch("/{policy_id:uuid}", operation_id="update_policy", scope=Scope.COMPLIANCE_WRITE)
    async def update(
        self, request: Call, policy_id: FromPath[UUID], data: JSONBody[PolicyChanges]
    ) -> Response[PolicyAnswer]:
        """Change what stands beside the text."""
        version = request.expected_version
        return await request.run(
            lambda store: keeping.update_policy(store, policy_id, data, expected_version=version),
            one(PolicyAnswer),
        )

    @post(
        "/{policy_id:uuid}/archive",
        operation_id="archive_policy",
        scope=Scope.COMPLIANCE_WRITE,
        status_code=200,
    )
    async def archive(
        self, request: Call, policy_id: FromPath[UUID], data: JSONBody[PolicyArchiving]
    ) -> Response[PolicyAnswer]:
        """Take a policy out of use from today on, for good."""
        version = request.expected_version
        return await request.run(
            lambda store: keeping.archive_policy(
                store, policy_id, data.reason, expected_version=version
            ),
            one(PolicyAnswer),
        )

    @post(
        "/{policy_id:uuid}/versions",
        operation_id="create_policy_version",
        scope=Scope.COMPLIANCE_WRITE,
    )
    async def draft(
        self, request: Call, policy_id: FromPath[UUID], data: JSONBody[NewPolicyVersion]
    ) -> Response[PolicyVersionAnswer]:
        """Draft the next version; one at a time is not approved."""
        return await request.run(
            lambda store: versions.draft_version(store, policy_id, data),
            created(PolicyVersionAnswer, "/api/v1/compliance/policy-versions/{id}"),
        )

    @get(
        "/{policy_id:uuid}/versions",
        operation_id="list_policy_versions",
        scope=Scope.COMPLIANCE_READ,
    )
    async def versions(
        self, request: Call, policy_id: FromPath[UUID]
    ) -> Response[PageAnswer[ListedPolicyVersionAnswer]]:
        """Every version and where it stands today, oldest first."""
        return await request.run(lambda store: versions.versions_of(store, policy_id), _versions)

    @post(
        "/{policy_id:uuid}/requirements",
        operation_id="add_policy_requirement",
        scope=Scope.COMPLIANCE_WRITE,
    )
    async def add_requirement(
        self, request: Call, policy_id: FromPath[UUID], data: JSONBody[NewPolicyRequirement]
    ) -> Response[PolicyRequirementAnswer]:
        """Say that the policy is about a requirement."""
        return await request.run(
            lambda store: links.add_requirement(store, policy_id, data),
            one(PolicyRequirementAnswer, status=201),
        )

    @get(
        "/{policy_id:uuid}/requirements",
        operation_id="list_policy_requirements",
        scope=Scope.COMPLIANCE_READ,
    )
    async def requirements(
        self, request: Call, policy_id: FromPath[UUID]
    ) -> Response[PageAnswer[PolicyRequirementAnswer]]:
        """What the policy is about."""
        return await request.run(
            lambda store: links.requirements_of(store, policy_id),
            lambda rows: page(PolicyRequirementAnswer)(Page(rows, None)),
        )

    @delete(
        "/{policy_id:uuid}/requirements/{policy_requirement_id:uuid}",
        operation_id="remove_policy_requirement",
        scope=Scope.COMPLIANCE_WRITE,
    )
    async def remove_requirement(
        self, request: Call, policy_id: FromPath[UUID], policy_requirement_id: FromPath[UUID]
    ) -> Response[None]:
        """Say that the policy is not about the requirement."""
        version = request.expected_version
        return await request.run(
            lambda store: links.remove_requirement(
                store, policy_id, policy_requirement_id, expected_version=version
            ),
            lambda _: Response(None, status_code=204),
        )

    @post(
        "/{policy_id:uuid}/members",
        operation_id="add_policy_member",
        scope=Scope.COMPLIANCE_WRITE,
    )
    async def add_member(
        self, request: Call, policy_id: FromPath[UUID], data: JSONBody[NewPolicyMember]
    ) -> Response[PolicyMemberAnswer]:
        """Say that the policy concerns a role or a person."""
        return await request.run(
            lambda store: links.add_member(store, policy_id, data),
            one(PolicyMemberAnswer, status=201),
        )

    @get(
        "/{policy_id:uuid}/members",
        operation_id="list_policy_members",
        scope=Scope.COMPLIANCE_READ,
    )
    async def members(
        self, request: Call, policy_id: FromPath[UUID]
    ) -> Response[PageAnswer[PolicyMemberAnswer]]:
        """The roles and people that the policy lists."""
        return await request.run(
            lambda store: links.members_of(store, policy_id),
            lambda rows: page(PolicyMemberAnswer)(Page(rows, None)),
        )

    @delete(
        "/{policy_id:uuid}/members/{policy_member_id:uuid}",
        operation_id="remove_policy_member",
        scope=Scope.COMPLIANCE_WRITE,
    )
    async def remove_member(
        self, request: Call, policy_id: FromPath[UUID], policy_member_id: FromPath[UUID]
    ) -> Response[None]:
        """Say that the policy does not concern the role or person."""
        version = request.expected_version
        return await request.run(
            lambda store: links.remove_member(
                store, policy_id, policy_member_id, expected_version=version
            ),
            lambda _: Response(None, status_code=204),
        )

    @post(
        "/{policy_id:uuid}/reviews",
        operation_id="create_policy_review",
        scope=Scope.COMPLIANCE_WRITE,
    )
    async def review(
        self, request: Call, policy_id: FromPath[UUID], data: JSONBody[NewPolicyReview]
    ) -> Response[PolicyReviewAnswer]:
        """Record what a review of today has found."""
        return await request.run(
            lambda store: reviews.review_policy(store, policy_id, data),
            one(PolicyReviewAnswer, status=201),
        )

    @get(
        "/{policy_id:uuid}/reviews",
        operation_id="list_policy_reviews",
        scope=Scope.COMPLIANCE_READ,
    )
    async def reviewed(
        self, request: Call, policy_id: FromPath[UUID]
    ) -> Response[PageAnswer[PolicyReviewAnswer]]:
        """Every review, oldest first."""
        return await request.run(
            lambda store: reviews.reviews_of(store, policy_id),
            lambda rows: page(PolicyReviewAnswer)(Page(rows, None)),
        )

    @get(
        "/{policy_id:uuid}/coverage",
        operation_id="get_policy_coverage",
        scope=Scope.COMPLIANCE_READ,
        also_refuses=(409,),
    )
    async def coverage(
        self, request: Call, policy_id: FromPath[UUID], on: On = None
    ) -> Response[PolicyCoverageAnswer]:
        """Who has acknowledged what is in force, and who has not; as of the end of a day, of those
        whom the policy concerned then."""
        return await request.run(
            lambda store: acknowledging.coverage_of(store, policy_id, on), _coverage
        )

    @get(
        "/{policy_id:uuid}/acknowledgements",
        operation_id="list_policy_acknowledgements",
        scope=Scope.COMPLIANCE_READ,
    )
    async def acknowledgements(
        self,
        request: Call,
        policy_id: FromPath[UUID],
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[PolicyAcknowledgementAnswer]]:
        """Every acknowledgement of any version, newest first."""
        conditions = PolicyAcknowledgementFilter(policy_id=policy_id)
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: acknowledging.list_acknowledgements(
                store, conditions, limit=limit, after=after
            ),
            page(PolicyAcknowledgementAnswer),
        )


def _due(found: Sequence[PolicyDue]) -> Response[Any]:
    items = [PolicyDueAnswer.model_validate(each) for each in found]
    return ready_made(PageAnswer[PolicyDueAnswer](items=items))


def _versions(found: Sequence[ListedVersion]) -> Response[Any]:
    items = [ListedPolicyVersionAnswer.model_validate(each) for each in found]
    return ready_made(PageAnswer[ListedPolicyVersionAnswer](items=items))


def _coverage(found: Coverage) -> Response[Any]:
    return ready_made(
        PolicyCoverageAnswer(
            policy_id=found.policy.id,
            policy_version_id=found.approval.policy_version_id,
            due_on=found.due_on,
            concerned=len(found.acknowledged) + len(found.missing),
            acknowledged_person_ids=sorted(found.acknowledged),
            missing_person_ids=sorted(found.missing),
        )
    )
